//! How often somebody may do something.
//!
//! Anonymous senders are told apart by a keyed hash of their address. Key and counts live in memory
//! only, and the key is new every day: no address is stored, and yesterday's cannot be recognised.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use bihuan_core::id::Entropy;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;

/// The most senders that are told apart in one window; beyond that the oldest window ends early.
const SENDERS: usize = 200_000;

/// So many in so much time.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// How many.
    pub most: u32,
    /// In how long.
    pub window: SignedDuration,
}

/// Counts what each sender does in a window of time.
pub struct Throttle {
    rate: Rate,
    counts: Mutex<Counts>,
}

struct Counts {
    key: [u8; 64],
    day: i64,
    began_at: Timestamp,
    by_sender: HashMap<[u8; 16], u32>,
}

impl Throttle {
    /// Makes a throttle that lets `rate` through.
    pub fn new(rate: Rate, entropy: &mut dyn Entropy) -> Throttle {
        let mut key = [0; 64];
        entropy.fill(&mut key);
        let counts = Counts {
            key,
            day: 0,
            began_at: Timestamp::UNIX_EPOCH,
            by_sender: HashMap::new(),
        };
        Throttle {
            rate,
            counts: Mutex::new(counts),
        }
    }

    /// Counts one more of `sender`.
    ///
    /// # Errors
    /// The seconds to wait, if that is too many.
    pub fn take(&self, sender: &[u8], now: Timestamp, entropy: &mut dyn Entropy) -> Result<(), u32> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.turn(now, self.rate.window, entropy);
        let sender = keyed(&counts.key, sender);
        let count = counts.by_sender.entry(sender).or_insert(0);
        if *count >= self.rate.most {
            let left = self.rate.window - now.duration_since(counts.began_at);
            return Err(u32::try_from(left.as_secs()).unwrap_or(0) + 1);
        }
        *count += 1;
        Ok(())
    }
}

impl Counts {
    /// Begins a new window when the old one is over, and takes a new key when the day is.
    fn turn(&mut self, now: Timestamp, window: SignedDuration, entropy: &mut dyn Entropy) {
        let day = now.as_second().div_euclid(86_400);
        if day != self.day {
            self.day = day;
            entropy.fill(&mut self.key);
            self.by_sender.clear();
        }
        let age = now.duration_since(self.began_at);
        // A clock that was set back would keep a window open until it has caught up.
        let over = age >= window || age.is_negative() || self.by_sender.len() >= SENDERS;
        if over || self.by_sender.is_empty() {
            self.began_at = now;
            self.by_sender.clear();
        }
    }
}

/// Returns the bytes that stand for a network address: an IPv6 sender counts by its /64.
pub fn sender(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(four) => four.octets().to_vec(),
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(four) => four.octets().to_vec(),
            None => six.octets()[..8].to_vec(),
        },
    }
}

fn keyed(key: &[u8; 64], sender: &[u8]) -> [u8; 16] {
    let mut mac = Hmac::<Sha256>::new(key.into());
    mac.update(sender);
    let whole: [u8; 32] = mac.finalize().into_bytes().into();
    std::array::from_fn(|place| whole[place])
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counter(u8);

    impl Entropy for Counter {
        fn fill(&mut self, bytes: &mut [u8]) {
            self.0 = self.0.wrapping_add(1);
            bytes.fill(self.0);
        }
    }

    fn throttle() -> Throttle {
        Throttle::new(
            Rate {
                most: 2,
                window: SignedDuration::from_mins(10),
            },
            &mut Counter(0),
        )
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + minute * 60).unwrap()
    }

    #[test]
    fn the_third_in_ten_minutes_waits_and_another_sender_does_not() {
        let throttle = throttle();
        let mut entropy = Counter(9);
        assert_eq!(throttle.take(b"a", at(0), &mut entropy), Ok(()));
        assert_eq!(throttle.take(b"a", at(1), &mut entropy), Ok(()));
        assert_eq!(throttle.take(b"a", at(4), &mut entropy), Err(361));
        assert_eq!(throttle.take(b"b", at(4), &mut entropy), Ok(()));
        assert_eq!(throttle.take(b"a", at(10), &mut entropy), Ok(()));
    }

    #[test]
    fn a_clock_that_is_set_back_makes_nobody_wait_longer() {
        let throttle = throttle();
        let mut entropy = Counter(9);
        for _ in 0..2 {
            assert_eq!(throttle.take(b"a", at(60), &mut entropy), Ok(()));
        }
        assert_eq!(throttle.take(b"a", at(0), &mut entropy), Ok(()));
        assert_eq!(throttle.take(b"a", at(1), &mut entropy), Ok(()));
        assert_eq!(throttle.take(b"a", at(2), &mut entropy), Err(481));
    }

    #[test]
    fn a_new_day_has_a_new_key() {
        let throttle = throttle();
        let mut entropy = Counter(9);
        throttle.take(b"a", at(0), &mut entropy).unwrap();
        let before = throttle.counts.lock().unwrap().key;
        throttle.take(b"a", at(24 * 60), &mut entropy).unwrap();
        assert_ne!(throttle.counts.lock().unwrap().key, before);
    }

    #[test]
    fn one_household_counts_once_however_many_addresses_it_has() {
        let first: IpAddr = "2001:db8:1:2::1".parse().unwrap();
        let second: IpAddr = "2001:db8:1:2:ffff::9".parse().unwrap();
        assert_eq!(sender(first), sender(second));
        assert_eq!(sender("::ffff:10.0.0.1".parse().unwrap()), vec![10, 0, 0, 1]);
    }
}
