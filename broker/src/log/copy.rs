//! A whole log into another one: each record at its place, each summary with the last of its
//! stream, and then a look whether both hold the same.
//!
//! It may be ended at any time and begun again: what is there already is compared and not written
//! twice. Nobody else may append to either log meanwhile; that is the caller's to see to.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::oneshot;

use super::{Append, EventLog, LiveChange, LogError, Outcome, Position, Record, StreamId};

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
    /// Streams.
    pub streams: u64,
}

/// Copies everything, and compares.
pub async fn copy(
    from: &dyn EventLog,
    to: &dyn EventLog,
    mut tell: impl FnMut(Progress),
) -> Result<Copied, LogError> {
    let live: BTreeMap<_, _> =
        from.live().await?.into_iter().map(|it| (it.stream, it.summary)).collect();
    let (mut copied, mut streams) = (Copied::default(), BTreeSet::new());
    let mut after = Position::default();
    loop {
        let page = from.scan(after.clone(), PAGE).await?;
        let mut runs: BTreeMap<StreamId, Vec<Record>> = BTreeMap::new();
        for (position, stream, record) in page.records {
            runs.entry(stream).or_default().push(record);
            after = position;
        }
        copied.known += write(from, to, &runs, &live).await?;
        copied.records += runs.values().map(|run| run.len() as u64).sum::<u64>();
        streams.extend(runs.into_keys());
        tell(Progress::Copied(copied.records));
        if !page.more {
            break;
        }
    }
    copied.streams = streams.len() as u64;
    compare(from, to, &mut tell).await?;
    Ok(copied)
}

/// Appends runs of adjacent records; tells how many of them were there.
async fn write(
    from: &dyn EventLog,
    to: &dyn EventLog,
    runs: &BTreeMap<StreamId, Vec<Record>>,
    live: &BTreeMap<StreamId, String>,
) -> Result<u64, LogError> {
    let streams: Vec<_> = runs.keys().copied().collect();
    let ends = from.heads(streams.clone()).await?;
    let heads = to.heads(streams).await?;
    let (mut batch, mut known) = (Vec::new(), 0);
    for (((stream, run), end), head) in runs.iter().zip(ends).zip(heads) {
        let there = head.map_or(0, |(seq, _)| seq);
        let missing: Vec<_> = run.iter().filter(|it| it.seq > there).collect();
        known += (run.len() - missing.len()) as u64;
        let (Some(first), Some(last)) = (missing.first(), missing.last()) else { continue };
        let is_end = end.is_some_and(|(seq, _)| seq == last.seq);
        let summary = live.get(stream).filter(|_| is_end);
        batch.push(Append {
            stream: *stream,
            expect: first.seq - 1,
            after: None,
            entries: missing.iter().map(|it| it.entry.clone()).collect(),
            live: summary.map_or(LiveChange::Keep, |it| LiveChange::Put(it.clone())),
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
    from: &dyn EventLog,
    to: &dyn EventLog,
    tell: &mut impl FnMut(Progress),
) -> Result<(), LogError> {
    let (mut after, mut compared) = (Position::default(), 0);
    let mut ends: BTreeMap<StreamId, u64> = BTreeMap::new();
    loop {
        let page = from.scan(after.clone(), PAGE).await?;
        let mut runs: BTreeMap<StreamId, Vec<Record>> = BTreeMap::new();
        for (position, stream, record) in page.records {
            ends.insert(stream, record.seq);
            runs.entry(stream).or_default().push(record);
            after = position;
        }
        for (stream, run) in runs {
            let before = run[0].seq - 1;
            let other = to.read(stream, before, run.len()).await?;
            if other.records != run {
                return Err(differs(stream, "its records are others"));
            }
            compared += run.len() as u64;
        }
        tell(Progress::Compared(compared));
        if !page.more {
            break;
        }
    }
    let streams: Vec<_> = ends.keys().copied().collect();
    let heads = to.heads(streams).await?;
    for ((stream, end), head) in ends.into_iter().zip(heads) {
        if head.map(|(seq, _)| seq) != Some(end) {
            return Err(differs(stream, "it goes on there"));
        }
    }
    if from.live().await? == to.live().await? {
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
