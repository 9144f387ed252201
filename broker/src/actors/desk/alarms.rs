//! Nobody where somebody should be: the alarm when the last monitor goes, and what the calendar
//! brings (the end of promised hours, sign-off rules and the five minutes before them).
//!
//! An alarm is raised once for a queue, until somebody stands there again. Nobody raises one while
//! the desk settles: people are on their way back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use deskbell_domain::access::looks_after;
use deskbell_domain::coverage;
use deskbell_domain::directory::Directory;
use deskbell_protocol::ids::{DepartmentId, Target, UserId};
use jiff::Timestamp;

use super::DeskActor;
use crate::actors::say::{Alarm, Say};
use crate::actors::session::{Deliver, Peer};
use crate::presence::Shift;
use crate::world::time_zone;

/// How long before a sign-off rule who is concerned hears of it.
const WARNING: Duration = Duration::from_mins(5);

/// What was raised, and how far the calendar has been acted on.
#[derive(Debug)]
pub(super) struct Alarms {
    /// Why, and when it began.
    raised: BTreeMap<Target, (Alarm, Timestamp)>,
    acted_until: Timestamp,
    next: Option<Timestamp>,
}

impl Alarms {
    pub(super) fn starting(directory: &Directory, now: Timestamp) -> Self {
        Self { raised: BTreeMap::new(), acted_until: now, next: next_moment(directory, now) }
    }

    /// When the calendar has something to say.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.next
    }
}

impl DeskActor {
    /// Somebody came to these queues, or the last one went.
    pub(super) fn watch_gaps(&mut self, targets: &BTreeSet<Target>) {
        let directory = self.seat.node.directory.load_full();
        let now = self.seat.node.clock.now();
        for target in targets {
            if self.seat.node.presence.online(target) {
                if self.alarms.raised.remove(target).is_some() {
                    self.tell_concerned(&directory, target, &Say::AlarmOver(target));
                }
            } else if is_needed(&directory, target, now) {
                self.raise(&directory, target, Alarm::Left, now);
            }
        }
    }

    fn raise(&mut self, directory: &Directory, target: &Target, why: Alarm, at: Timestamp) {
        if self.settling.until().is_none() && !self.alarms.raised.contains_key(target) {
            self.alarms.raised.insert(target.clone(), (why, at));
            self.tell_concerned(directory, target, &Say::Alarm { target, why, at });
        }
    }

    /// Tells who comes later of alarms that stand.
    pub(super) fn show_alarms(&self, user: &UserId, peer: &Peer) {
        let node = &self.seat.node;
        let directory = node.directory.load();
        for (target, (why, at)) in &self.alarms.raised {
            if concerns(&directory, user, target) {
                let say = Say::Alarm { target, why: *why, at: *at };
                peer.deliver(Deliver::frame(node.encode.encode(&say, &directory)));
            }
        }
    }

    /// To everybody on line who may monitor the queue or looks after it.
    fn tell_concerned(&self, directory: &Directory, target: &Target, say: &Say<'_>) {
        let frame = self.seat.node.encode.encode(say, directory);
        let concerned = |user: &UserId| concerns(directory, user, target);
        for (_, connections) in self.connections.iter().filter(|(user, _)| concerned(user)) {
            for peer in connections.values() {
                peer.deliver(Deliver::frame(frame.clone()));
            }
        }
    }

    /// The directory changed: so may the calendar.
    pub(super) fn plan_calendar(&mut self) {
        let directory = self.seat.node.directory.load();
        self.alarms.next = next_moment(&directory, self.alarms.acted_until);
    }

