//! `deskbell check`: is everything as it should be? A line each, with the remedy where it is not.

use std::fmt::Display;

use clap::Args;
use jiff::Timestamp;

use super::desk::Desk;
use super::{CliError, Settings, directory, terminal, wait_for};
use crate::admin::wire::Status;
use crate::config::Config;
use crate::edge::tls::Certificate;
use crate::world::{Clock as _, SystemClock};

/// 2026-01-01: this program is younger.
const BUILT_AFTER_SECOND: i64 = 1_767_225_600;

/// Say whether configuration, directory, store and clock are as they should be.
#[derive(Debug, Args)]
#[command(after_help = "\
Works with and without a running broker. The exit code is 0 only if every line says ok.

Example:
  deskbell check --config desk/deskbell.toml")]
pub(super) struct Check {}

impl Check {
    #[expect(clippy::unused_self, reason = "every command is run the same way")]
    pub(super) fn run(self, settings: &Settings) -> Result<(), CliError> {
        let mut failures = 0;
        let mut line = |what: &str, outcome: Result<String, String>| {
            failures += usize::from(outcome.is_err());
            match outcome {
                Ok(fact) => terminal::say(format!("{what:<14} ok    {fact}")),
                Err(remedy) => terminal::say(format!("{what:<14} FAIL  {remedy}")),
            }
        };
        match settings.load() {
            Err(error) => line("configuration", Err(error.to_string()))?,
            Ok(config) => {
                line("configuration", configuration(&config))?;
                if let Some(outcome) = directory_file(&config) {
                    line("directory file", outcome)?;
                }
                let store = wait_for(ask(&config)).map_err(|error| error.to_string());
                let status = store.as_ref().ok().map(|(status, _)| status);
                let people = status.map(people);
                let clock = clock(status);
                line("store", store.as_ref().map(describe).map_err(Clone::clone))?;
                if let Some(people) = people {
                    line("directory", people)?;
                }
                line("clock", clock)?;
            }
        }
        match failures {
            0 => Ok(()),
            1 => Err(CliError::Refused("1 check failed".into())),
            _ => Err(CliError::Refused(format!("{failures} checks failed"))),
        }
    }
}

fn configuration(config: &Config) -> Result<String, String> {
    if let Some(files) = &config.tls {
        Certificate::load(files.clone()).map_err(remedy)?;
    }
    let scheme = if config.tls.is_some() { "TLS" } else { "no TLS" };
    Ok(format!("listens on {}, {scheme}", config.listen))
}

fn directory_file(config: &Config) -> Option<Result<String, String>> {
    let file = config.directory_file.as_deref()?;
    let read = std::fs::read_to_string(file).map_err(CliError::io(file.display()));
    let checked = read.and_then(|text| directory::check(file, &text));
    let told = |warnings: Vec<String>| match warnings.len() {
        0 => file.display().to_string(),
        _ => format!("{}; it can be stored, but: {}", file.display(), warnings.join("; ")),
    };
    Some(checked.map(told).map_err(remedy))
}

async fn ask(config: &Config) -> Result<(Status, String), CliError> {
    let mut desk = Desk::open(config).await?;
    let status = desk.get("/status").await?;
    let by = if desk.is_running() { "open in a running broker" } else { "no broker runs" };
    Ok((status, format!("{}, {by}", config.store_directory.display())))
}

fn describe((status, place): &(Status, String)) -> String {
    format!("{place}, live chats: {}, acknowledged means: {}", status.live_chats, status.durability)
}

fn people(status: &Status) -> Result<String, String> {
    let Status { directory_version, institutions, active_users, .. } = status;
    if *active_users == 0 {
        let what = "nobody may sign in: run `deskbell init` or `deskbell directory apply`";
        return Err(what.into());
    }
    let version = format!("version {directory_version}");
    Ok(format!("{version}, libraries: {institutions}, people who may sign in: {active_users}"))
}

/// Whether the time can be true: not before this was built, nor before what is stored.
fn clock(status: Option<&Status>) -> Result<String, String> {
    let now = SystemClock::new().now();
    let built = Timestamp::from_second(BUILT_AFTER_SECOND).expect("a year of this century");
    let last = status.and_then(|status| status.directory_changed_at);
    match last.filter(|last| *last > now) {
        _ if now < built => Err(format!("it is {now:.0} here: set the clock, or start NTP")),
        Some(last) => Err(format!(
            "it is {now:.0} here, but the directory changed at {last:.0}: set the clock, or start \
             NTP"
        )),
        None => Ok(format!("{now:.0}")),
    }
}

fn remedy(error: impl Display) -> String {
    error.to_string()
}
