//! A log that answers late, loses, and does not know: what a simulation puts between a broker and
//! a log that goes on existing.
//!
//! It breaks no promise of the port: what it acknowledges holds. Each broker of a simulation has a
//! `FaultyLog` of its own around one shared log; when that broker crashes, what was submitted
//! through it and not yet settled is lost or kept as the seed says, and nobody is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deskbell_protocol::ids::Eid;
use futures_util::future::{BoxFuture, FutureExt};
use tokio::sync::oneshot;

use crate::log::{
    Append, Done, Durability, Erased, Erasure, EventLog, Live, LogError, Outcome, Page, Position,
    ScanPage, StreamId,
};

/// What befalls one batch or one read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is done, and answered.
    None,
    /// It is not done, and answered so.
    Unavailable,
    /// It is done if `applied`, and the answer is lost. A read counts as `Unavailable`.
    Unknown {
        /// Whether the appends hold, those of them that do not conflict.
        applied: bool,
    },
}

/// What is done later.
pub type Later = Box<dyn FnOnce() + Send>;

/// Decides what goes wrong, from a seed, and brings the executor to wait with.
pub trait Faults: Send + Sync + 'static {
    /// What befalls the next batch (`Some`) or read (`None`), and after how long.
    fn next(&self, batch: Option<&[Append]>) -> (Duration, Fault);
    /// Calls `then` after `delay`, such as from a local task; never at once if the delay is not
    /// zero.
    fn later(&self, delay: Duration, then: Later);
}

/// A log with faults around it. Clones are the same broker's.
#[derive(Clone)]
pub struct FaultyLog {
    log: Arc<dyn EventLog>,
    faults: Arc<dyn Faults>,
    pending: Arc<Mutex<Pending>>,
}

#[derive(Default)]
struct Pending {
    next: u64,
    batches: BTreeMap<u64, (Vec<Append>, Fault, Done)>,
}

impl FaultyLog {
    /// Around `log`, as `faults` decides.
    pub fn new(log: Arc<dyn EventLog>, faults: Arc<dyn Faults>) -> Self {
        Self { log, faults, pending: Arc::default() }
    }

    /// The broker that owns this handle is gone: of what it submitted and was not answered, each
    /// batch for which `keeps` says so is stored, and the rest is lost. Returns how many were lost.
    pub fn crash(&self, mut keeps: impl FnMut(&[Append]) -> bool) -> usize {
        let batches = std::mem::take(&mut self.pending().batches);
        let mut lost = 0;
        for (batch, _, _) in batches.into_values() {
            if keeps(&batch) {
                self.log.append(batch, Box::new(drop));
            } else {
                lost += 1;
            }
        }
        lost
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what was decided for a batch, unless a crash came first.
    fn settle(&self, number: u64) {
        let Some((batch, fault, done)) = self.pending().batches.remove(&number) else { return };
        let all = |outcome: Outcome, count: usize| vec![outcome; count];
        let count = batch.len();
        match fault {
            Fault::None => self.log.append(batch, done),
            Fault::Unavailable => {
                done(all(Outcome::Unavailable { why: "a simulated fault".into() }, count));
            }
            Fault::Unknown { applied } => {
                if applied {
                    self.log.append(batch, Box::new(drop));
                }
                done(all(Outcome::Unknown { why: "a simulated fault".into() }, count));
            }
        }
    }

    /// Runs `read` on the log when its time comes, if it does.
    fn reading<T, R>(&self, read: R) -> BoxFuture<'static, Result<T, LogError>>
    where
        T: Send + 'static,
        R: FnOnce(&dyn EventLog) -> BoxFuture<'static, Result<T, LogError>> + Send + 'static,
    {
        let this = self.clone();
        async move {
            let unavailable = || LogError::Unavailable("a simulated fault".into());
            let (delay, fault) = this.faults.next(None);
            if !delay.is_zero() {
                let (arrive, arrived) = oneshot::channel();
                // A reader that went away in the meantime is not waited for.
                this.faults.later(delay, Box::new(move || arrive.send(()).unwrap_or(())));
                arrived.await.map_err(|_| unavailable())?;
            }
            match fault {
                Fault::None => read(&*this.log).await,
                Fault::Unavailable | Fault::Unknown { .. } => Err(unavailable()),
            }
        }
        .boxed()
    }
}

impl EventLog for FaultyLog {
    fn append(&self, batch: Vec<Append>, done: Done) {
        let (delay, fault) = self.faults.next(Some(&batch));
        let number = {
            let mut pending = self.pending();
            pending.next += 1;
            let number = pending.next;
            pending.batches.insert(number, (batch, fault, done));
            number
        };
        if delay.is_zero() {
            self.settle(number);
        } else {
            let this = self.clone();
            self.faults.later(delay, Box::new(move || this.settle(number)));
        }
    }

