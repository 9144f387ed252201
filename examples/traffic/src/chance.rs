//! Chance from a seed: the same seed and stream give the same numbers.
//!
//! Its own few lines (SplitMix64) and no library's generator, since those may change with a
//! release: a seed that somebody tells must mean the same plan next year. Not for secrets.

/// A stream of draws.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Chance {
    /// Draws of one purpose: streams of one seed know nothing of each other, so that an additional
    /// draw in one chat changes no other chat.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        Self(mixed(mixed(seed) ^ stream.wrapping_mul(STEP)))
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mixed(self.0)
    }

    /// Evenly from 0 up to, and never, 1.
    pub(crate) fn unit(&mut self) -> f64 {
        let upper = u32::try_from(self.bits() >> 32).expect("half of the bits fit");
        f64::from(upper) / (f64::from(u32::MAX) + 1.0)
    }

    /// Whether what happens in this share of all cases happens in this one.
    pub(crate) fn happens(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// Evenly from `low` to `high`.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// One of them, each as likely.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let count = from.len() as u128;
        let at = (u128::from(self.bits()) * count) >> 64;
        &from[usize::try_from(at).expect("it is below the length")]
    }

    /// Of the normal distribution, around 0 with deviation 1.
    pub(crate) fn normal(&mut self) -> f64 {
        // 1 - unit: the logarithm of 0 must not be asked for.
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// The time to the next of events that come by themselves, `mean` apart.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }
}

fn mixed(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_means_the_same_draws_for_good() {
        let mut chance = Chance::new(11, 3);
        let drawn = [chance.bits(), chance.bits()];
        assert_eq!(drawn, [10_012_502_416_094_620_437, 909_747_173_322_294_016]);
        assert_ne!(Chance::new(11, 4).bits(), drawn[0]);
        assert_ne!(Chance::new(12, 3).bits(), drawn[0]);
    }

    #[test]
    fn what_is_drawn_evenly_and_normally_is_so() {
        let mut chance = Chance::new(1, 1);
        let draws = 20_000;
        let mean = |draw: &mut dyn FnMut() -> f64| {
            (0..draws).map(|_| draw()).sum::<f64>() / f64::from(draws)
        };
        let even = mean(&mut || chance.unit());
        assert!((even - 0.5).abs() < 0.01, "{even}");
        let square = mean(&mut || chance.normal().powi(2));
        assert!((square - 1.0).abs() < 0.05, "{square}");
        let apart = mean(&mut || chance.exponential(7.0));
        assert!((apart - 7.0).abs() < 0.3, "{apart}");
    }

    #[test]
    fn every_one_is_picked_now_and_then() {
        let mut chance = Chance::new(5, 0);
        let mut counts = [0; 5];
        for _ in 0..5_000 {
            counts[*chance.pick(&[0, 1, 2, 3, 4])] += 1;
        }
        assert!(counts.iter().all(|count| (850..1_150).contains(count)), "{counts:?}");
    }
}
