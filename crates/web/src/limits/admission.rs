//! How many requests are under way at once, in all and of each tenant, so that memory does not grow with
//! what comes in and no tenant crowds out another.
//!
//! A tenant takes no more than its share, and there is always one share more than there are tenants at it:
//! one alone takes half and leaves half to whoever comes next; two take a third each. Who is over their
//! share since another came gets nothing more until they are below it again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bihuan_core::id::TenantId;

/// Who is let in.
#[derive(Debug)]
pub struct Admission {
    most: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    all: usize,
    by_tenant: HashMap<TenantId, usize>,
    turned_away: u64,
}

/// A place among the requests under way; given back when dropped.
#[derive(Debug)]
pub struct Slot {
    admission: Arc<Admission>,
    tenant: TenantId,
    weight: usize,
}

impl Admission {
    /// Makes one that lets in requests of so much weight at once.
    pub fn new(most: usize) -> Arc<Admission> {
        Arc::new(Admission {
            most,
            state: Mutex::default(),
        })
    }

    /// Lets a request of a tenant in; `None` if the tenant has its share already, or all is taken.
    pub fn enter(self: &Arc<Self>, tenant: TenantId, weight: usize) -> Option<Slot> {
        let mut state = self.state();
        let held = state.by_tenant.get(&tenant).copied().unwrap_or(0);
        let at_it = state.by_tenant.len() + usize::from(held == 0);
        let share = self.most / (at_it + 1);
        // A request heavier than a share still has its turn, when the tenant has nothing else under way.
        let fits = held == 0 || held + weight <= share;
        if !fits || state.all + weight > self.most {
            state.turned_away += 1;
            return None;
        }
        state.all += weight;
        state.by_tenant.insert(tenant, held + weight);
        Some(Slot {
            admission: Arc::clone(self),
            tenant,
            weight,
        })
    }

    /// Returns the weight of what is under way, and how many requests were turned away so far.
    pub fn counts(&self) -> (usize, u64) {
        let state = self.state();
        (state.all, state.turned_away)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = self.admission.state();
        state.all -= self.weight;
        if let Some(held) = state.by_tenant.get_mut(&self.tenant) {
            *held -= self.weight;
            if *held == 0 {
                state.by_tenant.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn fill(admission: &Arc<Admission>, tenant: TenantId, weight: usize) -> Vec<Slot> {
        std::iter::from_fn(|| admission.enter(tenant, weight)).collect()
    }

    const A: TenantId = TenantId(Uuid::from_u128(1));
    const B: TenantId = TenantId(Uuid::from_u128(2));
    const C: TenantId = TenantId(Uuid::from_u128(3));

    #[test]
    fn one_alone_leaves_half_to_whoever_comes_next() {
        let admission = Admission::new(12);
        let mut first = fill(&admission, A, 1);
        let second = fill(&admission, B, 1);
        assert_eq!((first.len(), second.len()), (6, 4));
        let third = fill(&admission, C, 1);
        assert_eq!(third.len(), 2);
        // Over its share since the others came, the first gets nothing back before it is below it.
        first.truncate(3);
        assert!(admission.enter(A, 1).is_none());
        first.truncate(2);
        assert!(admission.enter(A, 1).is_some());
    }

    #[test]
    fn what_is_dropped_can_be_taken_again_and_all_is_counted() {
        let admission = Admission::new(4);
        let slots = fill(&admission, A, 1);
        assert_eq!(admission.counts(), (2, 1));
        drop(slots);
        assert_eq!(admission.counts(), (0, 1));
        assert_eq!(fill(&admission, B, 1).len(), 2);
    }

    #[test]
    fn a_heavy_request_has_its_turn_and_no_more_is_taken_than_there_is() {
        let admission = Admission::new(8);
        let heavy = admission.enter(A, 6);
        assert!(heavy.is_some() && admission.enter(A, 6).is_none());
        assert!(admission.enter(B, 6).is_none());
        assert!(admission.enter(B, 2).is_some());
        drop(heavy);
        assert!(admission.enter(B, 6).is_some());
    }
}
