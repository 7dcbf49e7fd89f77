//! Whether the process should get requests, as it was found last: apart from who finds it out, so that the
//! server's state can hold it.

use std::time::Instant;

use tokio::sync::{Mutex, MutexGuard};

/// Why the process should get no requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unready {
    /// The database takes no writes, or not soon enough.
    Database,
    /// A follower is too far behind.
    Followers,
    /// The disk is nearly full.
    Disk,
    /// The archive is not where it must be.
    Archive,
}

/// The last answer, so that asking often costs little.
#[derive(Debug, Default)]
pub struct Readiness(Mutex<Last>);

/// When it was found out, and what was not well.
pub type Last = Option<(Instant, Vec<Unready>)>;

impl Readiness {
    /// Returns the last answer; whoever holds it finds out the next, and the others wait for that.
    pub async fn last(&self) -> MutexGuard<'_, Last> {
        self.0.lock().await
    }
}
