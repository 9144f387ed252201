//! How far each person in the chat has got it and has read it. Told to the others, never stored:
//! last value wins, and only a higher one counts.
//!
//! A previewer leaves no mark: nobody but colleagues knows that she looks.

use std::collections::BTreeMap;

use deskbell_domain::access::Principal;
use deskbell_domain::audience::Audience;
use deskbell_domain::chat::ChatState;
use deskbell_domain::person::Author;

use super::ChatActor;
use crate::actors::say::{Frame, Say};
use crate::actors::session::{Deliver, Peer};
use crate::presence::{ConnectionId, Signal};

/// How far somebody has got.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reach {
    /// The place of the last event that arrived.
    pub delivered: u64,
    /// The place of the last event that was read.
    pub read: u64,
}

impl Reach {
    /// What is read has arrived, too; what is not said stays as it was.
    pub fn of(delivered: Option<u64>, read: Option<u64>) -> Self {
        let read = read.unwrap_or(0);
        Self { delivered: delivered.unwrap_or(0).max(read), read }
    }

    fn grown_by(self, told: Self) -> Self {
        let (delivered, read) = (self.delivered.max(told.delivered), self.read.max(told.read));
        Self { delivered, read }
    }

    /// Nobody got further than the chat.
    fn within(self, end: u64) -> Self {
        Self { delivered: self.delivered.min(end), read: self.read.min(end) }
    }
}

/// Everybody's.
#[derive(Debug, Default)]
pub(super) struct Marks(BTreeMap<Author, Reach>);

impl Marks {
    /// Takes in what `who` told; what holds now, if that is news.
    fn tell(&mut self, who: &Author, told: Reach, chat: &ChatState) -> Option<Reach> {
        self.0.retain(|who, _| is_in(who, chat));
        let known = self.0.get(who).copied().unwrap_or_default();
        let now = known.grown_by(told);
        let is_news = is_in(who, chat) && now != known;
        is_news.then(|| {
            self.0.insert(who.clone(), now);
            now
        })
    }
}

fn is_in(who: &Author, chat: &ChatState) -> bool {
    match who {
        Author::Patron => true,
        Author::Operator(user) => chat.has(user),
        Author::System => false,
    }
}

fn person(peer: &Peer) -> Author {
    match &peer.who {
        Principal::Patron { .. } => Author::Patron,
        Principal::Operator(user) => Author::Operator(user.clone()),
    }
}

impl ChatActor {
    /// Takes in how far the person at `peer` has got, and tells everybody else in the chat.
    pub(super) fn mark(&mut self, peer: &Peer, told: Reach) {
        let who = person(peer);
        let told = told.within(self.state.version);
        let Some(reach) = self.marks.tell(&who, told, &self.state) else { return };
        let Reach { delivered, read } = reach;
        let (chat, told_by) = (self.chat, who.clone());
        self.seat.node.presence.signal(Signal::Mark { chat, who: told_by, delivered, read });
        self.show_reach(&who, Some(peer.connection), reach);
    }

    /// The same as another node told it, which knows how far the chat goes.
    pub(super) fn show_mark(&mut self, who: &Author, from: Option<ConnectionId>, told: Reach) {
        if let Some(reach) = self.marks.tell(who, told, &self.state) {
            self.show_reach(who, from, reach);
        }
    }

    fn show_reach(&self, who: &Author, from: Option<ConnectionId>, reach: Reach) {
        let mut frames: [Option<Frame>; Audience::ALL.len()] = Default::default();
        for (other, audience) in self.talkers() {
            if Some(other.connection) != from {
                let chat = self.chat;
                let frame = frames[audience as usize]
                    .get_or_insert_with(|| self.encode(&Say::Mark { audience, chat, who, reach }));
                other.deliver(Deliver::frame(frame.clone()));
            }
        }
    }

    /// Tells a reader who begins to follow what the others have told by now.
    pub(super) fn show_marks(&mut self, place: usize) {
        let (audience, chat) = (self.reader(place).audience, self.chat);
        if audience == Audience::Previewer {
            return;
        }
        let say = |(who, reach): (&Author, &Reach)| {
            self.encode(&Say::Mark { audience, chat, who, reach: *reach })
        };
        let frames: Vec<_> = self.marks.0.iter().map(say).collect();
        for frame in frames {
            self.reader_at(place).out.push(frame);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(delivered: u64, read: u64) -> Reach {
        Reach { delivered, read }
    }

    #[test]
    fn a_mark_only_grows_and_never_past_the_end_of_the_chat() {
        let (mut marks, chat) = (Marks::default(), ChatState { version: 5, ..Default::default() });
        let mut tell = |told: Reach| {
            let told = told.within(chat.version);
            marks.tell(&Author::Patron, told, &chat)
        };
        assert_eq!(tell(Reach::of(Some(3), None)), Some(reach(3, 0)));
        assert_eq!(tell(Reach::of(Some(2), None)), None);
        assert_eq!(tell(Reach::of(None, Some(4))), Some(reach(4, 4)));
        assert_eq!(tell(Reach::of(Some(9), Some(9))), Some(reach(5, 5)));
    }

    #[test]
    fn who_is_not_in_the_chat_leaves_no_mark() {
        let (mut marks, chat) = (Marks::default(), ChatState { version: 5, ..Default::default() });
        let maya = Author::Operator("maya".parse().unwrap());
        assert_eq!(marks.tell(&maya, reach(1, 1), &chat), None);
    }
}
