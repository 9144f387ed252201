//! ADAPTER: the log in memory, for simulations and `deskbell dev`.
//!
//! Handles share what they hold, so that a test can own the log across restarts of a broker, and
//! two brokers can meet on one. Outcomes are called back inline, after the lock is let go.
//! Deliberately never fails and never waits: [`faults::FaultyLog`] does that around it.

pub mod faults;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deskbell_protocol::ids::Eid;
use futures_util::future::{BoxFuture, FutureExt, ready};

use super::{
    Append, Done, Durability, Erased, Erasure, EventLog, Live, LiveChange, LogError, Outcome, Page,
    Position, Record, ScanPage, StreamId, erasure, record,
};

/// Most records that a conflict shows; as the other adapters do.
pub(crate) const TAIL_MAX: usize = 256;

/// A handle.
#[derive(Debug, Clone, Default)]
pub struct MemoryLog {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    streams: HashMap<StreamId, Vec<Record>>,
    /// Every record in the order of arrival: a `Position` is an index into it.
    order: Vec<(StreamId, u64)>,
    live: BTreeMap<StreamId, String>,
    erased: Vec<Erased>,
}

impl MemoryLog {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Nothing that runs under the lock leaves it half done, so a panic elsewhere is no reason
        // to take the log away from everyone.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn append(&mut self, append: Append) -> Outcome {
        let records = self.streams.entry(append.stream).or_default();
        let version = records.len() as u64;
        if append.expect != version {
            let Page { records, more } = page(records, append.expect, TAIL_MAX);
            return Outcome::Conflict { tail: records, more };
        }
        for (seq, entry) in (version + 1..).zip(append.entries) {
            records.push(Record { seq, entry });
            self.order.push((append.stream, seq));
        }
        match append.live {
            LiveChange::Keep => {}
            LiveChange::Put(summary) => {
                self.live.insert(append.stream, summary);
            }
            LiveChange::Remove => {
                self.live.remove(&append.stream);
            }
        }
        Outcome::Appended { first_seq: version + 1 }
    }

    fn scan(&self, after: &Position, max: usize) -> Result<ScanPage, LogError> {
        let start = match after.0.as_str() {
            "" => 0,
            text => text.parse::<usize>().map_err(|_| LogError::Damaged {
                place: format!("position {text:?}"),
                what: "no position of this log: start again from the beginning".into(),
            })?,
        };
        let rest = self.order.get(start..).unwrap_or_default();
        let records = rest.iter().take(max).zip(start + 1..).map(|((stream, seq), after)| {
            let record = self.streams[stream][index(seq - 1)].clone();
            (Position(after.to_string()), *stream, record)
        });
        Ok(ScanPage { records: records.collect(), more: rest.len() > max })
    }

    fn erase(
        &mut self,
        stream: StreamId,
        what: &Erasure,
        reason: &str,
    ) -> Result<Vec<u64>, LogError> {
        let records = self.streams.get_mut(&stream).map(Vec::as_mut_slice).unwrap_or_default();
        let mut found: Vec<_> = records.iter().filter(|it| what.covers(it)).cloned().collect();
        for record in &mut found {
            record::blank_entry(&mut record.entry)?;
        }
        let live = self.live.get(&stream).filter(|_| !found.is_empty());
        let live = live.map(|it| record::summary::blank(it)).transpose()?;
        // Only now, so that an event that cannot be blanked leaves everything as it was.
        self.erased.extend(what.on_record(
            stream,
            found.iter().map(erasure::place).collect(),
            reason,
        ));
        self.live.extend(live.map(|live| (stream, live)));
        let seqs = found.iter().map(|it| it.seq).collect();
        for record in found {
            let at = index(record.seq - 1);
            records[at] = record;
        }
        Ok(seqs)
    }
}

fn page(records: &[Record], after_seq: u64, max: usize) -> Page {
    let rest = records.get(index(after_seq)..).unwrap_or_default();
    Page { records: rest.iter().take(max).cloned().collect(), more: rest.len() > max }
}

/// A seq beyond what memory could hold is past every end.
fn index(seq: u64) -> usize {
    usize::try_from(seq).unwrap_or(usize::MAX)
}

impl EventLog for MemoryLog {
    fn append(&self, batch: Vec<Append>, done: Done) {
        let outcomes = {
            let mut inner = self.inner();
            batch.into_iter().map(|append| inner.append(append)).collect()
        };
        done(outcomes);
    }

    fn read(
        &self,
        stream: StreamId,
        after_seq: u64,
        max: usize,
    ) -> BoxFuture<'static, Result<Page, LogError>> {
        let inner = self.inner();
        let records = inner.streams.get(&stream).map(Vec::as_slice).unwrap_or_default();
        ready(Ok(page(records, after_seq, max))).boxed()
    }

    fn heads(
        &self,
        streams: Vec<StreamId>,
    ) -> BoxFuture<'static, Result<Vec<Option<(u64, Eid)>>, LogError>> {
        let inner = self.inner();
        let head = |stream| {
            let last = inner.streams.get(stream).and_then(|records| records.last());
            last.map(|record| (record.seq, record.entry.eid))
        };
        ready(Ok(streams.iter().map(head).collect())).boxed()
    }

    fn scan(&self, after: Position, max: usize) -> BoxFuture<'static, Result<ScanPage, LogError>> {
        ready(self.inner().scan(&after, max)).boxed()
    }

    fn live(&self) -> BoxFuture<'static, Result<Vec<Live>, LogError>> {
        let inner = self.inner();
        let live = inner.live.iter();
        let live = live.map(|(stream, it)| Live { stream: *stream, summary: it.clone() });
        ready(Ok(live.collect())).boxed()
    }

    fn erase(
        &self,
        stream: StreamId,
        what: Erasure,
        reason: String,
    ) -> BoxFuture<'static, Result<Vec<u64>, LogError>> {
        ready(self.inner().erase(stream, &what, &reason)).boxed()
    }

    fn erased(&self) -> BoxFuture<'static, Result<Vec<Erased>, LogError>> {
        ready(Ok(self.inner().erased.clone())).boxed()
    }

    fn durability(&self) -> Durability {
        Durability::Memory
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::contract::{Subject, promises};

    fn subject() -> Subject {
        let log = MemoryLog::default();
        Subject { reopen: Box::new(move || Ok(Arc::new(log.clone()))), files: None }
    }

    // Not `kept_promises!`: it has no files, and says so by its durability.
    promises!(subject());

    #[test]
    fn it_claims_to_keep_nothing() {
        assert_eq!(MemoryLog::default().durability(), Durability::Memory);
    }
}
