//! Whether a store is what was written: every record, every stream, the index and the summaries.
//!
//! Reads only, over a connection of its own, in one snapshot, so that a running broker may be asked
//! too. Goes on after damage, so that the report names all of it and not only the first.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;

use crate::log::{LogError, Report, StreamId};

use super::index;
use super::row::{self, Key, select};
use super::schema::{self, log_error};
use crate::log::lock::Lock;

/// Most damages that are named.
const DAMAGE_MAX: usize = 1_000;

/// Verifies the store in `dir`, which no broker has open.
pub fn verify(dir: &Path) -> Result<Report, LogError> {
    let path = dir.join(schema::FILE);
    if !path.exists() {
        return Err(LogError::Unavailable(format!("{} does not exist", path.display())));
    }
    let _lock = Lock::take(dir)?;
    verify_file(&path)
}

/// Verifies a store's file.
pub(super) fn verify_file(path: &Path) -> Result<Report, LogError> {
    let mut db = schema::open_to_read(path)?;
    let format = schema::format(&db)?;
    if format > schema::FORMAT {
        return Err(LogError::Newer { what: format!("the store (format {format})") });
    }
    let tx = db.transaction().map_err(log_error)?;
    let mut report = Report::default();
    integrity(&tx, &mut report)?;
    let places = records(&tx, &mut report)?;
    runs(&tx, &places, &mut report)?;
    live(&tx, &places, &mut report)?;
    report.damage.truncate(DAMAGE_MAX);
    Ok(report)
}

/// Each stream's rows in the order of seq.
type Places = BTreeMap<StreamId, Vec<i64>>;

fn integrity(db: &Connection, report: &mut Report) -> Result<(), LogError> {
    let mut check = db.prepare("PRAGMA integrity_check").map_err(log_error)?;
    let mut rows = check.query([]).map_err(log_error)?;
    while let Some(row) = rows.next().map_err(log_error)? {
        let said: String = row.get(0).map_err(log_error)?;
        if said != "ok" {
            report.damage.push(format!("{}: {said}", schema::FILE));
        }
    }
    Ok(())
}

fn records(db: &Connection, report: &mut Report) -> Result<Places, LogError> {
    let mut places = Places::new();
    let mut select = db.prepare(select!("ORDER BY id")).map_err(log_error)?;
    let mut rows = select.query([]).map_err(log_error)?;
    loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => break,
            // The file itself cannot be walked further.
            Err(error) => {
                report.damage.push(log_error(error).to_string());
                break;
            }
        };
        match row::read(row) {
            Ok((id, stream, record)) => {
                report.records += 1;
                let rows = places.entry(stream).or_default();
                let expected = rows.len() as u64 + 1;
                if record.seq != expected {
                    let what = format!("record {} stands where {expected} should", record.seq);
                    report.damage.push(format!("{stream} row {id}: {what}"));
                }
                rows.push(id);
            }
            Err(error @ LogError::Newer { .. }) => return Err(error),
            Err(error) => {
                report.damage.push(error.to_string());
                // It keeps its place, so that those after it are not called displaced.
                if let Some((id, stream)) = row::place(row) {
                    places.entry(stream).or_default().push(id);
                }
            }
        }
    }
    report.streams = places.len() as u64;
    Ok(places)
}

/// That `runs` lists every row up to `indexed_to`, at its place, and nothing else.
fn runs(db: &Connection, places: &Places, report: &mut Report) -> Result<(), LogError> {
    let indexed_to = index::indexed_to(db)?;
    for (stream, rows) in places {
        let mut listed = vec![None; rows.len()];
        let mut select = db
            .prepare_cached("SELECT first, rows FROM runs WHERE stream = ?1 ORDER BY first")
            .map_err(log_error)?;
        let mut found = select.query([Key::of(*stream).as_slice()]).map_err(log_error)?;
        while let Some(run) = found.next().map_err(log_error)? {
            let first: i64 = run.get(0).map_err(log_error)?;
            let packed: Vec<u8> = run.get(1).map_err(log_error)?;
            let first_place = usize::try_from(first - 1).unwrap_or(usize::MAX);
            for (offset, row) in index::unpack(&packed).unwrap_or_default().into_iter().enumerate()
            {
                match listed.get_mut(first_place.saturating_add(offset)) {
                    Some(place) => *place = Some(row),
                    None => {
                        report.damage.push(format!("{stream}: index entry {first} is too long"));
                    }
                }
            }
        }
        for ((row, listed), seq) in rows.iter().zip(&listed).zip(1..) {
            let wrong = listed.is_some_and(|listed| listed != *row);
            if wrong || (listed.is_none() && *row <= indexed_to) {
                report.damage.push(format!("{stream} record {seq}: the index does not find it"));
            }
        }
    }
    let mut select = db.prepare("SELECT DISTINCT stream FROM runs").map_err(log_error)?;
    let mut found = select.query([]).map_err(log_error)?;
    while let Some(row) = found.next().map_err(log_error)? {
        let key: Vec<u8> = row.get(0).map_err(log_error)?;
        if !Key::read(&key).is_some_and(|stream| places.contains_key(&stream)) {
            report.damage.push("the index lists a stream that has no records".into());
        }
    }
    Ok(())
}

/// That each live summary is whole and belongs to a stream.
fn live(db: &Connection, places: &Places, report: &mut Report) -> Result<(), LogError> {
    let mut select = db.prepare("SELECT stream, summary, sum FROM live").map_err(log_error)?;
    let mut rows = select.query([]).map_err(log_error)?;
    while let Some(row) = rows.next().map_err(log_error)? {
        let live = match row::read_live(row) {
            Ok(live) => live,
            Err(error) => {
                report.damage.push(error.to_string());
                continue;
            }
        };
        report.live += 1;
        let version = places.get(&live.stream).map_or(0, |rows| rows.len() as u64);
        match crate::log::record::summary::decode(&live.summary) {
            Ok(summary) if summary.changed_at_seq > version => report.damage.push(format!(
                "the live summary of {} is of record {}, and there are {version}",
                live.stream, summary.changed_at_seq
            )),
            Ok(_) => {}
            Err(error) => report.damage.push(format!("{}: {error}", live.stream)),
        }
    }
    Ok(())
}
