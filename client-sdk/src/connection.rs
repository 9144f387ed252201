//! The only place with IO: carries calls, frames and moments between the app, the session and one
//! socket at a time.
//!
//! One loop, one task. While the app has not taken what was delivered, the socket is not read;
//! calls and writes go on. Not here: any decision (`session.rs`).

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use crate::client::Command;
use crate::connector::BoxFuture;
use crate::error::ClientError;
use crate::event::{Event, Status};
use crate::http::Address;
use crate::options::Options;
use crate::protocol::http::Granted;
use crate::session::{Delivery, Effect, Loss, Session};
use crate::socket::{Heard, Socket, open};

/// How long the close frame may take to leave.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// Without anything due: look again now and then.
const IDLE: Duration = Duration::from_hours(1);

/// What ended a wait.
enum Turn {
    /// A moment came, or the app made room: the loop looks again.
    Due,
    Heard(Heard),
    Called(Command),
    Opened(Result<Socket, Loss>),
    Renewed(Result<Granted, ClientError>),
}

/// The future that does a client's work; spawn [`Driver::run`] and forget it.
pub struct Driver {
    options: Options,
    commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<Event>,
    status: watch::Sender<Status>,
    /// The connection that is being opened, if one is.
    opening: Option<BoxFuture<'static, Result<Socket, Loss>>>,
    /// The connection, from its upgrade to its loss.
    socket: Option<Socket>,
    /// The app's token source at work.
    renewing: Option<BoxFuture<'static, Result<Granted, ClientError>>>,
}

impl Driver {
    pub(crate) fn new(
        options: Options,
        commands: mpsc::Receiver<Command>,
        events: mpsc::Sender<Event>,
        status: watch::Sender<Status>,
    ) -> Self {
        Self { options, commands, events, status, opening: None, socket: None, renewing: None }
    }

    /// Runs until the client is closed for good and the app has taken its last event.
    pub async fn run(mut self) {
        let mut session = Session::new(&self.options, Instant::now());
        if let Err(error) = Address::parse(&self.options.url) {
            session.bad_url(error.to_string());
        }
        loop {
            session.tick(Instant::now());
            // One call a turn, so that neither a busy app nor a busy broker starves the other.
            if let Ok(command) = self.commands.try_recv() {
                session.ask(Instant::now(), command);
            }
            while let Some(effect) = session.next_effect() {
                self.perform(effect, &session).await;
            }
            self.deliver(&mut session);
            if session.closed() {
                break;
            }
            self.step(&mut session).await;
        }
        self.finish(session).await;
    }

    async fn perform(&mut self, effect: Effect, session: &Session) {
        match effect {
            Effect::Connect => {
                if let Ok(address) = Address::parse(&self.options.url) {
                    let connector = self.options.connector.clone();
                    let origin = self.options.origin.clone();
                    self.opening = Some(Box::pin(open(connector, address, origin)));
                }
            }
            Effect::Renew => {
                self.renewing = session.token().renew.as_ref().map(|renew| renew());
            }
            Effect::Disconnect { code } => {
                self.opening = None;
                if let Some(socket) = self.socket.take() {
                    // A peer that takes no close frame is dropped without one.
                    let _ = tokio::time::timeout(CLOSE_TIMEOUT, socket.close(code)).await;
                }
            }
        }
    }

    /// Hands over what the app has room for.
    fn deliver(&mut self, session: &mut Session) {
        self.status.send_if_modified(|status| {
            let changed = status != session.status();
            if changed {
                status.clone_from(session.status());
            }
            changed
        });
        loop {
            // An app that dropped its events wants none.
            let room = self.events.is_closed() || self.events.capacity() > 0;
            match session.next_delivery(room) {
                Some(Delivery::Answer(answer)) => answer.send(),
                // The only sender: the capacity just seen is still there.
                Some(Delivery::Event(event)) => drop(self.events.try_send(event)),
                None => return,
            }
        }
    }

    /// Waits for one thing to happen and tells the session.
    async fn step(&mut self, session: &mut Session) {
        let now = Instant::now();
        let deadline = session.deadline(now).unwrap_or(now + IDLE);
        let may_read = session.may_read();
        let (socket, tap) = (&mut self.socket, &mut self.options.tap);
        let frames = &mut session.frames;
        let turn = tokio::select! {
            biased;
            _ = self.events.reserve(), if !may_read => Turn::Due,
            heard = poll_fn(|context| match socket {
                Some(socket) => socket.poll(context, frames, tap, may_read),
                None => Poll::Pending,
            }) => Turn::Heard(heard),
            outcome = pending(&mut self.opening) => Turn::Opened(outcome),
            outcome = pending(&mut self.renewing) => Turn::Renewed(outcome),
            // Without a handle left nobody can ask, and nobody waits.
            command = self.commands.recv() => Turn::Called(command.unwrap_or(Command::Close)),
            () = sleep_until(deadline) => Turn::Due,
        };
        let now = Instant::now();
        match turn {
            Turn::Due => {}
            Turn::Heard(heard) => self.heard(session, heard),
            Turn::Called(command) => session.ask(now, command),
            Turn::Opened(Ok(socket)) => {
                self.opening = None;
                self.socket = Some(socket);
                session.connected(now);
            }
            Turn::Opened(Err(loss)) => {
                self.opening = None;
                session.lost(now, loss);
            }
            Turn::Renewed(outcome) => {
                self.renewing = None;
                if let Err(error) = &outcome {
                    // While connected no status tells it: the old token still lives.
                    tracing::warn!(%error, "no new token");
                }
                session.renewed(now, outcome);
            }
        }
    }

    fn heard(&mut self, session: &mut Session, heard: Heard) {
        let now = Instant::now();
        match heard {
            Heard::Frame(frame) => session.hear(now, *frame),
            Heard::Alive => session.alive(now),
            Heard::Unreadable { code, message } => session.unreadable(now, code, message),
            Heard::Lost(loss) => {
                self.socket = None;
                session.lost(now, loss);
            }
        }
    }

    /// Fails the calls that came too late, then waits for the app to take the rest.
    async fn finish(mut self, mut session: Session) {
        self.commands.close();
        while let Ok(command) = self.commands.try_recv() {
            session.ask(Instant::now(), command);
        }
        self.deliver(&mut session);
        drop(self.commands);
        while let Some(delivery) = session.next_delivery(true) {
            match delivery {
                Delivery::Answer(answer) => answer.send(),
                // If nobody listens any more, answers may still be waited for.
                Delivery::Event(event) => drop(self.events.send(event).await),
            }
        }
    }
}

/// The future's outcome, or never.
async fn pending<T>(future: &mut Option<BoxFuture<'static, T>>) -> T {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}
