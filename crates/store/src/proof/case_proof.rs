//! The proof of one case: where each of its events lies under a signed head.
//!
//! It names no person, unit or text: only hashes. With it and the tenant's published key anybody can
//! check, without asking the installation, that the log held these events when the head was signed; and
//! whoever is shown the events later can check that they are the ones.

use base64::prelude::{BASE64_STANDARD, Engine};
use bihuan_core::event::Stream;
use bihuan_core::id::{CaseId, Digest};
use serde::{Deserialize, Serialize};
use tlog_tiles::Hash;

use super::tree::{Tiles, leaf};
use super::{ProofError, checkpoint};
use crate::engine::connection::{self, Connection};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::keys::TenantKeys;
use crate::value::Id;

statements! {
    in sqlite
    PLACES = "SELECT e.version, e.place - (t.rowid << 40), e.hash
        FROM tenant t CROSS JOIN event e ON e.tenant = t.tenant
        WHERE t.tenant = $1 AND e.stream_kind = $2 AND e.stream_id = $3 ORDER BY e.version";
}

statements! {
    in postgres
    PLACES_THERE = "SELECT version, seq, hash FROM sequence
        WHERE tenant = $1 AND stream_kind = $2 AND stream_id = $3 ORDER BY version";
}

/// The proof of one case, as a citizen keeps it: a JSON file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseProof {
    /// The form of this file, 1.
    pub version: u32,
    /// The case.
    pub case: CaseId,
    /// The signed head that the paths lead to.
    pub checkpoint: String,
    /// The key that checks the head's signature; compare it with the published one.
    pub verifier_key: String,
    /// The case's events in their order.
    pub events: Vec<EventProof>,
}

/// Where one event lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventProof {
    /// Its version in the case, from 1.
    pub version: u32,
    /// Its index in the tenant's order, from 0.
    pub seq: u64,
    /// Its hash, in hexadecimal.
    pub hash: Digest,
    /// The RFC 6962 audit path from the event's leaf to the head, in base64.
    pub path: Vec<String>,
}

impl CaseProof {
    /// Checks the head's signature with `verifier_key` and every path against the head.
    ///
    /// # Errors
    /// [`ProofError`] naming the first thing that is not proved.
    pub fn check(&self, verifier_key: &str) -> Result<(), ProofError> {
        let head = checkpoint::open_with(verifier_key, &self.checkpoint)?;
        for (event, version) in self.events.iter().zip(1..) {
            let not_proved = || ProofError::NotProved(format!("event {} of the case", event.version));
            if event.version != version {
                return Err(not_proved());
            }
            let path = event
                .path
                .iter()
                .map(|hash| Hash::parse_hash(hash))
                .collect::<Result<Vec<_>, _>>()?;
            tlog_tiles::check_record(&path, head.size, Hash(head.root.0), event.seq, leaf(event.hash))
                .map_err(|_no_more_than_invalid| not_proved())?;
        }
        Ok(())
    }
}

/// Makes the proof of a case under the signed head `note`; events after that head are not in it.
pub(crate) fn prove(
    connection: &Connection,
    keys: &TenantKeys,
    note: &str,
    case: CaseId,
) -> Result<CaseProof, StoreError> {
    let head = checkpoint::open(keys, note)?;
    let tiles = Tiles::new(connection, keys.tenant);
    let mut events = Vec::new();
    for (version, seq, hash) in places(connection, keys, case)? {
        if seq >= head.size {
            break;
        }
        let path = tlog_tiles::prove_record(head.size, seq, &tiles).map_err(ProofError::from)?;
        let path = path.iter().map(|hash| BASE64_STANDARD.encode(hash.0)).collect();
        events.push(EventProof {
            version,
            seq,
            hash,
            path,
        });
    }
    Ok(CaseProof {
        version: 1,
        case,
        checkpoint: note.to_owned(),
        verifier_key: checkpoint::verifier_key(keys),
        events,
    })
}

fn places(
    connection: &Connection,
    keys: &TenantKeys,
    case: CaseId,
) -> Result<Vec<(u32, u64, Digest)>, StoreError> {
    let (kind, id) = Stream::Case(case).key();
    let mut statement = connection.prepare(match connection.engine() {
        connection::Engine::Sqlite => PLACES,
        connection::Engine::Postgres => PLACES_THERE,
    })?;
    statement.query_map((Id(keys.tenant.0), kind, Id(id)), |row| {
        let hash: crate::value::Hash = row.get(2)?;
        Ok((row.get(0)?, row.get::<i64>(1)?.cast_unsigned(), hash.0))
    })
}
