//! The receipt code 查询码: what a reporter follows their case by and talks back with.
//!
//! A code is 128 bits, 112 of them random. The database holds only its keyed hash, so neither the database
//! nor a backup lets anybody pose as a reporter. A repeated submission must show the same code again: it is
//! kept beside the idempotency record, sealed under a key that is made from the pepper and the
//! idempotency key itself, so only whoever repeats the submission opens it.
//!
//! The other 16 bits are the hand of a clock that goes round in about 17 minutes. The hash lies in the index
//! behind them, so codes of one moment lie together: wholly random ones would make every submission write a
//! page of the index of its own, which was a fifth of all that intake wrote.

use std::fmt;
use std::str::FromStr;

use bihuan_core::id::Entropy;
use jiff::Timestamp;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::keys::{KeyError, TenantKeys};

/// Crockford's alphabet: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Digits of a code: 128 bits and a check of 12 fill 28 digits of five bits, seven groups of four.
const DIGITS: usize = 28;

/// Bytes of a code that say when it was made.
const HAND: usize = 2;

/// Milliseconds in which the hand moves on by one.
const HAND_MILLIS: i64 = 16;

/// The generator of CRC-12 (x¹² + x¹¹ + x³ + x² + x + 1), without its leading term. A cyclic check of 12
/// bits finds every burst of up to 12: any one wrong digit, any two neighbours exchanged.
const CHECK_GENERATOR: u16 = 0x80F;

/// A receipt code; wiped when dropped, never in `Debug`.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct ReceiptCode([u8; 16]);

/// Why a text is not a receipt code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptCodeError {
    /// It has more or fewer digits than a code.
    #[error("a receipt code has 28 letters and digits, this has {0}")]
    Length(usize),
    /// It has a character that no code has.
    #[error("{0:?} does not occur in receipt codes")]
    Character(char),
    /// A digit is wrong.
    #[error("the receipt code has a mistyped letter or digit")]
    Check,
}

impl ReceiptCode {
    /// Makes a new code at the instant `now`.
    pub fn new(now: Timestamp, entropy: &mut dyn Entropy) -> ReceiptCode {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes);
        let moment = now.as_millisecond().div_euclid(HAND_MILLIS).to_be_bytes();
        bytes[..HAND].copy_from_slice(&moment[moment.len() - HAND..]);
        ReceiptCode(bytes)
    }

    /// Returns the keyed hash that the database finds the code by, behind the moment of the code.
    pub fn lookup_hash(&self, keys: &TenantKeys) -> [u8; 32] {
        let mut hash = self.whole_hash(keys);
        hash.copy_within(..32 - HAND, HAND);
        hash[..HAND].copy_from_slice(&self.0[..HAND]);
        hash
    }

    /// Returns the keyed hash alone, under which the older codes lie, which were wholly random.
    pub fn whole_hash(&self, keys: &TenantKeys) -> [u8; 32] {
        keys.pepper.keyed_hash(&[b"receipt code", &self.0])
    }

    /// Seals the code for whoever repeats the submission with the same idempotency key.
    pub fn seal(&self, keys: &TenantKeys, idempotency_key: &str, entropy: &mut dyn Entropy) -> Vec<u8> {
        let key = keys
            .pepper
            .derive(&[b"receipt code for", idempotency_key.as_bytes()]);
        key.seal(b"receipt code", &self.0, entropy)
    }

    /// Opens what [`ReceiptCode::seal`] made.
    ///
    /// # Errors
    /// [`KeyError::Damaged`] if the idempotency key is another one.
    pub fn open(keys: &TenantKeys, idempotency_key: &str, sealed: &[u8]) -> Result<ReceiptCode, KeyError> {
        let key = keys
            .pepper
            .derive(&[b"receipt code for", idempotency_key.as_bytes()]);
        let plain = key.open(b"receipt code", sealed)?;
        let bytes = plain.as_slice().try_into().map_err(|_length| KeyError::Damaged)?;
        Ok(ReceiptCode(bytes))
    }

    /// Returns the 140 bits of the written code: its 128 bits and their check.
    fn digits(&self) -> [u8; DIGITS] {
        let value = u128::from_be_bytes(self.0);
        let check = check_of(value);
        std::array::from_fn(|position| {
            let shift = 5 * (DIGITS - 1 - position);
            let high = if shift >= 12 {
                value >> (shift - 12)
            } else {
                value << (12 - shift)
            };
            let low = if shift < 12 { check >> shift } else { 0 };
            // Digits that straddle the border take their lower bits from the check.
            ((high & 31) as u8) | ((low & 31) as u8)
        })
    }
}

