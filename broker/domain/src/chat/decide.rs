//! The rules: what each command makes happen, or why not.
//!
//! Each rule looks at the state, the command and the context, and at nothing else. What a refusal
//! means to the outside stands in `command::Refusal`. The rules of offers are in `transfer`, those
//! of ringing in `ringing`, those of absence and time in `absence`, what people add in `remarks`.

mod absence;
mod remarks;
mod ringing;
mod transfer;

use std::time::Duration;

use deskbell_protocol::ids::{Target, UserId};
use jiff::Timestamp;

use super::command::{Command, Context, Refusal, Waits};
use super::event::{ChatEvent, EndCause};
use super::room::{TEXTS_MAX, cost};
use super::state::{ChatState, Phase};
use crate::person::{Author, Standing};

/// What happens if `command` is asked of `state`. No event means: nothing to do, and no error.
pub fn decide(
    state: &ChatState,
    command: Command,
    context: &Context,
) -> Result<Vec<ChatEvent>, Refusal> {
    match command {
        Command::Open(opened) => ringing::open(state, opened, context),
        Command::Claim { by } => one(claim(state, by, context)),
        Command::Post { by, text, lang } => one(post(state, by, text, lang)),
        Command::Note { by, text } => one(note(state, by, text)),
        Command::Transfer { by, to, note, tell_patron, hand_over } => {
            transfer::may_offer(state, &by, &to, hand_over, context)?;
            let Waits { transfer_lapse, hand_over: handing_over, .. } = context.waits;
            let wait = if hand_over { handing_over } else { transfer_lapse };
            let until = after(context.now, wait);
            Ok(vec![ChatEvent::TransferOffered { by, to, note, tell_patron, hand_over, until }])
        }
        Command::CancelTransfer { by } => one(transfer::cancel(state, by)),
        Command::DeclineTransfer { by, reason } => one(transfer::decline(state, by, reason)),
        Command::Leave { by } => one(leave(state, by)),
        Command::End { by } => one(end(state, by)),
        Command::Dismiss { by, note } => {
            may_dismiss(state, &by, &context.standing)?;
            remarks::dismiss(state, by, note)
        }
        Command::RequestTicket { name, email } => {
            remarks::request_ticket(state, name, email, context)
        }
        Command::SetPatron { by, name, contact } => remarks::set_patron(state, by, name, contact),
        Command::Reveal { by } => remarks::reveal(state, by),
        Command::Tag { by, tags } => remarks::tag(state, by, tags),
        Command::Rate { rating, comment } => remarks::rate(state, rating, comment),
        Command::Return { who, why } => Ok(absence::returned(state, &who, why, context)),
        Command::PatronLost => Ok(absence::patron_lost(state, context)),
        Command::PatronFound => Ok(absence::patron_found(state)),
        Command::OperatorLost { who } => Ok(absence::operator_lost(state, who, context)),
        Command::OperatorFound { who } => Ok(absence::operator_found(state, who)),
        Command::Tick => Ok(absence::tick(state, context)),
        Command::Replan => Ok(ringing::replan(state, context)),
        Command::MarkErased { seqs } => mark_erased(state, seqs),
    }
}

fn one(decided: Result<ChatEvent, Refusal>) -> Result<Vec<ChatEvent>, Refusal> {
    decided.map(|event| vec![event])
}

