//! The text that Prometheus reads, version 0.0.4.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bihuan_store::followers::lag::Lag;
use bihuan_store::measure::{CacheUse, Histogram, Measured, ReaderUse, ReplicaUse};
use bihuan_store::sending::Health;
use jiff::Timestamp;

use super::{Intake, Metrics};

/// The media type of the text.
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A text under way.
#[derive(Debug, Default)]
pub struct Page {
    text: String,
}

impl Page {
    /// Begins a metric.
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(label, value)| format!("{label}=\"{value}\""))
            .collect();
        let braces = match labels.is_empty() {
            true => String::new(),
            false => format!("{{{}}}", labels.join(",")),
        };
        let _ = writeln!(self.text, "{name}{braces} {value}");
    }

    fn single(&mut self, name: &str, kind: &str, help: &str, value: f64) {
        self.head(name, kind, help);
        self.line(name, &[], value);
    }

    fn histogram(&mut self, name: &str, labels: &[(&str, &str)], histogram: &Histogram) {
        let bucket = format!("{name}_bucket");
        for (bound, below) in histogram.buckets() {
            let bound = bound.to_string();
            self.line(
                &bucket,
                &[labels, &[("le", bound.as_str())]].concat(),
                below as f64,
            );
        }
        let count = histogram.count() as f64;
        self.line(&bucket, &[labels, &[("le", "+Inf")]].concat(), count);
        self.line(&format!("{name}_sum"), labels, histogram.sum());
        self.line(&format!("{name}_count"), labels, count);
    }

    /// Adds what was counted of the requests.
    pub fn requests(&mut self, metrics: &Metrics) {
        let counts = metrics.counts();
        self.head(
            "bihuan_requests_total",
            "counter",
            "Requests answered, by route and status.",
        );
        let mut answered: Vec<_> = counts.answered.iter().collect();
        answered.sort_by_key(|(((method, route), status), _)| (*route, method.as_str(), status.as_u16()));
        for (((method, route), status), count) in answered {
            let labels = [
                ("method", method.as_str()),
                ("route", *route),
                ("status", status.as_str()),
            ];
            self.line("bihuan_requests_total", &labels, *count as f64);
        }
        self.head(
            "bihuan_request_seconds",
            "histogram",
            "What requests took until the answer began.",
        );
        let mut took: Vec<_> = counts.took.iter().collect();
        took.sort_by_key(|((method, route), _)| (*route, method.as_str()));
        for ((method, route), histogram) in took {
            let labels = [("method", method.as_str()), ("route", *route)];
            self.histogram("bihuan_request_seconds", &labels, histogram);
        }
        let name = "bihuan_intake_total";
        self.head(
            name,
            "counter",
            "Messages and calls that were to be taken in, by what became of them.",
        );
        for intake in Intake::ALL {
            let count = counts.intake.get(&intake).copied().unwrap_or(0);
            self.line(name, &[("outcome", intake.word())], count as f64);
        }
    }

    /// Adds the mail to the staff.
    pub fn mail(&mut self, health: Health) {
        let help = "Mails to the staff that are not sent yet.";
        self.single("bihuan_mail_waiting", "gauge", help, health.waiting as f64);
        let help =
            "Mails to the staff that were given up; administrators see them and can have them sent again.";
        self.single("bihuan_mail_dead", "gauge", help, health.dead as f64);
    }

    /// Adds the posts to other systems.
    pub fn webhooks(&mut self, health: Health) {
        let help = "Posts to other systems that have not arrived yet.";
        self.single("bihuan_webhooks_waiting", "gauge", help, health.waiting as f64);
        let help = "Posts to other systems that were given up; administrators see them and can have them sent again.";
        self.single("bihuan_webhooks_dead", "gauge", help, health.dead as f64);
    }

    /// Adds what is under way, and what was turned away for want of room.
    pub fn admission(&mut self, (weight, turned_away): (usize, u64)) {
        let help = "Weight of the requests under way; one with files weighs more.";
        self.single("bihuan_requests_in_flight", "gauge", help, weight as f64);
        let help = "Requests turned away because their tenant or sender had its share, or all was taken.";
        self.single(
            "bihuan_requests_turned_away_total",
            "counter",
            help,
            turned_away as f64,
        );
    }

    /// Adds how many are connected, how many may be, and how many were turned away.
    pub fn connections(&mut self, (stand, most, turned_away): (usize, usize, u64)) {
        let help = "Connections that stand.";
        self.single("bihuan_connections", "gauge", help, stand as f64);
        let help = "Connections that may stand at once, by what the process may open.";
        self.single("bihuan_connections_most", "gauge", help, most as f64);
        let help = "Connections turned away because their sender had its part, or all were taken.";
        self.single(
            "bihuan_connections_turned_away_total",
            "counter",
            help,
            turned_away as f64,
        );
    }

    /// Adds what the writer counted.
    pub fn writer(&mut self, measured: &Measured) {
        let help = "Pieces of work that wait for the writer.";
        self.single("bihuan_writer_waiting", "gauge", help, measured.waiting as f64);
        let help = "Pieces of work that found the writer's queue full.";
        self.single(
            "bihuan_writer_refused_total",
            "counter",
            help,
            measured.refused as f64,
        );
        self.head(
            "bihuan_writer_batch",
            "histogram",
            "Pieces of work written in one transaction.",
        );
        self.histogram("bihuan_writer_batch", &[], &measured.batches);
        self.head(
            "bihuan_writer_commit_seconds",
            "histogram",
            "What a transaction took with its commit.",
        );
        self.histogram("bihuan_writer_commit_seconds", &[], &measured.commits);
    }

    /// Adds how many connections read, and who waits for one.
    pub fn readers(&mut self, used: ReaderUse) {
        let gauges = [
            ("bihuan_readers", "Connections that may read at once.", used.most),
            ("bihuan_readers_in_use", "Connections that read.", used.in_use),
            (
                "bihuan_readers_waiting",
                "Readers that wait for a connection.",
                used.waiting,
            ),
        ];
        for (name, help, value) in gauges {
            self.single(name, "gauge", help, value as f64);
        }
        let help = "Readers that waited for a connection for too long.";
        let name = "bihuan_readers_turned_away_total";
        self.single(name, "counter", help, used.turned_away as f64);
    }

    /// Adds how often the replica was read, where there is one.
    pub fn replica(&mut self, used: Option<ReplicaUse>) {
        let Some(used) = used else { return };
        let name = "bihuan_replica_reads_total";
        self.head(
            name,
            "counter",
            "Reads that a replica was there for, by what became of them.",
        );
        for (outcome, count) in [("read", used.read), ("behind", used.behind), ("lost", used.lost)] {
            self.line(name, &[("outcome", outcome)], count as f64);
        }
    }

    /// Adds how far each follower is behind, the worst of all tenants.
    pub fn lags(&mut self, lags: &[Lag], now: Timestamp) {
        let mut worst: BTreeMap<&str, (u64, f64)> = BTreeMap::new();
        for lag in lags {
            let (events, seconds) = worst.entry(lag.follower).or_default();
            *events = lag.events.max(*events);
            *seconds = age_seconds(lag, now).max(*seconds);
        }
        let name = "bihuan_follower_lag_events";
        self.head(
            name,
            "gauge",
            "Events that a follower has not seen; the worst of all tenants.",
        );
        for (follower, (events, _)) in &worst {
            self.line(name, &[("follower", follower)], *events as f64);
        }
        let name = "bihuan_follower_lag_seconds";
        let help = "Age of the oldest event that a follower has not seen; the worst of all tenants.";
        self.head(name, "gauge", help);
        for (follower, (_, seconds)) in &worst {
            self.line(name, &[("follower", follower)], *seconds);
        }
    }

    /// Adds how often cases were found folded.
    pub fn cache(&mut self, used: CacheUse) {
        let name = "bihuan_case_cache_total";
        self.head(name, "counter", "Cases looked for in the memory of folded cases.");
        self.line(name, &[("outcome", "hit")], used.hits as f64);
        self.line(name, &[("outcome", "miss")], used.misses as f64);
    }

    /// Adds how much room the disk has, where that is known.
    pub fn disk(&mut self, free_bytes: Option<u64>) {
        if let Some(free) = free_bytes {
            let help = "Bytes free where the data directory lies.";
            self.single("bihuan_disk_free_bytes", "gauge", help, free as f64);
        }
    }

    /// Adds which version of the program this is.
    pub fn build(&mut self) {
        let name = "bihuan_build_info";
        self.head(name, "gauge", "The version of the program.");
        self.line(name, &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    }

    /// Returns the text.
    pub fn into_text(self) -> String {
        self.text
    }
}

