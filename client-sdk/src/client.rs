//! The handle an app holds: each method is one thing to ask of the broker.
//!
//! Cheap to clone; when the last one is dropped, the connection closes. Calls are carried to the
//! [`crate::Driver`] in order through a bounded channel. Writes resolve once the broker answered,
//! through any number of reconnects; reads that were sent and lost fail with `Disconnected`.
//!
//! Keep reading [`Events`] while waiting for a call: the answer to a write follows its event.

use tokio::sync::{mpsc, oneshot, watch};

use crate::connection::Driver;
use crate::desk::{Call, Said};
use crate::error::ClientError;
use crate::event::{CloseReason, Event, Status};
use crate::options::Options;
use crate::protocol::event::{Position, Sequenced};
use crate::protocol::ids::{ChatId, Cmid, Target, TicketQueueId};
use crate::protocol::view::{self, PresenceView};
use crate::write::{Pending, Ring, Write, Written};

/// Calls that may wait for the driver to take them.
const COMMANDS_MAX: usize = 64;

/// Where a call's outcome goes.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, ClientError>>;

/// What the handle asks of the driver.
#[derive(Debug)]
pub(crate) enum Command {
    Write { cmid: Option<Cmid>, write: Write, reply: Reply<Written> },
    Subscribe { chat: ChatId, from: Option<Position>, reply: Reply<()> },
    Unsubscribe { chat: ChatId, reply: Reply<()> },
    History { chat: ChatId, before: u64, max: u32, reply: Reply<History> },
    ListSubscribe { reply: Reply<()> },
    ListUnsubscribe { reply: Reply<()> },
    SetPresence { told: Monitoring, reply: Reply<PresenceView> },
    Sync { reply: Reply<()> },
    Desk { call: Call, reply: Reply<Said> },
    Typing { chat: ChatId, on: bool },
    Read { chat: ChatId, seq: u64 },
    Close,
}

/// What a person tells about herself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Monitoring {
    /// Her status.
    pub status: view::Status,
    /// All departments and co-ops that she monitors.
    pub targets: Vec<Target>,
    /// All ticket queues that she monitors; `None`: as before.
    pub ticket_queues: Option<Vec<TicketQueueId>>,
}

/// Older events of a chat.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Oldest first.
    pub events: Vec<Sequenced>,
    /// Whether older ones exist.
    pub more: bool,
}

/// A connection to the broker that comes back by itself.
#[derive(Debug, Clone)]
pub struct Client {
    commands: mpsc::Sender<Command>,
    status: watch::Receiver<Status>,
}

/// What the broker says, in order. While nobody reads it the SDK stops reading the socket, and in
/// the end the broker cuts the connection; nothing is lost, since every chat resumes.
#[derive(Debug)]
pub struct Events(mpsc::Receiver<Event>);

impl Events {
    /// The next event; `None` after `Status::Closed`.
    pub async fn next(&mut self) -> Option<Event> {
        self.0.recv().await
    }

    /// The next event if one waits already.
    pub fn try_next(&mut self) -> Option<Event> {
        self.0.try_recv().ok()
    }
}

impl Client {
    /// Connects on a task of its own. Needs a tokio runtime.
    pub fn connect(options: Options) -> (Self, Events) {
        let (client, events, driver) = Self::with_driver(options);
        tokio::spawn(driver.run());
        (client, events)
    }

    /// The same, with the driver for the app to spawn where it likes (a simulated host, a
    /// `LocalSet`). Nothing happens until it runs.
    pub fn with_driver(options: Options) -> (Self, Events, Driver) {
        let (commands_tx, commands) = mpsc::channel(COMMANDS_MAX);
        let (events, events_rx) = mpsc::channel(options.events_max.max(1));
        let (status_tx, status) = watch::channel(Status::Connecting);
        let driver = Driver::new(options, commands, events, status_tx);
        (Self { commands: commands_tx, status }, Events(events_rx), driver)
    }

    /// How the connection stands now.
    pub fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// Hands a write to the outbox; writes to one chat are sent in this order. The result
    /// resolves once the broker answered.
    pub async fn submit(&self, write: Write) -> Result<Pending, ClientError> {
        self.send_write(None, write).await
    }

