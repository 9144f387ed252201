//! The entries of the file as they are written, and what is meant where something is omitted.
//!
//! Unknown keys are refused: a misspelt one must not silently mean its default.

use std::collections::{BTreeMap, BTreeSet};

use deskbell_protocol::ids::{InstitutionId, Target, UserId};
use serde::Deserialize;

use super::super::{
    Coop, CoopLevel, Department, Institution, LocalLevel, Membership, TicketQueue, User, Widget,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InstitutionEntry {
    name: String,
    time_zone: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserEntry {
    institution: InstitutionId,
    name: String,
    #[serde(default)]
    level: LocalLevelWord,
    #[serde(default = "yes")]
    active: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub(super) enum LocalLevelWord {
    Reader,
    #[default]
    Regular,
    Admin,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CoopEntry {
    name: String,
    members: BTreeMap<InstitutionId, MembershipEntry>,
    #[serde(default)]
    users: BTreeMap<UserId, CoopLevelWord>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MembershipEntry {
    #[serde(default = "yes")]
    contributing: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum CoopLevelWord {
    Regular,
    InstitutionAdmin,
    CoopAdmin,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DepartmentEntry {
    institution: InstitutionId,
    name: String,
    #[serde(default)]
    members: BTreeSet<UserId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TicketQueueEntry {
    institution: InstitutionId,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WidgetEntry {
    institution: InstitutionId,
    name: String,
    #[serde(default)]
    options: Vec<Target>,
    #[serde(default = "default_roll_up_seconds")]
    roll_up_seconds: u32,
    #[serde(default = "default_patron_grace_seconds")]
    patron_grace_seconds: u32,
    #[serde(default)]
    origins: BTreeSet<String>,
}

fn yes() -> bool {
    true
}

fn default_roll_up_seconds() -> u32 {
    15
}

fn default_patron_grace_seconds() -> u32 {
    600
}

impl From<InstitutionEntry> for Institution {
    fn from(it: InstitutionEntry) -> Self {
        Self { name: it.name, time_zone: it.time_zone }
    }
}

impl From<UserEntry> for User {
    fn from(it: UserEntry) -> Self {
        let level = match it.level {
            LocalLevelWord::Reader => LocalLevel::Reader,
            LocalLevelWord::Regular => LocalLevel::Regular,
            LocalLevelWord::Admin => LocalLevel::Admin,
        };
        Self { institution: it.institution, name: it.name, level, active: it.active }
    }
}

impl From<CoopEntry> for Coop {
    fn from(it: CoopEntry) -> Self {
        let level = |word| match word {
            CoopLevelWord::Regular => CoopLevel::Regular,
            CoopLevelWord::InstitutionAdmin => CoopLevel::InstitutionAdmin,
            CoopLevelWord::CoopAdmin => CoopLevel::CoopAdmin,
        };
        let member = |it: MembershipEntry| Membership { contributing: it.contributing };
        Self {
            name: it.name,
            members: it.members.into_iter().map(|(id, it)| (id, member(it))).collect(),
            users: it.users.into_iter().map(|(id, word)| (id, level(word))).collect(),
        }
    }
}

impl From<DepartmentEntry> for Department {
    fn from(it: DepartmentEntry) -> Self {
        Self { institution: it.institution, name: it.name, members: it.members }
    }
}

impl From<TicketQueueEntry> for TicketQueue {
    fn from(it: TicketQueueEntry) -> Self {
        Self { institution: it.institution, name: it.name }
    }
}

impl From<WidgetEntry> for Widget {
    fn from(it: WidgetEntry) -> Self {
        Self {
            institution: it.institution,
            name: it.name,
            options: it.options,
            roll_up_seconds: it.roll_up_seconds,
            patron_grace_seconds: it.patron_grace_seconds,
            origins: it.origins,
        }
    }
}
