//! What reached one person, kept against what the script says: pure, fed with the SDK's events.
//!
//! Four kinds. *News* counts: it must stand in the script. *Retold* is what a first look at a chat
//! brings along, or a second look repeats: the script may name it. *Signals* (typing, the place in
//! the queue) may be named too. What the person did herself is *implied*: her own line stands for
//! it. `hidden` events are places, not news. A note that reaches a patron is a *leak* and fails any
//! script.
//!
//! Within one chat, news must be named in its order; between chats no order is promised.

mod matching;
mod phrase;
mod roles;

use std::collections::{BTreeMap, BTreeSet};

use deskbell_client::Event;
use deskbell_client::my_chats::MyChats;
use deskbell_client::protocol::event::{ChatEvent, EndCause, Person, Position, Sequenced};
use deskbell_client::protocol::ids::{ChatId, Target, UserId};
use deskbell_client::protocol::to_client::{ClosedReason, Snapshot};
use deskbell_client::protocol::view::{ChatView, ListRow};

use crate::script::{Name, Sight};
pub(crate) use roles::Roles;

/// Signals and retold things that are kept for the script to name.
const KEPT_MAX: usize = 1_000;

/// Whose eyes these are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Me {
    Patron,
    Operator(UserId),
}

/// One thing that reached her.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Seen {
    /// A row appeared.
    Row(ListRow),
    /// A row went.
    Gone { chat: ChatId, claimed_by: Option<Person> },
    /// She follows a chat no more.
    Closed { chat: ChatId, reason: ClosedReason, by: Option<Person> },
    /// Something visible happened in a chat.
    Happened { chat: ChatId, sequenced: Sequenced },
    /// Somebody writes, or stopped.
    Typing { chat: ChatId, who: Person, on: bool },
    /// How far somebody has got a chat and has read it, and how far the chat went.
    Marked { chat: ChatId, who: Person, delivered: u64, read: u64, end: u64 },
    /// Somebody looks at a chat that waits, or looks no more.
    Previewing { chat: ChatId, who: Person, on: bool },
    /// Her place in the queue.
    Ahead(u32),
    /// Nobody stands at a queue.
    Alarm(Target),
    /// Somebody does again.
    AlarmOver(Target),
}

/// How what came stands to what the script says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Look {
    /// It came, and is accounted for.
    Met,
    /// It may still come.
    NotYet,
    /// It cannot come any more: this came in its place.
    Instead(String),
}

/// What is known of one chat.
#[derive(Debug, Clone)]
struct Known {
    last: Position,
    /// Whether it is followed, and so resumed after a loss.
    followed: bool,
    /// The state in the last snapshot.
    state: ChatView,
}

/// What reached one person so far.
#[derive(Debug)]
pub(crate) struct Watch {
    me: Me,
    chats: BTreeMap<ChatId, Known>,
    /// The chat of the last snapshot.
    looked_at: Option<ChatId>,
    rows: BTreeMap<ChatId, ListRow>,
    /// What she is in herself, if she is an operator.
    my_chats: Option<MyChats>,
    news: Vec<Seen>,
    retold: Vec<Seen>,
    signals: Vec<Seen>,
    leaks: Vec<Seen>,
    /// Everything, for what must never come.
    ever: Vec<Seen>,
    /// Places of events that she made herself.
    own: BTreeSet<(ChatId, u64)>,
}

impl Watch {
    pub(crate) fn new(me: Me) -> Self {
        let my_chats = match &me {
            Me::Operator(user) => Some(MyChats::new(user.clone())),
            Me::Patron => None,
        };
        Self {
            me,
            my_chats,
            chats: BTreeMap::new(),
            looked_at: None,
            rows: BTreeMap::new(),
            news: Vec::new(),
            retold: Vec::new(),
            signals: Vec::new(),
            leaks: Vec::new(),
            ever: Vec::new(),
            own: BTreeSet::new(),
        }
    }

