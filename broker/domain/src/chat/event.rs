//! What can happen in a chat. Events store conclusions, so that folding needs no directory, no
//! presence and no settings: when something is due stands in the event that made it due.

use deskbell_protocol::ids::{InstitutionId, Target, UserId, WidgetId};
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
}
