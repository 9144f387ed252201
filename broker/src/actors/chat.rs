//! ChatActor: one per live chat on this node. A shell around the decider: asks come in, one append
//! at a time goes out, and what the log holds is told to the readers.
//!
//! Two of them for one chat (on two nodes) are harmless: the log lets one append win, the other
//! folds what it missed and decides again.
//!
//! `flight` decides and settles · `readers` knows who follows and tells them · `replay` brings
//! readers up to date · `marks` is how far each has got · `history` is what the actor remembers of
//! the stream · `bans` keeps its patron from ringing again · `targets` is
//! where it may be transferred to.

pub mod bans;
mod facts;
mod flight;
mod history;
mod load;
mod marks;
mod readers;
mod replay;
mod targets;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use actix::fut::wrap_future;
use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, Message, WeakAddr};
use deskbell_domain::access::bans::Sentence;
use deskbell_domain::chat::{ChatState, Command};
use deskbell_domain::person::Author;
use deskbell_protocol::codes::CloseCode;
use deskbell_protocol::ids::{ChatId, Cmid, Eid};
use tokio::time::Instant;

use self::flight::Flight;
use self::history::History;
use self::load::Loaded;
use self::marks::Marks;
pub use self::marks::Reach;
use self::readers::Readers;
use self::replay::PageRead;
use super::appender::Settled;
use super::node::Seat;
use super::registry::Hearing;
use super::say::{Place, Refused, Say};
use super::session::{Deliver, Peer};
use crate::log::{Record, StreamId};
use crate::presence::ConnectionId;

/// Asks that may wait while one append is in flight.
const WAITING_MAX: usize = 1024;
/// Messages handled before other tasks of the thread get their turn.
const MESSAGES_PER_TURN: u32 = 64;
/// An actor without readers leaves memory after this.
const IDLE: Duration = Duration::from_mins(5);
/// How long a retired actor still passes on what comes from who found it just before.
const AFTERLIFE: Duration = Duration::from_secs(10);

/// What a connection, or the broker itself, asks of a chat.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Ask {
    /// Who asks and wants to be answered; nobody for the broker's own commands.
    pub from: Option<(Arc<Peer>, u32)>,
    /// What.
    pub what: Wish,
}

/// What may be asked.
#[derive(Debug)]
#[expect(missing_docs, reason = "the variants say what their fields hold")]
pub enum Wish {
    /// To change the chat. Boxed: a command is large and most asks wait nowhere.
    Do(Box<Deed>),
    /// To follow it, from a place or from the beginning.
    Follow { from: Option<(u64, Eid)> },
    /// To follow it no longer.
    Unfollow,
    /// To read older events.
    History { before: u64, max: u32 },
    /// To tell the others that one writes.
    Typing { on: bool },
    /// To tell the others how far one has got.
    Mark(Reach),
    /// To read where it may be transferred to.
    Targets,
    /// To be told once everything before has been told.
    Sync,
    /// To keep its patron from ringing again.
    Ban(Box<Sentence>),
}

/// A command with what makes its retry safe.
#[derive(Debug)]
pub struct Deed {
    /// The client message id; none for the broker's own commands.
    pub cmid: Option<Cmid>,
    /// A keyed hash of the request.
    pub fingerprint: u64,
    /// What to decide.
    pub command: Command,
}

/// Small things that need no answer.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub enum Nudge {
    /// A connection ended.
    Gone(ConnectionId),
    /// What a connection may read may have changed, outside this chat.
    Review,
    /// A reader who catches up has room for the next page.
    Room(ConnectionId),
    /// The patron's place in the queue.
    Wait(Place),
    /// Another node appended to the stream, up to what the handle was told.
    Moved,
    /// Another node appended these, after the record of that identity.
    Appended(Option<Eid>, Vec<Record>),
    /// Where the log says that the stream ends.
    Head(Option<(u64, Eid)>),
    /// The desk may not know what is so: the log is read, and the desk is told.
    TellDesk,
    /// Through another node somebody writes, or writes no longer.
    Typing(Author, bool),
    /// Through another node somebody has got so far.
    Marked(Author, Reach),
    /// Leave memory, if nobody needs this actor.
    Sweep,
}