    /// The same under a `cmid` that the app kept, to go on with a write of an earlier run.
    pub async fn submit_as(&self, cmid: Cmid, write: Write) -> Result<Pending, ClientError> {
        self.send_write(Some(cmid), write).await
    }

    /// Rings, as a patron; the new chat is followed from its first event.
    pub async fn open(&self, ring: Ring) -> Result<Written, ClientError> {
        self.submit(Write::Open(ring)).await?.await
    }

    /// Takes a waiting chat or an offered transfer, and follows it.
    pub async fn claim(&self, chat: ChatId) -> Result<Written, ClientError> {
        self.submit(Write::Claim(chat)).await?.await
    }

    /// A message to everyone in the chat.
    pub async fn post(
        &self,
        chat: ChatId,
        text: impl Into<String>,
    ) -> Result<Written, ClientError> {
        self.submit(Write::Post { chat, text: text.into(), lang: None }).await?.await
    }

    /// An internal note that the patron never sees.
    pub async fn note(
        &self,
        chat: ChatId,
        text: impl Into<String>,
    ) -> Result<Written, ClientError> {
        self.submit(Write::Note { chat, text: text.into() }).await?.await
    }

    /// Offers the chat to a department, a co-op or an operator.
    pub async fn transfer(
        &self,
        chat: ChatId,
        to: Target,
        note: Option<String>,
        tell_patron: bool,
    ) -> Result<Written, ClientError> {
        let hand_over = false;
        self.submit(Write::Transfer { chat, to, note, tell_patron, hand_over }).await?.await
    }

    /// Hands the chat over, because one has to go: if nobody takes it, it waits again at its
    /// original place, with the note.
    pub async fn hand_over(
        &self,
        chat: ChatId,
        to: Target,
        note: Option<String>,
    ) -> Result<Written, ClientError> {
        let (tell_patron, hand_over) = (false, true);
        self.submit(Write::Transfer { chat, to, note, tell_patron, hand_over }).await?.await
    }

    /// Takes the offer back.
    pub async fn cancel_transfer(&self, chat: ChatId) -> Result<Written, ClientError> {
        self.submit(Write::CancelTransfer(chat)).await?.await
    }

    /// Says no to an offer; the owner reads the reason.
    pub async fn decline_transfer(
        &self,
        chat: ChatId,
        reason: impl Into<String>,
    ) -> Result<Written, ClientError> {
        self.submit(Write::DeclineTransfer { chat, reason: reason.into() }).await?.await
    }

    /// Goes, as a participant; the chat goes on.
    pub async fn leave(&self, chat: ChatId) -> Result<Written, ClientError> {
        self.submit(Write::Leave(chat)).await?.await
    }

    /// Ends the chat, as its owner or its patron.
    pub async fn end(&self, chat: ChatId) -> Result<Written, ClientError> {
        self.submit(Write::End(chat)).await?.await
    }

    /// Takes a waiting chat out of every list: nobody will answer it.
    pub async fn dismiss(
        &self,
        chat: ChatId,
        note: Option<String>,
    ) -> Result<Written, ClientError> {
        self.submit(Write::Dismiss { chat, note }).await?.await
    }

    /// Asks for a ticket, as the patron, instead of waiting on.
    pub async fn ask_for_ticket(
        &self,
        chat: ChatId,
        name: impl Into<String>,
        email: impl Into<String>,
    ) -> Result<Written, ClientError> {
        self.submit(Write::Ticket { chat, name: name.into(), email: email.into() }).await?.await
    }

    /// Corrects who the patron is: `None` stays, empty is removed.
    pub async fn set_patron(
        &self,
        chat: ChatId,
        name: Option<String>,
        contact: Option<String>,
    ) -> Result<Written, ClientError> {
        self.submit(Write::SetPatron { chat, name, contact }).await?.await
    }

    /// Shows the patron's contact, on record; a snapshot with it follows.
    pub async fn reveal(&self, chat: ChatId) -> Result<Written, ClientError> {
        self.submit(Write::Reveal(chat)).await?.await
    }

    /// Says what the chat is about: all its tags.
    pub async fn tag(&self, chat: ChatId, tags: Vec<String>) -> Result<Written, ClientError> {
        self.submit(Write::Tag { chat, tags }).await?.await
    }

