//! Presence in memory: gone with the process, and rebuilt as people connect again. Of one node by
//! itself, or what one knows of all (`redis`).

use std::collections::BTreeSet;

use dashmap::DashMap;
use deskbell_domain::chat::event::Digest;
use deskbell_domain::directory::Directory;
use deskbell_domain::person::{Standing, Status};
use deskbell_domain::staffing::StaffingEvent;
use deskbell_protocol::ids::{SessionId, Target, TicketQueueId, UserId};
use jiff::Timestamp;

use super::{Arrival, ConnectionId, NodeId, Presence, Shift, Told};

/// The adapter. A person is counted while she is held, so that two devices count in the order in
/// which they told: `people` before `monitors`, never the other way round.
#[derive(Debug, Default)]
pub struct LocalPresence {
    people: DashMap<UserId, Person>,
    patrons: DashMap<Digest, Vec<Place>>,
    /// How many people a queue rings for.
    monitors: DashMap<Target, u32>,
    /// How many of them are away.
    away: DashMap<Target, u32>,
}

/// A connection, and the node that it is on.
pub(super) type Place = (NodeId, ConnectionId);

/// This node, where it is told of its own connections.
const HERE: NodeId = 0;

#[derive(Debug)]
struct Person {
    told: Told,
    connections: Vec<(Place, SessionId)>,
    /// Her last sign-ins, the newest last.
    sessions: Vec<SessionId>,
    /// What she is counted at in `monitors` right now.
    counted: BTreeSet<Target>,
    /// And in `away`.
    counted_away: BTreeSet<Target>,
}

/// Sign-ins of a person that a reload may come back to without counting as fresh.
const SESSIONS_MAX: usize = 8;

