//! The proof that a later log holds an earlier one unchanged, for whoever keeps heads: a witness, an
//! auditor, a newspaper.

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::{Deserialize, Serialize};
use tlog_tiles::{EMPTY_HASH, Hash};

use super::tree::Tiles;
use super::{Head, ProofError, checkpoint};
use crate::engine::connection::Connection;
use crate::error::StoreError;
use crate::keys::TenantKeys;

/// The proof that the log under one head begins with the log under another: a JSON file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyProof {
    /// The form of this file, 1.
    pub version: u32,
    /// The signed head kept before.
    pub earlier: String,
    /// The signed head of now.
    pub later: String,
    /// The RFC 6962 consistency path, in base64.
    pub path: Vec<String>,
}

impl ConsistencyProof {
    /// Checks both heads' signatures with `verifier_key` and the path between them.
    ///
    /// # Errors
    /// [`ProofError::NotProved`] if the later log does not begin with the earlier one.
    pub fn check(&self, verifier_key: &str) -> Result<(), ProofError> {
        let earlier = checkpoint::open_with(verifier_key, &self.earlier)?;
        let later = checkpoint::open_with(verifier_key, &self.later)?;
        let path = self
            .path
            .iter()
            .map(|hash| Hash::parse_hash(hash))
            .collect::<Result<Vec<_>, _>>()?;
        check_heads(earlier, later, path)
    }
}

fn check_heads(earlier: Head, later: Head, path: Vec<Hash>) -> Result<(), ProofError> {
    let not_proved = || ProofError::NotProved(format!("that the log of {} events goes on", earlier.size));
    if earlier.size == 0 {
        // Every log begins with the empty one; the standard has no path for it.
        let holds = earlier.root.0 == EMPTY_HASH.0 && path.is_empty();
        return if holds { Ok(()) } else { Err(not_proved()) };
    }
    let (old, new) = (Hash(earlier.root.0), Hash(later.root.0));
    tlog_tiles::check_tree(&path, later.size, new, earlier.size, old)
        .map_err(|_no_more_than_invalid| not_proved())
}

/// Makes the proof between two signed heads of this log.
pub(crate) fn prove(
    connection: &Connection,
    keys: &TenantKeys,
    earlier: &str,
    later: &str,
) -> Result<ConsistencyProof, StoreError> {
    let (old, new) = (checkpoint::open(keys, earlier)?, checkpoint::open(keys, later)?);
    if old.size > new.size {
        let what = format!(
            "that a log of {} events begins with one of {}",
            new.size, old.size
        );
        return Err(ProofError::NotProved(what).into());
    }
    let path = if old.size == 0 {
        Vec::new()
    } else {
        let tiles = Tiles::new(connection, keys.tenant);
        tlog_tiles::prove_tree(new.size, old.size, &tiles).map_err(ProofError::from)?
    };
    check_heads(old, new, path.clone())?;
    Ok(ConsistencyProof {
        version: 1,
        earlier: earlier.to_owned(),
        later: later.to_owned(),
        path: path.iter().map(|hash| BASE64_STANDARD.encode(hash.0)).collect(),
    })
}
