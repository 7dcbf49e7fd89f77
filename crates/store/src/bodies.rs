//! Bodies: what people wrote, kept beside the log.
//!
//! An event holds a body's id and salted digest only. The text lies here, sealed under the key of its
//! case, so that erasing it leaves log, fold and proof whole.

use bihuan_core::event::BodyRef;
use bihuan_core::id::{BodyId, CaseId, Digest, Entropy, TenantId};
use jiff::Timestamp;

use crate::archive;
use crate::engine::connection::{Connection, Engine};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::keys::TenantKeys;
use crate::seal::{BodyKey, OpenBody};
use crate::value::{Id, millis};

statements! {
    SELECT = "SELECT sealed FROM body WHERE tenant = $1 AND id = $2 AND case_id = $3";
    SELECT_KEY = "SELECT wrapped_key FROM body_key WHERE tenant = $1 AND case_id = $2";
}

// A view of the archive may stand before the table of SQLite.
statements! {
    in sqlite
    ERASE_HERE = "UPDATE main.body SET sealed = NULL, erased_at = $1
        WHERE tenant = $2 AND id = $3 AND case_id = $4";
}

statements! {
    in postgres
    ERASE = "UPDATE body SET sealed = NULL, erased_at = $1 WHERE tenant = $2 AND id = $3 AND case_id = $4";
}

/// The texts that come with one command, and the random bytes it needs.
///
/// Texts are written first, so that the command can refer to them; the store takes both together.
#[derive(Debug)]
pub struct Bodies {
    now: Timestamp,
    random: Expander,
    written: Vec<Written>,
}

/// A text not yet stored.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) reference: BodyRef,
    pub(crate) salt: [u8; 16],
    pub(crate) text: String,
}

impl Bodies {
    /// Begins with no text; takes 32 bytes of `entropy` and makes all later random bytes from them.
    pub fn new(now: Timestamp, entropy: &mut dyn Entropy) -> Self {
        let mut seed = [0; 32];
        entropy.fill(&mut seed);
        Bodies {
            now,
            random: Expander { seed, count: 0 },
            written: Vec::new(),
        }
    }

    /// Adds a text and returns what the command and its event refer to it by.
    pub fn write(&mut self, text: impl Into<String>) -> BodyRef {
        let text = text.into();
        let mut salt = [0; 16];
        self.random.fill(&mut salt);
        let id = BodyId::new(self.now, &mut self.random);
        let reference = BodyRef {
            id,
            digest: Digest::of(&[&salt, text.as_bytes()]),
        };
        self.written.push(Written {
            reference,
            salt,
            text,
        });
        reference
    }

    /// Returns the text that was written here as `reference`.
    pub(crate) fn text(&self, reference: BodyRef) -> Option<&str> {
        let found = self.written.iter().find(|written| written.reference == reference);
        found.map(|written| written.text.as_str())
    }

    /// Returns the source of random bytes.
    pub(crate) fn random(&mut self) -> &mut dyn Entropy {
        &mut self.random
    }

    /// Forgets the texts, once they are sealed for the case they belong to.
    pub(crate) fn clear(&mut self) {
        self.written.clear();
    }

    /// Seals every text under the key of its case.
    pub(crate) fn seal(&mut self, key: &BodyKey) -> Vec<(BodyId, Vec<u8>)> {
        let random = &mut self.random;
        let seal = |written: &Written| {
            let id = written.reference.id;
            (id, key.seal(id, written.salt, &written.text, random))
        };
        self.written.iter().map(seal).collect()
    }
}

/// Random bytes made from a seed: SHA-256 over the seed and a counter.
#[derive(Debug)]
struct Expander {
    seed: [u8; 32],
    count: u64,
}

impl Entropy for Expander {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let block = Digest::of(&[&self.seed, &self.count.to_be_bytes()]);
            self.count += 1;
            chunk.copy_from_slice(&block.0[..chunk.len()]);
        }
    }
}

/// Destroys a body's text and salt, wherever they lie. Only the commit calls this, with the event that says so.
pub(crate) fn erase(
    connection: &Connection,
    tenant: TenantId,
    case: CaseId,
    body: BodyId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = match connection.engine() {
        Engine::Sqlite => ERASE_HERE,
        Engine::Postgres => ERASE,
    };
    connection.execute(sql, (millis(at), Id(tenant.0), Id(body.0), Id(case.0)))?;
    archive::erase(connection, Id(tenant.0), Id(case.0), Id(body.0))
}

