//! Offers: made and taken back by the owner, declined by the colleague they were made to. Taking
//! one up is a claim; lapsing is a matter of time (`absence`).

use deskbell_protocol::ids::{Target, UserId};

use super::live;
use crate::chat::command::{Context, Refusal};
use crate::chat::event::ChatEvent;
use crate::chat::room::{cost, owed_by_offer};
use crate::chat::state::ChatState;

/// Whether the owner may offer the chat there now. A new offer replaces the one on the table.
pub(super) fn may_offer(
    state: &ChatState,
    by: &UserId,
    to: &Target,
    hand_over: bool,
    context: &Context,
) -> Result<(), Refusal> {
    live(state)?;
    // What the offer that it replaces made the chat owe is owed already.
    let owed = state.transfer.as_ref().map_or(0, |it| owed_by_offer(it.hand_over.is_some()));
    let cost = cost::OFFER + owed_by_offer(hand_over).saturating_sub(owed);
    if state.owner() != Some(by) {
        Err(Refusal::NotOwner)
    } else if *to == Target::Operator(by.clone()) {
        Err(Refusal::TargetIsOwner)
    } else if !context.target_online {
        Err(Refusal::TargetOffline)
    } else if !state.room_for(cost) {
        Err(Refusal::Full)
    } else {
        Ok(())
    }
}

pub(super) fn cancel(state: &ChatState, by: UserId) -> Result<ChatEvent, Refusal> {
    live(state)?;
    if state.owner() != Some(&by) {
        Err(Refusal::NotOwner)
    } else if state.transfer.is_none() {
        Err(Refusal::NoTransfer)
    } else {
        Ok(ChatEvent::TransferCanceled { by })
    }
}

/// Only a colleague may decline, for herself. An offer to a department or a co-op stands for all
/// who monitor it, so no single one of them may take it from the others: she simply does not claim.
pub(super) fn decline(state: &ChatState, by: UserId, reason: String) -> Result<ChatEvent, Refusal> {
    live(state)?;
    let to_her = state.transfer.as_ref().is_some_and(|it| it.to == Target::Operator(by.clone()));
    if to_her { Ok(ChatEvent::TransferDeclined { by, reason }) } else { Err(Refusal::NoTransfer) }
}
