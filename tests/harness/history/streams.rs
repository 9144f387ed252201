//! What each client was told, frame by frame and then by its SDK: contiguous, once, and the same as
//! the log.

use std::collections::{BTreeMap, BTreeSet};

use deskbell_client::Event;
use deskbell_client::protocol::event::{ChatEvent, Sequenced};
use deskbell_client::protocol::to_broker::ToBroker;
use deskbell_client::protocol::to_client::{Snapshot, SnapshotReason, ToClient};
use deskbell_domain::chat::ChatEvent as Fact;
use deskbell_domain::person::Author;
use deskbell_protocol::ids::{ChatId, Eid};

use super::stored::Stored;
use super::{History, Outcome, Process, Rule, Step, Violation};

/// One client's view, on its present connection and over all.
#[derive(Default)]
struct Reader {
    /// The chats followed on this connection, and the last place told.
    followed: BTreeMap<ChatId, u64>,
    /// Places that a resume was asked from and not begun.
    asked: BTreeMap<ChatId, Option<u64>>,
    /// Chats that this connection asked to follow, or claimed: of others nothing is told.
    wanted: BTreeSet<ChatId>,
    /// Left, but what crosses that on the way may still come.
    leaving: BTreeSet<ChatId>,
    /// The last place ever told of each chat, on any connection.
    seen: BTreeMap<ChatId, u64>,
    /// As whom the client writes, once it does.
    author: Option<Author>,
    /// The last place that the SDK told its app.
    told: BTreeMap<ChatId, u64>,
}

struct Judge<'a> {
    stored: &'a Stored,
    violations: Vec<Violation>,
}

pub(super) fn judge(history: &History, stored: &Stored) -> Vec<Violation> {
    let mut judge = Judge { stored, violations: Vec::new() };
    let mut readers: BTreeMap<&Process, Reader> = BTreeMap::new();
    let mut acknowledged: BTreeMap<ChatId, u64> = BTreeMap::new();
    for step in &history.steps {
        match step {
            Step::Said(who, frame) => readers.entry(who).or_default().says(frame),
            Step::Heard(who, frame) => {
                judge.heard(who, readers.entry(who).or_default(), frame);
            }
            Step::Told(who, event) => judge.told(who, readers.entry(who).or_default(), event),
            Step::Settled(who) => {
                judge.settled(who, readers.entry(who).or_default(), &acknowledged);
            }
            Step::Answered { outcome: Outcome::Acknowledged(written), .. } => {
                let known = acknowledged.entry(written.chat).or_default();
                *known = written.seq.max(*known);
            }
            Step::Invoked { process, author, .. } => {
                readers.entry(process).or_default().author = Some(author.clone());
            }
            Step::Answered { .. } => {}
        }
    }
    judge.violations
}

/// Whether someone was not in a chat at a place from `from` on: who only saw what rang or was
/// offered, or has left, may find on return that it is no longer hers to see.
pub(super) fn was_out(stored: &Stored, chat: ChatId, who: &Author, from: u64) -> bool {
    let Author::Operator(user) = who else { return false };
    let mut inside = false;
    stored.chats.get(&chat).into_iter().flatten().any(|record| {
        match &record.event {
            Fact::Claimed { by, .. } if by == user => inside = true,
            Fact::Left { by: gone } | Fact::ParticipantLost { who: gone } if gone == user => {
                inside = false;
            }
            _ => {}
        }
        record.seq >= from && !inside
    })
}

impl Reader {
    fn says(&mut self, frame: &ToBroker) {
        match frame {
            ToBroker::Hello { .. } => {
                self.followed.clear();
                self.asked.clear();
                self.leaving.clear();
                self.wanted.clear();
            }
            ToBroker::ChatClaim { chat, .. } => {
                self.wanted.insert(*chat);
            }
            ToBroker::ChatSubscribe { chat, from, .. } => {
                self.wanted.insert(*chat);
                self.asked.insert(*chat, from.map(|from| from.seq));
                self.leaving.remove(chat);
            }
            ToBroker::ChatUnsubscribe { chat, .. } => {
                self.asked.remove(chat);
                self.followed.remove(chat);
                self.wanted.remove(chat);
                self.leaving.insert(*chat);
            }
            _ => {}
        }
    }

    /// What comes next of a chat may follow a resume: from where?
    fn begin(&mut self, chat: ChatId) -> Option<u64> {
        if let Some(from) = self.asked.remove(&chat).flatten() {
            self.followed.insert(chat, from);
        }
        self.followed.get(&chat).copied()
    }

    fn saw(&mut self, chat: ChatId, seq: u64) {
        self.followed.insert(chat, seq);
        let seen = self.seen.entry(chat).or_default();
        *seen = seq.max(*seen);
    }
}

