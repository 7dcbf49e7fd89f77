//! How many requests are under way at once, in all, of each tenant and of each sender, so that memory does
//! not grow with what comes in and nobody crowds out others.
//!
//! A tenant takes no more than its share, and there is always one share more than there are tenants at it:
//! one alone takes half and leaves half to whoever comes next; two take a third each. Who is over their
//! share since another came gets nothing more until they are below it again.
//!
//! A sender takes no more than a sixteenth of all. Whoever is logged in is a sender of their own, wherever
//! they come from: a whole office may come from one address.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bihuan_core::id::{PersonId, TenantId};

/// One sender's part of all: sixteen who do their worst leave nothing, fewer leave something.
const SENDERS: usize = 16;

/// Who is let in.
#[derive(Debug)]
pub struct Admission {
    most: usize,
    of_sender: Option<usize>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    all: usize,
    by_tenant: HashMap<TenantId, usize>,
    by_sender: HashMap<Sender, usize>,
    turned_away: u64,
}

/// Whose request it is. Addresses are held as long as a request of theirs is under way, and in memory only.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Sender {
    /// Whoever comes from an address, as [`super::throttle::sender`] tells addresses apart.
    Place(Vec<u8>),
    /// Somebody who is logged in.
    Person(TenantId, PersonId),
}

/// A place among the requests under way; given back when dropped.
#[derive(Debug)]
pub struct Slot {
    admission: Arc<Admission>,
    tenant: TenantId,
    sender: Option<Sender>,
    weight: usize,
}

impl Admission {
    /// Makes one that lets in requests of so much weight at once; senders have a bound of their own where
    /// `bound_senders` says so.
    pub fn new(most: usize, bound_senders: bool) -> Arc<Admission> {
        Arc::new(Admission {
            most,
            of_sender: bound_senders.then_some((most / SENDERS).max(1)),
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
            sender: None,
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

impl Slot {
    /// Counts the request for whoever sends it; to be called once, before anything large is done for them.
    /// Returns whether there is room for it within their share: one heavier than that has its turn when they
    /// have nothing else under way.
    pub fn count_for(&mut self, sender: Sender) -> bool {
        let Some(share) = self.admission.of_sender else {
            return true;
        };
        let mut state = self.admission.state();
        let held = state.by_sender.get(&sender).copied().unwrap_or(0);
        if held > 0 && held + self.weight > share {
            state.turned_away += 1;
            return false;
        }
        state.by_sender.insert(sender.clone(), held + self.weight);
        drop(state);
        self.sender = Some(sender);
        true
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = self.admission.state();
        state.all -= self.weight;
        give_back(&mut state.by_tenant, &self.tenant, self.weight);
        if let Some(sender) = &self.sender {
            give_back(&mut state.by_sender, sender, self.weight);
        }
    }
}

fn give_back<K: Eq + std::hash::Hash>(held: &mut HashMap<K, usize>, by: &K, weight: usize) {
    if let Some(all) = held.get_mut(by) {
        *all -= weight;
        if *all == 0 {
            held.remove(by);
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
        let admission = Admission::new(12, true);
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
        let admission = Admission::new(4, true);
        let slots = fill(&admission, A, 1);
        assert_eq!(admission.counts(), (2, 1));
        drop(slots);
        assert_eq!(admission.counts(), (0, 1));
        assert_eq!(fill(&admission, B, 1).len(), 2);
    }

    #[test]
    fn a_heavy_request_has_its_turn_and_no_more_is_taken_than_there_is() {
        let admission = Admission::new(8, true);
        let heavy = admission.enter(A, 6);
        assert!(heavy.is_some() && admission.enter(A, 6).is_none());
        assert!(admission.enter(B, 6).is_none());
        assert!(admission.enter(B, 2).is_some());
        drop(heavy);
        assert!(admission.enter(B, 6).is_some());
    }

    #[test]
    fn a_sender_has_a_sixteenth_and_a_person_counts_for_themselves() {
        let admission = Admission::new(64, true);
        let office = || Sender::Place(vec![10, 0, 0, 1]);
        let enter = |sender: Sender, weight| {
            let mut slot = admission.enter(A, weight)?;
            slot.count_for(sender).then_some(slot)
        };
        let held: Vec<Slot> = std::iter::from_fn(|| enter(office(), 1)).collect();
        assert_eq!(held.len(), 4);
        assert!(enter(Sender::Place(vec![10, 0, 0, 2]), 1).is_some());
        let clerk = Sender::Person(A, PersonId(Uuid::from_u128(9)));
        // Heavier than the share, and nothing else of theirs is under way.
        let upload = enter(clerk.clone(), 16);
        assert!(upload.is_some() && enter(clerk, 1).is_none());
        drop((held, upload));
        assert!(enter(office(), 1).is_some());
        assert_eq!(admission.counts().0, 0);
        assert!(admission.state().by_sender.is_empty());
    }
}
