//! What stands in the directory, one type for each kind of entry.
//!
//! An entry is written one way, in the file and in the log: these types are both. What is omitted
//! means its default, for good, because stored entries rely on it; unknown keys are refused, so
//! that a misspelt one does not silently mean its default. What must hold of an entry stands in
//! `check`.

use std::collections::{BTreeMap, BTreeSet};

use deskbell_protocol::ids::{ChatId, InstitutionId, Target, TicketQueueId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::hours::{Clock, Day, Hours};
use crate::person::Status;

/// A library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Institution {
    /// As people call it.
    pub name: String,
    /// IANA time zone.
    pub time_zone: String,
    /// Where its own pages are, for who answers its patrons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// When its doors are open.
    #[serde(default, skip_serializing_if = "is_default")]
    pub hours: Hours,
    /// What its patrons and staff are told when an operator is idle.
    #[serde(default, skip_serializing_if = "is_default")]
    pub idle: Idle,
}

/// What a patron is told whom nobody answers in an active chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Idle {
    /// After this; 0: never.
    pub seconds: u32,
    /// What.
    pub text: String,
}

impl Default for Idle {
    fn default() -> Self {
        let text = "Thank you for waiting. Your question is still being worked on.".into();
        Self { seconds: 300, text }
    }
}

/// A co-operative.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coop {
    /// As people call it.
    pub name: String,
    /// Its member libraries.
    pub members: BTreeMap<InstitutionId, Membership>,
    /// Who may monitor it, and with which level.
    #[serde(default)]
    pub users: BTreeMap<UserId, CoopLevel>,
}

/// How a library takes part in a co-op.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    /// Whether its staff answer for others.
    #[serde(default = "yes")]
    pub contributing: bool,
    /// When its patrons are served, in its own time zone.
    #[serde(default, skip_serializing_if = "is_default")]
    pub coverage: Hours,
    /// When its staff promise to monitor, in its own time zone. Nobody is kept from monitoring at
    /// other times.
    #[serde(default, skip_serializing_if = "is_default")]
    pub contribution: Hours,
}

impl Default for Membership {
    fn default() -> Self {
        Self { contributing: true, coverage: Hours::Always, contribution: Hours::Always }
    }
}

/// What a user may do in a co-op.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CoopLevel {
    /// Monitor and answer.
    Regular,
    /// And manage the co-op's users of the own library.
    #[serde(alias = "institution_admin")]
    InstitutionAdmin,
    /// And everything else in the co-op.
    #[serde(alias = "coop_admin")]
    CoopAdmin,
}

/// A group of operators of one library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Department {
    /// Whose.
    pub institution: InstitutionId,
    /// As people call it.
    pub name: String,
    /// Who may monitor it.
    #[serde(default)]
    pub members: BTreeSet<UserId>,
    /// A ticket queue whose members may monitor it, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<TicketQueueId>,
    /// What its patrons are told while everybody who monitors it is away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away_text: Option<String>,
    /// When whoever still monitors it is taken off, unless she is chatting.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sign_off: Vec<SignOff>,
}

/// A rule that ends shifts, in the library's own time zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignOff {
    /// On these days.
    pub days: Vec<Day>,
    /// At this time.
    pub at: Clock,
}

/// Where a library's tickets wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketQueue {
    /// Whose.
    pub institution: InstitutionId,
    /// As people call it.
    pub name: String,
    /// Who works on them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub members: BTreeSet<UserId>,
}

/// A chat button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Widget {
    /// Whose patrons use it.
    pub institution: InstitutionId,
    /// As people call it.
    pub name: String,
    /// Where a chat rings, in order.
    #[serde(default)]
    pub options: Vec<Target>,
    /// Until the next option rings too.
    #[serde(default = "roll_up_seconds")]
    pub roll_up_seconds: u32,
    /// Until a patron whom nobody answered is offered a ticket.
    #[serde(default = "wait_limit_seconds", skip_serializing_if = "is_wait_limit")]
    pub wait_limit_seconds: u32,
    /// Until a chat ends because its patron stays away.
    #[serde(default = "patron_grace_seconds")]
    pub patron_grace_seconds: u32,
    /// The pages that may use it: exact origins, such as `https://www.example.org`.
    #[serde(default)]
    pub origins: BTreeSet<String>,
    /// What patrons read in it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub texts: Texts,
    /// What patrons are asked before they ring.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ask: Ask,
    /// Where tickets of its patrons go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_queue: Option<TicketQueueId>,
    /// Whether the page that a patron comes from is kept with its query and fragment.
    #[serde(default, skip_serializing_if = "is_default")]
    pub keep_page_query: bool,
    /// Whether patrons are asked to rate a chat that ended.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub rating: bool,
}

