//! What is true of a chat after its events so far. Holds no message texts: only the patron's ring,
//! shortened, because every waiting list shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use deskbell_protocol::ids::{ChatId, InstitutionId, Target, UserId, WidgetId};
use jiff::Timestamp;

use super::event::{Digest, EndCause};
use super::room::cost;
pub use super::room::{EVENTS_MAX, TEXTS_MAX};

/// A chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatState {
    /// How many events it has: the version that the next append expects.
    pub version: u64,
    /// When its last event was decided.
    pub at: Option<Timestamp>,
    /// How far it has come.
    pub phase: Phase,
    /// What its first event fixed; `None` before it. Shared: every decision copies the state, and
    /// hardly any changes this.
    pub ring: Option<Arc<Rang>>,
    /// Operators in it who do not own it, and since when each is away. After the end, the last
    /// owner too.
    pub participants: BTreeMap<UserId, Attendance>,
    /// The offer on the table; it may outlive its owner's loss.
    pub transfer: Option<Transfer>,
    /// Where it was last offered, on the table or not: who stands there and comes too late is told
    /// who was first.
    pub last_offered: Option<Target>,
    /// Whether the patron is there.
    pub patron: Attendance,
    /// Who of another library looked at the patron's contact, and sees it from then on.
    pub revealed: BTreeSet<UserId>,
    /// What it is about, as staff say.
    pub tags: BTreeSet<String>,
    /// After how long without an answer the patron is told that her owner is idle.
    pub idle: Option<Duration>,
    /// Since when the patron has had no answer from her owner.
    pub unanswered: Option<Timestamp>,
    /// Whether the patron asked for a ticket.
    pub ticket_requested: bool,
    /// Whether anybody ever claimed it.
    pub was_claimed: bool,
}

/// How far a chat has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Nothing happened yet: the stream is empty.
    New,
    /// It rings, for the first time or again.
    Waiting,
    /// Someone owns it.
    Active {
        /// Who.
        owner: UserId,
        /// Whether she is there.
        attendance: Attendance,
    },
    /// It is over.
    Ended {
        /// Why.
        cause: EndCause,
        /// When.
        at: Timestamp,
    },
}

/// Whether someone is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attendance {
    /// Connected.
    Here,
    /// Not connected.
    Away {
        /// Since when.
        since: Timestamp,
        /// When that has consequences.
        until: Timestamp,
    },
}

/// What the ring fixed, and where it rings by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rang {
    /// The widget.
    pub widget: WidgetId,
    /// The patron's own library.
    pub home: InstitutionId,
    /// Who may act as the patron.
    pub session: Digest,
    /// Who may return as the patron.
    pub secret: Digest,
    /// When: its place in every queue, for good.
    pub opened_at: Timestamp,
    /// Every option that rang so far, in the order they rang.
    pub tiers: Vec<Target>,
    /// When the next option is looked for. `None`: nothing is left to wait for, so an option that
    /// comes online later rings at once.
    pub rolls_at: Option<Timestamp>,
    /// When the patron is offered a ticket; `None` once she was, or if she is not to be.
    pub ticket_at: Option<Timestamp>,
    /// The ended chat that this one goes on from.
    pub continues: Option<ChatId>,
    /// How to reach the patron, and the event that said so. Blanked by erasure.
    pub contact: Option<(String, u64)>,
    /// The event that said the patron's name.
    pub named_by: u64,
    /// What lists show of it.
    pub preview: Preview,
}

/// What lists show of a waiting chat. Blanked by erasure.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preview {
    /// The first 200 characters of the question.
    pub question: String,
    /// The patron's name, if given.
    pub name: Option<String>,
    /// The page she rang from.
    pub page: Option<String>,
    /// Set while it waits again.
    pub returned: Option<Returned>,
}

/// That a chat waits again, after somebody owned it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Returned {
    /// What the former owner left for who claims it.
    pub note: Option<String>,
    /// The event that said so.
    pub seq: u64,
}

