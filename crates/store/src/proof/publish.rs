//! What goes out of the house: checkpoints, the proof of one case, and that between two checkpoints.

use bihuan_core::id::CaseId;
use jiff::Timestamp;

use super::case_proof::{self, CaseProof};
use super::consistency::{self, ConsistencyProof};
use super::{checkpoint, sequence};
use crate::engine::connection::Connection;
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::keys::TenantKeys;
use crate::tenant::Tenant;
use crate::value::{Id, millis};

statements! {
    KEPT = "SELECT note FROM checkpoint WHERE tenant = $1 AND size = $2";
    KEEP = "INSERT INTO checkpoint (tenant, size, note, signed_at) VALUES ($1, $2, $3, $4)";
}

impl Tenant {
    /// Returns a signed head over every event committed before the call.
    ///
    /// The first head of each size is kept, so asking twice without an event between gives the same text.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if the log or the tree contradicts itself: such a log is not signed.
    pub async fn checkpoint(&self, now: Timestamp) -> Result<String, StoreError> {
        self.follow().await?;
        let keys = self.keys().clone();
        self.write_plain(move |connection| sign_head(connection, &keys, now))
            .await
    }

    /// Returns the key that checks this tenant's checkpoints.
    pub fn verifier_key(&self) -> String {
        checkpoint::verifier_key(self.keys())
    }

    /// Returns the proof of one case under a head signed now, for the reporter to keep.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such case.
    pub async fn case_proof(&self, case: CaseId, now: Timestamp) -> Result<CaseProof, StoreError> {
        let note = self.checkpoint(now).await?;
        self.read(move |reader| {
            let proof = case_proof::prove(reader.snapshot.connection(), reader.tenant.keys(), &note, case)?;
            if proof.events.is_empty() {
                return Err(StoreError::NotFound(format!("case {case}")));
            }
            Ok(proof)
        })
        .await
    }

    /// Returns the proof that the log of now begins with the one under `earlier`, a checkpoint kept
    /// outside.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if `earlier` is no checkpoint of this log, or the log does not begin so.
    pub async fn consistency_proof(
        &self,
        earlier: &str,
        now: Timestamp,
    ) -> Result<ConsistencyProof, StoreError> {
        let later = self.checkpoint(now).await?;
        let earlier = earlier.to_owned();
        self.read(move |reader| {
            consistency::prove(
                reader.snapshot.connection(),
                reader.tenant.keys(),
                &earlier,
                &later,
            )
        })
        .await
    }
}

fn sign_head(connection: &Connection, keys: &TenantKeys, now: Timestamp) -> Result<String, StoreError> {
    let head = sequence::head(connection, keys.tenant)?;
    let (tenant, size) = (Id(keys.tenant.0), head.size.cast_signed());
    let kept: Option<String> = connection.query_optional(KEPT, (tenant, size), |row| row.get(0))?;
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let note = checkpoint::sign(keys, head)?;
    connection.execute(KEEP, (tenant, size, &note, millis(now)))?;
    Ok(note)
}
