//! What happens in a chat, as clients see it: one variant per kind of event.
//!
//! Every reader of a chat sees the same numbers: an event that a reader may not see is
//! [`ChatEvent::Hidden`] at its place, without author or size.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{ChatId, Eid, InstitutionId, Target, TicketQueueId, UserId, WidgetId};

/// One event at its place in a chat's stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Sequenced {
    /// Place in the chat, from 1, without gaps.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub seq: u64,
    /// Identity of the stored event; with `seq` it is a position to resume from.
    pub eid: Eid,
    /// When the broker decided it (RFC 3339). Order is `seq`, never `at`.
    #[cfg_attr(feature = "schema", schemars(with = "String"), ts(type = "string"))]
    pub at: Timestamp,
    /// What happened.
    pub event: ChatEvent,
}

/// A place in a stream that a client has seen: where a resume starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// The last place seen.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub seq: u64,
    /// The identity of the event there.
    pub eid: Eid,
}

/// Someone who acts in a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Person {
    /// Who asks.
    Patron {
        /// As given before the chat, if it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// Who answers.
    Operator {
        /// Login name; never told to patrons.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<UserId>,
        /// The name that patrons and colleagues see.
        name: String,
        /// The operator's library; unknown once the directory no longer has her.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        library: Option<InstitutionId>,
    },
    /// The broker itself, by a rule or a timer.
    System,
}

/// One answer to a question asked before the chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// As the widget asked it.
    pub question: String,
    /// As the patron answered it.
    pub answer: String,
}

/// Why a transfer came to nothing by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LapseReason {
    /// Nobody claimed it in time.
    Time,
    /// Nobody is there to claim it any more.
    TargetGone,
}

/// Why a chat is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum EndCause {
    /// Its owner ended it.
    Operator,
    /// The patron ended it.
    Patron,
    /// The patron left, or stayed away, before anyone claimed it.
    Missed,
    /// The patron stayed away longer than the widget's grace.
    PatronGone,
    /// Someone whom it rang for said that nobody will answer.
    Dismissed,
    /// The patron asked for a ticket instead of waiting on.
    Ticket,
}

/// Why an owner could not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ReturnReason {
    /// Nobody took over what she handed over.
    HandOver,
    /// She signed out, or was signed out.
    SignedOut,
    /// She may no longer answer this library's patrons.
    NoRight,
}

