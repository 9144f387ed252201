//! QueueActor: one per department and co-op. It holds what can be claimed there and tells each
//! change, encoded once, to whoever watches on this node.
//!
//! Fed by the DeskActor alone; it decides nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix::fut::wrap_future;
use actix::{Actor, AsyncContext, Context, Handler, Message};
use deskbell_protocol::ids::{ChatId, Target, UserId};
use jiff::Timestamp;

use super::node::Seat;
use super::say::{Row, Say};
use super::session::{Peer, QueueRows, RowGone, RowPut, Synced};
use crate::presence::ConnectionId;

/// Watchers told before other tasks of the thread get their turn.
const WATCHERS_PER_TURN: usize = 256;

/// A chat stands here now, or its row changed.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Put(pub Arc<Row>);

/// A chat stands here no longer.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Take {
    /// Which.
    pub chat: ChatId,
    /// Who took it, if that is why.
    pub claimed_by: Option<UserId>,
}

/// A connection wants to hear.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Watch(pub Arc<Peer>);

/// It no longer wants to.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Unwatch(pub ConnectionId);

/// Passes a `sync` on behind everything told before.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct QueueSync {
    /// Who asked.
    pub peer: Arc<Peer>,
    /// Its request.
    pub re: u32,
}

/// See the module.
pub struct QueueActor {
    target: Target,
    seat: Arc<Seat>,
    /// Longest waiting first.
    rows: BTreeMap<(Timestamp, ChatId), Arc<Row>>,
    places: BTreeMap<ChatId, Timestamp>,
    watchers: BTreeMap<ConnectionId, Arc<Peer>>,
}

impl QueueActor {
    /// An empty queue.
    pub fn new(target: Target, seat: Arc<Seat>) -> Self {
        let (rows, places, watchers) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { target, seat, rows, places, watchers }
    }

    fn rest_after_crowd(&self, ctx: &mut Context<Self>) {
        if self.watchers.len() >= WATCHERS_PER_TURN {
            ctx.wait(wrap_future(tokio::task::yield_now()));
        }
    }
}

impl Actor for QueueActor {
    type Context = Context<Self>;
}

impl Handler<Put> for QueueActor {
    type Result = ();

    fn handle(&mut self, Put(row): Put, ctx: &mut Context<Self>) {
        let (chat, since) = (row.summary.chat, row.summary.since);
        self.rows.insert((since, chat), row.clone());
        self.places.insert(chat, since);
        if self.watchers.is_empty() {
            return;
        }
        let node = &self.seat.node;
        let frame = node.encode.encode(&Say::Row(&row), &node.directory.load());
        let put = RowPut { target: self.target.clone(), row, frame };
        for watcher in self.watchers.values() {
            watcher.addr.do_send(put.clone());
        }
        self.rest_after_crowd(ctx);
    }
}

impl Handler<Take> for QueueActor {
    type Result = ();

    fn handle(&mut self, Take { chat, claimed_by }: Take, ctx: &mut Context<Self>) {
        let Some(since) = self.places.remove(&chat) else { return };
        self.rows.remove(&(since, chat));
        let node = &self.seat.node;
        let say = Say::Gone { chat, claimed_by: claimed_by.as_ref() };
        let frame = node.encode.encode(&say, &node.directory.load());
        let gone = RowGone { target: self.target.clone(), chat, frame };
        for watcher in self.watchers.values() {
            watcher.addr.do_send(gone.clone());
        }
        self.rest_after_crowd(ctx);
    }
}

impl Handler<Watch> for QueueActor {
    type Result = ();

    fn handle(&mut self, Watch(peer): Watch, _: &mut Context<Self>) {
        let rows = self.rows.values().cloned().collect();
        peer.addr.do_send(QueueRows { target: self.target.clone(), rows });
        self.watchers.insert(peer.connection, peer);
    }
}

impl Handler<Unwatch> for QueueActor {
    type Result = ();

    fn handle(&mut self, Unwatch(connection): Unwatch, _: &mut Context<Self>) {
        self.watchers.remove(&connection);
    }
}

impl Handler<QueueSync> for QueueActor {
    type Result = ();

    fn handle(&mut self, QueueSync { peer, re }: QueueSync, _: &mut Context<Self>) {
        peer.addr.do_send(Synced(re));
    }
}
