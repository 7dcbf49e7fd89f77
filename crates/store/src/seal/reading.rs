//! The one way to a reporter's identity, and the way to destroy it.

use bihuan_core::case::command::Command;
use bihuan_core::event::{BodyRef, RaisedBy};
use bihuan_core::id::{BodyId, CaseId, IdentityId};
use bihuan_core::permission::Permit;
use jiff::Timestamp;

use super::{Identity, SealedIdentity, phone_hash};
use crate::bodies::Bodies;
use crate::engine::connection::Connection;
use crate::engine::sql::statements;
use crate::error::{ExecuteError, StoreError};
use crate::execute::Appended;
use crate::leave::require_action;
use crate::tenant::Tenant;
use crate::value::Id;

statements! {
    BY_PHONE = "SELECT case_id FROM identity WHERE tenant = $1 AND phone_hash = $2
        ORDER BY case_id DESC LIMIT $3";
    SELECT = "SELECT wrapped_key, sealed, phone_hash FROM identity
        WHERE tenant = $1 AND id = $2 AND case_id = $3 AND erased_at IS NULL";
}

impl Tenant {
    /// Opens the identity of a case's reporter, after the event that says who read it is on disk.
    ///
    /// The permit is for `identity`; `reason` is written in `bodies`.
    ///
    /// # Errors
    /// [`ExecuteError::NotPermitted`] with another permit, and nothing is opened;
    /// [`StoreError::NotFound`] if the identity was erased.
    pub async fn read_identity(
        &self,
        permit: &Permit,
        case: CaseId,
        bodies: Bodies,
        reason: BodyRef,
        now: Timestamp,
    ) -> Result<Identity, ExecuteError> {
        let read: Appended = self
            .execute(permit, case, Command::ReadIdentity { reason }, bodies, None, now)
            .await?;
        self.open_identity(&read).await
    }

    /// Destroys the identity of a case's reporter: its key, its bytes and the hash of the number.
    ///
    /// The permit is for `admin`; the event is that of an erased body with the identity's id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the case has no identity.
    pub async fn erase_identity(
        &self,
        permit: &Permit,
        case: CaseId,
        bodies: Bodies,
        reason: BodyRef,
        now: Timestamp,
    ) -> Result<Appended, ExecuteError> {
        let id = self.identity_of(case).await?;
        let command = Command::EraseBody {
            body: BodyId(id.0),
            reason,
        };
        self.execute(permit, case, command, bodies, None, now).await
    }

    /// Returns the cases raised from a telephone number, newest first, at most `limit`.
    ///
    /// The permit is for `register`. Which of them the viewer may see is for the caller to ask.
    ///
    /// # Errors
    /// [`ExecuteError::NotPermitted`] with another permit.
    pub async fn cases_of_phone(
        &self,
        permit: &Permit,
        phone: &str,
        limit: usize,
    ) -> Result<Vec<CaseId>, ExecuteError> {
        require_action(permit, "register")?;
        let Some(hash) = phone_hash(self.keys(), phone) else {
            return Ok(Vec::new());
        };
        let found = self.read(move |reader| {
            let mut statement = reader.snapshot.connection().prepare(BY_PHONE)?;
            let tenant = Id(reader.tenant.id().0);
            statement.query_map((tenant, hash, limit as i64), |row| {
                let Id(case) = row.get(0)?;
                Ok(CaseId(case))
            })
        });
        Ok(found.await?)
    }

    /// Opens an identity; the proof that its reading is on disk is the argument.
    async fn open_identity(&self, read: &Appended) -> Result<Identity, ExecuteError> {
        let case = read.case();
        let id = self.identity_of(case).await?;
        let sealed = self
            .read(move |reader| sealed(reader.snapshot.connection(), &reader.tenant, case, id))
            .await?
            .ok_or_else(|| gone(case))?;
        Ok(sealed.open(self.keys(), id).map_err(StoreError::from)?)
    }

    async fn identity_of(&self, case: CaseId) -> Result<IdentityId, ExecuteError> {
        match self.load(case).await?.case.raised_by {
            RaisedBy::Reporter {
                identity: Some(id), ..
            } => Ok(id),
            RaisedBy::Reporter { identity: None, .. } | RaisedBy::Finder { .. } => Err(gone(case).into()),
        }
    }
}

fn gone(case: CaseId) -> StoreError {
    StoreError::NotFound(format!("the reporter's identity in case {case}"))
}

/// Reads a sealed identity; `None` where it was erased.
fn sealed(
    connection: &Connection,
    tenant: &Tenant,
    case: CaseId,
    id: IdentityId,
) -> Result<Option<SealedIdentity>, StoreError> {
    let mut statement = connection.prepare(SELECT)?;
    statement.query_optional((Id(tenant.id().0), Id(id.0), Id(case.0)), |row| {
        Ok(SealedIdentity {
            wrapped_key: row.get(0)?,
            sealed: row.get(1)?,
            phone_hash: row.get(2)?,
        })
    })
}