    /// Acts on everything that the calendar brought since it was last looked at.
    pub(super) fn follow_calendar(&mut self, now: Timestamp) {
        if self.alarms.next.is_none_or(|next| next > now) {
            return;
        }
        let directory = self.seat.node.directory.load_full();
        let since = self.alarms.acted_until;
        for (department, at) in sign_offs(&directory, since + WARNING, now + WARNING) {
            let target = Target::Department(department);
            if at > now && self.seat.node.presence.online(&target) {
                let say = Say::Alarm { target: &target, why: Alarm::SignOff, at };
                self.tell_concerned(&directory, &target, &say);
            }
        }
        for (department, _) in sign_offs(&directory, since, now) {
            self.sign_off(&Target::Department(department), now);
        }
        for coop in directory.coops.keys() {
            let target = Target::Coop(coop.clone());
            let (covered, staffed) = coverage::stands(&directory, coop, &time_zone, now);
            let (_, promised) = coverage::stands(&directory, coop, &time_zone, since);
            let ended = promised && covered && !staffed;
            if ended && !self.seat.node.presence.online(&target) {
                self.raise(&directory, &target, Alarm::ContributionEnded, now);
            }
        }
        self.alarms.acted_until = now;
        self.alarms.next = next_moment(&directory, now);
        self.availability_may_differ();
    }

    /// Ends the shift of everybody at a department who has no chat.
    fn sign_off(&mut self, target: &Target, now: Timestamp) {
        for (user, _) in self.seat.node.presence.colleagues(target) {
            if !self.view.of_operator(&user).is_empty() {
                continue;
            }
            let taken = self.seat.node.presence.take_off(&user, target, now);
            if let Some((told, shift)) = taken {
                self.tell_devices(&user, None, &told);
                self.take_in(shift);
            }
        }
    }

    /// What patrons find may differ from what they found.
    pub(super) fn availability_may_differ(&self) {
        self.seat.node.availability_changes.send_modify(|times| *times += 1);
    }

    /// What somebody's coming or going means beside the chats.
    pub(super) fn staffing_shifted(&mut self, shift: &Shift) {
        if !shift.targets.is_empty() {
            self.watch_gaps(&shift.targets);
        }
        self.availability_may_differ();
    }
}

/// Whether an alarm at `target` is for `user`: she may monitor it, or looks after it.
fn concerns(directory: &Directory, user: &UserId, target: &Target) -> bool {
    directory.may_monitor(user, target) || looks_after(user, target, directory)
}

/// Whether patrons may ring there at `at`.
fn is_needed(directory: &Directory, target: &Target, at: Timestamp) -> bool {
    match target {
        Target::Coop(coop) => coverage::stands(directory, coop, &time_zone, at).0,
        Target::Department(_) => {
            directory.widgets.values().any(|widget| widget.options.contains(target))
        }
        Target::Operator(_) => false,
    }
}

/// The departments whose sign-off rules come after `since`, at the latest at `until`.
fn sign_offs(
    directory: &Directory,
    since: Timestamp,
    until: Timestamp,
) -> Vec<(DepartmentId, Timestamp)> {
    let mut due = Vec::new();
    for (id, department) in &directory.departments {
        let home = directory.institutions.get(&department.institution);
        let Some(zone) = home.and_then(|it| time_zone(&it.time_zone)) else { continue };
        for rule in &department.sign_off {
            let at = rule.at.next_on(&rule.days, &zone, since);
            due.extend(at.filter(|at| *at <= until).map(|at| (id.clone(), at)));
        }
    }
    due
}

/// When the calendar has something to say after `since`.
fn next_moment(directory: &Directory, since: Timestamp) -> Option<Timestamp> {
    let mut moments: Vec<_> =
        coverage::next_change(directory, &time_zone, since).into_iter().collect();
    for department in directory.departments.values() {
        let home = directory.institutions.get(&department.institution);
        let Some(zone) = home.and_then(|it| time_zone(&it.time_zone)) else { continue };
        for rule in &department.sign_off {
            moments.extend(rule.at.next_on(&rule.days, &zone, since));
            let warned = rule.at.next_on(&rule.days, &zone, since + WARNING);
            moments.extend(warned.map(|at| at - WARNING));
        }
    }
    moments.into_iter().min()
}