/// Returns the age of the oldest event that a follower has not seen, in seconds.
pub fn age_seconds(lag: &Lag, now: Timestamp) -> f64 {
    lag.oldest
        .map_or(0.0, |oldest| now.duration_since(oldest).as_secs_f64().max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_has_every_bucket_its_sum_and_its_count() {
        let mut histogram = Histogram::new(&[0.5, 2.0]);
        histogram.observe(0.25);
        histogram.observe(1.0);
        let mut page = Page::default();
        page.histogram("took", &[("route", "/a")], &histogram);
        let expected = "took_bucket{route=\"/a\",le=\"0.5\"} 1\n\
            took_bucket{route=\"/a\",le=\"2\"} 2\n\
            took_bucket{route=\"/a\",le=\"+Inf\"} 2\n\
            took_sum{route=\"/a\"} 1.25\n\
            took_count{route=\"/a\"} 2\n";
        assert_eq!(page.into_text(), expected);
    }

    #[test]
    fn the_worst_of_all_tenants_is_told_of_each_follower() {
        let now: Timestamp = "2026-03-02T01:00:00Z".parse().unwrap();
        let lag = |events, before| Lag {
            follower: "clocks",
            events,
            oldest: Some(now - jiff::SignedDuration::from_secs(before)),
        };
        let mut page = Page::default();
        page.lags(&[lag(3, 40), lag(9, 2)], now);
        let text = page.into_text();
        assert!(
            text.contains("bihuan_follower_lag_events{follower=\"clocks\"} 9\n"),
            "{text}"
        );
        assert!(
            text.contains("bihuan_follower_lag_seconds{follower=\"clocks\"} 40\n"),
            "{text}"
        );
    }
}
