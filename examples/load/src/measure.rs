//! The measured window: what a run counts, and what the process under load spent meanwhile.
//!
//! A run warms up, then a window of fixed length is measured. Latency counts for each message whose
//! stamp lies in the window, wherever it arrives; CPU time and deliveries are differences between
//! the window's two ends.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde::Serialize;
use tokio::time::{Instant, sleep};

use crate::latency::Histogram;
use crate::process;
use crate::server::{Server, http};

/// How long a run takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    /// Before anything counts.
    pub warm_up: Duration,
    /// What counts.
    pub measured: Duration,
}

/// What the connections of one run report to.
pub(crate) struct Tally {
    /// Stamps are microseconds since this instant.
    epoch: Instant,
    delivered: Cell<u64>,
    latency: RefCell<Histogram>,
    /// Stamps that count.
    window_us: Cell<(u64, u64)>,
    /// The latest moment whose message was sent: a pacer may be late.
    paced_to_us: Cell<u64>,
    failure: RefCell<Option<anyhow::Error>>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            epoch: Instant::now(),
            delivered: Cell::new(0),
            latency: RefCell::default(),
            window_us: Cell::new((u64::MAX, u64::MAX)),
            paced_to_us: Cell::new(0),
            failure: RefCell::default(),
        }
    }

    /// Microseconds since the run began.
    pub(crate) fn now_us(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_micros()).expect("a run is shorter than an age")
    }

    /// The other party has got a message that was due at `due_us`.
    pub(crate) fn delivered(&self, due_us: u64) {
        self.delivered.set(self.delivered.get() + 1);
        let (from, to) = self.window_us.get();
        if (from..to).contains(&due_us) {
            let late_us = self.now_us().saturating_sub(due_us);
            self.latency.borrow_mut().record(late_us);
        }
    }

    /// It has got one whose latency does not count.
    pub(crate) fn delivered_untimed(&self) {
        self.delivered.set(self.delivered.get() + 1);
    }

    /// The run is void; the first reason stays.
    pub(crate) fn fail(&self, reason: anyhow::Error) {
        self.failure.borrow_mut().get_or_insert(reason);
    }

    /// Fails if the run is void.
    pub(crate) fn check(&self) -> Result<()> {
        self.failure.take().map_or(Ok(()), Err)
    }

    /// The window of stamps, once it is measured.
    pub(crate) fn window_us(&self) -> (u64, u64) {
        self.window_us.get()
    }

    /// A pacer has sent what was due at `due_us`, and all that was due before.
    pub(crate) fn paced(&self, due_us: u64) {
        self.paced_to_us.set(due_us);
    }

    /// Up to where pacers have sent.
    pub(crate) fn paced_to_us(&self) -> u64 {
        self.paced_to_us.get()
    }

    /// How many messages of the window have arrived.
    pub(crate) fn recorded(&self) -> u64 {
        self.latency.borrow().total()
    }

    async fn wait(&self, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.check()?;
            sleep(Duration::from_millis(50).min(end - Instant::now())).await;
        }
        self.check()
    }
}

/// One run's figures, also as a line of JSON. What a run cannot tell is `None`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Outcome {
    /// Name and size of the workload.
    pub workload: String,
    /// `relay` or `broker`.
    pub server: &'static str,
    /// Which repetition.
    pub repetition: u32,
    /// Connections that were open.
    pub connections: usize,
    /// Length of the measured window.
    pub seconds: f64,
    /// Messages that reached another party in it.
    pub delivered: u64,
    /// The same, per second.
    pub messages_per_second: f64,
    /// From the moment a message was due, or sent, to its arrival at the other party.
    pub p50_ms: Option<f64>,
    /// The same, at the 99th percentile.
    pub p99_ms: Option<f64>,
    /// The same, at the 99.9th.
    pub p999_ms: Option<f64>,
    /// User and system time of the server for each delivered message; of several brokers together.
    pub cpu_us_per_message: Option<f64>,
    /// The same of the store's own server, if there is one.
    pub store_cpu_us_per_message: Option<f64>,
    /// The server's CPU time over the wall clock's.
    pub server_cpu_share: f64,
    /// The same of this tool: near 1 in a closed loop, the load limits the throughput. A paced run
    /// spins to keep its schedule and always shows 1.
    pub load_cpu_share: f64,
    /// Stored events over commits, if the broker's metrics tell.
    pub events_per_commit: Option<f64>,
    /// The server's resident memory at its peak since its start.
    pub peak_memory_bytes: u64,
    /// Growth of its resident memory over the number of connections.
    pub bytes_per_idle_connection: Option<f64>,
}

struct Reading {
    at: Instant,
    server_cpu: Duration,
    store_cpu: Duration,
    own_cpu: Duration,
    delivered: u64,
}

