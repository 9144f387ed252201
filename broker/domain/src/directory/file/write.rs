//! Writing: a directory as the file that asks for exactly it.
//!
//! Invariant: reading what [`export`] wrote finds no difference. Defaults are written out, so that
//! a file keeps its meaning if a default ever changes.

use std::fmt::Display;

use super::super::{CoopLevel, Directory, LocalLevel};

/// The whole directory, in the order of dependence, each section in the order of ids.
pub fn export(directory: &Directory) -> String {
    let mut file = Writer(String::new());
    for (id, it) in &directory.institutions {
        file.entry("institutions", id.as_str());
        file.text("name", &it.name);
        file.text("time_zone", &it.time_zone);
    }
    for (id, it) in &directory.users {
        file.entry("users", id.as_str());
        file.text("institution", it.institution.as_str());
        file.text("name", &it.name);
        file.text("level", local_level(it.level));
        file.raw("active", it.active);
    }
    for (id, it) in &directory.coops {
        file.entry("coops", id.as_str());
        file.text("name", &it.name);
        for (member, it) in &it.members {
            let how = format!("{{ contributing = {} }}", it.contributing);
            file.raw(&format!("members.{}", key(member.as_str())), how);
        }
        for (user, level) in &it.users {
            file.text(&format!("users.{}", key(user.as_str())), coop_level(*level));
        }
    }
    for (id, it) in &directory.departments {
        file.entry("departments", id.as_str());
        file.text("institution", it.institution.as_str());
        file.text("name", &it.name);
        file.list("members", it.members.iter());
    }
    for (id, it) in &directory.ticket_queues {
        file.entry("ticket_queues", id.as_str());
        file.text("institution", it.institution.as_str());
        file.text("name", &it.name);
    }
    for (id, it) in &directory.widgets {
        file.entry("widgets", id.as_str());
        file.text("institution", it.institution.as_str());
        file.text("name", &it.name);
        file.list("options", it.options.iter());
        file.raw("roll_up_seconds", it.roll_up_seconds);
        file.raw("patron_grace_seconds", it.patron_grace_seconds);
        file.list("origins", it.origins.iter());
    }
    file.0
}

/// A level as the file calls it.
pub(super) fn local_level(level: LocalLevel) -> &'static str {
    match level {
        LocalLevel::Reader => "reader",
        LocalLevel::Regular => "regular",
        LocalLevel::Admin => "admin",
    }
}

/// A co-op level as the file calls it.
pub(super) fn coop_level(level: CoopLevel) -> &'static str {
    match level {
        CoopLevel::Regular => "regular",
        CoopLevel::InstitutionAdmin => "institution-admin",
        CoopLevel::CoopAdmin => "coop-admin",
    }
}

struct Writer(String);

impl Writer {
    fn entry(&mut self, section: &str, id: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        for part in ["[", section, ".", &key(id), "]\n"] {
            self.0.push_str(part);
        }
    }

    fn text(&mut self, name: &str, value: &str) {
        self.raw(name, quoted(value));
    }

    fn list<T: Display>(&mut self, name: &str, values: impl Iterator<Item = T>) {
        let values: Vec<_> = values.map(|it| quoted(&it.to_string())).collect();
        self.raw(name, format!("[{}]", values.join(", ")));
    }

    fn raw(&mut self, name: &str, value: impl Display) {
        for part in [name, " = ", &value.to_string(), "\n"] {
            self.0.push_str(part);
        }
    }
}

/// A TOML string.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// An id may contain a dot, which separates bare keys.
fn key(id: &str) -> String {
    if id.contains('.') { quoted(id) } else { id.to_owned() }
}
