//! The one-look form of a live chat: what lists, availability, waiting positions and deadlines are
//! derived from. Stored beside the log, so that a start need not read every chat.

use deskbell_protocol::ids::{ChatId, InstitutionId, Target, UserId, WidgetId};
use jiff::Timestamp;

use super::event::Digest;
use super::state::{Attendance, ChatState, Preview, Transfer};

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
        let _ = (chat, state);
        todo!()
    }

    /// Where it can be claimed right now: its tiers while it waits, and its pending transfer's target.
    pub fn claimable_at(&self) -> Vec<Target> {
        todo!()
    }
}
