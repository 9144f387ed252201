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

    /// The delay before the next try: even over `0..=min(ceiling, floor * 2^tries)`.
    pub fn next_delay(&mut self) -> Duration {
        let reach = self.floor.saturating_mul(1 << self.tries.min(16)).min(self.ceiling);
        self.tries = self.tries.saturating_add(1);
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
