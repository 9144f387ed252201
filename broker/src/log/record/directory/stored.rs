//! The bodies of directory events as JSON, version 1. A field is never renamed here: that would be
//! a new version.

use std::collections::{BTreeMap, BTreeSet};

use deskbell_domain::directory as d;
use deskbell_domain::directory::command::Thing;
use deskbell_domain::directory::event::DirectoryEvent;
use deskbell_protocol::ids::{
    CoopId, DepartmentId, InstitutionId, Target, TicketQueueId, UserId, WidgetId,
};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct InstitutionSet {
    id: InstitutionId,
    name: String,
    time_zone: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct CoopSet {
    id: CoopId,
    name: String,
    members: BTreeMap<InstitutionId, Membership>,
    users: BTreeMap<UserId, CoopLevel>,
}

#[derive(Serialize, Deserialize)]
struct Membership {
    contributing: bool,
}

#[derive(Serialize, Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(super) enum CoopLevel {
    Regular,
    InstitutionAdmin,
    CoopAdmin,
}

#[derive(Serialize, Deserialize)]
pub(super) struct DepartmentSet {
    id: DepartmentId,
    institution: InstitutionId,
    name: String,
    members: BTreeSet<UserId>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct TicketQueueSet {
    id: TicketQueueId,
    institution: InstitutionId,
    name: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct WidgetSet {
    id: WidgetId,
    institution: InstitutionId,
    name: String,
    options: Vec<Target>,
    roll_up_seconds: u32,
    patron_grace_seconds: u32,
    origins: BTreeSet<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct UserSet {
    id: UserId,
    institution: InstitutionId,
    name: String,
    level: LocalLevel,
    active: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LocalLevel {
    Reader,
    Regular,
    Admin,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "of", content = "id", rename_all = "snake_case")]
pub(super) enum Removed {
    Institution(InstitutionId),
    Coop(CoopId),
    Department(DepartmentId),
    TicketQueue(TicketQueueId),
    Widget(WidgetId),
    User(UserId),
}

#[derive(Serialize, Deserialize)]
pub(super) struct CoopAccessGranted {
    pub(super) coop: CoopId,
    pub(super) user: UserId,
    pub(super) level: CoopLevel,
}

#[derive(Serialize, Deserialize)]
pub(super) struct CoopAccessRevoked {
    pub(super) coop: CoopId,
    pub(super) user: UserId,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Who {
    pub(super) user: UserId,
}

impl From<(&InstitutionId, &d::Institution)> for InstitutionSet {
    fn from((id, it): (&InstitutionId, &d::Institution)) -> Self {
        let d::Institution { name, time_zone } = it.clone();
        Self { id: id.clone(), name, time_zone }
    }
}

impl From<InstitutionSet> for DirectoryEvent {
    fn from(it: InstitutionSet) -> Self {
        let InstitutionSet { id, name, time_zone } = it;
        Self::InstitutionSet(id, d::Institution { name, time_zone })
    }
}

impl From<(&CoopId, &d::Coop)> for CoopSet {
    fn from((id, it): (&CoopId, &d::Coop)) -> Self {
        let d::Coop { name, members, users } = it.clone();
        let member = |it: d::Membership| Membership { contributing: it.contributing };
        let members = members.into_iter().map(|(id, it)| (id, member(it))).collect();
        let users = users.into_iter().map(|(id, level)| (id, level.into())).collect();
        Self { id: id.clone(), name, members, users }
    }
}

impl From<CoopSet> for DirectoryEvent {
    fn from(it: CoopSet) -> Self {
        let CoopSet { id, name, members, users } = it;
        let member = |it: Membership| d::Membership { contributing: it.contributing };
        let members = members.into_iter().map(|(id, it)| (id, member(it))).collect();
        let users = users.into_iter().map(|(id, level)| (id, level.into())).collect();
        Self::CoopSet(id, d::Coop { name, members, users })
    }
}

impl From<(&DepartmentId, &d::Department)> for DepartmentSet {
    fn from((id, it): (&DepartmentId, &d::Department)) -> Self {
        let d::Department { institution, name, members } = it.clone();
        Self { id: id.clone(), institution, name, members }
    }
}

impl From<DepartmentSet> for DirectoryEvent {
    fn from(it: DepartmentSet) -> Self {
        let DepartmentSet { id, institution, name, members } = it;
        Self::DepartmentSet(id, d::Department { institution, name, members })
    }
}

impl From<(&TicketQueueId, &d::TicketQueue)> for TicketQueueSet {
    fn from((id, it): (&TicketQueueId, &d::TicketQueue)) -> Self {
        let d::TicketQueue { institution, name } = it.clone();
        Self { id: id.clone(), institution, name }
    }
}

impl From<TicketQueueSet> for DirectoryEvent {
    fn from(it: TicketQueueSet) -> Self {
        let TicketQueueSet { id, institution, name } = it;
        Self::TicketQueueSet(id, d::TicketQueue { institution, name })
    }
}

impl From<(&WidgetId, &d::Widget)> for WidgetSet {
    fn from((id, it): (&WidgetId, &d::Widget)) -> Self {
        let it = it.clone();
        Self {
            id: id.clone(),
            institution: it.institution,
            name: it.name,
            options: it.options,
            roll_up_seconds: it.roll_up_seconds,
            patron_grace_seconds: it.patron_grace_seconds,
            origins: it.origins,
        }
    }
}

impl From<WidgetSet> for DirectoryEvent {
    fn from(it: WidgetSet) -> Self {
        let widget = d::Widget {
            institution: it.institution,
            name: it.name,
            options: it.options,
            roll_up_seconds: it.roll_up_seconds,
            patron_grace_seconds: it.patron_grace_seconds,
            origins: it.origins,
        };
        Self::WidgetSet(it.id, widget)
    }
}

impl From<(&UserId, &d::User)> for UserSet {
    fn from((id, it): (&UserId, &d::User)) -> Self {
        let d::User { institution, name, level, active } = it.clone();
        let level = match level {
            d::LocalLevel::Reader => LocalLevel::Reader,
            d::LocalLevel::Regular => LocalLevel::Regular,
            d::LocalLevel::Admin => LocalLevel::Admin,
        };
        Self { id: id.clone(), institution, name, level, active }
    }
}

impl From<UserSet> for DirectoryEvent {
    fn from(it: UserSet) -> Self {
        let UserSet { id, institution, name, level, active } = it;
        let level = match level {
            LocalLevel::Reader => d::LocalLevel::Reader,
            LocalLevel::Regular => d::LocalLevel::Regular,
            LocalLevel::Admin => d::LocalLevel::Admin,
        };
        Self::UserSet(id, d::User { institution, name, level, active })
    }
}

impl From<d::CoopLevel> for CoopLevel {
    fn from(level: d::CoopLevel) -> Self {
        match level {
            d::CoopLevel::Regular => Self::Regular,
            d::CoopLevel::InstitutionAdmin => Self::InstitutionAdmin,
            d::CoopLevel::CoopAdmin => Self::CoopAdmin,
        }
    }
}

impl From<CoopLevel> for d::CoopLevel {
    fn from(level: CoopLevel) -> Self {
        match level {
            CoopLevel::Regular => Self::Regular,
            CoopLevel::InstitutionAdmin => Self::InstitutionAdmin,
            CoopLevel::CoopAdmin => Self::CoopAdmin,
        }
    }
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
    fn from(removed: Removed) -> Self {
        match removed {
            Removed::Institution(id) => Self::Institution(id),
            Removed::Coop(id) => Self::Coop(id),
            Removed::Department(id) => Self::Department(id),
            Removed::TicketQueue(id) => Self::TicketQueue(id),
            Removed::Widget(id) => Self::Widget(id),
            Removed::User(id) => Self::User(id),
        }
    }
}
