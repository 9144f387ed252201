//! The directory: institutions, co-ops and their members, departments, widgets, people and their
//! levels, and the questions that the rest of the core asks of it.
//!
//! The maps are public to read; only `evolve` writes them.
//!
//! Map: `command` what may be asked and why it is refused · `decide` the rules · `check` what holds
//! of each entry at all times · `event` what happened and what is true afterwards · `file` the same
//! as a text that people write.

pub mod command;
pub mod decide;
pub mod event;
pub mod file;

mod check;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use deskbell_protocol::ids::{
    CoopId, DepartmentId, InstitutionId, Target, TicketQueueId, UserId, WidgetId,
};

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
}

/// A library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Institution {
    /// As people call it.
    pub name: String,
    /// IANA time zone.
    pub time_zone: String,
}

/// A co-operative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coop {
    /// As people call it.
    pub name: String,
    /// Its member libraries.
    pub members: BTreeMap<InstitutionId, Membership>,
    /// Who may monitor it, and with which level.
    pub users: BTreeMap<UserId, CoopLevel>,
}

/// How a library takes part in a co-op.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// Whether its staff answer for others; its patrons are answered in any case.
    pub contributing: bool,
}

/// What a user may do in a co-op.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CoopLevel {
    /// Monitor and answer.
    Regular,
    /// And manage the co-op's users of the own library.
    InstitutionAdmin,
    /// And everything else in the co-op.
    CoopAdmin,
}

/// A group of operators of one library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Department {
    /// Whose.
    pub institution: InstitutionId,
    /// As people call it.
    pub name: String,
    /// Who may monitor it.
    pub members: BTreeSet<UserId>,
}

/// Where a library's tickets wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketQueue {
    /// Whose.
    pub institution: InstitutionId,
    /// As people call it.
    pub name: String,
}

/// A chat button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Widget {
    /// Whose patrons use it.
    pub institution: InstitutionId,
    /// As people call it.
    pub name: String,
    /// Where a chat rings, in order.
    pub options: Vec<Target>,
    /// Until the next option rings too.
    pub roll_up_seconds: u32,
    /// Until a chat ends because its patron stays away.
    pub patron_grace_seconds: u32,
    /// The pages that may use it: exact origins, such as `https://www.example.org`.
    pub origins: BTreeSet<String>,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Where she works.
    pub institution: InstitutionId,
    /// The name that patrons and colleagues see.
    pub name: String,
    /// What she may do in her own library.
    pub level: LocalLevel,
    /// Whether she may sign in.
    pub active: bool,
}

/// What a user may do in her own library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LocalLevel {
    /// Read.
    Reader,
    /// And answer.
    Regular,
    /// And manage.
    Admin,
}

impl Directory {
    /// A user who may sign in.
    pub fn active_user(&self, user: &UserId) -> Option<&User> {
        self.users.get(user).filter(|user| user.active)
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
                self.departments.get(id).is_some_and(|it| it.members.contains(user))
            }
            Target::Coop(id) => self.coops.get(id).is_some_and(|coop| {
                let member = coop.members.get(&person.institution);
                coop.users.contains_key(user) && member.is_some_and(|it| it.contributing)
            }),
            Target::Operator(id) => id == user,
        }
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
