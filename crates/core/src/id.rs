//! Identifiers: each kind of id is its own type over a UUIDv7, so that one cannot stand for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A source of random bytes, passed in by the shell (the operating system's) or the simulator (seeded).
pub trait Entropy {
    /// Fills `bytes` with random bytes.
    fn fill(&mut self, bytes: &mut [u8]);
}

/// Returns a UUIDv7 for the instant `now` with 74 random bits.
///
/// Instants before 1970 are written as 1970; ids sort by time to the millisecond.
pub fn uuid_v7(now: jiff::Timestamp, entropy: &mut dyn Entropy) -> Uuid {
    let mut random = [0; 10];
    entropy.fill(&mut random);
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// Returns the instant at which a UUIDv7 was made, to the millisecond: its first 48 bits.
pub fn made_at(id: Uuid) -> jiff::Timestamp {
    let millis = i64::try_from(id.as_u128() >> 80).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// Makes a new id for the instant `now`.
            pub fn new(now: jiff::Timestamp, entropy: &mut dyn Entropy) -> Self {
                Self(uuid_v7(now, entropy))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id! {
    /// One customer of an installation: a city, a county, a unit. The wall between data.
    TenantId
}
id! {
    /// A case 事项. Never changes, never reused.
    CaseId
}
id! {
    /// A unit 单位 of the org tree.
    UnitId
}
id! {
    /// A post 岗位 in a unit.
    PostId
}
id! {
    /// A person 人员 who works in a unit. Never a citizen.
    PersonId
}
id! {
    /// A text that somebody wrote, kept beside the log.
    BodyId
}
id! {
    /// A sealed reporter identity, kept apart and encrypted.
    IdentityId
}
id! {
    /// One piece of evidence 佐证 in a case.
    EvidenceId
}

/// A SHA-256 value; what it covers is said by the field that holds it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of nothing yet: the link of a stream's first event.
    pub const ZERO: Digest = Digest([0; 32]);

    /// Hashes `parts` one after the other, as one run of bytes.
    pub fn of(parts: &[&[u8]]) -> Digest {
        use sha2::{Digest as _, Sha256};
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        Digest(hasher.finalize().into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Digest {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Digest(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Ones;

    impl Entropy for Ones {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(0xff);
        }
    }

    #[test]
    fn an_id_tells_the_millisecond_at_which_it_was_made() {
        let at: jiff::Timestamp = "2026-03-05T06:07:08.9129Z".parse().expect("an instant");
        let told: jiff::Timestamp = "2026-03-05T06:07:08.912Z".parse().expect("an instant");
        assert_eq!(made_at(uuid_v7(at, &mut Ones)), told);
        let before_1970 = jiff::Timestamp::MIN;
        assert_eq!(
            made_at(uuid_v7(before_1970, &mut Ones)),
            jiff::Timestamp::UNIX_EPOCH
        );
        assert!(made_at(Uuid::max()) > told);
    }
}
