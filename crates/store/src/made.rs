//! What a person makes that is no case: a view, an export. Asked for twice under one key, it is made once.

use bihuan_core::id::{CaseId, PersonId, TenantId};
use jiff::Timestamp;
use uuid::Uuid;

use crate::commit::idempotency::{First, Once, find};
use crate::engine::connection::Connection;
use crate::engine::sql::statements;
use crate::error::{ExecuteError, StoreError};
use crate::tenant::Tenant;
use crate::value::{Hash, Id, millis};

statements! {
    INSERT = "INSERT INTO idempotency (tenant, key, request, result, recorded_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant, key) DO NOTHING";
}

/// What was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// Its id.
    pub id: Uuid,
    /// Whether an earlier request with the same key made it.
    pub repeated: bool,
}

impl Tenant {
    /// Lets `insert` make something of `person` under an id, unless the same request made it before.
    pub(crate) async fn make_once(
        &self,
        person: PersonId,
        id: Uuid,
        once: Option<Once>,
        now: Timestamp,
        insert: impl FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<Made, ExecuteError> {
        let tenant = self.id();
        let work = move |connection: &Connection| {
            if let Some(once) = once
                && let Some(first) = remember(connection, tenant, person, &once, id, now)?
            {
                return Ok(Made {
                    id: first,
                    repeated: true,
                });
            }
            insert(connection)?;
            Ok(Made { id, repeated: false })
        };
        self.write(work).await?
    }
}

/// Notes that a request makes something with this id; returns the id of what it made before, if it did.
fn remember(
    connection: &Connection,
    tenant: TenantId,
    person: PersonId,
    once: &Once,
    id: Uuid,
    now: Timestamp,
) -> Result<Option<Uuid>, ExecuteError> {
    let key = once.place_of(person);
    // What is no case has no events and no code; its id stands where a case's would.
    let result = First {
        case: CaseId(id),
        from: 0,
        to: 0,
        sealed_code: Vec::new(),
    };
    let row = (
        Id(tenant.0),
        Hash(key),
        Hash(once.request),
        result.encode(),
        millis(now),
    );
    if connection.execute(INSERT, row)? > 0 {
        return Ok(None);
    }
    match find(connection, tenant, key)? {
        Some((request, first)) if request == once.request => Ok(Some(first.case.0)),
        Some(_) => Err(ExecuteError::KeyReused),
        // Another process holds the key and has not committed yet.
        None => Err(ExecuteError::Busy),
    }
}
