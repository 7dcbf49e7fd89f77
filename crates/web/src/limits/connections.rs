//! How many connections stand at once, in all and from each sender: each is a file descriptor of the process,
//! and without any nothing can be opened any more.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::throttle::sender;

/// One sender's part of all.
const SENDERS: usize = 16;
/// What each sender may have in any case: an office that comes from one address opens a few per person.
const LEAST_OF_SENDER: usize = 64;
/// The most descriptors that are asked for: beyond that memory is what runs out first.
const MOST_DESCRIPTORS: u64 = 65_536;

/// Who is connected.
#[derive(Debug)]
pub struct Connections {
    most: usize,
    of_sender: Option<usize>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    all: usize,
    by_sender: HashMap<Vec<u8>, usize>,
    turned_away: u64,
}

/// A connection that stands; given back when dropped.
#[derive(Debug)]
pub struct Seat {
    connections: Arc<Connections>,
    sender: Vec<u8>,
}

impl Connections {
    /// Lets in three quarters of what the process may open, which is raised to what it may be raised to: the
    /// rest is for the database and for files. Senders have a bound of their own where `bound_senders` says
    /// so; behind a proxy all come from it.
    pub fn of_process(bound_senders: bool) -> Arc<Connections> {
        let most = usize::try_from(raise_descriptors()).unwrap_or(usize::MAX) / 4 * 3;
        let of_sender = bound_senders.then_some((most / SENDERS).max(LEAST_OF_SENDER));
        Connections::new(most, of_sender)
    }

    fn new(most: usize, of_sender: Option<usize>) -> Arc<Connections> {
        Arc::new(Connections {
            most,
            of_sender,
            state: Mutex::default(),
        })
    }

    /// Lets a connection in; `None` if its sender has too many, or there are too many in all.
    pub fn enter(self: &Arc<Connections>, from: IpAddr) -> Option<Seat> {
        let sender = sender(from);
        let mut state = self.state();
        let held = state.by_sender.get(&sender).copied().unwrap_or(0);
        if state.all >= self.most || self.of_sender.is_some_and(|most| held >= most) {
            state.turned_away += 1;
            return None;
        }
        state.all += 1;
        state.by_sender.insert(sender.clone(), held + 1);
        Some(Seat {
            connections: Arc::clone(self),
            sender,
        })
    }

    /// Returns how many stand, how many may, and how many were turned away so far.
    pub fn counts(&self) -> (usize, usize, u64) {
        let state = self.state();
        (state.all, self.most, state.turned_away)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.connections.state();
        state.all -= 1;
        if let Some(held) = state.by_sender.get_mut(&self.sender) {
            *held -= 1;
            if *held == 0 {
                state.by_sender.remove(&self.sender);
            }
        }
    }
}

/// Raises the descriptors that the process may have open as far as it may by itself, and returns how many.
fn raise_descriptors() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let (now, most) = (
        limit.current.unwrap_or(u64::MAX),
        limit.maximum.unwrap_or(u64::MAX),
    );
    let wanted = most.min(MOST_DESCRIPTORS).max(now);
    let raised = Rlimit {
        current: Some(wanted),
        maximum: limit.maximum,
    };
    match wanted > now && setrlimit(Resource::Nofile, raised).is_ok() {
        true => wanted,
        false => now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_has_a_bound_of_their_own_and_all_have_one_together() {
        let connections = Connections::new(5, Some(3));
        let from = |last: u8| connections.enter(IpAddr::from([10, 0, 0, last]));
        let first: Vec<Seat> = std::iter::from_fn(|| from(1)).collect();
        let second: Vec<Seat> = std::iter::from_fn(|| from(2)).collect();
        assert_eq!((first.len(), second.len()), (3, 2));
        assert_eq!(connections.counts(), (5, 5, 2));
        drop(first);
        assert!(from(2).is_some() && from(3).is_some());
    }

    #[test]
    fn behind_a_proxy_all_may_come_from_one_address() {
        let connections = Connections::new(5, None);
        let seats = std::iter::from_fn(|| connections.enter(IpAddr::from([10, 0, 0, 1])));
        assert_eq!(seats.collect::<Vec<Seat>>().len(), 5);
    }

    #[test]
    fn the_process_may_hold_as_many_as_it_raised_itself_to() {
        let (_, most, _) = Connections::of_process(true).counts();
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        assert!(most > 0 && (most as u64) < limit);
    }
}
