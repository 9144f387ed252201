//! How fast one connection may ask: a token bucket kept as one moment in time (GCRA), and a count
//! of what was no request at all.

use std::time::Duration;

use deskbell_protocol::limits::Limits;
use tokio::time::Instant;

/// Refusals in a row after which a connection is closed.
const REFUSALS_MAX: u32 = 200;
/// Malformed frames in [`BAD_FRAMES_WITHIN`] after which a connection is closed.
const BAD_FRAMES_MAX: u32 = 10;
const BAD_FRAMES_WITHIN: Duration = Duration::from_mins(1);

/// See the module.
#[derive(Debug)]
pub(super) struct Rate {
    /// What one request costs.
    each: Duration,
    /// How far requests may run ahead.
    burst: Duration,
    /// When the bucket is full again.
    full_at: Instant,
    refused_in_a_row: u32,
}

impl Rate {
    pub(super) fn new(limits: &Limits, now: Instant) -> Self {
        let each = Duration::from_secs(1) / limits.requests_per_second.max(1);
        let burst = each * limits.requests_burst.max(1);
        Self { each, burst, full_at: now, refused_in_a_row: 0 }
    }

    /// Lets a request in, or says how long to wait.
    pub(super) fn admit(&mut self, now: Instant) -> Result<(), Duration> {
        let full_at = self.full_at.max(now) + self.each;
        let ahead = full_at - now;
        if let Some(wait) = ahead.checked_sub(self.burst).filter(|wait| !wait.is_zero()) {
            self.refused_in_a_row += 1;
            return Err(wait);
        }
        self.full_at = full_at;
        self.refused_in_a_row = 0;
        Ok(())
    }

    /// Whether refusals no longer impress.
    pub(super) fn is_abused(&self) -> bool {
        self.refused_in_a_row > REFUSALS_MAX
    }
}

/// Counts malformed frames.
#[derive(Debug)]
pub(super) struct BadFrames {
    since: Instant,
    count: u32,
}

impl BadFrames {
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, count: 0 }
    }

    /// Counts one; tells whether it is the last that is answered.
    pub(super) fn one_too_many(&mut self, now: Instant) -> bool {
        if now - self.since > BAD_FRAMES_WITHIN {
            *self = Self::new(now);
        }
        self.count += 1;
        self.count >= BAD_FRAMES_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_then_the_sustained_rate() {
        let limits = Limits { requests_per_second: 20, requests_burst: 40, ..Limits::default() };
        let mut rate = Rate::new(&limits, Instant::now());
        assert_eq!((0..100).filter(|_| rate.admit(Instant::now()).is_ok()).count(), 40);
        let wait = rate.admit(Instant::now()).unwrap_err();
        assert_eq!(wait, Duration::from_millis(50));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!((0..100).filter(|_| rate.admit(Instant::now()).is_ok()).count(), 20);
    }

    #[tokio::test(start_paused = true)]
    async fn ten_malformed_frames_are_too_many_only_within_a_minute() {
        let mut bad = BadFrames::new(Instant::now());
        assert_eq!((0..9).filter(|_| bad.one_too_many(Instant::now())).count(), 0);
        tokio::time::advance(Duration::from_secs(61)).await;
        assert!(!bad.one_too_many(Instant::now()));
        assert_eq!((0..9).filter(|_| bad.one_too_many(Instant::now())).count(), 1);
    }
}
