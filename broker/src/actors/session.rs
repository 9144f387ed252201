//! SessionActor: one per connection that said `hello`. It knows whom the connection belongs to,
//! which chats it follows and what stands in its list; it passes asks on and hands what it is told
//! to the outbox.
//!
//! Not here: bytes and JSON (`edge`), and whether a request is allowed (the chat decides).

mod desk;
mod list;
mod requests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use actix::{Actor, ActorContext, Addr, Context, Handler, Message};
use deskbell_domain::access::Principal;
use deskbell_protocol::codes::CloseCode;
use deskbell_protocol::ids::{ChatId, ClientId, SessionId, UserId};
use jiff::Timestamp;

pub use self::desk::Desire;
use self::list::List;
pub use self::list::{Mine, QueueRows, RowGone, RowPut, Synced, Watching};
pub use self::requests::{Request, Want};
use super::chat::Nudge;
use super::directory::is_active;
use super::node::Seat;
use super::outbox::Outbox;
use super::receipts::Receipts;
use super::say::{Frame, Say};
use crate::presence::{ConnectionId, Signal, Told};
use crate::secrets::address::Address;

/// A connection, as the other actors know it.
#[derive(Debug)]
pub struct Peer {
    /// Unique on this node.
    pub connection: ConnectionId,
    /// The app's own id: a newer connection with the same one takes over.
    pub client: ClientId,
    /// Whom it belongs to.
    pub who: Principal,
    /// The sign-in, or the visit, that its token names.
    pub session: SessionId,
    /// When it began.
    pub since: Timestamp,
    /// Where it comes from, if that is known.
    pub address: Option<Address>,
    /// Its SessionActor.
    pub addr: Addr<SessionActor>,
    /// What it still has to send.
    pub outbox: Outbox,
    /// Requests that its SessionActor has not passed on yet.
    passing: AtomicU32,
}

impl Peer {
    /// Tells the connection something; its session hears only of what concerns it.
    pub fn deliver(&self, deliver: Deliver) {
        let Deliver { first, rest, answers, notes, is_bulk, is_urgent: _ } = deliver;
        if let Some(notes) = notes {
            self.addr.do_send(notes);
        }
        self.outbox.push_all(first.into_iter().chain(rest), answers, is_bulk);
    }

    /// The same for what may be nothing but a receipt: that waits in a crowd.
    pub fn deliver_patiently(&self, deliver: Deliver, receipts: &Receipts) {
        if deliver.is_urgent || deliver.notes.is_some() || !receipts.wait() {
            self.deliver(deliver);
        } else {
            let frames = deliver.first.into_iter().chain(deliver.rest);
            if let Some(waiting) = self.outbox.push_patiently(frames, deliver.answers) {
                receipts.hold(self.outbox.clone(), waiting);
            }
        }
    }

    /// The operator, if it is one.
    pub fn operator(&self) -> Option<&UserId> {
        match &self.who {
            Principal::Operator(user) => Some(user),
            Principal::Patron { .. } => None,
        }
    }
}

/// Frames for a connection, and what they mean for its session.
#[derive(Debug, Default)]
pub struct Deliver {
    /// Most deliveries are one frame: no allocation.
    first: Option<Frame>,
    rest: Vec<Frame>,
    /// How many of them are replies.
    answers: u32,
    notes: Option<Notes>,
    /// Asked for, and bounded by itself: it never makes the reader look slow.
    pub is_bulk: bool,
    /// Whether it holds more than receipts.
    is_urgent: bool,
}

/// What a session keeps track of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub struct Notes {
    /// The connection follows this chat from now on.
    pub followed: Option<ChatId>,
    /// The connection follows this chat no longer.
    pub unfollowed: Option<ChatId>,
    /// More pages of this chat follow once the outbox has room.
    pub page_of: Option<ChatId>,
}

impl Deliver {
    /// One push.
    pub fn frame(frame: Frame) -> Self {
        Self { first: Some(frame), is_urgent: true, ..Self::default() }
    }

    /// One reply.
    pub fn answer(frame: Frame) -> Self {
        Self { first: Some(frame), answers: 1, is_urgent: true, ..Self::default() }
    }

    /// Adds a push.
    pub fn push(&mut self, frame: Frame) {
        self.is_urgent = true;
        self.push_receipt(frame);
    }

    /// Adds what its reader knows already: her own message, or that it is stored.
    pub fn push_receipt(&mut self, frame: Frame) {
        if self.first.is_none() {
            self.first = Some(frame);
        } else {
            self.rest.push(frame);
        }
    }

    /// Adds a reply.
    pub fn push_answer(&mut self, frame: Frame) {
        self.push(frame);
        self.answers += 1;
    }

    /// Adds the reply to a message.
    pub fn push_ok(&mut self, frame: Frame) {
        self.push_receipt(frame);
        self.answers += 1;
    }

