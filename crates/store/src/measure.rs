//! What is counted while the store works, for whoever watches it. Nothing here is kept over a restart, and
//! nothing decides by it.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the sizes of batches.
const BATCHES: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];

/// Upper bounds of what a commit takes, in seconds.
const COMMITS: &[f64] = &[
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0,
];

/// How many values lie below each of some bounds, and what all values come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    bounds: &'static [f64],
    counts: Vec<u64>,
    sum: f64,
}

impl Histogram {
    /// Makes an empty one; `bounds` rise.
    pub fn new(bounds: &'static [f64]) -> Histogram {
        Histogram {
            bounds,
            counts: vec![0; bounds.len() + 1],
            sum: 0.0,
        }
    }

    /// Takes in a value.
    pub fn observe(&mut self, value: f64) {
        let place = self.bounds.partition_point(|bound| *bound < value);
        self.counts[place] += 1;
        self.sum += value;
    }

    /// Returns each bound with how many values are at most that.
    pub fn buckets(&self) -> impl Iterator<Item = (f64, u64)> {
        let mut below = 0;
        self.bounds.iter().zip(&self.counts).map(move |(bound, count)| {
            below += count;
            (*bound, below)
        })
    }

    /// Returns how many values there are.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Returns what all values come to.
    pub fn sum(&self) -> f64 {
        self.sum
    }
}

/// What is counted while the writer works.
#[derive(Debug)]
pub struct Measures {
    waiting: AtomicI64,
    refused: AtomicU64,
    batches: Mutex<Histogram>,
    commits: Mutex<Histogram>,
}

/// What was counted up to an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Pieces of work that wait for the writer.
    pub waiting: u64,
    /// Pieces of work that found the queue full.
    pub refused: u64,
    /// How many pieces were written in one transaction.
    pub batches: Histogram,
    /// How long a transaction took with its commit, in seconds.
    pub commits: Histogram,
}

impl Default for Measures {
    fn default() -> Self {
        Measures {
            waiting: AtomicI64::new(0),
            refused: AtomicU64::new(0),
            batches: Mutex::new(Histogram::new(BATCHES)),
            commits: Mutex::new(Histogram::new(COMMITS)),
        }
    }
}

impl Measures {
    /// Returns what was counted so far.
    pub fn read(&self) -> Measured {
        let copy =
            |histogram: &Mutex<Histogram>| histogram.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Measured {
            waiting: self.waiting.load(Ordering::Relaxed).max(0).cast_unsigned(),
            refused: self.refused.load(Ordering::Relaxed),
            batches: copy(&self.batches),
            commits: copy(&self.commits),
        }
    }

    /// Notes that a piece of work begins to wait.
    pub(crate) fn waits(&self) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes that a piece of work found the queue full.
    pub(crate) fn refused(&self) {
        self.left(1);
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes that so many pieces wait no longer.
    pub(crate) fn left(&self, pieces: usize) {
        let pieces = i64::try_from(pieces).unwrap_or(i64::MAX);
        self.waiting.fetch_sub(pieces, Ordering::Relaxed);
    }

    /// Notes a transaction: how many pieces it wrote, and how long that took.
    pub(crate) fn committed(&self, pieces: usize, took: Duration) {
        let observe = |histogram: &Mutex<Histogram>, value| {
            let mut histogram = histogram.lock().unwrap_or_else(PoisonError::into_inner);
            histogram.observe(value);
        };
        observe(&self.batches, pieces as f64);
        observe(&self.commits, took.as_secs_f64());
    }
}

/// How many connections read, up to an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReaderUse {
    /// The most there may be.
    pub most: u64,
    /// Those that read.
    pub in_use: u64,
    /// Those who wait for one.
    pub waiting: u64,
    /// Those who waited for too long and were told that there is no room.
    pub turned_away: u64,
}

/// How often a read replica was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReplicaUse {
    /// It had what was needed.
    pub read: u64,
    /// It lagged too far behind, and the server was read.
    pub behind: u64,
    /// It could not be reached, and the server was read.
    pub lost: u64,
}

/// How often a folded case was found in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheUse {
    /// It was there.
    pub hits: u64,
    /// It had to be read and folded.
    pub misses: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_counts_below_every_bound_from_its_own_on() {
        let mut histogram = Histogram::new(&[1.0, 2.0]);
        for value in [0.5, 1.0, 1.5, 9.0] {
            histogram.observe(value);
        }
        assert_eq!(histogram.buckets().collect::<Vec<_>>(), [(1.0, 2), (2.0, 3)]);
        assert_eq!((histogram.count(), histogram.sum()), (4, 12.0));
    }

    #[test]
    fn what_is_refused_does_not_wait() {
        let measures = Measures::default();
        measures.waits();
        measures.waits();
        measures.refused();
        assert_eq!((measures.read().waiting, measures.read().refused), (1, 1));
        measures.left(1);
        assert_eq!(measures.read().waiting, 0);
    }
}
