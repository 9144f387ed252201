//! The operator's one list: every chat that waits at a queue she monitors, or is offered to her.
//!
//! Each queue tells its rows by itself; here a chat that stands in several is one row, which
//! appears with the first queue and goes with the last.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actix::fut::wrap_future;
use actix::{ActorFutureExt, AsyncContext, Context, Handler, Message};
use deskbell_domain::access::Denied;
use deskbell_protocol::ids::{ChatId, Target};

use super::SessionActor;
use crate::actors::chat::Wish;
use crate::actors::queue::{QueueSync, Unwatch, Watch};
use crate::actors::say::{Frame, Refused, Row, Say};
use crate::presence::Told;

/// All rows of one queue, when its watching starts.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct QueueRows {
    /// Whose.
    pub target: Target,
    /// Every row.
    pub rows: Vec<Arc<Row>>,
}

/// A row of one queue, new or changed.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct RowPut {
    /// Whose.
    pub target: Target,
    /// The row.
    pub row: Arc<Row>,
    /// Encoded once for all who watch.
    pub frame: Frame,
}

/// A row of one queue went.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct RowGone {
    /// Whose.
    pub target: Target,
    /// The chat it was of.
    pub chat: ChatId,
    /// Encoded once for all who watch.
    pub frame: Frame,
}

/// Another device, or the directory, changed what she monitors.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Watching(pub Told);

/// An actor has nothing more to tell from before a `sync`.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Synced(pub u32);

/// All live chats that she is in, and whether she owns each.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Mine(pub Arc<[(ChatId, bool)]>);

/// What stands in the list.
#[derive(Debug, Default)]
pub(super) struct List {
    watched: BTreeSet<Target>,
    /// Queues that have not told their rows yet.
    awaited: BTreeSet<Target>,
    /// Answered with the first snapshot; until then nothing is pushed.
    subscribe_re: Option<u32>,
    rows: BTreeMap<ChatId, Held>,
    /// *My Chats*, until the first snapshot takes them along.
    mine: Option<Arc<[(ChatId, bool)]>>,
}

#[derive(Debug)]
struct Held {
    at: BTreeSet<Target>,
    row: Arc<Row>,
}

impl List {
    /// Takes in a row; tells whether the client has to hear of it now.
    fn hold(&mut self, target: &Target, row: &Arc<Row>) -> bool {
        if !self.watched.contains(target) {
            return false;
        }
        let is_new = !self.rows.contains_key(&row.summary.chat);
        let fresh = || Held { at: BTreeSet::new(), row: row.clone() };
        let held = self.rows.entry(row.summary.chat).or_insert_with(fresh);
        held.at.insert(target.clone());
        let is_newer = row.version > held.row.version;
        if is_newer {
            held.row = row.clone();
        }
        (is_newer || is_new) && self.subscribe_re.is_none()
    }

    /// Takes a row out of one queue; tells whether it is gone from the list.
    fn release(&mut self, target: &Target, chat: ChatId) -> bool {
        let Some(held) = self.rows.get_mut(&chat) else { return false };
        held.at.remove(target);
        let gone = held.at.is_empty();
        if gone {
            self.rows.remove(&chat);
        }
        gone && self.subscribe_re.is_none()
    }

    /// No longer watches a queue; tells which rows are gone from the list.
    fn forget(&mut self, target: &Target) -> Vec<ChatId> {
        self.watched.remove(target);
        self.awaited.remove(target);
        let chats: Vec<_> = self.rows.keys().copied().collect();
        chats.into_iter().filter(|chat| self.release(target, *chat)).collect()
    }
}

impl SessionActor {
    /// Starts the list over what she monitors.
    pub(super) fn watch(&mut self, re: u32) {
        let Some(user) = self.peer.operator().cloned() else {
            let why = Refused::Denied(Denied::WrongRole);
            return self.reply(&Say::Refused { re, why: &why, next: None });
        };
        self.drop_list();
        self.list = Some(Box::new(List { subscribe_re: Some(re), ..List::default() }));
        let told = self.seat.node.presence.told(&user);
        let mut targets = told.map(|told| told.watches()).unwrap_or_default();
        targets.insert(Target::Operator(user));
        for target in targets {
            self.watch_queue(target);
        }
    }

    fn watch_queue(&mut self, target: Target) {
        let Some(list) = &mut self.list else { return };
        list.watched.insert(target.clone());
        list.awaited.insert(target.clone());
        let peer = self.peer.clone();
        match target {
            Target::Operator(user) => self.seat.node.desk().personal_rows(user, peer),
            Target::Department(_) | Target::Coop(_) => {
                self.seat.node.registry.queue(&target, &self.seat).do_send(Watch(peer));
            }
        }
    }

    fn unwatch_queue(&self, target: &Target) {
        if !matches!(target, Target::Operator(_)) {
            let queue = self.seat.node.registry.queue(target, &self.seat);
            queue.do_send(Unwatch(self.peer.connection));
        }
    }

    /// Follows a change of what she monitors.
    pub(super) fn watch_anew(&mut self, told: &Told) {
        let Some(list) = &mut self.list else { return };
        let watches = told.watches();
        let kept =
            |target: &Target| matches!(target, Target::Operator(_)) || watches.contains(target);
        let dropped: Vec<_> = list.watched.iter().filter(|it| !kept(it)).cloned().collect();
        let added: Vec<_> = watches.difference(&list.watched).cloned().collect();
        for target in dropped {
            self.unwatch_queue(&target);
            let gone = self.list.as_mut().map(|list| list.forget(&target)).unwrap_or_default();
            for chat in gone {
                self.peer.outbox.push(self.say(&Say::Gone { chat, claimed_by: None }));
            }
        }
        for target in added {
            self.watch_queue(target);
        }
        self.show_list_if_complete();
    }

