//! SessionActor: one per connection that said `hello`. It knows whom the connection belongs to, which
//! chats it follows and what stands in its list; it passes asks on and hands what it is told to the
//! outbox.
//!
//! Not here: bytes and JSON (`edge`), and whether a request is allowed (the chat decides).

mod list;
mod requests;

use std::collections::BTreeSet;
use std::sync::Arc;

use actix::{Actor, ActorContext, Addr, Context, Handler, Message};
use deskbell_domain::access::Principal;
use deskbell_protocol::codes::CloseCode;
use deskbell_protocol::ids::{ChatId, ClientId, UserId};

use self::list::List;
pub use self::list::{QueueRows, RowGone, RowPut, Synced, Watching};
pub use self::requests::{Request, Want};
use super::chat::Nudge;
use super::directory::is_active;
use super::node::Seat;
use super::outbox::Outbox;
use super::say::{Frame, Say};
use crate::presence::ConnectionId;

/// A connection, as the other actors know it.
#[derive(Debug)]
pub struct Peer {
    /// Unique on this node.
    pub connection: ConnectionId,
    /// The app's own id: a newer connection with the same one takes over.
    pub client: ClientId,
    /// Whom it belongs to.
    pub who: Principal,
    /// Its SessionActor.
    pub addr: Addr<SessionActor>,
}

impl Peer {
    /// Tells the connection something.
    pub fn deliver(&self, deliver: Deliver) {
        self.addr.do_send(deliver);
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
#[derive(Debug, Default, Message)]
#[rtype(result = "()")]
pub struct Deliver {
    /// Most deliveries are one frame: no allocation.
    first: Option<Frame>,
    rest: Vec<Frame>,
    /// How many of them are replies.
    answers: u32,
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
        Self { first: Some(frame), ..Self::default() }
    }

    /// One reply.
    pub fn answer(frame: Frame) -> Self {
        Self { first: Some(frame), answers: 1, ..Self::default() }
    }

    /// Adds a push.
    pub fn push(&mut self, frame: Frame) {
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

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.first.is_none() && self.followed.is_none() && self.unfollowed.is_none()
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

/// The outbox fell below half.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Room;

/// See the module.
pub struct SessionActor {
    seat: Arc<Seat>,
    peer: Arc<Peer>,
    /// Shared with the socket task on the same thread.
    outbox: Outbox,
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
        who: Principal,
        outbox: Outbox,
    ) -> Arc<Peer> {
        let (tx, rx) = actix::dev::channel::channel(16);
        let peer = Arc::new(Peer { connection, client, who, addr: Addr::new(tx) });
        let actor = Self {
            seat: seat.clone(),
            peer: peer.clone(),
            outbox,
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
        self.outbox.push(self.say(say));
        self.outbox.requests_answered(1);
    }

    fn ask_for_pages(&mut self) {
        if self.outbox.is_below_half() {
            for chat in std::mem::take(&mut self.pages_wanted) {
                let handle = self.seat.node.registry.chat(chat, &self.seat);
                handle.addr.do_send(Nudge::Room(self.peer.connection));
            }
        }
    }

    fn end(&mut self) {
        let node = &self.seat.node;
        for chat in &self.follows {
            let handle = node.registry.chat(*chat, &self.seat);
            handle.addr.do_send(Nudge::Gone(self.peer.connection));
        }
        self.drop_list();
        self.seat.node.registry.leave(&self.peer);
        self.seat.node.desk().departed(&self.seat.node, &self.peer);
    }
}

impl Drop for SessionActor {
    /// A session that a mistake of ours ends takes its connection with it, and nobody goes on
    /// taking the person for present.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.outbox.close(CloseCode::Internal);
            self.end();
        }
    }
}

impl Actor for SessionActor {
    type Context = Context<Self>;
}

impl Handler<Deliver> for SessionActor {
    type Result = ();

    fn handle(&mut self, deliver: Deliver, _: &mut Context<Self>) {
        if let Some(chat) = deliver.followed {
            self.follows.insert(chat);
        }
        if let Some(chat) = deliver.unfollowed {
            self.follows.remove(&chat);
        }
        for frame in deliver.first.into_iter().chain(deliver.rest) {
            self.outbox.push(frame);
        }
        self.outbox.requests_answered(deliver.answers);
        if let Some(chat) = deliver.page_of {
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
            End::Close(code) => self.outbox.close(code),
            End::Gone => {
                self.end();
                ctx.stop();
            }
        }
    }
}
