//! Receipts that wait for company. What the author of a message gets back, her own copy and the
//! `ok`, changes nothing that she sees: when a crowd writes at once, it waits a moment and leaves
//! with whatever else goes to her, which spares half of all writes to sockets. Nobody else waits.
//!
//! Not here: what is held back stays in its outbox, in order; this only knows which outboxes to
//! wake if nothing else did.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::outbox::Outbox;

/// Appends stored together from which on receipts wait: fewer are no crowd.
const CROWD_MIN: usize = 32;
/// A receipt waits for one to two of these.
const ROUND: Duration = Duration::from_millis(15);

/// The outboxes of one shard in which receipts wait. Bounded by its connections: an outbox comes in
/// once, when it stops being empty.
#[derive(Default)]
pub struct Receipts {
    waiting: Mutex<Waiting>,
    arrived: Notify,
}

#[derive(Default)]
struct Waiting {
    /// Since the last round began.
    young: Vec<Outbox>,
    /// Since the one before: woken when this round ends.
    old: Vec<Outbox>,
}

impl Receipts {
    /// Whether receipts of an append that was stored with `company` in all wait.
    pub fn wait_in(company: usize) -> bool {
        company >= CROWD_MIN
    }

    /// Wakes `outbox` in a while, unless it is empty by then.
    pub fn hold(&self, outbox: Outbox) {
        self.waiting().young.push(outbox);
        self.arrived.notify_one();
    }

    /// Counts the rounds, for as long as the shard lives.
    pub async fn run(&self) {
        loop {
            self.arrived.notified().await;
            while !self.waiting().is_empty() {
                tokio::time::sleep(ROUND).await;
                let due = self.waiting().next_round();
                due.iter().for_each(Outbox::hurry);
            }
        }
    }

    /// Lists that are only ever pushed to and taken: a panic elsewhere leaves them whole.
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.young.is_empty() && self.old.is_empty()
    }

    fn next_round(&mut self) -> Vec<Outbox> {
        let young = mem::take(&mut self.young);
        mem::replace(&mut self.old, young)
    }
}