    /// Ends the list; who still waits for its start is answered.
    pub(super) fn drop_list(&mut self) {
        self.unwatch_all();
        if let Some(re) = self.list.take().and_then(|list| list.subscribe_re) {
            self.reply(&Say::Done { re, at: None });
        }
    }

    pub(super) fn unwatch_all(&self) {
        for target in self.list.iter().flat_map(|list| &list.watched) {
            self.unwatch_queue(target);
        }
    }

    fn show_list_if_complete(&mut self) {
        let Some(list) = self.list.as_mut().filter(|list| list.awaited.is_empty()) else { return };
        let Some(re) = list.subscribe_re.take() else { return };
        let mut rows: Vec<_> = list.rows.values().map(|held| held.row.clone()).collect();
        rows.sort_by_key(|row| (row.summary.since, row.summary.chat));
        let rows: Vec<_> = rows.iter().map(AsRef::as_ref).collect();
        let mine = list.mine.take();
        self.peer.outbox.push_all([self.say(&Say::Rows(&rows))], 0, true);
        if let Some(mine) = mine {
            self.peer.outbox.push(self.say(&Say::Mine(&mine)));
        }
        self.reply(&Say::Done { re, at: None });
    }

    /// Answers once everything has been said that anybody had to say before, on any node.
    pub(super) fn sync(&mut self, re: u32, ctx: &mut Context<Self>) {
        let Some(hearing) = self.seat.node.log.hear_all() else {
            return self.sync_here(re, Vec::new());
        };
        let heard =
            wrap_future(hearing).map(move |heard, actor: &mut Self, _: &mut _| match heard {
                // What was heard of these may still be read.
                Ok(()) => actor.sync_here(re, actor.follows.iter().copied().collect()),
                Err(error) => {
                    tracing::debug!(%error, "what others did is not heard");
                    actor.refuse(re, &Refused::Unavailable);
                }
            });
        ctx.spawn(heard);
    }

    /// Answers once these chats, the desk and every watched queue have said what they had to say
    /// before.
    fn sync_here(&mut self, re: u32, chats: Vec<ChatId>) {
        let watched = self.list.iter().flat_map(|list| &list.watched);
        let queues: Vec<_> =
            watched.filter(|target| !matches!(target, Target::Operator(_))).cloned().collect();
        self.syncs.push((re, chats.len() + queues.len() + 1));
        for chat in chats {
            if let Some(handle) = self.seat.node.registry.warm(chat) {
                handle.hand_out();
            }
            self.ask(re, chat, Wish::Sync);
        }
        self.seat.node.desk().sync(QueueSync { peer: self.peer.clone(), re }, queues);
    }
}

impl Handler<QueueRows> for SessionActor {
    type Result = ();

    fn handle(&mut self, QueueRows { target, rows }: QueueRows, _: &mut Context<Self>) {
        let Some(list) = &mut self.list else { return };
        // What went while nobody watched is gone.
        let stands = |chat: &ChatId| rows.iter().any(|row| row.summary.chat == *chat);
        let held: Vec<_> = list.rows.keys().copied().filter(|chat| !stands(chat)).collect();
        let gone: Vec<_> = held.into_iter().filter(|chat| list.release(&target, *chat)).collect();
        let news: Vec<_> = rows.iter().filter(|row| list.hold(&target, row)).collect();
        list.awaited.remove(&target);
        if list.awaited.is_empty() {
            // An empty set keeps its memory, and thousands of lists stand idle.
            list.awaited = BTreeSet::new();
        }
        for chat in gone {
            self.peer.outbox.push(self.say(&Say::Gone { chat, claimed_by: None }));
        }
        for row in news {
            self.peer.outbox.push(self.say(&Say::Row(row)));
        }
        self.show_list_if_complete();
    }
}

impl Handler<RowPut> for SessionActor {
    type Result = ();

    fn handle(&mut self, put: RowPut, _: &mut Context<Self>) {
        if self.list.as_mut().is_some_and(|list| list.hold(&put.target, &put.row)) {
            self.peer.outbox.push(put.frame);
        }
    }
}

impl Handler<RowGone> for SessionActor {
    type Result = ();

    fn handle(&mut self, gone: RowGone, _: &mut Context<Self>) {
        if self.list.as_mut().is_some_and(|list| list.release(&gone.target, gone.chat)) {
            self.peer.outbox.push(gone.frame);
        }
    }
}

impl Handler<Mine> for SessionActor {
    type Result = ();

    fn handle(&mut self, Mine(chats): Mine, _: &mut Context<Self>) {
        match &mut self.list {
            Some(list) if list.subscribe_re.is_some() => list.mine = Some(chats),
            Some(_) => self.peer.outbox.push(self.say(&Say::Mine(&chats))),
            None => {}
        }
    }
}

impl Handler<Synced> for SessionActor {
    type Result = ();

    fn handle(&mut self, Synced(re): Synced, _: &mut Context<Self>) {
        let Some(place) = self.syncs.iter().position(|(id, _)| *id == re) else { return };
        self.syncs[place].1 -= 1;
        if self.syncs[place].1 == 0 {
            self.syncs.remove(place);
            self.reply(&Say::Done { re, at: None });
        }
    }
}

impl Handler<Watching> for SessionActor {
    type Result = ();

    fn handle(&mut self, Watching(told): Watching, _: &mut Context<Self>) {
        self.monitoring_changed(&told);
    }
}
