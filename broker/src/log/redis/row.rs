//! Records as texts in Redis, and back: nothing leaves here that does not match its checksum.

use deskbell_domain::person::Author;
use deskbell_protocol::ids::{Cmid, Eid};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::log::{Entry, Live, LogError, Record, StoredEvent, StreamId, record};

/// An entry as it is written. Numbers that use all of their 64 bits stand as texts.
#[derive(Serialize, Deserialize)]
struct Row {
    author: String,
    cmid: Option<Cmid>,
    fingerprint: String,
    eid: Eid,
    at: i64,
    kind: String,
    version: u16,
    body: String,
    sum: u32,
}

pub(super) fn write(stream: StreamId, seq: u64, entry: &Entry) -> String {
    let row = Row {
        author: entry.author.to_string(),
        cmid: entry.cmid,
        fingerprint: entry.fingerprint.to_string(),
        eid: entry.eid,
        at: entry.at.as_millisecond(),
        kind: entry.event.kind.to_owned(),
        version: entry.event.version,
        body: entry.event.body.clone(),
        sum: record::checksum(stream, seq, entry),
    };
    serde_json::to_string(&row).expect("texts and numbers only")
}

/// The record that stands at `seq`, or what is wrong with it.
pub(super) fn read(stream: StreamId, seq: u64, text: &str) -> Result<Record, LogError> {
    let damaged = |what: &str| LogError::Damaged {
        place: format!("{stream} record {seq}"),
        what: what.into(),
    };
    let row: Row =
        serde_json::from_str(text).map_err(|_| damaged("a field does not hold what it should"))?;
    let Some(kind) = record::known(&row.kind) else {
        let (kind, version) = (row.kind, row.version);
        let what = format!("{stream} record {seq}, an event {kind} of version {version},");
        return Err(LogError::Newer { what });
    };
    let author: Option<Author> = row.author.parse().ok();
    let fields = (author, row.fingerprint.parse().ok(), Timestamp::from_millisecond(row.at).ok());
    let (Some(author), Some(fingerprint), Some(at)) = fields else {
        return Err(damaged("a field does not hold what it should"));
    };
    let event = StoredEvent { kind, version: row.version, body: row.body };
    let entry = Entry { author, cmid: row.cmid, fingerprint, eid: row.eid, at, event };
    if record::checksum(stream, seq, &entry) != row.sum {
        return Err(damaged("it does not match its checksum; restore a backup"));
    }
    Ok(Record { seq, entry })
}

/// A live summary, behind its checksum.
pub(super) fn write_live(stream: StreamId, summary: &str) -> String {
    format!("{:08x}{summary}", live_checksum(stream, summary))
}

pub(super) fn read_live(stream: StreamId, text: &str) -> Result<Live, LogError> {
    let damaged = || LogError::Damaged {
        place: "the live summaries".into(),
        what: format!("that of {stream} does not match its checksum; restore a backup"),
    };
    let (sum, summary) = text.split_at_checked(8).ok_or_else(damaged)?;
    let sum = u32::from_str_radix(sum, 16).map_err(|_| damaged())?;
    if sum != live_checksum(stream, summary) {
        return Err(damaged());
    }
    Ok(Live { stream, summary: summary.to_owned() })
}

fn live_checksum(stream: StreamId, summary: &str) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(stream.to_string().as_bytes());
    sum.update(summary.as_bytes());
    sum.finalize()
}
