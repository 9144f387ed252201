//! Directory events at rest: `directory.institution_set`, `directory.removed`, …
//!
//! Promises: `decode(encode(e)) == e`; every version ever written still decodes. Nothing here is
//! personal in the sense of erasure, which is about patrons: staff are named at work, and their
//! entries leave by `directory.removed`; of a banned patron there is the digest of a session. So
//! `blank` changes nothing.

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
    ("directory.patron_banned", 1),
    ("directory.ban_lifted", 1),
];

/// From each older version to the next.
const UPCASTERS: &[Upcaster] = &[];

/// As it is stored today.
pub fn encode(event: &DirectoryEvent) -> StoredEvent {
    use DirectoryEvent as E;
    match event {
        E::InstitutionSet(id, entry) => store("directory.institution_set", &s::Set { id, entry }),
        E::CoopSet(id, entry) => store("directory.coop_set", &s::Set { id, entry }),
        E::DepartmentSet(id, entry) => store("directory.department_set", &s::Set { id, entry }),
        E::TicketQueueSet(id, entry) => store("directory.ticket_queue_set", &s::Set { id, entry }),
        E::WidgetSet(id, entry) => store("directory.widget_set", &s::Set { id, entry }),
        E::UserSet(id, entry) => store("directory.user_set", &s::Set { id, entry }),
        E::Removed(thing) => store("directory.removed", &s::Removed::from(thing)),
        E::CoopAccessGranted(coop, user, level) => {
            let (coop, user) = (coop.clone(), user.clone());
            let body = s::CoopAccessGranted { coop, user, level: *level };
            store("directory.coop_access_granted", &body)
        }
        E::CoopAccessRevoked(coop, user) => {
            let body = s::CoopAccessRevoked { coop: coop.clone(), user: user.clone() };
            store("directory.coop_access_revoked", &body)
        }
        E::UserActivated(user) => store("directory.user_activated", &s::Who { user: user.clone() }),
        E::UserDeactivated(user) => {
            store("directory.user_deactivated", &s::Who { user: user.clone() })
        }
        E::PatronBanned(session, ban) => {
            let body = s::Banned { session: *session, ban: ban.clone() };
            store("directory.patron_banned", &body)
        }
        E::BanLifted(session) => store("directory.ban_lifted", &s::Lifted { session: *session }),
    }
}

/// What was stored, whatever its version.
pub fn decode(event: &StoredEvent) -> Result<DirectoryEvent, LogError> {
    use DirectoryEvent as E;
    let body = upcast(KINDS, UPCASTERS, event)?;
    let decoded = match event.kind {
        "directory.institution_set" => s::set(&body).map(|(id, it)| E::InstitutionSet(id, it)),
        "directory.coop_set" => s::set(&body).map(|(id, it)| E::CoopSet(id, it)),
        "directory.department_set" => s::set(&body).map(|(id, it)| E::DepartmentSet(id, it)),
        "directory.ticket_queue_set" => s::set(&body).map(|(id, it)| E::TicketQueueSet(id, it)),
        "directory.widget_set" => s::set(&body).map(|(id, it)| E::WidgetSet(id, it)),
        "directory.user_set" => s::set(&body).map(|(id, it)| E::UserSet(id, it)),
        "directory.removed" => read(&body).map(|it: s::Removed| E::Removed(it.into())),
        "directory.coop_access_granted" => read(&body)
            .map(|it: s::CoopAccessGranted| E::CoopAccessGranted(it.coop, it.user, it.level)),
        "directory.coop_access_revoked" => {
            read(&body).map(|it: s::CoopAccessRevoked| E::CoopAccessRevoked(it.coop, it.user))
        }
        "directory.user_activated" => read(&body).map(|it: s::Who| E::UserActivated(it.user)),
        "directory.user_deactivated" => read(&body).map(|it: s::Who| E::UserDeactivated(it.user)),
        "directory.patron_banned" => {
            read(&body).map(|it: s::Banned| E::PatronBanned(it.session, it.ban))
        }
        "directory.ban_lifted" => read(&body).map(|it: s::Lifted| E::BanLifted(it.session)),
        other => return Err(newer(other, event.version)),
    };
    decoded.map_err(|error| unreadable(event, error))
}

/// The event at the newest version of its schema: nothing in it is a patron's.
pub fn blank(event: &StoredEvent) -> Result<StoredEvent, LogError> {
    decode(event).map(|event| encode(&event))
}

fn store(kind: &'static str, body: &impl Serialize) -> StoredEvent {
    let body = serde_json::to_string(body).expect("stored types have text keys");
    StoredEvent { kind, version: 1, body }
}

fn read<T: DeserializeOwned>(body: &str) -> serde_json::Result<T> {
    serde_json::from_str(body)
}

#[cfg(test)]
mod tests;