    /// Something came.
    pub(crate) fn take(&mut self, event: Event) {
        if let Some(mine) = &mut self.my_chats {
            mine.take(&event);
        }
        match event {
            Event::Snapshot(snapshot) => self.take_snapshot(*snapshot),
            Event::Chat { chat, sequenced } => {
                if let Some(known) = self.chats.get_mut(&chat) {
                    known.last = Position { seq: sequenced.seq, eid: sequenced.eid };
                }
                self.happened(chat, sequenced, true);
            }
            Event::ChatClosed { chat, reason, by, cause } => self.closed(chat, reason, by, cause),
            Event::ChatLost { chat, .. } => {
                self.closed(chat, ClosedReason::Withdrawn, None, None);
            }
            Event::List(rows) => self.take_list(rows),
            Event::Row(row) => self.take_row(*row),
            Event::Gone { chat, claimed_by } => self.gone(chat, claimed_by),
            Event::Typing { chat, who, on } => self.signal(Seen::Typing { chat, who, on }),
            Event::Wait { ahead, .. } => self.signal(Seen::Ahead(ahead)),
            Event::GapAlarm { target, .. } => self.signal(Seen::Alarm(target)),
            Event::GapOver { target } => self.signal(Seen::AlarmOver(target)),
            Event::Mark { chat, who, delivered, read } => {
                let end = self.chats.get(&chat).map_or(0, |known| known.last.seq);
                self.signal(Seen::Marked { chat, who, delivered, read, end });
            }
            Event::Status(_) | Event::Presence(_) | Event::Mine(_) => {}
        }
    }

    /// Her own write is stored at this place: what it made is implied by her line.
    pub(crate) fn own(&mut self, chat: ChatId, seq: u64) {
        self.own.insert((chat, seq));
        let (me, own) = (&self.me, &self.own);
        self.news.retain(|seen| !implied(me, own, seen));
    }

    /// Accounts for something that the script says came. `anywhere` looks behind other news too.
    pub(crate) fn look_for(&mut self, sight: &Sight, roles: &Roles, anywhere: bool) -> Look {
        let fits = |seen: &Seen| matching::fits(sight, seen, roles);
        let found = match sight {
            Sight::Happening { .. } if !anywhere => {
                self.heads().into_iter().find(|at| fits(&self.news[*at]))
            }
            _ => self.news.iter().position(fits),
        };
        if let Some(at) = found {
            self.news.remove(at);
            return Look::Met;
        }
        for kept in [&mut self.retold, &mut self.signals] {
            if let Some(at) = kept.iter().position(fits) {
                kept.remove(at);
                return Look::Met;
            }
        }
        match sight {
            Sight::Happening { chat, .. } if !anywhere => {
                self.instead(chat.as_ref(), roles).map_or(Look::NotYet, Look::Instead)
            }
            _ => Look::NotYet,
        }
    }

    /// What stands first in the one chat that a sight can be about.
    fn instead(&self, named: Option<&Name>, roles: &Roles) -> Option<String> {
        let chat = named.and_then(|name| roles.chat(name)).or_else(|| roles.only_chat())?;
        let of_chat =
            |at: &usize| matches!(&self.news[*at], Seen::Happened { chat: of, .. } if *of == chat);
        let head = self.heads().into_iter().find(of_chat)?;
        Some(phrase::of(&self.news[head], roles))
    }

    /// The first piece of news of each chat.
    fn heads(&self) -> Vec<usize> {
        let mut chats = BTreeSet::new();
        let mut heads = Vec::new();
        for (at, seen) in self.news.iter().enumerate() {
            if let Seen::Happened { chat, .. } = seen
                && chats.insert(*chat)
            {
                heads.push(at);
            }
        }
        heads
    }

