//! Where the app stands in each chat that it follows: the last place delivered, and what the next
//! frame means for it. Pure.
//!
//! Invariant: what is delivered of a chat is contiguous from its snapshot or resume position, each
//! place once. Not here: the frames themselves, and when a repair is sent (`session`).

use std::collections::BTreeMap;

use crate::protocol::event::Position;
use crate::protocol::ids::ChatId;

/// What to do with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is the next one.
    Deliver,
    /// It was delivered before, or the chat is not followed: drop it.
    Ignore,
    /// Something is missing, or the histories differ: ask again from here.
    Repair(Option<Position>),
}

/// The chats that the app follows.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    chats: BTreeMap<ChatId, Stream>,
}

#[derive(Debug, Default)]
struct Stream {
    /// The last place delivered; `None` until the first snapshot.
    last: Option<Position>,
    /// A subscribe is on its way: what does not fit is not yet a new gap.
    asking: bool,
    /// The place of the last repair. A second one there gets a snapshot instead.
    repaired: Option<Position>,
    /// Nothing but an unanswered call of the app stands behind it: it falls with that call.
    tentative: bool,
    /// The app left; what still comes before the broker's answer is not for it.
    leaving: bool,
}

impl Streams {
    /// The app asks to follow a chat, from a place that it kept or from a snapshot.
    pub(crate) fn ask(&mut self, chat: ChatId, from: Option<Position>) {
        let fresh = !self.follows(chat);
        let stream = self.chats.entry(chat).or_default();
        if fresh {
            *stream = Stream { tentative: true, ..Stream::default() };
        }
        stream.asking = true;
        if from.is_some() {
            stream.last = from;
        }
    }

    /// The broker granted a subscribe, a resume or a repair.
    pub(crate) fn granted(&mut self, chat: ChatId) {
        if let Some(stream) = self.chats.get_mut(&chat) {
            stream.asking = false;
            stream.tentative = false;
        }
    }

    /// The app leaves a chat.
    pub(crate) fn leave(&mut self, chat: ChatId) {
        if let Some(stream) = self.chats.get_mut(&chat) {
            stream.leaving = true;
        }
    }

    /// The broker confirmed that the app left.
    pub(crate) fn left(&mut self, chat: ChatId) {
        if self.chats.get(&chat).is_some_and(|stream| stream.leaving) {
            self.chats.remove(&chat);
        }
    }

    /// A call to follow a chat failed: what stood only on it goes.
    pub(crate) fn failed(&mut self, chat: ChatId) {
        if let Some(stream) = self.chats.get_mut(&chat) {
            stream.asking = false;
            if stream.tentative {
                self.chats.remove(&chat);
            }
        }
    }

    /// The SDK itself asks to follow a chat that the app opened or claimed: it stays.
    pub(crate) fn follow(&mut self, chat: ChatId) {
        let stream = Stream { asking: true, ..Stream::default() };
        self.chats.insert(chat, stream);
    }

    /// The chat is no longer followed. Tells whether it was.
    pub(crate) fn forget(&mut self, chat: ChatId) -> bool {
        let followed = self.follows(chat);
        self.chats.remove(&chat);
        followed
    }

    /// Whether the app follows the chat.
    pub(crate) fn follows(&self, chat: ChatId) -> bool {
        self.chats.get(&chat).is_some_and(|stream| !stream.leaving)
    }

    /// Whether a subscribe for this chat is unanswered.
    pub(crate) fn asking(&self, chat: ChatId) -> bool {
        self.chats.get(&chat).is_some_and(|stream| stream.asking)
    }

    /// The last place delivered.
    pub(crate) fn last(&self, chat: ChatId) -> Option<Position> {
        self.chats.get(&chat).and_then(|stream| stream.last)
    }

    /// An event arrived, live or in a replay.
    pub(crate) fn event(&mut self, chat: ChatId, at: Position) -> Verdict {
        let Some(stream) = self.chats.get_mut(&chat) else { return Verdict::Ignore };
        let Some(last) = stream.last else { return Verdict::Ignore };
        if stream.leaving {
            return Verdict::Ignore;
        }
        if at.seq == last.seq + 1 {
            stream.last = Some(at);
            return Verdict::Deliver;
        }
        let diverged = at.seq == last.seq && at.eid != last.eid;
        if stream.asking || (at.seq <= last.seq && !diverged) {
            return Verdict::Ignore;
        }
        stream.asking = true;
        let from = (stream.repaired != Some(last)).then_some(last);
        stream.repaired = Some(last);
        Verdict::Repair(from)
    }

    /// A snapshot arrived: it replaces whatever stood here. Tells whether the app wants it; it
    /// does unless it has just left, since opening and claiming follow a chat by themselves.
    pub(crate) fn snapshot(&mut self, chat: ChatId, at: Position) -> bool {
        let stream = self.chats.entry(chat).or_default();
        stream.last = Some(at);
        !stream.leaving
    }

    /// The connection is gone: what only a lost call asked for is forgotten with it.
    pub(crate) fn disconnected(&mut self) {
        self.chats.retain(|_, stream| !stream.tentative && !stream.leaving);
        for stream in self.chats.values_mut() {
            stream.asking = false;
            stream.repaired = None;
        }
    }

    /// A new connection: every chat and the place to resume it from. All count as asked for.
    pub(crate) fn resume(&mut self) -> Vec<(ChatId, Option<Position>)> {
        let ask = |(chat, stream): (&ChatId, &mut Stream)| {
            stream.asking = true;
            (*chat, stream.last)
        };
        self.chats.iter_mut().map(ask).collect()
    }
}

#[cfg(test)]
mod tests;
