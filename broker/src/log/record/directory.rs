//! Directory events at rest: `directory.institution_set`, `directory.removed`, …
//!
//! Promises: `decode(encode(e)) == e`; every version ever written still decodes. Nothing here is
//! personal in the sense of erasure, which is about patrons: staff are named at work, and their
//! entries leave by `directory.removed`. So `blank` changes nothing.

mod stored;

use deskbell_domain::directory::event::DirectoryEvent;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Kind, LogError, StoredEvent, Upcaster, newer, unreadable, upcast};
use stored as s;

/// What is written today.
pub const KINDS: &[Kind] = &[
    ("directory.institution_set", 1),
    ("directory.coop_set", 1),
    ("directory.department_set", 1),
    ("directory.ticket_queue_set", 1),
    ("directory.widget_set", 1),
    ("directory.user_set", 1),
    ("directory.removed", 1),
    ("directory.coop_access_granted", 1),
    ("directory.coop_access_revoked", 1),
    ("directory.user_activated", 1),
    ("directory.user_deactivated", 1),
];

/// From each older version to the next.
const UPCASTERS: &[Upcaster] = &[];

/// As it is stored today.
pub fn encode(event: &DirectoryEvent) -> StoredEvent {
    match event {
        DirectoryEvent::InstitutionSet(id, it) => {
            store("directory.institution_set", &s::InstitutionSet::from((id, it)))
        }
        DirectoryEvent::CoopSet(id, it) => store("directory.coop_set", &s::CoopSet::from((id, it))),
        DirectoryEvent::DepartmentSet(id, it) => {
            store("directory.department_set", &s::DepartmentSet::from((id, it)))
        }
        DirectoryEvent::TicketQueueSet(id, it) => {
            store("directory.ticket_queue_set", &s::TicketQueueSet::from((id, it)))
        }
        DirectoryEvent::WidgetSet(id, it) => {
            store("directory.widget_set", &s::WidgetSet::from((id, it)))
        }
        DirectoryEvent::UserSet(id, it) => store("directory.user_set", &s::UserSet::from((id, it))),
        DirectoryEvent::Removed(thing) => store("directory.removed", &s::Removed::from(thing)),
        DirectoryEvent::CoopAccessGranted(coop, user, level) => store(
            "directory.coop_access_granted",
            &s::CoopAccessGranted {
                coop: coop.clone(),
                user: user.clone(),
                level: (*level).into(),
            },
        ),
        DirectoryEvent::CoopAccessRevoked(coop, user) => store(
            "directory.coop_access_revoked",
            &s::CoopAccessRevoked { coop: coop.clone(), user: user.clone() },
        ),
        DirectoryEvent::UserActivated(user) => {
            store("directory.user_activated", &s::Who { user: user.clone() })
        }
        DirectoryEvent::UserDeactivated(user) => {
            store("directory.user_deactivated", &s::Who { user: user.clone() })
        }
    }
}

/// What was stored, whatever its version.
pub fn decode(event: &StoredEvent) -> Result<DirectoryEvent, LogError> {
    let body = upcast(KINDS, UPCASTERS, event)?;
    match event.kind {
        "directory.institution_set" => read(event, &body).map(|it: s::InstitutionSet| it.into()),
        "directory.coop_set" => read(event, &body).map(|it: s::CoopSet| it.into()),
        "directory.department_set" => read(event, &body).map(|it: s::DepartmentSet| it.into()),
        "directory.ticket_queue_set" => read(event, &body).map(|it: s::TicketQueueSet| it.into()),
        "directory.widget_set" => read(event, &body).map(|it: s::WidgetSet| it.into()),
        "directory.user_set" => read(event, &body).map(|it: s::UserSet| it.into()),
        "directory.removed" => {
            read(event, &body).map(|it: s::Removed| DirectoryEvent::Removed(it.into()))
        }
        "directory.coop_access_granted" => {
            let s::CoopAccessGranted { coop, user, level } = read(event, &body)?;
            Ok(DirectoryEvent::CoopAccessGranted(coop, user, level.into()))
        }
        "directory.coop_access_revoked" => {
            let s::CoopAccessRevoked { coop, user } = read(event, &body)?;
            Ok(DirectoryEvent::CoopAccessRevoked(coop, user))
        }
        "directory.user_activated" => {
            read(event, &body).map(|it: s::Who| DirectoryEvent::UserActivated(it.user))
        }
        "directory.user_deactivated" => {
            read(event, &body).map(|it: s::Who| DirectoryEvent::UserDeactivated(it.user))
        }
        other => Err(newer(other, event.version)),
    }
}

/// The event at the newest version of its schema: nothing in it is a patron's.
pub fn blank(event: &StoredEvent) -> Result<StoredEvent, LogError> {
    decode(event).map(|event| encode(&event))
}

fn store(kind: &'static str, body: &impl Serialize) -> StoredEvent {
    let body = serde_json::to_string(body).expect("stored types have text keys");
    StoredEvent { kind, version: 1, body }
}

fn read<T: DeserializeOwned>(event: &StoredEvent, body: &str) -> Result<T, LogError> {
    serde_json::from_str(body).map_err(|error| unreadable(event, error))
}

#[cfg(test)]
mod tests;
