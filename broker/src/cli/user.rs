//! `deskbell user`

use clap::Subcommand;
use deskbell_protocol::ids::UserId;

use super::desk::Desk;
use super::{CliError, Settings, password, wait_for};

/// Change how a person signs in.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  deskbell user password maya
  pwgen 20 1 | deskbell user password maya")]
pub(super) enum UserCommand {
    /// Set a person's password: asked for on a terminal, or read from what is piped in
    Password {
        /// Her login name
        user: UserId,
    },
}

impl UserCommand {
    pub(super) fn run(self, settings: &Settings) -> Result<(), CliError> {
        let Self::Password { user } = self;
        let config = settings.load()?;
        wait_for(async {
            let mut desk = Desk::open(&config).await?;
            password::set(&mut desk, user.as_str()).await
        })
    }
}
