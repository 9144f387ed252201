//! The connection's state machine: what to do on each frame, call, loss and moment. Pure.
//!
//! ```text
//!            +-> Renewing -+
//!  (start) --+-------------+-> Connecting -> Greeting -> Open
//!                 ^                |            |         |
//!                 +--- Waiting <---+------------+---------+----> Closed
//! ```
//!
//! In: [`Session::ask`] (`asked.rs`), [`Session::hear`] (`heard.rs`), [`Session::connected`],
//! [`Session::lost`], [`Session::renewed`], [`Session::tick`]. Out: frames for the socket,
//! deliveries for the app (in the order that the broker spoke, answers after the events before
//! them), effects for the driver. Not here: sockets, JSON, tasks (`connection.rs`).

mod asked;
mod heard;
mod lifecycle;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::backoff::Backoff;
use crate::client::{Command, History, Reply};
use crate::desk::Said;
use crate::error::ClientError;
use crate::event::{CloseReason, Event, Status};
use crate::marks::Marks;
use crate::options::{IdSource, Options, Token};
use crate::outbox::{Lane, Outbox};
use crate::pace::Pace;
use crate::presence::Presence;
use crate::protocol::codes::CloseCode;
use crate::protocol::ids::{ChatId, ClientId};
use crate::protocol::limits::Limits;
use crate::protocol::to_broker::ToBroker;
use crate::protocol::to_client::You;
use crate::protocol::view::PresenceView;
use crate::streams::Streams;
use crate::write::Written;

/// From the first packet to the upgraded socket.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// From `hello` to `welcome`.
const GREETING_TIMEOUT: Duration = Duration::from_secs(15);
/// For the app's token source.
const RENEWAL_TIMEOUT: Duration = Duration::from_mins(1);
/// After a renewal that failed while the old token still lives.
const RENEWAL_RETRY: Duration = Duration::from_secs(10);
/// A connection that held so long was good: the next loss starts with a short delay.
const STABLE_AFTER: Duration = Duration::from_secs(30);
/// Silence beyond the broker's ping interval that means a dead connection.
const SILENCE_GRACE: Duration = Duration::from_secs(10);
/// The longest `retry_after_ms` that is believed.
const RETRY_AFTER_MAX: Duration = Duration::from_mins(10);

/// What the driver does.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Open a socket, then say [`Session::connected`] or [`Session::lost`].
    Connect,
    /// Ask the token source, then say [`Session::renewed`].
    Renew,
    /// Close and forget the socket, or stop opening one; `1000` is a leave in good order.
    Disconnect {
        /// For the close frame.
        code: u16,
    },
}

/// What the app gets, in this order.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "most are events of a chat: none is allocated")]
pub(crate) enum Delivery {
    Event(Event),
    Answer(Answer),
}

/// The outcome of a call.
#[derive(Debug)]
pub(crate) enum Answer {
    Written(Reply<Written>, Result<Written, ClientError>),
    Done(Reply<()>, Result<(), ClientError>),
    History(Reply<History>, Result<History, ClientError>),
    Presence(Reply<PresenceView>, Result<PresenceView, ClientError>),
    Desk(Reply<Said>, Result<Said, ClientError>),
}

impl Answer {
    /// Hands it over. An app that no longer waits for it loses nothing.
    pub(crate) fn send(self) {
        match self {
            Self::Written(reply, outcome) => drop(reply.send(outcome)),
            Self::Done(reply, outcome) => drop(reply.send(outcome)),
            Self::History(reply, outcome) => drop(reply.send(outcome)),
            Self::Presence(reply, outcome) => drop(reply.send(outcome)),
            Self::Desk(reply, outcome) => drop(reply.send(outcome)),
        }
    }
}

/// How a connection, or the attempt at one, ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Loss {
    /// The close frame's code, or `bye`'s.
    pub(crate) code: Option<CloseCode>,
    /// The status of a refused upgrade.
    pub(crate) upgrade: Option<u16>,
    /// For people.
    pub(crate) message: String,
    /// The broker asks to stay away so long.
    pub(crate) retry_after: Option<Duration>,
}

impl Loss {
    pub(crate) fn of(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Renewing { deadline: Instant },
    Connecting { deadline: Instant },
    Greeting { deadline: Instant },
    Open { since: Instant },
    Waiting { until: Instant },
    Closed,
}

/// A request whose reply has not come.
#[derive(Debug)]
enum Asked {
    Hello,
    Auth,
    /// Typing, or a mark: nobody waits for the answer.
    Signal,
    Sync(Reply<()>),
    Desk(Reply<Said>),
    History(Reply<History>),
    Presence {
        generation: u32,
        reply: Option<Reply<PresenceView>>,
    },
    List {
        reply: Option<Reply<()>>,
    },
    ListEnd {
        reply: Reply<()>,
    },
    Subscribe {
        chat: ChatId,
        reply: Option<Reply<()>>,
    },
    Unsubscribe {
        chat: ChatId,
        reply: Reply<()>,
    },
    Write(Lane),
}

/// See the module.
pub(crate) struct Session {
    app: String,
    client: ClientId,
    ids: Arc<dyn IdSource>,
    waiting_max: usize,
    backoff: Backoff,
    phase: Phase,
    status: Status,

