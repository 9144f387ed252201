//! How often a run reached what it is about: each kind of fault, of outcome and of event.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use deskbell::log::memory::MemoryLog;
use deskbell::log::record;
use deskbell_client::Write;
use deskbell_client::protocol::codes::ErrorCode;
use deskbell_domain::chat::ChatEvent;
use deskbell_tests::history::{History, Outcome, Step};

use super::checks;
use super::network::Weather;
use super::workload::Standing;

/// How often what was reached.
pub(super) type Reached = BTreeMap<&'static str, u64>;

/// What the seeds together must reach, or they prove too little.
pub(super) const MUST_REACH: &[&str] = &[
    "partition",
    "partition to the broker",
    "partition from the broker",
    "drops",
    "hold",
    "crash",
    "reloads",
    "reconnects",
    "batches late",
    "batches refused",
    "unknown and stored",
    "unknown and lost",
    "reads refused",
    "kept in a crash",
    "lost in a crash",
    "conflicts",
    "claims lost",
    "chat.rung",
    "chat.claimed",
    "chat.noted",
    "chat.transfer_offered",
    "chat.transfer_canceled",
    "chat.transfer_declined",
    "chat.transfer_lapsed",
    "transfers taken",
    "chat.left",
    "chat.patron_away",
    "chat.patron_back",
    "chat.operator_away",
    "chat.operator_back",
    "chat.owner_lost",
    "chat.participant_lost",
    "chat.ended",
];

/// Counts what a run reached, beyond what its network did.
pub(super) fn count(
    reached: &mut Reached,
    weather: &Weather,
    history: &History,
    standing: &BTreeMap<&'static str, Standing>,
    log: &MemoryLog,
) {
    let mut put = |what, times| *reached.entry(what).or_default() += times;
    let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    put("batches late", of(&weather.late));
    put("batches refused", of(&weather.unavailable));
    put("unknown and stored", of(&weather.unknown_applied));
    put("unknown and lost", of(&weather.unknown_lost));
    put("reads refused", of(&weather.unread));
    put("conflicts", of(&weather.conflicts));
    put("lost in a crash", of(&weather.crash_lost));
    put("kept in a crash", of(&weather.crash_kept));
    put("reloads", standing.values().map(|it| it.reloads).sum());
    let loads = |it: &Standing| it.reloads + 1;
    put("reconnects", standing.values().map(|it| it.model.opened.saturating_sub(loads(it))).sum());
    put("claims lost", lost_claims(history));
    put("writes stored", history.acknowledged().count() as u64);
    for events in checks::chats(log).values() {
        put("chats", 1);
        for committed in events {
            put(kind_of(&committed.event), 1);
            let taken = matches!(committed.event, ChatEvent::Claimed { transfer: true, .. });
            put("transfers taken", u64::from(taken));
        }
    }
}

/// Claims that someone else won.
fn lost_claims(history: &History) -> u64 {
    let mut claims = BTreeMap::new();
    let mut lost = 0;
    for step in &history.steps {
        match step {
            Step::Invoked { op, write, .. } => {
                claims.insert(*op, matches!(write, Write::Claim(_)));
            }
            Step::Answered { op, outcome: Outcome::Refused(code) } => {
                let raced = *code == ErrorCode::AlreadyClaimed;
                lost += u64::from(claims[op] && raced);
            }
            _ => {}
        }
    }
    lost
}

fn kind_of(event: &ChatEvent) -> &'static str {
    record::chat::encode(event).kind
}
