//! The one source of chance in the simulator.

use bihuan_core::id::Entropy;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Seeded chance: the same seed gives the same run for ever, on every machine.
pub struct Seeded(ChaCha8Rng);

impl Seeded {
    /// Begins a run.
    pub fn new(seed: u64) -> Self {
        Seeded(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Returns a number from 0 inclusive to 1 exclusive.
    pub fn share(&mut self) -> f64 {
        self.0.random()
    }

    /// Returns whether something of this probability happens.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    /// Returns a whole number from `low` to `high`, both inclusive.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0.random_range(low..=high)
    }

    /// Returns one of `choices`, which is never empty.
    pub fn one_of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.0.random_range(0..choices.len())]
    }

    /// Returns a waiting time around `mean`, never negative, with the long tail that waiting has.
    pub fn waiting(&mut self, mean: f64) -> f64 {
        -(1.0 - self.share()).ln() * mean
    }
}

impl Entropy for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_run() {
        let (mut a, mut b) = (Seeded::new(7), Seeded::new(7));
        let run = |chance: &mut Seeded| (0..100).map(|_| chance.between(0, 1000)).collect::<Vec<_>>();
        assert_eq!(run(&mut a), run(&mut b));
        assert_ne!(run(&mut a), run(&mut Seeded::new(8)));
    }

    #[test]
    fn waiting_has_its_mean() {
        let mut chance = Seeded::new(1);
        let mean = (0..20_000).map(|_| chance.waiting(3.0)).sum::<f64>() / 20_000.0;
        assert!((2.9..3.1).contains(&mean), "{mean}");
    }
}
