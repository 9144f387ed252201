//! *My Chats*: the chats that an operator is in, with how many messages she has not read and since
//! when the patron waits for an answer. Pure: fed with every [`Event`], asked for rows.
//!
//! ```
//! # use deskbell_client::{Event, my_chats::MyChats};
//! # fn on_event(mut mine: MyChats, event: Event) {
//! mine.take(&event);
//! for chat in mine.to_follow() { /* client.subscribe(chat) */ }
//! for row in mine.rows() { println!("{}: {} unread", row.chat, row.unread); }
//! # }
//! ```
//!
//! It says the same on each device of hers: which chats are hers comes with the list, how far she
//! has read from her own marks and messages. Not here: how long ago that is, and sounds.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::event::Event;
use crate::protocol::event::{ChatEvent, Person, Sequenced};
use crate::protocol::ids::{ChatId, UserId};
use crate::protocol::to_client::Snapshot;
use crate::protocol::view::{MyChat, Phase};

/// A chat that she is in, or was in when it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The chat.
    pub chat: ChatId,
    /// Whether she owns it.
    pub owner: bool,
    /// Messages and notes of others that she has not read; of a long chat, of its last 50 events.
    pub unread: usize,
    /// When the patron last wrote, if nobody has answered since.
    pub unanswered_since: Option<Timestamp>,
    /// Whether it is over.
    pub ended: bool,
}

/// What is known of one chat.
#[derive(Debug, Default)]
struct Talk {
    /// The place up to which she has read.
    read: u64,
    unread: BTreeSet<u64>,
    unanswered_since: Option<Timestamp>,
    ended: bool,
}

impl Talk {
    fn happened(&mut self, it: &Sequenced, me: &UserId) {
        let by = match &it.event {
            ChatEvent::Opened { .. } => {
                self.unanswered_since = Some(it.at);
                return;
            }
            ChatEvent::Ended { .. } => {
                self.ended = true;
                self.unanswered_since = None;
                return;
            }
            ChatEvent::Posted { by, .. } => {
                match by {
                    Person::Patron { .. } => self.unanswered_since = Some(it.at),
                    Person::Operator { .. } => self.unanswered_since = None,
                    Person::System => {}
                }
                by
            }
            ChatEvent::Noted { by, .. } => by,
            _ => return,
        };
        if is(by, me) {
            self.read_up_to(it.seq);
        } else if it.seq > self.read {
            self.unread.insert(it.seq);
        }
    }

    fn read_up_to(&mut self, seq: u64) {
        self.read = self.read.max(seq);
        self.unread.retain(|place| *place > seq);
    }
}

/// See the module.
#[derive(Debug)]
pub struct MyChats {
    me: UserId,
    mine: Vec<MyChat>,
    talks: BTreeMap<ChatId, Talk>,
}

impl MyChats {
    /// Of an operator who has not heard of any yet.
    pub fn new(me: UserId) -> Self {
        Self { me, mine: Vec::new(), talks: BTreeMap::new() }
    }

    /// Takes in whatever the SDK delivers.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::Mine(chats) => self.take_mine(chats),
            Event::Snapshot(snapshot) => self.take_snapshot(snapshot),
            Event::Chat { chat, sequenced } => {
                if let Some(talk) = self.talks.get_mut(chat) {
                    talk.happened(sequenced, &self.me);
                }
            }
            Event::Mark { chat, who, read, .. } if is(who, &self.me) => {
                self.talks.entry(*chat).or_default().read_up_to(*read);
            }
            Event::ChatClosed { chat, .. } | Event::ChatLost { chat, .. } => {
                self.talks.remove(chat);
            }
            _ => {}
        }
    }

    fn take_mine(&mut self, chats: &[MyChat]) {
        let ended = |it: &MyChat| self.talks.get(&it.chat).is_some_and(|talk| talk.ended);
        let kept = |it: &MyChat| ended(it) && !chats.iter().any(|now| now.chat == it.chat);
        let over: Vec<_> = self.mine.iter().copied().filter(kept).collect();
        self.mine = chats.iter().copied().chain(over).collect();
    }

    fn take_snapshot(&mut self, snapshot: &Snapshot) {
        let talk = self.talks.entry(snapshot.chat).or_default();
        *talk = Talk { read: talk.read, ..Talk::default() };
        for sequenced in &snapshot.events {
            talk.happened(sequenced, &self.me);
        }
        talk.ended = snapshot.state.phase == Phase::Ended;
    }

    /// She sees a chat on her screen: all of it is read. Tells the place to hand to
    /// [`crate::Client::read`], if there is news in that.
    pub fn shown(&mut self, chat: ChatId) -> Option<u64> {
        let talk = self.talks.get_mut(&chat)?;
        let last = talk.unread.last().copied()?;
        talk.read_up_to(last);
        Some(last)
    }

    /// She puts an ended chat away.
    pub fn close(&mut self, chat: ChatId) {
        let ended = self.talks.get(&chat).is_some_and(|talk| talk.ended);
        if ended {
            self.mine.retain(|it| it.chat != chat);
            self.talks.remove(&chat);
        }
    }

    /// Chats of hers that are not followed here yet: subscribe to them.
    pub fn to_follow(&self) -> Vec<ChatId> {
        let chats = self.mine.iter().map(|it| it.chat);
        chats.filter(|chat| !self.talks.contains_key(chat)).collect()
    }

    /// All of them, the patron who rang first before the others; what ended stands last.
    pub fn rows(&self) -> Vec<Row> {
        let none = Talk::default();
        let row = |it: &MyChat| {
            let talk = self.talks.get(&it.chat).unwrap_or(&none);
            Row {
                chat: it.chat,
                owner: it.owner,
                unread: talk.unread.len(),
                unanswered_since: talk.unanswered_since,
                ended: talk.ended,
            }
        };
        self.mine.iter().map(row).collect()
    }
}

