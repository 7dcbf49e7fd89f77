//! How long a connection lives: as long as something is asked or answered, and no longer.
//!
//! Whoever connects and says nothing, asks nothing, or takes none of the answer is ended; else they would
//! hold their place, and the answer its room, for ever.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::admission::Slot;
use super::{GREETING_TIME, IDLE_TIME, SILENT_TIME, STALL_TIME};

/// What is known of a connection.
#[derive(Debug)]
pub struct Life(Mutex<State>);

#[derive(Debug)]
struct State {
    began: Instant,
    /// Whether a byte has come.
    heard: bool,
    /// Whether a request has come.
    asked: bool,
    /// When it last became idle.
    idle_since: Instant,
    /// How many requests wait for their answer to begin.
    asking: usize,
    /// The answers that are being sent, each with when the last piece of it was taken.
    sending: BTreeMap<u64, Instant>,
    next: u64,
    /// The room of answers of which the last piece is taken and perhaps not sent.
    unsent: Vec<Slot>,
}

impl Life {
    /// Begins the life of a connection.
    pub fn begin(now: Instant) -> Arc<Life> {
        Arc::new(Life(Mutex::new(State {
            began: now,
            heard: false,
            asked: false,
            idle_since: now,
            asking: 0,
            sending: BTreeMap::new(),
            next: 0,
            unsent: Vec::new(),
        })))
    }

    /// Returns when the connection is to be ended if nothing happens until then; `None` while a request is
    /// being answered, which has bounds of its own.
    pub fn ends_at(&self) -> Option<Instant> {
        let state = self.state();
        let stalled = state.sending.values().min();
        if let Some(taken) = stalled {
            return Some(*taken + STALL_TIME);
        }
        match (state.asking, state.asked, state.heard) {
            (0, true, _) => Some(state.idle_since + IDLE_TIME),
            (0, false, true) => Some(state.began + GREETING_TIME),
            (0, false, false) => Some(state.began + SILENT_TIME),
            _ => None,
        }
    }

    /// Notes that something has come.
    pub fn hear(&self) {
        self.state().heard = true;
    }

    /// Notes that a request has come; it is being answered until what is returned is dropped.
    pub fn ask(self: &Arc<Life>) -> Asking {
        let mut state = self.state();
        state.asked = true;
        state.asking += 1;
        Asking(Arc::clone(self))
    }

    /// Notes that an answer is being sent, until what is returned is dropped.
    pub fn send(self: &Arc<Life>, now: Instant) -> Sending {
        let mut state = self.state();
        let number = state.next;
        state.next += 1;
        state.sending.insert(number, now);
        Sending {
            life: Arc::clone(self),
            number,
        }
    }

    /// Notes that all that was taken of any answer has been handed to the network.
    pub fn flushed(&self) {
        let sent = std::mem::take(&mut self.state().unsent);
        // Giving back its room takes another lock, so it is done without this one.
        drop(sent);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub struct Asking(Arc<Life>);

impl Drop for Asking {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.asking -= 1;
        state.idle_since = Instant::now();
    }
}

/// An answer that is being sent.
#[derive(Debug)]
pub struct Sending {
    life: Arc<Life>,
    number: u64,
}

impl Sending {
    /// Notes that a piece of it is taken.
    pub fn moved(&self, now: Instant) {
        self.life.state().sending.insert(self.number, now);
    }

    /// Keeps the room of an answer whose last piece is taken until that is sent.
    pub fn keep_until_sent(&self, slot: Slot) {
        self.life.state().unsent.push(slot);
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        let mut state = self.life.state();
        state.sending.remove(&self.number);
        state.idle_since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use bihuan_core::id::TenantId;
    use uuid::Uuid;

    use super::super::admission::Admission;
    use super::*;

    #[test]
    fn whoever_says_nothing_or_asks_nothing_is_not_waited_for() {
        let now = Instant::now();
        let life = Life::begin(now);
        assert_eq!(life.ends_at(), Some(now + SILENT_TIME));
        life.hear();
        assert_eq!(life.ends_at(), Some(now + GREETING_TIME));
        let asking = life.ask();
        assert_eq!(life.ends_at(), None);
        drop(asking);
        assert!(life.ends_at() >= Some(now + IDLE_TIME));
    }

    #[test]
    fn an_answer_of_which_nothing_is_taken_ends_the_connection_whatever_else_goes_on_there() {
        let now = Instant::now();
        let life = Life::begin(now);
        let _asking = life.ask();
        let later = now + STALL_TIME / 2;
        let (_first, second) = (life.send(later), life.send(now));
        assert_eq!(life.ends_at(), Some(now + STALL_TIME));
        second.moved(now + STALL_TIME);
        assert_eq!(life.ends_at(), Some(later + STALL_TIME));
    }

    #[test]
    fn the_room_of_an_answer_is_kept_until_its_last_piece_is_sent() {
        let admission = Admission::new(8, true);
        let life = Life::begin(Instant::now());
        let sending = life.send(Instant::now());
        sending.keep_until_sent(admission.enter(TenantId(Uuid::nil()), 1).unwrap());
        drop(sending);
        assert_eq!(admission.counts().0, 1);
        life.flushed();
        assert_eq!(admission.counts().0, 0);
    }
}
