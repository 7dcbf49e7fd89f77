//! What load to put on which servers.

use std::path::PathBuf;
use std::time::Duration;

use super::operation::Mixture;

/// What load to put on which servers.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The servers; requests go to them in turn.
    pub urls: Vec<String>,
    /// Arrivals a second.
    pub rate: f64,
    /// How long there are arrivals.
    pub duration: Duration,
    /// Reads and writes among them.
    pub mixture: Mixture,
    /// The most that read, and the most that write, at a time.
    pub in_flight: usize,
    /// How long a write is sent again and again.
    pub patience: Duration,
    /// How long one attempt waits for its answer.
    pub answer_within: Duration,
    /// The units that cases are assigned to: codes or names.
    pub units: Vec<String>,
    /// The word that all keys of this run begin with: small letters and digits, used by no other run.
    pub run: String,
    /// The seed of everything that is left to chance.
    pub seed: u64,
    /// Whether each sender comes from an address of its own, as behind a proxy.
    pub spread_senders: bool,
    /// Where acknowledged writes are noted.
    pub journal: Option<PathBuf>,
}
