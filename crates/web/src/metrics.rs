//! What is counted of the requests, and all that is counted in the form that Prometheus reads.
//!
//! Labels are routes, statuses and fixed words: no name, no text, no id of anybody stands in them.

pub mod page;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use bihuan_store::measure::Histogram;

use crate::error::WebError;

/// Upper bounds of what a request takes, in seconds.
const SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];

/// What is counted. One for the process.
#[derive(Debug, Default)]
pub struct Metrics(Mutex<Counts>);

/// A method and the pattern of a route.
type Door = (Method, &'static str);

#[derive(Debug, Default)]
struct Counts {
    answered: HashMap<(Door, StatusCode), u64>,
    took: HashMap<Door, Histogram>,
    intake: HashMap<Intake, u64>,
}

/// What became of something that somebody wanted to be taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Intake {
    /// It is on disk.
    Accepted,
    /// A rule forbids it, or it is not well formed.
    Refused,
    /// There was no room; it may come again.
    Busy,
    /// The store failed.
    Failed,
}

impl Intake {
    const ALL: [Intake; 4] = [Intake::Accepted, Intake::Refused, Intake::Busy, Intake::Failed];

    fn word(self) -> &'static str {
        match self {
            Intake::Accepted => "accepted",
            Intake::Refused => "refused",
            Intake::Busy => "busy",
            Intake::Failed => "failed",
        }
    }

    /// Returns what an outcome is.
    pub fn of<T>(outcome: &Result<T, WebError>) -> Intake {
        match outcome {
            Ok(_) => Intake::Accepted,
            Err(WebError::Busy) => Intake::Busy,
            Err(error) if error.status().is_server_error() => Intake::Failed,
            Err(_) => Intake::Refused,
        }
    }
}

impl Metrics {
    /// Notes an answer.
    pub fn answered(&self, method: &Method, route: &'static str, status: StatusCode, took: Duration) {
        let door = (method.clone(), route);
        let mut counts = self.counts();
        let histogram = counts
            .took
            .entry(door.clone())
            .or_insert_with(|| Histogram::new(SECONDS));
        histogram.observe(took.as_secs_f64());
        *counts.answered.entry((door, status)).or_default() += 1;
    }

    /// Notes what became of something that somebody wanted to be taken in.
    pub fn note(&self, intake: Intake) {
        *self.counts().intake.entry(intake).or_default() += 1;
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
