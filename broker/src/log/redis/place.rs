//! Where things stand in Redis: the keys of a partition, and places in the whole log.
//!
//! A chat belongs to one of 128 partitions, by its id; the tag in braces keeps all keys of one
//! together if Redis is ever a cluster, so that a script may touch them in one step.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::log::{LogError, Position, StreamId};

/// Never to change: ids say where their chats stand.
pub(super) const PARTITIONS: u16 = 128;

pub(super) fn partition(stream: StreamId) -> u16 {
    match stream {
        // Ids are random in their last bits.
        StreamId::Chat(chat) => {
            u16::try_from(chat.0 % u128::from(PARTITIONS)).expect("a remainder of 128")
        }
        StreamId::Directory | StreamId::Audit | StreamId::Staffing(_) => 0,
    }
}

pub(super) struct Keys {
    pub(super) head: String,
    pub(super) log: String,
    pub(super) live: String,
    pub(super) journal: String,
    pub(super) hints: String,
}

impl Keys {
    pub(super) fn of(stream: StreamId) -> Self {
        let tag = partition(stream);
        Self {
            head: head(stream),
            log: log(stream),
            live: live(tag),
            journal: journal(tag),
            hints: hints(tag),
        }
    }
}

/// `VERSION EID` of a stream's last record.
pub(super) fn head(stream: StreamId) -> String {
    format!("{{p{}}}:head:{stream}", partition(stream))
}

/// The channel on which each append of a partition is told.
pub(super) fn hints(partition: u16) -> String {
    format!("{{p{partition}}}:hints")
}

pub(super) fn log(stream: StreamId) -> String {
    format!("{{p{}}}:log:{stream}", partition(stream))
}

pub(super) fn live(partition: u16) -> String {
    format!("{{p{partition}}}:live")
}

pub(super) fn journal(partition: u16) -> String {
    format!("{{p{partition}}}:journal")
}

/// The list of what was erased.
pub(super) fn erased(partition: u16) -> String {
    format!("{{p{partition}}}:erased")
}

/// How far a scan has come in the journal of each partition: `3:1700000000000-0 17:…`.
#[derive(Default, Clone)]
pub(super) struct Places(BTreeMap<u16, String>);

impl Places {
    pub(super) fn read(position: &Position) -> Result<Self, LogError> {
        let damaged = || LogError::Damaged {
            place: format!("position {:?}", position.0),
            what: "no position of this log: start again from the beginning".into(),
        };
        let place = |text: &str| {
            let (partition, id) = text.split_once(':')?;
            let is_id = id.split_once('-').is_some_and(|(time, number)| {
                time.parse::<u64>().is_ok() && number.parse::<u64>().is_ok()
            });
            let partition = partition.parse().ok().filter(|it| *it < PARTITIONS && is_id)?;
            Some((partition, id.to_owned()))
        };
        let all: Option<_> = position.0.split_whitespace().map(place).collect();
        all.map(Self).ok_or_else(damaged)
    }

    /// Where the journal of `partition` goes on, for `XRANGE`.
    pub(super) fn after(&self, partition: u16) -> String {
        self.0.get(&partition).map_or_else(|| "-".to_owned(), |id| format!("({id}"))
    }

    /// After one more entry.
    pub(super) fn pass(&mut self, partition: u16, id: String) -> Position {
        self.0.insert(partition, id);
        let mut text = String::new();
        for (partition, id) in &self.0 {
            let space = if text.is_empty() { "" } else { " " };
            write!(text, "{space}{partition}:{id}").expect("a string takes any text");
        }
        Position(text)
    }
}
