//! Records as rows, and back: nothing leaves here that does not match its checksum.

use std::fmt::Write;

use deskbell_domain::person::Author;
use deskbell_protocol::ids::{ChatId, Cmid, Eid};
use jiff::Timestamp;
use rusqlite::types::FromSqlError;
use rusqlite::{CachedStatement, Connection, Row};

use crate::log::{Entry, Live, LogError, Record, StoredEvent, StreamId, record};

use super::schema::log_error;

/// A stream as the key of a table: compact, and distinct for distinct streams.
#[derive(Clone, Copy)]
pub(super) struct Key {
    bytes: [u8; 17],
    length: usize,
}

impl Key {
    pub(super) fn of(stream: StreamId) -> Self {
        let mut bytes = [0; 17];
        let length = match stream {
            StreamId::Chat(chat) => {
                bytes[0] = b'c';
                bytes[1..].copy_from_slice(&chat.0.to_be_bytes());
                17
            }
            StreamId::Directory => {
                bytes[0] = b'd';
                1
            }
            StreamId::Audit => {
                bytes[0] = b'a';
                1
            }
            StreamId::Staffing(day) => {
                bytes[0] = b's';
                bytes[1..5].copy_from_slice(&day.to_be_bytes());
                5
            }
        };
        Self { bytes, length }
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// The stream that `key` names.
    pub(super) fn read(key: &[u8]) -> Option<StreamId> {
        match key.split_first()? {
            (b'c', id) => {
                id.try_into().ok().map(u128::from_be_bytes).map(ChatId).map(StreamId::Chat)
            }
            (b'd', []) => Some(StreamId::Directory),
            (b'a', []) => Some(StreamId::Audit),
            (b's', day) => day.try_into().ok().map(u32::from_be_bytes).map(StreamId::Staffing),
            _ => None,
        }
    }
}

/// For `insert`.
pub(super) const INSERT: &str =
    "INSERT INTO log VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";

/// The columns that `read` expects, for a `WHERE` to follow.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, stream, seq, eid, at, author, cmid, fingerprint, kind, version, body, sum ",
            "FROM log ",
            $rest
        )
    };
}
pub(super) use select;

/// Appends one row. `scratch` spares an allocation.
pub(super) fn insert(
    statement: &mut CachedStatement<'_>,
    row: i64,
    stream: StreamId,
    seq: u64,
    entry: &Entry,
    scratch: &mut String,
) -> rusqlite::Result<()> {
    let author = match &entry.author {
        Author::Patron => "patron",
        Author::System => "system",
        author @ Author::Operator(_) => {
            scratch.clear();
            write!(scratch, "{author}").expect("a string takes any text");
            scratch.as_str()
        }
    };
    statement.raw_bind_parameter(1, row)?;
    statement.raw_bind_parameter(2, Key::of(stream).as_slice())?;
    statement.raw_bind_parameter(3, seq.cast_signed())?;
    statement.raw_bind_parameter(4, entry.eid.0.cast_signed())?;
    statement.raw_bind_parameter(5, entry.at.as_millisecond())?;
    statement.raw_bind_parameter(6, author)?;
    statement.raw_bind_parameter(7, entry.cmid.as_ref().map(|cmid| &cmid.0.as_bytes()[..]))?;
    statement.raw_bind_parameter(8, entry.fingerprint.cast_signed())?;
    statement.raw_bind_parameter(9, entry.event.kind)?;
    statement.raw_bind_parameter(10, entry.event.version)?;
    statement.raw_bind_parameter(11, entry.event.body.as_str())?;
    statement.raw_bind_parameter(12, record::checksum(stream, seq, entry))?;
    statement.raw_execute().map(|_| ())
}

