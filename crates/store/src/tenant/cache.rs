//! Folded cases, kept for the next command. A bounded memory of what the log says, never its source.

use std::collections::HashMap;
use std::sync::Arc;

use bihuan_core::id::CaseId;

use crate::commit::Loaded;

/// Two generations: what was used lately moves to the young one; when that is full, the old one goes.
#[derive(Debug)]
pub(crate) struct Cache {
    young: HashMap<CaseId, Arc<Loaded>>,
    old: HashMap<CaseId, Arc<Loaded>>,
    generation: usize,
}

impl Cache {
    /// Makes a cache of at most twice `generation` cases.
    pub(crate) fn new(generation: usize) -> Self {
        Cache {
            young: HashMap::new(),
            old: HashMap::new(),
            generation,
        }
    }

    pub(crate) fn get(&mut self, id: CaseId) -> Option<Arc<Loaded>> {
        if let Some(found) = self.young.get(&id) {
            return Some(Arc::clone(found));
        }
        let found = self.old.remove(&id)?;
        self.put(Arc::clone(&found));
        Some(found)
    }

    pub(crate) fn put(&mut self, loaded: Arc<Loaded>) {
        if self.young.len() >= self.generation {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(&loaded.case.id);
        self.young.insert(loaded.case.id, loaded);
    }

    pub(crate) fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }

    pub(crate) fn forget(&mut self, id: CaseId) {
        self.young.remove(&id);
        self.old.remove(&id);
    }
}