    /// What came and is not accounted for, in the words of a script.
    pub(crate) fn unexpected(&self, roles: &Roles) -> Vec<String> {
        let leak =
            |seen| format!("{}   (no note may ever reach a patron)", phrase::of(seen, roles));
        let leaks = self.leaks.iter().map(leak);
        leaks.chain(self.news.iter().map(|seen| phrase::of(seen, roles))).collect()
    }

    /// Everything that came until now is of no interest.
    pub(crate) fn forget(&mut self) {
        self.news.clear();
        self.retold.clear();
        self.signals.clear();
    }

    /// Whether something ever came, in a snapshot or live.
    pub(crate) fn ever_saw(&self, sight: &Sight, roles: &Roles) -> bool {
        self.ever.iter().any(|seen| matching::fits(sight, seen, roles))
    }

    /// Whose chats her list shows, oldest first.
    pub(crate) fn list(&self, roles: &Roles) -> Vec<String> {
        let mut rows: Vec<&ListRow> = self.rows.values().collect();
        rows.sort_by_key(|row| (row.since, row.chat));
        rows.into_iter().map(|row| roles.patron_of(row.chat)).collect()
    }

    /// The chat of her last snapshot, as that showed it.
    pub(crate) fn last_look(&self) -> Option<(ChatId, &ChatView)> {
        let chat = self.looked_at?;
        self.chats.get(&chat).map(|known| (chat, &known.state))
    }

    /// Whose chats she is in, oldest first.
    pub(crate) fn own_chats(&self, roles: &Roles) -> Vec<String> {
        let rows = self.my_chats.iter().flat_map(MyChats::rows).filter(|row| !row.ended);
        rows.map(|row| roles.patron_of(row.chat)).collect()
    }

    /// How many messages of others she has not read in a chat of hers.
    pub(crate) fn unread(&self, chat: ChatId) -> Option<usize> {
        let mut rows = self.my_chats.iter().flat_map(MyChats::rows);
        rows.find(|row| row.chat == chat).map(|row| row.unread)
    }

    /// She reads all that has come of a chat; tells up to where.
    pub(crate) fn shown(&mut self, chat: ChatId) -> Option<u64> {
        if let Some(mine) = &mut self.my_chats {
            mine.shown(chat);
        }
        self.chats.get(&chat).map(|known| known.last.seq)
    }

    /// The chats that she follows, and where she is in each.
    pub(crate) fn followed(&self) -> Vec<(ChatId, Position)> {
        let followed = self.chats.iter().filter(|(_, known)| known.followed);
        followed.map(|(chat, known)| (*chat, known.last)).collect()
    }

    /// She stopped following a chat herself.
    pub(crate) fn stop_following(&mut self, chat: ChatId) {
        if let Some(known) = self.chats.get_mut(&chat) {
            known.followed = false;
        }
    }

    /// The broker goes on with a chat for her no more.
    pub(crate) fn lost(&mut self, chat: ChatId) {
        self.closed(chat, ClosedReason::Withdrawn, None, None);
    }

    fn take_snapshot(&mut self, snapshot: Snapshot) {
        let Snapshot { chat, seq, eid, state, events, .. } = snapshot;
        let known = self.chats.get(&chat).map(|known| known.last.seq);
        let last = Position { seq, eid };
        self.looked_at = Some(chat);
        self.chats.insert(chat, Known { last, followed: true, state });
        self.retold.retain(|seen| !matches!(seen, Seen::Happened { chat: of, .. } if *of == chat));
        for sequenced in events {
            // A first look tells what was; a later one may bring what was missed.
            let is_news = known.is_some_and(|seen| sequenced.seq > seen);
            self.happened(chat, sequenced, is_news);
        }
    }

    fn happened(&mut self, chat: ChatId, sequenced: Sequenced, is_news: bool) {
        if sequenced.event == ChatEvent::Hidden {
            return;
        }
        let leaks = self.me == Me::Patron && matches!(sequenced.event, ChatEvent::Noted { .. });
        let seen = Seen::Happened { chat, sequenced };
        self.ever.push(seen.clone());
        if leaks {
            self.leaks.push(seen);
        } else if !is_news {
            self.retold.push(seen);
            self.retold.truncate(KEPT_MAX);
        } else if !implied(&self.me, &self.own, &seen) {
            self.news.push(seen);
        }
    }

