//! Everything the broker may say: replies (with `re`, the request's id) and pushes (without).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::codes::{CloseCode, ErrorCode};
use crate::desk::{BanView, Explained, Queues, Targets};
use crate::event::{ChatEvent, EndCause, Person, Sequenced};
use crate::ids::{ChatId, CoopId, Eid, SessionId, Target, WidgetId};
use crate::limits::Limits;
use crate::view::{Audience, ChatView, ListRow, MyChat, PresenceView};

/// One frame from the broker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(tag = "type")]
pub enum ToClient {
    /// Reply to `hello`: all that a client needs to know, so that it hard-codes nothing.
    #[serde(rename = "welcome")]
    Welcome(Box<Welcome>),
    /// Reply: done. For a write: its last event is stored at the announced durability, and has
    /// been sent on this connection before this frame.
    #[serde(rename = "ok")]
    Ok {
        /// The request's id.
        re: u32,
        /// The chat that a write changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        chat: Option<ChatId>,
        /// The place of the write's last event.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", ts(type = "number | null"))]
        seq: Option<u64>,
        /// Its identity.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        eid: Option<Eid>,
    },
    /// Reply: refused, and nothing changed.
    #[serde(rename = "error")]
    Error(Box<Refused>),
    /// Reply to `chat.history`.
    #[serde(rename = "history")]
    History {
        /// The request's id.
        re: u32,
        /// The chat.
        chat: ChatId,
        /// Oldest first.
        events: Vec<Sequenced>,
        /// Whether older ones exist.
        more: bool,
    },
    /// Reply to `presence.set`, and a push when another device of the person changed it.
    #[serde(rename = "presence")]
    Presence {
        /// The request's id, if this is a reply.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        re: Option<u32>,
        /// What holds now.
        presence: PresenceView,
    },
    /// The next event of a chat.
    #[serde(rename = "chat.event")]
    ChatEvent {
        /// The chat.
        chat: ChatId,
        /// Place in the chat, from 1, without gaps.
        #[cfg_attr(feature = "schema", ts(type = "number"))]
        seq: u64,
        /// Identity of the stored event.
        eid: Eid,
        /// When the broker decided it.
        #[cfg_attr(feature = "schema", schemars(with = "String"), ts(type = "string"))]
        at: Timestamp,
        /// What happened.
        event: ChatEvent,
    },
    /// The events that a resuming reader missed, a page at a time.
    #[serde(rename = "chat.replay")]
    ChatReplay {
        /// The chat.
        chat: ChatId,
        /// What follows the place resumed from, or the page before.
        events: Vec<Sequenced>,
        /// Whether another page follows before live events do.
        more: bool,
    },
    /// The whole chat as it stands: replaces all that the reader knew of it.
    #[serde(rename = "chat.snapshot")]
    ChatSnapshot(Box<Snapshot>),
    /// The reader no longer follows the chat.
    #[serde(rename = "chat.closed")]
    ChatClosed {
        /// The chat.
        chat: ChatId,
        /// Why.
        reason: ClosedReason,
        /// Who took it, if that is why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Person>,
        /// How the chat ended, if that is why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<EndCause>,
    },
    /// Someone else in the chat writes, or stopped.
    #[serde(rename = "chat.typing")]
    ChatTyping {
        /// The chat.
        chat: ChatId,
        /// Who.
        who: Person,
        /// Whether she writes right now.
        on: bool,
    },
    /// How far somebody in the chat has got it, and has read it. The reader herself is told, too,
    /// on her other devices.
    #[serde(rename = "chat.mark")]
    ChatMark {
        /// The chat.
        chat: ChatId,
        /// Who.
        who: Person,
        /// The place of the last event that arrived.
        #[cfg_attr(feature = "schema", ts(type = "number"))]
        delivered: u64,
        /// The place of the last event that was read; 0: none.
        #[cfg_attr(feature = "schema", ts(type = "number"))]
        read: u64,
    },
    /// The patron's place in the queue; sent on change.
    #[serde(rename = "wait")]
    Wait {
        /// The chat.
        chat: ChatId,
        /// Earlier waiting chats that share a tier with this one.
        ahead: u32,
        /// Since when the longest waiting of those (or this one) waits.
        #[cfg_attr(feature = "schema", schemars(with = "String"), ts(type = "string"))]
        longest_now: Timestamp,
        /// How long, in full minutes, half of those waited at most who were claimed here within
        /// the last hour. Absent unless those were twenty at least.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        estimate_minutes: Option<u32>,
    },
    /// All rows of the operator's list, oldest first: replaces all that the client knew of it.
    #[serde(rename = "list.snapshot")]
    ListSnapshot {
        /// The rows.
        rows: Vec<ListRow>,
    },
    /// A row appeared or changed.
    #[serde(rename = "list.row")]
    ListRow {
        /// The row as it is now.
        row: ListRow,
    },
    /// A row went.
    #[serde(rename = "list.gone")]
    ListGone {
        /// The chat it was of.
        chat: ChatId,
        /// Who took the chat, if that is why it went.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        claimed_by: Option<Person>,
    },
    /// *My Chats*: all live chats that the operator is in, longest waiting patron first. With the
    /// list, and again whenever one comes, goes or changes hands.
    #[serde(rename = "list.mine")]
    ListMine {
        /// All of them: replaces what the client knew.
        chats: Vec<MyChat>,
    },
    /// Reply to `desk.queues`.
    #[serde(rename = "queues")]
    Queues(Box<Queues>),
    /// Reply to `explain`.
    #[serde(rename = "explained")]
    Explained(Box<Explained>),
    /// Reply to `forecast`.
    #[serde(rename = "forecast")]
    Forecast {
        /// The request's id.
        re: u32,
        /// The co-op.
        coop: CoopId,
        /// The time zone whose clock the hours follow.
        zone: String,
        /// The beginning of each hour in which some member is covered and nobody contributes.
        #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"), ts(type = "Array<string>"))]
        hours: Vec<Timestamp>,
    },
    /// Reply to `chat.targets`.
    #[serde(rename = "targets")]
    Targets(Box<Targets>),
    /// Reply to `ban.list`.
    #[serde(rename = "bans")]
    Bans {
        /// The request's id.
        re: u32,
        /// Those that stand, the first to end first.
        bans: Vec<BanView>,
    },
    /// Nobody stands at a queue that somebody should stand at, or soon will. Sent to who may
    /// monitor it, and to its administrators.
    #[serde(rename = "gap.alarm")]
    GapAlarm {
        /// Which.
        target: Target,
        /// As people call it.
        name: String,
        /// Why.
        why: GapReason,
        /// When it begins, or began.
        #[cfg_attr(feature = "schema", schemars(with = "String"), ts(type = "string"))]
        at: Timestamp,
    },
    /// Somebody stands there again.
    #[serde(rename = "gap.over")]
    GapOver {
        /// Which.
        target: Target,
    },
    /// Answer with `pong` within the limit's time.
    #[serde(rename = "ping")]
    Ping,
    /// The last frame before the broker closes the connection.
    #[serde(rename = "bye")]
    Bye {
        /// The close code that follows.
        code: CloseCode,
        /// Why, in a sentence.
        message: String,
        /// How long to wait before connecting again, if the broker asks for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", ts(type = "number | null"))]
        retry_after_ms: Option<u64>,
    },
    /// A frame of a newer broker; clients ignore it.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip), ts(skip))]
    Unknown,
}

