//! Who may do what: a pure function of who asks, how she stands, the directory, the chat and the
//! command. "No such chat" and "not yours" are the same refusal.
//!
//! Not here: what the chat's own state forbids (`chat::decide`), and which fields are shown
//! (`audience`).

pub mod bans;

use deskbell_protocol::ids::{CoopId, InstitutionId, Target, UserId, WidgetId};

use crate::audience::Audience;
use crate::chat::event::{Digest, Opened};
use crate::chat::state::Phase;
use crate::chat::{ChatState, Command};
use crate::directory::{CoopLevel, Directory, LocalLevel, User};
use crate::person::{Author, Standing};

/// Who asks, as authentication proved it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Principal {
    /// A patron, by the session that her widget gave her.
    Patron {
        /// Digest of the session id.
        session: Digest,
        /// The widget the session was made for.
        widget: WidgetId,
    },
    /// An operator who signed in.
    Operator(UserId),
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// There is none, or none for you.
    #[error("there is no such chat, or it is not yours to see")]
    NotFound,
    /// Patrons do not claim, operators do not ring.
    #[error("this request is not for your role")]
    WrongRole,
    /// The patron's library takes part in no such target.
    #[error(
        "the patron's library takes part in no such department or co-op, and no such colleague"
    )]
    TargetNotAllowed,
}

/// As whom `principal` may read the chat right now, if at all.
pub fn reader(
    principal: &Principal,
    standing: &Standing,
    directory: &Directory,
    chat: &ChatState,
) -> Option<Audience> {
    let ring = chat.ring.as_ref()?;
    let user = match principal {
        Principal::Patron { session, .. } => {
            return (ring.session == *session).then_some(Audience::Patron);
        }
        Principal::Operator(user) => user,
    };
    let person = directory.active_user(user)?;
    let at_home = person.institution == ring.home;
    let offered = chat.transfer.as_ref().is_some_and(|offer| match &offer.to {
        Target::Operator(id) => id == user,
        Target::Department(_) | Target::Coop(_) => rings_for(user, standing, &offer.to),
    });
    if at_home && person.level == LocalLevel::Admin {
        Some(Audience::HomeStaff)
    } else if chat.has(user) || offered {
        let shown = at_home || chat.revealed.contains(user);
        Some(if shown { Audience::HomeStaff } else { Audience::Staff })
    } else if chat.phase == Phase::Waiting
        && ring.tiers.iter().any(|tier| rings_for(user, standing, tier))
    {
        Some(Audience::Previewer)
    } else {
        None
    }
}

/// Whether what rings at `target` rings for `user` in her present status.
fn rings_for(user: &UserId, standing: &Standing, target: &Target) -> bool {
    standing.status.rings() && stands_at(user, standing, target)
}

fn stands_at(user: &UserId, standing: &Standing, target: &Target) -> bool {
    match target {
        Target::Operator(id) => id == user,
        Target::Department(_) | Target::Coop(_) => standing.monitoring.contains(target),
    }
}

/// Whether `principal` may ask `command` of the chat at all.
pub fn may(
    principal: &Principal,
    standing: &Standing,
    directory: &Directory,
    chat: &ChatState,
    command: &Command,
) -> Result<(), Denied> {
    let sees = || reader(principal, standing, directory, chat).ok_or(Denied::NotFound).map(|_| ());
    match (principal, asks(command)) {
        (Principal::Patron { session, widget }, Asks::ToOpen(opened)) => {
            let hers = opened.session == *session && opened.widget == *widget;
            if hers { Ok(()) } else { Err(Denied::NotFound) }
        }
        (Principal::Patron { .. }, Asks::Patron) => sees(),
        (Principal::Operator(user), Asks::Operator(by)) if user == by => {
            if let Command::Claim { .. } | Command::Dismiss { .. } = command {
                if !may_answer(user, directory) {
                    return Err(Denied::WrongRole);
                } else if came_late(user, standing, chat) {
                    return Ok(());
                }
            }
            sees()?;
            if let Command::Transfer { to, .. } = command {
                may_take(to, directory, chat)?;
            }
            Ok(())
        }
        (Principal::Patron { .. }, Asks::Operator(_))
        | (Principal::Operator(_), Asks::ToOpen(_) | Asks::Patron | Asks::Operator(_))
        | (_, Asks::Broker) => Err(Denied::WrongRole),
    }
}

