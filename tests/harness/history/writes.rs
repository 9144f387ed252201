//! Writes against the log: none lost, none twice, none from nowhere, all in order.

use std::collections::{BTreeMap, BTreeSet};

use deskbell_client::{Write, Written};
use deskbell_domain::chat::ChatEvent;
use deskbell_domain::person::Author;
use deskbell_protocol::ids::{ChatId, Cmid, Eid};

use super::stored::{Stored, StoredEvent};
use super::{History, Op, Outcome, Process, Rule, Step, Violation};

/// An invocation and what became of it.
struct Invocation<'a> {
    process: &'a Process,
    author: &'a Author,
    cmid: Cmid,
    write: &'a Write,
    outcome: Outcome,
    /// The last place that anyone knew to be taken in its chat when it was made.
    floor: u64,
}

/// Where a write stands in the log.
type Places = BTreeMap<Cmid, Vec<(ChatId, u64)>>;

pub(super) fn judge(history: &History, stored: &Stored) -> Vec<Violation> {
    let mut violations = Vec::new();
    let invocations = invocations(history, &mut violations);
    let places = places(stored, &mut violations);
    for (op, invocation) in &invocations {
        judge_one(*op, invocation, stored, &places, &mut violations);
    }
    let written = invocations.values().map(|it| (it.cmid, it)).collect();
    nothing_from_nowhere(stored, &written, &mut violations);
    in_order_of_calls(&invocations, &places, &mut violations);
    violations
}

/// All invocations; on the way, whether each sender's answers come in the order of the log.
fn invocations<'a>(
    history: &'a History,
    violations: &mut Vec<Violation>,
) -> BTreeMap<Op, Invocation<'a>> {
    let mut invocations: BTreeMap<Op, Invocation<'_>> = BTreeMap::new();
    let mut acknowledged: BTreeMap<ChatId, u64> = BTreeMap::new();
    let mut last_of: BTreeMap<(&Process, ChatId), u64> = BTreeMap::new();
    for step in &history.steps {
        match step {
            Step::Invoked { op, process, author, cmid, write } => {
                let known = write.chat().and_then(|chat| acknowledged.get(&chat));
                let floor = known.copied().unwrap_or_default();
                let outcome = Outcome::Unknown;
                let (cmid, write) = (*cmid, write);
                let it = Invocation { process, author, cmid, write, outcome, floor };
                invocations.insert(*op, it);
            }
            Step::Answered { op, outcome } => {
                let Some(invocation) = invocations.get_mut(op) else { continue };
                invocation.outcome = *outcome;
                let Outcome::Acknowledged(Written { chat, seq, .. }) = *outcome else { continue };
                let known = acknowledged.entry(chat).or_default();
                *known = seq.max(*known);
                let last = last_of.entry((invocation.process, chat)).or_default();
                if seq <= *last {
                    let what = format!(
                        "{}: {chat}/{seq} is acknowledged after {chat}/{last}",
                        invocation.process
                    );
                    violations.push(Violation::of(Rule::WritesInOrder, what));
                }
                *last = seq;
            }
            Step::Said(..) | Step::Heard(..) | Step::Told(..) | Step::Settled(_) => {}
        }
    }
    invocations
}

/// Where each write stands; on the way, whether it or an identity stands there twice.
fn places(stored: &Stored, violations: &mut Vec<Violation>) -> Places {
    let mut places = Places::new();
    let mut eids: BTreeSet<(ChatId, Eid)> = BTreeSet::new();
    for (chat, records) in &stored.chats {
        for record in records {
            if !eids.insert((*chat, record.eid)) {
                let what = format!("{chat}/{}: {} is stored twice", record.seq, record.eid);
                violations.push(Violation::of(Rule::NothingDuplicated, what));
            }
            if let Some(cmid) = record.cmid {
                places.entry(cmid).or_default().push((*chat, record.seq));
            }
        }
    }
    for (cmid, places) in &places {
        if let [first, second, ..] = places.as_slice() {
            let what = format!("{cmid} is stored at {first:?} and at {second:?}");
            violations.push(Violation::of(Rule::NothingDuplicated, what));
        }
    }
    places
}

