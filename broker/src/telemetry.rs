//! What the broker says about itself: log lines through `tracing`, numbers through `metrics`.
//!
//! Both know sessions and chats by id only. Never a text, name, e-mail address, network address or
//! token: what is not passed cannot leak, and a test greps for it. Labels of metrics are words from
//! closed lists, never ids.

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
    /// Open connections, by role: patron, operator, unknown (before its hello).
    Gauge CONNECTIONS = "deskbell_connections";
    /// Frames received from clients.
    Counter FRAMES_RECEIVED = "deskbell_frames_received_total";
    /// Frames sent to clients.
    Counter FRAMES_SENT = "deskbell_frames_sent_total";
    /// Requests answered with an error, by code.
    Counter REFUSALS = "deskbell_refusals_total";
    /// Connections closed by the broker, by close code.
    Counter CLOSES = "deskbell_closes_total";
    /// Times that a limit was met, by limit.
    Counter LIMITS_MET = "deskbell_limits_met_total";
    /// Live chats, by state: waiting, active.
    Gauge CHATS_LIVE = "deskbell_chats_live";
    /// Events stored.
    Counter EVENTS_STORED = "deskbell_events_stored_total";
    /// Commits to the store.
    Counter COMMITS = "deskbell_commits_total";
    /// Time from handing an append to the store until it is durable, in seconds.
    Histogram APPEND_SECONDS = "deskbell_append_seconds";
    /// Appends that lost against another, and were decided again.
    Counter CONFLICTS = "deskbell_conflicts_total";
    /// Appends that the store could not take, by reason: unavailable, unknown.
    Counter STORE_FAILURES = "deskbell_store_failures_total";
    /// Actors rebuilt from the log after a fault.
    Counter REBUILDS = "deskbell_actor_rebuilds_total";
    /// Chats that may not be touched because they could not be rebuilt.
    Gauge QUARANTINED = "deskbell_chats_quarantined";
}

const APPEND_SECONDS_BUCKETS: &[f64] =
    &[0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5];

/// Writes log lines to standard error from now on: the broker's own from `level` up, those of its
/// parts from `warn` up.
pub fn start_logging(format: LogFormat, level: LogLevel) -> Result<(), TelemetryError> {
    let filter = EnvFilter::new(format!("warn,deskbell={}", level.as_str()));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
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
    let seconds = Matcher::Full(APPEND_SECONDS.to_owned());
    let builder =
        PrometheusBuilder::new().set_buckets_for_metric(seconds, APPEND_SECONDS_BUCKETS)?;
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
        metrics::counter!(REFUSALS, "code" => "rate_limited").increment(2);
        metrics::histogram!(APPEND_SECONDS).record(0.002);
        metrics.upkeep();
        let text = Metrics::start().unwrap().render();
        assert!(text.contains("deskbell_refusals_total{code=\"rate_limited\"} 2"), "{text}");
        assert!(text.contains("# HELP deskbell_refusals_total Requests answered"), "{text}");
        assert!(text.contains("deskbell_append_seconds_bucket{le=\"0.0025\"} 1"), "{text}");
    }

    #[test]
    fn names_end_in_what_they_count() {
        for (kind, name, _) in TABLE {
            assert!(name.starts_with("deskbell_"), "{name}");
            assert_eq!(*kind == Kind::Counter, name.ends_with("_total"), "{name}");
        }
    }
}
