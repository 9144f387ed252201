//! What every actor of a node shares: the ports, the current directory, the settings. Nothing here
//! is the truth of a chat.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use dashmap::DashMap;
use deskbell_domain::chat::Waits;
use deskbell_domain::chat::event::Digest;
use deskbell_domain::directory::{Directory, Widget};
use deskbell_domain::routing::Facts;
use deskbell_domain::staffing::Staffing;
use deskbell_protocol::ids::{SessionId, Target, TicketQueueId, UserId};
use deskbell_protocol::limits::Limits;
use jiff::Timestamp;
use tokio::sync::{OnceCell, watch};

use super::appender::Appender;
use super::chat::bans::Addresses;
use super::desk::Desk;
use super::directory::Keeper;
use super::elsewhere::HeldBack;
use super::inbox::Inbox;
use super::receipts::Receipts;
use super::registry::Registry;
use super::say::Encode;
use super::staffing::Ledger;
use crate::log::EventLog;
use crate::presence::{Presence, Told};
use crate::secrets::Secrets;
use crate::world::{Chance, Clock, time_zone};

/// Settings that the actors read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Enforced on every connection.
    pub limits: Limits,
    /// How often each connection is pinged; a session outlives its token by as much.
    pub ping: Duration,
    /// Waits that no widget sets.
    pub waits: Waits,
    /// For how long after a start absences and old deadlines do not count.
    pub settling: Duration,
}

/// What a patron finds at a widget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Somebody, here first.
    Online(Target),
    /// Here first, and everybody there is away.
    Away(Target),
    /// Nobody.
    Offline,
}

/// One broker process.
pub struct Node {
    /// The truth.
    pub log: Arc<dyn EventLog>,
    /// Keys, password hashes, ended sessions.
    pub secrets: Arc<dyn Secrets>,
    /// Who is there.
    pub presence: Arc<dyn Presence>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Random bits.
    pub chance: Arc<dyn Chance>,
    /// How what is said becomes frames.
    pub encode: Arc<dyn Encode>,
    /// Replaced whole by the DirectoryActor; readers keep what they loaded.
    pub directory: ArcSwap<Directory>,
    /// See [`Settings`].
    pub settings: Settings,
    /// Sessions ended before their tokens' time, and when each may be forgotten.
    pub ended_sessions: DashMap<SessionId, Timestamp>,
    /// Set for the first half minute on a store with live chats, kept by the DeskActor: who has not
    /// come back yet does not count as gone.
    pub settling: AtomicBool,
    /// Set with it at a start, and not when the store was away: who stood somewhere just before
    /// counts as there.
    pub starting: AtomicBool,
    /// What was heard of other nodes and waits.
    pub hints: Mutex<HeldBack>,
    /// Where the actors are.
    pub registry: Registry,
    /// Live chats of each patron, kept by the DeskActor; sessions read it to enforce the limit.
    pub patron_chats: DashMap<Digest, u32>,
    /// Where banned patrons came from.
    pub addresses: Addresses,
    /// Who stood where just before this broker started.
    pub staffed_before: Staffing,
    /// Changes whenever somebody's coming, going or telling, the directory or an hour may have
    /// changed what patrons find.
    pub availability_changes: watch::Sender<u64>,
    /// The DirectoryActor; set once, before the first connection.
    pub keeper: OnceCell<Keeper>,
    /// The StaffingActor; set once, before the desk.
    pub staffing: OnceCell<Ledger>,
    /// The DeskActor; set once, before the first connection.
    pub desk: OnceCell<Desk>,
}

impl Node {
    /// The waits of chats that come through `widget`.
    pub fn waits(&self, widget: Option<&Widget>) -> Waits {
        let Some(widget) = widget else { return self.settings.waits };
        Waits {
            roll_up: Duration::from_secs(widget.roll_up_seconds.into()),
            patron_grace: Duration::from_secs(widget.patron_grace_seconds.into()),
            ticket_offer: Duration::from_secs(widget.wait_limit_seconds.into()),
            ..self.settings.waits
        }
    }

    /// Whether somebody would see a chat ring at `target`. Right after a start, who stood there
    /// just before still counts: she is on her way back.
    pub fn online(&self, target: &Target) -> bool {
        self.presence.online(target)
            || (self.starting.load(Ordering::Relaxed) && self.staffed_before.anybody_at(target))
    }

    /// How a person stands after a fresh sign-in: as the directory says, as far as she may. Older
    /// than anything that she ever told, so that what a client restates holds.
    pub fn starts(&self, user: &UserId) -> Told {
        let directory = self.directory.load();
        let starts = directory.users.get(user).map(|it| it.starts.clone()).unwrap_or_default();
        let may = |target: &Target| {
            !matches!(target, Target::Operator(_)) && directory.may_monitor(user, target)
        };
        let tickets = |queue: &TicketQueueId| directory.may_monitor_tickets(user, queue);
        Told {
            status: starts.status,
            monitoring: starts.monitoring.into_iter().filter(may).collect(),
            ticket_queues: starts.ticket_queues.into_iter().filter(tickets).collect(),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    /// What a patron of `widget` would find at `at`, by who is there now.
    pub fn availability(&self, directory: &Directory, widget: &Widget, at: Timestamp) -> Found {
        let plan = self.with_facts(directory, |facts| facts.plan(widget, at));
        match plan.first_online() {
            None => Found::Offline,
            Some(first) if self.presence.all_away(first) => Found::Away(first.clone()),
            Some(first) => Found::Online(first.clone()),
        }
    }

    /// Asks the routing something, by what is so right now.
    pub fn with_facts<T>(&self, directory: &Directory, ask: impl FnOnce(&Facts<'_>) -> T) -> T {
        let online = |target: &_| self.online(target);
        ask(&Facts { directory, online: &online, zone: &time_zone })
    }

    /// The directory's keeper, which is there before anybody can connect.
    pub fn keeper(&self) -> &Keeper {
        self.keeper.get().expect("the directory is kept before the listener")
    }

    /// The ledger of who stands where, which is there before the desk.
    pub fn staffing(&self) -> &Ledger {
        self.staffing.get().expect("the ledger is opened before the desk")
    }

    /// The desk, which is there before anybody can connect.
    pub fn desk(&self) -> &Desk {
        self.desk.get().expect("the desk is opened before the listener")
    }
}

/// A place on one shard of a node: what an actor is given when it starts.
pub struct Seat {
    /// The node.
    pub node: Arc<Node>,
    /// Which shard.
    pub shard: usize,
    /// That shard's way to the log.
    pub appender: Appender,
    /// What may wait on that shard.
    pub receipts: Receipts,
    /// What other threads have for its chats.
    pub inbox: Arc<Inbox>,
}

impl Seat {
    /// A place on `shard`; [`Seat::run`] must be running there.
    pub fn new(node: Arc<Node>, shard: usize) -> Self {
        let appender = Appender::new(node.log.clone());
        Self { node, shard, appender, receipts: Receipts::default(), inbox: Arc::default() }
    }

    /// Serves the shard's actors, for as long as it lives.
    pub async fn run(&self) {
        tokio::join!(self.appender.run(&self.receipts), self.receipts.run(), self.inbox.run());
    }
}
