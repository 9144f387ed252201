//! Presence on one node, in memory: gone with the process, and rebuilt as people connect again.

use std::collections::BTreeSet;

use dashmap::DashMap;
use deskbell_domain::chat::event::Digest;
use deskbell_domain::person::{Standing, Status};
use deskbell_domain::staffing::StaffingEvent;
use deskbell_protocol::ids::{Target, UserId};
use jiff::Timestamp;

use super::{ConnectionId, Presence, Shift, Told};

/// The adapter. A person is counted while she is held, so that two devices count in the order in
/// which they told: `people` before `monitors`, never the other way round.
#[derive(Debug, Default)]
pub struct LocalPresence {
    people: DashMap<UserId, Person>,
    patrons: DashMap<Digest, Vec<ConnectionId>>,
    /// How many people a queue rings for.
    monitors: DashMap<Target, u32>,
}

#[derive(Debug)]
struct Person {
    told: Told,
    connections: Vec<ConnectionId>,
    /// What she is counted at in `monitors` right now.
    counted: BTreeSet<Target>,
}

impl Person {
    fn new() -> Self {
        // She has told nothing yet: whatever she restates is newer.
        let at = Timestamp::UNIX_EPOCH;
        let told = Told { status: Status::Online, monitoring: BTreeSet::new(), at };
        Self { told, connections: Vec::new(), counted: BTreeSet::new() }
    }

    fn status(&self) -> Status {
        if self.connections.is_empty() { Status::Offline } else { self.told.status }
    }

    /// Where a ring reaches her; at herself only while she may be assigned.
    fn stands_at(&self, user: &UserId) -> BTreeSet<Target> {
        let mut targets = BTreeSet::new();
        if self.status().rings() {
            targets = self.told.watches();
        }
        if self.status() == Status::Online {
            targets.insert(Target::Operator(user.clone()));
        }
        targets
    }

    /// What counting her anew changes.
    fn recount(&mut self, user: &UserId) -> Vec<StaffingEvent> {
        let stands = self.stands_at(user);
        let began = |at: &Target| StaffingEvent::Began { who: user.clone(), at: at.clone() };
        let ceased = |at: &Target| StaffingEvent::Ceased { who: user.clone(), at: at.clone() };
        let added = stands.difference(&self.counted).map(began);
        let changes = added.chain(self.counted.difference(&stands).map(ceased)).collect();
        self.counted = stands;
        changes
    }
}

impl LocalPresence {
    /// Counts changes; tells where that makes a difference.
    fn count(&self, changes: &[StaffingEvent]) -> BTreeSet<Target> {
        let mut shifted = BTreeSet::new();
        for change in changes {
            let (at, differs) = match change {
                StaffingEvent::Began { at, .. } => {
                    let mut count = self.monitors.entry(at.clone()).or_insert(0);
                    *count += 1;
                    (at, *count == 1)
                }
                StaffingEvent::Ceased { at, .. } => {
                    let gone = self.monitors.remove_if_mut(at, |_, count| {
                        *count = count.saturating_sub(1);
                        *count == 0
                    });
                    (at, gone.is_some())
                }
            };
            if differs {
                shifted.insert(at.clone());
            }
        }
        shifted
    }

    fn shift(&self, changes: Vec<StaffingEvent>) -> Shift {
        Shift { targets: self.count(&changes), changes, ..Shift::default() }
    }
}

impl Presence for LocalPresence {
    fn operator_connected(&self, user: &UserId, connection: ConnectionId) -> Shift {
        let mut person = self.people.entry(user.clone()).or_insert_with(Person::new);
        let arrived = person.connections.is_empty();
        person.connections.push(connection);
        let change = person.recount(user);
        Shift { arrived, ..self.shift(change) }
    }

    fn operator_disconnected(&self, user: &UserId, connection: ConnectionId) -> Shift {
        let Some(mut person) = self.people.get_mut(user) else { return Shift::default() };
        let before = person.connections.len();
        person.connections.retain(|known| *known != connection);
        let departed = before > 0 && person.connections.is_empty();
        let change = person.recount(user);
        Shift { departed, ..self.shift(change) }
    }