/// See the module.
pub struct ChatActor {
    chat: ChatId,
    seat: Arc<Seat>,
    /// Its own address, for what answers later; set when it starts.
    me: Option<WeakAddr<Self>>,
    /// What the log holds, as far as this actor has folded it.
    state: ChatState,
    history: History,
    readers: Readers,
    /// Whether `state` may be decided on.
    stage: Stage,
    /// What came while it may not, or while an append is in flight.
    waiting: VecDeque<Ask>,
    /// The append in flight. At most one.
    flight: Option<Flight>,
    /// Appends in a row that came too late.
    conflicts: u8,
    /// The desk may know what is no longer so: it is told when the stream has been read.
    desk_waits: bool,
    /// The state was `Ready` before: it is a true beginning of the stream, if not all of it.
    warm: bool,
    /// What others appended, as far as it is heard of and not taken up.
    heard: Arc<Hearing>,
    /// Where the last look at the stream began.
    looked_from: u64,
    /// What the last history had that may be lost.
    lost: Vec<(u64, Eid)>,
    /// Rebuilds that failed in a row.
    failed_rebuilds: u8,
    /// The desk will wake this chat to look whether its owner is idle.
    idle_watched: bool,
    /// How far each person in it has got.
    marks: Marks,
    /// The patron's place, for a patron who subscribes later.
    wait: Option<Place>,
    last_asked: Instant,
    messages_this_turn: u32,
}

#[derive(Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing is known, and nobody reads the stream: the next ask makes it read.
    Unread,
    /// The stream is being read.
    Loading,
    /// `state` is what the log held at the last look.
    Ready,
    /// It could not be rebuilt three times.
    Quarantined,
    /// It is in the registry no longer: the next one answers.
    Retired,
}

impl ChatActor {
    /// An actor that reads its stream first.
    /// `heard` is where the node notes how far others appended.
    pub fn new(chat: ChatId, seat: Arc<Seat>, heard: Arc<Hearing>) -> Self {
        Self {
            chat,
            seat,
            me: None,
            state: ChatState::default(),
            history: History::default(),
            readers: Readers::default(),
            stage: Stage::Loading,
            waiting: VecDeque::new(),
            flight: None,
            conflicts: 0,
            desk_waits: false,
            warm: false,
            heard,
            looked_from: 0,
            lost: Vec::new(),
            failed_rebuilds: 0,
            idle_watched: false,
            marks: Marks::default(),
            wait: None,
            last_asked: Instant::now(),
            messages_this_turn: 0,
        }
    }

    fn stream(&self) -> StreamId {
        StreamId::Chat(self.chat)
    }

    fn refuse(&self, from: Option<&(Arc<Peer>, u32)>, why: &Refused) {
        if let Some((peer, re)) = from {
            let say = Say::Refused { re: *re, why, next: None };
            let directory = self.seat.node.directory.load();
            peer.deliver(Deliver::answer(self.seat.node.encode.encode(&say, &directory)));
        }
    }

    /// Lets the thread's other tasks run now and then: a mailbox is emptied without pause
    /// otherwise.
    fn take_turns(&mut self, ctx: &mut Context<Self>) {
        self.messages_this_turn += 1;
        if self.messages_this_turn >= MESSAGES_PER_TURN {
            self.messages_this_turn = 0;
            ctx.wait(wrap_future(tokio::task::yield_now()));
        }
    }

    /// Answers all that waits in the same way.
    fn refuse_waiting(&mut self, why: &Refused) {
        for ask in std::mem::take(&mut self.waiting) {
            self.refuse(ask.from.as_ref(), why);
        }
    }

    fn retire_if_empty(&mut self, ctx: &mut Context<Self>) {
        if self.state.version == 0 && self.stage == Stage::Ready {
            self.retire(ctx);
        }
    }