/// Why a patron is offered a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum OfferReason {
    /// She waited as long as the widget says.
    Waited,
    /// Nobody is left where it rings.
    Nobody,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ChatEvent {
    /// Something this reader may not see.
    Hidden,
    /// The patron rang.
    Opened {
        /// The widget it came through.
        widget: WidgetId,
        /// The patron's own library.
        home: InstitutionId,
        /// The patron's first words.
        question: String,
        /// The patron's name, if given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// How to reach the patron; masked (`m…@…`) for staff of other libraries.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contact: Option<String>,
        /// Answers to the widget's questions.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        answers: Vec<Answer>,
        /// The page the widget stood on, without query and fragment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        page: Option<String>,
        /// The patron's language (BCP 47), if known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lang: Option<String>,
        /// The ended chat of the same patron that this one goes on from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        continues: Option<ChatId>,
        /// Where it rings first.
        tiers: Vec<Target>,
    },
    /// It rings at more places, and goes on ringing at the earlier ones.
    Rung {
        /// The places added.
        tiers: Vec<Target>,
    },
    /// Someone took it.
    Claimed {
        /// The new owner.
        by: Person,
        /// Whether a transfer was taken up, rather than the patron's ring.
        transfer: bool,
    },
    /// A message to everyone in the chat.
    Posted {
        /// Its author.
        by: Person,
        /// Plain Unicode with line breaks; nothing in it is markup.
        text: String,
        /// Its language (BCP 47), if told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lang: Option<String>,
    },
    /// An internal note that the patron never sees.
    Noted {
        /// Its author.
        by: Person,
        /// Plain Unicode with line breaks.
        text: String,
    },
    /// The owner offers the chat to someone else and owns it until it is taken.
    TransferOffered {
        /// The owner.
        by: Person,
        /// Where it is offered; never told to the patron, who sees the offer only if the owner
        /// chose so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Target>,
        /// The target's name in the directory.
        to_name: String,
        /// For the target's eyes; never told to the patron.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// Whether the owner has to go: if nobody takes it, the chat waits again.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        hand_over: bool,
        /// When the offer lapses.
        #[cfg_attr(feature = "schema", schemars(with = "String"), ts(type = "string"))]
        until: Timestamp,
    },
    /// The owner took the offer back.
    TransferCanceled {
        /// The owner.
        by: Person,
    },
    /// The target said no.
    TransferDeclined {
        /// Who said it.
        by: Person,
        /// Why.
        reason: String,
    },
    /// The offer ended by itself.
    TransferLapsed {
        /// Why.
        reason: LapseReason,
    },
    /// A participant left; the chat goes on.
    Left {
        /// Who left.
        by: Person,
    },
    /// The patron's connection is gone for now.
    PatronAway {
        /// When the chat ends if the patron does not return.
        #[cfg_attr(feature = "schema", schemars(with = "String"), ts(type = "string"))]
        until: Timestamp,
    },
    /// The patron is connected again.
    PatronBack,
    /// An operator's connection is gone for now.
    OperatorAway {
        /// Whose.
        who: Person,
        /// When the chat goes on without her.
        #[cfg_attr(feature = "schema", schemars(with = "String"), ts(type = "string"))]
        until: Timestamp,
    },
    /// The operator is connected again.
    OperatorBack {
        /// Who.
        who: Person,
    },
    /// The owner stayed away: the chat waits again at its original place and tiers.
    OwnerLost {
        /// Who owned it; now a participant.
        who: Person,
    },
    /// A participant stayed away and is no longer in the chat.
    ParticipantLost {
        /// Who.
        who: Person,
    },
    /// The owner could not go on: the chat waits again at its original place and tiers.
    Returned {
        /// Who owned it.
        who: Person,
        /// Why; never told to the patron.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<ReturnReason>,
        /// What she left for who claims it; never told to the patron.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// The patron is offered a ticket (`chat.ticket`). The chat goes on waiting.
    TicketOffered {
        /// Why.
        why: OfferReason,
    },
    /// The patron asked for a ticket.
    TicketRequested {
        /// Her name.
        name: String,
        /// Where to answer; masked (`m…@…`) for staff of other libraries.
        email: String,
        /// The home library's queue for it, if one is set; never told to the patron.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        queue: Option<TicketQueueId>,
    },
    /// Someone whom it rang for said that nobody will answer; patrons get `hidden`.
    Dismissed {
        /// Who.
        by: Person,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// The patron was told that her operator is idle.
    Idled {
        /// What she was told: show it as a notice.
        text: String,
    },
    /// The patron's name or contact was corrected. What is absent stays, what is empty was removed.
    PatronChanged {
        /// By whom.
        by: Person,
        /// Her name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// How to reach her; masked (`m…@…`) for staff of other libraries.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contact: Option<String>,
    },
    /// An operator of another library looked at the patron's contact; patrons get `hidden`.
    ContactRevealed {
        /// Who.
        by: Person,
    },
    /// What the chat is about, as staff say; patrons get `hidden`.
    Tagged {
        /// Who said so.
        by: Person,
        /// All of them, from now on.
        tags: Vec<String>,
    },
    /// How it was, as the patron says.
    Rated {
        /// One to five, five the best.
        rating: u8,
        /// In her words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    /// The chat is over.
    Ended {
        /// Why.
        cause: EndCause,
        /// Who ended it.
        by: Person,
    },
    /// Texts were removed on request: drop every copy of these events' contents.
    Erased {
        /// Their places.
        #[cfg_attr(feature = "schema", ts(type = "Array<number>"))]
        seqs: Vec<u64>,
    },
    /// An event of a newer broker; clients count it and show nothing.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip), ts(skip))]
    Unknown,
}
