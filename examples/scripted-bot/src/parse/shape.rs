//! Shapes: how a step is written, with a slot in capitals for each part that a script chooses. The
//! shapes are the grammar: what reads a line, what a wrong line is compared with, and what
//! `docs/scripts.md` lists.
//!
//! Slots: `NAME`, `NAMES` (`Maya, Ines and Lou`), `NAME's`, `LIBRARY`, `WIDGET`, `TARGET`,
//! `TARGETS` (with commas), `NUMBER`, `DAY` (`Friday`), `CLOCK` (`16:50`), `TEXT` (to the end of
//! the line, in quotes if it needs them), `QUOTED` (always in quotes).

use deskbell_client::protocol::ids::{InstitutionId, Target, WidgetId};
use jiff::civil::{Time, Weekday};

use super::words::{Word, words};
use crate::script::{Name, Who};

const DAYS: [(&str, Weekday); 7] = [
    ("Monday", Weekday::Monday),
    ("Tuesday", Weekday::Tuesday),
    ("Wednesday", Weekday::Wednesday),
    ("Thursday", Weekday::Thursday),
    ("Friday", Weekday::Friday),
    ("Saturday", Weekday::Saturday),
    ("Sunday", Weekday::Sunday),
];

/// Why a line is not of a shape, and how many of its words were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// Words that fit.
    pub(crate) fitting: usize,
    /// What is wrong with the word in a slot, if it can be told better than by the shape.
    pub(crate) why: Option<String>,
}

/// What stood in a slot.
#[derive(Debug)]
enum Filled {
    Who(Who),
    Everyone(Vec<Who>),
    Library(InstitutionId),
    Widget(WidgetId),
    Targets(Vec<Target>),
    Number(u32),
    Day(Weekday),
    Clock(Time),
    Text(String),
}

/// What stood in a shape's slots, taken in their order.
#[derive(Debug)]
pub(crate) struct Slots(std::vec::IntoIter<Filled>);

