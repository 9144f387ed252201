//! Everything a client may say.
//!
//! Each frame but `pong` is a request: it carries an `id` (unique among the requests in flight on
//! its connection) and gets exactly one reply. A request that changes a chat carries a `cmid`; sent
//! again with the same one, on any connection, it gets the first answer again and changes nothing.
//!
//! Strict: an unknown `type` or field is refused, so that a misspelt one is not silently lost.

mod id;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::{Answer, Position};
use crate::ids::{ChatId, ClientId, Cmid, CoopId, Target, TicketQueueId, UserId, WidgetId};
use crate::view::{CoopLevel, Status};

/// One frame from a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(tag = "type", deny_unknown_fields)]
pub enum ToBroker {
    /// The first frame of a connection: who I am.
    #[serde(rename = "hello")]
    Hello {
        /// Answered by `welcome`.
        id: u32,
        /// From sign-in, or from a patron session.
        token: String,
        /// The app's own id, one per tab or device.
        client: ClientId,
        /// Name and version of the app, for the operator of the broker.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        app: Option<String>,
    },
    /// A new token of the same person or visit, before the old one expires.
    #[serde(rename = "auth")]
    Auth {
        /// Answered by `ok`.
        id: u32,
        /// The new token.
        token: String,
    },
    /// The answer to a `ping`.
    #[serde(rename = "pong")]
    Pong,
    /// Asks for an answer once all that was committed before has been sent on this connection.
    #[serde(rename = "sync")]
    Sync {
        /// Answered by `ok`.
        id: u32,
    },
    /// Status and monitoring. One that is older than what the broker knows changes nothing.
    #[serde(rename = "presence.set")]
    PresenceSet {
        /// Answered by `presence`, with what now holds.
        id: u32,
        /// The new status.
        status: Status,
        /// All departments and co-ops to monitor from now on.
        monitoring: Vec<Target>,
        /// All ticket queues to monitor from now on; `null`: as before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ticket_queues: Option<Vec<TicketQueueId>>,
        /// When the person changed it; `null`: now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(
            feature = "schema",
            schemars(with = "Option<String>"),
            ts(type = "string | null")
        )]
        at: Option<Timestamp>,
    },
    /// Starts the operator's one list, *Patron Chats*, over all queues that she monitors.
    #[serde(rename = "list.subscribe")]
    ListSubscribe {
        /// Answered by `ok`, after `list.snapshot`.
        id: u32,
    },
    /// Ends it.
    #[serde(rename = "list.unsubscribe")]
    ListUnsubscribe {
        /// Answered by `ok`.
        id: u32,
    },
    /// What one may monitor, and who stands there.
    #[serde(rename = "desk.queues")]
    DeskQueues {
        /// Answered by `queues`.
        id: u32,
    },
    /// Lets a person monitor a co-op, or changes her level there; on record, at once.
    #[serde(rename = "access.grant")]
    AccessGrant {
        /// Answered by `ok`.
        id: u32,
        /// The co-op.
        coop: CoopId,
        /// Who.
        user: UserId,
        /// What she may do there.
        level: CoopLevel,
    },
    /// Takes that back: her monitoring stops, and her chats there wait again.
    #[serde(rename = "access.revoke")]
    AccessRevoke {
        /// Answered by `ok`.
        id: u32,
        /// The co-op.
        coop: CoopId,
        /// Who.
        user: UserId,
    },
    /// Asks who would be rung, in which order, and why each other would not.
    #[serde(rename = "explain")]
    Explain {
        /// Answered by `explained`.
        id: u32,
        /// The widget.
        widget: WidgetId,
        /// When; `null`: now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(
            feature = "schema",
            schemars(with = "Option<String>"),
            ts(type = "string | null")
        )]
        at: Option<Timestamp>,
    },
    /// Asks for the hours of the next 14 days in which some member is covered and nobody
    /// contributes.
    #[serde(rename = "forecast")]
    Forecast {
        /// Answered by `forecast`.
        id: u32,
        /// The co-op.
        coop: CoopId,
        /// The IANA time zone whose clock the hours follow; `null`: that of one's library.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
    },
    /// Ends this sign-in. Refused as long as one owns chats, unless `anyway`: they then wait again.
    #[serde(rename = "sign_out")]
    SignOut {
        /// Answered by `ok`, then `bye`; or by `owns_chats`.
        id: u32,
        /// Whether owned chats may wait again.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        anyway: bool,
    },
    /// Signs a colleague out everywhere: her chats wait again. For her library's administrators.
    #[serde(rename = "operator.sign_out")]
    OperatorSignOut {
        /// Answered by `ok`.
        id: u32,
        /// Who.
        user: UserId,
    },
    /// Keeps the patron of a chat from ringing at her library again. This chat goes on. For who is
    /// in the chat; her library's administrators may change a ban that stands, others leave it.
    #[serde(rename = "ban.set")]
    BanSet {
        /// Answered by `ok`.
        id: u32,
        /// The chat with her.
        chat: ChatId,
        /// For how long, from now: 1 to 8,760; `null`: 24.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hours: Option<u32>,
        /// Why, for staff.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Lets her ring again. For her library's administrators.
    #[serde(rename = "ban.lift")]
    BanLift {
        /// Answered by `ok`.
        id: u32,
        /// The chat that the ban was spoken in.
        chat: ChatId,
    },
    /// The bans of one's library. For its administrators.
    #[serde(rename = "ban.list")]
    BanList {
        /// Answered by `bans`.
        id: u32,
    },
    /// A patron rings through the widget that her token names.
    #[serde(rename = "chat.open")]
    ChatOpen {
        /// Answered by `ok`, after `chat.snapshot`.
        id: u32,
        /// Makes a retry safe: the chat's own id follows from it.
        cmid: Cmid,
        /// The patron's first words.
        question: String,
        /// The patron's name, if she gives one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// How to reach her, if she tells.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contact: Option<String>,
        /// Answers to the widget's questions.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        answers: Vec<Answer>,
        /// The page the widget stands on; query and fragment are cut off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        page: Option<String>,
        /// Her language (BCP 47).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lang: Option<String>,
        /// An ended chat of the same patron that this one goes on from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        continues: Option<ChatId>,
    },
    /// Reads a chat and follows it.
    #[serde(rename = "chat.subscribe")]
    ChatSubscribe {
        /// Answered by `ok`, after `chat.snapshot` or the first `chat.replay`.
        id: u32,
        /// The chat.
        chat: ChatId,
        /// The last place seen, to get only what is missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Position>,
    },
    /// Stops following it.
    #[serde(rename = "chat.unsubscribe")]
    ChatUnsubscribe {
        /// Answered by `ok`.
        id: u32,
        /// The chat.
        chat: ChatId,
    },
    /// Events before a place, oldest first.
    #[serde(rename = "chat.history")]
    ChatHistory {
        /// Answered by `history`.
        id: u32,
        /// The chat.
        chat: ChatId,
        /// Only events before this place.
        #[cfg_attr(feature = "schema", ts(type = "number"))]
        before: u64,
        /// At most this many (1 to 200).
        max: u32,
    },
    /// Takes a waiting chat, or a transfer on offer.
    #[serde(rename = "chat.claim")]
    ChatClaim {
        /// Answered by `ok`, after `chat.snapshot`; or by `already_claimed` with the winner.
        id: u32,
        /// The chat.
        chat: ChatId,
        /// Makes a retry safe.
        cmid: Cmid,
    },
    /// A message to everyone in the chat.
    #[serde(rename = "chat.post")]
    ChatPost {
        /// Answered by `ok`, after the event.
        id: u32,
        /// The chat.
        chat: ChatId,
        /// Makes a retry safe.
        cmid: Cmid,
        /// Plain Unicode with line breaks.
        text: String,
        /// Its language (BCP 47).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lang: Option<String>,
    },
    /// An internal note that the patron never sees.
    #[serde(rename = "chat.note")]
    ChatNote {
        /// Answered by `ok`, after the event.
        id: u32,
        /// The chat.
        chat: ChatId,
        /// Makes a retry safe.
        cmid: Cmid,
        /// Plain Unicode with line breaks.
        text: String,
    },
    /// Where the chat may be transferred to, and who is there.
    #[serde(rename = "chat.targets")]
    ChatTargets {
        /// Answered by `targets`.
        id: u32,
        /// The chat.
        chat: ChatId,
    },
    /// Offers the chat to a department, a co-op or an operator. A later offer replaces an earlier.
    #[serde(rename = "chat.transfer")]
    ChatTransfer {
        /// Answered by `ok`, after the event.
        id: u32,
        /// The chat.
        chat: ChatId,
        /// Makes a retry safe.
        cmid: Cmid,
        /// To whom.
        to: Target,
        /// For the target's eyes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// Whether the patron is told of the offer.
        #[serde(default)]
        tell_patron: bool,
        /// Whether the owner has to go: if nobody takes it, the chat waits again.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        hand_over: bool,
    },
    /// Takes the offer back.
    #[serde(rename = "chat.transfer_cancel")]
    ChatTransferCancel {
        /// Answered by `ok`, after the event.
        id: u32,
        /// The chat.
        chat: ChatId,
        /// Makes a retry safe.
        cmid: Cmid,
    },
    /// Says no to an offer.
    #[serde(rename = "chat.transfer_decline")]
    ChatTransferDecline {
        /// Answered by `ok`, after the event.
        id: u32,
        /// The chat.
        chat: ChatId,
        /// Makes a retry safe.
        cmid: Cmid,
        /// Why; told to the owner.
        reason: String,
    },
    /// A participant goes; the chat goes on.
    #[serde(rename = "chat.leave")]
    ChatLeave {
        /// Answered by `ok`, after the event.
        id: u32,
        /// The chat.
        chat: ChatId,
        /// Makes a retry safe.
        cmid: Cmid,
    },
    /// The owner or the patron ends the chat.
    #[serde(rename = "chat.end")]
    ChatEnd {
        /// Answered by `ok`, after the event.
        id: u32,
        /// The chat.
        chat: ChatId,
        /// Makes a retry safe.
        cmid: Cmid,
    },
    /// Nobody will answer this waiting chat: it goes from every list.
    #[serde(rename = "chat.dismiss")]
    ChatDismiss {
        /// Answered by `ok`.
        id: u32,
        /// The chat.
        chat: ChatId,
        /// Makes a retry safe.
        cmid: Cmid,
        /// Why, for staff.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// The patron asks for a ticket instead of waiting on, or after the end.
    #[serde(rename = "chat.ticket")]
    ChatTicket {
        /// Answered by `ok`, after the event.
        id: u32,
        /// The chat.
        chat: ChatId,
        /// Makes a retry safe.
        cmid: Cmid,
        /// Her name.
        name: String,
        /// Where to answer.
        email: String,
    },
    /// Corrects the patron's name or contact. What is absent stays, what is empty is removed.
    #[serde(rename = "chat.patron")]
    ChatPatron {
        /// Answered by `ok`, after the event.
        id: u32,
        /// The chat.
        chat: ChatId,
        /// Makes a retry safe.
        cmid: Cmid,
        /// Her name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// How to reach her.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contact: Option<String>,
    },
    /// Shows the patron's contact to an operator of another library, on record.
    #[serde(rename = "chat.reveal")]
    ChatReveal {
        /// Answered by `ok`, after `chat.snapshot` with the contact.
        id: u32,
        /// The chat.
        chat: ChatId,
        /// Makes a retry safe.
        cmid: Cmid,
    },
    /// Says what the chat is about: all its tags.
    #[serde(rename = "chat.tag")]
    ChatTag {
        /// Answered by `ok`, after the event.
        id: u32,
        /// The chat.
        chat: ChatId,
        /// Makes a retry safe.
        cmid: Cmid,
        /// All of them, from now on.
        tags: Vec<String>,
    },
    /// The patron says how it was, after the end.
    #[serde(rename = "chat.rate")]
    ChatRate {
        /// Answered by `ok`, after the event.
        id: u32,
        /// The chat.
        chat: ChatId,
        /// Makes a retry safe.
        cmid: Cmid,
        /// One to five, five the best.
        rating: u8,
        /// In her words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    /// How far one has got the chat, and how far one has read it. Never stored; it only grows.
    #[serde(rename = "chat.mark")]
    ChatMark {
        /// Answered by `ok`.
        id: u32,
        /// The chat.
        chat: ChatId,
        /// The place of the last event that arrived; `null`: as before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", ts(type = "number | null"))]
        delivered: Option<u64>,
        /// The place of the last event that was read, which has arrived too; `null`: as before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", ts(type = "number | null"))]
        read: Option<u64>,
    },
    /// Tells the others in the chat that one writes. Never stored; the last value wins.
    #[serde(rename = "chat.typing")]
    ChatTyping {
        /// Answered by `ok`.
        id: u32,
        /// The chat.
        chat: ChatId,
        /// Whether one writes right now.
        on: bool,
    },
}
