//! How far the app has got each chat and has read it, until the broker was told. Pure.
//!
//! Marks are for others to see: several of one chat become one, none is worth a queue, and after a
//! reconnect all are told again. Not here: when there is room to send one (`session/asked.rs`).

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::protocol::ids::ChatId;

/// How long what arrives is gathered, so that a burst of messages is marked once.
const GATHER: Duration = Duration::from_millis(500);

/// How far the app has got a chat.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    pub(crate) delivered: u64,
    pub(crate) read: u64,
}

/// Of every chat that the app marked.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    reached: BTreeMap<ChatId, Reach>,
    /// What the broker does not know yet, and from when on it may be told.
    untold: BTreeMap<ChatId, Instant>,
}

impl Marks {
    /// A message arrived.
    pub(crate) fn delivered(&mut self, chat: ChatId, seq: u64, now: Instant) {
        let reach = self.reached.entry(chat).or_default();
        if seq > reach.delivered {
            reach.delivered = seq;
            self.untold.entry(chat).or_insert(now + GATHER);
        }
    }

    /// The app shows it to somebody.
    pub(crate) fn read(&mut self, chat: ChatId, seq: u64, now: Instant) {
        let reach = self.reached.entry(chat).or_default();
        if seq > reach.read {
            reach.read = seq;
            reach.delivered = reach.delivered.max(seq);
            self.untold.insert(chat, now);
        }
    }

    /// The chat is followed no longer.
    pub(crate) fn forget(&mut self, chat: ChatId) {
        self.reached.remove(&chat);
        self.untold.remove(&chat);
    }

    /// The next broker knows of none, as far as we know.
    pub(crate) fn disconnected(&mut self, now: Instant) {
        self.untold = self.reached.keys().map(|chat| (*chat, now)).collect();
    }

    /// Takes out one that is due.
    pub(crate) fn next(&mut self, now: Instant) -> Option<(ChatId, Reach)> {
        let (chat, _) = self.untold.iter().find(|(_, at)| **at <= now)?;
        let chat = *chat;
        self.untold.remove(&chat);
        self.reached.get(&chat).map(|reach| (chat, *reach))
    }

    /// When the next one is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.untold.values().min().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAT: ChatId = ChatId(7);

    fn reach(delivered: u64, read: u64) -> Reach {
        Reach { delivered, read }
    }

    #[test]
    fn a_burst_is_marked_once_and_what_is_read_at_once() {
        let (mut marks, now) = (Marks::default(), Instant::now());
        marks.delivered(CHAT, 1, now);
        marks.delivered(CHAT, 2, now + GATHER / 2);
        assert_eq!(marks.next(now + GATHER / 2), None);
        assert_eq!(marks.deadline(), Some(now + GATHER));
        assert_eq!(marks.next(now + GATHER), Some((CHAT, reach(2, 0))));
        assert_eq!((marks.next(now + GATHER), marks.deadline()), (None, None));
        marks.read(CHAT, 2, now);
        assert_eq!(marks.next(now), Some((CHAT, reach(2, 2))));
    }

    #[test]
    fn what_is_no_news_is_not_told_and_after_a_loss_all_is_told_again() {
        let (mut marks, now) = (Marks::default(), Instant::now());
        marks.read(CHAT, 3, now);
        assert_eq!(marks.next(now), Some((CHAT, reach(3, 3))));
        marks.delivered(CHAT, 3, now);
        marks.read(CHAT, 2, now);
        assert_eq!(marks.next(now + GATHER), None);
        marks.disconnected(now);
        assert_eq!(marks.next(now), Some((CHAT, reach(3, 3))));
        marks.disconnected(now);
        marks.forget(CHAT);
        assert_eq!(marks.next(now), None);
    }
}
