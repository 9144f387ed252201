//! Directory events at rest: `directory.user_set`, `directory.removed`, …
//!
//! Promises: `decode(encode(e)) == e`; every version ever written still decodes; `blank` removes a
//! person's name and nothing that a fold needs. Written rarely, so encoding copies freely.

use deskbell_domain::directory::event::DirectoryEvent;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Kind, LogError, StoredEvent, Upcaster, newer, unreadable, upcast};

mod stored;

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
        DirectoryEvent::CoopAccessGranted(coop, user, level) => {
            let (coop, user, level) = (coop.clone(), user.clone(), (*level).into());
            store("directory.coop_access_granted", &s::CoopAccessGranted { coop, user, level })
        }
        DirectoryEvent::CoopAccessRevoked(coop, user) => {
            let (coop, user) = (coop.clone(), user.clone());
            store("directory.coop_access_revoked", &s::CoopAccessRevoked { coop, user })
        }
        DirectoryEvent::UserActivated(user) => {
            store("directory.user_activated", &s::Person { user: user.clone() })
        }
        DirectoryEvent::UserDeactivated(user) => {
            store("directory.user_deactivated", &s::Person { user: user.clone() })
        }
    }
}

/// What was stored, whatever its version.
pub fn decode(event: &StoredEvent) -> Result<DirectoryEvent, LogError> {
    let body = upcast(KINDS, UPCASTERS, event)?;
    match event.kind {
        "directory.institution_set" => read::<s::InstitutionSet>(event, &body).map(Into::into),
        "directory.coop_set" => read::<s::CoopSet>(event, &body).map(Into::into),
        "directory.department_set" => read::<s::DepartmentSet>(event, &body).map(Into::into),
        "directory.ticket_queue_set" => read::<s::TicketQueueSet>(event, &body).map(Into::into),
        "directory.widget_set" => read::<s::WidgetSet>(event, &body).map(Into::into),
        "directory.user_set" => read::<s::UserSet>(event, &body).map(Into::into),
        "directory.removed" => {
            read::<s::Removed>(event, &body).map(|it| DirectoryEvent::Removed(it.into()))
        }
        "directory.coop_access_granted" => {
            let it: s::CoopAccessGranted = read(event, &body)?;
            Ok(DirectoryEvent::CoopAccessGranted(it.coop, it.user, it.level.into()))
        }
        "directory.coop_access_revoked" => {
            let it: s::CoopAccessRevoked = read(event, &body)?;
            Ok(DirectoryEvent::CoopAccessRevoked(it.coop, it.user))
        }
        "directory.user_activated" => {
            read::<s::Person>(event, &body).map(|it| DirectoryEvent::UserActivated(it.user))
        }
        "directory.user_deactivated" => {
            read::<s::Person>(event, &body).map(|it| DirectoryEvent::UserDeactivated(it.user))
        }
        kind => Err(newer(kind, event.version)),
    }
}

/// Without a person's name; libraries and queues are not people.
pub fn blank(event: &StoredEvent) -> Result<StoredEvent, LogError> {
    let mut event = decode(event)?;
    if let DirectoryEvent::UserSet(_, user) = &mut event {
        user.name.clear();
    }
    Ok(encode(&event))
}

fn store<T: Serialize>(kind: &'static str, body: &T) -> StoredEvent {
    let newest = KINDS.iter().find(|(it, _)| *it == kind).expect("every kind is in the list").1;
    let body = serde_json::to_string(body).expect("maps of texts are JSON");
    StoredEvent { kind, version: newest, body }
}

fn read<T: DeserializeOwned>(event: &StoredEvent, body: &str) -> Result<T, LogError> {
    serde_json::from_str(body).map_err(|error| unreadable(event, error))
}

#[cfg(test)]
mod tests {
    use deskbell_domain::directory::command::Thing;
    use deskbell_domain::directory::decide::decide_all;
    use deskbell_domain::directory::{CoopLevel, Directory, file};

    use super::*;

    fn one_of_each() -> Vec<DirectoryEvent> {
        let text = r#"
            [institutions.birch]
            name = "Birch"
            time_zone = "America/New_York"
            [users.maya]
            institution = "birch"
            name = "Maya"
            level = "admin"
            [coops.tri]
            name = "Tri-County"
            members.birch = { contributing = true }
            users.maya = "coop-admin"
            [departments.reference]
            institution = "birch"
            name = "Reference"
            members = ["maya"]
            [ticket_queues.desk]
            institution = "birch"
            name = "Desk"
            [widgets.home]
            institution = "birch"
            name = "Ask"
            options = ["department/reference", "coop/tri", "operator/maya"]
            origins = ["https://birch.example"]
        "#;
        let wanted = file::parse(text, &|_| true).unwrap();
        let commands = file::difference(&Directory::default(), &wanted, false);
        let mut events = decide_all(&Directory::default(), commands).unwrap();
        let (coop, user) = ("tri".parse().unwrap(), "maya".parse().unwrap());
        events.extend([
            DirectoryEvent::CoopAccessGranted(
                "tri".parse().unwrap(),
                "maya".parse().unwrap(),
                CoopLevel::InstitutionAdmin,
            ),
            DirectoryEvent::CoopAccessRevoked(coop, user),
            DirectoryEvent::UserDeactivated("maya".parse().unwrap()),
            DirectoryEvent::UserActivated("maya".parse().unwrap()),
            DirectoryEvent::Removed(Thing::Institution("birch".parse().unwrap())),
            DirectoryEvent::Removed(Thing::Coop("tri".parse().unwrap())),
            DirectoryEvent::Removed(Thing::Department("reference".parse().unwrap())),
            DirectoryEvent::Removed(Thing::TicketQueue("desk".parse().unwrap())),
            DirectoryEvent::Removed(Thing::Widget("home".parse().unwrap())),
            DirectoryEvent::Removed(Thing::User("maya".parse().unwrap())),
        ]);
        events
    }

    #[test]
    fn every_kind_reads_back_as_it_was_written() {
        let mut kinds: Vec<&str> = Vec::new();
        for event in one_of_each() {
            let stored = encode(&event);
            assert_eq!(decode(&stored).unwrap(), event, "{stored:?}");
            kinds.push(stored.kind);
        }
        for (kind, _) in KINDS {
            assert!(kinds.contains(kind), "{kind} is not tried");
        }
    }

    #[test]
    fn blanking_takes_a_persons_name_and_leaves_who_works_where() {
        for event in one_of_each() {
            let before = encode(&event);
            let after = decode(&blank(&before).unwrap()).unwrap();
            match (event, after) {
                (DirectoryEvent::UserSet(id, was), DirectoryEvent::UserSet(same, is)) => {
                    assert_eq!((id, was.institution, was.level), (same, is.institution, is.level));
                    assert_eq!(is.name, "");
                }
                (was, is) => assert_eq!(was, is),
            }
        }
    }
}
