//! What a client knows of the chats, as its app would show them, and all that it was ever shown.

use std::collections::BTreeMap;

use deskbell_client::protocol::event::{ChatEvent, Person, Position, Sequenced};
use deskbell_client::protocol::ids::{ChatId, UserId};
use deskbell_client::protocol::to_client::Snapshot;
use deskbell_client::protocol::view::{Audience, ListRow, Phase};
use deskbell_client::{Event, Status};

/// One chat.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// The last place told.
    pub(super) at: Position,
    /// Whether it is still told of.
    pub(super) followed: bool,
    /// Whether anything can still happen.
    pub(super) live: bool,
    /// Whether the client's operator is in it, as far as she knows.
    pub(super) inside: bool,
    /// The last time it was shown whole.
    pub(super) whole: Snapshot,
}

/// One client's view.
#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    /// Every chat ever shown.
    pub(super) chats: BTreeMap<ChatId, Known>,
    /// What stands in the list, and whether it is on offer.
    pub(super) rows: BTreeMap<ChatId, bool>,
    /// Every event shown, and as whom.
    pub(super) seen: Vec<(ChatId, Audience, Sequenced)>,
    /// Whether the broker is there.
    pub(super) open: bool,
    /// How often it came back.
    pub(super) opened: u64,
}

impl Model {
    /// Takes in what the SDK tells; `me` is who reads it, if an operator.
    pub(super) fn hear(&mut self, me: Option<&UserId>, event: &Event) {
        match event {
            Event::Status(status) => {
                self.open = matches!(status, Status::Open(_));
                self.opened += u64::from(self.open);
            }
            Event::Snapshot(whole) => self.whole(me, whole),
            Event::Chat { chat, sequenced } => self.next(me, *chat, sequenced),
            Event::ChatClosed { chat, .. } | Event::ChatLost { chat, .. } => {
                if let Some(known) = self.chats.get_mut(chat) {
                    known.followed = false;
                }
            }
            Event::List(rows) => self.rows = rows.iter().map(entry).collect(),
            Event::Row(row) => {
                self.rows.extend([entry(row)]);
            }
            Event::Gone { chat, .. } => {
                self.rows.remove(chat);
            }
            Event::Presence(_)
            | Event::GapAlarm { .. }
            | Event::GapOver { .. }
            | Event::Typing { .. }
            | Event::Mark { .. }
            | Event::Mine(_)
            | Event::Wait { .. } => {}
        }
    }

    fn whole(&mut self, me: Option<&UserId>, whole: &Snapshot) {
        let state = &whole.state;
        let mine = state.owner.as_ref().is_some_and(|owner| is(owner, me));
        let inside = mine || state.participants.iter().any(|it| is(it, me));
        let known = Known {
            at: Position { seq: whole.seq, eid: whole.eid },
            followed: true,
            live: state.phase != Phase::Ended,
            inside,
            whole: whole.clone(),
        };
        self.chats.insert(whole.chat, known);
        let events = whole.events.iter();
        self.seen.extend(events.map(|it| (whole.chat, whole.audience, it.clone())));
    }

    fn next(&mut self, me: Option<&UserId>, chat: ChatId, sequenced: &Sequenced) {
        let Some(known) = self.chats.get_mut(&chat) else { return };
        known.at = Position { seq: sequenced.seq, eid: sequenced.eid };
        self.seen.push((chat, known.whole.audience, sequenced.clone()));
        match &sequenced.event {
            ChatEvent::Claimed { by, .. } => known.inside |= is(by, me),
            ChatEvent::Left { by } if is(by, me) => known.inside = false,
            ChatEvent::Ended { .. } => known.live = false,
            _ => {}
        }
    }

    /// Chats that may still be written to.
    pub(super) fn at_work(&self) -> Vec<ChatId> {
        let chats = self.chats.iter().filter(|(_, it)| it.live && it.followed);
        chats.map(|(chat, _)| *chat).collect()
    }
}

fn entry(row: &ListRow) -> (ChatId, bool) {
    (row.chat, row.transfer_from.is_some())
}

fn is(person: &Person, me: Option<&UserId>) -> bool {
    match person {
        Person::Operator { id, .. } => id.is_some() && id.as_ref() == me,
        Person::Patron { .. } | Person::System => false,
    }
}
