//! Bans: who may keep a patron from ringing, for how long, and who may let her ring again. A ban
//! belongs to the patron's own library. Whoever is in a chat with her may speak one; only that
//! library's administrators change it or lift it. The chat it was spoken in goes on.
//!
//! Not here: the patron's address, which the broker remembers for a day (`actors/chat/bans.rs`).

use std::ops::RangeInclusive;

use deskbell_protocol::ids::{ChatId, UserId};
use jiff::{SignedDuration, Timestamp};

use super::{Denied, NotAdmin, administers, may_answer};
use crate::chat::ChatState;
use crate::directory::command::Command;
use crate::directory::{Ban, Directory};

/// How many hours a ban may last.
pub const TERM_HOURS: RangeInclusive<u32> = 1..=8_760;

/// A ban, as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// Who asks.
    pub by: UserId,
    /// The chat with the patron.
    pub chat: ChatId,
    /// For how long.
    pub hours: u32,
    /// Why, for staff.
    pub reason: Option<String>,
}

/// What `sentence` changes in the directory at `now`, if anything: where a ban stands already, only
/// an administrator changes it. What has ended is taken out on the way.
pub fn ban(
    sentence: Sentence,
    now: Timestamp,
    directory: &Directory,
    chat: &ChatState,
) -> Result<Vec<Command>, Denied> {
    let Sentence { by, chat: id, hours, reason } = sentence;
    let ring = chat.ring.as_ref().ok_or(Denied::NotFound)?;
    let rules = administers(&by, &ring.home, directory);
    if !rules && !chat.has(&by) {
        return Err(Denied::NotFound);
    } else if !may_answer(&by, directory) {
        return Err(Denied::WrongRole);
    }
    if !rules && directory.ban_of(&ring.session, &ring.home, now).is_some() {
        return Ok(Vec::new());
    }
    let term = SignedDuration::from_hours(hours.into());
    let until = now.checked_add(term).unwrap_or(Timestamp::MAX);
    let ban = Ban { institution: ring.home.clone(), chat: id, until, reason, by };
    let over = directory.bans.iter().filter(|(_, it)| it.until <= now).map(|(session, _)| *session);
    let over = over.filter(|session| *session != ring.session).map(Command::LiftBan);
    Ok(over.chain([Command::BanPatron(ring.session, ban)]).collect())
}

/// What lifting the ban that was spoken in `chat` changes; nothing, if none stands.
pub fn lift(
    by: &UserId,
    chat: ChatId,
    now: Timestamp,
    directory: &Directory,
) -> Result<Option<Command>, NotAdmin> {
    let mut standing = directory.bans.iter().filter(|(_, it)| it.chat == chat && now < it.until);
    match standing.next() {
        Some((session, ban)) if administers(by, &ban.institution, directory) => {
            Ok(Some(Command::LiftBan(*session)))
        }
        None if administers_any(by, directory) => Ok(None),
        Some(_) | None => Err(NotAdmin),
    }
}

/// The bans of the library that `by` administers, the first to end first.
pub fn bans_of<'a>(
    by: &UserId,
    now: Timestamp,
    directory: &'a Directory,
) -> Result<Vec<&'a Ban>, NotAdmin> {
    if !administers_any(by, directory) {
        return Err(NotAdmin);
    }
    let theirs = |ban: &Ban| now < ban.until && administers(by, &ban.institution, directory);
    let mut bans: Vec<_> = directory.bans.values().filter(|ban| theirs(ban)).collect();
    bans.sort_by_key(|ban| (ban.until, ban.chat));
    Ok(bans)
}

fn administers_any(by: &UserId, directory: &Directory) -> bool {
    directory.users.get(by).is_some_and(|it| administers(by, &it.institution, directory))
}

#[cfg(test)]
mod tests;
