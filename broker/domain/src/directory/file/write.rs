//! Writing: a directory as the file that asks for exactly it.
//!
//! Invariant: reading what [`export`] wrote finds no difference.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::Serialize;
use toml::{Table, Value};

use super::super::Directory;

/// The whole directory, in the order of dependence, each section in the order of ids.
pub fn export(directory: &Directory) -> String {
    let mut file = String::new();
    section(&mut file, "institutions", &directory.institutions);
    section(&mut file, "users", &directory.users);
    section(&mut file, "coops", &directory.coops);
    section(&mut file, "departments", &directory.departments);
    section(&mut file, "ticket_queues", &directory.ticket_queues);
    section(&mut file, "widgets", &directory.widgets);
    file
}

/// An entry as a table of its keys.
fn table(entry: &impl Serialize) -> Table {
    Table::try_from(entry).expect("entries have text keys")
}

/// The key and value of each line of an entry: a co-op has one for each member and user.
pub(super) fn lines(entry: &impl Serialize) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for (name, value) in table(entry) {
        match value {
            Value::Table(people) if matches!(name.as_str(), "members" | "users") => {
                let line =
                    |(id, it): (String, Value)| (format!("{name}.{}", key(&id)), it.to_string());
                lines.extend(people.into_iter().map(line));
            }
            value => lines.push((name, value.to_string())),
        }
    }
    lines
}

fn section<Id: Display, Entry: Serialize>(
    file: &mut String,
    section: &str,
    entries: &BTreeMap<Id, Entry>,
) {
    for (id, entry) in entries {
        if !file.is_empty() {
            file.push('\n');
        }
        for part in ["[", section, ".", &key(&id.to_string()), "]\n"] {
            file.push_str(part);
        }
        for (name, value) in lines(entry) {
            for part in [&name, " = ", &value, "\n"] {
                file.push_str(part);
            }
        }
    }
}

/// An id may contain a dot, which separates bare keys.
fn key(id: &str) -> String {
    if id.contains('.') { Value::String(id.to_owned()).to_string() } else { id.to_owned() }
}
