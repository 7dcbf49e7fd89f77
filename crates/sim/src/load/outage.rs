//! Outages: how long no write was acknowledged while somebody waited for one.

use std::time::{Duration, Instant};

/// Gaps from this length on are listed.
const LISTED: Duration = Duration::from_millis(500);

/// The most that are listed.
const MOST_LISTED: usize = 100;

/// A time in which writes were wanted and none was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// When it began.
    pub began: Instant,
    /// How long it took.
    pub took: Duration,
}

/// Watches writes come and go.
#[derive(Debug, Default)]
pub struct Outages {
    /// Writes that wait.
    waiting: usize,
    /// Since when somebody has waited with nobody being served.
    since: Option<Instant>,
    longest: Duration,
    gaps: Vec<Gap>,
}

impl Outages {
    /// Somebody begins to wait.
    pub fn wanted(&mut self, now: Instant) {
        self.waiting += 1;
        self.since.get_or_insert(now);
    }

    /// Somebody's write was acknowledged.
    pub fn acknowledged(&mut self, now: Instant) {
        self.end_gap(now);
        self.waiting -= 1;
        self.since = (self.waiting > 0).then_some(now);
    }

    /// Somebody waits no longer, without having been served: refused, or out of patience.
    pub fn left(&mut self, now: Instant) {
        self.waiting -= 1;
        if self.waiting == 0 {
            self.end_gap(now);
        }
    }

    /// Returns the longest gap so far and the listed ones.
    pub fn longest(&mut self, now: Instant) -> (Duration, &[Gap]) {
        if self.waiting > 0 {
            self.end_gap(now);
            self.since = Some(now);
        }
        (self.longest, &self.gaps)
    }

    fn end_gap(&mut self, now: Instant) {
        let Some(began) = self.since.take() else { return };
        let took = now.saturating_duration_since(began);
        self.longest = self.longest.max(took);
        if took >= LISTED && self.gaps.len() < MOST_LISTED {
            self.gaps.push(Gap { began, took });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn an_outage_lasts_from_one_acknowledgement_to_the_next_while_somebody_waits() {
        let (start, mut outages) = (Instant::now(), Outages::default());
        outages.wanted(at(start, 0));
        outages.wanted(at(start, 1));
        outages.acknowledged(at(start, 2));
        outages.wanted(at(start, 5));
        outages.acknowledged(at(start, 9));
        outages.acknowledged(at(start, 9));
        let (longest, gaps) = outages.longest(at(start, 100));
        assert_eq!(longest, Duration::from_secs(7));
        assert_eq!(gaps.len(), 2);
        assert_eq!(gaps[1].began, at(start, 2));
    }

    #[test]
    fn quiet_is_no_outage() {
        let (start, mut outages) = (Instant::now(), Outages::default());
        outages.wanted(at(start, 0));
        outages.acknowledged(at(start, 0));
        outages.wanted(at(start, 60));
        outages.acknowledged(at(start, 61));
        assert_eq!(outages.longest(at(start, 99)).0, Duration::from_secs(1));
    }

    #[test]
    fn who_gives_up_does_not_end_the_wait_of_others() {
        let (start, mut outages) = (Instant::now(), Outages::default());
        outages.wanted(at(start, 0));
        outages.wanted(at(start, 1));
        outages.left(at(start, 30));
        outages.acknowledged(at(start, 40));
        assert_eq!(outages.longest(at(start, 41)).0, Duration::from_secs(40));
    }

    #[test]
    fn what_still_waits_at_the_end_counts() {
        let (start, mut outages) = (Instant::now(), Outages::default());
        outages.wanted(at(start, 3));
        assert_eq!(outages.longest(at(start, 23)).0, Duration::from_secs(20));
    }
}