fn judge_one(
    op: Op,
    it: &Invocation<'_>,
    stored: &Stored,
    places: &Places,
    violations: &mut Vec<Violation>,
) {
    let at = places.get(&it.cmid).and_then(|places| places.first()).copied();
    match (it.outcome, at) {
        (Outcome::Acknowledged(written), _) if !holds(it, written, stored) => {
            let what = format!(
                "{}: {op:?} {} was acknowledged at {}/{} and stands at {at:?}",
                it.process, it.cmid, written.chat, written.seq
            );
            violations.push(Violation::of(Rule::NothingLost, what));
        }
        (Outcome::Refused(code), Some(at)) => {
            let what = format!(
                "{}: {} was refused ({code:?}) and is stored at {at:?}",
                it.process, it.cmid
            );
            violations.push(Violation::of(Rule::NothingFromNowhere, what));
        }
        (Outcome::Acknowledged(_) | Outcome::Refused(_) | Outcome::Unknown, _) => {}
    }
    if let Some((chat, seq)) = at
        && seq <= it.floor
    {
        let what =
            format!("{}: {chat}/{seq} was made after {chat}/{} was known", it.process, it.floor);
        violations.push(Violation::of(Rule::WritesInOrder, what));
    }
}

/// Whether the log holds an acknowledged write where its answer said.
fn holds(it: &Invocation<'_>, written: Written, stored: &Stored) -> bool {
    let at = stored.at(written.chat, written.seq);
    at.is_some_and(|at| at.eid == written.eid && at.cmid == Some(it.cmid))
}

fn nothing_from_nowhere(
    stored: &Stored,
    written: &BTreeMap<Cmid, &Invocation<'_>>,
    violations: &mut Vec<Violation>,
) {
    for (chat, records) in &stored.chats {
        for record in records {
            let invocation = record.cmid.and_then(|cmid| written.get(&cmid));
            let fits = match (record.cmid, invocation) {
                (None, _) => record.author == Author::System,
                (Some(_), None) => false,
                (Some(_), Some(it)) => {
                    record.author == *it.author
                        && it.write.chat().is_none_or(|to| to == *chat)
                        && same(it.write, &record.event)
                }
            };
            if !fits {
                let StoredEvent { seq, author, event, .. } = record;
                let what = format!("{chat}/{seq}: nobody wrote {event:?} as {author}");
                violations.push(Violation::of(Rule::NothingFromNowhere, what));
            }
        }
    }
}

/// Whether an event is what a write asked for, word for word.
fn same(write: &Write, event: &ChatEvent) -> bool {
    match (write, event) {
        (Write::Open(ring), ChatEvent::Opened(it)) => ring.question == it.question,
        (Write::Post { text: asked, .. }, ChatEvent::Posted { text, .. })
        | (Write::Note { text: asked, .. }, ChatEvent::Noted { text, .. }) => asked == text,
        (Write::Transfer { to: asked, .. }, ChatEvent::TransferOffered { to, .. }) => asked == to,
        (
            Write::DeclineTransfer { reason: asked, .. },
            ChatEvent::TransferDeclined { reason, .. },
        ) => asked == reason,
        (Write::Claim(_), ChatEvent::Claimed { .. })
        | (Write::CancelTransfer(_), ChatEvent::TransferCanceled { .. })
        | (Write::Leave(_), ChatEvent::Left { .. })
        | (Write::End(_), ChatEvent::Ended { .. }) => true,
        _ => false,
    }
}

/// What one client wrote to one chat stands in the order in which it did so.
fn in_order_of_calls(
    invocations: &BTreeMap<Op, Invocation<'_>>,
    places: &Places,
    violations: &mut Vec<Violation>,
) {
    let mut last_of: BTreeMap<(&Process, ChatId), u64> = BTreeMap::new();
    for it in invocations.values() {
        let Some((chat, seq)) = places.get(&it.cmid).and_then(|at| at.first()).copied() else {
            continue;
        };
        let last = last_of.entry((it.process, chat)).or_default();
        if seq <= *last {
            let what = format!("{}: {chat}/{seq} was written after {chat}/{last}", it.process);
            violations.push(Violation::of(Rule::WritesInOrder, what));
        }
        *last = seq.max(*last);
    }
}