    fn closed(
        &mut self,
        chat: ChatId,
        reason: ClosedReason,
        by: Option<Person>,
        _cause: Option<EndCause>,
    ) {
        self.stop_following(chat);
        self.count(Seen::Closed { chat, reason, by });
    }

    fn take_list(&mut self, rows: Vec<ListRow>) {
        let now: BTreeSet<ChatId> = rows.iter().map(|row| row.chat).collect();
        let gone: Vec<ChatId> =
            self.rows.keys().copied().filter(|chat| !now.contains(chat)).collect();
        for chat in gone {
            self.gone(chat, None);
        }
        for row in rows {
            self.take_row(row);
        }
    }

    fn take_row(&mut self, row: ListRow) {
        let before = self.rows.insert(row.chat, row.clone());
        self.compare_previewers(before.as_ref().map_or(&[], |it| &it.previewers), &row);
        if before.is_none() {
            self.count(Seen::Row(row));
        }
    }

    fn compare_previewers(&mut self, before: &[Person], row: &ListRow) {
        let (chat, now) = (row.chat, &row.previewers);
        for who in before.iter().filter(|who| !now.contains(who)).cloned() {
            self.signal(Seen::Previewing { chat, who, on: false });
        }
        for who in now.iter().filter(|who| !before.contains(who)).cloned() {
            self.signal(Seen::Previewing { chat, who, on: true });
        }
    }

    fn gone(&mut self, chat: ChatId, claimed_by: Option<Person>) {
        let row = self.rows.remove(&chat);
        // The row of her own offer came without a line, and goes without one.
        if row.is_none_or(|row| !offered_by(&self.me, &row)) {
            self.count(Seen::Gone { chat, claimed_by });
        }
    }

    fn count(&mut self, seen: Seen) {
        self.ever.push(seen.clone());
        if !implied(&self.me, &self.own, &seen) {
            self.news.push(seen);
        }
    }

    fn signal(&mut self, seen: Seen) {
        self.ever.push(seen.clone());
        self.signals.push(seen);
        if self.signals.len() > KEPT_MAX {
            self.signals.remove(0);
        }
    }
}

/// Whether her own line stands for it.
fn implied(me: &Me, own: &BTreeSet<(ChatId, u64)>, seen: &Seen) -> bool {
    match seen {
        Seen::Happened { chat, sequenced } => {
            own.contains(&(*chat, sequenced.seq))
                || roles::comes_or_goes(&sequenced.event, |person| is_me(me, person))
        }
        Seen::Gone { claimed_by: Some(person), .. } => is_me(me, person),
        Seen::Closed { reason, by, .. } => {
            *reason == ClosedReason::Left || by.as_ref().is_some_and(|person| is_me(me, person))
        }
        Seen::Row(row) => offered_by(me, row),
        Seen::Gone { claimed_by: None, .. }
        | Seen::Typing { .. }
        | Seen::Marked { .. }
        | Seen::Previewing { .. }
        | Seen::Ahead(_)
        | Seen::Alarm(_)
        | Seen::AlarmOver(_) => false,
    }
}

fn offered_by(me: &Me, row: &ListRow) -> bool {
    row.transfer_from.as_ref().is_some_and(|owner| is_me(me, owner))
}

fn is_me(me: &Me, person: &Person) -> bool {
    match (me, person) {
        (Me::Patron, Person::Patron { .. }) => true,
        (Me::Operator(me), Person::Operator { id, .. }) => id.as_ref() == Some(me),
        (Me::Patron | Me::Operator(_), _) => false,
    }
}

#[cfg(test)]
mod tests;
