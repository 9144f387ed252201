//! What can be asked of a chat, what a decision may look at, and why it may say no.

use std::collections::BTreeSet;
use std::time::Duration;

use deskbell_protocol::ids::{Target, TicketQueueId, UserId};
use jiff::Timestamp;

use super::event::{Opened, Rating, ReturnReason};
use crate::person::{Author, Standing};
use crate::routing::Plan;

/// What can be asked.
#[expect(missing_docs, reason = "the fields say what the events they lead to say of theirs")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// The patron rings. The ring inside is empty: `decide` fills it from the plan.
    Open(Box<Opened>),
    /// An operator takes the chat, or the transfer on offer.
    Claim { by: UserId },
    /// A message.
    Post { by: Author, text: String, lang: Option<String> },
    /// An internal note.
    Note { by: UserId, text: String },
    /// The owner offers the chat; or hands it over, because she has to go.
    Transfer { by: UserId, to: Target, note: Option<String>, tell_patron: bool, hand_over: bool },
    /// The owner takes the offer back.
    CancelTransfer { by: UserId },
    /// The target says no.
    DeclineTransfer { by: UserId, reason: String },
    /// A participant goes.
    Leave { by: UserId },
    /// The owner or the patron ends the chat.
    End { by: Author },
    /// Somebody who could claim it says that nobody will.
    Dismiss { by: UserId, note: Option<String> },
    /// The patron asks for a ticket instead of waiting on.
    RequestTicket { name: String, email: String },
    /// The patron's name or contact is corrected; `None` stays, empty is removed.
    SetPatron { by: Author, name: Option<String>, contact: Option<String> },
    /// Someone in the chat wants to see the patron's contact.
    Reveal { by: UserId },
    /// Someone in the chat says what it is about.
    Tag { by: UserId, tags: BTreeSet<String> },
    /// The patron says how it was.
    Rate { rating: Rating, comment: Option<String> },
    /// An operator may not go on: she signed out, or lost her right.
    Return { who: UserId, why: ReturnReason },
    /// The patron's last connection ended.
    PatronLost,
    /// The patron is connected.
    PatronFound,
    /// An operator's last connection ended.
    OperatorLost { who: UserId },
    /// An operator is connected.
    OperatorFound { who: UserId },
    /// Time passed, or the target of a transfer may have gone. Too early is no error: no event.
    Tick,
    /// A queue's availability or the directory changed: ring what should ring.
    Replan,
    /// The log blanked these events.
    MarkErased { seqs: Vec<u64> },
}

/// What a decision may look at besides the state. The shell reads it; `evolve` never sees it.
#[derive(Debug, Clone)]
pub struct Context {
    /// Now, never before the stream's last event.
    pub now: Timestamp,
    /// The directory's version that `plan` was made on.
    pub directory: u64,
    /// What the routing says, for `Open`, `Tick` and `Replan`; empty for the others.
    pub plan: Plan,
    /// How the claiming operator stands, for `Claim` and `DeclineTransfer`.
    pub standing: Standing,
    /// Whether anybody is there to take a transfer to the target asked for (`Transfer`), or to the
    /// one pending (`Tick`).
    pub target_online: bool,
    /// Where a ticket of this patron goes, for `RequestTicket`.
    pub ticket_queue: Option<TicketQueueId>,
    /// What the patron is told when the owner is idle, for `Tick`.
    pub idle_text: String,
    /// How long things may take in this chat.
    pub waits: Waits,
}

/// The waits of a chat that are settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// Until the next option rings too.
    pub roll_up: Duration,
    /// Until a patron whom nobody answered is offered a ticket.
    pub ticket_offer: Duration,
    /// Until an unclaimed transfer lapses.
    pub transfer_lapse: Duration,
    /// Until a chat that nobody took over waits again.
    pub hand_over: Duration,
    /// Until a patron is told that her owner is idle; `None`: never.
    pub idle: Option<Duration>,
    /// Until a chat goes on without a disconnected owner.
    pub owner_grace: Duration,
    /// Until a chat ends because its patron stays away.
    pub patron_grace: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            roll_up: Duration::from_secs(15),
            ticket_offer: Duration::from_mins(1),
            transfer_lapse: Duration::from_mins(2),
            hand_over: Duration::from_mins(2),
            idle: None,
            owner_grace: Duration::from_mins(1),
            patron_grace: Duration::from_mins(10),
        }
    }
}

/// Why not. Nothing of a refusal is stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The stream has no chat, or has one already (for `Open`).
    #[error("there is no such chat")]
    NotFound,
    /// No option of the widget is online.
    #[error("nobody is there to answer right now")]
    Offline,
    /// Only the owner may do this.
    #[error("only the chat's owner may do this")]
    NotOwner,
    /// Only those in the chat may do this.
    #[error("only those in the chat may do this; claim it first")]
    NotParticipant,
    /// The chat rings at no queue that the operator monitors, or her status rings nothing.
    #[error("the chat waits at no queue that you monitor right now")]
    NotMonitoring,
    /// Someone else owns it.
    #[error("{0} was first")]
    AlreadyClaimed(UserId),
    /// An owner cannot leave.
    #[error("you own this chat: end it or transfer it")]
    OwnerMustStay,
    /// There is no offer, or not to you.
    #[error("there is no transfer that you may answer")]
    NoTransfer,
    /// Nobody is there to take it.
    #[error("nobody is there to take the transfer")]
    TargetOffline,
    /// The target is the owner herself.
    #[error("you own this chat already")]
    TargetIsOwner,
    /// It is over.
    #[error("the chat is over")]
    Ended,
    /// Someone is answering.
    #[error("someone is answering: ask in the chat for what you need")]
    BeingAnswered(UserId),
    /// It goes on.
    #[error("the chat goes on: rate it once it has ended")]
    NotEnded,
    /// Nobody answered it.
    #[error("nobody answered this chat: there is nothing to rate")]
    NeverAnswered,
    /// It holds as many events as a chat may; what ends or moves it still passes.
    #[error("the chat is full: end it and open a new one")]
    Full,
}
