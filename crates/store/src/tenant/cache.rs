//! Folded cases, kept for the next command. A bounded memory of what the log says, never its source.

use std::collections::HashMap;
use std::sync::Arc;

use bihuan_core::id::CaseId;

use crate::commit::Loaded;
use crate::measure::CacheUse;

/// Two generations: what was used lately moves to the young one; when that is full, the old one goes.
#[derive(Debug)]
pub(crate) struct Cache {
    young: HashMap<CaseId, Arc<Loaded>>,
    old: HashMap<CaseId, Arc<Loaded>>,
    generation: usize,
    /// How often it held what was asked for.
    pub(crate) used: CacheUse,
}

impl Cache {
    /// Makes a cache of at most twice `generation` cases.
    pub(crate) fn new(generation: usize) -> Self {
        Cache {
            young: HashMap::new(),
            old: HashMap::new(),
            generation,
            used: CacheUse::default(),
        }
    }

    pub(crate) fn get(&mut self, id: CaseId) -> Option<Arc<Loaded>> {
        if let Some(found) = self.young.get(&id) {
            self.used.hits += 1;
            return Some(Arc::clone(found));
        }
        let Some(found) = self.old.remove(&id) else {
            self.used.misses += 1;
            return None;
        };
        self.used.hits += 1;
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
