//! `deskbell token`

use clap::Subcommand;
use deskbell_protocol::ids::UserId;

use super::desk::Desk;
use super::{CliError, Settings, terminal, wait_for};
use crate::admin::wire::{MintTokens, TokensMinted};

/// Make tokens without a sign-in.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  deskbell token mint maya                          for a script, for an hour
  deskbell token mint load --count 1000 --hours 4   for the load tool, one a line")]
pub(super) enum TokenCommand {
    /// Print tokens that sign a person in; that they were made is recorded
    Mint {
        /// Whom they sign in
        user: UserId,
        /// How long they are good
        #[arg(long, default_value_t = 1)]
        hours: u32,
        /// How many, each a sign-in of its own
        #[arg(long, default_value_t = 1)]
        count: u32,
        /// What for; kept with the record
        #[arg(long, default_value = "deskbell token mint")]
        note: String,
    },
}

impl TokenCommand {
    pub(super) fn run(self, settings: &Settings) -> Result<(), CliError> {
        let Self::Mint { user, hours, count, note } = self;
        let config = settings.load()?;
        wait_for(async {
            let mut desk = Desk::open(&config).await?;
            let asked = MintTokens { note, hours, count };
            let path = format!("/users/{user}/tokens");
            let minted: TokensMinted = desk.post(&path, &asked).await?;
            minted.tokens.iter().try_for_each(terminal::say)
        })
    }
}
