//! The long exports that this process runs: apart from both, so that the server's state can hold them and
//! leans on no page.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

/// The exports that this process runs.
#[derive(Debug, Default)]
pub struct Runs(Mutex<BTreeSet<Uuid>>);

impl Runs {
    /// Whether this process runs an export.
    pub fn has(&self, id: Uuid) -> bool {
        self.all().contains(&id)
    }

    /// Counts the exports that run.
    pub fn count(&self) -> usize {
        self.all().len()
    }

    /// Notes that an export runs.
    pub fn begin(&self, id: Uuid) {
        self.all().insert(id);
    }

    /// Notes that an export has ended.
    pub fn end(&self, id: Uuid) {
        self.all().remove(&id);
    }

    fn all(&self) -> MutexGuard<'_, BTreeSet<Uuid>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
