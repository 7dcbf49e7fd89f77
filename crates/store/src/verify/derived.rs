//! What was derived from the log, read for many cases at a time: all rows of the cases between two.

use bihuan_core::id::{BodyId, CaseId, TenantId};

use crate::engine::connection::{Connection, Engine, Row};
use crate::engine::sql::statements;
use crate::engine::value::Owned;
use crate::error::StoreError;
use crate::value::Id;

statements! {
    CASES = "SELECT id, tenant, id, version, number, kind, pack, pack_version, state, phase, category, unit, person,
            channel, source, severity, raised_at, changed_at, closed_at, due_at, returns, reopened, flags, finder,
            finder_unit, title_body
        FROM case_row WHERE tenant = $1 AND id >= $2 AND id <= $3 ORDER BY id";
    // A program from before migration 17 that still served when it ran may have written role 3, which nobody reads.
    UNITS = "SELECT case_id, role, unit FROM case_unit
        WHERE tenant = $1 AND case_id >= $2 AND case_id <= $3 AND role < 3 ORDER BY case_id, role, unit";
    PERSONS = "SELECT case_id, role, person FROM case_person
        WHERE tenant = $1 AND case_id >= $2 AND case_id <= $3 ORDER BY case_id, role, person";
    CAMPAIGNS = "SELECT case_id, campaign FROM case_campaign
        WHERE tenant = $1 AND case_id >= $2 AND case_id <= $3 ORDER BY case_id, campaign";
    LINKS = "SELECT case_id, other, tie FROM case_link
        WHERE tenant = $1 AND case_id >= $2 AND case_id <= $3 ORDER BY case_id, other, tie";
    KEYS = "SELECT case_id, wrapped_key FROM body_key
        WHERE tenant = $1 AND case_id >= $2 AND case_id <= $3 ORDER BY case_id";
    BODIES = "SELECT case_id, id, sealed FROM body
        WHERE tenant = $1 AND case_id >= $2 AND case_id <= $3 ORDER BY case_id, id";
    TIMERS = "SELECT case_id, due_at FROM timer
        WHERE tenant = $1 AND case_id >= $2 AND case_id <= $3 ORDER BY case_id, due_at";
}

statements! {
    in sqlite
    DOCUMENTS = "SELECT id, doc FROM case_row WHERE tenant = $1 AND id >= $2 AND id <= $3 ORDER BY id";
}

statements! {
    in postgres
    TOKENS = "SELECT case_id, array_to_string(tsvector_to_array(tokens), ' ') FROM case_text
        WHERE tenant = $1 AND case_id >= $2 AND case_id <= $3 ORDER BY case_id";
}

/// The tables beside `case_row`, each with its columns between the tenant and the case.
pub(super) const SIDES: [(&str, &[&str]); 4] = [
    ("case_unit", &["role", "unit"]),
    ("case_person", &["role", "person"]),
    ("case_campaign", &["campaign"]),
    ("case_link", &["other", "tie"]),
];

/// Things of cases, in the order of the cases.
#[derive(Debug)]
pub(super) struct ByCase<T>(Vec<(CaseId, T)>);

impl<T> Default for ByCase<T> {
    fn default() -> Self {
        ByCase(Vec::new())
    }
}

impl<T> ByCase<T> {
    /// Returns what one case has.
    pub(super) fn of(&self, case: CaseId) -> &[(CaseId, T)] {
        let from = self.0.partition_point(|(of, _)| *of < case);
        let count = self.0[from..].partition_point(|(of, _)| *of == case);
        &self.0[from..from + count]
    }

    /// Returns the one that a case has.
    pub(super) fn one(&self, case: CaseId) -> Option<&T> {
        self.of(case).first().map(|(_, one)| one)
    }
}

/// A text as it lies in the table.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) id: BodyId,
    /// `None` where it was erased.
    pub(super) sealed: Option<Vec<u8>>,
}

/// What was derived of the cases between two.
#[derive(Debug, Default)]
pub(super) struct Derived {
    /// The columns of `case_row`.
    pub(super) rows: ByCase<Vec<Owned>>,
    /// The rows of [`SIDES`].
    pub(super) sides: [ByCase<Vec<Owned>>; 4],
    /// The wrapped keys of the texts.
    pub(super) keys: ByCase<Vec<u8>>,
    /// The texts.
    pub(super) bodies: ByCase<Sealed>,
    /// When timers are due.
    pub(super) timers: ByCase<i64>,
    /// The numbers of the search documents, on SQLite.
    pub(super) documents: ByCase<i64>,
    /// The words that a case is found by, on PostgreSQL.
    pub(super) tokens: ByCase<String>,
}

impl Derived {
    /// Reads what was derived of the cases from `first` to `last`, both of them included.
    pub(super) fn read(
        connection: &Connection,
        tenant: TenantId,
        (first, last): (CaseId, CaseId),
    ) -> Result<Derived, StoreError> {
        let between = Between {
            connection,
            bounds: (Id(tenant.0), Id(first.0), Id(last.0)),
        };
        let mut derived = Derived {
            rows: between.read(CASES, |row| columns(row, crate::commit::rows::COLUMNS.len()))?,
            keys: between.read(KEYS, |row| row.get(1))?,
            bodies: between.read(BODIES, |row| {
                let Id(id) = row.get(1)?;
                Ok(Sealed {
                    id: BodyId(id),
                    sealed: row.get(2)?,
                })
            })?,
            timers: between.read(TIMERS, |row| row.get(1))?,
            ..Derived::default()
        };
        let sides = [UNITS, PERSONS, CAMPAIGNS, LINKS].into_iter().zip(SIDES);
        for (side, (sql, (_, names))) in derived.sides.iter_mut().zip(sides) {
            *side = between.read(sql, |row| columns(row, names.len()))?;
        }
        match connection.engine() {
            Engine::Sqlite => derived.documents = between.read(DOCUMENTS, |row| row.get(1))?,
            Engine::Postgres => derived.tokens = between.read(TOKENS, |row| row.get(1))?,
        }
        Ok(derived)
    }
}

/// The cases between two.
struct Between<'c> {
    connection: &'c Connection,
    bounds: (Id, Id, Id),
}

impl Between<'_> {
    /// Runs a statement whose first column is the case.
    fn read<T>(
        &self,
        sql: &str,
        mut read: impl FnMut(Row<'_>) -> Result<T, StoreError>,
    ) -> Result<ByCase<T>, StoreError> {
        let rows = self.connection.query(sql, self.bounds, |row| {
            let Id(case) = row.get(0)?;
            Ok((CaseId(case), read(row)?))
        });
        rows.map(ByCase)
    }
}

/// Reads the columns after the first.
fn columns(row: Row<'_>, count: usize) -> Result<Vec<Owned>, StoreError> {
    (1..=count).map(|at| row.get(at)).collect()
}
