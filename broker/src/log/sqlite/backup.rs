//! Backup of a running store, and its way back.
//!
//! A backup is one file, whole when it has its name: written beside it, verified, flushed, renamed.
//! It is one snapshot, tables of others included; the writer goes on meanwhile. What was erased
//! after a backup is erased from it again when it is restored, by the list beside the store, which
//! is never replaced.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::log::erasure::{Named, file};
use crate::log::{LogError, Record, StreamId};

use super::erase;
use super::row::{self, select};
use super::schema::{self, log_error};
use super::verify::verify_file;
use crate::log::Report;
use crate::log::lock::Lock;

/// Copies the store at `path`, which may be open, into `dest`.
pub(super) fn backup(path: &Path, dest: &Path) -> Result<Report, LogError> {
    let part = beside(dest, "part");
    remove(&part)?;
    let from = schema::open_to_read(path)?;
    copy(&from, &part)?;
    let report = check(&part)?;
    name(&part, dest)?;
    Ok(report)
}

/// Makes `dir` a store with what `file` holds, less what was erased since. Refuses to replace a
/// store unless `replace`; the store it replaces stays, with `.before-restore` after its name.
pub fn restore(file: &Path, dir: &Path, replace: bool) -> Result<Report, LogError> {
    let io = |error: std::io::Error| LogError::Unavailable(format!("{}: {error}", dir.display()));
    std::fs::create_dir_all(dir).map_err(io)?;
    let _lock = Lock::take(dir)?;
    let path = dir.join(schema::FILE);
    if path.exists() && !replace {
        return Err(LogError::Unavailable(format!(
            "{} holds a store already: restore into an empty directory, or say that it is to be \
             replaced",
            dir.display()
        )));
    }
    if !file.is_file() {
        return Err(LogError::Unavailable(format!("{} is no backup file", file.display())));
    }
    let part = beside(&path, "part");
    remove(&part)?;
    std::fs::copy(file, &part).map_err(io)?;
    let mut db = schema::open_to_write(&part)?;
    schema::prepare(&mut db)?;
    replay(&mut db, dir)?;
    erase::truncate(&db)?;
    drop(db);
    let report = check(&part)?;
    set_aside(&path)?;
    name(&part, &path)?;
    Ok(report)
}

fn copy(from: &Connection, part: &Path) -> Result<(), LogError> {
    let mut to = Connection::open(part).map_err(log_error)?;
    {
        // All pages in one step: one snapshot, which a busy writer cannot make start over.
        let backup = Backup::new(from, &mut to).map_err(log_error)?;
        match backup.step(-1).map_err(log_error)? {
            StepResult::Done => {}
            _ => return Err(LogError::Unavailable("the store is busy: back up again".into())),
        }
    }
    // One file, without companions, whoever opens it.
    to.execute_batch("PRAGMA journal_mode = DELETE").map_err(log_error)
}

/// Verifies what was written.
fn check(part: &Path) -> Result<Report, LogError> {
    let report = verify_file(part)?;
    if let Some(first) = report.damage.first() {
        let what = format!("{first}; nothing was replaced");
        return Err(LogError::Damaged { place: part.display().to_string(), what });
    }
    Ok(report)
}

/// Flushes it, and gives it its name.
fn name(part: &Path, dest: &Path) -> Result<(), LogError> {
    let named = || {
        File::open(part)?.sync_all()?;
        std::fs::rename(part, dest)?;
        let dir = dest.parent().filter(|dir| !dir.as_os_str().is_empty());
        File::open(dir.unwrap_or(Path::new(".")))?.sync_all()
    };
    named().map_err(|error: std::io::Error| {
        LogError::Unavailable(format!("{}: {error}", dest.display()))
    })?;
    for companion in ["-wal", "-shm"] {
        remove(&with_suffix(part, companion))?;
    }
    Ok(())
}

/// Blanks what the list beside the store names, where the backup still has it.
fn replay(db: &mut Connection, dir: &Path) -> Result<(), LogError> {
    let erased = file::read(dir)?;
    if erased.is_empty() {
        return Ok(());
    }
    let named: Named = erased.iter().collect();
    let mut found = BTreeMap::<StreamId, Vec<(i64, Record)>>::new();
    {
        let mut select = db.prepare(select!("ORDER BY id")).map_err(log_error)?;
        let mut rows = select.query([]).map_err(log_error)?;
        while let Some(row) = rows.next().map_err(log_error)? {
            let (id, stream, record) = row::read(row)?;
            if named.names(stream, &record) {
                found.entry(stream).or_default().push((id, record));
            }
        }
    }
    for (stream, records) in found {
        erase::blank(db, stream, &records)?;
    }
    Ok(())
}

fn set_aside(path: &Path) -> Result<(), LogError> {
    for companion in ["", "-wal", "-shm"] {
        let from = with_suffix(path, companion);
        if from.exists() {
            let to = with_suffix(&beside(path, "before-restore"), companion);
            std::fs::rename(&from, to)
                .map_err(|error| LogError::Unavailable(format!("{}: {error}", from.display())))?;
        }
    }
    Ok(())
}

fn beside(path: &Path, extension: &str) -> PathBuf {
    with_suffix(path, &format!(".{extension}"))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn remove(path: &Path) -> Result<(), LogError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(LogError::Unavailable(format!("{}: {error}", path.display())))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
