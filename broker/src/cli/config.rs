//! `deskbell config`

use clap::Subcommand;

use super::{CliError, Settings, terminal};
use crate::config::document;

/// Look at the settings.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  deskbell config check --config desk/deskbell.toml
  deskbell config default > deskbell.toml
  DESKBELL_SERVER_LISTEN=127.0.0.1:9000 deskbell config check")]
pub(super) enum ConfigCommand {
    /// Say whether the settings make sense, and where they do not
    Check,
    /// Print a configuration with every setting and its default
    Default,
    /// Print a reference of every setting
    Docs,
}

impl ConfigCommand {
    pub(super) fn run(self, settings: &Settings) -> Result<(), CliError> {
        match self {
            Self::Check => {
                let config = settings.load()?;
                terminal::say(format!(
                    "configuration ok: listens on {}, keeps its store in {}",
                    config.listen,
                    config.store_directory.display()
                ))
            }
            Self::Default => terminal::say_text(&document::commented(&[])),
            Self::Docs => terminal::say_text(&document::reference()),
        }
    }
}