/// Returns the 12-bit check of `value`.
fn check_of(value: u128) -> u16 {
    let mut rest: u16 = 0;
    for bit in (0..128).rev() {
        let incoming = (value >> bit & 1) as u16;
        let feedback = (rest >> 11 & 1) ^ incoming;
        rest = (rest << 1 & 0xFFF) ^ if feedback == 1 { CHECK_GENERATOR } else { 0 };
    }
    rest
}

impl fmt::Display for ReceiptCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, digit) in self.digits().into_iter().enumerate() {
            if position > 0 && position % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(ALPHABET[usize::from(digit)]))?;
        }
        Ok(())
    }
}

impl fmt::Debug for ReceiptCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl FromStr for ReceiptCode {
    type Err = ReceiptCodeError;

    /// Reads a code as people write it: any case, dashes and spaces anywhere, O for 0, I and L for 1,
    /// full-width characters as a Chinese keyboard gives them.
    fn from_str(text: &str) -> Result<ReceiptCode, ReceiptCodeError> {
        let mut digits = Vec::with_capacity(DIGITS);
        for written in text.chars() {
            if !is_separator(written) {
                digits.push(digit_of(written).ok_or(ReceiptCodeError::Character(written))?);
            }
            if digits.len() > DIGITS {
                return Err(ReceiptCodeError::Length(digits.len()));
            }
        }
        if digits.len() != DIGITS {
            return Err(ReceiptCodeError::Length(digits.len()));
        }
        // 25 digits lie wholly in the code's own bits; the 26th gives them its upper three.
        let whole = digits[..25]
            .iter()
            .fold(0u128, |value, digit| value << 5 | u128::from(*digit));
        let value = whole << 3 | u128::from(digits[25] >> 2);
        let check = u16::from(digits[25] & 3) << 10 | u16::from(digits[26]) << 5 | u16::from(digits[27]);
        if check_of(value) != check {
            return Err(ReceiptCodeError::Check);
        }
        Ok(ReceiptCode(value.to_be_bytes()))
    }
}

fn is_separator(written: char) -> bool {
    written.is_whitespace() || matches!(written, '-' | '_' | '－' | '—' | '–')
}

