//! ADAPTER: the log in a Redis server, for several brokers on one store.
//!
//! A chat is a Redis stream whose ids are its places; beside it stand its version and the identity
//! of its last record. One script for each append compares both, writes the records, the journal
//! for `scan` and the live summary, and tells whoever listens: in one step, so that the server's
//! order decides every race, and a history that the server lost is noticed.
//!
//! `store` asks the server · `erase` takes out · `hints` is what others' appends tell · `row` and
//! `place` are how and where records stand.

mod erase;
mod hints;
mod place;
mod row;
mod store;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use futures_util::future::{BoxFuture, FutureExt};
use tokio::sync::mpsc::{self, error::TrySendError};

use self::store::Store;
use super::{
    Append, Done, Durability, Erased, Erasure, EventLog, Follower, Heads, Live, LogError, Outcome,
    Page, Position, Report, ScanPage, StreamId,
};
use crate::config::written::RedisDurability;
use crate::redis::{Server, ServerError};

/// Entries of a Redis stream: each with its id and fields.
type Entries = Vec<(String, HashMap<String, String>)>;

/// The log on a server.
pub struct RedisLog {
    server: Server,
    store: Store,
    /// Where what was erased stands on record, too.
    erasures_in: Option<PathBuf>,
    /// Batches on their way to the one task that writes.
    writer: mpsc::Sender<(Vec<Append>, Done)>,
}

/// Batches that may wait. Each shard has few at a time on their way, and each actor one append.
const WAITING_MAX: usize = 4_096;
/// Most appends in one round trip.
const GROUP_MAX: usize = 512;

impl From<ServerError> for LogError {
    fn from(error: ServerError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl RedisLog {
    /// The log of the broker number `node`.
    pub fn on(server: Server, node: u64) -> Self {
        let store = Store::new(server.line(), node);
        let (writer, waiting) = mpsc::channel(WAITING_MAX);
        server.spawn(write(store.clone(), waiting));
        Self { server, store, erasures_in: None, writer }
    }

    /// Has erasures stand on record in a file in `dir`, too, and does those again that the server
    /// lost, now and with each new connection.
    pub fn keep_erasures_in(mut self, dir: &Path) -> Result<Self, LogError> {
        let (store, dir) = (self.store.clone(), dir.to_owned());
        let connections = self.server.connections();
        self.erasures_in = Some(dir.clone());
        let met = self.server.wait_for(async move {
            let met = store.meet(&dir).await;
            tokio::spawn(erase::keep(store, dir, connections));
            Ok(met)
        });
        met??;
        Ok(self)
    }

    /// Reads every record and every summary. It stops at the first damage in what it reads.
    pub fn verify(&self) -> BoxFuture<'static, Result<Report, LogError>> {
        self.on_thread(|store| async move { store.verify().await }.boxed())
    }

    /// Does `work` on the server's own thread.
    fn on_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(Store) -> BoxFuture<'static, Result<T, LogError>>,
    ) -> BoxFuture<'static, Result<T, LogError>> {
        let task = self.server.spawn(work(self.store.clone()));
        async move { task.await.map_err(|error| LogError::Unavailable(error.to_string()))? }.boxed()
    }
}

impl EventLog for RedisLog {
    fn append(&self, batch: Vec<Append>, done: Done) {
        if let Err(refused) = self.writer.try_send((batch, done)) {
            let (TrySendError::Full((batch, done)) | TrySendError::Closed((batch, done))) = refused;
            let why = "too many appends wait for Redis".to_owned();
            done(vec![Outcome::Unavailable { why }; batch.len()]);
        }
    }

    fn read(
        &self,
        stream: StreamId,
        after_seq: u64,
        max: usize,
    ) -> BoxFuture<'static, Result<Page, LogError>> {
        self.on_thread(move |store| async move { store.read(stream, after_seq, max).await }.boxed())
    }

    fn heads(&self, streams: Vec<StreamId>) -> BoxFuture<'static, Result<Heads, LogError>> {
        self.on_thread(move |store| async move { store.heads(&streams).await }.boxed())
    }

    fn scan(&self, after: Position, max: usize) -> BoxFuture<'static, Result<ScanPage, LogError>> {
        self.on_thread(move |store| async move { store.scan(&after, max).await }.boxed())
    }

    fn live(&self) -> BoxFuture<'static, Result<Vec<Live>, LogError>> {
        self.on_thread(move |store| async move { store.live().await }.boxed())
    }

    fn erase(
        &self,
        stream: StreamId,
        what: Erasure,
        reason: String,
    ) -> BoxFuture<'static, Result<Vec<u64>, LogError>> {
        let dir = self.erasures_in.clone();
        self.on_thread(move |store| {
            async move { store.erase(stream, &what, &reason, dir.as_deref()).await }.boxed()
        })
    }

    fn erased(&self) -> BoxFuture<'static, Result<Vec<Erased>, LogError>> {
        self.on_thread(|store| async move { store.erased().await }.boxed())
    }

    fn durability(&self) -> Durability {
        match self.server.durability() {
            RedisDurability::Async => Durability::RedisAsync,
            RedisDurability::Disk => Durability::RedisDisk,
        }
    }

    fn follow(&self, follower: Follower) -> bool {
        hints::follow(&self.server, self.store.node(), follower);
        true
    }

    fn hear_all(&self) -> Option<BoxFuture<'static, Result<(), LogError>>> {
        let server = self.server.clone();
        let hearing = async move { server.hear_all().await };
        let task = self.server.spawn(hearing);
        let heard = async move {
            task.await.map_err(|error| LogError::Unavailable(error.to_string()))??;
            Ok(())
        };
        Some(heard.boxed())
    }

    fn hears(&self) -> Result<(), LogError> {
        Ok(self.server.hears()?)
    }
}

/// Sends whatever has arrived in one round trip, then whatever arrived meanwhile: a lone append is
/// not held up, and a crowd shares its round trips, and the server's flushes.
async fn write(store: Store, mut waiting: mpsc::Receiver<(Vec<Append>, Done)>) {
    while let Some(first) = waiting.recv().await {
        let (mut appends, mut owners) = (Vec::new(), Vec::new());
        let mut next = Some(first);
        while let Some((batch, done)) = next {
            owners.push((batch.len(), done));
            appends.extend(batch);
            next = if appends.len() < GROUP_MAX { waiting.try_recv().ok() } else { None };
        }
        let mut outcomes = store.append_all(appends).await.into_iter();
        for (count, done) in owners {
            done(outcomes.by_ref().take(count).collect());
        }
    }
}

fn missing(stream: StreamId, seq: u64) -> LogError {
    LogError::Damaged {
        place: format!("{stream} record {seq}"),
        what: "it is missing; restore a backup".into(),
    }
}