fn is(person: &Person, me: &UserId) -> bool {
    matches!(person, Person::Operator { id: Some(id), .. } if id == me)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::ids::Eid;

    const CHAT: ChatId = ChatId(7);

    fn maya() -> UserId {
        "maya".parse().unwrap()
    }

    fn at(second: u64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + i64::try_from(second).unwrap()).unwrap()
    }

    fn operator(id: &str) -> Person {
        Person::Operator { id: Some(id.parse().unwrap()), name: id.into(), library: None }
    }

    /// Something said at the second of its place.
    fn said(seq: u64, by: Person) -> Event {
        let event = ChatEvent::Posted { by, text: "Hello".into(), lang: None };
        let sequenced = Sequenced { seq, eid: Eid(seq), at: at(seq), event };
        Event::Chat { chat: CHAT, sequenced }
    }

    fn by_patron(seq: u64) -> Event {
        said(seq, Person::Patron { name: None })
    }

    fn started() -> MyChats {
        let mut mine = MyChats::new(maya());
        mine.take(&Event::Mine(vec![MyChat { chat: CHAT, owner: true }]));
        assert_eq!(mine.to_follow(), [CHAT]);
        mine.talks.insert(CHAT, Talk::default());
        assert_eq!(mine.to_follow(), []);
        mine
    }

    fn row(mine: &MyChats) -> Row {
        mine.rows()[0]
    }

    #[test]
    fn what_others_write_is_unread_until_she_sees_it_here_or_elsewhere_or_answers() {
        let mut mine = started();
        mine.take(&by_patron(2));
        mine.take(&said(3, operator("ines")));
        assert_eq!(row(&mine).unread, 2);
        assert_eq!((mine.shown(CHAT), mine.shown(CHAT)), (Some(3), None));
        mine.take(&by_patron(4));
        mine.take(&Event::Mark { chat: CHAT, who: operator("maya"), delivered: 4, read: 4 });
        assert_eq!(row(&mine).unread, 0);
        mine.take(&by_patron(5));
        mine.take(&said(6, operator("maya")));
        assert_eq!(row(&mine).unread, 0);
    }

    #[test]
    fn a_patron_waits_since_her_last_message_until_somebody_answers() {
        let mut mine = started();
        mine.take(&by_patron(2));
        mine.take(&by_patron(3));
        assert_eq!(row(&mine).unanswered_since, Some(at(3)));
        mine.take(&said(4, Person::System));
        assert_eq!(row(&mine).unanswered_since, Some(at(3)));
        mine.take(&said(5, operator("ines")));
        assert_eq!(row(&mine).unanswered_since, None);
    }

    #[test]
    fn an_ended_chat_stays_until_she_puts_it_away_and_one_that_she_left_does_not() {
        let mut mine = started();
        mine.take(&Event::Mine(Vec::new()));
        assert_eq!(mine.rows(), []);
        let mut mine = started();
        mine.close(CHAT);
        mine.talks.get_mut(&CHAT).unwrap().ended = true;
        mine.take(&Event::Mine(Vec::new()));
        assert!(row(&mine).ended);
        mine.close(CHAT);
        assert_eq!(mine.rows(), []);
    }
}
