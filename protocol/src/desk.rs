//! What is told of a desk as a whole: its queues and who stands at them, why a widget is online or
//! not, and the hours that nobody promised.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::Person;
use crate::ids::{ChatId, Target, TicketQueueId, WidgetId};
use crate::view::Status;

/// A department or co-op that an operator may monitor, and who does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct QueueView {
    /// Which.
    pub target: Target,
    /// As people call it.
    pub name: String,
    /// Whether the reader monitors it.
    pub monitored: bool,
    /// Who else stands there right now; none included.
    pub others: Vec<Colleague>,
}

/// A colleague at a queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Colleague {
    /// Who.
    pub who: Person,
    /// Her status.
    pub status: Status,
}

/// A ticket queue that an operator works on, and who monitors it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct TicketQueueView {
    /// Which.
    pub id: TicketQueueId,
    /// As people call it.
    pub name: String,
    /// Whether the reader monitors it.
    pub monitored: bool,
    /// Who else does right now; none included.
    pub others: Vec<Colleague>,
}

/// What an operator may monitor: the reply to `desk.queues`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Queues {
    /// The request's id.
    pub re: u32,
    /// *Local Monitoring*: departments of her library.
    pub departments: Vec<QueueView>,
    /// *Local Monitoring*: ticket queues of her library.
    pub ticket_queues: Vec<TicketQueueView>,
    /// *Co-Op Monitoring*.
    pub coops: Vec<QueueView>,
    /// If she has no co-op: whom to ask for one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ask: Vec<Person>,
}

/// Where a chat may be transferred to, as far as its patron's library takes part: the reply to
/// `chat.targets`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Targets {
    /// The request's id.
    pub re: u32,
    /// The chat.
    pub chat: ChatId,
    /// Departments of the patron's library. A transfer takes somebody who stands there.
    pub departments: Vec<QueueView>,
    /// Co-ops that it is a member of, the one that the chat rang at too.
    pub coops: Vec<QueueView>,
    /// Colleagues of that library and of those co-ops who are there; only one who is `online` may
    /// be sent a chat.
    pub operators: Vec<Colleague>,
}

/// A patron who may not ring, as her library's administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct BanView {
    /// The chat that was the reason: what the ban is lifted by.
    pub chat: ChatId,
    /// Until when.
    #[cfg_attr(feature = "schema", schemars(with = "String"), ts(type = "string"))]
    pub until: Timestamp,
    /// Who said so.
    pub by: Person,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Whether somebody would answer a patron now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// Yes.
    Online,
    /// It would ring, but everybody whom it rings for first is away.
    Away,
    /// Nobody.
    Offline,
}

/// Why an option of a widget does not ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// Nobody monitors it.
    Nobody,
    /// The library is not a member of the co-op.
    NotMember,
    /// The co-op does not cover the library at that hour.
    NotCovered,
    /// The directory no longer has it.
    Unknown,
}

/// What would become of one option of a widget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct OptionView {
    /// Which.
    pub option: Target,
    /// As people call it.
    pub name: String,
    /// Why it does not ring; absent if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<SkipReason>,
}

/// Who would be rung, in which order, and why each other would not: the reply to `explain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Explained {
    /// The request's id.
    pub re: u32,
    /// The widget.
    pub widget: WidgetId,
    /// The moment that hours are judged at. Who monitors is judged now: nobody knows it otherwise.
    #[cfg_attr(feature = "schema", schemars(with = "String"), ts(type = "string"))]
    pub at: Timestamp,
    /// What a patron would find.
    pub availability: Availability,
    /// Every option in the widget's order; the first that rings rings first, the others after the
    /// roll-up wait.
    pub options: Vec<OptionView>,
}
