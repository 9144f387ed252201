//! The way to the log: what the actors of one shard append in one turn of its loop goes to the log
//! in one call, and the outcomes come back in one batch.
//!
//! Bounded by its users: an actor has at most one append in flight.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix::{Message, Recipient};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::receipts::Receipts;
use crate::log::{Append, EventLog, Outcome};

/// What became of an actor's append.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Settled(pub Outcome);

/// One shard's way to the log.
pub struct Appender {
    /// What this turn wants appended, and who wants to know.
    leaving: Mutex<Vec<(Append, Recipient<Settled>)>>,
    leave: Notify,
    /// What came back, on whatever thread the log uses.
    back: Arc<Back>,
    log: Arc<dyn EventLog>,
}

/// What came back of one call, and when it left.
struct Batch {
    left: Instant,
    recipients: Vec<Recipient<Settled>>,
    outcomes: Vec<Outcome>,
}

#[derive(Default)]
struct Back {
    batches: Mutex<Vec<Batch>>,
    arrived: Notify,
}

impl Appender {
    /// A way to `log`; [`Appender::run`] must be running on the shard.
    pub fn new(log: Arc<dyn EventLog>) -> Self {
        Self { leaving: Mutex::default(), leave: Notify::new(), back: Arc::default(), log }
    }

    /// Appends, and tells `settled` what became of it.
    pub fn append(&self, append: Append, settled: Recipient<Settled>) {
        lock(&self.leaving).push((append, settled));
        self.leave.notify_one();
    }

    /// Carries batches both ways, for as long as the shard lives.
    pub async fn run(&self, receipts: &Receipts) {
        loop {
            tokio::select! {
                biased;
                () = self.back.arrived.notified() => self.hand_out(receipts),
                () = self.leave.notified() => self.send_off(),
            }
        }
    }

    fn send_off(&self) {
        let (appends, recipients): (Vec<_>, Vec<_>) =
            mem::take(&mut *lock(&self.leaving)).into_iter().unzip();
        if appends.is_empty() {
            return;
        }
        let (back, left) = (self.back.clone(), Instant::now());
        self.log.append(
            appends,
            Box::new(move |outcomes| {
                lock(&back.batches).push(Batch { left, recipients, outcomes });
                back.arrived.notify_one();
            }),
        );
    }

    fn hand_out(&self, receipts: &Receipts) {
        for Batch { left, recipients, outcomes } in mem::take(&mut *lock(&self.back.batches)) {
            receipts.settled(outcomes.len(), left.elapsed());
            for (recipient, outcome) in recipients.into_iter().zip(outcomes) {
                recipient.do_send(Settled(outcome));
            }
        }
    }
}

/// A lock that a panic elsewhere does not take away: what it guards is only ever pushed or taken.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