impl Judge<'_> {
    fn heard(&mut self, who: &Process, reader: &mut Reader, frame: &ToClient) {
        match frame {
            ToClient::ChatEvent { chat, seq, eid, event, .. } => {
                self.event(who, reader, *chat, (*seq, *eid), event);
            }
            ToClient::ChatReplay { chat, events, .. } => {
                reader.begin(*chat);
                for Sequenced { seq, eid, event, .. } in events {
                    self.event(who, reader, *chat, (*seq, *eid), event);
                }
            }
            ToClient::ChatSnapshot(snapshot) => self.snapshot(who, reader, snapshot),
            ToClient::ChatClosed { chat, .. } => {
                reader.followed.remove(chat);
            }
            ToClient::Ok { chat: Some(chat), seq: Some(seq), .. } => {
                let seen = reader.seen.get(chat).copied().unwrap_or_default();
                // Who is out, declines from outside, or follows it no longer since she last
                // connected, has no stream to see it in.
                let out = !reader.followed.contains_key(chat)
                    && reader.author.as_ref().is_some_and(|it| {
                        let unfollowed =
                            matches!(it, Author::Operator(_)) && !reader.wanted.contains(chat);
                        unfollowed || was_out(self.stored, *chat, it, *seq)
                    });
                if seen < *seq && !out {
                    let what = format!("{who}: {chat}/{seq} is acknowledged, told up to {seen}");
                    self.broken(Rule::ReadYourWrites, what);
                }
            }
            _ => {}
        }
    }

    fn event(
        &mut self,
        who: &Process,
        reader: &mut Reader,
        chat: ChatId,
        (seq, eid): (u64, Eid),
        event: &ChatEvent,
    ) {
        if reader.leaving.contains(&chat) {
            return;
        }
        self.same_as_stored(who, chat, (seq, eid), event);
        match reader.begin(chat) {
            Some(last) if seq == last + 1 => reader.saw(chat, seq),
            Some(last) if seq <= last => {
                let what = format!("{who}: {chat}/{seq} is told again after {last}");
                self.broken(Rule::NothingDuplicated, what);
            }
            last => {
                let what = format!("{who}: {chat}/{seq} is told after {last:?}");
                self.broken(Rule::NoGap, what);
                reader.saw(chat, seq);
            }
        }
    }

    fn snapshot(&mut self, who: &Process, reader: &mut Reader, snapshot: &Snapshot) {
        let Snapshot { chat, seq, eid, reason, events, .. } = snapshot;
        let seen = reader.seen.get(chat).copied().unwrap_or_default();
        if *reason == SnapshotReason::Diverged || *seq < seen {
            let what = format!("{who}: {chat} goes back from {seen} to {seq} ({reason:?})");
            self.broken(Rule::OneOrder, what);
        }
        let first = (seq + 1).saturating_sub(events.len() as u64);
        for (place, Sequenced { seq, eid, event, .. }) in (first..).zip(events) {
            if place != *seq {
                let what = format!("{who}: a snapshot of {chat} has {seq} at {place}");
                self.broken(Rule::NoGap, what);
            }
            self.same_as_stored(who, *chat, (*seq, *eid), event);
        }
        if self.stored.at(*chat, *seq).map(|at| at.eid) != Some(*eid) {
            let what = format!("{who}: a snapshot stands at {chat}/{seq} {eid}, which is no place");
            self.broken(Rule::OneOrder, what);
        }
        reader.asked.remove(chat);
        reader.leaving.remove(chat);
        reader.saw(*chat, *seq);
    }

    /// What a reader sees at a place is what the log has there.
    fn same_as_stored(
        &mut self,
        who: &Process,
        chat: ChatId,
        (seq, eid): (u64, Eid),
        seen: &ChatEvent,
    ) {
        let same = self.stored.at(chat, seq).is_some_and(|at| {
            at.eid == eid
                && match (seen, &at.event) {
                    (ChatEvent::Hidden, _) => true,
                    (ChatEvent::Posted { text, .. }, Fact::Posted { text: stored, .. })
                    | (ChatEvent::Noted { text, .. }, Fact::Noted { text: stored, .. }) => {
                        text == stored
                    }
                    (ChatEvent::Posted { .. } | ChatEvent::Noted { .. }, _)
                    | (_, Fact::Posted { .. } | Fact::Noted { .. }) => false,
                    _ => true,
                }
        });
        if !same {
            let at = self.stored.at(chat, seq).map(|at| (at.eid, &at.event));
            let what = format!("{who}: {chat}/{seq} is told as {eid} {seen:?}, stored is {at:?}");
            self.broken(Rule::OneOrder, what);
        }
    }

    /// After the SDK removed duplicates nothing may be left to remove, or be missing.
    fn told(&mut self, who: &Process, reader: &mut Reader, event: &Event) {
        match event {
            Event::Snapshot(snapshot) => {
                reader.told.insert(snapshot.chat, snapshot.seq);
            }
            Event::Chat { chat, sequenced } => {
                let last = reader.told.insert(*chat, sequenced.seq);
                if last != Some(sequenced.seq - 1) {
                    let again = last.is_some_and(|last| sequenced.seq <= last);
                    let rule = if again { Rule::NothingDuplicated } else { Rule::NoGap };
                    let what =
                        format!("{who}: the app is told {chat}/{} after {last:?}", sequenced.seq);
                    self.broken(rule, what);
                }
            }
            Event::ChatLost { chat, refused } => {
                let from = reader.told.remove(chat).unwrap_or_default();
                let author = reader.author.as_ref();
                if !author.is_some_and(|it| was_out(self.stored, *chat, it, from)) {
                    let what = format!("{who}: {chat} is not resumed: {:?}", refused.code);
                    self.broken(Rule::NoGap, what);
                }
            }
            _ => {}
        }
    }

    fn settled(
        &mut self,
        who: &Process,
        reader: &mut Reader,
        acknowledged: &BTreeMap<ChatId, u64>,
    ) {
        for (chat, last) in &reader.followed {
            let known = acknowledged.get(chat).copied().unwrap_or_default();
            let told = reader.told.get(chat).copied().unwrap_or_default();
            if *last < known || told < known {
                let what =
                    format!("{who}: {chat} is known up to {known}, heard {last}, told {told}");
                self.broken(Rule::CaughtUp, what);
            }
        }
    }

    fn broken(&mut self, rule: Rule, what: String) {
        self.violations.push(Violation::of(rule, what));
    }
}
