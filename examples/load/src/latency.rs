//! A histogram of latencies: fixed memory, no allocation per value, under 1 % error.
//!
//! Not a general one: microseconds in, milliseconds out, one thread.

/// The bits kept of each value.
const KEPT_BITS: u32 = 7;
const STEPS: usize = 1 << KEPT_BITS;
/// Enough for 2^40 µs, twelve days.
const BUCKETS: usize = 36 * STEPS;

/// How often each latency was seen.
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
    max_us: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0, max_us: 0 }
    }
}

impl Histogram {
    /// Adds one value.
    pub(crate) fn record(&mut self, value_us: u64) {
        self.counts[bucket(value_us)] += 1;
        self.total += 1;
        self.max_us = self.max_us.max(value_us);
    }

    /// How many values it holds.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// The value in milliseconds that `share` (0 to 1) of all values do not exceed.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts and microseconds stay far below 2^53, and the share is positive"
    )]
    pub(crate) fn quantile_ms(&self, share: f64) -> f64 {
        let rank = ((self.total as f64) * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return middle_us(index).min(self.max_us) as f64 / 1_000.0;
            }
        }
        self.max_us as f64 / 1_000.0
    }
}

fn bucket(value_us: u64) -> usize {
    let shift = (u64::BITS - value_us.leading_zeros()).saturating_sub(KEPT_BITS + 1);
    let kept = usize::try_from(value_us >> shift).expect("eight bits are left");
    ((shift as usize) * STEPS + kept).min(BUCKETS - 1)
}

fn middle_us(bucket: usize) -> u64 {
    let shift = (bucket / STEPS).saturating_sub(1);
    let kept = (bucket - shift * STEPS) as u64;
    (kept << shift) + ((1 << shift) >> 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_is_found_again_within_one_percent() {
        for value in [0, 1, 127, 128, 255, 256, 257, 511, 512, 1_000, 123_456, 9_999_999_999] {
            let found = middle_us(bucket(value));
            assert!(found.abs_diff(value) * 100 <= value, "{value} became {found}");
        }
    }

    #[test]
    fn quantiles_are_ranks_and_never_exceed_the_largest_value() {
        let mut histogram = Histogram::default();
        (1..=1_000).for_each(|value| histogram.record(value * 10));
        assert!((histogram.quantile_ms(0.5) - 5.0).abs() < 0.05);
        assert!((histogram.quantile_ms(0.99) - 9.9).abs() < 0.1);
        assert!(histogram.quantile_ms(1.0) <= 10.0);
        assert_eq!(histogram.total(), 1_000);
    }
}
