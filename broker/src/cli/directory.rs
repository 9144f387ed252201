//! `deskbell directory`

use std::path::{Path, PathBuf};

use clap::Subcommand;
use deskbell_domain::directory::file;

use super::desk::Desk;
use super::{CliError, Settings, terminal, wait_for};
use crate::admin::wire::{ApplyDirectory, DirectoryApplied};
use crate::admin::zone_exists;

/// Look at or change institutions, people, co-ops, departments and widgets.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  deskbell directory export > directory.toml
  deskbell directory check directory.toml
  deskbell directory apply directory.toml --dry-run
  deskbell directory apply directory.toml")]
pub(super) enum DirectoryCommand {
    /// Make the directory be as a file says; what the file does not mention stays
    Apply {
        /// The file
        file: PathBuf,
        /// Also remove what the file does not mention
        #[arg(long)]
        prune: bool,
        /// Only show what would change
        #[arg(long)]
        dry_run: bool,
    },
    /// Print the directory as such a file
    Export,
    /// Say whether a file could be applied, without looking at the store
    Check {
        /// The file
        file: PathBuf,
    },
}

impl DirectoryCommand {
    pub(super) fn run(self, settings: &Settings) -> Result<(), CliError> {
        match self {
            Self::Apply { file, prune, dry_run } => {
                let text = read(&file)?;
                // What cannot work yet may be stored: people are often added last.
                for warning in check(&file, &text)? {
                    terminal::remark(warning)?;
                }
                let config = settings.load()?;
                wait_for(async {
                    let mut desk = Desk::open(&config).await?;
                    let asked = ApplyDirectory { text, prune, dry_run };
                    let applied: DirectoryApplied = desk.post("/directory", &asked).await?;
                    report(&applied, dry_run)
                })
            }
            Self::Export => {
                let config = settings.load()?;
                wait_for(async {
                    let text = Desk::open(&config).await?.get_text("/directory").await?;
                    terminal::say_text(&text)
                })
            }
            Self::Check { file } => {
                let text = read(&file)?;
                let warnings = check(&file, &text)?;
                if warnings.is_empty() {
                    terminal::say(format!("{} ok", file.display()))
                } else {
                    Err(CliError::Refused(warnings.join("\n")))
                }
            }
        }
    }
}

fn read(file: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(file).map_err(CliError::io(file.display()))
}

/// Every problem of the file, each with its place; else what it holds that cannot work.
pub(super) fn check(file: &Path, text: &str) -> Result<Vec<String>, CliError> {
    let placed = |problem: &file::Problem| format!("{}:{problem}", file.display());
    match file::parse(text, &zone_exists) {
        Ok(wanted) => Ok(wanted.warnings().iter().map(placed).collect()),
        Err(problems) => {
            let lines: Vec<_> = problems.iter().map(placed).collect();
            Err(CliError::Refused(lines.join("\n")))
        }
    }
}

fn report(applied: &DirectoryApplied, dry_run: bool) -> Result<(), CliError> {
    for line in &applied.lines {
        terminal::say(line)?;
    }
    let version = applied.version;
    match (applied.lines.is_empty(), dry_run) {
        (true, _) => terminal::say(format!("nothing to change: the directory is at {version}")),
        (false, true) => terminal::say("nothing is stored: this was a dry run"),
        (false, false) => terminal::say(format!("applied: the directory is at {version}")),
    }
}