/// Returns the key of a case's bodies, or `None` where it was destroyed or never was.
pub(crate) fn key(
    connection: &Connection,
    tenant: TenantId,
    keys: &TenantKeys,
    case: CaseId,
) -> Result<Option<BodyKey>, StoreError> {
    let wrapped: Option<Vec<u8>> =
        connection.query_optional(SELECT_KEY, (Id(tenant.0), Id(case.0)), |row| row.get(0))?;
    wrapped.map(|wrapped| key_read(keys, case, &wrapped)).transpose()
}

/// Returns the key of a case's bodies whose row has been read already.
///
/// # Errors
/// [`StoreError::Corrupt`] if it does not open.
pub(crate) fn key_read(keys: &TenantKeys, case: CaseId, wrapped: &[u8]) -> Result<BodyKey, StoreError> {
    BodyKey::unwrap_for(keys, case, wrapped)
        .map_err(|_| StoreError::Corrupt(format!("body key of case {case}")))
}

/// Returns a body, or `None` where it was erased.
///
/// # Errors
/// [`StoreError::Corrupt`] if there is no such body, it does not open, or its digest differs.
pub(crate) fn open(
    connection: &Connection,
    tenant: TenantId,
    case: CaseId,
    key: &BodyKey,
    reference: BodyRef,
) -> Result<Option<OpenBody>, StoreError> {
    let Some(sealed) = sealed(connection, tenant, case, reference.id)? else {
        return Ok(None);
    };
    open_read(key, reference, &sealed).map(Some)
}

/// Returns a body whose row has been read already.
///
/// # Errors
/// [`StoreError::Corrupt`] if it does not open, or its digest differs.
pub(crate) fn open_read(key: &BodyKey, reference: BodyRef, sealed: &[u8]) -> Result<OpenBody, StoreError> {
    let damaged = |what: &str| StoreError::Corrupt(format!("body {} {what}", reference.id));
    let open = key
        .open(reference.id, sealed)
        .map_err(|_| damaged("does not open"))?;
    if Digest::of(&[&open.salt, open.text.as_bytes()]) != reference.digest {
        return Err(damaged("is not what its event says"));
    }
    Ok(open)
}

/// Returns a body's text where its digest is not at hand, or `None` where it was erased. Its seal still
/// says whether it was changed.
///
/// # Errors
/// [`StoreError::Corrupt`] if there is no such body or it does not open.
pub(crate) fn open_unchecked(
    connection: &Connection,
    tenant: TenantId,
    case: CaseId,
    key: &BodyKey,
    id: BodyId,
) -> Result<Option<String>, StoreError> {
    let Some(sealed) = sealed(connection, tenant, case, id)? else {
        return Ok(None);
    };
    let open = key
        .open(id, &sealed)
        .map_err(|_| StoreError::Corrupt(format!("body {id} does not open")))?;
    Ok(Some(open.text.clone()))
}

/// Opens a body whose row and wrapped key have been read already.
///
/// # Errors
/// [`StoreError::Corrupt`] if either does not open.
pub(crate) fn open_sealed(
    keys: &TenantKeys,
    case: CaseId,
    wrapped: &[u8],
    id: BodyId,
    sealed: &[u8],
) -> Result<String, StoreError> {
    let open = key_read(keys, case, wrapped)?
        .open(id, sealed)
        .map_err(|_| StoreError::Corrupt(format!("body {id} does not open")))?;
    Ok(open.text.clone())
}

fn sealed(
    connection: &Connection,
    tenant: TenantId,
    case: CaseId,
    id: BodyId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let found: Option<Option<Vec<u8>>> =
        connection.query_optional(SELECT, (Id(tenant.0), Id(id.0), Id(case.0)), |row| row.get(0))?;
    found.ok_or_else(|| StoreError::Corrupt(format!("body {id} is not there")))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zero;

    impl Entropy for Zero {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    #[test]
    fn the_same_text_twice_has_two_ids_and_two_digests() {
        let mut bodies = Bodies::new(Timestamp::UNIX_EPOCH, &mut Zero);
        let (one, two) = (bodies.write("路灯坏了"), bodies.write("路灯坏了"));
        assert_ne!(one.id, two.id);
        assert_ne!(one.digest, two.digest);
        assert_eq!(bodies.text(two), Some("路灯坏了"));
    }

    #[test]
    fn the_same_entropy_makes_the_same_references() {
        let make = || Bodies::new(Timestamp::UNIX_EPOCH, &mut Zero).write("a");
        assert_eq!(make(), make());
    }
}