/// An offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Who offers.
    pub by: UserId,
    /// To whom.
    pub to: Target,
    /// When it lapses.
    pub until: Timestamp,
    /// Whether the patron was told.
    pub tell_patron: bool,
    /// Set if the owner has to go: what she leaves for who claims it. Blanked by erasure.
    pub hand_over: Option<HandOver>,
}

/// What an owner who has to go leaves behind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HandOver {
    /// For who claims it.
    pub note: Option<String>,
    /// The event that said so.
    pub seq: u64,
}

impl Default for ChatState {
    fn default() -> Self {
        Self {
            version: 0,
            at: None,
            phase: Phase::New,
            ring: None,
            participants: BTreeMap::new(),
            transfer: None,
            last_offered: None,
            patron: Attendance::Here,
            revealed: BTreeSet::new(),
            tags: BTreeSet::new(),
            idle: None,
            unanswered: None,
            ticket_requested: false,
            was_claimed: false,
        }
    }
}

impl ChatState {
    /// Who owns it now.
    pub fn owner(&self) -> Option<&UserId> {
        match &self.phase {
            Phase::Active { owner, .. } => Some(owner),
            Phase::New | Phase::Waiting | Phase::Ended { .. } => None,
        }
    }

    /// Whether an operator is in it, as owner or participant.
    pub fn has(&self, user: &UserId) -> bool {
        self.owner() == Some(user) || self.participants.contains_key(user)
    }

    /// Whether anything can still happen to it.
    pub fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Waiting | Phase::Active { .. })
    }

    /// The next moment at which a `Tick` may have something to say.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.lasting_deadline().into_iter().chain(self.idle_at()).min()
    }

    /// When the patron is told that her owner is idle, if she is there to hear it. It moves with
    /// every message.
    pub fn idle_at(&self) -> Option<Timestamp> {
        let Phase::Active { .. } = self.phase else { return None };
        let hears = self.patron == Attendance::Here && self.room_for(cost::TEXT);
        let since = self.unanswered.filter(|_| hears)?;
        Some(since.checked_add(self.idle?).unwrap_or(Timestamp::MAX))
    }

    /// The same without what moves with every message.
    pub fn lasting_deadline(&self) -> Option<Timestamp> {
        if !self.is_live() {
            return None;
        }
        let owner = match &self.phase {
            Phase::Active { attendance, .. } => attendance.until(),
            Phase::New | Phase::Waiting | Phase::Ended { .. } => None,
        };
        let people = self.participants.values().filter_map(|attendance| attendance.until());
        let transfer = self.transfer.as_ref().map(|offer| offer.until);
        [owner, transfer, self.patron.until(), self.rolls_at(), self.ticket_at()]
            .into_iter()
            .flatten()
            .chain(people)
            .min()
    }

    /// When the patron is offered a ticket: only while it waits, and while there is room to say so.
    pub(crate) fn ticket_at(&self) -> Option<Timestamp> {
        let ring = self.ring.as_ref().filter(|_| self.phase == Phase::Waiting)?;
        ring.ticket_at.filter(|_| self.room_for(cost::TICKET_OFFERED))
    }

    /// When the next option is looked for: only while it waits, and while there is room to say so.
    pub(crate) fn rolls_at(&self) -> Option<Timestamp> {
        let ring = self.ring.as_ref().filter(|_| self.phase == Phase::Waiting)?;
        ring.rolls_at.filter(|_| self.room_for(1))
    }
}

impl Attendance {
    /// When being away has consequences; `None` for who is here.
    pub fn until(self) -> Option<Timestamp> {
        match self {
            Self::Here => None,
            Self::Away { until, .. } => Some(until),
        }
    }

    /// Whether being away has consequences by `now`.
    pub(crate) fn is_due(self, now: Timestamp) -> bool {
        self.until().is_some_and(|until| until <= now)
    }
}
