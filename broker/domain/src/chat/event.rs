//! What can happen in a chat. Events store conclusions, so that folding needs no directory, no
//! presence and no settings: when something is due stands in the event that made it due.

use std::collections::BTreeSet;
use std::time::Duration;

use deskbell_protocol::ids::{ChatId, InstitutionId, Target, TicketQueueId, UserId, WidgetId};
use jiff::Timestamp;

use crate::person::Author;
use crate::routing::Skipped;

/// SHA-256 of something a patron holds.
pub type Digest = [u8; 32];

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatEvent {
    /// The patron rang.
    Opened(Box<Opened>),
    /// It rings at more places, and goes on ringing at the earlier ones.
    Rung(Ring),
    /// Someone took it.
    Claimed {
        /// The new owner.
        by: UserId,
        /// Whether a transfer was taken up, rather than the patron's ring.
        transfer: bool,
        /// After how long without an answer the patron is told that the owner is idle.
        idle: Option<Duration>,
    },
    /// A message to everyone in the chat.
    Posted {
        /// Its author.
        by: Author,
        /// Personal.
        text: String,
        /// BCP 47.
        lang: Option<String>,
    },
    /// An internal note that the patron never sees.
    Noted {
        /// Its author.
        by: UserId,
        /// Personal.
        text: String,
    },
    /// The owner offers the chat to someone else and owns it until it is taken.
    TransferOffered {
        /// The owner.
        by: UserId,
        /// To whom.
        to: Target,
        /// For the target's eyes. Personal.
        note: Option<String>,
        /// Whether the patron is told.
        tell_patron: bool,
        /// Whether the owner has to go: if nobody takes it, the chat waits again.
        hand_over: bool,
        /// When the offer lapses.
        until: Timestamp,
    },
    /// The owner took the offer back.
    TransferCanceled {
        /// The owner.
        by: UserId,
    },
    /// The target said no.
    TransferDeclined {
        /// Who said it.
        by: UserId,
        /// Personal.
        reason: String,
    },
    /// The offer ended by itself.
    TransferLapsed {
        /// Why.
        reason: LapseReason,
    },
    /// A participant left.
    Left {
        /// Who.
        by: UserId,
    },
    /// The patron has no connection any more.
    PatronAway {
        /// When the chat ends if none comes back.
        until: Timestamp,
    },
    /// The patron has one again.
    PatronBack,
    /// An operator in the chat has no connection any more.
    OperatorAway {
        /// Who.
        who: UserId,
        /// When the chat goes on without her.
        until: Timestamp,
    },
    /// She has one again.
    OperatorBack {
        /// Who.
        who: UserId,
    },
    /// The owner stayed away: the chat waits again; she is a participant now.
    OwnerLost {
        /// Who.
        who: UserId,
    },
    /// A participant stayed away and is out.
    ParticipantLost {
        /// Who.
        who: UserId,
    },
    /// The owner may not go on: the chat waits again at its original place.
    Returned {
        /// Who owned it.
        who: UserId,
        /// Why.
        why: ReturnReason,
        /// What she left for who claims it. Personal.
        note: Option<String>,
    },
    /// Nobody answered in time, or nobody is there any more: the patron is offered a ticket.
    TicketOffered {
        /// Why.
        why: OfferReason,
    },
    /// The patron asked for a ticket.
    TicketRequested {
        /// Personal.
        name: String,
        /// Personal.
        email: String,
        /// The home library's queue for it, if one is set.
        queue: Option<TicketQueueId>,
    },
    /// Somebody who could have claimed it said that nobody will.
    Dismissed {
        /// Who.
        by: UserId,
        /// Why, for staff. Personal.
        note: Option<String>,
    },
    /// The patron was told that her owner is idle.
    Idled {
        /// What she was told.
        text: String,
    },
    /// The patron's name or contact was corrected; `None` stays, empty is removed.
    PatronChanged {
        /// By whom.
        by: Author,
        /// Personal.
        name: Option<String>,
        /// Personal.
        contact: Option<String>,
    },
    /// An operator of another library looked at the patron's contact.
    ContactRevealed {
        /// Who.
        by: UserId,
    },
    /// What the chat is about, as staff say: all of it.
    Tagged {
        /// Who said so.
        by: UserId,
        /// In order.
        tags: BTreeSet<String>,
    },
    /// How it was, as the patron says.
    Rated {
        /// Of five.
        rating: Rating,
        /// Personal.
        comment: Option<String>,
    },
    /// It is over.
    Ended {
        /// Why.
        cause: EndCause,
        /// Who ended it.
        by: Author,
    },
    /// The personal fields of these events were blanked.
    Erased {
        /// Their places.
        seqs: Vec<u64>,
    },
}

/// The patron's ring, with what she told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The widget it came through.
    pub widget: WidgetId,
    /// The patron's own library.
    pub home: InstitutionId,
    /// Digest of the patron's session id: who may act as this chat's patron.
    pub session: Digest,
    /// Digest of the secret that proves the right to return.
    pub secret: Digest,
    /// Personal.
    pub question: String,
    /// Personal.
    pub name: Option<String>,
    /// Personal.
    pub contact: Option<String>,
    /// Question and answer, as the widget asked them. Answers are personal.
    pub answers: Vec<(String, String)>,
    /// Without query and fragment. Personal.
    pub page: Option<String>,
    /// BCP 47.
    pub lang: Option<String>,
    /// The ended chat of the same patron that this one goes on from.
    pub continues: Option<ChatId>,
    /// When the patron is offered a ticket, if nobody has answered by then.
    pub ticket_at: Option<Timestamp>,
    /// Where it rings first.
    pub ring: Ring,
}

/// A conclusion of the routing: which options ring from now on, and which were passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    /// The options that ring from now on, in the widget's order.
    pub tiers: Vec<Target>,
    /// The options before the last of these that do not ring, and why.
    pub skipped: Vec<Skipped>,
    /// When the next option is looked for, if the widget has more.
    pub rolls_at: Option<Timestamp>,
    /// The directory's version when this was decided.
    pub directory: u64,
}

/// Why an offer ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LapseReason {
    /// Nobody claimed it in time.
    Time,
    /// Nobody is there to claim it any more.
    TargetGone,
}

/// Why a chat is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndCause {
    /// Its owner ended it.
    Operator,
    /// The patron ended it.
    Patron,
    /// Nobody had claimed it when the patron left, or stayed away.
    Missed,
    /// The patron stayed away longer than the widget's grace.
    PatronGone,
    /// Nobody had claimed it when somebody said that nobody will.
    Dismissed,
    /// Nobody had claimed it when the patron asked for a ticket.
    Ticket,
}

/// Why an owner may not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReturnReason {
    /// Nobody took over what she handed over.
    HandOver,
    /// She signed out, or was signed out.
    SignedOut,
    /// She may no longer answer this library's patrons.
    NoRight,
}

/// Why a patron is offered a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferReason {
    /// She waited as long as the widget says.
    Waited,
    /// Nobody is left where it rings.
    Nobody,
}

/// One to five, five the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rating(u8);

impl Rating {
    /// `None` if there is no such rating.
    pub fn new(points: u8) -> Option<Self> {
        (1..=5).contains(&points).then_some(Self(points))
    }

    /// One to five.
    pub fn points(self) -> u8 {
        self.0
    }
}
