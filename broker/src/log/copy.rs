//! A whole log into another one: each record at its place, each summary with the last of its
//! stream, and then a look whether both hold the same.
//!
//! What either log has on record as erased is erased in the copy, so that an older one brings no
//! text back. A copy may be ended at any time and begun again: what is there already is compared
//! and not written twice. Nobody else may append to either log meanwhile; that is the caller's to
//! see to.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::oneshot;

use super::erasure::{Named, erase_again};
use super::{Append, EventLog, Live, LiveChange, LogError, Outcome, Position, Record};
use super::{StreamId, record};

/// Records read at once.
const PAGE: usize = 2_000;

/// What is being done, and how far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// So many records are in the other log.
    Copied(u64),
    /// So many were found to be the same in both.
    Compared(u64),
}

/// What was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Copied {
    /// Records that the other log has now.
    pub records: u64,
    /// Of these, records that it had before.
    pub known: u64,
    /// Of all, records that the first log still had the text of, although it was erased.
    pub erased: u64,
    /// Streams.
    pub streams: u64,
}

/// Copies everything, and compares.
pub async fn copy(
    from: &dyn EventLog,
    to: &dyn EventLog,
    mut tell: impl FnMut(Progress),
) -> Result<Copied, LogError> {
    erase_again(to, &from.erased().await?).await?;
    let erased: Named = to.erased().await?.iter().collect();
    let mut copied = Copied::default();
    let mut source = Source::open(from, &erased).await?;
    while let Some(runs) = source.next().await? {
        copied.known += write(&source, to, &runs).await?;
        copied.records += count(&runs);
        tell(Progress::Copied(copied.records));
    }
    copied.streams = source.ends.len() as u64;
    copied.erased = source.blanked;
    compare(Source::open(from, &erased).await?, to, &mut tell).await?;
    Ok(copied)
}

/// Adjacent records of some streams.
type Runs = BTreeMap<StreamId, Vec<Record>>;

fn count(runs: &Runs) -> u64 {
    runs.values().map(|run| run.len() as u64).sum()
}

/// The log to copy from, page by page, less what was erased.
struct Source<'a> {
    log: &'a dyn EventLog,
    erased: &'a Named,
    /// How far it is read; nothing more follows.
    after: Option<Position>,
    /// The last place that was read of each stream.
    ends: BTreeMap<StreamId, u64>,
    live: BTreeMap<StreamId, String>,
    /// Streams of which something was blanked on the way, and how many records.
    older: BTreeSet<StreamId>,
    blanked: u64,
}

impl<'a> Source<'a> {
    async fn open(log: &'a dyn EventLog, erased: &'a Named) -> Result<Self, LogError> {
        let live = log.live().await?.into_iter().map(|it| (it.stream, it.summary)).collect();
        let (after, ends, older) = (Some(Position::default()), BTreeMap::new(), BTreeSet::new());
        Ok(Self { log, erased, after, ends, live, older, blanked: 0 })
    }

    async fn next(&mut self) -> Result<Option<Runs>, LogError> {
        let Some(after) = self.after.take() else { return Ok(None) };
        let page = self.log.scan(after.clone(), PAGE).await?;
        let last = page.records.last().map_or(after, |(position, ..)| position.clone());
        self.after = page.more.then_some(last);
        let mut runs = Runs::new();
        for (_, stream, mut record) in page.records {
            if self.erased.names(stream, &record) && record::blank_entry(&mut record.entry)? {
                self.older.insert(stream);
                self.blanked += 1;
            }
            self.ends.insert(stream, record.seq);
            runs.entry(stream).or_default().push(record);
        }
        Ok(Some(runs))
    }

    /// A live summary as it is to be in the copy, once its stream was read whole.
    fn summary(&self, stream: StreamId) -> Result<Option<String>, LogError> {
        let summary = self.live.get(&stream);
        if self.older.contains(&stream) {
            summary.map(|it| record::summary::blank(it)).transpose()
        } else {
            Ok(summary.cloned())
        }
    }
}

/// Appends runs of adjacent records; tells how many of them were there.
async fn write(source: &Source<'_>, to: &dyn EventLog, runs: &Runs) -> Result<u64, LogError> {
    let streams: Vec<_> = runs.keys().copied().collect();
    let ends = source.log.heads(streams.clone()).await?;
    let heads = to.heads(streams).await?;
    let (mut batch, mut known) = (Vec::new(), 0);
    for (((stream, run), end), head) in runs.iter().zip(ends).zip(heads) {
        let there = head.map_or(0, |(seq, _)| seq);
        let missing: Vec<_> = run.iter().filter(|it| it.seq > there).collect();
        known += (run.len() - missing.len()) as u64;
        let (Some(first), Some(last)) = (missing.first(), missing.last()) else { continue };
        let is_end = end.is_some_and(|(seq, _)| seq == last.seq);
        let summary = if is_end { source.summary(*stream)? } else { None };
        batch.push(Append {
            stream: *stream,
            expect: first.seq - 1,
            after: None,
            entries: missing.iter().map(|it| it.entry.clone()).collect(),
            live: summary.map_or(LiveChange::Keep, LiveChange::Put),
        });
    }
    let (answer, answered) = oneshot::channel();
    let streams: Vec<_> = batch.iter().map(|it| it.stream).collect();
    // Who asked waits.
    to.append(batch, Box::new(move |outcomes| drop(answer.send(outcomes))));
    let outcomes = answered.await.map_err(|_| LogError::Unavailable("no answer".into()))?;
    for (stream, outcome) in streams.into_iter().zip(outcomes) {
        match outcome {
            Outcome::Appended { .. } => {}
            Outcome::Conflict { .. } => return Err(differs(stream, "it was written to meanwhile")),
            Outcome::Unavailable { why } | Outcome::Unknown { why } => {
                return Err(LogError::Unavailable(format!("{why}; run the command again")));
            }
        }
    }
    Ok(known)
}