/// A record that matches its checksum, or its place and what is wrong with it.
pub(super) fn read(row: &Row<'_>) -> Result<(i64, StreamId, Record), LogError> {
    let id: i64 = row.get(0).map_err(log_error)?;
    let damaged = |place: Option<(StreamId, u64)>, what: &str| LogError::Damaged {
        place: match place {
            Some((stream, seq)) => format!("{stream} record {seq} (row {id})"),
            None => format!("row {id} of the log"),
        },
        what: what.into(),
    };
    let key = row.get_ref(1).map_err(log_error)?;
    let stream = key.as_blob().ok().and_then(Key::read);
    let stream = stream.ok_or_else(|| damaged(None, "its stream is none"))?;
    let seq = row.get::<_, i64>(2).map_err(log_error)?.cast_unsigned();
    let place = Some((stream, seq));
    let entry = entry(row).map_err(|wrong| match wrong {
        Wrong::Kind { kind, version } => LogError::Newer {
            what: format!("{stream} record {seq}, an event {kind} of version {version},"),
        },
        Wrong::Column => damaged(place, "a field does not hold what it should"),
    })?;
    let sum: i64 = row.get(11).map_err(log_error)?;
    if i64::from(record::checksum(stream, seq, &entry)) != sum {
        return Err(damaged(place, "it does not match its checksum; restore a backup"));
    }
    Ok((id, stream, Record { seq, entry }))
}

/// Where a row that may be damaged says it belongs.
pub(super) fn place(row: &Row<'_>) -> Option<(i64, StreamId)> {
    let key = row.get_ref(1).ok()?;
    Some((row.get(0).ok()?, Key::read(key.as_blob().ok()?)?))
}

enum Wrong {
    Column,
    Kind { kind: String, version: u16 },
}

impl From<rusqlite::Error> for Wrong {
    fn from(_: rusqlite::Error) -> Self {
        Self::Column
    }
}

impl From<FromSqlError> for Wrong {
    fn from(_: FromSqlError) -> Self {
        Self::Column
    }
}

fn entry(row: &Row<'_>) -> Result<Entry, Wrong> {
    let cmid: Option<[u8; 16]> = row.get(6)?;
    let version: u16 = row.get(9)?;
    let kind = row.get_ref(8)?.as_str()?;
    let Some(kind) = record::known(kind) else {
        return Err(Wrong::Kind { kind: kind.into(), version });
    };
    Ok(Entry {
        author: row.get_ref(5)?.as_str()?.parse().map_err(|_| Wrong::Column)?,
        cmid: cmid.map(|bytes| Cmid(uuid::Uuid::from_bytes(bytes))),
        fingerprint: row.get::<_, i64>(7)?.cast_unsigned(),
        eid: Eid(row.get::<_, i64>(3)?.cast_unsigned()),
        at: Timestamp::from_millisecond(row.get(4)?).map_err(|_| Wrong::Column)?,
        event: StoredEvent { kind, version, body: row.get(10)? },
    })
}

/// The record of `stream` that stands at `row`, which must be the one at `seq`.
pub(super) fn fetch(
    db: &Connection,
    row: i64,
    stream: StreamId,
    seq: u64,
) -> Result<Record, LogError> {
    let elsewhere = |what: &str| LogError::Damaged {
        place: format!("{stream} record {seq} (row {row})"),
        what: what.into(),
    };
    let mut select = db.prepare_cached(select!("WHERE id = ?1")).map_err(log_error)?;
    let mut rows = select.query([row]).map_err(log_error)?;
    let found = rows.next().map_err(log_error)?;
    let (_, its_stream, record) = read(found.ok_or_else(|| elsewhere("it is missing"))?)?;
    if (its_stream, record.seq) != (stream, seq) {
        return Err(elsewhere("another record stands there"));
    }
    Ok(record)
}

/// Over a live summary and whose it is.
pub(super) fn live_checksum(key: &Key, summary: &str) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(key.as_slice());
    sum.update(summary.as_bytes());
    sum.finalize()
}

/// The live summary in a row of (stream, summary, sum).
pub(super) fn read_live(row: &Row<'_>) -> Result<Live, LogError> {
    let damaged = |what: &str| LogError::Damaged {
        place: "the live summaries".into(),
        what: format!("{what}; restore a backup"),
    };
    let key = row.get_ref(0).map_err(log_error)?;
    let stream = key.as_blob().ok().and_then(Key::read);
    let stream = stream.ok_or_else(|| damaged("one belongs to no stream"))?;
    let summary: String = row.get(1).map_err(log_error)?;
    let sum: u32 = row.get(2).map_err(log_error)?;
    if live_checksum(&Key::of(stream), &summary) != sum {
        return Err(damaged(&format!("that of {stream} does not match its checksum")));
    }
    Ok(Live { stream, summary })
}
