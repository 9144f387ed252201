//! What every actor of a node shares: the ports, the current directory, the settings. Nothing here
//! is the truth of a chat.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use dashmap::DashMap;
use deskbell_domain::chat::Waits;
use deskbell_domain::chat::event::Digest;
use deskbell_domain::directory::{Directory, Widget};
use deskbell_domain::routing::Facts;
use deskbell_domain::staffing::Staffing;
use deskbell_protocol::ids::{SessionId, Target};
use deskbell_protocol::limits::Limits;
use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::appender::Appender;
use super::desk::Desk;
use super::receipts::Receipts;
use super::registry::Registry;
use super::say::Encode;
use super::staffing::Ledger;
use crate::log::EventLog;
use crate::presence::Presence;
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
    /// Where the actors are.
    pub registry: Registry,
    /// Live chats of each patron, kept by the DeskActor; sessions read it to enforce the limit.
    pub patron_chats: DashMap<Digest, u32>,
    /// Who stood where just before this broker started.
    pub staffed_before: Staffing,
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
            || (self.settling.load(Ordering::Relaxed) && self.staffed_before.anybody_at(target))
    }

    /// Asks the routing something, by what is so right now.
    pub fn with_facts<T>(&self, directory: &Directory, ask: impl FnOnce(&Facts<'_>) -> T) -> T {
        let online = |target: &_| self.online(target);
        ask(&Facts { directory, online: &online, zone: &time_zone })
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
}

impl Seat {
    /// A place on `shard`; [`Seat::run`] must be running there.
    pub fn new(node: Arc<Node>, shard: usize) -> Self {
        let appender = Appender::new(node.log.clone());
        Self { node, shard, appender, receipts: Receipts::default() }
    }

    /// Serves the shard's actors, for as long as it lives.
    pub async fn run(&self) {
        tokio::join!(self.appender.run(&self.receipts), self.receipts.run());
    }
}
