//! The one thread that writes: takes what has arrived, commits it in one transaction, answers.
//!
//! Group commit without a window: it never waits for company, so a lone message pays one flush and
//! a crowd shares one. Nothing is answered, and nothing shown to readers, before its transaction is
//! flushed. A commit whose fate is not certain is `Unknown`, and its connection is never used
//! again: after a flush that did not succeed, only the file knows what it holds.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::sync::{Arc, Mutex};

use deskbell_protocol::ids::Eid;
use foldhash::fast::RandomState;
use rusqlite::{Connection, ErrorCode};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::log::memory::TAIL_MAX;
use crate::log::{
    Append, Done, Erasure, LiveChange, LogError, Outcome, Record, StreamId, count_outcomes,
};
use crate::telemetry;

use super::index::{self, Heads, Window};
use super::row::{self, Key};
use super::{erase, lock, schema};

/// Most appends in one transaction.
const GROUP_MAX: usize = 512;

/// What the thread is asked for.
pub(super) enum Order {
    Append(Vec<Append>, Done),
    Erase {
        stream: StreamId,
        what: Erasure,
        reason: String,
        answer: oneshot::Sender<Result<Vec<u64>, LogError>>,
    },
    #[cfg(test)]
    Meddle(Box<dyn FnOnce(&mut Writer) + Send>),
}

/// Why a transaction did not become true, or may have.
enum Failure {
    /// It did not, and nothing is wrong with the connection: the disk is full, say.
    Refused(String),
    /// It did not.
    Lost(String),
    /// It may have.
    Unknown(String),
}

impl From<rusqlite::Error> for Failure {
    /// Before the commit.
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy) => Self::Refused(error.to_string()),
            _ => Self::Lost(error.to_string()),
        }
    }
}

/// What a transaction will have changed once it is committed.
#[derive(Default)]
struct Staged {
    versions: HashMap<StreamId, u64, RandomState>,
    rows: Vec<(StreamId, u64, Eid, i64)>,
}

pub(super) struct Writer {
    path: PathBuf,
    /// None after a failure, until it can be opened again.
    pub(super) db: Option<Connection>,
    heads: Arc<Mutex<Heads>>,
    window: Option<Window>,
    last_row: i64,
    staged: Staged,
    scratch: String,
    /// Makes the next commit's answer get lost, after it (`true`) or instead of it.
    #[cfg(test)]
    pub(super) lose: Option<bool>,
}

impl Writer {
    /// Opens the store, and checks and lists every row that is not indexed yet.
    pub(super) fn open(path: &Path) -> Result<Self, LogError> {
        let mut writer = Self {
            path: path.into(),
            db: None,
            heads: Arc::default(),
            window: None,
            last_row: 0,
            staged: Staged::default(),
            scratch: String::new(),
            #[cfg(test)]
            lose: None,
        };
        writer.reopen()?;
        Ok(writer)
    }

    /// For readers.
    pub(super) fn heads(&self) -> Arc<Mutex<Heads>> {
        Arc::clone(&self.heads)
    }

    /// Until every sender is gone and everything is answered.
    pub(super) fn run(mut self, orders: &Receiver<Order>) {
        let mut next = None;
        while let Some(order) = next.take().or_else(|| orders.recv().ok()) {
            match order {
                Order::Append(batch, done) => {
                    let mut count = batch.len();
                    let mut group = vec![(batch, done)];
                    while count < GROUP_MAX {
                        match orders.try_recv() {
                            Ok(Order::Append(batch, done)) => {
                                count += batch.len();
                                group.push((batch, done));
                            }
                            Ok(other) => {
                                next = Some(other);
                                break;
                            }
                            Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
                        }
                    }
                    self.commit(group);
                }
                Order::Erase { stream, what, reason, answer } => {
                    // Who asked may be gone; the erasure holds all the same.
                    drop(answer.send(self.erase(stream, &what, &reason)));
                }
                #[cfg(test)]
                Order::Meddle(how) => how(&mut self),
            }
        }
    }

