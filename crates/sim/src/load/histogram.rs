//! Latencies in bounded memory: counted in buckets that are about 1.6 % wide.

use std::time::Duration;

/// Buckets of each doubling.
const PARTS: u64 = 64;

/// Doublings above [`PARTS`] microseconds: up to more than an hour.
const DOUBLINGS: u64 = 27;

/// How many took how long.
#[derive(Debug, Clone)]
pub struct Histogram {
    buckets: Vec<u64>,
    count: u64,
    longest: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram {
            buckets: vec![0; (PARTS * (DOUBLINGS + 1)) as usize],
            count: 0,
            longest: Duration::ZERO,
        }
    }
}

impl Histogram {
    /// Counts one more.
    pub fn add(&mut self, took: Duration) {
        let last = self.buckets.len() - 1;
        self.buckets[bucket(took).min(last)] += 1;
        self.count += 1;
        self.longest = self.longest.max(took);
    }

    /// Returns how long the quickest `share` of all took at most, about; nothing where there is none.
    pub fn at_share(&self, share: f64) -> Option<Duration> {
        let wanted = (self.count as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        let found = self.buckets.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        found.map(|at| upper(at).min(self.longest))
    }

    /// Returns the longest; nothing where there is none.
    pub fn longest(&self) -> Option<Duration> {
        (self.count > 0).then_some(self.longest)
    }
}

/// Returns the bucket of a duration: one for each microsecond at first, then a share of each doubling.
fn bucket(took: Duration) -> usize {
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    if micros < PARTS {
        return micros as usize;
    }
    let doubling = u64::from(micros.ilog2() - PARTS.ilog2());
    let part = (micros >> doubling) - PARTS;
    // The first doubling begins behind the single microseconds.
    (PARTS + doubling * PARTS + part) as usize
}

/// Returns the longest duration of a bucket.
fn upper(bucket: usize) -> Duration {
    let bucket = bucket as u64;
    let micros = match bucket.checked_sub(PARTS) {
        None => bucket,
        Some(above) => ((above % PARTS + PARTS + 1) << (above / PARTS)) - 1,
    };
    Duration::from_micros(micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_right_to_two_percent() {
        let mut histogram = Histogram::default();
        for millis in 1..=10_000 {
            histogram.add(Duration::from_millis(millis));
        }
        for (share, exact) in [(0.5, 5.0), (0.99, 9.9), (1.0, 10.0)] {
            let found = histogram.at_share(share).unwrap().as_secs_f64();
            assert!((found / exact - 1.0).abs() < 0.02, "{share}: {found}");
        }
        assert_eq!(histogram.longest(), Some(Duration::from_secs(10)));
    }

    #[test]
    fn every_duration_lies_in_its_bucket_and_buckets_do_not_overlap() {
        for micros in (0..2_000).chain([65_535, 65_536, 999_999, 3_600_000_000]) {
            let at = bucket(Duration::from_micros(micros));
            assert!(upper(at) >= Duration::from_micros(micros), "{micros}");
            assert!(
                at == 0 || upper(at - 1) < Duration::from_micros(micros),
                "{micros}"
            );
        }
    }

    #[test]
    fn of_nothing_there_is_no_share_and_an_age_does_not_overflow() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.at_share(0.5), None);
        assert_eq!(histogram.longest(), None);
        histogram.add(Duration::MAX);
        assert!(histogram.at_share(0.5).is_some());
    }
}
