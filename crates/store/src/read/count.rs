//! Counts of cases under a filter.

use bihuan_core::filter::{Checked, SqlValue, Way};
use bihuan_core::pack::model::Phase;

use crate::error::StoreError;
use crate::read::Reader;
use crate::read::list::{Query, phase_of};

impl Reader {
    /// Counts the cases under a filter, up to `cap`: a result of `cap` means "at least so many".
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn count(&self, filter: &Checked, cap: usize) -> Result<usize, StoreError> {
        let mut query = Query::of(self, filter, &[], Way::Fewest);
        let limit = query.bind(SqlValue::Int(i64::try_from(cap).unwrap_or(i64::MAX)));
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 {} LIMIT ${limit}) AS counted",
            query.text
        );
        let mut statement = self.snapshot.connection().prepare_once(&sql)?;
        let count: i64 = statement.query_row(&query.params[..], |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// Counts the cases under a filter by phase, in the order of the phases; phases without one are left out.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn count_by_phase(&self, filter: &Checked) -> Result<Vec<(Phase, usize)>, StoreError> {
        let query = Query::of(self, filter, &[], Way::Fewest);
        let sql = format!(
            "SELECT c.phase, count(*) {} GROUP BY c.phase ORDER BY c.phase",
            query.text
        );
        let mut statement = self.snapshot.connection().prepare_once(&sql)?;
        let mut rows = statement.query(&query.params[..])?;
        let mut counts = Vec::new();
        while let Some(row) = rows.next()? {
            let (phase, count): (i64, i64) = (row.get(0)?, row.get(1)?);
            counts.push((phase_of(phase)?, usize::try_from(count).unwrap_or(0)));
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use bihuan_core::case::facts::Flag;
    use bihuan_core::filter::{NumberColumn, Order, Predicate, UnitSet, WordColumn};
    use bihuan_core::id::UnitId;
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::engine::connection::Connection;
    use crate::schema;

    fn is(predicate: Predicate) -> Checked {
        Checked::Is(predicate)
    }

    fn some(column: NumberColumn) -> Checked {
        is(Predicate::Number(column, Order::AtLeast, 1))
    }

    /// Returns how SQLite comes by the cases under a filter.
    fn plan(filter: &Checked) -> String {
        let connection = Connection::in_memory().expect("memory");
        schema::migrate(&connection).expect("migrated");
        // Read again: what a connection knew before the migration is what it plans with.
        connection.run("ANALYZE sqlite_schema").expect("read again");
        let sql = filter.to_sql(2, Way::Fewest, &|_, _| (String::new(), SqlValue::Int(0)));
        let explain = format!(
            "EXPLAIN QUERY PLAN SELECT count(*) FROM (SELECT 1 FROM case_row c WHERE c.tenant = $1
            AND ({}) LIMIT 1001)",
            sql.text
        );
        let mut params = vec![SqlValue::Uuid([0; 16])];
        params.extend(sql.params);
        let steps = connection.query(&explain, &params[..], |row| row.get::<String>(3));
        steps.expect("explained").join("\n")
    }

    #[test]
    fn what_the_desk_and_the_ledger_count_is_found_by_its_index() {
        let open = || is(Predicate::Flag(Flag::Open));
        let back = Checked::or(vec![
            some(NumberColumn::Returns),
            is(Predicate::Flag(Flag::Unsatisfied)),
            some(NumberColumn::Reopened),
        ]);
        let late = is(Predicate::Late {
            now: Timestamp::UNIX_EPOCH,
        });
        let state = is(Predicate::Word(
            WordColumn::State,
            BTreeSet::from(["verifying".into()]),
        ));
        let phase = is(Predicate::Phase(BTreeSet::from([Phase::Verify])));
        let units = BTreeSet::from([UnitId(Uuid::nil())]);
        let co_unit = is(Predicate::AnyUnit(UnitSet::CoUnit, units));
        let severe = is(Predicate::Number(NumberColumn::Severity, Order::AtLeast, 4));
        for (filter, index) in [
            (Checked::and(vec![open(), back]), "case_row_back"),
            (
                Checked::and(vec![open(), is(Predicate::Flag(Flag::Disputed))]),
                "case_row_disputed",
            ),
            (
                Checked::and(vec![open(), late, severe]),
                "case_row_open_due (tenant=? AND due_order<?)",
            ),
            (state, "case_row_phase (tenant=? AND phase=? AND state=?"),
            (phase, "case_row_phase (tenant=? AND phase=?"),
            (co_unit, "r USING PRIMARY KEY (tenant=? AND role=? AND unit=?"),
        ] {
            let plan = plan(&filter);
            assert!(plan.contains(index), "{index}: {plan}");
        }
    }
}
