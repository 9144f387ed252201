//! One real frame for every variant and every code: what tests in each language read, and what
//! `docs/protocol.md` shows.
//!
//! The frames tell one story: Sam rings at Birch, Maya of Birch claims, Ines of Cedar was second,
//! Lou of Elm takes over. Each is built from the Rust types, so that none can drift from them; a
//! new variant does not compile until it is named here, and fails the tests until it has a frame.
//!
//! Not here: writing the files (`generated.rs`).

mod codes;
mod events;
mod http;
mod to_broker;
mod to_client;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::event::{ChatEvent, Person};
use crate::ids::{ChatId, Cmid, Eid, SessionId, Target};
use crate::view::{ListRow, PresenceView, Status};
use crate::{ToBroker, ToClient};

/// A golden frame: its file's name without `.json`, and its text.
#[derive(Debug, Clone, PartialEq)]
pub struct Golden {
    /// `GROUP.TYPE`, as `to_broker.chat.claim`.
    pub name: String,
    /// Indented JSON, with a line break at its end.
    pub text: String,
}

/// Every golden frame, in the order of their names.
pub fn all() -> Vec<Golden> {
    let mut frames: Vec<Golden> = Vec::new();
    frames.extend(to_broker::frames().iter().map(|frame| golden(to_broker::name(frame), frame)));
    frames.extend(to_client::frames().iter().map(|frame| golden(to_client::name(frame), frame)));
    frames.extend(events::frames().iter().map(|frame| golden(events::name(frame), frame)));
    frames.extend(codes::errors().iter().map(|(name, frame)| golden(name, frame)));
    frames.extend(codes::byes().iter().map(|(name, frame)| golden(name, frame)));
    frames.extend(http::bodies());
    frames.sort_by(|a, b| a.name.cmp(&b.name));
    frames
}

fn golden(name: impl Into<String>, frame: &impl Serialize) -> Golden {
    let text = serde_json::to_string_pretty(frame).expect("the types of the wire are JSON");
    Golden { name: name.into(), text: text + "\n" }
}

/// The JSON of a golden frame as a reader in any language gets it.
pub fn value(golden: &Golden) -> Value {
    serde_json::from_str(&golden.text).expect("written by `serde_json` a moment ago")
}

fn at(minute_and_second: &str) -> Timestamp {
    let text = format!("2026-03-02T10:{minute_and_second}Z");
    text.parse().expect("a minute and a second make a time")
}

fn chat() -> ChatId {
    ChatId(0x0195_5606_2a00_7c3d_9f41_6be2_08d7_a513)
}

fn session() -> SessionId {
    SessionId(0x0195_5605_fd10_71aa_b6c8_25f0_e39d_4c72)
}

fn eid(seq: u64) -> Eid {
    // Spread over all bits as a real one is, and the same in every run.
    Eid(seq.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn cmid(number: u128) -> Cmid {
    Cmid(uuid::Uuid::from_u128(0x0195_5606_3100_7000_8000_0000_0000_0000 + number))
}

fn target(text: &str) -> Target {
    text.parse().expect("written as KIND/ID")
}

fn id<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().expect("written as an id of its kind")
}

fn operator(user: &str, name: &str, library: &str) -> Person {
    Person::Operator { id: Some(id(user)), name: name.into(), library: Some(id(library)) }
}

fn maya() -> Person {
    operator("maya", "Maya", "birch")
}

fn ines() -> Person {
    operator("ines", "Ines", "cedar")
}

fn lou() -> Person {
    operator("lou", "Lou", "elm")
}

fn sam() -> Person {
    Person::Patron { name: Some("Sam".into()) }
}

fn row() -> ListRow {
    ListRow {
        chat: chat(),
        since: at("15:00"),
        home: id("birch"),
        home_name: "Birch Public Library".into(),
        widget: id("birch-home"),
        tiers: vec![target("department/birch-reference"), target("coop/tri-county")],
        question: "Can I renew a book that someone else has reserved?".into(),
        transfer_from: None,
        patron_here: true,
        name: Some("Sam".into()),
        returned: None,
        previewing: 1,
        previewers: vec![lou()],
    }
}

fn presence() -> PresenceView {
    PresenceView {
        status: Status::Online,
        monitoring: vec![target("department/birch-reference"), target("coop/tri-county")],
        ticket_queues: vec![id("birch-follow-up")],
        at: at("02:11"),
    }
}

/// The tag of an event, as it travels. A new kind of event does not compile until it stands here;
/// then give it a frame in `golden/events.rs`.
fn event_tag(event: &ChatEvent) -> &'static str {
    match event {
        ChatEvent::Hidden => "hidden",
        ChatEvent::Opened { .. } => "opened",
        ChatEvent::Rung { .. } => "rung",
        ChatEvent::Claimed { .. } => "claimed",
        ChatEvent::Posted { .. } => "posted",
        ChatEvent::Noted { .. } => "noted",
        ChatEvent::TransferOffered { .. } => "transfer_offered",
        ChatEvent::TransferCanceled { .. } => "transfer_canceled",
        ChatEvent::TransferDeclined { .. } => "transfer_declined",
        ChatEvent::TransferLapsed { .. } => "transfer_lapsed",
        ChatEvent::Left { .. } => "left",
        ChatEvent::PatronAway { .. } => "patron_away",
        ChatEvent::PatronBack => "patron_back",
        ChatEvent::OperatorAway { .. } => "operator_away",
        ChatEvent::OperatorBack { .. } => "operator_back",
        ChatEvent::OwnerLost { .. } => "owner_lost",
        ChatEvent::ParticipantLost { .. } => "participant_lost",
        ChatEvent::Returned { .. } => "returned",
        ChatEvent::TicketOffered { .. } => "ticket_offered",
        ChatEvent::TicketRequested { .. } => "ticket_requested",
        ChatEvent::Dismissed { .. } => "dismissed",
        ChatEvent::Idled { .. } => "idled",
        ChatEvent::PatronChanged { .. } => "patron_changed",
        ChatEvent::ContactRevealed { .. } => "contact_revealed",
        ChatEvent::Tagged { .. } => "tagged",
        ChatEvent::Rated { .. } => "rated",
        ChatEvent::Ended { .. } => "ended",
        ChatEvent::Erased { .. } => "erased",
        ChatEvent::Unknown => "unknown",
    }
}

/// Reads a golden frame as the type that its name says; tells what is wrong with it.
pub fn read_back(golden: &Golden) -> Result<Value, serde_json::Error> {
    let text = &golden.text;
    match golden.name.split('.').next() {
        Some("to_broker") => serde_json::to_value(serde_json::from_str::<ToBroker>(text)?),
        Some("http") => http::read_back(&golden.name, text),
        _ => serde_json::to_value(serde_json::from_str::<ToClient>(text)?),
    }
}

#[cfg(test)]
mod tests;
