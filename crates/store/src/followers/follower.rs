//! What a follower is: the cursor, the reading of batches, the writing in one transaction.

use std::collections::BTreeMap;

use bihuan_core::case::Case;
use bihuan_core::case::fold::fold;
use bihuan_core::event::{Entry, Stream};
use bihuan_core::id::{CaseId, TenantId};

use crate::commit::log;
use crate::engine::connection::Connection;
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::proof::sequence;
use crate::tenant::scene::Scene;
use crate::value::Id;

statements! {
    CURSOR = "SELECT position FROM cursor WHERE tenant = $1 AND follower = $2";
    SET_CURSOR = "INSERT INTO cursor (tenant, follower, position) VALUES ($1, $2, $3)
        ON CONFLICT (tenant, follower) DO UPDATE SET position = excluded.position";
}

/// One event of a case and what the case was after it.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// The event.
    pub entry: Entry,
    /// The case after it.
    pub after: Case,
}

/// Takes in steps and writes rows.
pub(crate) trait Follower: Default + Send + 'static {
    /// The name of its cursor.
    const NAME: &'static str;

    /// Takes in steps of one case, in their order; each is seen once.
    fn take(&mut self, scene: &Scene, steps: &[Step]) -> Result<(), StoreError>;

    /// Writes what was taken in. Only [`write`] calls this.
    fn write(&self, connection: &Connection, tenant: TenantId) -> Result<(), StoreError>;

    /// Removes all its rows of the tenant.
    fn clear(connection: &Connection, tenant: TenantId) -> Result<(), StoreError>;
}

/// What a follower is to write, and the places in the log that it stands for.
#[derive(Debug)]
pub(crate) struct Advance<F> {
    from: u64,
    to: u64,
    rows: F,
}

/// Reads at most `limit` events from the follower's cursor on; `None` when there are none.
pub(crate) fn read<F: Follower>(
    connection: &Connection,
    tenant: TenantId,
    scene: &Scene,
    limit: usize,
) -> Result<Option<Advance<F>>, StoreError> {
    let from = cursor(connection, tenant, F::NAME)?;
    let placed = sequence::placed(connection, tenant, from, limit)?;
    let Some(last) = placed.last() else {
        return Ok(None);
    };
    let to = last.seq + 1;
    let mut spans: BTreeMap<CaseId, (u32, u32)> = BTreeMap::new();
    for event in &placed {
        if let Stream::Case(case) = event.stream {
            spans.entry(case).or_insert((event.version, event.version)).1 = event.version;
        }
    }
    let mut rows = F::default();
    for (case, (first, last)) in spans {
        rows.take(scene, &steps(connection, tenant, case, first, last)?)?;
    }
    Ok(Some(Advance { from, to, rows }))
}

/// Writes the rows and moves the cursor, in the caller's transaction.
///
/// Returns `false` and writes nothing where another run has moved the cursor in the meantime.
pub(crate) fn write<F: Follower>(
    connection: &Connection,
    tenant: TenantId,
    advance: &Advance<F>,
) -> Result<bool, StoreError> {
    if cursor(connection, tenant, F::NAME)? != advance.from {
        return Ok(false);
    }
    advance.rows.write(connection, tenant)?;
    set_cursor(connection, tenant, F::NAME, advance.to)?;
    Ok(true)
}

/// Removes the follower's rows and sets its cursor to the beginning, in the caller's transaction.
pub(crate) fn reset<F: Follower>(connection: &Connection, tenant: TenantId) -> Result<(), StoreError> {
    F::clear(connection, tenant)?;
    set_cursor(connection, tenant, F::NAME, 0)
}

/// Returns the place of the next event that the follower reads.
pub(crate) fn cursor(connection: &Connection, tenant: TenantId, follower: &str) -> Result<u64, StoreError> {
    let mut statement = connection.prepare(CURSOR)?;
    let position: Option<i64> = statement.query_optional((Id(tenant.0), follower), |row| row.get(0))?;
    Ok(position.unwrap_or(0).cast_unsigned())
}

fn set_cursor(
    connection: &Connection,
    tenant: TenantId,
    follower: &str,
    position: u64,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare(SET_CURSOR)?;
    statement.execute((Id(tenant.0), follower, position.cast_signed()))?;
    Ok(())
}

/// Folds a case from its beginning and returns the steps with versions from `first` to `last`.
fn steps(
    connection: &Connection,
    tenant: TenantId,
    case: CaseId,
    first: u32,
    last: u32,
) -> Result<Vec<Step>, StoreError> {
    let mut folded = None;
    let mut steps = Vec::new();
    for logged in log::read(connection, tenant, Stream::Case(case), 1)? {
        if logged.version > last {
            break;
        }
        let after = fold(folded, case, logged.version, &logged.entry).map_err(|error| {
            StoreError::Corrupt(format!("event {} of case {case}: {error}", logged.version))
        })?;
        if logged.version >= first {
            steps.push(Step {
                entry: logged.entry,
                after: after.clone(),
            });
        }
        folded = Some(after);
    }
    Ok(steps)
}
