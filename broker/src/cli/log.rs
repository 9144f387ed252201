//! `deskbell log`

use clap::Subcommand;
use deskbell_protocol::ids::ChatId;
use jiff::{SignedDuration, Timestamp};

use super::desk::Desk;
use super::hours::moment;
use super::{CliError, Settings, copy, local, remote, terminal, wait_for};
use crate::admin::wire::{ChatPage, Lines, Verified};
use crate::config::Config;
use crate::config::written::Engine;
use crate::world::{Clock as _, SystemClock};

/// How far back missed chats are listed if nobody says.
const MISSED_SINCE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Look at what is stored.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  deskbell log show 0123456789abcdefghjkmnpqrs          what happened in a chat, without its texts
  deskbell log show 0123456789abcdefghjkmnpqrs --text   and what was said
  deskbell log missed                                   whom nobody answered in the last seven days
  deskbell log verify                                   is every record as it was written?
  deskbell log copy sqlite:desk/store redis://127.0.0.1:6379")]
pub(super) enum LogCommand {
    /// Print what happened in a chat
    Show {
        /// Which
        chat: ChatId,
        /// Also print what people wrote and who the patron is
        #[arg(long)]
        text: bool,
    },
    /// List missed chats: patrons who went before anybody answered
    Missed {
        /// Only those that ended from then on (RFC 3339) [default: seven days ago]
        #[arg(long, value_parser = moment)]
        since: Option<Timestamp>,
    },
    /// List what the store lost of chats although it had acknowledged it
    Audit,
    /// Read everything and name all damage
    Verify,
    Copy(copy::Copy),
}

impl LogCommand {
    pub(super) fn run(self, settings: &Settings) -> Result<(), CliError> {
        let config = settings.load()?;
        match self {
            Self::Copy(it) => it.run(settings),
            Self::Show { chat, text } => wait_for(show(&config, chat, text)),
            Self::Missed { since } => wait_for(missed(&config, since)),
            Self::Audit => wait_for(audit(&config)),
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

async fn missed(config: &Config, since: Option<Timestamp>) -> Result<(), CliError> {
    let since = since.unwrap_or_else(|| SystemClock::new().now() - MISSED_SINCE);
    let mut desk = Desk::open(config).await?;
    let path = format!("/log/missed?since={since}");
    let found: Lines = terminal::patiently("still reading", desk.get(&path)).await?;
    if found.lines.is_empty() {
        return terminal::remark(format!("no chat was missed since {since:.0}"));
    }
    found.lines.iter().try_for_each(terminal::say)
}

async fn audit(config: &Config) -> Result<(), CliError> {
    let mut desk = Desk::open(config).await?;
    let found: Lines = desk.get("/log/audit").await?;
    if found.lines.is_empty() {
        return terminal::remark("nothing is known to be lost");
    }
    found.lines.iter().try_for_each(terminal::say)
}

async fn verify(config: &Config) -> Result<(), CliError> {
    let is_running = remote::connect(&config.store_directory).await?.is_some();
    let verified = if is_running || config.engine == Engine::Redis {
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
