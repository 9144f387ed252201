//! ADAPTER: presence of several brokers on one Redis server. Each tells the others what its own
//! connections do, and keeps a record of each connection beside one lease: when the lease ends, its
//! people count no longer.
//!
//! What one node knows of all is in memory (`local`), so that nobody ever waits to be told who is
//! there. `ours` is what this node tells and keeps; `others` what it hears of the rest. Messages
//! carry versions, so that a lost one is noticed and the records are read instead.

mod others;
mod ours;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use deskbell_domain::chat::event::Digest;
use deskbell_domain::directory::Directory;
use deskbell_domain::person::{Standing, Status};
use deskbell_protocol::ids::{SessionId, Target, TicketQueueId, UserId};
use jiff::Timestamp;

use self::others::Others;
use self::ours::Ours;
use self::wire::{Change, Whose};
use super::local::LocalPresence;
use super::{Arrival, ConnectionId, Follower, NodeId, Presence, Shift, Signal, Told};
use crate::redis::{Heard, Line, Listener, Server, ServerError};

/// A node that was not heard of for so long is gone.
const LEASE: Duration = Duration::from_secs(10);
const RENEW_EVERY: Duration = Duration::from_secs(3);
/// How often leases and versions of the others are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

const CHANNEL: &str = "deskbell:presence";
/// Numbers of all nodes that may have records.
const NODES: &str = "{presence}:nodes";

/// Records of a node: `v` its version, `c:CONNECTION` whose it is, `t:USER` what she told. Its
/// time to live is the lease.
fn records_of(node: NodeId) -> String {
    format!("{{presence}}:node:{}", wire::node_text(node))
}

/// Whether any broker has a lease.
pub async fn anybody(line: &Line) -> Result<bool, ServerError> {
    let mut members = ::redis::cmd("SMEMBERS");
    members.arg(NODES);
    let nodes: BTreeSet<String> = line.ask_one(&members).await?;
    for node in nodes.iter().filter_map(|text| wire::node_of(text)) {
        let mut exists = ::redis::cmd("EXISTS");
        if line.ask_one::<u8>(exists.arg(records_of(node))).await? == 1 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// See the module.
pub struct RedisPresence {
    all: Arc<LocalPresence>,
    ours: Arc<Ours>,
    others: Arc<Others>,
    server: Server,
}

impl RedisPresence {
    /// That of the broker number `node`; its lease begins now.
    pub fn on(server: Server, node: NodeId) -> Self {
        let all = Arc::<LocalPresence>::default();
        let ours = Arc::new(Ours::new(node));
        let others = Arc::new(Others::new(node, all.clone(), OnceLock::new()));
        server.spawn(ours.clone().keep(server.line()));
        Self { all, ours, others, server }
    }
}

impl Presence for RedisPresence {
    fn operator_connected(&self, user: &UserId, by: Arrival, starts: Told) -> Shift {
        let begins = starts.at;
        let shift = self.all.operator_connected(user, by, starts);
        let told = self.all.told(user).map(|told| {
            let is_fresh = shift.arrived && told.at == begins;
            (told.into(), is_fresh)
        });
        let whose = Whose::Operator { user: user.clone(), session: by.session };
        self.ours.tell(Change::Came { connection: by.connection, whose, told });
        shift
    }

    fn operator_disconnected(&self, user: &UserId, connection: ConnectionId) -> Shift {
        self.ours.tell(Change::Went { connection });
        self.all.operator_disconnected(user, connection)
    }

    fn tell(&self, user: &UserId, told: Told) -> (Told, Shift) {
        let (holds, shift) = self.all.tell(user, told);
        self.ours.tell(Change::Told { user: user.clone(), told: holds.clone().into() });
        (holds, shift)
    }

    fn told(&self, user: &UserId) -> Option<Told> {
        self.all.told(user)
    }

    fn standing(&self, user: &UserId) -> Standing {
        self.all.standing(user)
    }

    /// Each node does so by itself: all have the same directory.
    fn restrict(&self, directory: &Directory) -> Shift {
        self.all.restrict(directory)
    }

    fn patron_connected(&self, session: &Digest, connection: ConnectionId) -> bool {
        let whose = Whose::Patron { session: wire::text_of(session) };
        self.ours.tell(Change::Came { connection, whose, told: None });
        self.all.patron_connected(session, connection)
    }

    fn patron_disconnected(&self, session: &Digest, connection: ConnectionId) -> bool {
        self.ours.tell(Change::Went { connection });
        self.all.patron_disconnected(session, connection)
    }

    fn patron_here(&self, session: &Digest) -> bool {
        self.all.patron_here(session)
    }

    fn online(&self, target: &Target) -> bool {
        self.all.online(target)
    }

    fn all_away(&self, target: &Target) -> bool {
        self.all.all_away(target)
    }

    fn colleagues(&self, target: &Target) -> Vec<(UserId, Status)> {
        self.all.colleagues(target)
    }

    fn ticket_colleagues(&self, queue: &TicketQueueId) -> Vec<(UserId, Status)> {
        self.all.ticket_colleagues(queue)
    }

    /// Each node does so by itself, by the same calendar.
    fn take_off(&self, user: &UserId, target: &Target, at: Timestamp) -> Option<(Told, Shift)> {
        self.all.take_off(user, target, at)
    }

    fn sessions(&self, user: &UserId) -> BTreeSet<SessionId> {
        self.all.sessions(user)
    }

    fn follow(&self, follower: Follower) {
        self.others.follow(follower);
        let others = self.others.clone();
        let ours = self.ours.clone();
        let listener: Listener = Arc::new(move |heard| match heard {
            Heard::Message(text) => others.hear(text),
            Heard::Gap { was_away } => {
                if was_away {
                    // The server may have forgotten everything.
                    ours.write_anew();
                }
                others.missed(was_away);
            }
        });
        self.server.listen([CHANNEL.to_owned()], &listener);
        self.server.spawn(self.others.clone().look(self.server.line()));
    }

    fn signal(&self, signal: Signal) {
        self.ours.signal(signal);
    }

    fn rest(&self) {
        self.ours.rest();
    }
}
