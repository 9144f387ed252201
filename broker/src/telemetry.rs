//! What the broker says about itself: log lines through `tracing`, numbers through `metrics`.
//!
//! Both know sessions and chats by id only. Never a text, name, e-mail address, network address or
//! token: what is not passed cannot leak, and a test greps for it. Labels of metrics are words from
//! closed lists, never ids.

use std::io::IsTerminal as _;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::written::{LogFormat, LogLevel};

/// Why the broker cannot speak about itself.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// Only the first in a process may.
    #[error("log lines are set up already in this process")]
    AlreadyLogging,
    /// Only the first in a process may.
    #[error("metrics are recorded already in this process: {0}")]
    AlreadyRecording(String),
}

/// What a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

macro_rules! metrics_table {
    ($($(#[doc = $doc:literal])+ $kind:ident $name:ident = $text:literal;)+) => {
        $($(#[doc = $doc])+ pub const $name: &str = $text;)+
        const TABLE: &[(Kind, &str, &str)] = &[$((Kind::$kind, $text, concat!($($doc),+))),+];
    };
}

metrics_table! {
    /// Open WebSocket connections.
    Gauge CONNECTIONS = "deskbell_connections";
    /// WebSocket connections that ended, by why: client, stuck (it took nothing any more), or the
    /// close code that it got.
    Counter CLOSES = "deskbell_closes_total";
    /// Sign-ins, by result: ok, refused.
    Counter SIGN_INS = "deskbell_sign_ins_total";
    /// Requests refused, over HTTP or a WebSocket, by the error code.
    Counter REFUSALS = "deskbell_refusals_total";
    /// Times that a connection was read no further because too many requests were unanswered.
    Counter READS_PAUSED = "deskbell_reads_paused_total";
    /// Actors in memory, by kind: chat.
    Gauge ACTORS = "deskbell_actors";
    /// Events stored.
    Counter EVENTS_STORED = "deskbell_events_stored_total";
    /// Commits to the store, each with one flush.
    Counter COMMITS = "deskbell_commits_total";
    /// What a commit takes, flush included, in seconds.
    Histogram COMMIT_SECONDS = "deskbell_commit_seconds";
    /// Appends that lost against another, and are decided again.
    Counter CONFLICTS = "deskbell_conflicts_total";
    /// Appends that the store did not take, by reason: unavailable, unknown.
    Counter STORE_FAILURES = "deskbell_store_failures_total";
    /// How long what is told through Redis takes from a broker back to itself, in seconds.
    Gauge REDIS_LAG = "deskbell_redis_lag_seconds";
    /// Panics in the core: each a bug, each cost its chat a rebuild.
    Counter CORE_PANICS = "deskbell_core_panics_total";
    /// Chats of which the store lost a part that had been told.
    Counter HISTORIES_CHANGED = "deskbell_histories_changed_total";
    /// Chats set aside because they could not be rebuilt from the log.
    Counter QUARANTINED = "deskbell_chats_quarantined_total";
}

const COMMIT_SECONDS_BUCKETS: &[f64] =
    &[0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5];

/// Writes log lines to standard error from now on: the broker's own from `level` up, those of its
/// parts from `warn` up.
pub fn start_logging(format: LogFormat, level: LogLevel) -> Result<(), TelemetryError> {
    let filter = EnvFilter::new(format!("warn,deskbell={}", level.as_str()));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).try_init(),
        LogFormat::Text => lines.try_init(),
    };
    started.map_err(|_| TelemetryError::AlreadyLogging)
}

/// The numbers recorded so far. One for the process: several brokers in a test share it.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Starts recording, or joins what is recorded already.
    pub fn start() -> Result<Self, TelemetryError> {
        static STARTED: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
        let started = STARTED.get_or_init(|| install().map_err(|error| error.to_string()));
        match started {
            Ok(handle) => Ok(Self(handle.clone())),
            Err(why) => Err(TelemetryError::AlreadyRecording(why.clone())),
        }
    }

    /// In the text format that Prometheus reads.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Frees what histograms have piled up; wanted every few seconds.
    pub fn upkeep(&self) {
        self.0.run_upkeep();
    }
}

fn install() -> Result<PrometheusHandle, metrics_exporter_prometheus::BuildError> {
    let seconds = Matcher::Full(COMMIT_SECONDS.to_owned());
    let builder =
        PrometheusBuilder::new().set_buckets_for_metric(seconds, COMMIT_SECONDS_BUCKETS)?;
    let handle = builder.install_recorder()?;
    for (kind, name, about) in TABLE {
        let about = about.trim();
        match kind {
            Kind::Counter => metrics::describe_counter!(*name, about),
            Kind::Gauge => metrics::describe_gauge!(*name, about),
            Kind::Histogram => metrics::describe_histogram!(*name, about),
        }
    }
    Ok(handle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_rendered_with_its_meaning() {
        let metrics = Metrics::start().unwrap();
        metrics::counter!(SIGN_INS, "result" => "refused").increment(2);
        metrics::histogram!(COMMIT_SECONDS).record(0.002);
        metrics.upkeep();
        let text = Metrics::start().unwrap().render();
        assert!(text.contains("deskbell_sign_ins_total{result=\"refused\"} 2"), "{text}");
        assert!(text.contains("# HELP deskbell_sign_ins_total Sign-ins, by result"), "{text}");
        assert!(text.contains("deskbell_commit_seconds_bucket{le=\"0.0025\"} 1"), "{text}");
    }

    #[test]
    fn names_end_in_what_they_count() {
        for (kind, name, _) in TABLE {
            assert!(name.starts_with("deskbell_"), "{name}");
            assert_eq!(*kind == Kind::Counter, name.ends_with("_total"), "{name}");
        }
    }
}
