//! The store's file: how it is opened, what stands in it, and how its troubles are named.
//!
//! `log` is appended to by rowid and by nothing else, so that a message costs one row at the end of
//! one tree. `runs` finds a stream's records; it trails (see `index`). Other tables of the file
//! belong to others.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::log::LogError;

/// The store within its directory.
pub(super) const FILE: &str = "deskbell.db";
/// The format that this broker writes, in `user_version`.
pub(super) const FORMAT: i64 = 1;
/// How long to wait for another connection of this store that is writing.
const BUSY: Duration = Duration::from_secs(5);

const TABLES: &str = "
CREATE TABLE log (
    id INTEGER PRIMARY KEY, stream BLOB NOT NULL, seq INTEGER NOT NULL, eid INTEGER NOT NULL,
    at INTEGER NOT NULL, author TEXT NOT NULL, cmid BLOB, fingerprint INTEGER NOT NULL,
    kind TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, sum INTEGER NOT NULL
) STRICT;
CREATE TABLE runs (
    stream BLOB NOT NULL, first INTEGER NOT NULL, rows BLOB NOT NULL, PRIMARY KEY (stream, first)
) STRICT, WITHOUT ROWID;
CREATE TABLE live (
    stream BLOB PRIMARY KEY, summary TEXT NOT NULL, sum INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE log_state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO log_state VALUES ('indexed_to', 0);
";

/// For the writer: every commit is flushed before it returns.
pub(super) fn open_to_write(path: &Path) -> Result<Connection, LogError> {
    let db = Connection::open(path).map_err(log_error)?;
    db.busy_timeout(BUSY).map_err(log_error)?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
         PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 8000;
         PRAGMA journal_size_limit = 67108864;",
    )
    .map_err(log_error)?;
    db.set_prepared_statement_cache_capacity(32);
    Ok(db)
}

/// For everyone else.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, LogError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags).map_err(log_error)?;
    db.busy_timeout(BUSY).map_err(log_error)?;
    db.set_prepared_statement_cache_capacity(32);
    Ok(db)
}

/// Makes the tables of a new store; refuses one that a newer broker wrote, or that lacks them.
pub(super) fn prepare(db: &mut Connection) -> Result<(), LogError> {
    let format = format(db)?;
    if format > FORMAT {
        return Err(LogError::Newer { what: format!("the store (format {format})") });
    }
    let mut count = db
        .prepare(
            "SELECT count(*) FROM sqlite_schema
             WHERE type = 'table' AND name IN ('log', 'runs', 'live', 'log_state')",
        )
        .map_err(log_error)?;
    let tables: i64 = count.query_row([], |row| row.get(0)).map_err(log_error)?;
    drop(count);
    match (format, tables) {
        (FORMAT, 4) => Ok(()),
        (0, 0) => create(db).map_err(log_error),
        _ => Err(LogError::Damaged {
            place: FILE.into(),
            what: format!("it has {tables} of the log's 4 tables; restore a backup"),
        }),
    }
}

/// What `user_version` says.
pub(super) fn format(db: &Connection) -> Result<i64, LogError> {
    db.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(log_error)
}

fn create(db: &mut Connection) -> rusqlite::Result<()> {
    let tx = db.transaction()?;
    tx.execute_batch(TABLES)?;
    tx.pragma_update(None, "user_version", FORMAT)?;
    tx.commit()
}

/// What SQLite says, in the log's words.
pub(super) fn log_error(error: rusqlite::Error) -> LogError {
    let damaged = |what: String| LogError::Damaged { place: FILE.into(), what };
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            damaged(format!("{error}; run `deskbell log verify`, or restore a backup"))
        }
        Some(_) => LogError::Unavailable(error.to_string()),
        // A column that does not hold what the schema says it holds.
        None => damaged(error.to_string()),
    }
}
