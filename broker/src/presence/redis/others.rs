//! What this node knows of the others' connections: heard, and compared each second with what they
//! keep beside their leases.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use ::redis::{cmd, pipe};
use deskbell_protocol::ids::UserId;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::wire::{self, Change, Message, ToldText, Whose};
use super::{LEASE, LOOK_EVERY, NODES, RENEW_EVERY, records_of};
use crate::presence::local::LocalPresence;
use crate::presence::{ConnectionId, Elsewhere, Follower, NodeId, Presence as _};
use crate::redis::{Line, ServerError};

/// KEYS: records of a node, list of nodes. ARGV: the node.
const FORGET: &str = "
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
return redis.call('SREM', KEYS[2], ARGV[1])";

pub(super) struct Others {
    own: NodeId,
    all: Arc<LocalPresence>,
    follower: OnceLock<Follower>,
    known: Mutex<Known>,
    look: Notify,
}

struct Known {
    nodes: BTreeMap<NodeId, Node>,
    /// Until then no node counts as gone: its lease may have ended with the server.
    patient_until: Instant,
}

#[derive(Default)]
struct Node {
    /// Up to which everything is known; 0 if the records have to be read.
    version: u64,
    connections: BTreeMap<ConnectionId, Whose>,
}

impl Others {
    pub(super) fn new(own: NodeId, all: Arc<LocalPresence>, follower: OnceLock<Follower>) -> Self {
        let known = Known { nodes: BTreeMap::new(), patient_until: Instant::now() };
        Self { own, all, follower, known: Mutex::new(known), look: Notify::new() }
    }

    pub(super) fn follow(&self, follower: Follower) {
        // Followed once, when the node starts.
        self.follower.set(follower).ok();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, what: Elsewhere) {
        if let Some(follower) = self.follower.get() {
            follower(what);
        }
    }

    /// Messages may be lost: all records are read.
    pub(super) fn missed(&self, was_away: bool) {
        let mut known = self.known();
        if was_away {
            known.patient_until = Instant::now() + LEASE + RENEW_EVERY;
        }
        for node in known.nodes.values_mut() {
            node.version = 0;
        }
        drop(known);
        self.look.notify_one();
        self.tell(Elsewhere::Gap);
    }

    /// Takes in a message, unless it is this node's own.
    pub(super) fn hear(&self, text: &str) {
        match wire::read(text) {
            Some(Message::Change(node, version, change)) if node != self.own => {
                let mut known = self.known();
                let it = known.nodes.entry(node).or_default();
                if it.version + 1 == version {
                    it.version = version;
                    self.take_in(node, it, change);
                } else if it.version < version {
                    self.look.notify_one();
                }
            }
            Some(Message::Whole(node, version)) if node != self.own => {
                let mut known = self.known();
                if known.nodes.entry(node).or_default().version < version {
                    self.look.notify_one();
                }
            }
            Some(Message::Signal(node, signal)) if node != self.own => {
                self.tell(Elsewhere::Signal(node, signal));
            }
            Some(_) => {}
            None => self.missed(false),
        }
    }

    fn take_in(&self, id: NodeId, node: &mut Node, change: Change) {
        match change {
            Change::Came { connection, whose, told } => {
                let fresh = told.as_ref().is_some_and(|(_, fresh)| *fresh);
                self.came(id, node, connection, whose.clone());
                if let (Whose::Operator { user, .. }, Some((told, _))) = (whose, told) {
                    self.told(&user, told, fresh);
                }
            }
            Change::Went { connection } => self.went(id, node, connection, false),
            Change::Told { user, told } => self.told(&user, told, false),
        }
    }

    fn came(&self, id: NodeId, node: &mut Node, connection: ConnectionId, whose: Whose) {
        let place = (id, connection);
        match &whose {
            Whose::Operator { user, session } => {
                let shift = self.all.arrive(user, place, *session, None);
                self.tell(Elsewhere::Shifted(shift));
            }
            Whose::Patron { session } => {
                if let Some(session) = wire::digest_of(session) {
                    self.all.patron_arrives(&session, place);
                }
            }
        }
        node.connections.insert(connection, whose);
    }

    fn went(&self, id: NodeId, node: &mut Node, connection: ConnectionId, is_lost: bool) {
        let place = (id, connection);
        match node.connections.remove(&connection) {
            Some(Whose::Operator { user, .. }) => {
                let shift = self.all.depart(&user, place);
                self.tell(if is_lost {
                    Elsewhere::OperatorLost { user, shift }
                } else {
                    Elsewhere::Shifted(shift)
                });
            }
            Some(Whose::Patron { session }) => {
                let session = wire::digest_of(&session);
                if let Some(session) = session.filter(|it| self.all.patron_departs(it, place))
                    && is_lost
                {
                    self.tell(Elsewhere::PatronLost(session));
                }
            }
            None => {}
        }
    }