/// The moment `wait` after `now`, as far as time goes.
fn after(now: Timestamp, wait: Duration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// A chat on which people may still act, or why they may not.
fn live(state: &ChatState) -> Result<(), Refusal> {
    match &state.phase {
        Phase::New => Err(Refusal::NotFound),
        Phase::Ended { .. } => Err(Refusal::Ended),
        Phase::Waiting | Phase::Active { .. } => Ok(()),
    }
}

/// Whether a chat that rings at `target` rings for `user`.
fn stands_at(target: &Target, user: &UserId, standing: &Standing) -> bool {
    standing.status.rings()
        && match target {
            Target::Operator(id) => id == user,
            Target::Department(_) | Target::Coop(_) => standing.monitoring.contains(target),
        }
}

fn claim(state: &ChatState, by: UserId, context: &Context) -> Result<ChatEvent, Refusal> {
    live(state)?;
    let offered = state.transfer.as_ref().map(|offer| &offer.to);
    let transfer = offered.is_some_and(|to| stands_at(to, &by, &context.standing));
    let Some(owner) = state.owner() else {
        let tiers = state.ring.iter().flat_map(|ring| &ring.tiers);
        let rings = tiers.into_iter().any(|tier| stands_at(tier, &by, &context.standing));
        // Who is in the chat already may take it in any status: she is talking to the patron.
        let may = transfer || rings || state.participants.contains_key(&by);
        return if may {
            Ok(ChatEvent::Claimed { by, transfer, idle: context.waits.idle })
        } else {
            Err(Refusal::NotMonitoring)
        };
    };
    if *owner == by {
        Err(Refusal::AlreadyClaimed(by))
    } else if transfer {
        Ok(ChatEvent::Claimed { by, transfer, idle: context.waits.idle })
    } else if offered == Some(&Target::Operator(by)) {
        // Nobody was first: her own status keeps her from taking what is offered to her.
        Err(Refusal::NotMonitoring)
    } else {
        Err(Refusal::AlreadyClaimed(owner.clone()))
    }
}

/// Who could claim it, while nobody owns it.
fn may_dismiss(state: &ChatState, by: &UserId, standing: &Standing) -> Result<(), Refusal> {
    live(state)?;
    if let Some(owner) = state.owner() {
        return Err(Refusal::AlreadyClaimed(owner.clone()));
    }
    let mut tiers = state.ring.iter().flat_map(|ring| &ring.tiers);
    let rings = tiers.any(|tier| stands_at(tier, by, standing));
    if rings { Ok(()) } else { Err(Refusal::NotMonitoring) }
}

fn post(
    state: &ChatState,
    by: Author,
    text: String,
    lang: Option<String>,
) -> Result<ChatEvent, Refusal> {
    live(state)?;
    let may = match &by {
        Author::Patron => true,
        Author::Operator(user) => state.has(user),
        Author::System => false,
    };
    if may {
        text_fits(state)?;
        Ok(ChatEvent::Posted { by, text, lang })
    } else {
        Err(Refusal::NotParticipant)
    }
}

fn note(state: &ChatState, by: UserId, text: String) -> Result<ChatEvent, Refusal> {
    live(state)?;
    if state.has(&by) {
        text_fits(state)?;
        Ok(ChatEvent::Noted { by, text })
    } else {
        Err(Refusal::NotParticipant)
    }
}

fn text_fits(state: &ChatState) -> Result<(), Refusal> {
    let fits = state.version < TEXTS_MAX && state.room_for(cost::TEXT);
    if fits { Ok(()) } else { Err(Refusal::Full) }
}

fn leave(state: &ChatState, by: UserId) -> Result<ChatEvent, Refusal> {
    live(state)?;
    if state.owner() == Some(&by) {
        Err(Refusal::OwnerMustStay)
    } else if state.participants.contains_key(&by) {
        Ok(ChatEvent::Left { by })
    } else {
        Err(Refusal::NotParticipant)
    }
}

fn end(state: &ChatState, by: Author) -> Result<ChatEvent, Refusal> {
    live(state)?;
    let cause = match &by {
        Author::Patron if state.owner().is_some() => EndCause::Patron,
        Author::Patron => EndCause::Missed,
        Author::Operator(user) if state.owner() == Some(user) => EndCause::Operator,
        Author::Operator(_) | Author::System => return Err(Refusal::NotOwner),
    };
    Ok(ChatEvent::Ended { cause, by })
}

/// Also of a chat that is over: that is when most erasures come.
fn mark_erased(state: &ChatState, seqs: Vec<u64>) -> Result<Vec<ChatEvent>, Refusal> {
    if state.phase == Phase::New {
        Err(Refusal::NotFound)
    } else if seqs.is_empty() {
        Ok(vec![])
    } else if state.room_for(cost::ERASED) {
        Ok(vec![ChatEvent::Erased { seqs }])
    } else {
        Err(Refusal::Full)
    }
}
