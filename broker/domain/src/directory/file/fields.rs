//! An entry as named fields of text, so that a change can be told field by field.

use std::collections::BTreeMap;

use super::super::Directory;
use super::super::command::{Command, Thing};
use super::write::lines;

/// Field names and values as the file has them; `None` if there is no such entry.
pub(super) fn fields(directory: &Directory, thing: &Thing) -> Option<BTreeMap<String, String>> {
    let lines = match thing {
        Thing::Institution(id) => directory.institutions.get(id).map(lines),
        Thing::Coop(id) => directory.coops.get(id).map(lines),
        Thing::Department(id) => directory.departments.get(id).map(lines),
        Thing::TicketQueue(id) => directory.ticket_queues.get(id).map(lines),
        Thing::Widget(id) => directory.widgets.get(id).map(lines),
        Thing::User(id) => directory.users.get(id).map(lines),
    };
    lines.map(|lines| lines.into_iter().collect())
}

/// One line about what became of an entry.
pub(super) fn line(
    thing: &Thing,
    before: Option<BTreeMap<String, String>>,
    after: Option<BTreeMap<String, String>>,
) -> String {
    match (before, after) {
        (None, Some(after)) => {
            let all: Vec<_> = after.iter().map(|(name, it)| format!("{name} {it}")).collect();
            format!("+ {thing}: {}", all.join(", "))
        }
        (Some(before), Some(after)) => {
            let none = String::from("none");
            let mut changes = Vec::new();
            for name in before.keys().chain(after.keys().filter(|it| !before.contains_key(*it))) {
                let old = before.get(name).unwrap_or(&none);
                let new = after.get(name).unwrap_or(&none);
                if old != new {
                    changes.push(format!("{name} {old} -> {new}"));
                }
            }
            let what = if changes.is_empty() { "no change".into() } else { changes.join(", ") };
            format!("~ {thing}: {what}")
        }
        (_, None) => format!("- {thing}"),
    }
}

/// Which entry a command is about.
/// `None`: about a patron, whom no file mentions.
pub(super) fn subject(command: &Command) -> Option<Thing> {
    Some(match command {
        Command::SetInstitution(id, _) => Thing::Institution(id.clone()),
        Command::SetCoop(id, _)
        | Command::GrantCoopAccess(id, _, _)
        | Command::RevokeCoopAccess(id, _) => Thing::Coop(id.clone()),
        Command::SetDepartment(id, _) => Thing::Department(id.clone()),
        Command::SetTicketQueue(id, _) => Thing::TicketQueue(id.clone()),
        Command::SetWidget(id, _) => Thing::Widget(id.clone()),
        Command::SetUser(id, _) | Command::ActivateUser(id) | Command::DeactivateUser(id) => {
            Thing::User(id.clone())
        }
        Command::Remove(thing) => thing.clone(),
        Command::BanPatron(..) | Command::LiftBan(_) => return None,
    })
}
