//! How figures are shown: a line per run, a line of JSON per run, and one Markdown table with the
//! medians and ratios of a whole bench.
//!
//! A ratio is taken within one repetition, where relay and broker ran one after the other on the
//! same machine in the same mood; the table shows the median of those ratios, not the ratio of
//! medians.

use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::Result;

use crate::measure::Outcome;

/// In the order of the table.
const SERVERS: [&str; 4] = ["relay", "broker", "redis-async", "redis-disk"];
const MIB: f64 = 1024.0 * 1024.0;

/// Writes a line to standard output.
pub(crate) fn say(line: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

/// One run, for people.
pub(crate) fn line(run: &Outcome) -> String {
    let mut line = format!("{:<30} {:<11}", run.workload, run.server);
    let cells = [
        (Some(run.messages_per_second), "msg/s", 0),
        (run.p50_ms, "ms p50", 2),
        (run.p99_ms, "ms p99", 2),
        (run.p999_ms, "ms p99.9", 2),
        (run.cpu_us_per_message, "µs CPU/msg", 1),
        (run.store_cpu_us_per_message, "µs CPU/msg of the store", 1),
        (run.events_per_commit, "events/commit", 1),
        (Some(run.server_cpu_share * 100.0), "% server CPU", 0),
        (Some(run.load_cpu_share * 100.0), "% load CPU", 0),
        (Some(mib(run.peak_memory_bytes)), "MiB peak", 1),
        (run.bytes_per_idle_connection, "B/connection", 0),
    ];
    for (value, unit, digits) in cells {
        if let Some(value) = value.filter(|value| *value > 0.0) {
            let _ = write!(line, "  {value:.digits$} {unit}");
        }
    }
    line
}

/// All runs of a bench as one table, in the order in which the workloads first ran.
pub(crate) fn table(runs: &[Outcome]) -> String {
    let mut table = String::from(
        "| workload | server | msg/s | p50 ms | p99 ms | p99.9 ms | CPU µs/msg | ÷ relay | \
         ÷ broker | store µs/msg | events/commit | peak MiB | B/idle connection |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for workload in workloads(runs) {
        for server in SERVERS {
            let of = Series::new(runs, workload, server);
            if of.runs.is_empty() {
                continue;
            }
            let over = |other: &str| match server {
                _ if server == other || server == "relay" => None,
                _ => cpu_ratio(runs, workload, server, other),
            };
            let cells = [
                cell(of.median(|run| Some(run.messages_per_second).filter(|rate| *rate > 0.0)), 0),
                cell(of.median(|run| run.p50_ms), 2),
                cell(of.median(|run| run.p99_ms), 2),
                cell(of.median(|run| run.p999_ms), 2),
                cell(of.median(|run| run.cpu_us_per_message), 1),
                cell(over("relay"), 2),
                cell(over("broker"), 2),
                cell(of.median(|run| run.store_cpu_us_per_message), 1),
                cell(of.median(|run| run.events_per_commit), 1),
                cell(of.median(|run| Some(mib(run.peak_memory_bytes))), 1),
                cell(of.median(|run| run.bytes_per_idle_connection), 0),
            ];
            let _ = writeln!(table, "| {workload} | {server} | {} |", cells.join(" | "));
        }
    }
    table
}

/// The figures to reach, each with its goal; only those that the runs can tell.
pub(crate) fn goals(runs: &[Outcome]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut judge = |what: &str, value: Option<f64>, limit: f64, unit: &str| {
        if let Some(value) = value {
            let verdict = if value <= limit { "reached" } else { "MISSED" };
            lines.push(format!("{verdict}: {what}: {value:.2}{unit} (limit {limit}{unit})"));
        }
    };
    let at = |chats: usize| cpu_ratio(runs, &format!("pingpong, {chats} chats"), "broker", "relay");
    judge("CPU per message, 500 chats, ÷ relay (goal 2.5)", at(500), 3.0, "");
    let growth = at(2_000).zip(at(100)).map(|(many, few)| many / few);
    judge("that ratio at 2,000 chats over that at 100", growth, 1.2, "");
    for server in ["redis-async", "redis-disk"] {
        let ratio = cpu_ratio(runs, "pingpong, 500 chats", server, "broker");
        let what = format!("CPU per message of two brokers at {server}, ÷ embedded");
        judge(&what, ratio, 2.0, "");
    }
    let p99 = |server| Series::new(runs, "paced, 500 chats", server).median(|run| run.p99_ms);
    let over = p99("broker").zip(p99("relay")).map(|(broker, relay)| broker - relay);
    judge("paced p99 above the relay's", over, 5.0, " ms");
    let across = p99("redis-async");
    judge("from a socket on one node to one on the other, p99", across, 10.0, " ms");
    let idle = Series::new(runs, "idle, 10000", "broker");
    let kilobytes = idle.median(|run| run.bytes_per_idle_connection).map(|bytes| bytes / 1_000.0);
    judge("resident memory per subscribed operator", kilobytes, 10.0, " KB");
    let ring = Series::new(runs, "watchers, 500 at 20 rings/s", "broker").median(|run| run.p99_ms);
    judge("a ring to 500 watchers, p99, at 20 rings/s", ring, 50.0, " ms");
    let each = |watchers: usize| {
        let of = format!("watchers, {watchers} at");
        let runs = runs.iter().filter(|run| run.server == "broker");
        let costs = runs.filter(|run| run.workload.starts_with(&of));
        median(costs.filter_map(|run| run.cpu_us_per_message).collect())
    };
    let growth = each(1_000).zip(each(10)).map(|(many, few)| many / few);
    judge("CPU of a ring per watcher, 1,000 watchers over 10", growth, 1.0, "");
    lines
}

/// The median over repetitions of one server's CPU time per message over another's.
fn cpu_ratio(runs: &[Outcome], workload: &str, server: &str, over: &str) -> Option<f64> {
    let cost = |server: &str| {
        let runs = Series::new(runs, workload, server).runs;
        runs.into_iter().filter_map(|run| Some((run.repetition, run.cpu_us_per_message?)))
    };
    let base: Vec<_> = cost(over).collect();
    let ratios = cost(server).filter_map(|(repetition, cost)| {
        let (_, base) = base.iter().find(|(of, cost)| *of == repetition && *cost > 0.0)?;
        Some(cost / base)
    });
    median(ratios.collect())
}

fn workloads(runs: &[Outcome]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for run in runs {
        if !names.contains(&run.workload.as_str()) {
            names.push(&run.workload);
        }
    }
    names
}

struct Series<'a> {
    runs: Vec<&'a Outcome>,
}

