//! Time, chance and identity, as arguments: the one place where the broker asks the machine for
//! them. A simulation brings its own.

use std::cell::RefCell;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use deskbell_protocol::ids::{Eid, SessionId};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::watch;
use tokio::time::Instant;

/// What time it is, and when it will be another.
pub trait Clock: Send + Sync + 'static {
    /// Now, in whole milliseconds; never goes back.
    fn now(&self) -> Timestamp;
    /// Ready once `now` has reached `at`.
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()>;
}

/// Where random bits come from.
pub trait Chance: Send + Sync + 'static {
    /// Fills `bytes`, unpredictably outside simulations.
    fn fill(&self, bytes: &mut [u8]);

    /// A fresh event identity.
    fn eid(&self) -> Eid {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        Eid(u64::from_le_bytes(bytes))
    }

    /// A fresh session id.
    fn session(&self) -> SessionId {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        SessionId(u128::from_le_bytes(bytes))
    }
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemChance;

/// Random bytes fetched together: each message needs eight, and each fetch is a system call.
const POOL_BYTES: usize = 512;

thread_local! {
    /// Fetched and not used yet: the last so many bytes.
    static POOL: RefCell<([u8; POOL_BYTES], usize)> = const { RefCell::new(([0; POOL_BYTES], 0)) };
}

impl Chance for SystemChance {
    fn fill(&self, bytes: &mut [u8]) {
        let fetch = |bytes: &mut [u8]| {
            getrandom::fill(bytes).expect("the operating system gives random bytes");
        };
        if bytes.len() > POOL_BYTES / 16 {
            return fetch(bytes);
        }
        POOL.with_borrow_mut(|(pool, left)| {
            if *left < bytes.len() {
                fetch(pool);
                *left = POOL_BYTES;
            }
            let from = POOL_BYTES - *left;
            bytes.copy_from_slice(&pool[from..from + bytes.len()]);
            *left -= bytes.len();
        });
    }
}

/// How many milliseconds the clock may gain or lose per second to follow the wall clock.
const SLEW_MS_PER_SECOND: i64 = 5;

/// The wall time at start plus monotonic time, slewed slowly to the wall clock: a wall clock that
/// jumps neither fires nor delays a wait.
#[derive(Debug)]
pub struct SystemClock {
    /// The wall time at `started`, in milliseconds since 1970.
    base_ms: i64,
    started: Instant,
    /// What slewing has added so far.
    slewed_ms: AtomicI64,
    /// The whole seconds since `started` at which the wall clock was last looked at.
    looked_at_second: AtomicU64,
    wall: fn() -> Timestamp,
}

impl SystemClock {
    /// Starts at the machine's wall time.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn new() -> Self {
        Self::following(Timestamp::now)
    }

    fn following(wall: fn() -> Timestamp) -> Self {
        Self {
            base_ms: wall().as_millisecond(),
            started: Instant::now(),
            slewed_ms: AtomicI64::new(0),
            looked_at_second: AtomicU64::new(0),
            wall,
        }
    }

    fn slew(&self, elapsed: Duration, steady_ms: i64) {
        let second = elapsed.as_secs();
        let looked = self.looked_at_second.swap(second, Ordering::Relaxed);
        let passed = i64::try_from(second.saturating_sub(looked)).unwrap_or(0);
        if passed == 0 {
            return;
        }
        let most = SLEW_MS_PER_SECOND.saturating_mul(passed);
        let behind = (self.wall)().as_millisecond() - steady_ms;
        self.slewed_ms.fetch_add(behind.clamp(-most, most), Ordering::Relaxed);
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let elapsed = self.started.elapsed();
        let since_start = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        let steady_ms = self.base_ms + since_start + self.slewed_ms.load(Ordering::Relaxed);
        self.slew(elapsed, steady_ms);
        Timestamp::from_millisecond(steady_ms).expect("the machine's clock is within jiff's range")
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let wait_ms = at.as_millisecond().saturating_sub(self.now().as_millisecond()).max(0);
        Box::pin(tokio::time::sleep(Duration::from_millis(wait_ms.unsigned_abs())))
    }
}

/// A clock that moves only when told, and by a millisecond each time it is asked, so that no two
/// moments are the same: for conversations in which ten minutes pass.
#[derive(Debug)]
pub struct ManualClock {
    now: watch::Sender<Timestamp>,
}

impl ManualClock {
    /// Stands still at `start`.
    pub fn new(start: Timestamp) -> Self {
        Self { now: watch::Sender::new(start) }
    }

    /// Moves it.
    pub fn advance(&self, by: Duration) {
        self.now.send_modify(|now| {
            let moved =
                now.as_millisecond() + i64::try_from(by.as_millis()).unwrap_or(i64::MAX / 4);
            *now = Timestamp::from_millisecond(moved).unwrap_or(Timestamp::MAX);
        });
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let mut asked = Timestamp::MAX;
        self.now.send_if_modified(|now| {
            asked = *now;
            *now = now.checked_add(Duration::from_millis(1)).unwrap_or(Timestamp::MAX);
            // Nobody is woken by a question.
            false
        });
        asked
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let mut seen = self.now.subscribe();
        Box::pin(async move {
            // The sender lives as long as the broker; if it goes, nothing waits any more.
            if seen.wait_for(|now| *now >= at).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

/// A time zone by its IANA name, if this machine knows it.
pub fn time_zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_wall_clock_an_hour_ahead() -> Timestamp {
        Timestamp::from_millisecond(1_000_000_000_000 + 3_600_000).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_jump_of_the_wall_clock_moves_a_wait_by_milliseconds_only() {
        let mut clock = SystemClock::following(a_wall_clock_an_hour_ahead);
        clock.base_ms -= 3_600_000;
        let before = clock.now();
        tokio::time::advance(Duration::from_secs(10)).await;
        clock.now();
        let passed = clock.now().as_millisecond() - before.as_millisecond();
        assert!((10_000..=10_050).contains(&passed), "{passed}");
    }

    #[tokio::test]
    async fn a_manual_clock_wakes_who_waits_once_it_is_moved_far_enough() {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let at = Timestamp::from_second(60).unwrap();
        let mut waiting = clock.sleep_until(at);
        clock.advance(Duration::from_secs(59));
        assert!(futures_util::poll!(&mut waiting).is_pending());
        clock.advance(Duration::from_secs(1));
        waiting.await;
        assert!(clock.now() < clock.now());
    }
}
