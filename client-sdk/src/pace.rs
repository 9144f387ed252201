//! Keeps the SDK within the request rate that `welcome` told: a token bucket. Pure.
//!
//! Not a promise: frames bunch up on the way, so the broker may still say `rate_limited`, and the
//! outbox then waits as told.

use std::time::Duration;

use tokio::time::Instant;

use crate::protocol::limits::Limits;

/// Requests that may be sent now, and when the next one may.
#[derive(Debug)]
pub(crate) struct Pace {
    interval: Duration,
    burst: u32,
    /// When the bucket would be full again: each request moves it one interval ahead.
    full_at: Instant,
}

impl Pace {
    pub(crate) fn new(limits: &Limits, now: Instant) -> Self {
        Self {
            interval: Duration::from_secs(1) / limits.requests_per_second.max(1),
            burst: limits.requests_burst.max(1),
            full_at: now,
        }
    }

    /// When the next request may be sent.
    pub(crate) fn next_at(&self, now: Instant) -> Instant {
        let ahead = self.interval * (self.burst - 1);
        self.full_at.checked_sub(ahead).map_or(now, |at| at.max(now))
    }

    /// Takes one request's worth, if there is one.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        if self.next_at(now) > now {
            return false;
        }
        self.full_at = self.full_at.max(now) + self.interval;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_goes_at_once_and_then_one_per_interval() {
        let now = Instant::now();
        let limits = Limits { requests_per_second: 10, requests_burst: 3, ..Limits::default() };
        let mut pace = Pace::new(&limits, now);
        assert!(pace.take(now) && pace.take(now) && pace.take(now));
        assert!(!pace.take(now));
        let next = now + Duration::from_millis(100);
        assert_eq!(pace.next_at(now), next);
        assert!(pace.take(next) && !pace.take(next));
        let rested = next + Duration::from_secs(5);
        assert!((0..3).all(|_| pace.take(rested)) && !pace.take(rested));
    }
}