/// Whether both hold the same records and the same summaries, and nothing else.
async fn compare(
    mut source: Source<'_>,
    to: &dyn EventLog,
    tell: &mut impl FnMut(Progress),
) -> Result<(), LogError> {
    let mut compared = 0;
    while let Some(runs) = source.next().await? {
        for (stream, run) in runs {
            let before = run[0].seq - 1;
            let other = to.read(stream, before, run.len()).await?;
            if other.records != run {
                return Err(differs(stream, "its records are others"));
            }
            compared += run.len() as u64;
        }
        tell(Progress::Compared(compared));
    }
    let heads = to.heads(source.ends.keys().copied().collect()).await?;
    for ((stream, end), head) in source.ends.iter().zip(heads) {
        if head.map(|(seq, _)| seq) != Some(*end) {
            return Err(differs(*stream, "it goes on there"));
        }
    }
    let mut live = Vec::new();
    for stream in source.live.keys().copied() {
        live.extend(source.summary(stream)?.map(|summary| Live { stream, summary }));
    }
    if live == to.live().await? {
        Ok(())
    } else {
        Err(LogError::Damaged {
            place: "the live summaries".into(),
            what: "those of the copy are others: copy into an empty store".into(),
        })
    }
}

fn differs(stream: StreamId, what: &str) -> LogError {
    LogError::Damaged {
        place: stream.to_string(),
        what: format!("{what}: copy into an empty store"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Erasure;
    use crate::log::contract::events::{canary, chat, filled, one, posted};
    use crate::log::contract::{append, scan};
    use crate::log::memory::MemoryLog;

    async fn full() -> MemoryLog {
        let log = MemoryLog::default();
        for number in 1..10 {
            append(&log, filled(chat(number), 0, 700)).await;
        }
        append(&log, canary(chat(99))).await;
        append(&log, one(StreamId::Directory, 0, posted("x"))).await;
        log
    }

    #[tokio::test]
    async fn a_copy_holds_the_same_and_copying_again_changes_nothing() {
        let (from, to) = (full().await, MemoryLog::default());
        let mut told = Vec::new();
        let copied = copy(&from, &to, |it| told.push(it)).await.unwrap();
        assert_eq!(scan(&to, 10_000).await.unwrap(), scan(&from, 10_000).await.unwrap());
        assert_eq!(to.live().await.unwrap(), from.live().await.unwrap());
        assert_eq!((copied.streams, copied.known), (11, 0));
        assert_eq!(told.last(), Some(&Progress::Compared(copied.records)));
        let again = copy(&from, &to, |_| ()).await.unwrap();
        assert_eq!((again.records, again.known), (copied.records, copied.records));
    }

    #[tokio::test]
    async fn a_copy_of_an_older_log_lacks_what_was_erased_since() {
        let (older, log) = (full().await, MemoryLog::default());
        append(&older, canary(chat(98))).await;
        copy(&older, &log, |_| ()).await.unwrap();
        log.erase(chat(99), Erasure::All, "asked".into()).await.unwrap();
        log.erase(chat(1), Erasure::Seqs(vec![650]), "asked".into()).await.unwrap();
        let back = MemoryLog::default();
        erase_again(&back, &log.erased().await.unwrap()).await.unwrap();
        let copied = copy(&older, &back, |_| ()).await.unwrap();
        assert_eq!(copied.erased, 6 + 1);
        assert_eq!(scan(&back, 10_000).await.unwrap(), scan(&log, 10_000).await.unwrap());
        assert_eq!(back.live().await.unwrap(), log.live().await.unwrap());
        let again = copy(&older, &back, |_| ()).await.unwrap();
        assert_eq!((again.erased, again.known), (copied.erased, copied.records));
    }

    #[tokio::test]
    async fn a_copy_knows_what_was_erased_in_the_first_log() {
        let (from, to) = (full().await, MemoryLog::default());
        let older = scan(&from, 10_000).await.unwrap();
        copy(&from, &to, |_| ()).await.unwrap();
        from.erase(chat(99), Erasure::All, "asked".into()).await.unwrap();
        let copied = copy(&from, &to, |_| ()).await.unwrap();
        assert_eq!((copied.erased, copied.known), (0, copied.records));
        assert_eq!(to.erased().await.unwrap(), from.erased().await.unwrap());
        assert_ne!(scan(&to, 10_000).await.unwrap(), older);
    }

    #[tokio::test]
    async fn a_copy_that_was_ended_goes_on_where_it_was() {
        let (from, to) = (full().await, MemoryLog::default());
        let first = filled(chat(1), 0, 700);
        let whole = crate::log::contract::read(&from, chat(1)).await;
        let entries = whole[..300].iter().map(|it| it.entry.clone()).collect();
        append(&to, Append { entries, ..first }).await;
        let copied = copy(&from, &to, |_| ()).await.unwrap();
        assert_eq!(copied.known, 300);
    }

    #[tokio::test]
    async fn a_store_with_something_else_in_it_is_no_copy() {
        let (from, to) = (full().await, MemoryLog::default());
        append(&to, filled(chat(1), 0, 700)).await;
        let error = copy(&from, &to, |_| ()).await.unwrap_err().to_string();
        assert!(error.contains("copy into an empty store"), "{error}");
        let to = MemoryLog::default();
        copy(&from, &to, |_| ()).await.unwrap();
        append(&to, one(chat(1), 700, posted("more"))).await;
        assert!(copy(&from, &to, |_| ()).await.is_err());
    }
}
