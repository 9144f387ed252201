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
use tokio::time::Instant;

use super::outbox::{Outbox, Waiting};

/// Appends of one shard within one to two [`WINDOW`]s from which on receipts wait.
const CROWD_MIN: usize = 48;
/// How far back a crowd is looked for.
const WINDOW: Duration = Duration::from_millis(10);
/// A receipt waits for one to two rounds, each twice as long as appends take at the moment: what
/// others write meanwhile takes as long to come. Within these bounds.
const ROUND_MIN: Duration = Duration::from_millis(15);
const ROUND_MAX: Duration = Duration::from_millis(50);
/// Of how many batches the mean is taken, about.
const MEAN_OF: u32 = 8;

/// The outboxes of one shard in which receipts wait. Bounded by what is sent: an outbox comes in
/// when it stops being empty, and goes with its round.
#[derive(Default)]
pub struct Receipts {
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Default)]
struct State {
    /// Held since the last round began.
    young: Vec<(Outbox, Waiting)>,
    /// Held since the one before: woken when this round ends.
    old: Vec<(Outbox, Waiting)>,
    /// When the present window began.
    window: Option<Instant>,
    /// Appends settled in it.
    settled: usize,
    /// And in the one before, if that ended where it begins.
    settled_before: usize,
    /// How long an append takes.
    took: Duration,
}

impl Receipts {
    /// This many appends of the shard were settled just now, and took so long.
    pub fn settled(&self, count: usize, took: Duration) {
        let mut state = self.state();
        state.count(count, Instant::now());
        state.took = (state.took * (MEAN_OF - 1) + took) / MEAN_OF;
    }

    /// Whether receipts wait right now.
    pub fn wait(&self) -> bool {
        let state = self.state();
        state.settled + state.settled_before >= CROWD_MIN
    }

    /// Sends in a while what waits in `outbox`, unless it has left by then.
    pub fn hold(&self, outbox: Outbox, waiting: Waiting) {
        self.state().young.push((outbox, waiting));
        self.arrived.notify_one();
    }

    /// Counts the rounds, for as long as the shard lives.
    pub async fn run(&self) {
        loop {
            self.arrived.notified().await;
            while !self.state().is_empty() {
                let round = self.state().round();
                tokio::time::sleep(round).await;
                let due = self.state().next_round();
                for (outbox, waiting) in due {
                    outbox.hurry(waiting);
                }
            }
        }
    }

    /// Lists and counts that no panic elsewhere leaves half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_empty(&self) -> bool {
        self.young.is_empty() && self.old.is_empty()
    }

    fn round(&self) -> Duration {
        (self.took * 2).clamp(ROUND_MIN, ROUND_MAX)
    }

    fn next_round(&mut self) -> Vec<(Outbox, Waiting)> {
        let young = mem::take(&mut self.young);
        mem::replace(&mut self.old, young)
    }

    fn count(&mut self, count: usize, now: Instant) {
        let age = self.window.map_or(Duration::MAX, |window| now - window);
        if age >= WINDOW {
            self.settled_before = if age < WINDOW * 2 { self.settled } else { 0 };
            (self.window, self.settled) = (Some(now), 0);
        }
        self.settled += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_crowd_is_many_within_a_moment_and_not_many_over_time() {
        let receipts = Receipts::default();
        for _ in 0..100 {
            receipts.settled(CROWD_MIN / 4, Duration::ZERO);
            assert!(!receipts.wait());
            tokio::time::advance(WINDOW).await;
        }
        receipts.settled(CROWD_MIN, Duration::ZERO);
        assert!(receipts.wait());
        tokio::time::advance(WINDOW * 2).await;
        receipts.settled(1, Duration::ZERO);
        assert!(!receipts.wait());
    }

    #[test]
    fn a_round_is_longer_where_appends_take_longer_and_never_long() {
        let receipts = Receipts::default();
        let round_after = |took: u64| {
            (0..100).for_each(|_| receipts.settled(1, Duration::from_millis(took)));
            receipts.state().round()
        };
        assert_eq!(round_after(1), ROUND_MIN);
        let between = round_after(20);
        assert!(ROUND_MIN < between && between < ROUND_MAX, "{between:?}");
        assert_eq!(round_after(3_000), ROUND_MAX);
        assert_eq!(round_after(1), ROUND_MIN, "and short again");
    }
}
