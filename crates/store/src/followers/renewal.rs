//! Renewing the flags of case rows after an upgrade: an older program has not written those that it did not know.
//!
//! Once the program knows more flags than the rows were written with, the log is gone through from its beginning, a
//! piece at a time while everything else goes on: each case that began there is folded, and where its row says
//! otherwise of its flags the row is put right. Whoever writes a case meanwhile writes all its flags anyway.

use bihuan_core::case::fold::fold_all;
use bihuan_core::event::Stream;
use bihuan_core::id::{CaseId, TenantId};
use uuid::Uuid;

use super::renewed::{self, DONE};
use crate::commit::{log, row_of};
use crate::engine::connection::{Connection, Engine};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::proof::sequence;
use crate::read::Reader;
use crate::tenant::Tenant;
use crate::tenant::scene::Scene;
use crate::value::{Id, flag_bits};

statements! {
    ROW = "SELECT version, flags FROM case_row WHERE tenant = $1 AND id = $2";
    RENEW = "UPDATE case_row SET flags = $1 WHERE tenant = $2 AND id = $3 AND version = $4 AND flags = $5";
}

statements! {
    in sqlite
    BEGAN = "SELECT e.stream_id FROM tenant t
        CROSS JOIN event e ON e.place >= (t.rowid << 40) + $1 AND e.place < (t.rowid << 40) + $2
        WHERE t.tenant = $3 AND e.stream_kind = $4 AND e.version = 1 ORDER BY e.place";
}

statements! {
    in postgres
    BEGAN_THERE = "SELECT stream_id FROM sequence
        WHERE seq >= $1 AND seq < $2 AND tenant = $3 AND stream_kind = $4 AND version = 1 ORDER BY seq";
}

/// A row whose flags are not those of its case.
#[derive(Debug)]
struct Stale {
    case: CaseId,
    version: i64,
    was: i64,
    is: i64,
}

/// What came of a piece of the log.
#[derive(Debug)]
struct Piece {
    stale: Vec<Stale>,
    /// Where the next piece begins.
    to: u64,
}

impl Tenant {
    /// Goes through the next `places` of the log and puts the flags of the cases that began there right; returns
    /// whether there is more to go through. To be called again and again by whoever follows the log, until there is
    /// not; two runs at once do no harm.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read or written.
    pub async fn renew_flags(&self, places: u64) -> Result<bool, StoreError> {
        let tenant = self.id();
        let read = move |reader: &Reader| {
            let scene = reader.tenant.scene();
            Piece::read(reader.snapshot.connection(), tenant, &scene, places)
        };
        let Some(piece) = self.read(read).await? else {
            return Ok(false);
        };
        let (more, stale) = (piece.to < DONE, piece.stale.len());
        self.write_plain(move |connection| piece.write(connection, tenant))
            .await?;
        if stale > 0 {
            tracing::info!(tenant.id = %tenant, rows = stale, "{stale} case rows have the flags that they lacked");
        }
        Ok(more)
    }
}

impl Piece {
    /// Reads the next piece; `None` where all was gone through.
    fn read(
        connection: &Connection,
        tenant: TenantId,
        scene: &Scene,
        places: u64,
    ) -> Result<Option<Piece>, StoreError> {
        let from = renewed::up_to(connection, tenant)?;
        if from == DONE {
            return Ok(None);
        }
        let size = sequence::size(connection, tenant)?;
        let end = size.min(from.saturating_add(places));
        let mut stale = Vec::new();
        for case in began(connection, tenant, (from, end))? {
            match Stale::find(connection, tenant, scene, case) {
                Ok(found) => stale.extend(found),
                // Verifying says so of the case; the others are none the worse for it.
                Err(StoreError::Corrupt(problem)) => {
                    tracing::warn!(case.id = %case, problem, "the row of case {case} stays as it is");
                }
                Err(error) => return Err(error),
            }
        }
        // What begins from here on is written with all flags.
        let to = if end == size { DONE } else { end };
        Ok(Some(Piece { stale, to }))
    }

    fn write(&self, connection: &Connection, tenant: TenantId) -> Result<(), StoreError> {
        let mut renew = connection.prepare(RENEW)?;
        for row in &self.stale {
            // A row that was written since has its flags.
            renew.execute((row.is, Id(tenant.0), Id(row.case.0), row.version, row.was))?;
        }
        renewed::note(connection, tenant, self.to)
    }
}

impl Stale {
    /// Returns what is stale about the row of a case, if anything is.
    fn find(
        connection: &Connection,
        tenant: TenantId,
        scene: &Scene,
        case: CaseId,
    ) -> Result<Option<Stale>, StoreError> {
        let row = connection.query_optional(ROW, (Id(tenant.0), Id(case.0)), |row| {
            Ok((row.get::<i64>(0)?, row.get::<i64>(1)?))
        })?;
        let Some((version, was)) = row else {
            return Ok(None);
        };
        let log = log::read(connection, tenant, Stream::Case(case), 1)?;
        let folded = fold_all(case, log.iter().map(|logged| &logged.entry))
            .map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let Some(folded) = folded else {
            return Ok(None);
        };
        let is = flag_bits(&row_of(scene, &folded)?.facts);
        Ok((is != was).then_some(Stale {
            case,
            version,
            was,
            is,
        }))
    }
}

/// Returns the cases whose first event has a place from the one up to before the other.
fn began(
    connection: &Connection,
    tenant: TenantId,
    (from, end): (u64, u64),
) -> Result<Vec<CaseId>, StoreError> {
    let sql = match connection.engine() {
        Engine::Sqlite => BEGAN,
        Engine::Postgres => BEGAN_THERE,
    };
    let (cases, _) = Stream::Case(CaseId(Uuid::nil())).key();
    let bounds = (from.cast_signed(), end.cast_signed(), Id(tenant.0), cases);
    connection.query(sql, bounds, |row| row.get(0).map(|Id(case)| CaseId(case)))
}
