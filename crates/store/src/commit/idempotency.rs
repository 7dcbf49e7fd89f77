//! Requests that may arrive twice: the second is answered as the first was.

use bihuan_core::event::Actor;
use bihuan_core::id::{CaseId, Digest, PersonId, TenantId};
use jiff::Timestamp;
use uuid::Uuid;

use crate::engine::connection::Connection;
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::keys::TenantKeys;
use crate::receipt::ReceiptCode;
use crate::value::{Hash, Id, millis};

statements! {
    SELECT = "SELECT request, result FROM idempotency WHERE tenant = $1 AND key = $2";
    FORGET = "DELETE FROM idempotency WHERE tenant = $1 AND recorded_at < $2";
}

/// The key that a sender chose for a request, and what the request says.
///
/// The same key with the same request is the same request; with another it is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// What the sender chose; keys of different actors never meet.
    pub key: String,
    /// SHA-256 over everything that the request says, as it arrived.
    pub request: Digest,
}

/// A record ready to be written.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) key: Digest,
    pub(crate) request: Digest,
    pub(crate) result: Vec<u8>,
}

/// What the first request led to.
#[derive(Debug)]
pub(crate) struct First {
    pub(crate) case: CaseId,
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) sealed_code: Vec<u8>,
}

impl Once {
    /// Returns the key under which the record lies: over who asks and what they chose.
    pub(crate) fn place(&self, actor: Actor) -> Digest {
        match actor {
            Actor::Person { person, .. } => self.place_of(person),
            Actor::Reporter => self.place_in(2, Uuid::nil()),
            Actor::System => self.place_in(3, Uuid::nil()),
            Actor::Import => self.place_in(4, Uuid::nil()),
        }
    }

    /// Returns the key under which the record of a person's request lies.
    pub(crate) fn place_of(&self, person: PersonId) -> Digest {
        self.place_in(1, person.0)
    }

    fn place_in(&self, kind: u8, who: Uuid) -> Digest {
        let mut place = Digest::of(&[&[kind], who.as_bytes(), self.key.as_bytes()]);
        // A key that says its moment lies among those of that moment, instead of on a page of its own.
        if let Some(moment) = moment_of(&self.key) {
            place.0.copy_within(..32 - MOMENT, MOMENT);
            place.0[..MOMENT].copy_from_slice(&moment);
        }
        place
    }
}

/// Bytes of a UUIDv7 that say when it was made.
const MOMENT: usize = 6;

/// Returns the moment of a key that begins with a UUIDv7, in the form of RFC 9562.
fn moment_of(key: &str) -> Option<[u8; MOMENT]> {
    let id = Uuid::try_parse(key.get(..36)?).ok()?;
    (id.get_version_num() == 7)
        .then(|| id.as_bytes().first_chunk().copied())
        .flatten()
}

impl First {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = self.case.0.as_bytes().to_vec();
        bytes.extend_from_slice(&self.from.to_be_bytes());
        bytes.extend_from_slice(&self.to.to_be_bytes());
        bytes.extend_from_slice(&self.sealed_code);
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<First> {
        let (case, rest) = bytes.split_first_chunk::<16>()?;
        let (from, rest) = rest.split_first_chunk::<4>()?;
        let (to, sealed_code) = rest.split_first_chunk::<4>()?;
        Some(First {
            case: CaseId(Uuid::from_bytes(*case)),
            from: u32::from_be_bytes(*from),
            to: u32::from_be_bytes(*to),
            sealed_code: sealed_code.to_vec(),
        })
    }

    /// Opens the receipt code that the first request got, if it got one.
    pub(crate) fn code(&self, keys: &TenantKeys, key: &str) -> Result<Option<ReceiptCode>, StoreError> {
        if self.sealed_code.is_empty() {
            return Ok(None);
        }
        ReceiptCode::open(keys, key, &self.sealed_code)
            .map(Some)
            .map_err(|_| StoreError::Corrupt("the receipt code of an idempotency record".into()))
    }
}

/// Returns what the request with this key said, and what it led to.
pub(crate) fn find(
    connection: &Connection,
    tenant: TenantId,
    key: Digest,
) -> Result<Option<(Digest, First)>, StoreError> {
    let found: Option<(Hash, Vec<u8>)> =
        connection.query_optional(SELECT, (Id(tenant.0), Hash(key)), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let decode = |(Hash(request), result): (Hash, Vec<u8>)| {
        let first = First::decode(&result);
        first
            .map(|first| (request, first))
            .ok_or_else(|| StoreError::Corrupt("idempotency record".into()))
    };
    found.map(decode).transpose()
}

/// Forgets the records before `before`; returns how many.
pub(crate) fn forget(
    connection: &Connection,
    tenant: TenantId,
    before: Timestamp,
) -> Result<usize, StoreError> {
    connection.execute(FORGET, (Id(tenant.0), millis(before)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_comes_back_as_it_was_written() {
        let first = First {
            case: CaseId(Uuid::from_u128(7)),
            from: 1,
            to: 3,
            sealed_code: vec![9, 8],
        };
        let again = First::decode(&first.encode()).expect("decodes");
        assert_eq!(
            (again.case, again.from, again.to, again.sealed_code),
            (first.case, 1, 3, vec![9, 8])
        );
    }

    #[test]
    fn keys_of_different_actors_never_meet() {
        let once = Once {
            key: "1".into(),
            request: Digest::ZERO,
        };
        assert_ne!(once.place(Actor::Reporter), once.place(Actor::Import));
    }

    #[test]
    fn keys_that_say_their_moment_lie_in_its_order_and_never_meet() {
        let place = |key: &str| {
            let key = key.to_owned();
            let request = Digest::ZERO;
            Once { key, request }.place(Actor::Reporter)
        };
        let early = place("01890a5d-ac96-774b-bcce-b302099a8057");
        let beside = place("01890a5d-ac96-774b-bcce-b302099a8058");
        let late = place("01890a5d-ac97-7000-8000-000000000000");
        assert_ne!(early, beside);
        assert!(early.0 < late.0 && beside.0 < late.0);
        let random = place("919108f7-52d1-4320-9bac-f847db4148a8");
        assert_ne!(random.0[..MOMENT], [0x91, 0x91, 0x08, 0xf7, 0x52, 0xd1]);
    }
}
