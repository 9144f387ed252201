//! Where a stream's records stand: in memory for the newest rows, in `runs` for all before them.
//!
//! A unique index on (stream, seq) costs more than everything else that a message costs in the
//! store, because each message touches another leaf. So the index trails: rows past `indexed_to`
//! are listed in memory, rebuilt at a start, and go into `runs` later, stream by stream, many rows
//! of one stream in one entry. A little of that rides along with each commit, so that no message
//! waits for all of it.
//!
//! Invariant: at every moment a committed row is listed in memory or in `runs`; being in both, as
//! after a crash in between, is harmless, because a record never moves.

use std::collections::HashMap;

use deskbell_protocol::ids::Eid;
use foldhash::fast::RandomState;
use rusqlite::{Connection, OptionalExtension};

use crate::log::{LogError, StreamId};

use super::row::{self, Key};
use super::schema::log_error;

/// With this many rows in memory, indexing starts. Tests cross every boundary often.
const ROWS_TO_START: usize = if cfg!(test) { 16 } else { 32_768 };
/// Heads kept in memory even if they are all indexed.
const HEADS_MAX: usize = if cfg!(test) { 4 } else { 65_536 };
/// Rows in one entry of `runs`.
const RUN_MAX: usize = if cfg!(test) { 5 } else { 512 };
/// Rows that a commit indexes at least, besides two for each that it appends.
pub(super) const SLICE_MIN: usize = if cfg!(test) { 1 } else { 128 };

/// A stream's end, and where its last rows stand.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) version: u64,
    pub(super) eid: Eid,
    /// Of the last records, oldest first: those that are not in `runs` yet.
    rows: Vec<i64>,
}

impl Head {
    /// The first record that is listed here.
    fn first(&self) -> u64 {
        self.version - self.rows.len() as u64 + 1
    }
}

/// What is known in memory. The writer changes it, after each commit; readers look.
#[derive(Debug, Default)]
pub(super) struct Heads {
    streams: HashMap<StreamId, Head, RandomState>,
    unindexed: usize,
}

impl Heads {
    /// A stream's end, if it is in memory.
    pub(super) fn get(&self, stream: StreamId) -> Option<&Head> {
        self.streams.get(&stream)
    }

    /// A record was committed.
    pub(super) fn push(&mut self, stream: StreamId, seq: u64, eid: Eid, row: i64) {
        let head = self.streams.entry(stream).or_insert_with(|| Head {
            version: 0,
            eid,
            rows: Vec::new(),
        });
        head.version = seq;
        head.eid = eid;
        head.rows.push(row);
        self.unindexed += 1;
    }

    /// Rows after `after_seq`, at most `max`, as far as memory lists them: the first one's seq and
    /// the rows; and the stream's version.
    fn rows(&self, stream: StreamId, after_seq: u64, max: usize) -> Option<(u64, Vec<i64>, u64)> {
        let head = self.streams.get(&stream)?;
        let first = head.first().max(after_seq.saturating_add(1));
        let skip = usize::try_from(first - head.first()).unwrap_or(usize::MAX);
        let rows = head.rows.get(skip..).unwrap_or_default();
        Some((first, rows.iter().take(max).copied().collect(), head.version))
    }
}

/// Where the records after `after_seq` stand, at most `max`, in order; and whether more follow.
pub(super) fn locate(
    db: &Connection,
    heads: &std::sync::Mutex<Heads>,
    stream: StreamId,
    after_seq: u64,
    max: usize,
) -> Result<(Vec<i64>, bool), LogError> {
    let listed = super::lock(heads).rows(stream, after_seq, max);
    let next = after_seq.saturating_add(1);
    let (first, listed, version) = match listed {
        Some((first, rows, version)) => (first, rows, Some(version)),
        None => (u64::MAX, Vec::new(), None),
    };
    // One more than asked for tells whether more follow, where no head does.
    let limit = max.saturating_add(usize::from(version.is_none()));
    let mut rows = Vec::new();
    while rows.len() < limit && next + (rows.len() as u64) < first {
        let Some(run) = run_with(db, stream, next + rows.len() as u64)? else { break };
        let short = usize::try_from(first - next).unwrap_or(usize::MAX);
        rows.extend(run.into_iter().take(limit.min(short) - rows.len()));
    }
    let reached = next.saturating_add(rows.len() as u64);
    match version {
        None => {
            let more = rows.len() > max;
            rows.truncate(max);
            Ok((rows, more))
        }
        // What is asked for starts past the end.
        Some(version) if version < next => Ok((Vec::new(), false)),
        Some(version) => {
            if reached < first && rows.len() < max {
                return Err(LogError::Damaged {
                    place: format!("{stream} record {reached}"),
                    what: "the index does not list it; restore a backup".into(),
                });
            }
            rows.extend(listed.into_iter().take(max - rows.len()));
            let more = after_seq + (rows.len() as u64) < version;
            Ok((rows, more))
        }
    }
}

