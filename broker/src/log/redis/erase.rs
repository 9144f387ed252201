//! Erasure: personal fields leave the server's memory in one step, then its file.
//!
//! What is erased stands on a list of the partition, and in a file of this broker's own, if it
//! keeps one: a server that comes back with an older state has lost its list together with the
//! erasure, and the file has both done again. That is looked at whenever the server is connected,
//! and each hour, so that the file also knows what the other brokers erased.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ::redis::{cmd, pipe};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::place::{self, Keys, PARTITIONS};
use super::row;
use super::store::{PAGE_MAX, Store};
use crate::log::erasure::{self, Named, Place, file};
use crate::log::{Erased, Erasure, LogError, Page, Record, StreamId, record};

pub(super) const ERASE: &str = include_str!("erase.lua");
/// How often a chat that goes on meanwhile is read again to be erased.
const TRIES: usize = 8;
/// How often a server that is rewriting its file already is asked to do so once more.
const REWRITE_TRIES: usize = 600;
const REWRITE_AGAIN: Duration = Duration::from_secs(1);
/// How often a broker looks for what others erased.
const MEET_EVERY: Duration = Duration::from_hours(1);

/// A stream as an erasure leaves it.
struct Left {
    records: Vec<Record>,
    summary: Option<String>,
    /// Where the erasure found something.
    places: Vec<Place>,
    /// Whether any of it was still to be blanked.
    is_other: bool,
}

impl Store {
    /// Erases, on record in the server and in the file in `dir`.
    pub(super) async fn erase(
        &self,
        stream: StreamId,
        what: &Erasure,
        reason: &str,
        dir: Option<&Path>,
    ) -> Result<Vec<u64>, LogError> {
        let (seqs, is_in_file) = self.take_out(stream, what, reason, dir).await?;
        if is_in_file {
            self.rewrite().await?;
        }
        Ok(seqs)
    }

    /// Takes it out of the server's memory; tells the places, and whether its file may hold it.
    async fn take_out(
        &self,
        stream: StreamId,
        what: &Erasure,
        reason: &str,
        dir: Option<&Path>,
    ) -> Result<(Vec<u64>, bool), LogError> {
        for _ in 0..TRIES {
            let left = self.left(stream, what).await?;
            let seqs: Vec<_> = left.places.iter().map(|(seq, _)| *seq).collect();
            let Some(erased) = what.on_record(stream, left.places.clone(), reason) else {
                return Ok((seqs, false));
            };
            if let Some(dir) = dir {
                add(dir, vec![erased.clone()]).await?;
            }
            if matches!(what, Erasure::Again(_)) && !left.is_other {
                self.note(&erased).await?;
                return Ok((seqs, false));
            }
            // Otherwise the stream went on meanwhile: it is read again.
            if self.write_anew(&left, &erased).await? {
                return Ok((seqs, true));
            }
        }
        Err(LogError::Unavailable(format!("{stream} goes on too fast to be erased: ask again")))
    }

    async fn left(&self, stream: StreamId, what: &Erasure) -> Result<Left, LogError> {
        let Page { mut records, more } = self.read(stream, 0, PAGE_MAX).await?;
        if more {
            let what = format!("{stream} has more than {PAGE_MAX} records");
            return Err(LogError::Unavailable(what));
        }
        let (mut places, mut is_other) = (Vec::new(), false);
        for record in records.iter_mut().filter(|it| what.covers(it)) {
            is_other |= record::blank_entry(&mut record.entry)?;
            places.push(erasure::place(record));
        }
        let mut get = cmd("HGET");
        get.arg(place::live(place::partition(stream))).arg(stream.to_string());
        let summary: Option<String> = self.line.ask_one(&get).await?;
        let blank = |text: String| {
            let blank = record::summary::blank(&row::read_live(stream, &text)?.summary)?;
            Ok::<_, LogError>(row::write_live(stream, &blank))
        };
        Ok(Left { records, summary: summary.map(blank).transpose()?, places, is_other })
    }

    /// Puts on record what is blank already.
    async fn note(&self, erased: &Erased) -> Result<(), LogError> {
        let mut note = cmd("RPUSH");
        note.arg(place::erased(place::partition(erased.stream))).arg(written(erased));
        Ok(self.line.ask_one::<u64>(&note).await.map(drop)?)
    }

