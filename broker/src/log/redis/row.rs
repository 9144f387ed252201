//! Records as texts in Redis, and back: nothing leaves here that does not match its checksum.

use std::fmt::Write as _;

use deskbell_domain::person::Author;
use deskbell_protocol::ids::Cmid;
use jiff::Timestamp;

use crate::log::{Entry, Live, LogError, Record, StoredEvent, StreamId, record};

/// What stands for no client message id.
const NO_CMID: &str = "-";
/// Parts of a row; only the last may hold spaces.
const PARTS: usize = 9;

/// `SUM EID AT VERSION KIND AUTHOR CMID FINGERPRINT BODY`: the body, which is JSON, as it is.
pub(super) fn write(stream: StreamId, seq: u64, entry: &Entry) -> String {
    let sum = record::checksum(stream, seq, entry);
    let Entry { author, cmid, fingerprint, eid, at, event } = entry;
    let at = at.as_millisecond();
    let StoredEvent { kind, version, body } = event;
    let mut row = String::with_capacity(body.len() + 128);
    let written = write!(row, "{sum:08x} {eid} {at} {version} {kind} {author} ")
        .and_then(|()| match cmid {
            Some(cmid) => write!(row, "{cmid}"),
            None => row.write_str(NO_CMID),
        })
        .and_then(|()| write!(row, " {fingerprint} {body}"));
    written.expect("a string takes any text");
    row
}

/// The record that stands at `seq`, or what is wrong with it.
pub(super) fn read(stream: StreamId, seq: u64, text: &str) -> Result<Record, LogError> {
    let damaged = |what: &str| LogError::Damaged {
        place: format!("{stream} record {seq}"),
        what: what.into(),
    };
    let mut parts = text.splitn(PARTS, ' ');
    let mut part = || parts.next().ok_or_else(|| damaged("a part of it is missing"));
    let wrong = || damaged("a field does not hold what it should");
    let sum = u32::from_str_radix(part()?, 16).map_err(|_| wrong())?;
    let eid = part()?.parse().map_err(|_| wrong())?;
    let at = part()?.parse().ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let version = part()?.parse().map_err(|_| wrong())?;
    let kind = part()?;
    let author: Author = part()?.parse().map_err(|_| wrong())?;
    let cmid: Option<Cmid> = match part()? {
        NO_CMID => None,
        text => Some(text.parse().map_err(|_| wrong())?),
    };
    let fingerprint = part()?.parse().map_err(|_| wrong())?;
    let body = part()?.to_owned();
    let Some(kind) = record::known(kind) else {
        let what = format!("{stream} record {seq}, an event {kind} of version {version},");
        return Err(LogError::Newer { what });
    };
    let event = StoredEvent { kind, version, body };
    let entry = Entry { author, cmid, fingerprint, eid, at: at.ok_or_else(wrong)?, event };
    if record::checksum(stream, seq, &entry) != sum {
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