/// The rows of the run that lists `seq`, from `seq` on.
fn run_with(db: &Connection, stream: StreamId, seq: u64) -> Result<Option<Vec<i64>>, LogError> {
    let mut select = db
        .prepare_cached(
            "SELECT first, rows FROM runs WHERE stream = ?1 AND first <= ?2
             ORDER BY first DESC LIMIT 1",
        )
        .map_err(log_error)?;
    let found = select
        .query_row((Key::of(stream).as_slice(), seq.cast_signed()), |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))
        })
        .optional()
        .map_err(log_error)?;
    let Some((first, packed)) = found else { return Ok(None) };
    let mut rows = unpack(&packed).ok_or_else(|| bad_run(stream, first))?;
    let skip = usize::try_from(seq.cast_signed() - first).map_err(|_| bad_run(stream, first))?;
    Ok((skip < rows.len()).then(|| rows.split_off(skip)))
}

/// The last record that `runs` lists for a stream.
pub(super) fn last_indexed(
    db: &Connection,
    stream: StreamId,
) -> Result<Option<(u64, i64)>, LogError> {
    let mut select = db
        .prepare_cached(
            "SELECT first, rows FROM runs WHERE stream = ?1 ORDER BY first DESC LIMIT 1",
        )
        .map_err(log_error)?;
    let found = select
        .query_row((Key::of(stream).as_slice(),), |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))
        })
        .optional()
        .map_err(log_error)?;
    let Some((first, packed)) = found else { return Ok(None) };
    let rows = unpack(&packed).ok_or_else(|| bad_run(stream, first))?;
    let last = *rows.last().ok_or_else(|| bad_run(stream, first))?;
    Ok(Some((first.cast_unsigned() + rows.len() as u64 - 1, last)))
}

/// A stream's end: from memory, or else from `runs`.
pub(super) fn head(
    db: &Connection,
    heads: &std::sync::Mutex<Heads>,
    stream: StreamId,
) -> Result<Option<(u64, Eid)>, LogError> {
    if let Some(head) = super::lock(heads).get(stream) {
        return Ok(Some((head.version, head.eid)));
    }
    let Some((seq, at)) = last_indexed(db, stream)? else { return Ok(None) };
    Ok(Some((seq, row::fetch(db, at, stream, seq)?.entry.eid)))
}

/// Every row up to here is in `runs`.
pub(super) fn indexed_to(db: &Connection) -> Result<i64, LogError> {
    db.query_row("SELECT value FROM log_state WHERE name = 'indexed_to'", [], |row| row.get(0))
        .map_err(log_error)
}

/// Everything past `indexed_to`, each record checked; and the last row of the log.
pub(super) fn load(db: &Connection) -> Result<(Heads, i64), LogError> {
    let indexed_to = indexed_to(db)?;
    let mut heads = Heads::default();
    let mut last_row = indexed_to;
    let mut select = db.prepare(row::select!("WHERE id > ?1 ORDER BY id")).map_err(log_error)?;
    let mut rows = select.query([indexed_to]).map_err(log_error)?;
    while let Some(row) = rows.next().map_err(log_error)? {
        let (id, stream, record) = row::read(row)?;
        let before = match heads.get(stream) {
            Some(head) => head.version,
            // An unfinished window may have listed this one, and later ones, already.
            None => last_indexed(db, stream)?.map_or(0, |(last, _)| last.min(record.seq - 1)),
        };
        if record.seq != before + 1 {
            return Err(LogError::Damaged {
                place: format!("{stream} record {}", before + 1),
                what: format!("record {} stands in its place; restore a backup", record.seq),
            });
        }
        heads.push(stream, record.seq, record.entry.eid, id);
        last_row = id;
    }
    Ok((heads, last_row))
}

fn bad_run(stream: StreamId, first: i64) -> LogError {
    LogError::Damaged {
        place: format!("{stream} index entry {first}"),
        what: "it cannot be read; restore a backup".into(),
    }
}

