//! PORT: the event log, the only truth. Everything else may be thrown away and rebuilt from it.
//!
//! What every adapter promises, and `contract.rs` checks of each:
//!
//! 1. *A stream is a gapless sequence from 1.* Record `n` of a stream never changes once appended,
//!    except that [`EventLog::erase`] blanks its personal fields in place.
//! 2. *An append is conditional and whole.* It holds only if the stream's version is `expect`, and
//!    its last record is `after` where the store may have lost what it acknowledged;
//!    all entries are stored, in order and adjacent, or none. Of any number of appends racing at
//!    one version, on any number of nodes, exactly one wins.
//! 3. *`Appended` means durable* at the level that [`EventLog::durability`] names, and that every
//!    later `read`, anywhere, sees it.
//! 4. *`Unknown` is not failure.* The append may hold. The caller appends the same batch again: if
//!    the first try held, the conflict's tail shows its own `eid`s.
//! 5. *The live summary changes with the events*, in the same step or not at all.
//! 6. *Damage is named, never served*: a record that does not match its checksum is
//!    [`LogError::Damaged`], with its place.
//!
//! The log checks the version and nothing else: who may append what is decided before.
//! Appending is message in, message out: `append` never blocks and never awaits.

#[cfg(test)]
pub(crate) mod contract;
pub mod copy;
pub mod erasure;
pub(crate) mod lock;
pub mod memory;
pub mod record;
pub mod redis;
pub mod sqlite;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use deskbell_domain::person::Author;
use deskbell_protocol::ids::{ChatId, Cmid, Eid};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::erasure::{Erased, Erasure};
use crate::telemetry;

/// Names a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum StreamId {
    /// `chat/…`
    Chat(ChatId),
    /// `directory`: institutions, co-ops, people.
    Directory,
    /// `audit`: what the store lost, and whoever looks for it has to know.
    Audit,
    /// `staffing/DAY`: who went on and off monitoring on a day since 1970-01-01.
    Staffing(u32),
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chat(chat) => write!(f, "chat/{chat}"),
            Self::Directory => f.write_str("directory"),
            Self::Audit => f.write_str("audit"),
            Self::Staffing(day) => write!(f, "staffing/{day}"),
        }
    }
}

impl FromStr for StreamId {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || format!("{text:?} names no stream");
        match text.split_once('/') {
            None if text == "directory" => Ok(Self::Directory),
            None if text == "audit" => Ok(Self::Audit),
            Some(("chat", id)) => id.parse().map(Self::Chat).map_err(|_| refused()),
            Some(("staffing", day)) => day.parse().map(Self::Staffing).map_err(|_| refused()),
            _ => Err(refused()),
        }
    }
}

impl From<StreamId> for String {
    fn from(stream: StreamId) -> Self {
        stream.to_string()
    }
}

impl TryFrom<String> for StreamId {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// An event as it is stored: its kind and version name the schema of `body`, which is JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Such as `chat.posted`.
    pub kind: &'static str,
    /// Of the schema, from 1.
    pub version: u16,
    /// JSON.
    pub body: String,
}

/// What one event of an append is stored with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The person who made it happen.
    pub author: Author,
    /// The request's client message id; none for what the broker itself does.
    pub cmid: Option<Cmid>,
    /// A keyed hash of the request's body, so that another body under the same `cmid` is noticed;
    /// 0 where there is no `cmid`, and after erasure.
    pub fingerprint: u64,
    /// Chosen at random before the append.
    pub eid: Eid,
    /// When it was decided.
    pub at: Timestamp,
    /// What happened.
    pub event: StoredEvent,
}

/// An entry at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// From 1, without gaps.
    pub seq: u64,
    /// What stands there.
    pub entry: Entry,
}

/// What happens to the stream's live summary in the same step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveChange {
    /// Nothing.
    Keep,
    /// It is replaced by this JSON.
    Put(String),
    /// The chat is over.
    Remove,
}

/// One conditional append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// Where.
    pub stream: StreamId,
    /// The version that the entries were decided on: how many records the stream then had.
    pub expect: u64,
    /// The identity of the last of these, if whoever appends knows it: a stream that has become
    /// another one is a conflict.
    pub after: Option<Eid>,
    /// What; never empty.
    pub entries: Vec<Entry>,
    /// And the summary.
    pub live: LiveChange,
}

/// What became of an append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Durable; the first entry has this `seq`.
    Appended {
        /// Where the first entry stands; the others follow it.
        first_seq: u64,
    },
    /// The stream is not at `expect`: nothing was stored. What the caller does not know follows
    /// (nothing, if `expect` is past the stream's end, or if what stands there is not `after`).
    Conflict {
        /// From `expect` on, bounded.
        tail: Vec<Record>,
        /// Whether the stream goes on after it.
        more: bool,
    },
    /// Nothing was stored, and the store cannot be used right now.
    Unavailable {
        /// For the log of the broker.
        why: String,
    },
    /// It may be stored or not.
    Unknown {
        /// For the log of the broker.
        why: String,
    },
}

/// Takes the outcomes of one submitted batch, in its order. Called once, on any thread.
pub type Done = Box<dyn FnOnce(Vec<Outcome>) + Send>;

