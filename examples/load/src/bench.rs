//! The whole suite: relay and broker by turns, three times each, then medians and ratios.
//!
//! The server under load has core 0 to itself and this process core 1. Each run starts a fresh
//! server, on free ports of the loopback interface, and stops it by its process id. Without
//! `--broker` only the relay runs.

mod broker;
mod child;
mod cluster;

use std::io::Write as _;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::WindowArgs;
use crate::bench::child::{Child, Output};
use crate::measure::{Outcome, Window};
use crate::report;
use crate::server::Server;
use crate::workload::Workload;

pub(crate) use crate::bench::broker::{Broker, ORIGIN, QUEUE, WIDGET, user};
pub(crate) use crate::bench::cluster::Level;

const SERVER_CORE: &str = "0";
const LOAD_CORE: &str = "1";

/// What to bench and for how long.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// A release build of `deskbell`.
    #[arg(long)]
    broker: Option<PathBuf>,
    /// How often each workload runs against each server.
    #[arg(long, default_value_t = 3)]
    repetitions: u32,
    /// Only workloads whose name holds this, such as `pingpong`.
    #[arg(long)]
    only: Option<String>,
    /// Where the broker's configuration, its store and the figures go; a real disk, or the figures
    /// mean little.
    #[arg(long, default_value = "target/bench")]
    directory: PathBuf,
    #[command(flatten)]
    window: WindowArgs,
    /// Set on the second start, once the process has its core.
    #[arg(long, hide = true)]
    pub(crate) pinned: bool,
}

const SUITE: [Workload; 9] = [
    Workload::Pingpong { chats: 100, idle: 0 },
    Workload::Pingpong { chats: 500, idle: 0 },
    Workload::Pingpong { chats: 2_000, idle: 0 },
    Workload::Paced { chats: 500 },
    Workload::Idle { connections: 10_000 },
    Workload::Watchers { watchers: 10, rings_per_second: 200 },
    Workload::Watchers { watchers: 200, rings_per_second: 50 },
    Workload::Watchers { watchers: 500, rings_per_second: 20 },
    Workload::Watchers { watchers: 1_000, rings_per_second: 10 },
];

/// Starts this process again on its core, unless that is `done`.
pub(crate) fn pin(done: bool) -> Result<()> {
    if done {
        return Ok(());
    }
    if std::thread::available_parallelism()?.get() < 2 {
        bail!("the bench needs two cores, one for the server and one for the load");
    }
    let error = Command::new("taskset")
        .args(["-c", LOAD_CORE])
        .arg(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .arg("--pinned")
        .exec();
    Err(error).context("`taskset` does not start: install util-linux")
}

/// Runs the suite. Needs a `LocalRuntime`.
pub(crate) async fn run(arguments: &BenchArgs) -> Result<()> {
    std::fs::create_dir_all(&arguments.directory)?;
    let directory = arguments.directory.canonicalize()?;
    let window = arguments.window.window()?;
    let chosen = |workload: &Workload| {
        arguments.only.as_ref().is_none_or(|part| workload.to_string().contains(part))
    };
    let suite: Vec<Workload> = SUITE.into_iter().filter(chosen).collect();
    for workload in &suite {
        crate::process::check_open_files(workload.connections())?;
    }
    let broker = match &arguments.broker {
        None => None,
        Some(binary) => {
            let operators = suite.iter().map(|workload| workload.operators()).max().unwrap_or(0);
            Some(Broker::prepare(binary, &directory, operators).await?)
        }
    };
    report::say(&machine())?;

    let lines = directory.join("bench.jsonl");
    let mut lines_file = std::fs::File::create(&lines)?;
    let mut runs = Vec::new();
    let mut turns = Turns { directory: &directory, broker, window, lines: &mut lines_file };
    let mut ended = Ok(());
    for workload in suite {
        ended = turns.take(workload, arguments.repetitions, &mut runs).await;
        if ended.is_err() {
            break;
        }
    }
    // Also after a failure: what has been measured until then stands.
    report::say(&format!("\n{}", report::table(&runs)))?;
    for goal in report::goals(&runs) {
        report::say(&goal)?;
    }
    report::say(&format!("\nEvery run, as JSON lines: {}", lines.display()))?;
    ended
}

struct Turns<'a> {
    directory: &'a Path,
    broker: Option<Broker>,
    window: Window,
    lines: &'a mut std::fs::File,
}

impl Turns<'_> {
    /// Relay, broker, relay, broker, and so on.
    async fn take(
        &mut self,
        workload: Workload,
        repetitions: u32,
        runs: &mut Vec<Outcome>,
    ) -> Result<()> {
        for repetition in 1..=repetitions {
            let (relay, server) = start_relay(self.directory)?;
            let outcome = workload.run(&server, self.window).await;
            let outcome = outcome.with_context(|| format!("{workload} at the relay"))?;
            keep(runs, self.lines, repetition, outcome)?;
            drop(relay);
            if let Some(broker) = &mut self.broker {
                let (child, server) = broker.start().await?;
                let outcome = workload.run(&server, self.window).await;
                let outcome = outcome.with_context(|| format!("{workload} at the broker"))?;
                keep(runs, self.lines, repetition, outcome)?;
                child.terminate().await?;
                for level in Level::ALL.into_iter().filter(|_| workload.is_played_on_two_nodes()) {
                    let (nodes, server) = broker.start_cluster(level).await?;
                    let outcome = workload.run(&server, self.window).await;
                    let at = || format!("{workload} at {}", level.name());
                    let outcome = outcome.with_context(at)?;
                    keep(runs, self.lines, repetition, outcome)?;
                    nodes.terminate().await?;
                }
            }
        }
        Ok(())
    }
}

fn keep(
    runs: &mut Vec<Outcome>,
    lines: &mut std::fs::File,
    repetition: u32,
    outcome: Outcome,
) -> Result<()> {
    let outcome = Outcome { repetition, ..outcome };
    report::say(&report::line(&outcome))?;
    writeln!(lines, "{}", serde_json::to_string(&outcome)?)?;
    runs.push(outcome);
    Ok(())
}

fn start_relay(directory: &Path) -> Result<(Child, Server)> {
    let mut child = Child::start(
        &std::env::current_exe()?,
        &["relay".as_ref()],
        SERVER_CORE,
        &directory.join("relay.log"),
        Output::Read,
    )?;
    let address = child.first_line()?.parse().context("the relay prints no address")?;
    let server = Server { address, pid: child.pid(), cluster: None, desk: None };
    Ok((child, server))
}

/// Where the figures come from, for whoever reads them later.
fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpus = read("/proc/cpuinfo");
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name"));
    let model =
        model.map_or("an unknown processor", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let count = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let kernel = read("/proc/sys/kernel/osrelease");
    let busy = read("/proc/loadavg");
    let busy = busy.split(' ').next().unwrap_or_default();
    format!("Machine: {count} x {model}, Linux {}, load average {busy}", kernel.trim())
}
