//! Opening hours: always, or by the week with dated exceptions, as the clocks of a zone show them.
//!
//! Written as `"always"` or as a table of days (`mon` … `sun`, and dates, which replace their day):
//! `{ mon = ["09:00-12:00", "13:00-17:00"], "2026-12-25" = [] }`. A day that is not named is
//! closed. Night hours are two spans: `22:00-24:00`, and `00:00-02:00` of the day after.
//!
//! When clocks change, a time that they skip counts as the moment of the change; of a time that
//! they show twice a span begins with the first and ends with the second. Zones are arguments: the
//! core has no database of them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span as Duration, Timestamp};
use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How far ahead a change is looked for.
const DAYS_AHEAD: i64 = 31;
const DAY_MINUTES: u16 = 24 * 60;
const ALWAYS: &str = "always";
const FORM: &str = "\"always\", or a table such as { mon = [\"09:00-17:00\"] }";

/// When something is open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Hours {
    /// Day and night.
    #[default]
    Always,
    /// By the week.
    Weekly(Box<Week>),
}

/// A week, and the dates that differ from it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Week {
    days: BTreeMap<Day, Vec<Span>>,
    exceptions: BTreeMap<Date, Vec<Span>>,
}

/// A day of the week, Monday first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "they are called what they are")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// A stretch of one day, in minutes from midnight; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    from: u16,
    to: u16,
}

/// A moment of the day, to the minute: `17:30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clock(u16);

/// Why a text says no hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    /// Not a moment of the day.
    #[error("{0:?} is no time of day: write hours and minutes, such as 09:30")]
    Clock(String),
    /// Not a stretch of the day.
    #[error(
        "{0:?} is no stretch of a day: write its beginning and end, such as 09:00-17:00, and split \
         a night at midnight (22:00-24:00 and, on the next day, 00:00-02:00)"
    )]
    Span(String),
    /// Neither a day nor a date.
    #[error(
        "{0:?} is no day: write mon, tue, wed, thu, fri, sat, sun or a date such as 2026-12-25"
    )]
    Day(String),
    /// Two stretches of one day share time.
    #[error("{0} and {1} of {2} overlap: write one stretch instead")]
    Overlap(Span, Span, String),
}

impl Hours {
    /// Whether it is open at a moment.
    pub fn is_open(&self, zone: &TimeZone, at: Timestamp) -> bool {
        let Self::Weekly(week) = self else { return true };
        let today = zone.to_datetime(at).date();
        // Where clocks change at midnight a stretch may reach into the neighboring date.
        let near = [today.yesterday(), Ok(today), today.tomorrow()];
        near.into_iter()
            .flatten()
            .flat_map(|date| week.stretches(zone, date))
            .any(|(from, to)| from <= at && at < to)
    }

    /// When that changes next; `None` if it does not within a month.
    pub fn changes_after(&self, zone: &TimeZone, at: Timestamp) -> Option<Timestamp> {
        let Self::Weekly(week) = self else { return None };
        let open = self.is_open(zone, at);
        let first = zone.to_datetime(at).date();
        let days =
            (-1..=DAYS_AHEAD).filter_map(|n| first.checked_add(Duration::new().days(n)).ok());
        let ends =
            days.flat_map(|date| week.stretches(zone, date)).flat_map(|(from, to)| [from, to]);
        let mut ends: Vec<_> = ends.filter(|end| *end > at).collect();
        ends.sort_unstable();
        ends.into_iter().find(|end| self.is_open(zone, *end) != open)
    }
}

impl Week {
    fn spans(&self, date: Date) -> &[Span] {
        let day = Day::of(date.weekday());
        self.exceptions.get(&date).or_else(|| self.days.get(&day)).map_or(&[], Vec::as_slice)
    }

    fn stretches<'a>(
        &'a self,
        zone: &'a TimeZone,
        date: Date,
    ) -> impl Iterator<Item = (Timestamp, Timestamp)> + 'a {
        self.spans(date).iter().filter_map(move |span| {
            let from = moment(zone, date, span.from, Edge::First)?;
            let to = moment(zone, date, span.to, Edge::Last)?;
            Some((from, to))
        })
    }
}

/// Which of two moments is meant where clocks show a time twice.
#[derive(Clone, Copy)]
enum Edge {
    First,
    Last,
}

/// When the clocks of `zone` show `minutes` after midnight of `date`.
fn moment(zone: &TimeZone, date: Date, minutes: u16, edge: Edge) -> Option<Timestamp> {
    let (date, minutes) =
        if minutes == DAY_MINUTES { (date.tomorrow().ok()?, 0) } else { (date, minutes) };
    let hour = i8::try_from(minutes / 60).ok()?;
    let time = Time::new(hour, i8::try_from(minutes % 60).ok()?, 0, 0).ok()?;
    let shown = DateTime::from_parts(date, time);
    match zone.to_ambiguous_timestamp(shown).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(shown).ok(),
        AmbiguousOffset::Fold { before, after } => match edge {
            Edge::First => before.to_timestamp(shown).ok(),
            Edge::Last => after.to_timestamp(shown).ok(),
        },
        AmbiguousOffset::Gap { after, .. } => {
            let just_before = after.to_timestamp(shown).ok()?;
            zone.following(just_before).next().map(|change| change.timestamp())
        }
    }
}

