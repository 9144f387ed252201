//! Writes that the broker has not answered yet, in an order kept per chat. Pure.
//!
//! One lane per chat (and one for rings) with one write on the wire at a time: a pipelined second
//! write could be stored although the first was refused for now, and the order would be lost. A
//! lane that was told to wait holds up nobody else. A write keeps its `cmid` in every try, so that
//! sending it again is always safe. Not here: frames, timers, request ids' meaning (`session`).

use std::collections::{BTreeMap, VecDeque};

use tokio::time::Instant;

use crate::client::Reply;
use crate::protocol::ids::{ChatId, Cmid};
use crate::write::{Write, Written};

/// Where a write waits: behind earlier writes to the same chat, or behind earlier rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    /// New chats.
    Rings,
    /// One chat.
    Chat(ChatId),
}

/// A write and whom to tell.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) cmid: Cmid,
    pub(crate) write: Write,
    pub(crate) reply: Reply<Written>,
}

#[derive(Debug, Default)]
struct Queue {
    entries: VecDeque<Entry>,
    /// The first entry is on the wire of the present connection.
    sent: bool,
    /// The broker said "not now": nothing of this lane is sent before.
    paused_until: Option<Instant>,
    /// How often in a row it said so to the first entry.
    pauses: u32,
}

/// All unanswered writes.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    lanes: BTreeMap<Lane, Queue>,
    len: usize,
}

impl Outbox {
    /// How many writes are unanswered.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Puts a write at the end of its lane.
    pub(crate) fn push(&mut self, entry: Entry) {
        let lane = entry.write.chat().map_or(Lane::Rings, Lane::Chat);
        self.lanes.entry(lane).or_default().entries.push_back(entry);
        self.len += 1;
    }

    /// The first lane whose next write may be sent now; `held` lanes are skipped. The write counts
    /// as sent from here on.
    pub(crate) fn send_next(
        &mut self,
        now: Instant,
        held: impl Fn(Lane) -> bool,
    ) -> Option<(Lane, &Entry)> {
        let ready = |(lane, queue): &(&Lane, &mut Queue)| {
            !queue.sent && queue.paused_until.is_none_or(|until| until <= now) && !held(**lane)
        };
        let (lane, queue) = self.lanes.iter_mut().find(ready)?;
        queue.sent = true;
        queue.paused_until = None;
        queue.entries.front().map(|entry| (*lane, entry))
    }

    /// The first write of a lane was answered for good: it leaves.
    pub(crate) fn answered(&mut self, lane: Lane) -> Option<Entry> {
        let queue = self.lanes.get_mut(&lane)?;
        let entry = queue.entries.pop_front()?;
        self.len -= 1;
        queue.sent = false;
        queue.pauses = 0;
        if queue.entries.is_empty() {
            self.lanes.remove(&lane);
        }
        Some(entry)
    }

    /// How often in a row the first write of a lane was put off.
    pub(crate) fn pauses(&self, lane: Lane) -> u32 {
        self.lanes.get(&lane).map_or(0, |queue| queue.pauses)
    }

    /// The first write of a lane was refused for now: it stays first, and its lane waits.
    pub(crate) fn put_off(&mut self, lane: Lane, until: Instant) {
        if let Some(queue) = self.lanes.get_mut(&lane) {
            queue.sent = false;
            queue.pauses = queue.pauses.saturating_add(1);
            queue.paused_until = Some(until);
        }
    }

    /// The connection is gone: what was on the wire has an unknown outcome and is sent again.
    pub(crate) fn disconnected(&mut self) {
        for queue in self.lanes.values_mut() {
            queue.sent = false;
        }
    }

    /// When the next pause ends.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.lanes.values().filter(|queue| !queue.sent).filter_map(|q| q.paused_until).min()
    }

    /// Everything, when the client is over for good.
    pub(crate) fn drain(&mut self) -> Vec<Entry> {
        self.len = 0;
        std::mem::take(&mut self.lanes).into_values().flat_map(|queue| queue.entries).collect()
    }
}

#[cfg(test)]
mod tests;
