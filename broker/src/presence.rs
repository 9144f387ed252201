//! PORT: who is there. Soft state that may be lost and is never an input to who owns a chat: it
//! only tells whom a queue rings for, and who seems to have gone.
//!
//! Availability counts any live connection of a person; what she told (status, monitoring) belongs
//! to the person and carries the time of its last change, so that an older restatement is ignored.

pub mod local;
pub mod redis;

use std::collections::BTreeSet;
use std::sync::Arc;

use deskbell_domain::access::Principal;
use deskbell_domain::chat::event::Digest;
use deskbell_domain::directory::Directory;
use deskbell_domain::person::{Author, Standing, Status};
use deskbell_domain::staffing::StaffingEvent;
use deskbell_protocol::ids::{ChatId, ClientId, SessionId, Target, TicketQueueId, UserId};
use jiff::Timestamp;

/// Identifies one connection on this node.
pub type ConnectionId = u64;

/// Identifies a broker among those that share a store.
pub type NodeId = u64;

/// What a person told about herself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Her status.
    pub status: Status,
    /// The departments and co-ops she monitors.
    pub monitoring: BTreeSet<Target>,
    /// The ticket queues she monitors.
    pub ticket_queues: BTreeSet<TicketQueueId>,
    /// When she last changed any of it.
    pub at: Timestamp,
}

impl Told {
    /// Where she wants to see what rings: nowhere while her status rings nothing.
    pub fn watches(&self) -> BTreeSet<Target> {
        if self.status.rings() { self.monitoring.clone() } else { BTreeSet::new() }
    }
}

/// A connection that begins, and the sign-in that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// The connection.
    pub connection: ConnectionId,
    /// Its token's session.
    pub session: SessionId,
}

/// What a change did to availability.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shift {
    /// Targets that somebody now stands at and nobody did, or the reverse.
    pub targets: BTreeSet<Target>,
    /// Who began or ceased to stand where; at herself, too, where she may be assigned.
    pub changes: Vec<StaffingEvent>,
    /// The person's first connection began.
    pub arrived: bool,
    /// The person's last connection ended.
    pub departed: bool,
}

/// What is told to other nodes and never kept: the last value wins, and one may be lost.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants say what their fields hold")]
pub enum Signal {
    /// Somebody in a chat writes, or writes no longer.
    Typing { chat: ChatId, who: Author, on: bool },
    /// How far somebody has got a chat, and has read it.
    Mark { chat: ChatId, who: Author, delivered: u64, read: u64 },
    /// Who previews a chat through the node that tells.
    Previewing { chat: ChatId, by: BTreeSet<UserId> },
    /// A person's sign-ins are over; remembered until then.
    SessionsEnded { user: UserId, sessions: BTreeSet<SessionId>, until: Timestamp },
    /// An app of this person connected to the node that tells, then.
    TookOver { who: Principal, client: ClientId, at: Timestamp },
    /// Where a banned patron's session came from, hashed as `secrets` does.
    Banned { address: [u8; 32], session: Digest },
}

/// What other nodes tell. What it did to availability is in a [`Shift`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants say what their fields hold")]
pub enum Elsewhere {
    /// Somebody came, went or told something; the node that tells acts on it.
    Shifted(Shift),
    /// The same, and her devices here hear of it.
    Told { user: UserId, told: Told, shift: Shift },
    /// A node ended and took these connections of an operator with it: nobody else acts on it.
    OperatorLost { user: UserId, shift: Shift },
    /// The same of a patron.
    PatronLost(Digest),
    /// A signal of a node.
    Signal(NodeId, Signal),
    /// Signals of a node count no longer.
    NodeLost(NodeId),
    /// Signals may have been lost.
    Gap,
}

/// Takes what other nodes tell, on any thread; never blocks.
pub type Follower = Arc<dyn Fn(Elsewhere) + Send + Sync>;

/// The port.
pub trait Presence: Send + Sync + 'static {
    /// A connection of an operator began. A fresh sign-in of who is nowhere else connected starts
    /// as `starts` says; a reload or a reconnect finds what she told.
    fn operator_connected(&self, user: &UserId, by: Arrival, starts: Told) -> Shift;
    /// It ended.
    fn operator_disconnected(&self, user: &UserId, connection: ConnectionId) -> Shift;
    /// She tells; older than what is known, it changes nothing. Answers what holds now.
    fn tell(&self, user: &UserId, told: Told) -> (Told, Shift);
    /// What she last told.
    fn told(&self, user: &UserId) -> Option<Told>;
    /// How she stands: offline without a connection.
    fn standing(&self, user: &UserId) -> Standing;
    /// Takes away from everybody what she may no longer monitor.
    fn restrict(&self, directory: &Directory) -> Shift;

    /// A connection of a patron's session began; tells whether it is the first.
    fn patron_connected(&self, session: &Digest, connection: ConnectionId) -> bool;
    /// It ended; tells whether it was the last.
    fn patron_disconnected(&self, session: &Digest, connection: ConnectionId) -> bool;
    /// Whether the patron is connected.
    fn patron_here(&self, session: &Digest) -> bool;

    /// Whether somebody would see a chat ring there.
    fn online(&self, target: &Target) -> bool;
    /// Whether everybody who would is away.
    fn all_away(&self, target: &Target) -> bool;
    /// Who stands there, with her status; in the order of ids.
    fn colleagues(&self, target: &Target) -> Vec<(UserId, Status)>;
    /// Who monitors a ticket queue, with her status, by id; nobody who is not connected.
    fn ticket_colleagues(&self, queue: &TicketQueueId) -> Vec<(UserId, Status)>;
    /// Takes one target away from one person, as if she had told so at `at`. Answers what holds.
    fn take_off(&self, user: &UserId, target: &Target, at: Timestamp) -> Option<(Told, Shift)>;
    /// The sign-ins on which a person is connected, on any node.
    fn sessions(&self, user: &UserId) -> BTreeSet<SessionId>;

    /// Tells `follower` what other nodes tell, from now on; a node by itself hears nothing.
    fn follow(&self, follower: Follower) {
        drop(follower);
    }
    /// Tells the other nodes.
    fn signal(&self, signal: Signal) {
        drop(signal);
    }
    /// This broker goes down, not its people: it tells of nobody's going from now on.
    fn rest(&self) {}
}