impl Day {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    fn of(weekday: Weekday) -> Self {
        match weekday {
            Weekday::Monday => Self::Mon,
            Weekday::Tuesday => Self::Tue,
            Weekday::Wednesday => Self::Wed,
            Weekday::Thursday => Self::Thu,
            Weekday::Friday => Self::Fri,
            Weekday::Saturday => Self::Sat,
            Weekday::Sunday => Self::Sun,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Mon => "mon",
            Self::Tue => "tue",
            Self::Wed => "wed",
            Self::Thu => "thu",
            Self::Fri => "fri",
            Self::Sat => "sat",
            Self::Sun => "sun",
        }
    }
}

impl Clock {
    /// The next moment after `at` at which the clocks of `zone` show this time on one of `days`.
    pub fn next_on(self, days: &[Day], zone: &TimeZone, at: Timestamp) -> Option<Timestamp> {
        let today = zone.to_datetime(at).date();
        let dates = (0..=7).filter_map(|n| today.checked_add(Duration::new().days(n)).ok());
        dates
            .filter(|date| days.contains(&Day::of(date.weekday())))
            .filter_map(|date| moment(zone, date, self.0, Edge::First))
            .find(|moment| *moment > at)
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for Clock {
    type Err = HoursError;
    fn from_str(text: &str) -> Result<Self, HoursError> {
        let wrong = || HoursError::Clock(text.to_owned());
        let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
        let number = |part: &str| {
            let digits = part.len() == 2 && part.bytes().all(|it| it.is_ascii_digit());
            part.parse::<u16>().ok().filter(|_| digits).ok_or_else(wrong)
        };
        let (hours, minutes) = (number(hours)?, number(minutes)?);
        let total = hours * 60 + minutes;
        if minutes < 60 && total <= DAY_MINUTES { Ok(Self(total)) } else { Err(wrong()) }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", Clock(self.from), Clock(self.to))
    }
}

impl FromStr for Span {
    type Err = HoursError;
    fn from_str(text: &str) -> Result<Self, HoursError> {
        let wrong = || HoursError::Span(text.to_owned());
        let (from, to) = text.split_once('-').ok_or_else(wrong)?;
        let (Clock(from), Clock(to)) = (from.trim().parse()?, to.trim().parse()?);
        if from < to { Ok(Self { from, to }) } else { Err(wrong()) }
    }
}

/// In order, and sharing no time.
fn stretches_of(day: &str, texts: Vec<String>) -> Result<Vec<Span>, HoursError> {
    let mut spans = texts.iter().map(|text| text.parse()).collect::<Result<Vec<Span>, _>>()?;
    spans.sort_unstable();
    match spans.windows(2).find(|pair| pair[0].to > pair[1].from) {
        Some(pair) => Err(HoursError::Overlap(pair[0], pair[1], day.to_owned())),
        None => Ok(spans),
    }
}

impl Serialize for Clock {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Clock {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for Hours {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self::Weekly(week) = self else { return serializer.serialize_str(ALWAYS) };
        let written = |spans: &[Span]| spans.iter().map(Span::to_string).collect::<Vec<_>>();
        let mut map = serializer.serialize_map(None)?;
        for (day, spans) in &week.days {
            map.serialize_entry(day.word(), &written(spans))?;
        }
        for (date, spans) in &week.exceptions {
            map.serialize_entry(&date.to_string(), &written(spans))?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;
        impl<'de> Visitor<'de> for Written {
            type Value = Hours;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(FORM)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Hours, E> {
                if text == ALWAYS {
                    Ok(Hours::Always)
                } else {
                    Err(E::invalid_value(de::Unexpected::Str(text), &self))
                }
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Hours, M::Error> {
                let mut week = Week::default();
                while let Some(key) = map.next_key::<String>()? {
                    let spans = stretches_of(&key, map.next_value()?).map_err(de::Error::custom)?;
                    if let Some(day) = Day::ALL.into_iter().find(|day| day.word() == key) {
                        week.days.insert(day, spans);
                    } else if let Ok(date) = key.parse() {
                        week.exceptions.insert(date, spans);
                    } else {
                        return Err(de::Error::custom(HoursError::Day(key)));
                    }
                }
                Ok(Hours::Weekly(Box::new(week)))
            }
        }
        deserializer.deserialize_any(Written)
    }
}

#[cfg(test)]
mod tests;