    fn commit(&mut self, group: Vec<(Vec<Append>, Done)>) {
        let began = Instant::now();
        let outcomes = match self.reopen() {
            Ok(()) => self.transact(&group),
            Err(error) => Err(Failure::Lost(error.to_string())),
        };
        match outcomes {
            Ok(outcomes) => {
                metrics::histogram!(telemetry::COMMIT_SECONDS).record(began.elapsed());
                let appends = group.iter().flat_map(|(batch, _)| batch);
                let counts = appends.map(|it| it.entries.len());
                count_outcomes(counts.zip(outcomes.iter().flatten()));
                for ((_, done), outcomes) in group.into_iter().zip(outcomes) {
                    answer(done, outcomes);
                }
            }
            Err(failure) => {
                let (keep, outcome) = match failure {
                    Failure::Refused(why) => (self.rolled_back(), Outcome::Unavailable { why }),
                    Failure::Lost(why) => (false, Outcome::Unavailable { why }),
                    Failure::Unknown(why) => (false, Outcome::Unknown { why }),
                };
                tracing::warn!(?outcome, "the store took nothing");
                let appends = group.iter().map(|(batch, _)| batch.len() as u64).sum();
                count_failure(&outcome, appends);
                if !keep {
                    self.db = None;
                }
                for (batch, done) in group {
                    answer(done, vec![outcome.clone(); batch.len()]);
                }
            }
        }
    }

    /// Whether the connection is out of its transaction.
    fn rolled_back(&self) -> bool {
        self.db
            .as_ref()
            .is_some_and(|db| db.is_autocommit() || db.execute_batch("ROLLBACK").is_ok())
    }

    /// Everything of `group` in one transaction.
    fn transact(&mut self, group: &[(Vec<Append>, Done)]) -> Result<Vec<Vec<Outcome>>, Failure> {
        let db = self.db.as_ref().expect("reopen came first");
        self.staged.versions.clear();
        self.staged.rows.clear();
        db.prepare_cached("BEGIN IMMEDIATE").and_then(|mut it| it.execute([]))?;
        let mut outcomes = Vec::with_capacity(group.len());
        {
            let mut stage = Stage {
                db,
                heads: &self.heads,
                insert: db.prepare_cached(row::INSERT)?,
                staged: &mut self.staged,
                last_row: self.last_row,
                scratch: &mut self.scratch,
            };
            for (batch, _) in group {
                let outcome = batch.iter().map(|append| stage.append(append));
                let outcome = outcome.collect::<Result<Vec<_>, _>>();
                outcomes.push(outcome?);
            }
        }
        if self.window.is_none() {
            self.window = Window::due(&lock(&self.heads), self.last_row);
        }
        let budget = self.staged.rows.len() * 2 + index::SLICE_MIN;
        let slice = self.window.as_ref().map(|it| it.slice(db, &self.heads, budget));
        let slice = slice.transpose()?;
        #[cfg(test)]
        if let Some(applied) = self.lose.take() {
            db.execute_batch(if applied { "COMMIT" } else { "ROLLBACK" })?;
            return Err(Failure::Unknown("lost by a test".into()));
        }
        db.prepare_cached("COMMIT").and_then(|mut it| it.execute([])).map_err(uncommitted)?;

        let mut heads = lock(&self.heads);
        if let (Some(window), Some(slice)) = (&mut self.window, slice)
            && window.settle(&mut heads, &slice)
        {
            self.window = None;
        }
        for (stream, seq, eid, row) in self.staged.rows.drain(..) {
            heads.push(stream, seq, eid, row);
            self.last_row = row;
        }
        Ok(outcomes)
    }

    /// Makes sure of a connection, and of what is known in memory about its file.
    fn reopen(&mut self) -> Result<(), LogError> {
        if self.db.is_some() {
            return Ok(());
        }
        let mut db = schema::open_to_write(&self.path)?;
        schema::prepare(&mut db)?;
        let (heads, last_row) = index::load(&db)?;
        *lock(&self.heads) = heads;
        self.last_row = last_row;
        self.window = None;
        self.db = Some(db);
        Ok(())
    }

    fn erase(
        &mut self,
        stream: StreamId,
        what: &Erasure,
        reason: &str,
    ) -> Result<Vec<u64>, LogError> {
        self.reopen()?;
        let db = self.db.as_mut().expect("reopen came first");
        let dir = self.path.parent().expect("the store's file stands in its directory");
        let erased = erase::erase(db, &self.heads, dir, stream, what, reason);
        if erased.is_err() {
            self.db = None;
        }
        erased
    }
}

