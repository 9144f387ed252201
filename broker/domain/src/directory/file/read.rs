//! Reading: text to [`Wanted`], or every problem that can be named at once.
//!
//! Each entry is read by itself, so that one bad entry does not hide the next. Then the rules of
//! the decider judge the whole, and each refusal is placed where the file says what it is about.

use std::collections::BTreeMap;
use std::ops::Range;
use std::str::FromStr;

use deskbell_protocol::ids::Target;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::super::command::{Refusal, Thing};
use super::super::{Directory, check};
use super::{Problem, Wanted};

const SECTIONS: &str = "institutions, users, coops, departments, ticket_queues and widgets";

/// Reads a file. `zone_exists` tells whether a name is an IANA time zone; problems come in the
/// order of the file.
pub fn parse(text: &str, zone_exists: &dyn Fn(&str) -> bool) -> Result<Wanted, Vec<Problem>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { text, problems: Vec::new(), spots: BTreeMap::new() };
    for error in &errors {
        let advice = "correct the TOML here";
        reader.problem(error.span(), format!("{}: {advice}", error.message()));
    }
    let directory = reader.directory(document.into_inner());
    // A section or entry that could not be read would make every mention of it look unknown.
    if reader.problems.is_empty() {
        reader.judge(&directory, zone_exists);
    }
    let mut problems = std::mem::take(&mut reader.problems);
    let warnings = if problems.is_empty() { reader.warnings(&directory) } else { Vec::new() };
    if problems.is_empty() {
        return Ok(Wanted { directory, warnings });
    }
    problems.sort();
    problems.dedup();
    Err(problems)
}

struct Reader<'t> {
    text: &'t str,
    problems: Vec<Problem>,
    /// Where an entry says something: under its key, and under each key and text inside it.
    spots: BTreeMap<(Thing, String), Range<usize>>,
}

impl<'t> Reader<'t> {
    fn directory(&mut self, document: DeTable<'t>) -> Directory {
        let mut read = Directory::default();
        for (section, value) in document {
            match section.get_ref().as_ref() {
                "institutions" => {
                    read.institutions = self.section(value, Thing::Institution);
                }
                "users" => read.users = self.section(value, Thing::User),
                "coops" => read.coops = self.section(value, Thing::Coop),
                "departments" => read.departments = self.section(value, Thing::Department),
                "ticket_queues" => read.ticket_queues = self.section(value, Thing::TicketQueue),
                "widgets" => read.widgets = self.section(value, Thing::Widget),
                other => self.problem(
                    Some(section.span()),
                    format!("there is no section {other:?}: use {SECTIONS}"),
                ),
            }
        }
        read
    }

    /// The entries of one section that can be read; a problem for each that cannot.
    fn section<Id, Item>(
        &mut self,
        section: Spanned<DeValue<'t>>,
        thing: fn(Id) -> Thing,
    ) -> BTreeMap<Id, Item>
    where
        Id: FromStr<Err: ToString> + Ord + Clone,
        Item: DeserializeOwned,
    {
        let span = section.span();
        let DeValue::Table(table) = section.into_inner() else {
            let advice = "this must be a table of entries: write [section.id] above each entry";
            self.problem(Some(span), advice.to_owned());
            return BTreeMap::new();
        };
        let mut items = BTreeMap::new();
        for (key, value) in table {
            let id = match key.get_ref().parse::<Id>() {
                Ok(id) => id,
                Err(error) => {
                    self.problem(Some(key.span()), error.to_string());
                    continue;
                }
            };
            let this = thing(id.clone());
            self.spots.insert((this.clone(), String::new()), key.span());
            self.note(&this, &value);
            match Item::deserialize(ValueDeserializer::from(value)) {
                Ok(item) => {
                    items.insert(id, item);
                }
                Err(error) => {
                    let message = format!("{this}: {}", error.message());
                    self.problem(error.span().or(Some(key.span())), message);
                }
            }
        }
        items
    }

    /// Remembers where each key and text inside an entry stands.
    fn note(&mut self, thing: &Thing, value: &Spanned<DeValue<'t>>) {
        match value.get_ref() {
            DeValue::String(text) => {
                self.spots.entry((thing.clone(), text.to_string())).or_insert(value.span());
            }
            DeValue::Array(values) => values.iter().for_each(|value| self.note(thing, value)),
            DeValue::Table(table) => {
                for (key, value) in table {
                    self.spots
                        .entry((thing.clone(), key.get_ref().to_string()))
                        .or_insert(key.span());
                    self.note(thing, value);
                }
            }
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => {}
        }
    }

