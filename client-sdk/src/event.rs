//! What the SDK tells an app: how the connection stands, and what the broker said, each chat's
//! events in order, without gaps and without duplicates.
//!
//! Not here: replies to what the app asked; those resolve the app's own calls.

use std::time::Duration;

use jiff::Timestamp;

use crate::protocol::codes::CloseCode;
use crate::protocol::event::{EndCause, Person, Sequenced};
use crate::protocol::ids::{ChatId, Target};
use crate::protocol::to_client::{ClosedReason, GapReason, Refused, Snapshot, ToClient, Welcome};
use crate::protocol::view::{ListRow, MyChat, PresenceView};

/// One thing that an app may want to show.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The connection changed.
    Status(Status),
    /// The whole of a chat: replaces all that the app knew of it.
    Snapshot(Box<Snapshot>),
    /// The next event of a chat. `hidden` ones are delivered too: they hold a place.
    Chat {
        /// The chat.
        chat: ChatId,
        /// Exactly one place after what the app saw of this chat before.
        sequenced: Sequenced,
    },
    /// The app no longer follows the chat, by the broker's decision.
    ChatClosed {
        /// The chat.
        chat: ChatId,
        /// Why.
        reason: ClosedReason,
        /// Who took it, if that is why.
        by: Option<Person>,
        /// How the chat ended, if that is why.
        cause: Option<EndCause>,
    },
    /// After a reconnect the broker refused to go on with the chat: it is no longer followed.
    ChatLost {
        /// The chat.
        chat: ChatId,
        /// The refusal of the resume.
        refused: Box<Refused>,
    },
    /// All rows of the operator's list: replaces all that the app knew of it.
    List(Vec<ListRow>),
    /// A row appeared or changed.
    Row(Box<ListRow>),
    /// A row went.
    Gone {
        /// The chat it was of.
        chat: ChatId,
        /// Who took the chat, if that is why.
        claimed_by: Option<Person>,
    },
    /// The person's status and monitoring, as the broker holds them now.
    Presence(PresenceView),
    /// Someone else in the chat writes, or stopped.
    Typing {
        /// The chat.
        chat: ChatId,
        /// Who.
        who: Person,
        /// Whether she writes right now.
        on: bool,
    },
    /// How far somebody in the chat has got it and has read it; also oneself, on another device.
    Mark {
        /// The chat.
        chat: ChatId,
        /// Who.
        who: Person,
        /// The place of the last event that arrived.
        delivered: u64,
        /// The place of the last event that was read; 0: none.
        read: u64,
    },
    /// All live chats that the operator is in: replaces all that the app knew of them.
    Mine(Vec<MyChat>),
    /// Nobody stands at a queue that somebody should stand at, or soon will not.
    GapAlarm {
        /// Which.
        target: Target,
        /// As people call it.
        name: String,
        /// Why.
        why: GapReason,
        /// When it begins, or began.
        at: Timestamp,
    },
    /// Somebody stands there again.
    GapOver {
        /// Which.
        target: Target,
    },
    /// The patron's place in the queue.
    Wait {
        /// The chat.
        chat: ChatId,
        /// Earlier waiting chats that share a tier with this one.
        ahead: u32,
        /// Since when the longest waiting of those (or this one) waits.
        longest_now: Timestamp,
        /// How long, in full minutes, half of those waited at most who were claimed here within
        /// the last hour; `None` if too few were.
        estimate_minutes: Option<u32>,
    },
}

impl Event {
    /// What a push of the broker tells an app; nothing for frames that are no pushes.
    pub fn of(frame: ToClient) -> Option<Self> {
        Some(match frame {
            ToClient::ChatSnapshot(snapshot) => Self::Snapshot(snapshot),
            ToClient::ChatEvent { chat, seq, eid, at, event } => {
                Self::Chat { chat, sequenced: Sequenced { seq, eid, at, event } }
            }
            ToClient::ChatClosed { chat, reason, by, cause } => {
                Self::ChatClosed { chat, reason, by, cause }
            }
            ToClient::ChatTyping { chat, who, on } => Self::Typing { chat, who, on },
            ToClient::ChatMark { chat, who, delivered, read } => {
                Self::Mark { chat, who, delivered, read }
            }
            ToClient::ListSnapshot { rows } => Self::List(rows),
            ToClient::ListRow { row } => Self::Row(Box::new(row)),
            ToClient::ListGone { chat, claimed_by } => Self::Gone { chat, claimed_by },
            ToClient::ListMine { chats } => Self::Mine(chats),
            ToClient::Presence { presence, .. } => Self::Presence(presence),
            ToClient::GapAlarm { target, name, why, at } => {
                Self::GapAlarm { target, name, why, at }
            }
            ToClient::GapOver { target } => Self::GapOver { target },
            ToClient::Wait { chat, ahead, longest_now, estimate_minutes } => {
                Self::Wait { chat, ahead, longest_now, estimate_minutes }
            }
            _ => return None,
        })
    }
}

/// How the connection stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    /// A socket is being opened and greeted.
    Connecting,
    /// Greeted: what was said while away has been asked for.
    Open(Box<Welcome>),
    /// The connection is gone and is tried again after `delay`; writes wait.
    Waiting {
        /// Until the next try.
        delay: Duration,
        /// Why the connection is gone, for people.
        reason: String,
    },
    /// Over for good: nothing is tried any more and every call fails.
    Closed(CloseReason),
}

/// Why a client is over for good.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloseReason {
    /// [`crate::Client::close`] was called, or every handle was dropped.
    #[error("the app closed the connection")]
    ByApp,
    /// The broker closed with a code after which a client does not connect by itself.
    #[error("the broker closed the connection ({}): {message}", code.number())]
    ByBroker {
        /// The code; `superseded` means that the same app connected elsewhere.
        code: CloseCode,
        /// From `bye`, or from the close frame.
        message: String,
    },
    /// The broker refused the upgrade in a way that another try cannot mend.
    #[error("the broker refused to connect (HTTP {status}): {message}")]
    ByUpgrade {
        /// HTTP status.
        status: u16,
        /// The answer's body.
        message: String,
    },
    /// The token's source was refused: the person must sign in again.
    #[error("no new token: {0}")]
    RenewalRefused(String),
    /// The URL cannot be used.
    #[error("{0}")]
    BadUrl(String),
}