/// A transaction being filled.
struct Stage<'a> {
    db: &'a Connection,
    heads: &'a Mutex<Heads>,
    insert: rusqlite::CachedStatement<'a>,
    staged: &'a mut Staged,
    last_row: i64,
    scratch: &'a mut String,
}

impl Stage<'_> {
    fn append(&mut self, append: &Append) -> Result<Outcome, Failure> {
        match self.check(append) {
            Ok(None) => {}
            Ok(Some(conflict)) => return Ok(conflict),
            // A damaged stream takes nothing; the others of the transaction go on.
            Err(error @ (LogError::Damaged { .. } | LogError::Newer { .. })) => {
                return Ok(Outcome::Unavailable { why: error.to_string() });
            }
            Err(LogError::Unavailable(why)) => return Err(Failure::Lost(why)),
        }
        let (stream, version) = (append.stream, append.expect);
        let mut seq = version;
        for entry in &append.entries {
            seq += 1;
            self.last_row += 1;
            row::insert(&mut self.insert, self.last_row, stream, seq, entry, self.scratch)?;
            self.staged.rows.push((stream, seq, entry.eid, self.last_row));
        }
        self.staged.versions.insert(stream, seq);
        set_live(self.db, stream, &append.live)?;
        Ok(Outcome::Appended { first_seq: version + 1 })
    }

    /// None if the stream is where the caller believes; else what the caller does not know, from
    /// the store and from this very transaction.
    fn check(&self, append: &Append) -> Result<Option<Outcome>, LogError> {
        let (stream, expect) = (append.stream, append.expect);
        let version = match self.staged.versions.get(&stream) {
            Some(version) => *version,
            None => index::head(self.db, self.heads, stream)?.map_or(0, |(seq, _)| seq),
        };
        if version == expect {
            return Ok(None);
        }
        let (rows, _) = index::locate(self.db, self.heads, stream, expect, TAIL_MAX)?;
        let staged = self.staged.rows.iter();
        let staged = staged.filter(|(its, seq, ..)| *its == stream && *seq > expect);
        let rows = rows.into_iter().chain(staged.map(|(.., row)| *row)).take(TAIL_MAX);
        let tail = (expect.saturating_add(1)..).zip(rows);
        let tail = tail.map(|(seq, row)| row::fetch(self.db, row, stream, seq));
        let tail = tail.collect::<Result<Vec<Record>, _>>()?;
        let more = expect.saturating_add(tail.len() as u64) < version;
        Ok(Some(Outcome::Conflict { tail, more }))
    }
}

/// Counts a commit with what it holds.
/// Counts appends that came to nothing, or may have.
fn count_failure(outcome: &Outcome, appends: u64) {
    let reason = match outcome {
        Outcome::Unknown { .. } => "unknown",
        Outcome::Unavailable { .. } | Outcome::Appended { .. } | Outcome::Conflict { .. } => {
            "unavailable"
        }
    };
    metrics::counter!(telemetry::STORE_FAILURES, "reason" => reason).increment(appends);
}

/// A callback that panics is its owner's trouble: the writer goes on for everyone else.
fn answer(done: Done, outcomes: Vec<Outcome>) {
    if catch_unwind(AssertUnwindSafe(|| done(outcomes))).is_err() {
        tracing::error!("an append's callback panicked");
    }
}

fn set_live(db: &Connection, stream: StreamId, live: &LiveChange) -> rusqlite::Result<()> {
    let key = Key::of(stream);
    match live {
        LiveChange::Keep => {}
        LiveChange::Put(summary) => {
            let mut put = db.prepare_cached("INSERT OR REPLACE INTO live VALUES (?1, ?2, ?3)")?;
            put.execute((key.as_slice(), summary, row::live_checksum(&key, summary)))?;
        }
        LiveChange::Remove => {
            let mut remove = db.prepare_cached("DELETE FROM live WHERE stream = ?1")?;
            remove.execute([key.as_slice()])?;
        }
    }
    Ok(())
}

/// What is known when a `COMMIT` returns an error: a full disk took no commit mark, and whoever
/// held the file let nothing begin. Of anything else only the file knows.
fn uncommitted(error: rusqlite::Error) -> Failure {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy) => Failure::from(error),
        _ => Failure::Unknown(error.to_string()),
    }
}