/// In whose name a command is asked.
enum Asks<'a> {
    ToOpen(&'a Opened),
    Patron,
    Operator(&'a UserId),
    /// Nobody may ask this from outside.
    Broker,
}

fn asks(command: &Command) -> Asks<'_> {
    match command {
        Command::Open(opened) => Asks::ToOpen(opened),
        Command::RequestTicket { .. } | Command::Rate { .. } => Asks::Patron,
        Command::Claim { by }
        | Command::Dismiss { by, .. }
        | Command::Reveal { by }
        | Command::Tag { by, .. }
        | Command::Note { by, .. }
        | Command::Transfer { by, .. }
        | Command::CancelTransfer { by }
        | Command::DeclineTransfer { by, .. }
        | Command::Leave { by } => Asks::Operator(by),
        Command::Post { by, .. } | Command::End { by } | Command::SetPatron { by, .. } => {
            match by {
                Author::Patron => Asks::Patron,
                Author::Operator(user) => Asks::Operator(user),
                Author::System => Asks::Broker,
            }
        }
        Command::PatronLost
        | Command::PatronFound
        | Command::OperatorLost { .. }
        | Command::OperatorFound { .. }
        | Command::Tick
        | Command::Replan
        | Command::Return { .. }
        | Command::MarkErased { .. } => Asks::Broker,
    }
}

/// Why an administrator's deed is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is for administrators: ask yours")]
pub struct NotAdmin;

/// Whether `by` may let `user` into a co-op with this level, or take her out (`None`).
pub fn may_set_level(
    by: &UserId,
    user: &UserId,
    coop: &CoopId,
    level: Option<CoopLevel>,
    directory: &Directory,
) -> Result<(), NotAdmin> {
    let held = |user: &UserId| directory.coops.get(coop).and_then(|it| it.users.get(user)).copied();
    let home = |user: &UserId| directory.users.get(user).map(|it| &it.institution);
    let acts = directory.active_user(by).and_then(|_| held(by));
    let below = |level: Option<CoopLevel>| level.is_none_or(|it| it < CoopLevel::CoopAdmin);
    match acts {
        Some(CoopLevel::CoopAdmin) => Ok(()),
        Some(CoopLevel::InstitutionAdmin)
            if home(by) == home(user) && below(level) && below(held(user)) =>
        {
            Ok(())
        }
        Some(CoopLevel::InstitutionAdmin | CoopLevel::Regular) | None => Err(NotAdmin),
    }
}

/// Whether `by` administers a library.
pub fn administers(by: &UserId, institution: &InstitutionId, directory: &Directory) -> bool {
    let person = directory.active_user(by);
    person.is_some_and(|it| it.institution == *institution && it.level == LocalLevel::Admin)
}

/// Whether `by` looks after a queue: as an administrator of the department's library, or of the
/// co-op, or of a member's users in it.
pub fn looks_after(by: &UserId, target: &Target, directory: &Directory) -> bool {
    match target {
        Target::Department(id) => directory
            .departments
            .get(id)
            .is_some_and(|it| administers(by, &it.institution, directory)),
        Target::Coop(id) => {
            let level = directory.coops.get(id).and_then(|it| it.users.get(by));
            let active = directory.active_user(by).is_some();
            active && level.is_some_and(|it| *it > CoopLevel::Regular)
        }
        Target::Operator(_) => false,
    }
}

/// Whom someone without a co-op may ask for access: the administrators of her library.
pub fn admins_of(user: &UserId, directory: &Directory) -> Vec<UserId> {
    let Some(person) = directory.users.get(user) else { return Vec::new() };
    let here = directory.users.iter().filter(|(_, it)| it.institution == person.institution);
    let manages = |id: &UserId| {
        let mut levels = directory.coops.values().filter_map(|coop| coop.users.get(id));
        levels.any(|level| *level > CoopLevel::Regular)
    };
    let admin =
        |(id, it): &(&UserId, &User)| it.active && (it.level == LocalLevel::Admin || manages(id));
    here.filter(admin).map(|(id, _)| id.clone()).collect()
}

/// Whether she saw the chat ring, or on offer, until somebody took it: the rules then tell her who.
fn came_late(user: &UserId, standing: &Standing, chat: &ChatState) -> bool {
    let tiers = chat.ring.iter().flat_map(|ring| &ring.tiers);
    tiers.chain(&chat.last_offered).any(|place| stands_at(user, standing, place))
}

/// Readers read.
fn may_answer(user: &UserId, directory: &Directory) -> bool {
    directory.active_user(user).is_some_and(|person| person.level != LocalLevel::Reader)
}

fn may_take(to: &Target, directory: &Directory, chat: &ChatState) -> Result<(), Denied> {
    let allowed = chat.ring.as_ref().is_some_and(|ring| takes_part(&ring.home, to, directory));
    if allowed { Ok(()) } else { Err(Denied::TargetNotAllowed) }
}

/// Whether a chat of a patron of `home` may be transferred to `to`: where her library takes part,
/// and to people who answer.
pub fn takes_part(home: &InstitutionId, to: &Target, directory: &Directory) -> bool {
    let answers = match to {
        Target::Operator(user) => may_answer(user, directory),
        Target::Department(_) | Target::Coop(_) => true,
    };
    answers && directory.serves(home, to)
}

#[cfg(test)]
mod tests;