fn digit_of(written: char) -> Option<u8> {
    // Full-width forms lie at a fixed distance from ASCII.
    let narrow = match written {
        '！'..='～' => char::from_u32(u32::from(written) - 0xFEE0)?,
        narrow => narrow,
    };
    let plain = match narrow.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        plain => plain,
    };
    let place = ALPHABET.iter().position(|letter| char::from(*letter) == plain)?;
    u8::try_from(place).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::MasterKey;
    use crate::testing::Counter;
    use bihuan_core::id::TenantId;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn keys(seed: u64) -> TenantKeys {
        let tenant = TenantId(Uuid::from_u128(1));
        let master = MasterKey::of_seed(seed);
        let wrapped = master.found_tenant(tenant, &mut Counter::default());
        master.tenant_keys(tenant, &wrapped).unwrap()
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(bytes: [u8; 16]) {
            let code = ReceiptCode(bytes);
            let written = code.to_string();
            prop_assert_eq!(written.len(), DIGITS + 6);
            prop_assert_eq!(written.parse::<ReceiptCode>().unwrap(), code);
        }

        #[test]
        fn every_single_wrong_digit_is_noticed(bytes: [u8; 16], place in 0..DIGITS, other in 1..32usize) {
            let written: Vec<char> = ReceiptCode(bytes).to_string().chars().filter(|c| *c != '-').collect();
            let mut wrong = written.clone();
            let digit = usize::from(digit_of(written[place]).unwrap());
            wrong[place] = char::from(ALPHABET[(digit + other) % 32]);
            let wrong: String = wrong.into_iter().collect();
            prop_assert_eq!(wrong.parse::<ReceiptCode>().unwrap_err(), ReceiptCodeError::Check);
        }

        #[test]
        fn every_exchange_of_neighbours_is_noticed(bytes: [u8; 16], place in 0..DIGITS - 1) {
            let mut written: Vec<char> = ReceiptCode(bytes).to_string().chars().filter(|c| *c != '-').collect();
            prop_assume!(written[place] != written[place + 1]);
            written.swap(place, place + 1);
            let wrong: String = written.into_iter().collect();
            prop_assert_eq!(wrong.parse::<ReceiptCode>().unwrap_err(), ReceiptCodeError::Check);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,60}") {
            let _ = text.parse::<ReceiptCode>();
        }
    }

    #[test]
    fn a_code_is_read_as_people_write_it() {
        let code = ReceiptCode([0x08; 16]);
        let written = code.to_string();
        let sloppy = written
            .to_lowercase()
            .replace('0', "o")
            .replace('1', "l")
            .replace('-', " ");
        assert_eq!(sloppy.parse::<ReceiptCode>().unwrap(), code);
        let wide: String = written
            .chars()
            .map(|narrow| char::from_u32(u32::from(narrow) + 0xFEE0).unwrap())
            .collect();
        assert_eq!(wide.parse::<ReceiptCode>().unwrap(), code);
    }

    #[test]
    fn a_text_that_is_no_code_is_refused_with_its_reason() {
        assert_eq!(
            "ABCD".parse::<ReceiptCode>().unwrap_err(),
            ReceiptCodeError::Length(4)
        );
        assert_eq!(
            "AB卫D".parse::<ReceiptCode>().unwrap_err(),
            ReceiptCodeError::Character('卫')
        );
        assert_eq!(
            "U".parse::<ReceiptCode>().unwrap_err(),
            ReceiptCodeError::Character('U')
        );
        assert_eq!(
            "A".repeat(900).parse::<ReceiptCode>().unwrap_err(),
            ReceiptCodeError::Length(29)
        );
    }

    #[test]
    fn the_same_idempotency_key_opens_the_code_again_and_no_other_does() {
        let code = ReceiptCode::new(Timestamp::UNIX_EPOCH, &mut Counter::default());
        let sealed = code.seal(&keys(1), "a1b2", &mut Counter::default());
        assert_eq!(ReceiptCode::open(&keys(1), "a1b2", &sealed).unwrap(), code);
        assert!(ReceiptCode::open(&keys(1), "a1b3", &sealed).is_err());
        assert!(ReceiptCode::open(&keys(2), "a1b2", &sealed).is_err());
    }

    #[test]
    fn the_lookup_hash_depends_on_the_pepper_and_hides_the_code() {
        let code = ReceiptCode::new(Timestamp::UNIX_EPOCH, &mut Counter::default());
        assert_eq!(code.lookup_hash(&keys(1)), code.lookup_hash(&keys(1)));
        assert_ne!(code.lookup_hash(&keys(1)), code.lookup_hash(&keys(2)));
        assert_eq!(format!("{code:?}"), "***");
    }

    #[test]
    fn codes_of_one_moment_lie_together_in_the_index() {
        let at = |millis| {
            let now = Timestamp::from_millisecond(millis).unwrap();
            ReceiptCode::new(now, &mut Counter::default()).lookup_hash(&keys(1))
        };
        let moments = [at(0), at(15), at(16), at(16 * 0xFFFF), at(16 << 16)];
        let hands = moments.map(|hash| u16::from_be_bytes([hash[0], hash[1]]));
        assert_eq!(hands, [0, 0, 1, 0xFFFF, 0]);
    }

    #[test]
    fn codes_of_one_moment_differ() {
        let mut entropy = Counter::default();
        let mut code = || ReceiptCode::new(Timestamp::UNIX_EPOCH, &mut entropy).lookup_hash(&keys(1));
        assert_ne!(code(), code());
    }
}
