//! Who is gone, for now or for good, and what time does about it.
//!
//! Marks are made once: being lost twice is no second event. In a chat without room for another
//! mark a patron who goes ends it, so that no full chat lives on with nobody in it.

use deskbell_protocol::ids::UserId;

use super::{after, ringing};
use crate::chat::command::Context;
use crate::chat::event::{ChatEvent, EndCause, LapseReason, ReturnReason};
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
    let mut events = lapse(state, context);
    match &state.phase {
        // Handed over to nobody: it waits again already.
        _ if events.iter().any(|it| matches!(it, ChatEvent::Returned { .. })) => {}
        Phase::Active { owner, attendance } if attendance.is_due(context.now) => {
            events.push(ChatEvent::OwnerLost { who: owner.clone() });
            events.extend(ringing::returned(state, context));
        }
        Phase::New | Phase::Waiting | Phase::Active { .. } | Phase::Ended { .. } => {}
    }
    let lost = state.participants.iter().filter(|(_, attendance)| attendance.is_due(context.now));
    events.extend(lost.map(|(who, _)| ChatEvent::ParticipantLost { who: who.clone() }));
    if events.is_empty() && state.idle_at().is_some_and(|at| at <= context.now) {
        events.push(ChatEvent::Idled { text: context.idle_text.clone() });
    }
    let rings = ringing::roll_up(state, context);
    let room = cost::TICKET_OFFERED + rings.as_ref().map_or(0, |_| cost::RUNG);
    events.extend(rings);
    events.extend(ringing::ticket_due(state, context).filter(|_| state.room_for(room)));
    events
}

/// An operator may not go on. In a chat without room to wait again it ends: nobody may stay in it
/// without the right to.
pub(super) fn returned(
    state: &ChatState,
    who: &UserId,
    why: ReturnReason,
    context: &Context,
) -> Vec<ChatEvent> {
    if state.is_live() && state.participants.contains_key(who) {
        vec![ChatEvent::ParticipantLost { who: who.clone() }]
    } else if state.owner() != Some(who) {
        vec![]
    } else if state.room_for(cost::RETURNED) {
        let event = ChatEvent::Returned { who: who.clone(), why, note: None };
        std::iter::once(event).chain(ringing::returned(state, context)).collect()
    } else {
        vec![ChatEvent::Ended { cause: EndCause::Operator, by: Author::System }]
    }
}

/// An offer that lapses; what was handed over to nobody waits again.
fn lapse(state: &ChatState, context: &Context) -> Vec<ChatEvent> {
    let Some(offer) = &state.transfer else { return vec![] };
    let reason = if offer.until <= context.now {
        LapseReason::Time
    } else if context.target_online {
        return vec![];
    } else {
        LapseReason::TargetGone
    };
    let mut events = vec![ChatEvent::TransferLapsed { reason }];
    if let Some(hand_over) = offer.hand_over.as_ref().filter(|_| state.owner() == Some(&offer.by)) {
        let (who, note) = (offer.by.clone(), hand_over.note.clone());
        events.push(ChatEvent::Returned { who, why: ReturnReason::HandOver, note });
        events.extend(ringing::returned(state, context));
    }
    events
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