/// Counts what became of appends, each with how many events it had.
pub(crate) fn count_outcomes<'a>(appends: impl Iterator<Item = (usize, &'a Outcome)>) {
    let (mut events, mut conflicts) = (0, 0);
    for (count, outcome) in appends {
        match outcome {
            Outcome::Appended { .. } => events += count as u64,
            Outcome::Conflict { .. } => conflicts += 1,
            Outcome::Unavailable { .. } => {
                metrics::counter!(telemetry::STORE_FAILURES, "reason" => "unavailable")
                    .increment(1);
            }
            Outcome::Unknown { .. } => {
                metrics::counter!(telemetry::STORE_FAILURES, "reason" => "unknown").increment(1);
            }
        }
    }
    metrics::counter!(telemetry::COMMITS).increment(1);
    metrics::counter!(telemetry::EVENTS_STORED).increment(events);
    metrics::counter!(telemetry::CONFLICTS).increment(conflicts);
}

/// A page of one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Adjacent, oldest first.
    pub records: Vec<Record>,
    /// Whether the stream goes on after them.
    pub more: bool,
}

/// A place in the whole log; only its adapter can read it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Position(pub String);

/// A page of the whole log: each stream's records in order, nothing promised between streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanPage {
    /// Each with the position that continues after it.
    pub records: Vec<(Position, StreamId, Record)>,
    /// Whether more follows.
    pub more: bool,
}

/// A live chat's stored summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// Which stream.
    pub stream: StreamId,
    /// As last put.
    pub summary: String,
}

/// Says that a stream moved. Lossy and never trusted: a reason to look, nothing more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Which.
    pub stream: StreamId,
    /// Its version, as far as the hint knows.
    pub seq: u64,
    /// What became of its live summary.
    pub live: LiveChange,
    /// The identity of the record before those that were appended, if there was one.
    pub after: Option<Eid>,
    /// What was appended, if the hint says. Good only for who stands just before them by place and
    /// identity; everybody else reads the log.
    pub records: Vec<Record>,
}

/// What a log tells that others append to, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Another node appended.
    Moved(Hint),
    /// Hints may have been lost: everything is to be looked at.
    Gap {
        /// Whether the store itself could not be used meanwhile.
        was_away: bool,
    },
}

/// Takes news, on any thread; never blocks.
pub type Follower = Arc<dyn Fn(News) + Send + Sync>;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Records that are as they were written.
    pub records: u64,
    /// Streams.
    pub streams: u64,
    /// Live summaries.
    pub live: u64,
    /// Each damage with its place; none in a store that is well. The first 1,000.
    pub damage: Vec<String>,
}

/// What an acknowledgement means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// In memory: gone with the process.
    Memory,
    /// On this machine's disk, flushed.
    Disk,
    /// Taken by a Redis server, which writes it to its own disk soon after.
    RedisAsync,
    /// On a Redis server's own disk, flushed.
    RedisDisk,
}

impl Durability {
    /// As told in `welcome`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Disk => "disk",
            Self::RedisAsync => "redis-async",
            Self::RedisDisk => "redis-disk",
        }
    }
}

/// The last record's place and identity of each stream asked for.
pub type Heads = Vec<Option<(u64, Eid)>>;

/// Why the log cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Try again later.
    #[error("the store cannot be used right now: {0}")]
    Unavailable(String),
    /// A record, or the store around it, is not what was written.
    #[error("the store is damaged at {place}: {what}")]
    Damaged {
        /// Stream and seq, or a page of the file.
        place: String,
        /// What is wrong with it.
        what: String,
    },
    /// A newer broker wrote this.
    #[error(
        "{what} was written by a newer broker: upgrade this one before it starts on this store"
    )]
    Newer {
        /// The store, or a record's kind and version.
        what: String,
    },
}

/// The port. See the module for what it promises.
pub trait EventLog: Send + Sync + 'static {
    /// Appends each of `batch` by itself, grouping commits as the adapter sees fit; then calls
    /// `done` with one outcome for each.
    fn append(&self, batch: Vec<Append>, done: Done);

    /// Records of a stream after `after_seq`, at most `max`.
    fn read(
        &self,
        stream: StreamId,
        after_seq: u64,
        max: usize,
    ) -> BoxFuture<'static, Result<Page, LogError>>;

    /// The last record's place and identity of each stream; `None` for an empty one.
    fn heads(&self, streams: Vec<StreamId>) -> BoxFuture<'static, Result<Heads, LogError>>;

    /// Every record of every stream after `after`, at most `max`.
    fn scan(&self, after: Position, max: usize) -> BoxFuture<'static, Result<ScanPage, LogError>>;

    /// All live summaries.
    fn live(&self) -> BoxFuture<'static, Result<Vec<Live>, LogError>>;

    /// Blanks the personal fields of records and of the stream's live summary; kind, seq, eid,
    /// author, cmid and structure stay. Puts this on record first. Answers once the bytes are gone
    /// as far as `docs/guarantees.md` says, with the places it covers here.
    fn erase(
        &self,
        stream: StreamId,
        what: Erasure,
        reason: String,
    ) -> BoxFuture<'static, Result<Vec<u64>, LogError>>;

    /// The record of all that was ever erased, oldest first; the same may stand on it twice.
    fn erased(&self) -> BoxFuture<'static, Result<Vec<Erased>, LogError>>;

    /// What an acknowledgement means here.
    fn durability(&self) -> Durability;

    /// Tells `follower` of what other nodes append from now on, beginning with a gap. Answers
    /// whether there ever is anything to tell: not of a log that only this process appends to.
    fn follow(&self, follower: Follower) -> bool {
        drop(follower);
        false
    }

    /// Ready once `follower` has been told all that was appended anywhere before; `None` if there
    /// never is anything to wait for.
    fn hear_all(&self) -> Option<BoxFuture<'static, Result<(), LogError>>> {
        None
    }

    /// Whether what other nodes append reaches this one.
    fn hears(&self) -> Result<(), LogError> {
        Ok(())
    }
}