    fn sweep(&mut self, ctx: &mut Context<Self>) {
        if self.last_asked.elapsed() >= IDLE {
            self.retire(ctx);
        }
    }

    /// Leaves memory, unless somebody needs this actor. A chat that does not exist needs none:
    /// who asks for made-up ids fills nothing.
    fn retire(&mut self, ctx: &mut Context<Self>) {
        let unneeded = self.readers.is_empty() && self.waiting.is_empty() && self.flight.is_none();
        let retires = !matches!(self.stage, Stage::Loading | Stage::Retired);
        if unneeded && retires {
            self.seat.node.registry.retire(self.chat, &ctx.address());
            self.stage = Stage::Retired;
            let farewell = wrap_future(tokio::time::sleep(AFTERLIFE));
            ctx.spawn(farewell.map(|(), _: &mut Self, ctx| actix::ActorContext::stop(ctx)));
        }
    }
}

impl Actor for ChatActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.me = Some(ctx.address().downgrade());
        self.load(ctx);
    }
}

impl Drop for ChatActor {
    /// A bug ended this actor: who followed or asked connects again and finds its successor.
    fn drop(&mut self) {
        self.readers.close_all();
        for ask in &self.waiting {
            if let Some((peer, _)) = &ask.from {
                peer.outbox.close(CloseCode::Internal);
            }
        }
    }
}

impl Handler<Ask> for ChatActor {
    type Result = ();

    fn handle(&mut self, ask: Ask, ctx: &mut Context<Self>) {
        self.take_turns(ctx);
        self.last_asked = Instant::now();
        if self.stage == Stage::Retired {
            let successor = self.seat.node.registry.chat(self.chat, &self.seat);
            return successor.addr.do_send(ask);
        }
        if self.stage == Stage::Quarantined {
            self.refuse(ask.from.as_ref(), &Refused::Quarantined);
        } else if self.waiting.len() >= WAITING_MAX {
            self.refuse(ask.from.as_ref(), &Refused::Busy);
        } else {
            self.waiting.push_back(ask);
            self.work(ctx);
            self.retire_if_empty(ctx);
        }
    }
}

impl Handler<Settled> for ChatActor {
    type Result = ();

    fn handle(&mut self, Settled(outcome): Settled, ctx: &mut Context<Self>) {
        self.take_turns(ctx);
        self.settle(outcome, ctx);
        self.work(ctx);
    }
}

impl Handler<Loaded> for ChatActor {
    type Result = ();

    fn handle(&mut self, loaded: Loaded, ctx: &mut Context<Self>) {
        self.take_in(loaded, ctx);
        self.work(ctx);
        self.retire_if_empty(ctx);
    }
}

impl Handler<PageRead> for ChatActor {
    type Result = ();

    fn handle(&mut self, page: PageRead, _: &mut Context<Self>) {
        self.hand_on(page);
    }
}

impl Handler<Nudge> for ChatActor {
    type Result = ();

    fn handle(&mut self, nudge: Nudge, ctx: &mut Context<Self>) {
        self.take_turns(ctx);
        match nudge {
            Nudge::Gone(connection) => self.lose_reader(connection),
            Nudge::Review => {
                self.review_readers(None);
                self.send_out();
            }
            Nudge::Room(connection) => self.next_page(connection),
            Nudge::Wait(place) => self.tell_wait(place),
            Nudge::Moved => self.work(ctx),
            Nudge::Appended(after, records) => self.take_over(after, records, ctx),
            Nudge::Head(head) => self.compare_head(head, ctx),
            Nudge::TellDesk => {
                self.desk_waits = true;
                self.look_again(ctx);
            }
            Nudge::Typing(who, on) => self.show_typing(&who, None, on),
            Nudge::Marked(who, reach) => self.show_mark(&who, None, reach),
            Nudge::Sweep => self.sweep(ctx),
        }
    }
}
