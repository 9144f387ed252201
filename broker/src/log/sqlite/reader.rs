//! The threads that read, each on a read-only connection of its own, from one bounded queue.
//!
//! A read sees everything acknowledged before it began: commits are flushed and listed in memory
//! before they are answered. Reads are short, because one left open would keep the write-ahead log
//! from being cut. They never run on the threads of a shard: a disk may take its time.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use futures_util::future::{BoxFuture, FutureExt};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::log::{Live, LogError, Page, Position, ScanPage, StreamId};

use super::index::{self, Heads};
use super::lock;
use super::row::{self, select};
use super::schema::{self, log_error};

/// Reads waiting for a thread.
const WAITING_MAX: usize = 4_096;
/// Threads: so that a scan does not keep a resume waiting.
const THREADS: usize = 2;

type Job = Box<dyn FnOnce(&Connection) + Send>;

pub(super) struct Readers {
    jobs: Option<SyncSender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(super) fn start(path: &Path) -> Result<Self, LogError> {
        let (jobs, waiting) = sync_channel::<Job>(WAITING_MAX);
        let waiting = Arc::new(Mutex::new(waiting));
        let mut threads = Vec::new();
        for number in 0..THREADS {
            let waiting = Arc::clone(&waiting);
            let db = schema::open_to_read(path)?;
            let name = format!("log-reader-{number}");
            let thread = std::thread::Builder::new().name(name);
            let thread = thread.spawn(move || run(&db, &waiting));
            threads.push(thread.map_err(|error| LogError::Unavailable(error.to_string()))?);
        }
        Ok(Self { jobs: Some(jobs), threads })
    }

    /// Runs `read` on a reader's thread.
    pub(super) fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, LogError> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, LogError>> {
        let (answer, answered) = oneshot::channel();
        // A reader that went away is not answered.
        let job: Job = Box::new(move |db| drop(answer.send(read(db))));
        let jobs = self.jobs.as_ref().expect("taken only when dropped");
        let refused = match jobs.try_send(job) {
            Ok(()) => None,
            Err(TrySendError::Full(_)) => Some("too many reads are waiting"),
            Err(TrySendError::Disconnected(_)) => Some("its readers have stopped"),
        };
        async move {
            if let Some(why) = refused {
                return Err(LogError::Unavailable(why.into()));
            }
            let gone = |_| LogError::Unavailable("its readers have stopped".into());
            answered.await.map_err(gone)?
        }
        .boxed()
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.jobs = None;
        self.threads.drain(..).for_each(super::join);
    }
}

fn run(db: &Connection, waiting: &Mutex<Receiver<Job>>) {
    loop {
        let job = lock(waiting).recv();
        let Ok(job) = job else { return };
        job(db);
    }
}

/// Records of a stream after `after_seq`, at most `max`.
pub(super) fn page(
    db: &Connection,
    heads: &Mutex<Heads>,
    stream: StreamId,
    after_seq: u64,
    max: usize,
) -> Result<Page, LogError> {
    let (rows, more) = index::locate(db, heads, stream, after_seq, max)?;
    let records = (after_seq.saturating_add(1)..).zip(rows);
    let records = records.map(|(seq, row)| row::fetch(db, row, stream, seq));
    Ok(Page { records: records.collect::<Result<_, _>>()?, more })
}

/// Every record after a row, at most `max`.
pub(super) fn scan(db: &Connection, after: &Position, max: usize) -> Result<ScanPage, LogError> {
    let after: i64 = match after.0.as_str() {
        "" => 0,
        text => text.parse().map_err(|_| LogError::Damaged {
            place: format!("position {text:?}"),
            what: "no position of this log: start again from the beginning".into(),
        })?,
    };
    let limit = i64::try_from(max).unwrap_or(i64::MAX).saturating_add(1);
    let mut select =
        db.prepare_cached(select!("WHERE id > ?1 ORDER BY id LIMIT ?2")).map_err(log_error)?;
    let mut rows = select.query([after, limit]).map_err(log_error)?;
    let mut page = ScanPage { records: Vec::new(), more: false };
    while let Some(row) = rows.next().map_err(log_error)? {
        if page.records.len() == max {
            page.more = true;
            break;
        }
        let (id, stream, record) = row::read(row)?;
        page.records.push((Position(id.to_string()), stream, record));
    }
    Ok(page)
}

/// All live summaries, in stream order.
pub(super) fn live(db: &Connection) -> Result<Vec<Live>, LogError> {
    let mut select = db
        .prepare_cached("SELECT stream, summary, sum FROM live ORDER BY stream")
        .map_err(log_error)?;
    let mut rows = select.query([]).map_err(log_error)?;
    let mut live = Vec::new();
    while let Some(row) = rows.next().map_err(log_error)? {
        live.push(row::read_live(row)?);
    }
    Ok(live)
}
