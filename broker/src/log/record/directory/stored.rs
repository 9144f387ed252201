//! Version 1 of every directory event's body. Frozen: a change is a new version beside these.

use std::collections::{BTreeMap, BTreeSet};

use deskbell_domain::directory as d;
use deskbell_domain::directory::command::Thing;
use deskbell_domain::directory::event::DirectoryEvent;
use deskbell_protocol::ids::{
    CoopId, DepartmentId, InstitutionId, Target, TicketQueueId, UserId, WidgetId,
};
use serde::{Deserialize, Serialize};

/// An entry, flat: its id and its fields.
macro_rules! entries {
    ($($name:ident, $id:ident, $entry:ident { $($field:ident: $type:ty),+ })+) => {$(
        #[derive(Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            id: $id,
            $($field: $type,)+
        }
        impl From<(&$id, &d::$entry)> for $name {
            fn from((id, it): (&$id, &d::$entry)) -> Self {
                Self { id: id.clone(), $($field: it.$field.clone(),)+ }
            }
        }
        impl From<$name> for DirectoryEvent {
            fn from(it: $name) -> Self {
                Self::$name(it.id, d::$entry { $($field: it.$field,)+ })
            }
        }
    )+};
}

entries! {
    InstitutionSet, InstitutionId, Institution { name: String, time_zone: String }
    DepartmentSet, DepartmentId, Department {
        institution: InstitutionId, name: String, members: BTreeSet<UserId>
    }
    TicketQueueSet, TicketQueueId, TicketQueue { institution: InstitutionId, name: String }
    WidgetSet, WidgetId, Widget {
        institution: InstitutionId, name: String, options: Vec<Target>, roll_up_seconds: u32,
        patron_grace_seconds: u32, origins: BTreeSet<String>
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CoopSet {
    id: CoopId,
    name: String,
    members: BTreeMap<InstitutionId, Membership>,
    users: BTreeMap<UserId, CoopLevel>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Membership {
    contributing: bool,
}

impl From<(&CoopId, &d::Coop)> for CoopSet {
    fn from((id, it): (&CoopId, &d::Coop)) -> Self {
        let members = it
            .members
            .iter()
            .map(|(id, it)| (id.clone(), Membership { contributing: it.contributing }));
        let users = it.users.iter().map(|(id, level)| (id.clone(), (*level).into()));
        Self {
            id: id.clone(),
            name: it.name.clone(),
            members: members.collect(),
            users: users.collect(),
        }
    }
}

impl From<CoopSet> for DirectoryEvent {
    fn from(it: CoopSet) -> Self {
        let members = it
            .members
            .into_iter()
            .map(|(id, it)| (id, d::Membership { contributing: it.contributing }));
        let users = it.users.into_iter().map(|(id, level)| (id, level.into()));
        let coop = d::Coop { name: it.name, members: members.collect(), users: users.collect() };
        Self::CoopSet(it.id, coop)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserSet {
    id: UserId,
    institution: InstitutionId,
    name: String,
    level: LocalLevel,
    active: bool,
}

impl From<(&UserId, &d::User)> for UserSet {
    fn from((id, it): (&UserId, &d::User)) -> Self {
        Self {
            id: id.clone(),
            institution: it.institution.clone(),
            name: it.name.clone(),
            level: it.level.into(),
            active: it.active,
        }
    }
}

impl From<UserSet> for DirectoryEvent {
    fn from(it: UserSet) -> Self {
        let UserSet { id, institution, name, level, active } = it;
        Self::UserSet(id, d::User { institution, name, level: level.into(), active })
    }
}

macro_rules! words {
    ($($name:ident { $($variant:ident),+ })+) => {$(
        #[derive(Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub(super) enum $name { $($variant),+ }
        impl From<d::$name> for $name {
            fn from(it: d::$name) -> Self {
                match it { $(d::$name::$variant => Self::$variant),+ }
            }
        }
        impl From<$name> for d::$name {
            fn from(it: $name) -> Self {
                match it { $($name::$variant => Self::$variant),+ }
            }
        }
    )+};
}

words! {
    CoopLevel { Regular, InstitutionAdmin, CoopAdmin }
    LocalLevel { Reader, Regular, Admin }
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub(super) enum Removed {
    Institution(InstitutionId),
    Coop(CoopId),
    Department(DepartmentId),
    TicketQueue(TicketQueueId),
    Widget(WidgetId),
    User(UserId),
}

impl From<&Thing> for Removed {
    fn from(thing: &Thing) -> Self {
        match thing.clone() {
            Thing::Institution(id) => Self::Institution(id),
            Thing::Coop(id) => Self::Coop(id),
            Thing::Department(id) => Self::Department(id),
            Thing::TicketQueue(id) => Self::TicketQueue(id),
            Thing::Widget(id) => Self::Widget(id),
            Thing::User(id) => Self::User(id),
        }
    }
}

impl From<Removed> for Thing {
    fn from(thing: Removed) -> Self {
        match thing {
            Removed::Institution(id) => Self::Institution(id),
            Removed::Coop(id) => Self::Coop(id),
            Removed::Department(id) => Self::Department(id),
            Removed::TicketQueue(id) => Self::TicketQueue(id),
            Removed::Widget(id) => Self::Widget(id),
            Removed::User(id) => Self::User(id),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CoopAccessGranted {
    pub(super) coop: CoopId,
    pub(super) user: UserId,
    pub(super) level: CoopLevel,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CoopAccessRevoked {
    pub(super) coop: CoopId,
    pub(super) user: UserId,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    pub(super) user: UserId,
}
