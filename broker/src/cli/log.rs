//! `deskbell log`

use clap::Subcommand;
use deskbell_protocol::ids::ChatId;

use super::desk::Desk;
use super::{CliError, Settings, local, remote, terminal, wait_for};
use crate::admin::wire::{ChatPage, Verified};
use crate::config::Config;

/// Look at what is stored.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  deskbell log show 0123456789abcdefghjkmnpqrs          what happened in a chat, without its texts
  deskbell log show 0123456789abcdefghjkmnpqrs --text   and what was said
  deskbell log verify                                   is every record as it was written?")]
pub(super) enum LogCommand {
    /// Print what happened in a chat
    Show {
        /// Which
        chat: ChatId,
        /// Also print what people wrote and who the patron is
        #[arg(long)]
        text: bool,
    },
    /// Read everything and name all damage
    Verify,
}

impl LogCommand {
    pub(super) fn run(self, settings: &Settings) -> Result<(), CliError> {
        let config = settings.load()?;
        match self {
            Self::Show { chat, text } => wait_for(show(&config, chat, text)),
            Self::Verify => wait_for(verify(&config)),
        }
    }
}

async fn show(config: &Config, chat: ChatId, text: bool) -> Result<(), CliError> {
    let mut desk = Desk::open(config).await?;
    let mut after = 0;
    loop {
        let path = format!("/log/chats/{chat}?text={text}&after={after}");
        let page: ChatPage = desk.get(&path).await?;
        page.lines.iter().try_for_each(terminal::say)?;
        match page.next {
            Some(next) => after = next,
            None => return Ok(()),
        }
    }
}

async fn verify(config: &Config) -> Result<(), CliError> {
    let verified = if remote::connect(&config.store_directory).await?.is_some() {
        let mut desk = Desk::open(config).await?;
        desk.post_patiently("/log/verify", &(), "still reading").await?
    } else {
        // Not through an opened store: damage may be what keeps it from opening.
        terminal::remark("reading every record")?;
        local::verify(config)?
    };
    report(&verified)
}

fn report(verified: &Verified) -> Result<(), CliError> {
    let Verified { records, streams, damage } = verified;
    for line in damage {
        terminal::say(format!("damaged: {line}"))?;
    }
    if damage.is_empty() {
        return terminal::say(format!("{records} records of {streams} streams are as written"));
    }
    Err(CliError::Refused(format!(
        "{} damages: stop the broker and restore the last backup",
        damage.len()
    )))
}
