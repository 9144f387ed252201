//! How long to wait before connecting again: pure arithmetic over a seeded source of chance.
//!
//! Full jitter: a delay is drawn evenly from the whole interval, so that clients cut off together
//! do not come back together. Not here: when a connection counts as stable (`session.rs`).

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// Delays between tries. The same seed gives the same delays.
#[derive(Debug, Clone)]
pub struct Backoff {
    floor: Duration,
    ceiling: Duration,
    tries: u32,
    chance: SmallRng,
}

/// After a `42xx` close, the broker asks everyone to come back, spread over this long.
pub const AT_ONCE_SPREAD: Duration = Duration::from_secs(2);

impl Backoff {
    /// Half a second to twenty, doubling.
    pub fn seeded(seed: u64) -> Self {
        Self {
            floor: Duration::from_millis(500),
            ceiling: Duration::from_secs(20),
            tries: 0,
            chance: SmallRng::seed_from_u64(seed),
        }
    }

    /// Another interval: the first try waits at most `floor`, none more than `ceiling`.
    #[must_use]
    pub fn between(mut self, floor: Duration, ceiling: Duration) -> Self {
        self.floor = floor;
        self.ceiling = ceiling.max(floor);
        self
    }

    /// The delay before the next try, longer on average each time until [`Self::reset`].
    pub fn next_delay(&mut self) -> Duration {
        let tries = self.tries;
        self.tries = tries.saturating_add(1);
        self.delay_after(tries)
    }

    /// The delay after `tries` earlier ones: even over `0..=min(ceiling, floor * 2^tries)`.
    pub fn delay_after(&mut self, tries: u32) -> Duration {
        let reach = self.floor.saturating_mul(1 << tries.min(16)).min(self.ceiling);
        self.spread(reach)
    }

    /// The delay after a close that asks for an immediate return.
    pub fn at_once(&mut self) -> Duration {
        self.spread(AT_ONCE_SPREAD)
    }

    /// The connection held: the next loss starts small again.
    pub fn reset(&mut self) {
        self.tries = 0;
    }

    fn spread(&mut self, reach: Duration) -> Duration {
        reach.mul_f64(self.chance.random_range(0.0..=1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_delay_stays_within_its_interval_and_the_interval_doubles_up_to_the_ceiling() {
        for seed in 0..200 {
            let mut backoff = Backoff::seeded(seed);
            for reach_ms in [500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000] {
                assert!(backoff.next_delay() <= Duration::from_millis(reach_ms));
            }
        }
    }

    #[test]
    fn delays_fill_their_interval_so_that_a_crowd_does_not_return_together() {
        let first: Vec<_> = (0..400).map(|seed| Backoff::seeded(seed).next_delay()).collect();
        for quarter in 0..4_u32 {
            let from = Duration::from_millis(125) * quarter;
            let inside =
                first.iter().filter(|d| **d >= from && **d < from + Duration::from_millis(125));
            assert!(inside.count() > 50, "quarter {quarter} is nearly empty");
        }
    }

    #[test]
    fn the_same_seed_repeats_and_another_differs() {
        let draw = |seed| {
            let mut backoff = Backoff::seeded(seed);
            [backoff.next_delay(), backoff.next_delay(), backoff.at_once()]
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn a_reset_starts_small_again_and_an_immediate_return_is_spread_over_two_seconds() {
        let mut backoff = Backoff::seeded(1);
        for _ in 0..1_000 {
            backoff.next_delay();
        }
        backoff.reset();
        assert!(backoff.next_delay() <= Duration::from_millis(500));
        assert!((0..500).all(|_| backoff.at_once() <= AT_ONCE_SPREAD));
    }
}
