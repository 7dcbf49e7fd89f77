//! The one representation of each kind of value in the database.
//!
//! Ids are 16 bytes, digests 32, instants milliseconds since 1970 UTC.

use bihuan_core::case::facts::{ACCUSING_BIT, CaseFacts, Flag};
use bihuan_core::id::Digest;
use bihuan_core::pack::model::Phase;
use jiff::Timestamp;
use uuid::Uuid;

use crate::engine::value::{Bind, Read, Value};
use crate::error::StoreError;

/// An id of any kind as it lies in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id(pub Uuid);

impl Bind for Id {
    fn bind(&self) -> Value<'_> {
        Value::Blob(self.0.as_bytes())
    }
}

impl Read for Id {
    fn read(value: Value<'_>) -> Result<Self, StoreError> {
        Uuid::from_slice(value.blob()?)
            .map(Id)
            .map_err(|error| StoreError::Corrupt(format!("a column holds no id: {error}")))
    }
}

/// A digest as it lies in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hash(pub Digest);

impl Bind for Hash {
    fn bind(&self) -> Value<'_> {
        Value::Blob(&self.0.0)
    }
}

impl Read for Hash {
    fn read(value: Value<'_>) -> Result<Self, StoreError> {
        <[u8; 32]>::read(value).map(|bytes| Hash(Digest(bytes)))
    }
}

/// Returns the instant as it lies in a column.
pub fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// Returns the instant that lies in a column.
///
/// # Errors
/// [`StoreError::Corrupt`] if the number is outside the range of instants.
pub fn instant(millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis)
        .map_err(|_| StoreError::Corrupt(format!("{millis} is not an instant")))
}

/// The phases in the order of their numbers in `case_row.phase`.
pub const PHASES: [Phase; 7] = [
    Phase::Raise,
    Phase::Accept,
    Phase::Act,
    Phase::Verify,
    Phase::Answer,
    Phase::Closed,
    Phase::Watch,
];

/// Returns the phase's number in `case_row.phase`.
pub fn phase_number(phase: Phase) -> i64 {
    phase as i64
}

/// Returns the bits of `case_row.flags`: the flags in the order of [`Flag::ALL`], and whether the case complains
/// about anybody.
pub fn flag_bits(facts: &CaseFacts) -> i64 {
    let set = Flag::ALL
        .iter()
        .enumerate()
        .filter(|(_, flag)| facts.flags.contains(flag));
    let flags: i64 = set.map(|(bit, _)| 1 << bit).sum();
    flags | i64::from(!facts.accused.is_empty()) << ACCUSING_BIT
}

/// Returns the flags of `case_row.flags`.
pub fn flags_of(bits: i64) -> Vec<Flag> {
    Flag::ALL
        .iter()
        .enumerate()
        .filter(|(bit, _)| bits & (1 << bit) != 0)
        .map(|(_, flag)| *flag)
        .collect()
}

/// Reads a phase from the number of its place.
pub(crate) fn phase_of(number: i64) -> Result<Phase, StoreError> {
    let phase = usize::try_from(number).ok().and_then(|place| PHASES.get(place));
    phase
        .copied()
        .ok_or_else(|| StoreError::Corrupt(format!("there is no phase {number}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_phase_is_its_place() {
        for (place, phase) in PHASES.iter().enumerate() {
            assert_eq!(phase_number(*phase), i64::try_from(place).unwrap_or(-1));
        }
    }

    #[test]
    fn flags_come_back_from_their_bits_and_that_somebody_is_accused_is_none_of_them() {
        assert!(Flag::ALL.len() <= ACCUSING_BIT as usize);
        let bits = 1 | 1 << 6 | 1 << 10 | 1 << ACCUSING_BIT;
        assert_eq!(flags_of(bits), [Flag::Open, Flag::Reopened, Flag::Anonymous]);
    }
}
