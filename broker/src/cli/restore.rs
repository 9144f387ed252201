//! `deskbell restore`

use std::path::PathBuf;

use clap::Args;

use super::{CliError, Settings, remote, terminal, wait_for};
use crate::log::sqlite;

/// Make a store from a backup.
#[derive(Debug, Args)]
#[command(after_help = "\
What was erased since the backup is erased from it again. A store that is replaced stays beside
the new one, with `.before-restore` after its name.

Example:
  deskbell restore /var/backups/desk-2026-01-31.db --config desk/deskbell.toml")]
pub(super) struct Restore {
    /// The backup
    file: PathBuf,
    /// Replace a store that is there
    #[arg(long)]
    force: bool,
}

impl Restore {
    pub(super) fn run(self, settings: &Settings) -> Result<(), CliError> {
        let config = settings.load()?;
        let store = &config.store_directory;
        if wait_for(remote::connect(store))?.is_some() {
            let what = "a broker runs on this store: stop it first";
            return Err(CliError::Refused(format!("{}: {what}", store.display())));
        }
        terminal::remark("copying and verifying")?;
        let report = sqlite::restore(&self.file, store, self.force)?;
        let records = report.records;
        terminal::say(format!("{}: {records} records restored", store.display()))
    }
}
