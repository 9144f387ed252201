//! `deskbell-traffic`: living traffic against a running broker, until Ctrl-C or for so many chats.
//!
//! Says each chat that is over, a count every now and then, and one at the end. Ends with 0, also
//! after Ctrl-C, unless a chat could not be lived. Not here: what rings when (the library's plan).

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser;
use deskbell_client::{IdSource as _, RandomIds};
use deskbell_traffic::{Measured, Outcome, Plan, Repertoire, Stage, Tally, play};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Patrons ring and two colleagues answer, as at a real desk, from a seed.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Address of the broker
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Passwords of Theo and Nadia: a file with `USER PASSWORD` in each line
    #[arg(long, value_name = "FILE", required_unless_present = "measure")]
    passwords: Option<PathBuf>,
    /// Origin of a widget's page, as `WIDGET=https://host`; may be given several times. A widget
    /// `birch-home` that is not named stands on `https://www.birch.example`
    #[arg(long = "origin", value_name = "WIDGET=ORIGIN", value_parser = origin)]
    origins: Vec<(String, String)>,
    /// The same seed gives the same chats; without it one is drawn, and told
    #[arg(long)]
    seed: Option<u64>,
    /// Seconds of the plan that pass in one second
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// End after so many chats; without it traffic goes on until Ctrl-C
    #[arg(long)]
    chats: Option<usize>,
    /// Count what became of the chats every so many of them
    #[arg(long, value_name = "CHATS", default_value_t = 10)]
    summary_every: u32,
    /// The folder with the talks
    #[arg(long, value_name = "FOLDER", default_value = "examples/traffic/talks")]
    talks: PathBuf,
    /// Measure the spread of the plan instead, without a broker
    #[arg(long)]
    measure: bool,
}

/// Chats that are measured if no number is given.
const MEASURED: usize = 200;

fn origin(text: &str) -> Result<(String, String), String> {
    let (widget, origin) = text.split_once('=').ok_or("write WIDGET=https://host")?;
    Ok((widget.to_owned(), origin.to_owned()))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let repertoire = Repertoire::read(&arguments.talks)?;
    let seed = arguments.seed.unwrap_or_else(drawn_seed);
    let plan = Plan::new(seed, &repertoire);
    if arguments.measure {
        let chats: Vec<_> = plan.take(arguments.chats.unwrap_or(MEASURED)).collect();
        writeln!(io::stdout(), "{} chats of seed {seed}\n{}", chats.len(), Measured::of(&chats))?;
        return Ok(ExitCode::SUCCESS);
    }
    let stage = Stage {
        url: arguments.url,
        passwords: passwords(arguments.passwords.as_deref())?,
        origins: arguments.origins.into_iter().collect(),
        speed: arguments.speed,
    };
    writeln!(io::stdout(), "traffic of seed {seed}, {} times as fast as life", stage.speed)?;
    let (stopping, stop) = watch::channel(false);
    let interrupt = signal(SignalKind::interrupt())?;
    let terminate = signal(SignalKind::terminate())?;
    tokio::spawn(until_told(stopping, interrupt, terminate));
    let mut told = Ok(());
    let tell = |outcome: &Outcome, tally: &Tally| {
        if told.is_ok() {
            told = say(outcome, tally, arguments.summary_every);
        }
    };
    let chats = arguments.chats.unwrap_or(usize::MAX);
    let tally = play(plan.take(chats), stage, stop, tell).await?;
    told?;
    writeln!(io::stdout(), "traffic: {tally}")?;
    Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A short one, so that people can tell it.
fn drawn_seed() -> u64 {
    RandomIds.uuid().as_u64_pair().1 % 1_000_000
}

/// Ctrl-C, or whoever started this says so.
async fn until_told(stopping: watch::Sender<bool>, mut interrupt: Signal, mut terminate: Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    stopping.send_replace(true);
}

fn say(outcome: &Outcome, tally: &Tally, every: u32) -> io::Result<()> {
    let mut out = io::stdout();
    let number = outcome.plan.number;
    match &outcome.lived {
        Ok(lived) if outcome.as_planned() => writeln!(out, "{lived}")?,
        Ok(lived) => writeln!(out, "{lived} (otherwise than planned)")?,
        Err(why) => writeln!(out, "{number:>4}  failed: {why:#}")?,
    }
    let over = tally.chats + tally.failed;
    if every > 0 && over.is_multiple_of(every) {
        writeln!(out, "traffic: {tally}")?;
    }
    Ok(())
}

fn passwords(file: Option<&Path>) -> Result<BTreeMap<String, String>> {
    let file = file.context("--passwords is missing")?;
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let pairs = text.lines().filter_map(|line| line.split_once(' '));
    Ok(pairs.map(|(user, password)| (user.to_owned(), password.trim().to_owned())).collect())
}
