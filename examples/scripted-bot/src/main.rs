//! `scripted-bot`: plays `.chat` scripts against a running broker and tells how each went.
//!
//! Ends with 0 if none failed, 1 if one did, 2 if a script cannot be read. Skipped scripts are
//! counted apart. Not here: the language (`docs/scripts.md`), the playing (the library).

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Parser;
use deskbell_client::TcpConnector;
use deskbell_scripted_bot::{ClockControl, Outcome, Player, Progress, Script, Sdk, Stage, play};

/// Plays conversation scripts against a running broker.
///
/// A script says who does what and what reaches whom, one step a line:
///
///     # A claim has one winner
///     Maya of Birch monitors coop/tri-county
///     Sam rings birch-home: Where can I renew my card?
///     Maya sees: a row for Sam's chat
///     Maya claims Sam's chat
///     Sam sees: claimed by Maya
///
/// What reaches a named person and is not in the script fails it.
#[derive(Parser)]
#[command(version, verbatim_doc_comment)]
struct Arguments {
    /// Scripts, or directories of them (`*.chat`)
    #[arg(required = true)]
    scripts: Vec<PathBuf>,
    /// Address of the broker
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Operators' passwords: a file with `USER PASSWORD` in each line, or a directory with a file
    /// for each user that holds the password
    #[arg(long, value_name = "FILE_OR_DIRECTORY", required_unless_present = "check")]
    passwords: Option<PathBuf>,
    /// Origin of a widget's page, as `WIDGET=https://host`; may be given several times. A widget
    /// `birch-home` that is not named stands on `https://www.birch.example`
    #[arg(long = "origin", value_name = "WIDGET=ORIGIN", value_parser = origin)]
    origins: Vec<(String, String)>,
    /// Admin listener of a broker started with `--clock manual`, as HOST:PORT; without it, scripts
    /// that move the clock are skipped
    #[arg(long, value_name = "HOST:PORT")]
    clock: Option<String>,
    /// Seconds after which what did not come will not come
    #[arg(long, default_value_t = 10)]
    patience_seconds: u64,
    /// Rest so long before each line, and show the lines as they are played
    #[arg(long, default_value_t = 0)]
    pace_ms: u64,
    /// Play through the TypeScript SDK instead of the Rust one: its compiled player
    /// (client-sdk/typescript/dist/test/player.js, after `make typescript`), run with `node`
    #[arg(long, value_name = "FILE")]
    player: Option<PathBuf>,
    /// Read the scripts and say what is wrong with them, without a broker
    #[arg(long)]
    check: bool,
}

fn origin(text: &str) -> Result<(String, String), String> {
    let (widget, origin) = text.split_once('=').ok_or("write WIDGET=https://host")?;
    Ok((widget.to_owned(), origin.to_owned()))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut out = io::stdout();
    let scripts = match read_scripts(&arguments.scripts)? {
        Ok(scripts) => scripts,
        Err(errors) => {
            errors.iter().try_for_each(|error| writeln!(out, "{error}\n"))?;
            return Ok(ExitCode::from(2));
        }
    };
    if arguments.check {
        scripts.iter().try_for_each(|script| writeln!(out, "well   {}", script.title))?;
        return Ok(ExitCode::SUCCESS);
    }
    let stage = stage(&arguments)?;
    let (mut passed, mut skipped, mut failed) = (0, 0, 0);
    for script in &scripts {
        match play(script, &stage).await {
            Ok(Outcome::Passed) => {
                passed += 1;
                writeln!(out, "pass   {}", script.title)?;
            }
            Ok(Outcome::Skipped { why }) => {
                skipped += 1;
                writeln!(out, "skip   {}: {why}", script.title)?;
            }
            Err(failure) => {
                failed += 1;
                writeln!(out, "FAIL   {failure}")?;
            }
        }
    }
    writeln!(out, "{passed} passed, {failed} failed, {skipped} skipped")?;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The scripts, or everything that is wrong with those that cannot be read.
fn read_scripts(paths: &[PathBuf]) -> anyhow::Result<Result<Vec<Script>, Vec<String>>> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).with_context(|| path.display().to_string())?;
            let mut found = Vec::new();
            for entry in entries {
                found.push(entry?.path());
            }
            found.retain(|file| file.extension().is_some_and(|ending| ending == "chat"));
            found.sort();
            files.append(&mut found);
        } else {
            files.push(path.clone());
        }
    }
    if files.is_empty() {
        bail!("no script there: give files or directories with *.chat");
    }
    let (mut scripts, mut errors) = (Vec::new(), Vec::new());
    for file in files {
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        match Script::read(&file.display().to_string(), &text) {
            Ok(script) => scripts.push(script),
            Err(error) => errors.push(error.to_string()),
        }
    }
    Ok(if errors.is_empty() { Ok(scripts) } else { Err(errors) })
}

fn stage(arguments: &Arguments) -> anyhow::Result<Stage> {
    let passwords = arguments.passwords.as_deref().map(passwords).transpose()?;
    let origins: BTreeMap<String, String> = arguments.origins.iter().cloned().collect();
    let mut stage = Stage::at(
        &arguments.url,
        move |user| passwords.as_ref().and_then(|all| all.get(user.as_str()).cloned()),
        move |widget| {
            let named = origins.get(widget.as_str()).cloned();
            let library = widget.as_str().split('-').next().unwrap_or_default();
            named.or_else(|| Some(format!("https://www.{library}.example")))
        },
    );
    stage.patience = Duration::from_secs(arguments.patience_seconds);
    if arguments.pace_ms > 0 {
        stage.pace = Duration::from_millis(arguments.pace_ms);
        stage.narrator = Some(Arc::new(narrate));
    }
    if let Some(path) = &arguments.player {
        let player = Player::start(path).with_context(|| format!("node {}", path.display()))?;
        stage.sdk = Sdk::TypeScript(Arc::new(player));
    }
    if let Some(address) = &arguments.clock {
        stage.clock = Some(ClockControl::at(address, Arc::new(TcpConnector::new()))?);
    }
    Ok(stage)
}

/// Shows what is played. Who does not listen (a closed pipe) misses it, and the play goes on.
fn narrate(progress: Progress<'_>) {
    let mut out = io::stdout();
    match progress {
        Progress::Line(line) => writeln!(out, "  {}", line.text).ok(),
        Progress::Opened { patron, chat } => {
            writeln!(out, "      ({patron}'s chat is {chat})").ok()
        }
    };
}

/// By user.
fn passwords(path: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let named = || path.display().to_string();
    if !path.is_dir() {
        let text = std::fs::read_to_string(path).with_context(named)?;
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        return lines
            .map(|(at, line)| {
                let (user, password) =
                    line.trim().split_once(char::is_whitespace).with_context(|| {
                        format!("{}:{}: write `USER PASSWORD`", path.display(), at + 1)
                    })?;
                Ok((user.to_owned(), password.trim().to_owned()))
            })
            .collect();
    }
    let mut passwords = BTreeMap::new();
    for entry in std::fs::read_dir(path).with_context(named)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            let password = std::fs::read_to_string(entry.path()).with_context(named)?;
            let user = entry.file_name().to_string_lossy().into_owned();
            passwords.insert(user, password.trim().to_owned());
        }
    }
    Ok(passwords)
}
