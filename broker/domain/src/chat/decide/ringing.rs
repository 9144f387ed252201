//! Where a chat rings: at the first option that is online, then at one more each time the roll-up
//! wait is over, and at once when nobody is left where it rings. What rang goes on ringing.
//!
//! A roll-up that finds nobody is spent: it is stored as a ring at no place, and from then on an
//! option that comes online rings at once. So no wait ever falls due twice.

use deskbell_protocol::ids::Target;

use super::after;
use crate::chat::command::{Context, Refusal};
use crate::chat::event::{ChatEvent, OfferReason, Opened, Ring};
use crate::chat::room::cost;
use crate::chat::state::{ChatState, Phase, Rang};
use crate::routing::{Skipped, Verdict};

pub(super) fn open(
    state: &ChatState,
    mut opened: Box<Opened>,
    context: &Context,
) -> Result<Vec<ChatEvent>, Refusal> {
    if state.phase != Phase::New {
        return Err(Refusal::NotFound);
    }
    opened.ring = next(&[], context).ok_or(Refusal::Offline)?;
    opened.ticket_at = Some(after(context.now, context.waits.ticket_offer));
    Ok(vec![ChatEvent::Opened(opened)])
}

/// Rings at once what should ring already: the next option if nobody is left at those that ring, or
/// if the last roll-up came and found nobody.
pub(super) fn replan(state: &ChatState, context: &Context) -> Vec<ChatEvent> {
    let Some(ring) = waiting(state) else { return vec![] };
    let overdue = ring.rolls_at.is_none_or(|at| at <= context.now);
    let empty = nobody_left(ring, context);
    if !overdue && !empty {
        return vec![];
    }
    match next(&ring.tiers, context) {
        Some(more) => vec![ChatEvent::Rung(more)],
        None if empty && ring.ticket_at.is_some() => {
            vec![ChatEvent::TicketOffered { why: OfferReason::Nobody }]
        }
        None => vec![],
    }
}

/// The offer of a ticket to a patron who waited as long as the widget says. The chat goes on
/// waiting, and may be claimed.
pub(super) fn ticket_due(state: &ChatState, context: &Context) -> Option<ChatEvent> {
    let due = state.ticket_at().is_some_and(|at| at <= context.now);
    due.then_some(ChatEvent::TicketOffered { why: OfferReason::Waited })
}

/// What a roll-up that fell due rings.
pub(super) fn roll_up(state: &ChatState, context: &Context) -> Option<ChatEvent> {
    let ring = waiting(state)?;
    ring.rolls_at.filter(|at| *at <= context.now)?;
    Some(ChatEvent::Rung(next(&ring.tiers, context).unwrap_or_else(|| spent(ring, context))))
}

/// What rings at once when a chat comes back to its tiers and finds nobody there any more.
pub(super) fn returned(state: &ChatState, context: &Context) -> Option<ChatEvent> {
    let ring = state.ring.as_ref().filter(|_| state.room_for(cost::RUNG))?;
    nobody_left(ring, context).then(|| next(&ring.tiers, context))?.map(ChatEvent::Rung)
}

fn waiting(state: &ChatState) -> Option<&Rang> {
    let waits = state.phase == Phase::Waiting && state.room_for(cost::RUNG);
    state.ring.as_deref().filter(|_| waits)
}

fn nobody_left(ring: &Rang, context: &Context) -> bool {
    let online = |tier: &Target| context.plan.options.contains(&(tier.clone(), Verdict::Online));
    !ring.tiers.iter().any(online)
}

/// The first option that is online and does not ring yet, which may stand before those that do:
/// staff who come late to the library's own department hear it too.
fn next(rung: &[Target], context: &Context) -> Option<Ring> {
    let options = &context.plan.options;
    let fresh = |(option, _): &&(Target, Verdict)| !rung.contains(option);
    let (tier, _) =
        options.iter().filter(fresh).find(|(_, verdict)| *verdict == Verdict::Online)?;
    let rings = |option: &Target| option == tier || rung.contains(option);
    let furthest = options.iter().rposition(|(option, _)| rings(option));
    let more = options.iter().enumerate().any(|(place, (option, verdict))| {
        !rings(option) && (Some(place) > furthest || *verdict == Verdict::Online)
    });
    Some(Ring {
        tiers: vec![tier.clone()],
        skipped: skipped(rung, options.iter().take_while(|(option, _)| option != tier)),
        rolls_at: more.then(|| after(context.now, context.waits.roll_up)),
        directory: context.directory,
    })
}

fn spent(ring: &Rang, context: &Context) -> Ring {
    Ring {
        tiers: vec![],
        skipped: skipped(&ring.tiers, context.plan.options.iter()),
        rolls_at: None,
        directory: context.directory,
    }
}

fn skipped<'a>(
    rung: &[Target],
    options: impl Iterator<Item = &'a (Target, Verdict)>,
) -> Vec<Skipped> {
    let passed_over = |(option, verdict): &(Target, Verdict)| match verdict {
        Verdict::Offline(reason) if !rung.contains(option) => {
            Some(Skipped { option: option.clone(), reason: *reason })
        }
        Verdict::Offline(_) | Verdict::Online => None,
    };
    options.filter_map(passed_over).collect()
}