impl Person {
    fn new() -> Self {
        // She has told nothing yet: whatever she restates is newer.
        let at = Timestamp::UNIX_EPOCH;
        let (monitoring, ticket_queues) = (BTreeSet::new(), BTreeSet::new());
        let told = Told { status: Status::Online, monitoring, ticket_queues, at };
        let (counted, counted_away) = (BTreeSet::new(), BTreeSet::new());
        let (connections, sessions) = (Vec::new(), Vec::new());
        Self { told, connections, sessions, counted, counted_away }
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

    /// Notes a sign-in; tells whether it is a fresh one.
    fn signed_in(&mut self, session: SessionId) -> bool {
        let fresh = !self.sessions.contains(&session);
        if fresh {
            if self.sessions.len() == SESSIONS_MAX {
                self.sessions.remove(0);
            }
            self.sessions.push(session);
        }
        fresh
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

    /// Counts a person anew, where she stands and where she is away.
    fn recount(&self, user: &UserId, person: &mut Person) -> Vec<StaffingEvent> {
        let changes = person.recount(user);
        let away = person.status() == Status::Away;
        let now = if away { person.counted.clone() } else { BTreeSet::new() };
        for target in now.difference(&person.counted_away) {
            *self.away.entry(target.clone()).or_insert(0) += 1;
        }
        for target in person.counted_away.difference(&now) {
            self.away.remove_if_mut(target, |_, count| {
                *count = count.saturating_sub(1);
                *count == 0
            });
        }
        person.counted_away = now;
        changes
    }

    /// People with their status, by id.
    fn those(&self, are: impl Fn(&Person) -> bool) -> Vec<(UserId, Status)> {
        let people = self.people.iter().filter(|person| are(person));
        let mut found: Vec<_> =
            people.map(|person| (person.key().clone(), person.status())).collect();
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        found
    }

    fn shift(&self, changes: Vec<StaffingEvent>) -> Shift {
        Shift { targets: self.count(&changes), changes, ..Shift::default() }
    }

    /// A connection of an operator began, on any node.
    pub(super) fn arrive(
        &self,
        user: &UserId,
        at: Place,
        session: SessionId,
        starts: Option<Told>,
    ) -> Shift {
        let mut person = self.people.entry(user.clone()).or_insert_with(Person::new);
        let arrived = person.connections.is_empty();
        if person.signed_in(session)
            && arrived
            && let Some(starts) = starts
        {
            person.told = starts;
        }
        person.connections.push((at, session));
        let change = self.recount(user, &mut person);
        Shift { arrived, ..self.shift(change) }
    }

    /// It ended.
    pub(super) fn depart(&self, user: &UserId, at: Place) -> Shift {
        let Some(mut person) = self.people.get_mut(user) else { return Shift::default() };
        let before = person.connections.len();
        person.connections.retain(|(known, _)| *known != at);
        let departed = before > 0 && person.connections.is_empty();
        let change = self.recount(user, &mut person);
        Shift { departed, ..self.shift(change) }
    }

    /// What another node says that she starts with, whatever was known.
    pub(super) fn start_over(&self, user: &UserId, told: Told) -> Shift {
        let mut person = self.people.entry(user.clone()).or_insert_with(Person::new);
        person.told = told;
        let change = self.recount(user, &mut person);
        self.shift(change)
    }

    /// A connection of a patron's session began, on any node; tells whether it is the first.
    pub(super) fn patron_arrives(&self, session: &Digest, at: Place) -> bool {
        let mut connections = self.patrons.entry(*session).or_default();
        connections.push(at);
        connections.len() == 1
    }

    /// It ended; tells whether it was the last.
    pub(super) fn patron_departs(&self, session: &Digest, at: Place) -> bool {
        let gone = self.patrons.remove_if_mut(session, |_, connections| {
            connections.retain(|known| *known != at);
            connections.is_empty()
        });
        gone.is_some()
    }
}

impl Presence for LocalPresence {
    fn operator_connected(&self, user: &UserId, by: Arrival, starts: Told) -> Shift {
        self.arrive(user, (HERE, by.connection), by.session, Some(starts))
    }

    fn operator_disconnected(&self, user: &UserId, connection: ConnectionId) -> Shift {
        self.depart(user, (HERE, connection))
    }

    fn tell(&self, user: &UserId, told: Told) -> (Told, Shift) {
        let mut person = self.people.entry(user.clone()).or_insert_with(Person::new);
        if told.at >= person.told.at {
            person.told = told;
        }
        let holds = person.told.clone();
        let change = self.recount(user, &mut person);
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

    fn restrict(&self, directory: &Directory) -> Shift {
        let mut shift = Shift::default();
        for mut person in self.people.iter_mut() {
            let user = person.key().clone();
            let told = &mut person.told;
            told.monitoring.retain(|target| directory.may_monitor(&user, target));
            told.ticket_queues.retain(|queue| directory.may_monitor_tickets(&user, queue));
            let Shift { targets, changes, .. } = self.shift(self.recount(&user, &mut person));
            shift.targets.extend(targets);
            shift.changes.extend(changes);
        }
        shift
    }

    fn patron_connected(&self, session: &Digest, connection: ConnectionId) -> bool {
        self.patron_arrives(session, (HERE, connection))
    }

    fn patron_disconnected(&self, session: &Digest, connection: ConnectionId) -> bool {
        self.patron_departs(session, (HERE, connection))
    }

    fn patron_here(&self, session: &Digest) -> bool {
        self.patrons.contains_key(session)
    }

    fn online(&self, target: &Target) -> bool {
        self.monitors.contains_key(target)
    }

    fn all_away(&self, target: &Target) -> bool {
        let count = |map: &DashMap<Target, u32>| map.get(target).map_or(0, |count| *count);
        let away = count(&self.away);
        away > 0 && away >= count(&self.monitors)
    }

    fn colleagues(&self, target: &Target) -> Vec<(UserId, Status)> {
        self.those(|person| person.counted.contains(target))
    }

    fn ticket_colleagues(&self, queue: &TicketQueueId) -> Vec<(UserId, Status)> {
        self.those(|person| {
            person.status() != Status::Offline && person.told.ticket_queues.contains(queue)
        })
    }

    fn sessions(&self, user: &UserId) -> BTreeSet<SessionId> {
        let person = self.people.get(user);
        person.iter().flat_map(|it| &it.connections).map(|(_, session)| *session).collect()
    }

    fn take_off(&self, user: &UserId, target: &Target, at: Timestamp) -> Option<(Told, Shift)> {
        let mut person = self.people.get_mut(user)?;
        if !person.told.monitoring.remove(target) {
            return None;
        }
        person.told.at = person.told.at.max(at);
        let holds = person.told.clone();
        let change = self.recount(user, &mut person);
        Some((holds, self.shift(change)))
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
        let (monitoring, ticket_queues) = ([coop()].into(), BTreeSet::new());
        Told { status: Status::Online, monitoring, ticket_queues, at: at(second) }
    }

    /// A tab of one sign-in of Maya's, who starts with nothing.
    fn connect(presence: &LocalPresence, connection: ConnectionId) -> Shift {
        sign_in(presence, connection, 1, Person::new().told)
    }

    fn sign_in(
        presence: &LocalPresence,
        connection: ConnectionId,
        session: u128,
        starts: Told,
    ) -> Shift {
        let by = Arrival { connection, session: SessionId(session) };
        presence.operator_connected(&"maya".parse().unwrap(), by, starts)
    }

    #[test]
    fn a_fresh_sign_in_starts_at_the_defaults_and_a_reload_at_what_was_told() {
        let presence = LocalPresence::default();
        let maya: UserId = "maya".parse().unwrap();
        sign_in(&presence, 1, 1, monitors(1));
        assert!(presence.online(&coop()));
        presence.tell(&maya, Told { monitoring: BTreeSet::new(), ..monitors(2) });
        presence.operator_disconnected(&maya, 1);
        sign_in(&presence, 2, 1, monitors(1));
        assert!(!presence.online(&coop()), "the same sign-in keeps what she told");
        sign_in(&presence, 3, 2, monitors(1));
        assert!(!presence.online(&coop()), "so does another device");
        presence.operator_disconnected(&maya, 2);
        presence.operator_disconnected(&maya, 3);
        sign_in(&presence, 4, 3, monitors(1));
        assert!(presence.online(&coop()), "a fresh one starts anew");
    }

    #[test]
    fn a_queue_is_away_when_everybody_at_it_is() {
        let presence = LocalPresence::default();
        let (maya, ines): (UserId, UserId) = ("maya".parse().unwrap(), "ines".parse().unwrap());
        connect(&presence, 1);
        let by = Arrival { connection: 2, session: SessionId(2) };
        presence.operator_connected(&ines, by, monitors(1));
        presence.tell(&maya, Told { status: Status::Away, ..monitors(2) });
        assert!(!presence.all_away(&coop()));
        presence.tell(&ines, Told { status: Status::Away, ..monitors(2) });
        assert!(presence.all_away(&coop()) && presence.online(&coop()));
        let there = [(ines.clone(), Status::Away), (maya, Status::Away)];
        assert_eq!(presence.colleagues(&coop()), there);
        let (holds, _) = presence.take_off(&ines, &coop(), at(3)).unwrap();
        assert!(holds.monitoring.is_empty() && presence.all_away(&coop()));
        assert_eq!(presence.take_off(&ines, &coop(), at(4)), None);
    }

    #[test]
    fn a_queue_is_online_while_any_device_of_a_monitor_is_connected() {
        let presence = LocalPresence::default();
        let maya: UserId = "maya".parse().unwrap();
        assert!(connect(&presence, 1).arrived);
        assert!(presence.tell(&maya, monitors(1)).1.targets.contains(&coop()));
        assert!(!connect(&presence, 2).arrived);
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
        connect(&presence, 1);
        presence.tell(&maya, monitors(10));
        let monitoring = BTreeSet::new();
        let stale = Told { status: Status::Internal, monitoring, ..monitors(5) };
        assert_eq!(presence.tell(&maya, stale).0, monitors(10));
        assert!(presence.online(&coop()));
    }

    #[test]
    fn someone_who_is_internal_stands_nowhere() {
        let presence = LocalPresence::default();
        let maya: UserId = "maya".parse().unwrap();
        connect(&presence, 1);
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