impl<'a> Series<'a> {
    fn new(runs: &'a [Outcome], workload: &str, server: &str) -> Self {
        let of = |run: &&Outcome| run.workload == workload && run.server == server;
        Self { runs: runs.iter().filter(of).collect() }
    }

    fn median(&self, value: impl Fn(&Outcome) -> Option<f64>) -> Option<f64> {
        median(self.runs.iter().filter_map(|run| value(run)).collect())
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

fn cell(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
}

#[expect(clippy::cast_precision_loss, reason = "sizes stay far below 2^53")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / MIB
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(server: &'static str, repetition: u32, cpu: f64, chats: usize) -> Outcome {
        Outcome {
            workload: format!("pingpong, {chats} chats"),
            server,
            repetition,
            connections: 2 * chats,
            seconds: 1.0,
            delivered: 100,
            messages_per_second: 100.0,
            p50_ms: Some(1.0),
            p99_ms: Some(2.0),
            p999_ms: Some(3.0),
            cpu_us_per_message: Some(cpu),
            store_cpu_us_per_message: None,
            server_cpu_share: 0.5,
            load_cpu_share: 0.5,
            events_per_commit: None,
            peak_memory_bytes: 1024 * 1024,
            bytes_per_idle_connection: None,
        }
    }

    #[test]
    fn the_ratio_is_the_median_of_ratios_within_a_repetition() {
        let runs = [
            run("relay", 1, 10.0, 500),
            run("broker", 1, 20.0, 500),
            run("relay", 2, 20.0, 500),
            run("broker", 2, 60.0, 500),
            run("relay", 3, 10.0, 500),
            run("broker", 3, 90.0, 500),
        ];
        assert_eq!(cpu_ratio(&runs, "pingpong, 500 chats", "broker", "relay"), Some(3.0));
        assert!(
            table(&runs).contains("| broker | 100 | 1.00 | 2.00 | 3.00 | 60.0 | 3.00 | – | – |")
        );
        assert!(goals(&runs)[0].starts_with("reached"));
    }

    #[test]
    fn a_ratio_that_grows_with_the_number_of_chats_is_a_missed_figure() {
        let runs = [
            run("relay", 1, 10.0, 100),
            run("broker", 1, 20.0, 100),
            run("relay", 1, 10.0, 2_000),
            run("broker", 1, 30.0, 2_000),
        ];
        assert_eq!(goals(&runs).len(), 1);
        assert!(goals(&runs)[0].starts_with("MISSED"), "{:?}", goals(&runs));
    }

    #[test]
    fn a_ring_may_cost_no_more_for_each_watcher_however_many_there_are() {
        let watched = |watchers: usize, rate: u32, cpu: f64| {
            let workload = format!("watchers, {watchers} at {rate} rings/s");
            Outcome { workload, p99_ms: Some(51.0), ..run("broker", 1, cpu, 1) }
        };
        let runs = [watched(10, 200, 40.0), watched(500, 20, 12.0), watched(1_000, 10, 44.0)];
        let told = goals(&runs);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with("MISSED: a ring to 500 watchers"), "{told:?}");
        assert!(told[1].contains("1.10 (limit 1)"), "{told:?}");
    }

    #[test]
    fn what_the_runs_do_not_tell_is_a_dash_and_no_verdict() {
        let runs = [run("relay", 1, 10.0, 500)];
        assert!(table(&runs).contains("| 10.0 | – | – | – | – | 1.0 | – |"), "{}", table(&runs));
        assert_eq!(goals(&runs), Vec::<String>::new());
    }
}
