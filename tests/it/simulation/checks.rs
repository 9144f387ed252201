//! What must hold of a run beyond the history's rules: what each client was shown is the log as she
//! may see it, her last look at each chat is the log folded, and her list is what rings for her.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use deskbell::actors::say::{Committed, Encode, Say, Whole};
use deskbell::edge::to_wire::Json;
use deskbell::log::memory::MemoryLog;
use deskbell::log::record;
use deskbell::log::{EventLog, Position, StreamId};
use deskbell_client::protocol::ToClient;
use deskbell_client::protocol::event::{ChatEvent, Sequenced};
use deskbell_client::protocol::ids::{ChatId, Target};
use deskbell_client::protocol::to_client::SnapshotReason;
use deskbell_client::protocol::view;
use deskbell_domain::audience::{Audience, sees};
use deskbell_domain::chat::{ChatState, Summary};
use deskbell_domain::directory::Directory;
use futures_util::FutureExt;
use jiff::Timestamp;

use super::model::Model;
use super::workload::{Role, Someone};

/// All chats of the log, as they stand.
pub(super) type Chats = BTreeMap<ChatId, Vec<Arc<Committed>>>;

/// Reads them.
pub(super) fn chats(log: &MemoryLog) -> Chats {
    let mut chats = Chats::new();
    let scan = log.scan(Position::default(), usize::MAX).now_or_never();
    let page = scan.expect("memory does not wait").expect("memory does not fail");
    for (_, stream, record) in page.records {
        let StreamId::Chat(chat) = stream else { continue };
        let entry = &record.entry;
        let event = record::chat::decode(&entry.event).expect("what was encoded");
        let committed = Committed { seq: record.seq, eid: entry.eid, at: entry.at, event };
        chats.entry(chat).or_default().push(Arc::new(committed));
    }
    chats
}

/// What is wrong with someone's view.
pub(super) fn judge(
    someone: &Someone,
    model: &Model,
    chats: &Chats,
    directory: &Directory,
) -> Vec<String> {
    let mut wrong = Vec::new();
    shown(model, chats, directory, &mut wrong);
    last_looks(model, chats, directory, &mut wrong);
    list(someone, model, chats, &mut wrong);
    wrong.iter().map(|what| format!("{}: {what}", someone.name)).collect()
}

fn audience(seen_as: view::Audience) -> Audience {
    match seen_as {
        view::Audience::Patron => Audience::Patron,
        view::Audience::Previewer => Audience::Previewer,
        view::Audience::Staff => Audience::Staff,
        view::Audience::HomeStaff => Audience::HomeStaff,
    }
}

/// Each event as this audience may see it, and hidden exactly where it may not.
fn shown(model: &Model, chats: &Chats, directory: &Directory, wrong: &mut Vec<String>) {
    for (chat, seen_as, sequenced) in &model.seen {
        let Sequenced { seq, eid, at, event } = sequenced.clone();
        let place = usize::try_from(seq - 1).expect("a place");
        let Some(stored) = chats.get(chat).and_then(|events| events.get(place)) else {
            wrong.push(format!("{chat}/{seq} was shown and is not stored"));
            continue;
        };
        let audience = audience(*seen_as);
        let say = Say::Event { audience, chat: *chat, event: stored };
        let told = ToClient::ChatEvent { chat: *chat, seq, eid, at, event: event.clone() };
        if encoded(&say, directory) != told {
            wrong.push(format!("{chat}/{seq} was shown to {audience:?} as {event:?}: {stored:?}"));
        }
        if sees(audience, &stored.event) == matches!(event, ChatEvent::Hidden) {
            wrong.push(format!("{chat}/{seq} {stored:?} is hidden or not, as {audience:?}"));
        }
    }
}

/// Each chat that is still followed, as it was shown last.
fn last_looks(model: &Model, chats: &Chats, directory: &Directory, wrong: &mut Vec<String>) {
    for (chat, known) in model.chats.iter().filter(|(_, it)| it.followed) {
        let Some(events) = chats.get(chat) else {
            wrong.push(format!("{chat} is shown and not stored"));
            continue;
        };
        let (state, last) = (folded(events), &events[events.len() - 1]);
        let whole = &known.whole;
        if (known.at.seq, known.at.eid) != (last.seq, last.eid) {
            wrong.push(format!("{chat} is known up to {:?}, stored up to {}", known.at, last.seq));
        }
        let from = events.len() - whole.events.len().min(events.len());
        let say = Say::Snapshot {
            audience: audience(whole.audience),
            chat: *chat,
            why: Whole::First,
            state: &state,
            eid: last.eid,
            events: &events[from..],
            // Its libraries are open at every hour.
            now: Timestamp::UNIX_EPOCH,
        };
        let mut told = whole.clone();
        told.reason = SnapshotReason::Subscribed;
        if encoded(&say, directory) != ToClient::ChatSnapshot(Box::new(told)) {
            wrong.push(format!("{chat} was last shown as {whole:?}, stored is {state:?}"));
        }
    }
}

/// The list holds what rings where she monitors, and what is offered to her.
fn list(someone: &Someone, model: &Model, chats: &Chats, wrong: &mut Vec<String>) {
    let Role::Operator(user, monitoring) = &someone.role else { return };
    let mut rings_for: BTreeSet<Target> = monitoring.iter().cloned().collect();
    rings_for.insert(Target::Operator(user.clone()));
    let rings = |(chat, events): (&ChatId, &Vec<Arc<Committed>>)| {
        let summary = Summary::of(*chat, &folded(events))?;
        summary.claimable_at().iter().any(|it| rings_for.contains(it)).then_some(*chat)
    };
    let expected: BTreeSet<_> = chats.iter().filter_map(rings).collect();
    let shown: BTreeSet<_> = model.rows.keys().copied().collect();
    if expected != shown {
        wrong.push(format!("the list shows {shown:?} where {expected:?} rings"));
    }
}

fn folded(events: &[Arc<Committed>]) -> ChatState {
    let mut state = ChatState::default();
    for committed in events {
        state.evolve(&committed.event, committed.at);
    }
    state
}

fn encoded(say: &Say<'_>, directory: &Directory) -> ToClient {
    serde_json::from_str(Json.encode(say, directory).as_str()).expect("a frame of the protocol")
}
