//! From what the actors say to frames. Pure: names come from the directory, nothing else does.

mod chat;
mod desk;
mod list;
mod post;
mod refusals;
mod service;

use deskbell_domain::audience::{Audience, sees};
use deskbell_domain::chat::ChatEvent;
use deskbell_domain::directory::Directory;
use deskbell_domain::person::{Author, Status};
use deskbell_protocol::ToClient;
use deskbell_protocol::event::{EndCause, Person};
use deskbell_protocol::ids::UserId;
use deskbell_protocol::to_client::{ClosedReason, Snapshot, SnapshotReason};
use deskbell_protocol::view::{self, PresenceView};
use serde::Serialize;

use self::chat::{sequenced, view_of};
pub(in crate::edge) use self::desk::availability;
use self::refusals::refused;
use super::count_refusal;
use crate::actors::say::{Closed, Encode, Frame, Place, Say, Whole};
use crate::presence::Told;

/// JSON, as `protocol` defines it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json;

impl Encode for Json {
    fn encode(&self, say: &Say<'_>, directory: &Directory) -> Frame {
        match *say {
            Say::Done { re, at: Some((chat, seq, eid)) } => post::done(re, chat, seq, eid),
            Say::Event { audience, chat, event } if sees(audience, &event.event) => {
                match &event.event {
                    ChatEvent::Posted { by, text, lang } => {
                        let what = (by, text.as_str(), lang.as_deref());
                        post::posted(audience, chat, event, what, directory)
                    }
                    _ => frame(&to_client(say, directory)),
                }
            }
            Say::Refused { why, .. } => {
                count_refusal(refusals::code_of(why));
                frame(&to_client(say, directory))
            }
            _ => frame(&to_client(say, directory)),
        }
    }
}

/// A frame for anything of the protocol.
pub fn frame(message: &impl Serialize) -> Frame {
    serde_json::to_string(message).expect("the protocol's types have string keys only").into()
}

fn to_client(say: &Say<'_>, directory: &Directory) -> ToClient {
    match *say {
        Say::Done { re, at: None } => ToClient::Ok { re, chat: None, seq: None, eid: None },
        Say::Done { re, at: Some((chat, seq, eid)) } => {
            ToClient::Ok { re, chat: Some(chat), seq: Some(seq), eid: Some(eid) }
        }
        Say::Refused { re, why, next } => {
            let next = next.map(|row| list::row(row, directory));
            ToClient::Error(Box::new(refused(re, why, next, directory)))
        }
        Say::Event { audience, chat, event } => {
            let it = sequenced(audience, event, directory);
            ToClient::ChatEvent { chat, seq: it.seq, eid: it.eid, at: it.at, event: it.event }
        }
        Say::Replay { audience, chat, events, more } => {
            let events = events.iter().map(|it| sequenced(audience, it, directory)).collect();
            ToClient::ChatReplay { chat, events, more }
        }
        Say::History { re, audience, chat, events, more } => {
            let events = events.iter().map(|it| sequenced(audience, it, directory)).collect();
            ToClient::History { re, chat, events, more }
        }
        Say::Snapshot { audience, chat, why, state, eid, events, now } => {
            ToClient::ChatSnapshot(Box::new(Snapshot {
                chat,
                seq: state.version,
                eid,
                reason: reason(why),
                audience: audience_view(audience),
                state: view_of(audience, state, directory, now),
                events: events.iter().map(|it| sequenced(audience, it, directory)).collect(),
            }))
        }
        Say::Closed { audience, chat, why } => {
            let (reason, by, cause) = match why {
                Closed::Claimed(by) => (ClosedReason::Claimed, Some(by), None),
                Closed::Withdrawn => (ClosedReason::Withdrawn, None, None),
                Closed::Left => (ClosedReason::Left, None, None),
                Closed::Ended(cause) => (ClosedReason::Ended, None, Some(end_cause(*cause))),
            };
            let by = by.map(|by| operator(audience, by, directory));
            ToClient::ChatClosed { chat, reason, by, cause }
        }
        Say::Typing { audience, chat, who, on } => {
            ToClient::ChatTyping { chat, who: person(audience, who, directory), on }
        }
        Say::Mark { audience, chat, who, reach } => ToClient::ChatMark {
            chat,
            who: person(audience, who, directory),
            delivered: reach.delivered,
            read: reach.read,
        },
        Say::Wait { chat, place: Place { ahead, longest_now, estimate_minutes } } => {
            ToClient::Wait { chat, ahead, longest_now, estimate_minutes }
        }
        Say::Rows(_) | Say::Row(_) | Say::Gone { .. } | Say::Mine(_) => {
            list::to_client(say, directory)
        }
        Say::Targets { .. }
        | Say::Queues { .. }
        | Say::Explained { .. }
        | Say::Forecast { .. }
        | Say::Bans { .. }
        | Say::Alarm { .. }
        | Say::AlarmOver(_) => desk::to_client(say, directory),
        Say::Presence { re, told } => ToClient::Presence { re, presence: presence_view(told) },
    }
}

fn reason(why: Whole) -> SnapshotReason {
    match why {
        Whole::First => SnapshotReason::Subscribed,
        Whole::Audience => SnapshotReason::Audience,
        Whole::Diverged => SnapshotReason::Diverged,
        Whole::TooOld => SnapshotReason::TooOld,
    }
}

fn audience_view(audience: Audience) -> view::Audience {
    match audience {
        Audience::Patron => view::Audience::Patron,
        Audience::Previewer => view::Audience::Previewer,
        Audience::Staff => view::Audience::Staff,
        Audience::HomeStaff => view::Audience::HomeStaff,
    }
}

/// A status as the wire has it.
fn status_view(status: Status) -> view::Status {
    match status {
        Status::Online => view::Status::Online,
        Status::Away => view::Status::Away,
        Status::Draining => view::Status::Draining,
        Status::Internal => view::Status::Internal,
        Status::Offline => view::Status::Offline,
    }
}

/// What a person told, as the wire has it.
pub fn presence_view(told: &Told) -> PresenceView {
    let status = status_view(told.status);
    PresenceView {
        status,
        monitoring: told.monitoring.iter().cloned().collect(),
        ticket_queues: told.ticket_queues.iter().cloned().collect(),
        at: told.at,
    }
}

/// An operator, as `audience` may know her: patrons get no login names.
pub fn operator(audience: Audience, user: &UserId, directory: &Directory) -> Person {
    let known = directory.users.get(user);
    let name = match known {
        Some(it) => it.name.clone(),
        // Her login name is nobody's business but her colleagues'.
        None if audience == Audience::Patron => "a librarian".to_owned(),
        None => user.to_string(),
    };
    let library = known.map(|it| it.institution.clone());
    let id = (audience != Audience::Patron).then(|| user.clone());
    Person::Operator { id, name, library }
}

fn person(audience: Audience, who: &Author, directory: &Directory) -> Person {
    match who {
        Author::Patron => Person::Patron { name: None },
        Author::Operator(user) => operator(audience, user, directory),
        Author::System => Person::System,
    }
}

fn end_cause(cause: deskbell_domain::chat::event::EndCause) -> EndCause {
    use deskbell_domain::chat::event::EndCause as Cause;
    match cause {
        Cause::Operator => EndCause::Operator,
        Cause::Patron => EndCause::Patron,
        Cause::Missed => EndCause::Missed,
        Cause::PatronGone => EndCause::PatronGone,
        Cause::Dismissed => EndCause::Dismissed,
        Cause::Ticket => EndCause::Ticket,
    }
}