    /// What the session has to know of it.
    pub fn notes(&mut self) -> &mut Notes {
        self.notes.get_or_insert_default()
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.first.is_none() && self.notes.is_none()
    }
}

/// Ends a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub enum End {
    /// The broker closes the connection.
    Close(CloseCode),
    /// The connection is gone.
    Gone,
}

/// The outbox fell below half, and the session had asked to be told.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Room;

/// See the module.
pub struct SessionActor {
    seat: Arc<Seat>,
    peer: Arc<Peer>,
    follows: BTreeSet<ChatId>,
    /// Set while the operator's list is subscribed.
    list: Option<Box<List>>,
    /// Replays that wait for room in the outbox.
    pages_wanted: Vec<ChatId>,
    /// `sync` requests and from how many actors each still waits.
    syncs: Vec<(u32, usize)>,
}

impl SessionActor {
    /// Starts a session on this shard, and tells presence and the desk.
    pub fn open(
        seat: Arc<Seat>,
        connection: ConnectionId,
        client: ClientId,
        (who, session): (Principal, SessionId),
        address: Option<Address>,
        outbox: Outbox,
    ) -> Arc<Peer> {
        let (tx, rx) = actix::dev::channel::channel(16);
        let peer = {
            let (addr, passing) = (Addr::new(tx), AtomicU32::new(0));
            let since = seat.node.clock.now();
            Arc::new(Peer {
                connection,
                client,
                who,
                session,
                since,
                address,
                addr,
                outbox,
                passing,
            })
        };
        let actor = Self {
            seat: seat.clone(),
            peer: peer.clone(),
            follows: BTreeSet::new(),
            list: None,
            pages_wanted: Vec::new(),
            syncs: Vec::new(),
        };
        tokio::task::spawn_local(Context::with_receiver(rx).into_future(actor));
        seat.node.desk().arrived(&seat.node, peer.clone());
        // Only now is an older one shown out: on its own shard it may be gone at once, and a person
        // who reloads a page must not be seen to go away.
        seat.node.registry.enter(&peer);
        let (who, client, at) = (peer.who.clone(), client, peer.since);
        seat.node.presence.signal(Signal::TookOver { who, client, at });
        // Her account may have been ended after her token was looked at and before she could be
        // found here.
        if peer.operator().is_some_and(|user| !is_active(&seat.node, user)) {
            peer.addr.do_send(End::Close(CloseCode::SignedOut));
        }
        peer
    }

    fn say(&self, say: &Say<'_>) -> Frame {
        let node = &self.seat.node;
        node.encode.encode(say, &node.directory.load())
    }

    fn reply(&self, say: &Say<'_>) {
        self.peer.outbox.push_all([self.say(say)], 1, false);
    }

    fn ask_for_pages(&mut self) {
        if !self.pages_wanted.is_empty() && self.peer.outbox.has_room() {
            for chat in std::mem::take(&mut self.pages_wanted) {
                let handle = self.seat.node.registry.chat(chat, &self.seat);
                handle.addr.do_send(Nudge::Room(self.peer.connection));
            }
        }
    }

    /// What she monitors changed: so may what she reads.
    fn monitoring_changed(&mut self, told: &Told) {
        self.watch_anew(told);
        for chat in &self.follows {
            let handle = self.seat.node.registry.chat(*chat, &self.seat);
            handle.addr.do_send(Nudge::Review);
        }
    }
}

impl Drop for SessionActor {
    /// However a session ends, by its socket or by a bug, nobody counts it as there any longer.
    fn drop(&mut self) {
        let node = &self.seat.node;
        for chat in &self.follows {
            let handle = node.registry.chat(*chat, &self.seat);
            handle.addr.do_send(Nudge::Gone(self.peer.connection));
        }
        self.unwatch_all();
        self.peer.outbox.close(CloseCode::Internal);
        node.registry.leave(&self.peer);
        node.desk().departed(node, &self.peer);
    }
}

impl Actor for SessionActor {
    type Context = Context<Self>;
}

impl Handler<Notes> for SessionActor {
    type Result = ();

    fn handle(&mut self, notes: Notes, _: &mut Context<Self>) {
        if let Some(chat) = notes.followed {
            self.follows.insert(chat);
        }
        if let Some(chat) = notes.unfollowed {
            self.follows.remove(&chat);
        }
        if let Some(chat) = notes.page_of {
            self.pages_wanted.push(chat);
            self.ask_for_pages();
        }
    }
}

impl Handler<Room> for SessionActor {
    type Result = ();

    fn handle(&mut self, _: Room, _: &mut Context<Self>) {
        self.ask_for_pages();
    }
}

impl Handler<End> for SessionActor {
    type Result = ();

    fn handle(&mut self, end: End, ctx: &mut Context<Self>) {
        match end {
            End::Close(code) => self.peer.outbox.close(code),
            End::Gone => ctx.stop(),
        }
    }
}
