//! Who is gone, for now or for good, and what time does about it.
//!
//! Marks are made once: being lost twice is no second event. In a chat without room for another
//! mark a patron who goes ends it, so that no full chat lives on with nobody in it.

use deskbell_protocol::ids::UserId;

use super::{after, ringing};
use crate::chat::command::Context;
use crate::chat::event::{ChatEvent, EndCause, LapseReason};
use crate::chat::room::cost;
use crate::chat::state::{Attendance, ChatState, Phase};
use crate::person::Author;

pub(super) fn patron_lost(state: &ChatState, context: &Context) -> Vec<ChatEvent> {
    if !state.is_live() || state.patron != Attendance::Here {
        vec![]
    } else if state.room_for(cost::PERSON_AWAY) {
        vec![ChatEvent::PatronAway { until: after(context.now, context.waits.patron_grace) }]
    } else {
        vec![patron_gone(state)]
    }
}

pub(super) fn patron_found(state: &ChatState) -> Vec<ChatEvent> {
    if state.is_live() && state.patron != Attendance::Here {
        vec![ChatEvent::PatronBack]
    } else {
        vec![]
    }
}

pub(super) fn operator_lost(state: &ChatState, who: UserId, context: &Context) -> Vec<ChatEvent> {
    let cost = if state.owner() == Some(&who) { cost::OWNER_AWAY } else { cost::PERSON_AWAY };
    if attendance(state, &who) == Some(Attendance::Here) && state.room_for(cost) {
        let until = after(context.now, context.waits.owner_grace);
        vec![ChatEvent::OperatorAway { who, until }]
    } else {
        vec![]
    }
}

pub(super) fn operator_found(state: &ChatState, who: UserId) -> Vec<ChatEvent> {
    match attendance(state, &who) {
        Some(Attendance::Away { .. }) => vec![ChatEvent::OperatorBack { who }],
        Some(Attendance::Here) | None => vec![],
    }
}

/// Everything that is due by now. A patron who stayed away ends it, whatever else is due.
pub(super) fn tick(state: &ChatState, context: &Context) -> Vec<ChatEvent> {
    if !state.is_live() {
        return vec![];
    }
    if state.patron.is_due(context.now) {
        return vec![patron_gone(state)];
    }
    let mut events: Vec<ChatEvent> = lapse(state, context).into_iter().collect();
    match &state.phase {
        Phase::Active { owner, attendance } if attendance.is_due(context.now) => {
            events.push(ChatEvent::OwnerLost { who: owner.clone() });
            events.extend(ringing::returned(state, context));
        }
        Phase::New | Phase::Waiting | Phase::Active { .. } | Phase::Ended { .. } => {}
    }
    let lost = state.participants.iter().filter(|(_, attendance)| attendance.is_due(context.now));
    events.extend(lost.map(|(who, _)| ChatEvent::ParticipantLost { who: who.clone() }));
    events.extend(ringing::roll_up(state, context));
    events
}

fn lapse(state: &ChatState, context: &Context) -> Option<ChatEvent> {
    let offer = state.transfer.as_ref()?;
    if offer.until <= context.now {
        Some(ChatEvent::TransferLapsed { reason: LapseReason::Time })
    } else if context.target_online {
        None
    } else {
        Some(ChatEvent::TransferLapsed { reason: LapseReason::TargetGone })
    }
}

fn patron_gone(state: &ChatState) -> ChatEvent {
    let cause = if state.owner().is_some() { EndCause::PatronGone } else { EndCause::Missed };
    ChatEvent::Ended { cause, by: Author::System }
}

/// How somebody in a live chat attends it.
fn attendance(state: &ChatState, who: &UserId) -> Option<Attendance> {
    match &state.phase {
        Phase::New | Phase::Ended { .. } => None,
        Phase::Active { owner, attendance } if owner == who => Some(*attendance),
        Phase::Waiting | Phase::Active { .. } => state.participants.get(who).copied(),
    }
}