/// The indexing under way.
#[derive(Debug)]
pub(super) struct Window {
    /// Every row up to here is in `runs` once it is done.
    to: i64,
    /// What is left to do; the last is next.
    streams: Vec<StreamId>,
}

/// What one slice did, to be told to [`Heads`] after the commit.
#[derive(Debug, Default)]
pub(super) struct Slice {
    listed: Vec<(StreamId, usize)>,
    done: bool,
}

impl Window {
    /// A window over everything in memory up to `last_row`, if that is enough.
    pub(super) fn due(heads: &Heads, last_row: i64) -> Option<Self> {
        (heads.unindexed >= ROWS_TO_START).then(|| Self::over(heads, last_row))
    }

    /// A window over everything in memory up to `last_row`.
    pub(super) fn over(heads: &Heads, last_row: i64) -> Self {
        let listed = heads.streams.iter().filter(|(_, head)| !head.rows.is_empty());
        let mut streams: Vec<StreamId> = listed.map(|(stream, _)| *stream).collect();
        // In key order, so that neighbors in the tree are written together.
        streams.sort_unstable_by(|a, b| b.cmp(a));
        Self { to: last_row, streams }
    }

    /// Lists about `budget` rows in `runs`, within the caller's transaction.
    pub(super) fn slice(
        &self,
        db: &Connection,
        heads: &std::sync::Mutex<Heads>,
        budget: usize,
    ) -> rusqlite::Result<Slice> {
        let mut insert = db.prepare_cached("INSERT INTO runs VALUES (?1, ?2, ?3)")?;
        // What an unfinished window before a crash listed of the same rows.
        let mut forget = db.prepare_cached("DELETE FROM runs WHERE stream = ?1 AND first >= ?2")?;
        let mut slice = Slice::default();
        let mut count = 0;
        for stream in self.streams.iter().rev() {
            if count >= budget {
                return Ok(slice);
            }
            let (first, runs) = {
                let heads = super::lock(heads);
                let head = heads.streams.get(stream).expect("only a finished window lets heads go");
                let runs = head.rows.chunks(RUN_MAX).map(|run| (run.len(), pack(run)));
                (head.first(), runs.collect::<Vec<_>>())
            };
            forget.execute((Key::of(*stream).as_slice(), first.cast_signed()))?;
            let mut listed = 0;
            for (length, packed) in runs {
                let first = first + listed as u64;
                insert.execute((Key::of(*stream).as_slice(), first.cast_signed(), packed))?;
                listed += length;
            }
            slice.listed.push((*stream, listed));
            count += listed;
        }
        let mut move_on =
            db.prepare_cached("UPDATE log_state SET value = ?1 WHERE name = 'indexed_to'")?;
        move_on.execute([self.to])?;
        slice.done = true;
        Ok(slice)
    }

    /// The slice is committed; whether the window is done with it.
    pub(super) fn settle(&mut self, heads: &mut Heads, slice: &Slice) -> bool {
        for (stream, listed) in &slice.listed {
            self.streams.pop();
            if let Some(head) = heads.streams.get_mut(stream) {
                head.rows.drain(..listed);
                heads.unindexed -= listed;
            }
        }
        if slice.done && heads.streams.len() > HEADS_MAX {
            heads.streams.retain(|_, head| !head.rows.is_empty());
        }
        slice.done
    }
}

/// Ascending rows as differences, seven bits a byte.
fn pack(rows: &[i64]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(rows.len() * 2 + 4);
    let mut before = 0;
    for row in rows {
        let mut rest = (row - before).cast_unsigned();
        before = *row;
        while rest >= 128 {
            packed.push(u8::try_from(rest & 127).expect("seven bits") | 128);
            rest >>= 7;
        }
        packed.push(u8::try_from(rest).expect("seven bits"));
    }
    packed
}

/// What was packed, or `None` if this was not packed.
pub(super) fn unpack(packed: &[u8]) -> Option<Vec<i64>> {
    let mut rows = Vec::new();
    let (mut before, mut difference, mut shift) = (0_i64, 0_u64, 0);
    for byte in packed {
        difference |= u64::from(byte & 127).checked_shl(shift)?;
        shift += 7;
        if byte & 128 == 0 {
            before = before.checked_add(i64::try_from(difference).ok()?)?;
            rows.push(before);
            (difference, shift) = (0, 0);
        }
    }
    (shift == 0).then_some(rows)
}
