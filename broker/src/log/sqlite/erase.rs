//! Erasure: personal fields leave the rows, the live summary, and the write-ahead log.
//!
//! What is erased is first written down in a file beside the store, flushed, so that a
//! backup from before can be cleaned when it is restored. Only then are the bodies replaced in
//! place (`secure_delete` overwrites what they leave) and the write-ahead log is cut, which still
//! holds the old pages. An erasure that fails half-way is asked for again: all of it is repeatable.

use std::path::Path;
use std::sync::Mutex;

use rusqlite::Connection;

use crate::log::erasure::{file, place};
use crate::log::{Erasure, LogError, Record, StreamId, record};

use super::index::{self, Heads};
use super::row::{self, Key};
use super::schema::log_error;

/// Does it all, and answers the places that it covers.
pub(super) fn erase(
    db: &mut Connection,
    heads: &Mutex<Heads>,
    dir: &Path,
    stream: StreamId,
    what: &Erasure,
    reason: &str,
) -> Result<Vec<u64>, LogError> {
    let (rows, _) = index::locate(db, heads, stream, 0, usize::MAX)?;
    let mut found = Vec::new();
    for (seq, row) in (1..).zip(rows) {
        let record = row::fetch(db, row, stream, seq)?;
        if what.covers(&record) {
            found.push((row, record));
        }
    }
    let places = found.iter().map(|(_, it)| place(it)).collect();
    file::add(dir, &what.on_record(stream, places, reason))?;
    if !found.is_empty() {
        blank(db, stream, &found)?;
        truncate(db)?;
    }
    Ok(found.into_iter().map(|(_, record)| record.seq).collect())
}

/// Blanks rows of one stream and its live summary, in one transaction.
pub(super) fn blank(
    db: &mut Connection,
    stream: StreamId,
    found: &[(i64, Record)],
) -> Result<(), LogError> {
    let tx = db.transaction().map_err(log_error)?;
    {
        let mut update = tx
            .prepare_cached(
                "UPDATE log SET fingerprint = 0, version = ?2, body = ?3, sum = ?4 WHERE id = ?1",
            )
            .map_err(log_error)?;
        for (row, Record { seq, entry }) in found {
            let mut entry = entry.clone();
            record::blank_entry(&mut entry)?;
            let sum = record::checksum(stream, *seq, &entry);
            update
                .execute((row, entry.event.version, &entry.event.body, sum))
                .map_err(log_error)?;
        }
        let key = Key::of(stream);
        let mut select = tx
            .prepare_cached("SELECT stream, summary, sum FROM live WHERE stream = ?1")
            .map_err(log_error)?;
        let mut rows = select.query([key.as_slice()]).map_err(log_error)?;
        if let Some(row) = rows.next().map_err(log_error)? {
            let summary = record::summary::blank(&row::read_live(row)?.summary)?;
            let mut update = tx
                .prepare_cached("UPDATE live SET summary = ?2, sum = ?3 WHERE stream = ?1")
                .map_err(log_error)?;
            let sum = row::live_checksum(&key, &summary);
            update.execute((key.as_slice(), &summary, sum)).map_err(log_error)?;
        }
    }
    tx.commit().map_err(log_error)
}

/// Moves everything into the store's file and empties the write-ahead log.
pub(super) fn truncate(db: &Connection) -> Result<(), LogError> {
    let busy: i64 =
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).map_err(log_error)?;
    if busy != 0 {
        let why = "blanked, but a reader keeps the old pages in the write-ahead log: erase again";
        return Err(LogError::Unavailable(why.into()));
    }
    Ok(())
}
