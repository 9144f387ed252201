//! What people add to a chat besides texts: tags, corrections of who the patron is, a look at her
//! contact, a ticket instead of an answer, a rating. None of it changes who owns the chat.

use std::collections::BTreeSet;

use deskbell_protocol::ids::UserId;

use super::live;
use crate::chat::command::{Context, Refusal};
use crate::chat::event::{ChatEvent, EndCause, Rating};
use crate::chat::room::cost;
use crate::chat::state::{ChatState, Phase};
use crate::person::Author;

/// Whoever could claim a waiting chat may dismiss it: it is gone for everybody.
pub(super) fn dismiss(
    state: &ChatState,
    by: UserId,
    note: Option<String>,
) -> Result<Vec<ChatEvent>, Refusal> {
    fits(state)?;
    let ended = ChatEvent::Ended { cause: EndCause::Dismissed, by: Author::Operator(by.clone()) };
    Ok(vec![ChatEvent::Dismissed { by, note }, ended])
}

/// While nobody answers, and after the end; once. It ends the wait.
pub(super) fn request_ticket(
    state: &ChatState,
    name: String,
    email: String,
    context: &Context,
) -> Result<Vec<ChatEvent>, Refusal> {
    if state.ticket_requested {
        return Ok(vec![]);
    }
    fits(state)?;
    let queue = context.ticket_queue.clone();
    let requested = ChatEvent::TicketRequested { name, email, queue };
    match &state.phase {
        Phase::New => Err(Refusal::NotFound),
        Phase::Active { owner, .. } => Err(Refusal::BeingAnswered(owner.clone())),
        Phase::Ended { .. } => Ok(vec![requested]),
        Phase::Waiting => {
            let ended = ChatEvent::Ended { cause: EndCause::Ticket, by: Author::Patron };
            Ok(vec![requested, ended])
        }
    }
}

pub(super) fn set_patron(
    state: &ChatState,
    by: Author,
    name: Option<String>,
    contact: Option<String>,
) -> Result<Vec<ChatEvent>, Refusal> {
    match &by {
        Author::Operator(user) => inside(state, user)?,
        Author::Patron => live(state)?,
        Author::System => return Err(Refusal::NotParticipant),
    }
    fits(state)?;
    if name.is_none() && contact.is_none() {
        return Ok(vec![]);
    }
    Ok(vec![ChatEvent::PatronChanged { by, name, contact }])
}

/// On record, once for each operator.
pub(super) fn reveal(state: &ChatState, by: UserId) -> Result<Vec<ChatEvent>, Refusal> {
    inside(state, &by)?;
    if state.revealed.contains(&by) {
        return Ok(vec![]);
    }
    fits(state)?;
    Ok(vec![ChatEvent::ContactRevealed { by }])
}

pub(super) fn tag(
    state: &ChatState,
    by: UserId,
    tags: BTreeSet<String>,
) -> Result<Vec<ChatEvent>, Refusal> {
    inside(state, &by)?;
    if state.tags == tags {
        return Ok(vec![]);
    }
    fits(state)?;
    Ok(vec![ChatEvent::Tagged { by, tags }])
}

/// After the end, of a chat that somebody answered. A later rating replaces an earlier one.
pub(super) fn rate(
    state: &ChatState,
    rating: Rating,
    comment: Option<String>,
) -> Result<Vec<ChatEvent>, Refusal> {
    match &state.phase {
        Phase::New => Err(Refusal::NotFound),
        Phase::Waiting | Phase::Active { .. } => Err(Refusal::NotEnded),
        Phase::Ended { .. } if !state.was_claimed => Err(Refusal::NeverAnswered),
        Phase::Ended { .. } => {
            fits(state)?;
            Ok(vec![ChatEvent::Rated { rating, comment }])
        }
    }
}

/// Who is in the chat, or was when it ended.
fn inside(state: &ChatState, user: &UserId) -> Result<(), Refusal> {
    match &state.phase {
        Phase::New => Err(Refusal::NotFound),
        _ if state.has(user) => Ok(()),
        _ => Err(Refusal::NotParticipant),
    }
}

fn fits(state: &ChatState) -> Result<(), Refusal> {
    if state.room_for(cost::REMARK) { Ok(()) } else { Err(Refusal::Full) }
}
