//! Where the actors are: id → address, started on demand on the shard that first needs them.
//!
//! The one map that shards share. Only addresses are in it, never state, and no guard outlives a
//! lookup. An actor found dead (it panicked) is replaced.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use actix::{Actor, Addr};
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use deskbell_domain::access::Principal;
use deskbell_protocol::codes::CloseCode;
use deskbell_protocol::ids::{ChatId, ClientId, Eid, Target};
use foldhash::fast::RandomState;
use jiff::Timestamp;

use super::chat::{ChatActor, Nudge};
use super::inbox::Inbox;
use super::node::Seat;
use super::queue::QueueActor;
use super::session::{End, Peer};
use crate::log::Record;

/// A chat's address, cheap to pass on.
#[derive(Debug)]
pub struct ChatHandle {
    /// Its mailbox.
    pub addr: Addr<ChatActor>,
    /// The shard it lives on.
    pub shard: usize,
    heard: Arc<Hearing>,
    /// Its shard's.
    inbox: Arc<Inbox>,
}

/// What of others' appends a chat has not taken up yet.
#[derive(Debug, Default)]
pub struct Hearing {
    /// How far they are known to have come, if nobody has looked since; else 0.
    pub seq: AtomicU64,
    /// Records that are on their way to the chat.
    pub records: AtomicUsize,
}

/// Records that may be on their way to one chat; of more it is told where they end.
const RECORDS_MAX: usize = 256;

impl ChatHandle {
    /// Others appended `records` after the one that `after` names, up to `seq`: a reason to look,
    /// told once until somebody does, unless the records themselves may be passed on.
    pub fn moved(&self, seq: u64, after: Option<Eid>, records: Vec<Record>) {
        let count = records.len();
        if count > 0 && self.heard.records.load(Ordering::Acquire) + count <= RECORDS_MAX {
            self.heard.records.fetch_add(count, Ordering::AcqRel);
            self.inbox.put(self.addr.clone(), Nudge::Appended(after, records));
        } else if self.heard.seq.fetch_max(seq, Ordering::AcqRel) == 0 {
            self.inbox.put(self.addr.clone(), Nudge::Moved);
        }
    }

    /// Sees to it that what it was told by now is in its mailbox.
    pub fn hand_out(&self) {
        self.inbox.hand_out();
    }
}

/// The map.
#[derive(Default)]
pub struct Registry {
    /// Looked at for each message. Clients choose what is asked for, so the hash has a seed.
    chats: DashMap<ChatId, Arc<ChatHandle>, RandomState>,
    queues: DashMap<Target, Addr<QueueActor>>,
    /// Every connection that said hello, by person and app.
    peers: DashMap<(Principal, ClientId), Arc<Peer>>,
}

impl Registry {
    /// The chat's actor, started here if it is nowhere.
    pub fn chat(&self, chat: ChatId, seat: &Arc<Seat>) -> Arc<ChatHandle> {
        if let Some(known) = self.chats.get(&chat)
            && known.addr.connected()
        {
            return known.clone();
        }
        match self.chats.entry(chat) {
            Entry::Occupied(known) if known.get().addr.connected() => known.get().clone(),
            Entry::Occupied(mut dead) => {
                let handle = start(chat, seat);
                dead.insert(handle.clone());
                handle
            }
            Entry::Vacant(vacant) => vacant.insert(start(chat, seat)).clone(),
        }
    }

    /// The chat's actor, if it is in memory.
    pub fn warm(&self, chat: ChatId) -> Option<Arc<ChatHandle>> {
        self.chats.get(&chat).map(|known| known.clone())
    }

    /// All chats in memory.
    pub fn all_warm(&self) -> Vec<(ChatId, Arc<ChatHandle>)> {
        self.chats.iter().map(|entry| (*entry.key(), entry.value().clone())).collect()
    }

    /// The queue's actor, started here if it is nowhere.
    pub fn queue(&self, target: &Target, seat: &Arc<Seat>) -> Addr<QueueActor> {
        let fresh = || QueueActor::new(target.clone(), seat.clone()).start();
        let mut found = self.queues.entry(target.clone()).or_insert_with(fresh);
        if !found.connected() {
            *found = fresh();
        }
        found.clone()
    }

    /// Forgets a chat's actor, if it is still this one.
    pub fn retire(&self, chat: ChatId, addr: &Addr<ChatActor>) {
        self.chats.remove_if(&chat, |_, handle| handle.addr == *addr);
    }

    /// A connection said hello; an older one of the same person and app is shown out.
    pub fn enter(&self, peer: &Arc<Peer>) {
        let older = self.peers.insert((peer.who.clone(), peer.client), peer.clone());
        if let Some(older) = older {
            older.addr.do_send(End::Close(CloseCode::Superseded));
        }
    }

    /// The same app connected to another node, then.
    pub fn entered_elsewhere(&self, who: Principal, client: ClientId, at: Timestamp) {
        if let Some(older) = self.peers.get(&(who, client)).filter(|older| older.since < at) {
            older.addr.do_send(End::Close(CloseCode::Superseded));
        }
    }

    /// It ended.
    pub fn leave(&self, peer: &Peer) {
        let app = (peer.who.clone(), peer.client);
        self.peers.remove_if(&app, |_, it| it.connection == peer.connection);
    }

    /// Shows everybody out.
    pub fn close_all(&self, code: CloseCode) {
        for peer in &self.peers {
            peer.addr.do_send(End::Close(code));
        }
    }

    /// Shows out everybody of whom `is_theirs` says so.
    pub fn close_those(&self, is_theirs: impl Fn(&Peer) -> bool, code: CloseCode) {
        for peer in self.peers.iter().filter(|peer| is_theirs(peer)) {
            peer.addr.do_send(End::Close(code));
        }
    }

    /// The chats of one shard.
    pub fn chats_on(&self, shard: usize) -> Vec<Arc<ChatHandle>> {
        let handles = self.chats.iter().map(|entry| entry.value().clone());
        handles.filter(|handle| handle.shard == shard).collect()
    }

    /// How many chats are in memory.
    pub fn chats_len(&self) -> usize {
        self.chats.len()
    }
}

fn start(chat: ChatId, seat: &Arc<Seat>) -> Arc<ChatHandle> {
    let heard = Arc::<Hearing>::default();
    let addr = ChatActor::new(chat, seat.clone(), heard.clone()).start();
    Arc::new(ChatHandle { addr, shard: seat.shard, heard, inbox: seat.inbox.clone() })
}