    /// Writes the stream as it is left, and puts that on record; tells whether it did, or the
    /// stream went on.
    async fn write_anew(&self, left: &Left, erased: &Erased) -> Result<bool, LogError> {
        let stream = erased.stream;
        let keys = Keys::of(stream);
        self.load(ERASE).await?;
        let mut call = cmd("EVALSHA");
        call.arg(self.erase.get_hash()).arg(4);
        call.arg(keys.head).arg(keys.log).arg(keys.live);
        call.arg(place::erased(place::partition(stream)));
        call.arg(left.records.len()).arg(stream.to_string());
        call.arg(left.summary.as_deref().unwrap_or_default()).arg(written(erased));
        for record in &left.records {
            call.arg(row::write(stream, record.seq, &record.entry));
        }
        Ok(self.line.ask_one::<u8>(&call).await? == 1)
    }

    /// Has the server begin to write its file anew, without what was erased. One that is doing so
    /// already may have begun before: it is asked again.
    async fn rewrite(&self) -> Result<(), LogError> {
        for _ in 0..REWRITE_TRIES {
            match self.line.ask_one::<String>(&cmd("BGREWRITEAOF")).await {
                Ok(_) => return Ok(()),
                Err(error) => tracing::debug!(%error, "the server's file is not rewritten yet"),
            }
            sleep(REWRITE_AGAIN).await;
        }
        let what = "blanked, but it may still stand in Redis' file: run BGREWRITEAOF there";
        Err(LogError::Unavailable(what.into()))
    }

    /// All that is on record in the server.
    pub(super) async fn erased(&self) -> Result<Vec<Erased>, LogError> {
        let mut lists = pipe();
        for partition in 0..PARTITIONS {
            lists.cmd("LRANGE").arg(place::erased(partition)).arg(0).arg(-1);
        }
        let found: Vec<Vec<String>> = self.line.ask(&lists).await?;
        let read = |(partition, text): (u16, String)| {
            serde_json::from_str(&text).map_err(|error| LogError::Damaged {
                place: place::erased(partition),
                what: format!("{error}: correct it, so that nothing erased comes back"),
            })
        };
        let all =
            (0..).zip(found).flat_map(|(at, texts)| texts.into_iter().map(move |it| (at, it)));
        all.map(read).collect()
    }

    /// Lets the server and the file in `dir` know the same erasures, and does again those that
    /// the server had lost.
    pub(super) async fn meet(&self, dir: &Path) -> Result<(), LogError> {
        let path = dir.to_owned();
        let here = blocking(move || file::read(&path)).await?;
        let there = self.erased().await?;
        let known: Named = here.iter().collect();
        add(dir, known.unknown(&there).cloned().collect()).await?;
        let known: Named = there.iter().collect();
        let mut is_in_file = false;
        for Erased { stream, records, reason } in known.unknown(&here) {
            let again = Erasure::Again(records.clone());
            let (seqs, had_come_back) = self.take_out(*stream, &again, reason, None).await?;
            if had_come_back {
                let records = seqs.len();
                tracing::warn!(%stream, records, "what was erased had come back: erased again");
            }
            is_in_file |= had_come_back;
        }
        if is_in_file { self.rewrite().await } else { Ok(()) }
    }
}

/// Meets with every new connection, and each hour.
pub(super) async fn keep(store: Store, dir: PathBuf, mut connections: watch::Receiver<u64>) {
    while !matches!(timeout(MEET_EVERY, connections.changed()).await, Ok(Err(_))) {
        if let Err(error) = store.meet(&dir).await {
            tracing::error!(%error, "what was erased may have come back with an older state");
        }
    }
}

fn written(erased: &Erased) -> String {
    serde_json::to_string(erased).expect("text and numbers only")
}

async fn add(dir: &Path, erased: Vec<Erased>) -> Result<(), LogError> {
    let dir = dir.to_owned();
    blocking(move || file::add(&dir, &erased)).await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LogError> + Send + 'static,
) -> Result<T, LogError> {
    spawn_blocking(work).await.map_err(|error| LogError::Unavailable(error.to_string()))?
}
