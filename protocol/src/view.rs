//! What a client shows: the state of one chat, a row of the operator's list, a person's presence.
//!
//! Views are conclusions that the broker draws from events; a client need not fold events itself.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::{EndCause, Person};
use crate::ids::{ChatId, InstitutionId, Target, TicketQueueId, WidgetId};

/// Who reads a chat, and so what of it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// The patron of this chat: never notes, never login names.
    Patron,
    /// An operator who monitors a queue where it waits: all that the patron wrote, contact masked.
    Previewer,
    /// Staff in the chat, or its pending transfer's target; contact masked.
    Staff,
    /// Staff of the patron's own library; contact shown.
    HomeStaff,
}

/// How far a chat has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It rings.
    Waiting,
    /// Someone owns it.
    Active,
    /// It is over.
    Ended,
}

/// A chat as it stands at one place of its stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ChatView {
    /// How far it has come.
    pub phase: Phase,
    /// The patron's own library.
    pub home: InstitutionId,
    /// The widget it came through.
    pub widget: WidgetId,
    /// When the patron rang: its place in every queue.
    #[cfg_attr(feature = "schema", schemars(with = "String"), ts(type = "string"))]
    pub opened_at: Timestamp,
    /// Where it rings, or rang, in order.
    pub tiers: Vec<Target>,
    /// Who owns it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Person>,
    /// Operators in it who do not own it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub participants: Vec<Person>,
    /// The pending transfer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<TransferView>,
    /// Since when the patron is away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"), ts(type = "string | null"))]
    pub patron_away_since: Option<Timestamp>,
    /// Who the patron is, as far as this reader may know.
    #[serde(default)]
    pub patron: PatronView,
    /// What staff know of the patron's own library; absent for patrons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub library: Option<LibraryView>,
    /// What the chat is about; absent for patrons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The ended chat that this one goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<ChatId>,
    /// Why it ended, once it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<EndCause>,
}

/// Who a chat's patron is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct PatronView {
    /// Her name, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How to reach her, if known; masked (`m…@…`) for staff of other libraries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
}

/// The patron's own library, for who answers its patrons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct LibraryView {
    /// As people call it.
    pub name: String,
    /// The widget that the patron uses, as people call it.
    pub widget_name: String,
    /// Its own pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// Its IANA time zone: what its clocks show is the reader's to compute.
    pub time_zone: String,
    /// Whether its doors are open now.
    pub open: bool,
    /// When that changes next, if it does within a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"), ts(type = "string | null"))]
    pub until: Option<Timestamp>,
}

/// A transfer on offer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct TransferView {
    /// Where it is offered; never told to the patron.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Target>,
    /// The target's name in the directory.
    pub to_name: String,
    /// When the offer lapses.
    #[cfg_attr(feature = "schema", schemars(with = "String"), ts(type = "string"))]
    pub until: Timestamp,
}

/// A live chat that an operator is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct MyChat {
    /// The chat.
    pub chat: ChatId,
    /// Whether she owns it; else she is a participant.
    pub owner: bool,
}

/// One chat in an operator's *Patron Chats*: the same bytes for everyone who may see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ListRow {
    /// The chat.
    pub chat: ChatId,
    /// When the patron rang; rows stand in this order, oldest first.
    #[cfg_attr(feature = "schema", schemars(with = "String"), ts(type = "string"))]
    pub since: Timestamp,
    /// The patron's own library; equal to the reader's, it is marked as home.
    pub home: InstitutionId,
    /// Its name.
    pub home_name: String,
    /// The widget it came through.
    pub widget: WidgetId,
    /// Where it rings.
    pub tiers: Vec<Target>,
    /// The patron's first words, at most 200 characters of them.
    pub question: String,
    /// Set when it stands here because an owner offers it, not because a patron waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer_from: Option<Person>,
    /// Whether the patron is connected.
    pub patron_here: bool,
    /// The patron's name, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Set while it waits again, after somebody owned it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<ReturnedView>,
    /// How many operators preview it right now; on several devices each is still one.
    pub previewing: u32,
    /// Who they are, at most five of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub previewers: Vec<Person>,
}

/// That a chat waits again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ReturnedView {
    /// What the former owner left for who claims it, at most 200 characters of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How an operator stands towards patrons and colleagues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Rings, may claim and be assigned.
    Online,
    /// Still rings and may claim; cannot be assigned.
    Away,
    /// At the end of a shift: no new chat rings, and those that she has go on.
    Draining,
    /// For colleagues only: nothing rings.
    Internal,
    /// Not there.
    Offline,
}

/// What a person may do in a co-op.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CoopLevel {
    /// Monitor and answer.
    Regular,
    /// And manage the co-op's users of her library.
    InstitutionAdmin,
    /// And everything else in the co-op.
    CoopAdmin,
}

/// What a person has told about herself, the same on all her devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct PresenceView {
    /// Her status.
    pub status: Status,
    /// The departments and co-ops she monitors, in the directory's order.
    pub monitoring: Vec<Target>,
    /// The ticket queues she monitors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ticket_queues: Vec<TicketQueueId>,
    /// When she last changed any of it.
    #[cfg_attr(feature = "schema", schemars(with = "String"), ts(type = "string"))]
    pub at: Timestamp,
}
