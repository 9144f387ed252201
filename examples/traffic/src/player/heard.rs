//! What a patron heard of her chat: its events folded into what a chat comes to. Pure.

use deskbell_client::Event;
use deskbell_client::protocol::event::{ChatEvent, EndCause, Person, Position, Sequenced};
use deskbell_client::protocol::ids::ChatId;

/// All that reached her.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard {
    /// Which chat it is, once it rings.
    pub(super) chat: Option<ChatId>,
    /// Up to where.
    pub(super) last: Option<Position>,
    /// Who claimed it, one after the other.
    pub(super) claims: Vec<String>,
    /// Who said what; `None` is she herself.
    pub(super) said: Vec<(Option<String>, String)>,
    /// How it ended.
    pub(super) ended: Option<EndCause>,
    /// Whether she asked for a ticket.
    pub(super) ticket: bool,
}

impl Heard {
    /// Folds what the SDK said; tells whether anything was new.
    pub(super) fn take(&mut self, event: Event) -> bool {
        match event {
            Event::Snapshot(snapshot) => {
                let mut news = false;
                for sequenced in snapshot.events {
                    news |= self.happened(snapshot.chat, sequenced);
                }
                news
            }
            Event::Chat { chat, sequenced } => self.happened(chat, sequenced),
            _ => false,
        }
    }

    /// Up to which place; 0 before the ring.
    pub(super) fn seq(&self) -> u64 {
        self.last.map_or(0, |last| last.seq)
    }

    fn happened(&mut self, chat: ChatId, sequenced: Sequenced) -> bool {
        // After a return a snapshot may tell again what she heard before.
        if sequenced.seq <= self.seq() {
            return false;
        }
        self.chat = Some(chat);
        self.last = Some(Position { seq: sequenced.seq, eid: sequenced.eid });
        match sequenced.event {
            ChatEvent::Claimed { by, .. } => self.claims.extend(name(by)),
            ChatEvent::Posted { by, text, .. } => self.said.push((name(by), text)),
            ChatEvent::TicketRequested { .. } => self.ticket = true,
            ChatEvent::Ended { cause, .. } => self.ended = Some(cause),
            _ => {}
        }
        true
    }
}

fn name(person: Person) -> Option<String> {
    match person {
        Person::Operator { name, .. } => Some(name),
        Person::Patron { .. } | Person::System => None,
    }
}
