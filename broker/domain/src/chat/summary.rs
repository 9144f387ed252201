//! The one-look form of a live chat: what lists, availability, waiting positions and deadlines are
//! derived from. Stored beside the log, so that a start need not read every chat.

use deskbell_protocol::ids::{ChatId, InstitutionId, Target, UserId, WidgetId};
use jiff::Timestamp;

use super::event::{ChatEvent, Digest};
use super::state::{Attendance, ChatState, Phase, Preview, Transfer};

/// A live chat at a glance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The chat.
    pub chat: ChatId,
    /// The event that last changed it: of two summaries of a chat the higher one holds.
    pub changed_at_seq: u64,
    /// The patron's own library.
    pub home: InstitutionId,
    /// The widget it came through.
    pub widget: WidgetId,
    /// When the patron rang.
    pub since: Timestamp,
    /// Where it rings, or rang.
    pub tiers: Vec<Target>,
    /// Who owns it; nobody while it waits.
    pub owner: Option<(UserId, Attendance)>,
    /// Who else is in it.
    pub participants: Vec<(UserId, Attendance)>,
    /// Who its patron is.
    pub session: Digest,
    /// Whether she is there.
    pub patron: Attendance,
    /// The offer on the table.
    pub transfer: Option<Transfer>,
    /// Nothing falls due before this.
    pub deadline: Option<Timestamp>,
    /// What lists show of it.
    pub preview: Preview,
}

impl Summary {
    /// The summary of `state`, or `None` if it is not live.
    pub fn of(chat: ChatId, state: &ChatState) -> Option<Self> {
        let ring = state.ring.as_ref().filter(|_| state.is_live())?;
        let owner = match &state.phase {
            Phase::Active { owner, attendance } => Some((owner.clone(), *attendance)),
            Phase::New | Phase::Waiting | Phase::Ended { .. } => None,
        };
        let participants = state.participants.iter().map(|(who, how)| (who.clone(), *how));
        Some(Self {
            chat,
            changed_at_seq: state.version,
            home: ring.home.clone(),
            widget: ring.widget.clone(),
            since: ring.opened_at,
            tiers: ring.tiers.clone(),
            owner,
            participants: participants.collect(),
            session: ring.session,
            patron: state.patron,
            transfer: state.transfer.clone(),
            deadline: state.lasting_deadline(),
            preview: ring.preview.clone(),
        })
    }

    /// Whether `event` changes a chat's summary, so that a new one is stored with it. Texts never
    /// do, and they are most of a chat.
    pub fn changed_by(event: &ChatEvent) -> bool {
        match event {
            ChatEvent::Posted { .. }
            | ChatEvent::Noted { .. }
            | ChatEvent::Idled { .. }
            | ChatEvent::Dismissed { .. }
            | ChatEvent::TicketRequested { .. }
            | ChatEvent::ContactRevealed { .. }
            | ChatEvent::Tagged { .. }
            | ChatEvent::Rated { .. } => false,
            // Which of them it repeats is the state's affair.
            ChatEvent::Erased { .. }
            | ChatEvent::Opened(_)
            | ChatEvent::Rung(_)
            | ChatEvent::Claimed { .. }
            | ChatEvent::Returned { .. }
            | ChatEvent::TicketOffered { .. }
            | ChatEvent::PatronChanged { .. }
            | ChatEvent::TransferOffered { .. }
            | ChatEvent::TransferCanceled { .. }
            | ChatEvent::TransferDeclined { .. }
            | ChatEvent::TransferLapsed { .. }
            | ChatEvent::Left { .. }
            | ChatEvent::PatronAway { .. }
            | ChatEvent::PatronBack
            | ChatEvent::OperatorAway { .. }
            | ChatEvent::OperatorBack { .. }
            | ChatEvent::OwnerLost { .. }
            | ChatEvent::ParticipantLost { .. }
            | ChatEvent::Ended { .. } => true,
        }
    }

    /// Where it can be claimed right now: its tiers while it waits, and its pending transfer's
    /// target.
    pub fn claimable_at(&self) -> Vec<Target> {
        let mut places = if self.owner.is_none() { self.tiers.clone() } else { vec![] };
        if let Some(offer) = self.transfer.as_ref().filter(|offer| !places.contains(&offer.to)) {
            places.push(offer.to.clone());
        }
        places
    }
}