impl Reading {
    fn take(server: &Server, tally: &Tally) -> Result<Self> {
        Ok(Self {
            server_cpu: server.pids().map(process::cpu_time).sum::<Result<_>>()?,
            store_cpu: server
                .cluster
                .as_ref()
                .map_or(Ok(Duration::ZERO), |it| process::cpu_time(it.store_pid))?,
            own_cpu: process::cpu_time(std::process::id())?,
            at: Instant::now(),
            delivered: tally.delivered.get(),
        })
    }
}

/// Warms up, then measures.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(crate) async fn measure(
    server: &Server,
    window: Window,
    tally: &Tally,
    workload: String,
    connections: usize,
) -> Result<Outcome> {
    tally.wait(window.warm_up).await?;
    // A scrape costs the server CPU time, so both lie outside the readings.
    let log_before = log_counters(server).await?;
    let from_us = tally.now_us();
    let to_us = from_us + u64::try_from(window.measured.as_micros())?;
    tally.window_us.set((from_us, to_us));
    let before = Reading::take(server, tally)?;
    tally.wait(window.measured).await?;
    let after = Reading::take(server, tally)?;
    let log_after = log_counters(server).await?;

    let delivered = after.delivered - before.delivered;
    let seconds = (after.at - before.at).as_secs_f64();
    let cpu = after.server_cpu.saturating_sub(before.server_cpu).as_secs_f64();
    let store_cpu = after.store_cpu.saturating_sub(before.store_cpu).as_secs_f64();
    let of_each = |seconds: f64| (delivered > 0).then(|| seconds * 1e6 / delivered as f64);
    let events_per_commit = match (log_before, log_after) {
        (Some(before), Some(after)) if after.0 > before.0 => {
            Some((after.1 - before.1) / (after.0 - before.0))
        }
        _ => None,
    };
    Ok(Outcome {
        workload,
        server: server.name(),
        repetition: 1,
        connections,
        seconds,
        delivered,
        messages_per_second: delivered as f64 / seconds,
        p50_ms: None,
        p99_ms: None,
        p999_ms: None,
        cpu_us_per_message: of_each(cpu),
        store_cpu_us_per_message: of_each(store_cpu).filter(|_| server.cluster.is_some()),
        server_cpu_share: cpu / seconds,
        load_cpu_share: after.own_cpu.saturating_sub(before.own_cpu).as_secs_f64() / seconds,
        events_per_commit,
        peak_memory_bytes: server
            .pids()
            .map(|pid| Ok(process::memory_bytes(pid)?.1))
            .sum::<Result<_>>()?,
        bytes_per_idle_connection: None,
    })
}

impl Outcome {
    /// Adds the latencies, once all that count have arrived.
    pub(crate) fn with_latency(mut self, tally: &Tally) -> Result<Self> {
        let latency = tally.latency.borrow();
        if latency.total() == 0 {
            return Err(anyhow!("{}: nothing was delivered in the window", self.workload));
        }
        self.p50_ms = Some(latency.quantile_ms(0.5));
        self.p99_ms = Some(latency.quantile_ms(0.99));
        self.p999_ms = Some(latency.quantile_ms(0.999));
        Ok(self)
    }
}

/// Commits and events so far, from the broker's metrics; `None` if it does not offer them.
async fn log_counters(server: &Server) -> Result<Option<(f64, f64)>> {
    let Some(admin) = server.desk.as_ref().and_then(|desk| desk.admin) else { return Ok(None) };
    let page = http(admin, "GET /metrics", "", "").await.context("no metrics")?;
    let commits = counter(&page, "deskbell_commits_total");
    Ok(commits.zip(counter(&page, "deskbell_events_stored_total")))
}

/// The sum of a counter's series in a Prometheus page; chunk sizes of the transfer do not disturb.
fn counter(page: &str, name: &str) -> Option<f64> {
    let series = page.lines().filter_map(|line| line.strip_prefix(name));
    let values = series.filter(|rest| rest.starts_with([' ', '{']));
    values
        .filter_map(|rest| rest.rsplit(' ').next()?.trim().parse().ok())
        .reduce(|sum, value| sum + value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_found_by_its_whole_name() {
        let page = "# TYPE a_total counter\r\na_total_more 7\na_total 41\nb_total{shard=\"0\"} 3\n";
        assert_eq!(counter(page, "a_total"), Some(41.0));
        assert_eq!(counter(page, "b_total"), Some(3.0));
        assert_eq!(counter(page, "c_total"), None);
    }

    #[tokio::test]
    async fn only_messages_due_in_the_window_have_a_latency_and_all_count_as_delivered() {
        let tally = Tally::new();
        tally.delivered(0);
        tally.window_us.set((10, 20));
        (5..25).for_each(|due| tally.delivered(due));
        assert_eq!(tally.delivered.get(), 21);
        assert_eq!(tally.recorded(), 10);
    }
}
