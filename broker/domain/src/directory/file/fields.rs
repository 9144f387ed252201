//! An entry as named fields of text, so that a change can be told field by field.

use std::collections::BTreeMap;

use super::super::command::{Command, Thing};
use super::super::{Coop, Directory};
use super::write::{coop_level, local_level, quoted};

/// Field names as the file has them; `None` if there is no such entry.
pub(super) fn fields(directory: &Directory, thing: &Thing) -> Option<BTreeMap<String, String>> {
    let rows = match thing {
        Thing::Institution(id) => directory
            .institutions
            .get(id)
            .map(|it| vec![row("name", quoted(&it.name)), row("time_zone", quoted(&it.time_zone))]),
        Thing::Coop(id) => directory.coops.get(id).map(coop_rows),
        Thing::Department(id) => directory.departments.get(id).map(|it| {
            vec![
                row("institution", it.institution.to_string()),
                row("name", quoted(&it.name)),
                row("members", joined(it.members.iter())),
            ]
        }),
        Thing::TicketQueue(id) => directory.ticket_queues.get(id).map(|it| {
            vec![row("institution", it.institution.to_string()), row("name", quoted(&it.name))]
        }),
        Thing::Widget(id) => directory.widgets.get(id).map(|it| {
            vec![
                row("institution", it.institution.to_string()),
                row("name", quoted(&it.name)),
                row("options", joined(it.options.iter())),
                row("roll_up_seconds", it.roll_up_seconds.to_string()),
                row("patron_grace_seconds", it.patron_grace_seconds.to_string()),
                row("origins", joined(it.origins.iter())),
            ]
        }),
        Thing::User(id) => directory.users.get(id).map(|it| {
            vec![
                row("institution", it.institution.to_string()),
                row("name", quoted(&it.name)),
                row("level", local_level(it.level).to_owned()),
                row("active", it.active.to_string()),
            ]
        }),
    };
    rows.map(|rows| rows.into_iter().collect())
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
pub(super) fn subject(command: &Command) -> Thing {
    match command {
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
    }
}

fn coop_rows(it: &Coop) -> Vec<(String, String)> {
    let word = |contributing| if contributing { "contributing" } else { "not contributing" };
    let members = it.members.iter();
    let members =
        members.map(|(id, it)| row(&format!("member {id}"), word(it.contributing).into()));
    let users = it.users.iter();
    let users = users.map(|(id, level)| row(&format!("user {id}"), coop_level(*level).into()));
    std::iter::once(row("name", quoted(&it.name))).chain(members).chain(users).collect()
}

fn row(name: &str, value: String) -> (String, String) {
    (name.to_owned(), value)
}

fn joined<T: ToString>(values: impl Iterator<Item = T>) -> String {
    let values: Vec<_> = values.map(|it| it.to_string()).collect();
    format!("[{}]", values.join(", "))
}
