//! The directory: institutions, co-ops and their members, departments, widgets, people and their
//! levels, and the questions that the rest of the core asks of it.
//!
//! The maps are public to read; only `evolve` writes them.
//!
//! Map: `entry` what stands in it · `command` what may be asked and why it is refused · `decide`
//! the rules · `check` what holds of each entry at all times · `event` what happened and what is
//! true afterwards · `file` the same as a text that people write.

pub mod command;
pub mod decide;
pub mod entry;
pub mod event;
pub mod file;

mod check;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use deskbell_protocol::ids::{
    CoopId, DepartmentId, InstitutionId, Target, TicketQueueId, UserId, WidgetId,
};
use jiff::Timestamp;

pub use self::entry::{
    Ban, Coop, CoopLevel, Department, Idle, Institution, LocalLevel, Membership, TicketQueue, User,
    Widget,
};
use crate::chat::event::Digest;

/// Everything, at one version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Directory {
    /// How many events it has.
    pub version: u64,
    /// Libraries.
    pub institutions: BTreeMap<InstitutionId, Institution>,
    /// Co-operatives.
    pub coops: BTreeMap<CoopId, Coop>,
    /// Departments.
    pub departments: BTreeMap<DepartmentId, Department>,
    /// Ticket queues.
    pub ticket_queues: BTreeMap<TicketQueueId, TicketQueue>,
    /// Widgets.
    pub widgets: BTreeMap<WidgetId, Widget>,
    /// People.
    pub users: BTreeMap<UserId, User>,
    /// Patrons who may not ring, by the digest of their session. No file mentions them.
    pub bans: BTreeMap<Digest, Ban>,
}

impl Directory {
    /// A user who may sign in.
    pub fn active_user(&self, user: &UserId) -> Option<&User> {
        self.users.get(user).filter(|user| user.active)
    }

    /// The ban that keeps the patron of `session` from ringing at `home`, if one does at `now`.
    pub fn ban_of(&self, session: &Digest, home: &InstitutionId, now: Timestamp) -> Option<&Ban> {
        self.bans.get(session).filter(|ban| ban.institution == *home && now < ban.until)
    }

    /// What patrons of `user` are told when she is idle: as she says, or else her library.
    pub fn idle_of(&self, user: &UserId) -> Option<&Idle> {
        let person = self.users.get(user)?;
        let library = || self.institutions.get(&person.institution).map(|it| &it.idle);
        person.idle.as_ref().or_else(library)
    }

    /// A department's, co-op's or operator's name.
    pub fn name_of(&self, target: &Target) -> Option<&str> {
        match target {
            Target::Department(id) => self.departments.get(id).map(|it| it.name.as_str()),
            Target::Coop(id) => self.coops.get(id).map(|it| it.name.as_str()),
            Target::Operator(id) => self.users.get(id).map(|it| it.name.as_str()),
        }
    }

    /// Whether `user` may monitor `target`: a member of the department, or a user of the co-op
    /// whose library contributes to it. An operator always stands by herself.
    pub fn may_monitor(&self, user: &UserId, target: &Target) -> bool {
        let Some(person) = self.active_user(user) else { return false };
        match target {
            Target::Department(id) => {
                self.departments.get(id).is_some_and(|it| self.is_member(user, it))
            }
            Target::Coop(id) => self.coops.get(id).is_some_and(|coop| {
                let member = coop.members.get(&person.institution);
                coop.users.contains_key(user) && member.is_some_and(|it| it.contributing)
            }),
            Target::Operator(id) => id == user,
        }
    }

    /// Whether `user` may monitor a ticket queue: as one of its members.
    pub fn may_monitor_tickets(&self, user: &UserId, queue: &TicketQueueId) -> bool {
        let works_there = self.ticket_queues.get(queue).is_some_and(|it| it.members.contains(user));
        works_there && self.active_user(user).is_some()
    }

    /// Every ticket queue that `user` may monitor, in id order.
    pub fn monitorable_tickets(&self, user: &UserId) -> Vec<TicketQueueId> {
        let all = self.ticket_queues.keys();
        all.filter(|queue| self.may_monitor_tickets(user, queue)).cloned().collect()
    }

    /// Whether `user` is listed in a department, or in the ticket queue that it is bound to.
    fn is_member(&self, user: &UserId, department: &Department) -> bool {
        let queue = department.queue.as_ref().and_then(|id| self.ticket_queues.get(id));
        department.members.contains(user) || queue.is_some_and(|it| it.members.contains(user))
    }

    /// Every department and co-op that `user` may monitor, departments first, each in id order.
    pub fn monitorable(&self, user: &UserId) -> Vec<Target> {
        let departments = self.departments.keys().cloned().map(Target::Department);
        let coops = self.coops.keys().cloned().map(Target::Coop);
        departments.chain(coops).filter(|target| self.may_monitor(user, target)).collect()
    }

    /// Whether patrons of `home` may be served at `target`: a department of theirs, a co-op that
    /// their library is a member of, or an operator of either.
    pub fn serves(&self, home: &InstitutionId, target: &Target) -> bool {
        match target {
            Target::Department(id) => {
                self.departments.get(id).is_some_and(|it| it.institution == *home)
            }
            Target::Coop(id) => self.coops.get(id).is_some_and(|it| it.members.contains_key(home)),
            Target::Operator(user) => self.active_user(user).is_some_and(|person| {
                person.institution == *home
                    || self.coops.iter().any(|(id, coop)| {
                        coop.members.contains_key(home)
                            && self.may_monitor(user, &Target::Coop(id.clone()))
                    })
            }),
        }
    }
}