    token: Token,
    /// When to get the next token; set by each `welcome`, kept across connections.
    token_stale_at: Option<Instant>,
    /// The token source is at work.
    renewing: bool,

    /// The broker's clock at a moment of ours; set by each `welcome`.
    clock: Option<(Timestamp, Instant)>,
    ping_every: Duration,
    /// The last sign of life on this connection.
    heard_at: Instant,
    limits: Limits,
    pace: Pace,
    next_id: u32,
    /// Asked on this connection and not answered; those in `queued` are not sent yet.
    requests: BTreeMap<u32, Asked>,
    queued: VecDeque<(u32, ToBroker)>,

    outbox: Outbox,
    streams: Streams,
    marks: Marks,
    /// Whether what arrives is marked as delivered.
    tells_delivered: bool,
    /// Whom the broker takes this connection for.
    you: Option<You>,
    presence: Presence,
    presence_retry_at: Option<Instant>,
    /// The app wants its list.
    list: bool,
    list_retry_at: Option<Instant>,
    /// Resumes that the broker put off.
    resume_later: BTreeMap<ChatId, Instant>,
    /// Calls that wait for the next `welcome`.
    reads: VecDeque<Command>,

    /// Encoded, in the order of the wire.
    pub(crate) frames: VecDeque<String>,
    deliveries: VecDeque<Delivery>,
    effects: VecDeque<Effect>,
}

impl Session {
    pub(crate) fn new(options: &Options, now: Instant) -> Self {
        let limits = Limits::default();
        let mut session = Self {
            app: options.app.clone(),
            client: options.client,
            ids: Arc::clone(&options.ids),
            waiting_max: options.waiting_max.max(1),
            backoff: options.backoff.clone(),
            phase: Phase::Closed,
            status: Status::Connecting,
            token: options.token.clone(),
            token_stale_at: None,
            renewing: false,
            clock: None,
            ping_every: Duration::ZERO,
            heard_at: now,
            pace: Pace::new(&limits, now),
            limits,
            next_id: 0,
            requests: BTreeMap::new(),
            queued: VecDeque::new(),
            outbox: Outbox::default(),
            streams: Streams::default(),
            marks: Marks::default(),
            tells_delivered: options.tells_delivered,
            you: None,
            presence: Presence::default(),
            presence_retry_at: None,
            list: false,
            list_retry_at: None,
            resume_later: BTreeMap::new(),
            reads: VecDeque::new(),
            frames: VecDeque::new(),
            deliveries: VecDeque::new(),
            effects: VecDeque::new(),
        };
        session.connect(now);
        session
    }

    /// How the connection stands.
    pub(crate) fn status(&self) -> &Status {
        &self.status
    }

    /// Whether it is over for good.
    pub(crate) fn closed(&self) -> bool {
        self.phase == Phase::Closed
    }

    /// The token to greet with.
    pub(crate) fn token(&self) -> &Token {
        &self.token
    }

    /// Whether the socket may be read: not while the app has something to take first.
    pub(crate) fn may_read(&self) -> bool {
        self.deliveries.is_empty()
    }

    pub(crate) fn next_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// The next delivery; an event only if there is room for it.
    pub(crate) fn next_delivery(&mut self, room: bool) -> Option<Delivery> {
        match self.deliveries.front()? {
            Delivery::Event(_) if !room => None,
            Delivery::Event(_) | Delivery::Answer(_) => self.deliveries.pop_front(),
        }
    }

    fn emit(&mut self, event: Event) {
        self.deliveries.push_back(Delivery::Event(event));
    }

    fn answer(&mut self, answer: Answer) {
        self.deliveries.push_back(Delivery::Answer(answer));
    }

    fn set_status(&mut self, status: Status) {
        self.status = status.clone();
        self.emit(Event::Status(status));
    }

    /// The broker's time now, as well as it is known.
    fn server_now(&self, now: Instant) -> Option<Timestamp> {
        let (told, at) = self.clock?;
        told.checked_add(now.saturating_duration_since(at)).ok()
    }

    /// Ends everything: calls that wait, whatever they wait for, fail with the reason.
    fn close(&mut self, reason: CloseReason) {
        if self.closed() {
            return;
        }
        self.phase = Phase::Closed;
        self.frames.clear();
        self.queued.clear();
        let reads = std::mem::take(&mut self.reads);
        for asked in std::mem::take(&mut self.requests).into_values() {
            self.fail(asked, || ClientError::Closed(reason.clone()));
        }
        for entry in self.outbox.drain() {
            let outcome = Err(ClientError::Closed(reason.clone()));
            self.answer(Answer::Written(entry.reply, outcome));
        }
        for reply in self.presence.take_waiters() {
            self.answer(Answer::Presence(reply, Err(ClientError::Closed(reason.clone()))));
        }
        for command in reads {
            self.refuse(command, ClientError::Closed(reason.clone()));
        }
        self.set_status(Status::Closed(reason));
    }
}

#[cfg(test)]
mod tests;
