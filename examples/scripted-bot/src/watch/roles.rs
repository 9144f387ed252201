//! Who is meant: names of a script against people and chats of the wire.
//!
//! An operator is known by her login name where the wire tells it, else (to patrons) by the first
//! word of her public name. A chat has one patron. Not here: who may do what.

use std::collections::BTreeMap;

use deskbell_client::protocol::event::{ChatEvent, Person};
use deskbell_client::protocol::ids::ChatId;

use crate::script::{Name, Who};

/// What names stand for, as far as the script has come.
#[derive(Debug, Clone, Default)]
pub(crate) struct Roles {
    chats: BTreeMap<Name, ChatId>,
    race: Option<(Name, Name)>,
}

impl Roles {
    /// This patron's chat is this one from now on.
    pub(crate) fn rang(&mut self, patron: Name, chat: ChatId) {
        self.chats.insert(patron, chat);
    }

    /// The first won against the second.
    pub(crate) fn raced(&mut self, winner: Name, loser: Name) {
        self.race = Some((winner, loser));
    }

    /// Who it is; `None` for the winner of a race that was not run.
    pub(crate) fn name<'a>(&'a self, who: &'a Who) -> Option<&'a Name> {
        match who {
            Who::Named(name) => Some(name),
            Who::Winner => self.race.as_ref().map(|(winner, _)| winner),
            Who::Loser => self.race.as_ref().map(|(_, loser)| loser),
        }
    }

    /// A patron's chat.
    pub(crate) fn chat(&self, patron: &Name) -> Option<ChatId> {
        self.chats.get(patron).copied()
    }

    /// The only chat there is, if there is one.
    pub(crate) fn only_chat(&self) -> Option<ChatId> {
        let mut chats = self.chats.values();
        chats.next().copied().filter(|_| chats.next().is_none())
    }

    /// Whether `who` is this person of this chat.
    pub(crate) fn is(&self, who: &Who, person: &Person, chat: ChatId) -> bool {
        let Some(name) = self.name(who) else { return false };
        match person {
            Person::Patron { .. } => self.chats.get(name) == Some(&chat),
            Person::Operator { id: Some(id), .. } => name.user().as_ref() == Some(id),
            Person::Operator { id: None, name: public, .. } => {
                public.split_whitespace().next() == Some(name.as_str())
            }
            Person::System => false,
        }
    }

    /// The name of a chat's patron, as scripts write it.
    pub(crate) fn patron_of(&self, chat: ChatId) -> String {
        let known = self.chats.iter().find(|(_, of)| **of == chat);
        known.map_or_else(|| "Somebody".to_owned(), |(name, _)| name.to_string())
    }

    /// What a script calls this person of this chat.
    pub(crate) fn called(&self, person: &Person, chat: ChatId) -> String {
        match person {
            Person::Patron { .. } => self.patron_of(chat),
            Person::Operator { name, .. } => {
                name.split_whitespace().next().unwrap_or("Somebody").to_owned()
            }
            Person::System => "the broker".to_owned(),
        }
    }
}

/// Whether an event is the coming or going of somebody's connection, and that somebody `is_it`.
pub(crate) fn comes_or_goes(event: &ChatEvent, is_it: impl Fn(&Person) -> bool) -> bool {
    match event {
        ChatEvent::PatronAway { .. } | ChatEvent::PatronBack => {
            is_it(&Person::Patron { name: None })
        }
        ChatEvent::OperatorAway { who, .. } | ChatEvent::OperatorBack { who } => is_it(who),
        ChatEvent::Hidden
        | ChatEvent::Opened { .. }
        | ChatEvent::Rung { .. }
        | ChatEvent::Claimed { .. }
        | ChatEvent::Posted { .. }
        | ChatEvent::Noted { .. }
        | ChatEvent::TransferOffered { .. }
        | ChatEvent::TransferCanceled { .. }
        | ChatEvent::TransferDeclined { .. }
        | ChatEvent::TransferLapsed { .. }
        | ChatEvent::Left { .. }
        | ChatEvent::OwnerLost { .. }
        | ChatEvent::ParticipantLost { .. }
        | ChatEvent::Returned { .. }
        | ChatEvent::TicketOffered { .. }
        | ChatEvent::TicketRequested { .. }
        | ChatEvent::Dismissed { .. }
        | ChatEvent::Idled { .. }
        | ChatEvent::PatronChanged { .. }
        | ChatEvent::ContactRevealed { .. }
        | ChatEvent::Tagged { .. }
        | ChatEvent::Rated { .. }
        | ChatEvent::Ended { .. }
        | ChatEvent::Erased { .. }
        | ChatEvent::Unknown => false,
    }
}
