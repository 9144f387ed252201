//! Sentences about the directory: given a file, when this is asked, then that happens.

mod file;
mod properties;
mod rules;

use super::Directory;
use super::command::{Command, Refusal};
use super::decide::{decide, decide_all};
use super::event::DirectoryEvent;
use super::file::{Wanted, difference, parse};

/// A zone database for tests: whatever looks like `Area/Place`.
fn zone_exists(name: &str) -> bool {
    name.split_once('/').is_some_and(|(area, place)| !area.is_empty() && !place.is_empty())
}

fn read(text: &str) -> Wanted {
    parse(text, &zone_exists).unwrap_or_else(|problems| {
        let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"));
    })
}

fn applied(directory: &Directory, commands: Vec<Command>) -> Directory {
    let events = decide_all(directory, commands).unwrap();
    let mut next = directory.clone();
    next.evolve_all(&events);
    next
}

fn filled(text: &str) -> Directory {
    let empty = Directory::default();
    applied(&empty, difference(&empty, &read(text), false))
}

/// Given a directory, when a command is asked, then events or a refusal.
struct Given(Directory);

fn given(text: &str) -> Given {
    Given(filled(text))
}

impl Given {
    fn when(self, command: Command) -> When {
        When(decide(&self.0, command), self.0)
    }
}

struct When(Result<Vec<DirectoryEvent>, Refusal>, Directory);

impl When {
    fn then(self, events: &[DirectoryEvent]) -> Directory {
        assert_eq!(self.0.unwrap(), events);
        let mut next = self.1;
        next.evolve_all(events);
        next
    }

    fn refused(self, why: &str) {
        let refusal = self.0.unwrap_err();
        assert!(refusal.to_string().contains(why), "{refusal}");
    }
}

fn id<Id: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> Id {
    text.parse().unwrap()
}

const CONVERSATIONS: &str = include_str!("../../../../tests/scripts/directory.toml");
const DEMO: &str = include_str!("../../../../examples/demo/directory.toml");
