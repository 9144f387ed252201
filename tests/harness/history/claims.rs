//! Claims: a chat has at most one owner, and who is told that she won did win.

use std::collections::BTreeMap;

use deskbell_client::{Write, Written};
use deskbell_domain::chat::ChatEvent;
use deskbell_protocol::ids::{ChatId, UserId};

use super::stored::{Stored, StoredEvent};
use super::{History, Op, Outcome, Rule, Step, Violation};

pub(super) fn judge(history: &History, stored: &Stored) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (chat, records) in &stored.chats {
        judge_chat(*chat, records, &mut violations);
    }
    judge_answers(history, stored, &mut violations);
    violations
}

/// Folds no more of a chat than who owns it, by itself: not with the code that is judged.
fn judge_chat(chat: ChatId, records: &[StoredEvent], violations: &mut Vec<Violation>) {
    let mut owner: Option<&UserId> = None;
    let mut offered = false;
    let mut over = false;
    for record in records {
        match &record.event {
            ChatEvent::Claimed { by, transfer, idle: _ } => {
                let free = if *transfer { offered } else { owner.is_none() };
                if over || !free {
                    let what = format!("{chat}/{}: {by} claims what {owner:?} has", record.seq);
                    violations.push(Violation::of(Rule::OneWinner, what));
                }
                owner = Some(by);
                offered = false;
            }
            ChatEvent::OwnerLost { .. } | ChatEvent::Returned { .. } => owner = None,
            ChatEvent::TransferOffered { .. } => offered = true,
            ChatEvent::TransferCanceled { .. }
            | ChatEvent::TransferDeclined { .. }
            | ChatEvent::TransferLapsed { .. } => offered = false,
            ChatEvent::Ended { .. } => over = true,
            ChatEvent::Opened(_)
            | ChatEvent::Rung(_)
            | ChatEvent::Posted { .. }
            | ChatEvent::Noted { .. }
            | ChatEvent::Left { .. }
            | ChatEvent::PatronAway { .. }
            | ChatEvent::PatronBack
            | ChatEvent::OperatorAway { .. }
            | ChatEvent::OperatorBack { .. }
            | ChatEvent::ParticipantLost { .. }
            | ChatEvent::TicketOffered { .. }
            | ChatEvent::TicketRequested { .. }
            | ChatEvent::Dismissed { .. }
            | ChatEvent::Idled { .. }
            | ChatEvent::PatronChanged { .. }
            | ChatEvent::ContactRevealed { .. }
            | ChatEvent::Tagged { .. }
            | ChatEvent::Rated { .. }
            | ChatEvent::Erased { .. } => {}
        }
    }
}

/// Each claim that was said to have won is one of the log, and no two are the same.
fn judge_answers(history: &History, stored: &Stored, violations: &mut Vec<Violation>) {
    let mut claims: BTreeMap<Op, ChatId> = BTreeMap::new();
    let mut winners: BTreeMap<(ChatId, u64), Op> = BTreeMap::new();
    for step in &history.steps {
        match step {
            Step::Invoked { op, write: Write::Claim(chat), .. } => {
                claims.insert(*op, *chat);
            }
            Step::Answered { op, outcome: Outcome::Acknowledged(written) } => {
                let Some(chat) = claims.get(op) else { continue };
                let Written { seq, .. } = *written;
                let at = stored.at(*chat, seq).map(|at| &at.event);
                let other = winners.insert((*chat, seq), *op).filter(|other| other != op);
                if other.is_some() || !matches!(at, Some(ChatEvent::Claimed { .. })) {
                    let what = format!("{chat}/{seq}: {op:?} won, and {other:?} did; it is {at:?}");
                    violations.push(Violation::of(Rule::OneWinner, what));
                }
            }
            Step::Invoked { .. }
            | Step::Answered { .. }
            | Step::Said(..)
            | Step::Heard(..)
            | Step::Told(..)
            | Step::Settled(_) => {}
        }
    }
}