/// Why nobody stands at a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// The last who monitored it left, or drains.
    Left,
    /// Whoever monitors it will be signed off within five minutes.
    SignOff,
    /// The hours in which somebody promised to are over.
    ContributionEnded,
}

/// The reply to `hello`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Welcome {
    /// The request's id.
    pub re: u32,
    /// The session that the token names.
    pub session: SessionId,
    /// Who the broker takes this connection for.
    pub you: You,
    /// How often the broker pings.
    pub ping_ms: u32,
    /// What is enforced on this connection.
    pub limits: Limits,
    /// What an `ok` means: `memory`, `disk`, `redis-async` or `redis-disk`.
    pub durability: String,
    /// What this broker can beyond the first version of the protocol.
    pub features: Vec<String>,
    /// The broker's time.
    #[cfg_attr(feature = "schema", schemars(with = "String"), ts(type = "string"))]
    pub server_time: Timestamp,
    /// When the token expires: renew it before, with `auth`.
    #[cfg_attr(feature = "schema", schemars(with = "String"), ts(type = "string"))]
    pub token_expires: Timestamp,
}

/// Whom a connection belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum You {
    /// A patron, by a widget's session.
    Patron {
        /// The widget.
        widget: WidgetId,
    },
    /// An operator who signed in.
    Operator {
        /// Herself, as colleagues see her.
        person: Person,
        /// What she last told, on whatever device.
        presence: PresenceView,
    },
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Refused {
    /// The request's id; `null` if the frame had none.
    pub re: Option<u32>,
    /// Stable, for programs.
    pub code: ErrorCode,
    /// What is wrong and what to do, for people.
    pub message: String,
    /// Whether the same request may succeed later.
    pub temporary: bool,
    /// How long to wait before trying again, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(type = "number | null"))]
    pub retry_after_ms: Option<u64>,
    /// With `already_claimed`: who won.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Person>,
    /// With `already_claimed`: the longest waiting chat that the loser may claim instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<ListRow>,
    /// With `owns_chats`: which.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chats: Vec<ChatId>,
}

/// A chat's state, its last events and where they stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Snapshot {
    /// The chat.
    pub chat: ChatId,
    /// The place of its last event.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub seq: u64,
    /// Its identity.
    pub eid: Eid,
    /// Why the reader gets the whole rather than the next event.
    pub reason: SnapshotReason,
    /// As whom the reader reads it.
    pub audience: Audience,
    /// The chat at `seq`.
    pub state: ChatView,
    /// The last events, at most 50; older ones by `chat.history`.
    pub events: Vec<Sequenced>,
}

/// Why a reader gets a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SnapshotReason {
    /// It is the first look.
    Subscribed,
    /// The reader now sees more, or less, than before.
    Audience,
    /// The place resumed from is not in this chat's history: what came after it there is void.
    Diverged,
    /// Too much happened since the place resumed from.
    TooOld,
}

/// Why a reader no longer follows a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ClosedReason {
    /// A preview: someone claimed the chat.
    Claimed,
    /// A preview, or an offer: it no longer rings for this reader.
    Withdrawn,
    /// The reader left the chat.
    Left,
    /// A preview: the chat is over.
    Ended,
}
