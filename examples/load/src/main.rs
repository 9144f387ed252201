//! `deskbell-load`: what a broker costs, next to what the barest relay costs.
//!
//! `bench` runs the whole suite and prints the table of `docs/performance.md`. The other commands
//! are its parts: a `relay` to compare with, and one workload against a server that already runs.
//! Figures come from the server's own accounting in `/proc`, so the tool needs Linux.
//!
//! Not a test of behavior: a run with a lost message or a refused request fails, nothing more.

mod bench;
mod frame;
mod latency;
mod measure;
mod process;
mod race;
mod relay;
mod report;
mod resume;
mod server;
mod socket;
mod workload;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use crate::bench::BenchArgs;
use crate::measure::Window;
use crate::race::RaceArgs;
use crate::resume::ResumeArgs;
use crate::server::{Desk, Server};
use crate::workload::Workload;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(name = "deskbell-load", version, about = "Load and benchmark for a Deskbell broker")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the bare relay and prints its address.
    Relay {
        /// Where to listen; port 0 takes a free one.
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
    },
    /// Runs one workload against a running server: the relay, or with `--tokens` a broker.
    Run {
        #[command(flatten)]
        target: TargetArgs,
        #[command(subcommand)]
        workload: Workload,
    },
    /// Runs the whole suite, relay and broker in turn, and prints the table.
    Bench(BenchArgs),
    /// Lets many operators claim one chat at the same moment, round after round: one wins each.
    Race(RaceArgs),
    /// Kills one broker of two under all of its clients: each resumes at the other without a gap.
    Resume(ResumeArgs),
}

#[derive(Args)]
struct TargetArgs {
    /// Where the server listens.
    #[arg(long)]
    server: SocketAddr,
    /// Its process id: whose CPU time and memory count.
    #[arg(long)]
    pid: u32,
    /// A file of operators' tokens, one per line; makes the server a broker.
    #[arg(long)]
    tokens: Option<PathBuf>,
    /// The broker's second listener, for events per commit.
    #[arg(long)]
    admin: Option<SocketAddr>,
    /// An origin that the widget and the desks allow.
    #[arg(long, default_value = bench::ORIGIN)]
    origin: String,
    /// The widget that patrons ring through.
    #[arg(long, default_value = bench::WIDGET)]
    widget: String,
    /// The queue that operators monitor.
    #[arg(long, default_value = bench::QUEUE)]
    queue: String,
    #[command(flatten)]
    window: WindowArgs,
}

#[derive(Debug, Clone, Args)]
struct WindowArgs {
    /// Seconds before anything counts.
    #[arg(long, default_value_t = 1.0)]
    warm_up_seconds: f64,
    /// Seconds that count.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
}

impl WindowArgs {
    fn window(&self) -> Result<Window> {
        Ok(Window {
            warm_up: Duration::try_from_secs_f64(self.warm_up_seconds)?,
            measured: Duration::try_from_secs_f64(self.seconds)?,
        })
    }
}

fn main() -> Result<()> {
    let command = Arguments::parse().command;
    match &command {
        Command::Bench(arguments) => bench::pin(arguments.pinned)?,
        Command::Race(arguments) => bench::pin(arguments.pinned)?,
        Command::Resume(arguments) => bench::pin(arguments.pinned)?,
        Command::Relay { .. } | Command::Run { .. } => {}
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(tokio::runtime::LocalOptions::default())?;
    runtime.block_on(async {
        match command {
            Command::Relay { listen } => relay::serve(relay::bind(listen)?).await,
            Command::Run { target, workload } => run(target, workload).await,
            Command::Bench(arguments) => until_stopped(bench::run(&arguments)).await,
            Command::Resume(arguments) => until_stopped(resume::run(&arguments)).await,
            Command::Race(arguments) => until_stopped(race::run(&arguments)).await,
        }
    })
}

/// Ends early, and so drops and stops its servers, when someone asks this process to stop.
async fn until_stopped(work: impl Future<Output = Result<()>>) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = work => result,
        _ = terminate.recv() => anyhow::bail!("stopped by a signal"),
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            anyhow::bail!("interrupted")
        }
    }
}

async fn run(target: TargetArgs, workload: Workload) -> Result<()> {
    let desk = target.tokens.as_ref().map(|file| -> Result<Desk> {
        let tokens = std::fs::read_to_string(file)
            .with_context(|| format!("{} cannot be read", file.display()))?;
        Ok(Desk {
            admin: target.admin,
            origin: target.origin.clone(),
            widget: target.widget.clone(),
            queue: target.queue.clone(),
            tokens: tokens.lines().map(str::to_owned).collect(),
        })
    });
    let (address, pid, desk) = (target.server, target.pid, desk.transpose()?);
    let server = Server { address, pid, cluster: None, desk };
    let outcome = workload.run(&server, target.window.window()?).await?;
    report::say(&report::line(&outcome))?;
    report::say(&serde_json::to_string(&outcome)?)
}
