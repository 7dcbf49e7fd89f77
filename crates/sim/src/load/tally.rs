//! What happened under load, counted by operation.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::histogram::Histogram;
use super::operation::Operation;
use super::outage::Outages;

/// Counts of one operation.
#[derive(Debug, Default)]
struct Counts {
    sent: u64,
    /// Requests that were sent once more.
    again: u64,
    acknowledged: u64,
    refused: u64,
    failed: u64,
    latencies: Histogram,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Answered as wanted.
    Good,
    /// Answered by a refusal: the sender's fault, or a rule.
    Refused,
    /// Not answered, or by a fault of the server.
    Failed,
}

/// Everything that is counted.
#[derive(Debug)]
pub struct Tally {
    began: Instant,
    began_at: Timestamp,
    operations: BTreeMap<Operation, Counts>,
    errors: BTreeMap<String, u64>,
    outages: Outages,
    shed_reads: u64,
    shed_writes: u64,
}

impl Tally {
    /// Begins to count.
    pub fn begin(began: Instant, began_at: Timestamp) -> Tally {
        Tally {
            began,
            began_at,
            operations: BTreeMap::new(),
            errors: BTreeMap::new(),
            outages: Outages::default(),
            shed_reads: 0,
            shed_writes: 0,
        }
    }

    /// A request is sent for the first time.
    pub fn sent(&mut self, operation: Operation, now: Instant) {
        self.operations.entry(operation).or_default().sent += 1;
        if operation.writes() {
            self.outages.wanted(now);
        }
    }

    /// An attempt went wrong; `why` groups it.
    pub fn error(&mut self, why: &str) {
        *self.errors.entry(why.to_owned()).or_default() += 1;
    }

    /// A request is sent once more.
    pub fn again(&mut self, operation: Operation) {
        self.operations.entry(operation).or_default().again += 1;
    }

    /// A request has ended, `took` after it was wanted.
    pub fn ended(&mut self, operation: Operation, end: End, took: Duration, now: Instant) {
        let counts = self.operations.entry(operation).or_default();
        match end {
            End::Good => {
                counts.acknowledged += 1;
                counts.latencies.add(took);
            }
            End::Refused => counts.refused += 1,
            End::Failed => counts.failed += 1,
        }
        match (operation.writes(), end) {
            (true, End::Good) => self.outages.acknowledged(now),
            (true, End::Refused | End::Failed) => self.outages.left(now),
            (false, _) => {}
        }
    }

    /// Something was wanted and not done, because too much was under way.
    pub fn shed(&mut self, writes: bool) {
        if writes {
            self.shed_writes += 1;
        } else {
            self.shed_reads += 1;
        }
    }

    /// Returns all as JSON, at the end of the run.
    pub fn report(&mut self, now: Instant) -> Value {
        let (longest, gaps) = self.outages.longest(now);
        let outages: Vec<Value> = gaps
            .iter()
            .map(|gap| {
                let into_run = gap.began.saturating_duration_since(self.began);
                json!({ "began_at": (self.began_at + into_run).to_string(), "seconds": seconds(gap.took) })
            })
            .collect();
        let operations: serde_json::Map<String, Value> = self
            .operations
            .iter()
            .map(|(operation, counts)| (operation.word().to_owned(), counts.report()))
            .collect();
        json!({
            "seconds": seconds(now.saturating_duration_since(self.began)),
            "reads": self.sum(false),
            "writes": self.sum(true),
            "operations": operations,
            "errors": self.errors,
            "longest_outage_seconds": seconds(longest),
            "outages": outages,
        })
    }

    /// Returns the sums over all operations that read, or that write.
    fn sum(&self, writes: bool) -> Value {
        let of = |count: fn(&Counts) -> u64| -> u64 {
            let chosen = self
                .operations
                .iter()
                .filter(|(operation, _)| operation.writes() == writes);
            chosen.map(|(_, counts)| count(counts)).sum()
        };
        json!({
            "sent": of(|counts| counts.sent),
            "acknowledged": of(|counts| counts.acknowledged),
            "refused": of(|counts| counts.refused),
            "failed": of(|counts| counts.failed),
            "sent_again": of(|counts| counts.again),
            "shed": if writes { self.shed_writes } else { self.shed_reads },
        })
    }
}

impl Counts {
    fn report(&self) -> Value {
        let millis = |took: Option<Duration>| took.map(|took| rounded(took.as_secs_f64() * 1_000.0));
        json!({
            "sent": self.sent,
            "sent_again": self.again,
            "acknowledged": self.acknowledged,
            "refused": self.refused,
            "failed": self.failed,
            "p50_ms": millis(self.latencies.at_share(0.5)),
            "p99_ms": millis(self.latencies.at_share(0.99)),
            "max_ms": millis(self.latencies.longest()),
        })
    }
}

fn seconds(took: Duration) -> f64 {
    rounded(took.as_secs_f64())
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_over_their_own_and_outages_over_writes_alone() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut tally = Tally::begin(start, Timestamp::UNIX_EPOCH);
        tally.sent(Operation::Desk, at(0));
        tally.ended(Operation::Desk, End::Failed, Duration::from_secs(50), at(50));
        tally.sent(Operation::Message, at(10));
        tally.error("not reached");
        tally.again(Operation::Message);
        tally.ended(Operation::Message, End::Good, Duration::from_secs(4), at(14));
        tally.sent(Operation::Step, at(20));
        tally.ended(Operation::Step, End::Refused, Duration::from_secs(1), at(21));
        tally.shed(true);
        let report = tally.report(at(60));
        assert_eq!(
            report["writes"],
            json!({"sent": 2, "acknowledged": 1, "refused": 1, "failed": 0, "sent_again": 1, "shed": 1})
        );
        assert_eq!(report["reads"]["failed"], 1);
        assert_eq!(report["operations"]["message"]["max_ms"], 4000.0);
        assert_eq!(report["operations"]["desk"]["p50_ms"], Value::Null);
        assert_eq!(report["errors"], json!({"not reached": 1}));
        assert_eq!(report["longest_outage_seconds"], 4.0);
        assert_eq!(report["outages"][0]["began_at"], "1970-01-01T00:00:10Z");
    }
}
