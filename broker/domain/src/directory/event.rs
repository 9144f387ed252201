//! What happened to the directory, and what is true afterwards.
//!
//! Events carry whole entries: each is readable by itself, and a later one replaces an earlier one.

use deskbell_protocol::ids::{
    CoopId, DepartmentId, InstitutionId, TicketQueueId, UserId, WidgetId,
};

use super::command::Thing;
use super::{Ban, Coop, CoopLevel, Department, Directory, Institution, TicketQueue, User, Widget};
use crate::chat::event::Digest;

/// A fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirectoryEvent {
    /// A library is so from now on.
    InstitutionSet(InstitutionId, Institution),
    /// A co-op is so from now on.
    CoopSet(CoopId, Coop),
    /// A department is so from now on.
    DepartmentSet(DepartmentId, Department),
    /// A ticket queue is so from now on.
    TicketQueueSet(TicketQueueId, TicketQueue),
    /// A widget is so from now on.
    WidgetSet(WidgetId, Widget),
    /// A person is so from now on.
    UserSet(UserId, User),
    /// An entry that nothing named is gone.
    Removed(Thing),
    /// A person may monitor a co-op, with this level.
    CoopAccessGranted(CoopId, UserId, CoopLevel),
    /// She may no longer.
    CoopAccessRevoked(CoopId, UserId),
    /// A person may sign in.
    UserActivated(UserId),
    /// She may no longer.
    UserDeactivated(UserId),
    /// A patron may not ring at a library's widgets.
    PatronBanned(Digest, Ban),
    /// She may again.
    BanLifted(Digest),
}

impl Directory {
    /// Makes one more event true. Total: an event about what is not there changes the version only.
    pub fn evolve(&mut self, event: &DirectoryEvent) {
        self.version += 1;
        match event {
            DirectoryEvent::InstitutionSet(id, it) => {
                self.institutions.insert(id.clone(), it.clone());
            }
            DirectoryEvent::CoopSet(id, it) => {
                self.coops.insert(id.clone(), it.clone());
            }
            DirectoryEvent::DepartmentSet(id, it) => {
                self.departments.insert(id.clone(), it.clone());
            }
            DirectoryEvent::TicketQueueSet(id, it) => {
                self.ticket_queues.insert(id.clone(), it.clone());
            }
            DirectoryEvent::WidgetSet(id, it) => {
                self.widgets.insert(id.clone(), it.clone());
            }
            DirectoryEvent::UserSet(id, it) => {
                self.users.insert(id.clone(), it.clone());
            }
            DirectoryEvent::Removed(thing) => self.forget(thing),
            DirectoryEvent::CoopAccessGranted(coop, user, level) => {
                if let Some(coop) = self.coops.get_mut(coop) {
                    coop.users.insert(user.clone(), *level);
                }
            }
            DirectoryEvent::CoopAccessRevoked(coop, user) => {
                if let Some(coop) = self.coops.get_mut(coop) {
                    coop.users.remove(user);
                }
            }
            DirectoryEvent::UserActivated(user) => self.set_active(user, true),
            DirectoryEvent::UserDeactivated(user) => self.set_active(user, false),
            DirectoryEvent::PatronBanned(session, ban) => {
                self.bans.insert(*session, ban.clone());
            }
            DirectoryEvent::BanLifted(session) => drop(self.bans.remove(session)),
        }
    }

    /// Makes events true, one after the other.
    pub fn evolve_all(&mut self, events: &[DirectoryEvent]) {
        for event in events {
            self.evolve(event);
        }
    }

    /// Whether there is such an entry.
    pub fn has(&self, thing: &Thing) -> bool {
        match thing {
            Thing::Institution(id) => self.institutions.contains_key(id),
            Thing::Coop(id) => self.coops.contains_key(id),
            Thing::Department(id) => self.departments.contains_key(id),
            Thing::TicketQueue(id) => self.ticket_queues.contains_key(id),
            Thing::Widget(id) => self.widgets.contains_key(id),
            Thing::User(id) => self.users.contains_key(id),
        }
    }

    fn forget(&mut self, thing: &Thing) {
        match thing {
            Thing::Institution(id) => drop(self.institutions.remove(id)),
            Thing::Coop(id) => drop(self.coops.remove(id)),
            Thing::Department(id) => drop(self.departments.remove(id)),
            Thing::TicketQueue(id) => drop(self.ticket_queues.remove(id)),
            Thing::Widget(id) => drop(self.widgets.remove(id)),
            Thing::User(id) => drop(self.users.remove(id)),
        }
    }

    fn set_active(&mut self, user: &UserId, active: bool) {
        if let Some(user) = self.users.get_mut(user) {
            user.active = active;
        }
    }
}