    fn read(
        &self,
        stream: StreamId,
        after_seq: u64,
        max: usize,
    ) -> BoxFuture<'static, Result<Page, LogError>> {
        self.reading(move |log| log.read(stream, after_seq, max))
    }

    fn heads(
        &self,
        streams: Vec<StreamId>,
    ) -> BoxFuture<'static, Result<Vec<Option<(u64, Eid)>>, LogError>> {
        self.reading(move |log| log.heads(streams))
    }

    fn scan(&self, after: Position, max: usize) -> BoxFuture<'static, Result<ScanPage, LogError>> {
        self.reading(move |log| log.scan(after, max))
    }

    fn live(&self) -> BoxFuture<'static, Result<Vec<Live>, LogError>> {
        self.reading(|log| log.live())
    }

    fn erase(
        &self,
        stream: StreamId,
        what: Erasure,
        reason: String,
    ) -> BoxFuture<'static, Result<Vec<u64>, LogError>> {
        self.reading(move |log| log.erase(stream, what, reason))
    }

    fn erased(&self) -> BoxFuture<'static, Result<Vec<Erased>, LogError>> {
        self.reading(|log| log.erased())
    }

    fn durability(&self) -> Durability {
        self.log.durability()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use super::*;
    use crate::log::contract::events::{chat, one, posted};
    use crate::log::contract::{append, read};
    use crate::log::memory::MemoryLog;

    /// Does as told, and keeps what is for later until it is run by hand.
    struct Told {
        next: Mutex<(Duration, Fault)>,
        later: SyncSender<Later>,
    }

    impl Faults for Told {
        fn next(&self, _: Option<&[Append]>) -> (Duration, Fault) {
            *self.next.lock().unwrap()
        }
        fn later(&self, _: Duration, then: Later) {
            self.later.send(then).unwrap();
        }
    }

    fn told() -> (MemoryLog, FaultyLog, Arc<Told>, Receiver<Later>) {
        let (later, waiting) = sync_channel(16);
        let told = Arc::new(Told { next: Mutex::new((Duration::ZERO, Fault::None)), later });
        let log = MemoryLog::default();
        let faulty = FaultyLog::new(Arc::new(log.clone()), Arc::clone(&told) as _);
        (log, faulty, told, waiting)
    }

    const LATE: Duration = Duration::from_millis(3);

    #[tokio::test]
    async fn each_fault_leaves_the_log_as_it_says() {
        let (log, faulty, told, _) = told();
        for (fault, stored) in [
            (Fault::Unavailable, 0),
            (Fault::Unknown { applied: false }, 0),
            (Fault::Unknown { applied: true }, 1),
        ] {
            *told.next.lock().unwrap() = (Duration::ZERO, fault);
            let outcome = append(&faulty, one(chat(1), 0, posted("x"))).await;
            let unknown = matches!(outcome, Outcome::Unknown { .. });
            assert_eq!(unknown, fault != Fault::Unavailable, "{outcome:?}");
            assert_eq!(read(&log, chat(1)).await.len(), stored);
            assert!(faulty.live().await.is_err());
        }
        *told.next.lock().unwrap() = (Duration::ZERO, Fault::None);
        let outcome = append(&faulty, one(chat(1), 1, posted("x"))).await;
        assert_eq!(outcome, Outcome::Appended { first_seq: 2 });
    }

    #[tokio::test]
    async fn a_late_append_holds_only_when_it_is_answered() {
        let (log, faulty, told, waiting) = told();
        *told.next.lock().unwrap() = (LATE, Fault::None);
        let (answer, mut answered) = oneshot::channel();
        let done = Box::new(move |it| answer.send(it).unwrap());
        faulty.append(vec![one(chat(1), 0, posted("x"))], done);
        assert!(answered.try_recv().is_err());
        assert!(read(&log, chat(1)).await.is_empty());
        waiting.recv().unwrap()();
        assert_eq!(answered.await.unwrap(), [Outcome::Appended { first_seq: 1 }]);
        assert_eq!(read(&log, chat(1)).await.len(), 1);
    }

    #[tokio::test]
    async fn a_crash_loses_what_was_not_answered_or_keeps_it_and_tells_nobody() {
        let (log, faulty, told, waiting) = told();
        *told.next.lock().unwrap() = (LATE, Fault::None);
        for number in 1..4 {
            let done = Box::new(|_| panic!("nobody is left to tell"));
            faulty.append(vec![one(chat(number), 0, posted("x"))], done);
        }
        assert_eq!(faulty.crash(|batch| batch[0].stream == chat(2)), 2);
        // The timers of before the crash find nothing.
        while let Ok(then) = waiting.try_recv() {
            then();
        }
        for (number, stored) in [(1, 0), (2, 1), (3, 0)] {
            assert_eq!(read(&log, chat(number)).await.len(), stored, "chat {number}");
        }
    }
}