    fn tell(&self, user: &UserId, told: Told) -> (Told, Shift) {
        let mut person = self.people.entry(user.clone()).or_insert_with(Person::new);
        if told.at >= person.told.at {
            person.told = told;
        }
        let holds = person.told.clone();
        let change = person.recount(user);
        (holds, self.shift(change))
    }

    fn told(&self, user: &UserId) -> Option<Told> {
        self.people.get(user).map(|person| person.told.clone())
    }

    fn standing(&self, user: &UserId) -> Standing {
        self.people.get(user).map_or_else(Standing::default, |person| Standing {
            status: person.status(),
            monitoring: person.told.monitoring.clone(),
        })
    }

    fn restrict(&self, allowed: &dyn Fn(&UserId, &Target) -> bool) -> Shift {
        let mut shift = Shift::default();
        for mut person in self.people.iter_mut() {
            let user = person.key().clone();
            person.told.monitoring.retain(|target| allowed(&user, target));
            let Shift { targets, changes, .. } = self.shift(person.recount(&user));
            shift.targets.extend(targets);
            shift.changes.extend(changes);
        }
        shift
    }

    fn patron_connected(&self, session: &Digest, connection: ConnectionId) -> bool {
        let mut connections = self.patrons.entry(*session).or_default();
        connections.push(connection);
        connections.len() == 1
    }

    fn patron_disconnected(&self, session: &Digest, connection: ConnectionId) -> bool {
        let gone = self.patrons.remove_if_mut(session, |_, connections| {
            connections.retain(|known| *known != connection);
            connections.is_empty()
        });
        gone.is_some()
    }

    fn patron_here(&self, session: &Digest) -> bool {
        self.patrons.contains_key(session)
    }

    fn online(&self, target: &Target) -> bool {
        self.monitors.contains_key(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coop() -> Target {
        "coop/tri".parse().unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn monitors(second: i64) -> Told {
        Told { status: Status::Online, monitoring: [coop()].into(), at: at(second) }
    }

    #[test]
    fn a_queue_is_online_while_any_device_of_a_monitor_is_connected() {
        let presence = LocalPresence::default();
        let maya: UserId = "maya".parse().unwrap();
        assert!(presence.operator_connected(&maya, 1).arrived);
        assert!(presence.tell(&maya, monitors(1)).1.targets.contains(&coop()));
        assert!(!presence.operator_connected(&maya, 2).arrived);
        assert!(!presence.operator_disconnected(&maya, 1).departed);
        assert!(presence.online(&coop()));
        let shift = presence.operator_disconnected(&maya, 2);
        assert!(shift.departed && shift.targets.contains(&coop()));
        assert!(!presence.online(&coop()));
        assert_eq!(presence.standing(&maya).status, Status::Offline);
    }

    #[test]
    fn an_older_restatement_changes_nothing_and_is_answered_with_what_holds() {
        let presence = LocalPresence::default();
        let maya: UserId = "maya".parse().unwrap();
        presence.operator_connected(&maya, 1);
        presence.tell(&maya, monitors(10));
        let stale = Told { status: Status::Internal, monitoring: BTreeSet::new(), at: at(5) };
        assert_eq!(presence.tell(&maya, stale).0, monitors(10));
        assert!(presence.online(&coop()));
    }

    #[test]
    fn someone_who_is_internal_stands_nowhere() {
        let presence = LocalPresence::default();
        let maya: UserId = "maya".parse().unwrap();
        presence.operator_connected(&maya, 1);
        presence.tell(&maya, monitors(1));
        presence.tell(&maya, Told { status: Status::Internal, ..monitors(2) });
        assert!(!presence.online(&coop()));
        assert!(!presence.online(&Target::Operator(maya)));
    }

    #[test]
    fn a_patron_is_here_until_her_last_page_is_closed() {
        let presence = LocalPresence::default();
        let session = [7; 32];
        assert!(presence.patron_connected(&session, 1));
        assert!(!presence.patron_connected(&session, 2));
        assert!(!presence.patron_disconnected(&session, 1));
        assert!(presence.patron_disconnected(&session, 2));
        assert!(!presence.patron_here(&session));
    }
}