macro_rules! take {
    ($($(#[$doc:meta])* $name:ident: $variant:ident -> $type:ty;)+) => {
        impl Slots {
            $($(#[$doc])*
            pub(crate) fn $name(&mut self) -> $type {
                match self.0.next() {
                    Some(Filled::$variant(value)) => value,
                    other => unreachable!("a shape and its reading differ: {other:?}"),
                }
            })+
        }
    };
}

take! {
    /// `NAME` or `NAME's`
    who: Who -> Who;
    /// `NAMES`
    everyone: Everyone -> Vec<Who>;
    /// `LIBRARY`
    library: Library -> InstitutionId;
    /// `WIDGET`
    widget: Widget -> WidgetId;
    /// `TARGETS`
    targets: Targets -> Vec<Target>;
    /// `NUMBER`
    number: Number -> u32;
    /// `DAY`
    day: Day -> Weekday;
    /// `CLOCK`
    clock: Clock -> Time;
    /// `TEXT` or `QUOTED`
    text: Text -> String;
}

impl Slots {
    /// `TARGET`
    pub(crate) fn target(&mut self) -> Target {
        self.targets().pop().expect("a TARGET slot holds one")
    }
}

/// Reads `line`'s words by a shape.
pub(crate) fn fill(shape: &str, line: &str, given: &[Word<'_>]) -> Result<Slots, Mismatch> {
    let pattern = words(shape).expect("shapes close their quotes");
    let mut reader = Reader { line, given, at: 0 };
    let mut filled = Vec::new();
    for slot in &pattern {
        let before = reader.at;
        let read = reader.read(slot.text);
        match read {
            Ok(Some(value)) => filled.push(value),
            Ok(None) => {}
            Err(why) => return Err(Mismatch { fitting: before, why }),
        }
    }
    if reader.at < given.len() {
        return Err(Mismatch { fitting: reader.at, why: None });
    }
    Ok(Slots(filled.into_iter()))
}

struct Reader<'a> {
    line: &'a str,
    given: &'a [Word<'a>],
    at: usize,
}

impl<'a> Reader<'a> {
    fn read(&mut self, slot: &str) -> Result<Option<Filled>, Option<String>> {
        match slot {
            "NAME" => self.who().map(Filled::Who),
            "NAME's" => self.owner().map(Filled::Who),
            "NAMES" => self.everyone().map(Filled::Everyone),
            "LIBRARY" => {
                let word = self.next()?;
                word.text.to_lowercase().parse().map(Filled::Library).map_err(because)
            }
            "WIDGET" => self.next()?.text.parse().map(Filled::Widget).map_err(because),
            "TARGET" => self.target().map(|target| Filled::Targets(vec![target])),
            "TARGETS" => self.targets().map(Filled::Targets),
            "NUMBER" => self.next()?.text.parse().map(Filled::Number).map_err(because),
            "DAY" => self.day().map(Filled::Day),
            "CLOCK" => self.clock().map(Filled::Clock),
            "TEXT" => self.text().map(Filled::Text),
            "QUOTED" => self.quoted().map(Filled::Text),
            literal => return self.literal(literal).map(|()| None),
        }
        .map(Some)
    }

    fn next(&mut self) -> Result<Word<'a>, Option<String>> {
        let word = *self.given.get(self.at).ok_or(None)?;
        self.at += 1;
        Ok(word)
    }

    fn peek_is(&self, literal: &str) -> bool {
        self.given.get(self.at).is_some_and(|word| word.is(literal))
    }

    fn literal(&mut self, literal: &str) -> Result<(), Option<String>> {
        if self.next()?.is(literal) { Ok(()) } else { Err(None) }
    }

    fn who(&mut self) -> Result<Who, Option<String>> {
        let word = self.next()?;
        if word.is("the") {
            return self.racer("winner", "loser");
        }
        if word.quoted {
            return Err(None);
        }
        let name = Name::read(word.text);
        name.map(Who::Named).ok_or_else(|| {
            Some(format!(
                "{:?} is not a name: a name is one word that starts with a capital letter",
                word.text
            ))
        })
    }

    fn owner(&mut self) -> Result<Who, Option<String>> {
        let word = self.next()?;
        if word.is("the") {
            return self.racer("winner's", "loser's");
        }
        let name = word.text.strip_suffix("'s").and_then(Name::read);
        name.filter(|_| !word.quoted).map(Who::Named).ok_or(None)
    }

    fn racer(&mut self, winner: &str, loser: &str) -> Result<Who, Option<String>> {
        let word = self.next()?;
        if word.is(winner) {
            Ok(Who::Winner)
        } else if word.is(loser) {
            Ok(Who::Loser)
        } else {
            Err(None)
        }
    }

    fn everyone(&mut self) -> Result<Vec<Who>, Option<String>> {
        let mut everyone = vec![self.who()?];
        while self.peek_is(",") || self.peek_is("and") {
            self.at += 1;
            everyone.push(self.who()?);
        }
        Ok(everyone)
    }

    fn target(&mut self) -> Result<Target, Option<String>> {
        self.next()?.text.parse().map_err(because)
    }

    fn targets(&mut self) -> Result<Vec<Target>, Option<String>> {
        let mut targets = vec![self.target()?];
        while self.peek_is(",") {
            self.at += 1;
            targets.push(self.target()?);
        }
        Ok(targets)
    }

    fn day(&mut self) -> Result<Weekday, Option<String>> {
        let word = self.next()?.text;
        let day = DAYS.into_iter().find(|(name, _)| *name == word);
        day.map(|(_, day)| day).ok_or_else(|| Some(format!("{word:?} is no day of the week")))
    }

    fn clock(&mut self) -> Result<Time, Option<String>> {
        let word = self.next()?.text;
        word.parse().map_err(|_| Some(format!("{word:?} is no time of day, such as 16:50")))
    }

    fn text(&mut self) -> Result<String, Option<String>> {
        let first = self.next()?;
        let last = self.given[self.given.len() - 1];
        if first.quoted {
            return Ok(first.text.to_owned());
        }
        self.at = self.given.len();
        Ok(self.line[first.start..last.end].to_owned())
    }

    fn quoted(&mut self) -> Result<String, Option<String>> {
        let word = self.next()?;
        let open = || Some(format!("{:?} must stand in quotes here", word.text));
        if word.quoted { Ok(word.text.to_owned()) } else { Err(open()) }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "every reason is optional here")]
fn because(error: impl std::fmt::Display) -> Option<String> {
    Some(error.to_string())
}