    fn told(&self, user: &UserId, told: ToldText, is_fresh: bool) {
        let Some(told) = told.told() else { return };
        let (told, shift) = if is_fresh {
            (told.clone(), self.all.start_over(user, told))
        } else {
            self.all.tell(user, told)
        };
        self.tell(Elsewhere::Told { user: user.clone(), told, shift });
    }

    /// Looks at the others' leases and versions, for ever.
    pub(super) async fn look(self: Arc<Self>, line: Line) {
        loop {
            // Whichever comes first.
            timeout(LOOK_EVERY, self.look.notified()).await.ok();
            if let Err(error) = self.look_once(&line).await {
                tracing::debug!(%error, "who is elsewhere cannot be looked for");
                self.missed(matches!(error, ServerError::Away(_)));
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
    }

    async fn look_once(&self, line: &Line) -> Result<(), ServerError> {
        let mut members = cmd("SMEMBERS");
        members.arg(NODES);
        let nodes: BTreeSet<String> = line.ask_one(&members).await?;
        let nodes = nodes.iter().filter_map(|text| wire::node_of(text));
        let nodes: Vec<_> = nodes.filter(|node| *node != self.own).collect();
        if nodes.is_empty() {
            return Ok(());
        }
        let mut versions = pipe();
        for node in &nodes {
            versions.cmd("HGET").arg(records_of(*node)).arg("v");
        }
        let versions: Vec<Option<u64>> = line.ask(&versions).await?;
        for (node, version) in nodes.into_iter().zip(versions) {
            let known = self.known().nodes.get(&node).map_or(0, |it| it.version);
            match version {
                Some(version) if version > known => self.read(line, node).await?,
                Some(_) => {}
                None => self.gone(line, node).await?,
            }
        }
        Ok(())
    }

    /// Compares what is known of a node with what it keeps.
    async fn read(&self, line: &Line, id: NodeId) -> Result<(), ServerError> {
        let mut all = cmd("HGETALL");
        all.arg(records_of(id));
        let records: BTreeMap<String, String> = line.ask_one(&all).await?;
        let Some(version) = records.get("v").and_then(|it| it.parse().ok()) else { return Ok(()) };
        let field = |prefix: &'static str| {
            records.iter().filter_map(move |(name, text)| Some((name.strip_prefix(prefix)?, text)))
        };
        let kept: BTreeMap<ConnectionId, Whose> = field("c:")
            .filter_map(|(name, text)| Some((name.parse().ok()?, serde_json::from_str(text).ok()?)))
            .collect();
        let mut known = self.known();
        let node = known.nodes.entry(id).or_default();
        if node.version > version {
            // More was heard meanwhile.
            return Ok(());
        }
        let gone: Vec<_> =
            node.connections.keys().filter(|it| !kept.contains_key(it)).copied().collect();
        for (connection, whose) in kept {
            if !node.connections.contains_key(&connection) {
                self.came(id, node, connection, whose);
            }
        }
        for (name, text) in field("t:") {
            let told = name.parse().ok().zip(serde_json::from_str(text).ok());
            if let Some((user, told)) = told {
                self.told(&user, told, false);
            }
        }
        for connection in gone {
            self.went(id, node, connection, false);
        }
        node.version = version;
        Ok(())
    }

    /// A node's lease has ended, and its people count no longer.
    async fn gone(&self, line: &Line, id: NodeId) -> Result<(), ServerError> {
        {
            let mut known = self.known();
            if Instant::now() < known.patient_until {
                return Ok(());
            }
            if let Some(mut node) = known.nodes.remove(&id) {
                tracing::warn!(node = wire::node_text(id), "another broker is gone");
                let connections: Vec<_> = node.connections.keys().copied().collect();
                for connection in connections {
                    self.went(id, &mut node, connection, true);
                }
                self.tell(Elsewhere::NodeLost(id));
            }
        }
        forget(line, id).await
    }
}

/// Takes a node off the list, unless it has records again by now: it would never be looked at.
pub(super) async fn forget(line: &Line, id: NodeId) -> Result<(), ServerError> {
    let mut forget = cmd("EVAL");
    forget.arg(FORGET).arg(2).arg(records_of(id)).arg(NODES).arg(wire::node_text(id));
    line.ask_one::<u64>(&forget).await.map(drop)
}
