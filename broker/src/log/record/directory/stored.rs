//! The bodies of directory events as JSON, version 1: an entry's body is its id, and beside it the
//! entry's keys as the directory file writes them. A key is never renamed: that would be a new
//! version.

use deskbell_domain::chat::event::Digest;
use deskbell_domain::directory::command::Thing;
use deskbell_domain::directory::{Ban, CoopLevel};
use deskbell_protocol::ids::{
    CoopId, DepartmentId, InstitutionId, TicketQueueId, UserId, WidgetId,
};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// To write: an entry under its id.
#[derive(Serialize)]
pub(super) struct Set<'a, Id, Entry> {
    pub(super) id: &'a Id,
    #[serde(flatten)]
    pub(super) entry: &'a Entry,
}

/// To read the same. Two steps, because what is beside the id must be the entry and nothing more.
pub(super) fn set<Id: DeserializeOwned, Entry: DeserializeOwned>(
    body: &str,
) -> serde_json::Result<(Id, Entry)> {
    let mut map: Map<String, Value> = serde_json::from_str(body)?;
    let id = map.remove("id").ok_or_else(|| serde_json::Error::missing_field("id"))?;
    Ok((serde_json::from_value(id)?, serde_json::from_value(Value::Object(map))?))
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

#[derive(Serialize, Deserialize)]
pub(super) struct Banned {
    pub(super) session: Digest,
    pub(super) ban: Ban,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Lifted {
    pub(super) session: Digest,
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
