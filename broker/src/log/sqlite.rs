//! ADAPTER: the log in one SQLite file, the default.
//!
//! One thread writes with group commit ([`writer`]), two read ([`reader`]); a stream's records are
//! found through an index that trails the log ([`index`]). `Appended` means flushed to this
//! machine's disk. A store belongs to one process at a time ([`Lock`]).
//!
//! Deliberately not here: other tables of the same file, such as those of the secrets.

mod backup;
mod erase;
mod index;
mod reader;
mod row;
mod schema;
mod verify;
mod writer;

pub use self::backup::restore;
pub use self::verify::verify;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use deskbell_protocol::ids::Eid;
use futures_util::future::{BoxFuture, FutureExt};
use tokio::sync::oneshot;

use self::index::Heads;
use self::reader::Readers;
use self::writer::{Order, Writer};
use super::erasure::file;
use super::lock::Lock;
use super::{
    Append, Done, Durability, Erased, Erasure, EventLog, Live, LogError, Outcome, Page, Position,
    Report, ScanPage, StreamId,
};

/// Batches waiting for the writer. Each shard has one at a time on its way, and each actor one
/// append, so a full queue means a disk that does not answer.
const WAITING_MAX: usize = 4_096;

/// An open store. Dropping it answers what was submitted, then lets the store go.
pub struct SqliteLog {
    path: PathBuf,
    heads: Arc<Mutex<Heads>>,
    orders: Option<SyncSender<Order>>,
    writer: Option<JoinHandle<()>>,
    readers: Readers,
    /// Let go last.
    _lock: Arc<Lock>,
}

impl SqliteLog {
    /// Opens the store in `dir`, making both if they do not exist. Damage that a start can find
    /// stops it: in the schema, and in the records that are not indexed yet.
    pub fn open(dir: &Path) -> Result<Self, LogError> {
        std::fs::create_dir_all(dir)
            .map_err(|error| LogError::Unavailable(format!("{}: {error}", dir.display())))?;
        let lock = Arc::new(Lock::take(dir)?);
        let path = dir.join(schema::FILE);
        let writer = Writer::open(&path)?;
        let heads = writer.heads();
        let readers = Readers::start(&path)?;
        let (orders, waiting) = sync_channel(WAITING_MAX);
        let thread = std::thread::Builder::new().name("log-writer".into());
        let writers_lock = Arc::clone(&lock);
        let thread = thread.spawn(move || {
            // The store is let go when both this thread and the handle are done with it.
            let _lock = writers_lock;
            writer.run(&waiting);
        });
        let thread = thread.map_err(|error| LogError::Unavailable(error.to_string()))?;
        Ok(Self { path, heads, orders: Some(orders), writer: Some(thread), readers, _lock: lock })
    }

    /// Verifies the open store, from a thread of its own.
    pub fn verify(&self) -> BoxFuture<'static, Result<Report, LogError>> {
        let path = self.path.clone();
        apart("log-verify", move || verify::verify_file(&path))
    }

    /// Copies the open store, tables of others included, into the file `dest`, and verifies it.
    pub fn backup(&self, dest: PathBuf) -> BoxFuture<'static, Result<Report, LogError>> {
        let path = self.path.clone();
        apart("log-backup", move || backup::backup(&path, &dest))
    }

    /// Does something to the writer, between two transactions.
    #[cfg(test)]
    async fn meddle(&self, how: impl FnOnce(&mut Writer) + Send + 'static) {
        let (answer, answered) = oneshot::channel();
        let how = Box::new(move |writer: &mut Writer| {
            how(writer);
            answer.send(()).unwrap();
        });
        assert!(self.refused(Order::Meddle(how)).is_none());
        answered.await.unwrap();
    }

    /// Hands an order to the writer, or hands it back with the reason.
    fn refused(&self, order: Order) -> Option<(Order, &'static str)> {
        let orders = self.orders.as_ref().expect("taken only when dropped");
        match orders.try_send(order) {
            Ok(()) => None,
            Err(TrySendError::Full(order)) => Some((order, "too many appends are waiting")),
            Err(TrySendError::Disconnected(order)) => Some((order, "its writer has stopped")),
        }
    }
}

impl Drop for SqliteLog {
    fn drop(&mut self) {
        self.orders = None;
        self.writer.take().into_iter().for_each(join);
    }
}

/// Waits for a thread of the log, unless it is the one that asks: the last handle may be let go
/// by an outcome's callback.
fn join(thread: JoinHandle<()>) {
    if thread.thread().id() != std::thread::current().id() && thread.join().is_err() {
        tracing::error!("a thread of the log panicked");
    }
}

/// Runs what takes long on a thread of its own.
fn apart<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> Result<T, LogError> + Send + 'static,
) -> BoxFuture<'static, Result<T, LogError>> {
    let (answer, answered) = oneshot::channel();
    // Who asked may be gone.
    let work = move || drop(answer.send(work()));
    let started = std::thread::Builder::new().name(name.into()).spawn(work);
    async move {
        started.map_err(|error| LogError::Unavailable(error.to_string()))?;
        answered.await.map_err(|_| LogError::Unavailable("its thread panicked".into()))?
    }
    .boxed()
}

/// Nothing that runs under the log's locks leaves them half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl EventLog for SqliteLog {
    fn append(&self, batch: Vec<Append>, done: Done) {
        if let Some((Order::Append(batch, done), why)) = self.refused(Order::Append(batch, done)) {
            done(vec![Outcome::Unavailable { why: why.into() }; batch.len()]);
        }
    }

    fn read(
        &self,
        stream: StreamId,
        after_seq: u64,
        max: usize,
    ) -> BoxFuture<'static, Result<Page, LogError>> {
        let heads = Arc::clone(&self.heads);
        self.readers.run(move |db| reader::page(db, &heads, stream, after_seq, max))
    }

    fn heads(
        &self,
        streams: Vec<StreamId>,
    ) -> BoxFuture<'static, Result<Vec<Option<(u64, Eid)>>, LogError>> {
        let heads = Arc::clone(&self.heads);
        self.readers.run(move |db| {
            streams.into_iter().map(|stream| index::head(db, &heads, stream)).collect()
        })
    }

    fn scan(&self, after: Position, max: usize) -> BoxFuture<'static, Result<ScanPage, LogError>> {
        self.readers.run(move |db| reader::scan(db, &after, max))
    }

    fn live(&self) -> BoxFuture<'static, Result<Vec<Live>, LogError>> {
        self.readers.run(reader::live)
    }

    fn erase(
        &self,
        stream: StreamId,
        what: Erasure,
        reason: String,
    ) -> BoxFuture<'static, Result<Vec<u64>, LogError>> {
        let (answer, answered) = oneshot::channel();
        let refused = self.refused(Order::Erase { stream, what, reason, answer });
        let refused = refused.map(|(_, why)| LogError::Unavailable(why.into()));
        async move {
            if let Some(refused) = refused {
                return Err(refused);
            }
            let gone = |_| LogError::Unavailable("its writer has stopped".into());
            answered.await.map_err(gone)?
        }
        .boxed()
    }

    fn erased(&self) -> BoxFuture<'static, Result<Vec<Erased>, LogError>> {
        let dir = self.path.parent().expect("the store's file stands in its directory").to_owned();
        apart("log-erased", move || file::read(&dir))
    }

    fn durability(&self) -> Durability {
        Durability::Disk
    }
}

#[cfg(test)]
mod tests;