    fn judge(&mut self, directory: &Directory, zone_exists: &dyn Fn(&str) -> bool) {
        for refusal in check::everything(directory) {
            let (thing, said) = place(&refusal);
            self.placed(&thing, &said, refusal.to_string());
        }
        for (id, institution) in &directory.institutions {
            let zone = &institution.time_zone;
            if !zone.is_empty() && !zone_exists(zone) {
                let message = format!(
                    "institution {id}: {zone:?} is no known time zone: \
                     write an IANA name such as America/New_York"
                );
                self.placed(&Thing::Institution(id.clone()), zone, message);
            }
        }
    }

    /// What can be stored and cannot work.
    fn warnings(mut self, directory: &Directory) -> Vec<Problem> {
        for (widget, option) in check::never_staffed(directory) {
            let thing = Thing::Widget(widget.clone());
            let (said, message) = if let Some(option) = option {
                let why = "nobody may ever monitor it: add people to it, or delete this option";
                (option.to_string(), format!("widget {widget} offers {option}, but {why}"))
            } else {
                let advice = "add options that somebody may monitor";
                ("options".into(), format!("widget {widget} can never be online: {advice}"))
            };
            self.placed(&thing, &said, message);
        }
        for (user, what) in check::never_started(directory) {
            let message = format!(
                "user {user} starts with {what}, which she may not monitor: \
                 list her there, or delete it here"
            );
            self.placed(&Thing::User(user.clone()), &what, message);
        }
        self.problems.sort();
        self.problems
    }

    fn placed(&mut self, thing: &Thing, said: &str, message: String) {
        let spot = self.spots.get(&(thing.clone(), said.to_owned()));
        let whole = || self.spots.get(&(thing.clone(), String::new()));
        let span = spot.or_else(whole).cloned();
        self.problem(span, message);
    }

    fn problem(&mut self, span: Option<Range<usize>>, message: String) {
        let start = span.map_or(0, |span| span.start).min(self.text.len());
        let before = self.text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        self.problems.push(Problem {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message,
        });
    }
}

/// Which entry a refusal is about, and the text in it that is at fault.
fn place(refusal: &Refusal) -> (Thing, String) {
    let key = |key: &str| key.to_owned();
    match refusal {
        Refusal::NotThere(thing) | Refusal::StillReferenced { thing, .. } => {
            (thing.clone(), String::new())
        }
        Refusal::UnknownReference { holder, missing } => (holder.clone(), as_said(holder, missing)),
        Refusal::ForeignDepartment { widget, department, .. } => {
            let said = Target::Department(department.clone()).to_string();
            (Thing::Widget(widget.clone()), said)
        }
        Refusal::ForeignMember { department, user, .. } => {
            (Thing::Department(department.clone()), user.to_string())
        }
        Refusal::CoopWithoutMembers(coop) => (Thing::Coop(coop.clone()), key("members")),
        Refusal::CoopUserOfNoMember { coop, user, .. } => {
            (Thing::Coop(coop.clone()), user.to_string())
        }
        Refusal::BadName(thing) => (thing.clone(), key("name")),
        Refusal::NoTimeZone(id) => (Thing::Institution(id.clone()), key("time_zone")),
        Refusal::BadOrigin { widget, origin, .. } => {
            (Thing::Widget(widget.clone()), origin.clone())
        }
        Refusal::RepeatedOption { widget, option } => {
            (Thing::Widget(widget.clone()), option.to_string())
        }
        Refusal::WaitOutOfRange { holder, wait, .. } => {
            let name = wait.name().rsplit('.').next().unwrap_or_default();
            (holder.clone(), key(name))
        }
        Refusal::ForeignQueue { holder, queue, .. } => (holder.clone(), queue.to_string()),
        Refusal::ForeignQueueMember { queue, user, .. } => {
            (Thing::TicketQueue(queue.clone()), user.to_string())
        }
        Refusal::TextTooLong { holder, key: name, .. } => (holder.clone(), key(name)),
        Refusal::EmptyQuestion(widget) => (Thing::Widget(widget.clone()), key("questions")),
    }
}

/// How `holder` writes the id of `missing`: an option of a widget names its kind first.
fn as_said(holder: &Thing, missing: &Thing) -> String {
    match (holder, missing) {
        (Thing::Widget(_), Thing::Department(id)) => Target::Department(id.clone()).to_string(),
        (Thing::Widget(_), Thing::Coop(id)) => Target::Coop(id.clone()).to_string(),
        (Thing::Widget(_), Thing::User(id)) => Target::Operator(id.clone()).to_string(),
        (_, Thing::Institution(id)) => id.to_string(),
        (_, Thing::Coop(id)) => id.to_string(),
        (_, Thing::Department(id)) => id.to_string(),
        (_, Thing::TicketQueue(id)) => id.to_string(),
        (_, Thing::Widget(id)) => id.to_string(),
        (_, Thing::User(id)) => id.to_string(),
    }
}