    /// Rates an ended chat, as its patron: 1 to 5, 5 the best.
    pub async fn rate(
        &self,
        chat: ChatId,
        rating: u8,
        comment: Option<String>,
    ) -> Result<Written, ClientError> {
        self.submit(Write::Rate { chat, rating, comment }).await?.await
    }

    /// Follows a chat from a fresh snapshot, now and after every reconnect.
    pub async fn subscribe(&self, chat: ChatId) -> Result<(), ClientError> {
        self.ask(|reply| Command::Subscribe { chat, from: None, reply }).await
    }

    /// Follows a chat from a place that the app kept.
    pub async fn resume(&self, chat: ChatId, from: Position) -> Result<(), ClientError> {
        self.ask(|reply| Command::Subscribe { chat, from: Some(from), reply }).await
    }

    /// Stops following a chat.
    pub async fn unsubscribe(&self, chat: ChatId) -> Result<(), ClientError> {
        self.ask(|reply| Command::Unsubscribe { chat, reply }).await
    }

    /// Up to `max` (1 to 200) events before the place `before`.
    pub async fn history(
        &self,
        chat: ChatId,
        before: u64,
        max: u32,
    ) -> Result<History, ClientError> {
        self.ask(|reply| Command::History { chat, before, max, reply }).await
    }

    /// Starts the operator's list, now and after every reconnect.
    pub async fn list_subscribe(&self) -> Result<(), ClientError> {
        self.ask(|reply| Command::ListSubscribe { reply }).await
    }

    /// Ends it.
    pub async fn list_unsubscribe(&self) -> Result<(), ClientError> {
        self.ask(|reply| Command::ListUnsubscribe { reply }).await
    }

    /// Status and monitoring of departments and co-ops; ticket queues stay as they are. See
    /// [`Self::monitor`].
    pub async fn set_presence(
        &self,
        status: view::Status,
        targets: Vec<Target>,
    ) -> Result<PresenceView, ClientError> {
        self.monitor(Monitoring { status, targets, ticket_queues: None }).await
    }

    /// Status and all that one monitors; told again after every reconnect, with the time of this
    /// change. Resolves with what then holds: a later change on another device wins.
    pub async fn monitor(&self, told: Monitoring) -> Result<PresenceView, ClientError> {
        self.ask(|reply| Command::SetPresence { told, reply }).await
    }

    /// Resolves once everything committed before has been delivered to [`Events`].
    pub async fn sync(&self) -> Result<(), ClientError> {
        self.ask(|reply| Command::Sync { reply }).await
    }

    /// Tells the others in the chat that one writes. Lossy: never retried, never stored.
    pub async fn typing(&self, chat: ChatId, on: bool) -> Result<(), ClientError> {
        self.send(Command::Typing { chat, on }).await
    }

    /// Tells the others in the chat that one has read it up to `seq`. Never stored; several become
    /// one. (That it arrived the SDK tells by itself: [`Options::tells_delivered`].)
    pub async fn read(&self, chat: ChatId, seq: u64) -> Result<(), ClientError> {
        self.send(Command::Read { chat, seq }).await
    }

    /// Closes for good and resolves once the socket is closed. Unanswered calls fail `Closed`.
    pub async fn close(&self) {
        // An error means that the driver is gone already, which is what close asks for.
        if self.send(Command::Close).await.is_ok() {
            self.commands.closed().await;
        }
    }

    async fn send_write(&self, cmid: Option<Cmid>, write: Write) -> Result<Pending, ClientError> {
        let (reply, outcome) = oneshot::channel();
        self.send(Command::Write { cmid, write, reply }).await?;
        Ok(Pending(outcome))
    }

    pub(crate) async fn ask<T>(
        &self,
        command: impl FnOnce(Reply<T>) -> Command,
    ) -> Result<T, ClientError> {
        let (reply, outcome) = oneshot::channel();
        self.send(command(reply)).await?;
        outcome.await.unwrap_or_else(|_| Err(self.closed()))
    }

    async fn send(&self, command: Command) -> Result<(), ClientError> {
        self.commands.send(command).await.map_err(|_| self.closed())
    }

    fn closed(&self) -> ClientError {
        match self.status() {
            Status::Closed(reason) => ClientError::Closed(reason),
            Status::Connecting | Status::Open(_) | Status::Waiting { .. } => {
                ClientError::Closed(CloseReason::ByApp)
            }
        }
    }
}
