//! Everything that the actors may say to a client, before it is bytes. `edge/to_wire.rs` turns it
//! into frames, so that no actor knows the wire.

use std::collections::BTreeSet;
use std::sync::Arc;

use deskbell_domain::access::{Denied, NotAdmin};
use deskbell_domain::audience::Audience;
use deskbell_domain::chat::event::EndCause;
use deskbell_domain::chat::{ChatEvent, ChatState, Refusal, Summary};
use deskbell_domain::directory::{Ban, Directory};
use deskbell_domain::person::{Author, Status};
use deskbell_domain::routing::Plan;
use deskbell_protocol::ids::{ChatId, CoopId, Eid, Target, TicketQueueId, UserId, WidgetId};
use jiff::Timestamp;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::chat::Reach;
use super::node::Found;
use crate::presence::Told;

/// A frame: encoded once, shared by every socket that sends it.
pub type Frame = Utf8Bytes;

/// An event that the log holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Its place.
    pub seq: u64,
    /// Its identity.
    pub eid: Eid,
    /// When it was decided.
    pub at: Timestamp,
    /// What happened.
    pub event: ChatEvent,
}

/// A chat as the lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The chat.
    pub summary: Arc<Summary>,
    /// Who previews it.
    pub previewers: Arc<BTreeSet<UserId>>,
    /// Of two rows of a chat the higher one is newer.
    pub version: u64,
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// By the chat's own rules.
    #[error(transparent)]
    Chat(#[from] Refusal),
    /// By who asks.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The same `cmid` with another body.
    #[error("this cmid was used before with another body: use a fresh one for each write")]
    CmidReused,
    /// More chats than a connection may follow, or a patron may have.
    #[error("no more than {0} chats at once: leave or end one first")]
    TooManyChats(u32),
    /// Her library takes no chats from her.
    #[error(
        "this library takes no chats from you until {until}: reach it in another way, or ask it"
    )]
    Banned {
        /// When it takes them again.
        until: Timestamp,
    },
    /// The target is not one that she may monitor.
    #[error("you may not monitor {0}: ask your institution's administrator for access")]
    MayNotMonitor(String),
    /// She owns these.
    #[error("you own {} chats: hand them over first, or let them wait again", .0.len())]
    OwnsChats(Vec<ChatId>),
    /// Only administrators may.
    #[error(transparent)]
    NotAdmin(#[from] NotAdmin),
    /// There is no such widget, co-op or person, or none for her.
    #[error("there is no {0}, or it is not yours to ask about")]
    NoSuch(String),
    /// A rule of the directory, or a wrong value.
    #[error("{0}")]
    Wrong(String),
    /// Too many changes at once.
    #[error("the chat is changing too fast to decide this: try again")]
    Busy,
    /// The store cannot be used.
    #[error("the store cannot be reached right now: try again with the same cmid")]
    Unavailable,
    /// A bug of ours.
    #[error("the broker made a mistake, which is in its log: try again")]
    Internal,
    /// The chat cannot be rebuilt.
    #[error("this chat cannot be read and was set aside: tell the broker's administrator")]
    Quarantined,
}

/// Why a reader gets the whole chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whole {
    /// It is the first look.
    First,
    /// The reader sees more, or less, than before.
    Audience,
    /// The place resumed from is not in this history.
    Diverged,
    /// Too much happened since.
    TooOld,
}

/// Why a reader follows no longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// Someone claimed it.
    Claimed(UserId),
    /// It no longer rings for this reader.
    Withdrawn,
    /// The reader left.
    Left,
    /// It is over.
    Ended(EndCause),
}

/// What somebody may monitor, and who stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stand<T> {
    /// Which.
    pub at: T,
    /// Whether she monitors it.
    pub monitored: bool,
    /// Who else does.
    pub others: Vec<(UserId, Status)>,
}

/// A waiting patron's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Earlier waiting chats that share a tier with hers.
    pub ahead: u32,
    /// Since when the longest waiting of those (or hers) waits.
    pub longest_now: Timestamp,
    /// How long half of those waited who were claimed within the last hour, if enough were.
    pub estimate_minutes: Option<u32>,
}

/// Why nobody stands at a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// The last one left.
    Left,
    /// Whoever is there will be signed off.
    SignOff,
    /// The promised hours are over.
    ContributionEnded,
}

/// What to say.
#[derive(Debug)]
#[expect(missing_docs, reason = "the variants say what their fields hold")]
pub enum Say<'a> {
    /// A request is done; a write names its last event.
    Done { re: u32, at: Option<(ChatId, u64, Eid)> },
    /// A request is refused. `next` is offered to who came second at a claim.
    Refused { re: u32, why: &'a Refused, next: Option<&'a Row> },
    /// The next event.
    Event { audience: Audience, chat: ChatId, event: &'a Committed },
    /// Missed events.
    Replay { audience: Audience, chat: ChatId, events: &'a [Arc<Committed>], more: bool },
    /// Older events.
    History { re: u32, audience: Audience, chat: ChatId, events: &'a [Arc<Committed>], more: bool },
    /// The whole chat.
    Snapshot {
        audience: Audience,
        chat: ChatId,
        why: Whole,
        state: &'a ChatState,
        eid: Eid,
        events: &'a [Arc<Committed>],
        now: Timestamp,
    },
    /// The reader follows no longer.
    Closed { audience: Audience, chat: ChatId, why: &'a Closed },
    /// Someone writes.
    Typing { audience: Audience, chat: ChatId, who: &'a Author, on: bool },
    /// Someone got further.
    Mark { audience: Audience, chat: ChatId, who: &'a Author, reach: Reach },
    /// All live chats that an operator is in, and whether she owns each.
    Mine(&'a [(ChatId, bool)]),
    /// The patron's place.
    Wait { chat: ChatId, place: Place },
    /// All rows.
    Rows(&'a [&'a Row]),
    /// A row, new or changed.
    Row(&'a Row),
    /// A row went.
    Gone { chat: ChatId, claimed_by: Option<&'a UserId> },
    /// What one may monitor, and who stands there; or whom to ask for a co-op.
    Queues {
        re: u32,
        user: &'a UserId,
        queues: &'a [Stand<Target>],
        tickets: &'a [Stand<TicketQueueId>],
    },
    /// Who would be rung, and why each other would not.
    Explained { re: u32, widget: &'a WidgetId, at: Timestamp, plan: &'a Plan, found: &'a Found },
    /// Where a chat may be transferred to.
    Targets {
        re: u32,
        chat: ChatId,
        queues: &'a [Stand<Target>],
        operators: &'a [(UserId, Status)],
    },
    /// Who may not ring at one's library.
    Bans { re: u32, bans: &'a [&'a Ban] },
    /// Hours that nobody promised.
    Forecast { re: u32, coop: &'a CoopId, zone: &'a str, hours: &'a [Timestamp] },
    /// Nobody stands at a queue, or soon will.
    Alarm { target: &'a Target, why: Alarm, at: Timestamp },
    /// Somebody stands there again.
    AlarmOver(&'a Target),
    /// What a person told.
    Presence { re: Option<u32>, told: &'a Told },
}

/// Turns what is said into bytes.
pub trait Encode: Send + Sync + 'static {
    /// The frame for `say`, with names as `directory` has them.
    fn encode(&self, say: &Say<'_>, directory: &Directory) -> Frame;
}