/// What patrons read in a widget.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// Before they ring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub greeting: Option<String>,
    /// While everybody who could answer is away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away: Option<String>,
    /// While nobody could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offline: Option<String>,
    /// When a librarian of another library answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coop: Option<String>,
    /// What becomes of what they write, and that another library may answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy: Option<String>,
}

/// What patrons are asked before they ring.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// For their name.
    #[serde(default)]
    pub name: Field,
    /// How to reach them.
    #[serde(default)]
    pub contact: Field,
    /// The library's own questions, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Question>,
}

/// Whether a field is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// Not at all.
    Off,
    /// It may stay empty.
    #[default]
    Optional,
    /// Nobody rings without.
    Required,
}

/// A question of the library's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// As patrons read it.
    pub text: String,
    /// Whether nobody rings without an answer.
    #[serde(default)]
    pub required: bool,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Where she works.
    pub institution: InstitutionId,
    /// The name that patrons and colleagues see.
    pub name: String,
    /// What she may do in her own library.
    #[serde(default)]
    pub level: LocalLevel,
    /// Whether she may sign in.
    #[serde(default = "yes")]
    pub active: bool,
    /// How she stands after a fresh sign-in.
    #[serde(default, skip_serializing_if = "is_default")]
    pub starts: Starts,
    /// What her patrons are told when she is idle, if not what her library says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle: Option<Idle>,
}

/// How a person stands after a fresh sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Starts {
    /// With this status.
    pub status: Status,
    /// Monitoring these departments and co-ops, as far as she may.
    pub monitoring: BTreeSet<Target>,
    /// And these ticket queues.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub ticket_queues: BTreeSet<TicketQueueId>,
}

impl Default for Starts {
    fn default() -> Self {
        let (monitoring, ticket_queues) = (BTreeSet::new(), BTreeSet::new());
        Self { status: Status::Online, monitoring, ticket_queues }
    }
}

/// What a user may do in her own library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LocalLevel {
    /// Read.
    Reader,
    /// And answer.
    #[default]
    Regular,
    /// And manage.
    Admin,
}

/// A patron who may not ring at the widgets of a library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    /// The library whose patron she is, and who may lift it.
    pub institution: InstitutionId,
    /// The chat that was the reason: what people know the ban by.
    pub chat: ChatId,
    /// Until when.
    pub until: Timestamp,
    /// Why, for staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who said so.
    pub by: UserId,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_yes(it: &bool) -> bool {
    *it
}

fn roll_up_seconds() -> u32 {
    15
}

fn wait_limit_seconds() -> u32 {
    60
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_wait_limit(it: &u32) -> bool {
    *it == wait_limit_seconds()
}

fn patron_grace_seconds() -> u32 {
    600
}

fn is_default<T: Default + PartialEq>(it: &T) -> bool {
    *it == T::default()
}

impl Department {
    /// A department with nothing but what it must have.
    pub fn new(institution: InstitutionId, name: &str) -> Self {
        let (members, sign_off) = (BTreeSet::new(), Vec::new());
        Self { institution, name: name.into(), members, queue: None, away_text: None, sign_off }
    }
}

impl Institution {
    /// A library with nothing but what it must have.
    pub fn new(name: &str, time_zone: &str) -> Self {
        let (name, time_zone) = (name.into(), time_zone.into());
        Self { name, time_zone, site: None, hours: Hours::Always, idle: Idle::default() }
    }
}

impl User {
    /// Someone who may sign in and answer.
    pub fn new(institution: InstitutionId, name: &str) -> Self {
        let (level, starts) = (LocalLevel::Regular, Starts::default());
        Self { institution, name: name.into(), level, active: true, starts, idle: None }
    }
}

impl Widget {
    /// A widget that rings nowhere yet, with the waits that are meant where none are written.
    pub fn new(institution: InstitutionId, name: &str) -> Self {
        Self {
            institution,
            name: name.into(),
            options: Vec::new(),
            roll_up_seconds: roll_up_seconds(),
            wait_limit_seconds: wait_limit_seconds(),
            patron_grace_seconds: patron_grace_seconds(),
            origins: BTreeSet::new(),
            texts: Texts::default(),
            ask: Ask::default(),
            ticket_queue: None,
            keep_page_query: false,
            rating: true,
        }
    }
}
