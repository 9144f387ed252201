//! How full a chat is. A chat never holds more than [`EVENTS_MAX`] events, and can always be
//! claimed, left and ended until then.
//!
//! What must always pass (claims, ends, leaving, coming back, the consequences of being away) is
//! counted as *owed* before it happens: each such event uses up at least as much of what is owed as
//! it adds to the chat. So `version + owed` never grows by them, and everything else (texts,
//! offers, away marks, rings, marks of erasure) is let in only while it leaves that sum within the
//! limit. Not here: what is said when there is no room (`decide`).

use super::state::{Attendance, ChatState, Phase, Transfer};

/// Most events that a chat may hold.
pub const EVENTS_MAX: u64 = 5_000;
/// From here on posts and notes are refused; the rest is for structure.
pub const TEXTS_MAX: u64 = 4_900;

/// What an event adds to the chat together with what it makes the chat owe.
pub(crate) mod cost {
    /// Itself.
    pub(crate) const TEXT: u64 = 1;
    /// Itself.
    pub(crate) const RUNG: u64 = 1;
    /// Itself.
    pub(crate) const ERASED: u64 = 1;
    /// Itself.
    pub(crate) const TICKET_OFFERED: u64 = 1;
    /// Itself.
    pub(crate) const REMARK: u64 = 1;
    /// Itself, the next claim, and her leaving as a participant.
    pub(crate) const RETURNED: u64 = 3;
    /// An offer alone; what it makes the chat owe is `owed_by_offer`.
    pub(crate) const OFFER: u64 = 1;
    /// Itself and coming back.
    pub(crate) const PERSON_AWAY: u64 = 2;
    /// Itself, the loss, the next claim, and her coming back and leaving as a participant.
    pub(crate) const OWNER_AWAY: u64 = 5;
}

impl ChatState {
    /// Whether an event of this cost still leaves room for everything that must pass.
    pub(crate) fn room_for(&self, cost: u64) -> bool {
        self.version + self.owed() + cost <= EVENTS_MAX
    }

    /// The most events that must still pass, if nothing optional happens any more.
    pub(crate) fn owed(&self) -> u64 {
        let holder = match &self.phase {
            Phase::New | Phase::Ended { .. } => return 0,
            Phase::Waiting => 1,
            Phase::Active { attendance, .. } => 4 * away(*attendance),
        };
        let end = 1;
        let hands_over = |it: &Transfer| it.hand_over.is_some();
        let transfer = self.transfer.as_ref().map_or(0, |it| owed_by_offer(hands_over(it)));
        let people: u64 = self.participants.values().map(|attendance| 1 + away(*attendance)).sum();
        end + holder + transfer + people + away(self.patron)
    }
}

/// The claim and the old owner's leaving; or, handed over to nobody, the lapse, the return, the
/// next claim and her leaving.
pub(crate) fn owed_by_offer(hand_over: bool) -> u64 {
    if hand_over { 4 } else { 2 }
}

fn away(attendance: Attendance) -> u64 {
    match attendance {
        Attendance::Here => 0,
        Attendance::Away { .. } => 1,
    }
}
