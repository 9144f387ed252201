//! `deskbell backup`

use std::path::PathBuf;

use clap::Args;

use super::desk::Desk;
use super::{CliError, Settings, terminal, wait_for};
use crate::admin::wire::{BackUp, Verified};

/// Copy the whole store into a file, also while the broker runs.
#[derive(Debug, Args)]
#[command(after_help = "\
The file holds everything, keys and password hashes too: keep it as you keep the store.

Example:
  deskbell backup /var/backups/desk-$(date +%F).db")]
pub(super) struct Backup {
    /// A file that does not exist yet
    file: PathBuf,
}

impl Backup {
    pub(super) fn run(self, settings: &Settings) -> Result<(), CliError> {
        let config = settings.load()?;
        // The broker that writes it has another working directory.
        let file = std::path::absolute(&self.file).map_err(CliError::io(self.file.display()))?;
        wait_for(async {
            let mut desk = Desk::open(&config).await?;
            let asked = BackUp { file };
            let doing = "still copying";
            let Verified { records, .. } = desk.post_patiently("/backup", &asked, doing).await?;
            terminal::say(format!("{}: {records} records, all verified", asked.file.display()))
        })
    }
}
