//! Counts of cases under a filter.

use bihuan_core::filter::{Checked, Predicate, Sql, SqlValue, Way};
use bihuan_core::pack::model::Phase;

use crate::commit::search;
use crate::engine::connection::Engine;
use crate::error::StoreError;
use crate::read::Reader;
use crate::read::bounds::Count;
use crate::read::list::phase_of;
use crate::read::order::{Sort, SortBy};
use crate::read::paths;
use crate::read::query::Query;
use crate::value::PHASES;

/// The part of what may be done for a count that may be done for each phase.
const OF_A_PHASE: u64 = 4;

/// The order in which cases are examined that are counted: the newest first.
const NEWEST: Sort = Sort {
    by: SortBy::Raised,
    descending: true,
};

impl Reader {
    /// Counts the cases under a filter, up to `cap`.
    ///
    /// No more is read than [`Bounds`](crate::read::bounds::Bounds) say: beyond that the count says "at least".
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn count(&self, filter: &Checked, cap: usize) -> Result<Count, StoreError> {
        let mut count = Count::default();
        for way in paths::ways(&paths::told(filter)) {
            count = count.and(self.count_way(&way, cap)?, cap);
        }
        Ok(count)
    }

    /// Counts all cases under a filter, however long that takes: for what then reads them all.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn count_all(&self, filter: &Checked) -> Result<usize, StoreError> {
        Ok(self.count_by_phase(filter)?.iter().map(|(_, count)| count).sum())
    }

    /// Counts the cases under a filter by phase, each up to `cap`, in the order of the phases. `all` is how many
    /// there are, where that was counted before.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn count_phases(
        &self,
        filter: &Checked,
        cap: usize,
        all: Option<Count>,
    ) -> Result<[Count; PHASES.len()], StoreError> {
        let filter = paths::told(filter);
        let mut counts = [Count::default(); PHASES.len()];
        let mut add = |counted: &[(Phase, usize)], more: bool| {
            for (phase, known) in counted {
                counts[*phase as usize] = counts[*phase as usize].and(
                    Count {
                        known: *known,
                        more: false,
                    },
                    cap,
                );
            }
            counts.iter_mut().for_each(|count| count.more |= more);
        };
        if self.is_wordy(&filter)? {
            let (counted, more) = self.wordy_phases(&filter, cap)?;
            add(&counted, more);
            return Ok(counts);
        }
        let all = all.map_or_else(|| self.count(&filter, cap), Ok)?;
        if !all.more {
            for way in paths::ways(&filter) {
                add(&self.count_by_phase(&way)?, false);
            }
            return Ok(counts);
        }
        for (count, phase) in counts.iter_mut().zip(PHASES) {
            let only = Checked::Is(Predicate::Phase([phase].into()));
            let only = paths::told(&Checked::and(vec![filter.clone(), only]));
            for way in paths::ways(&only) {
                let counted = self.count_bounded(&way, cap, self.bounds().steps / OF_A_PHASE)?;
                *count = count.and(counted, cap);
            }
        }
        Ok(counts)
    }

    /// Counts the cases under a filter by phase, in the order of the phases; phases without one are left out.
    /// Reads all of them, however many.
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
        named(statement.query_map(&query.params[..], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }

    /// Counts the cases of one way up to `cap`.
    pub(super) fn count_way(&self, way: &Checked, cap: usize) -> Result<Count, StoreError> {
        if self.is_wordy(way)? {
            let (counted, more) = self.wordy_phases(way, cap)?;
            let known = Count {
                known: counted.iter().map(|(_, count)| count).sum(),
                more,
            };
            return Ok(Count::default().and(known, cap));
        }
        self.count_bounded(way, cap, self.bounds().steps)
    }

    fn count_bounded(&self, way: &Checked, cap: usize, steps: u64) -> Result<Count, StoreError> {
        match self.tenant.engine() {
            Engine::Sqlite => self.count_in_steps(way, cap, steps),
            Engine::Postgres => self.count_within(way, cap),
        }
    }

    /// Counts until SQLite has done so much.
    fn count_in_steps(&self, way: &Checked, cap: usize, steps: u64) -> Result<Count, StoreError> {
        let by = if paths::is_marked(way) {
            Way::Marked
        } else {
            Way::Fewest
        };
        let mut query = Query::of(self, way, &[], by);
        let limit = query.bind_count(cap);
        let sql = format!("SELECT 1 {} LIMIT ${limit}", query.text);
        let mut known = 0;
        let ended = self
            .snapshot
            .connection()
            .query_in_steps(&sql, &query.params[..], steps, |_| {
                known += 1;
                Ok(())
            })?;
        Ok(Count {
            known,
            more: !ended || known >= cap,
        })
    }

    /// Counts among so many of the cases that the server's indexes leave.
    fn count_within(&self, way: &Checked, cap: usize) -> Result<Count, StoreError> {
        let mut query = Query::of(self, &paths::narrowed(way), &[], Way::Fewest);
        let examined = query.bind_count(self.bounds().examined);
        let engine = self.tenant.engine();
        let text = |tokens: &[String], parameter: usize| {
            let asked = SqlValue::Text(search::question(engine, tokens));
            (search::condition(engine, parameter), asked)
        };
        let within = format!("{} LIMIT ${examined}", query.text);
        let before = query.params.clone();
        let Sql { text, params } = way.to_sql(query.params.len() + 1, Way::InOrder, &text);
        query.params.extend(params);
        let limit = query.bind_count(cap);
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM (SELECT c.* {within}) c WHERE {text} LIMIT ${limit}) AS counted"
        );
        let connection = self.snapshot.connection();
        let count = |sql: &str, params: &[SqlValue]| -> Result<usize, StoreError> {
            let count: i64 = connection
                .prepare_once(sql)?
                .query_row(params, |row| row.get(0))?;
            Ok(usize::try_from(count).unwrap_or(0))
        };
        let known = count(&sql, &query.params)?;
        if known >= cap {
            return Ok(Count { known, more: true });
        }
        let sql = format!("SELECT count(*) FROM (SELECT 1 {within}) AS examined");
        let more = count(&sql, &before)? >= self.bounds().examined;
        Ok(Count { known, more })
    }

    /// Whether a filter asks for words that so many texts hold, or asks for them in such a way, that the cases
    /// are to be come by otherwise. PostgreSQL weighs that by itself.
    pub(super) fn is_wordy(&self, filter: &Checked) -> Result<bool, StoreError> {
        if self.tenant.engine() == Engine::Postgres || !paths::asks_text(filter) {
            return Ok(false);
        }
        match paths::tokens(filter) {
            None => Ok(true),
            Some(tokens) => {
                let gathered = self.bounds().gathered;
                let holding = search::holding(self.snapshot.connection(), tokens, gathered)?;
                Ok(holding >= gathered)
            }
        }
    }

    /// Counts by phase among the newest cases; and whether there may be more.
    fn wordy_phases(&self, filter: &Checked, cap: usize) -> Result<(Vec<(Phase, usize)>, bool), StoreError> {
        if paths::tokens(filter).is_some() {
            let query = Query::over_newest(self, filter, self.bounds().gathered);
            let sql = format!("SELECT c.phase, count(*) {} GROUP BY c.phase", query.text);
            let mut statement = self.snapshot.connection().prepare_once(&sql)?;
            let counted = statement.query_map(&query.params[..], |row| Ok((row.get(0)?, row.get(1)?)))?;
            return Ok((named(counted)?, true));
        }
        let (mut all, mut known) = (Vec::new(), 0);
        let cut = self.each_stretch(filter, NEWEST, None, |stretch| {
            let counted = named(self.phases_of(stretch)?)?;
            known += counted.iter().map(|(_, count)| count).sum::<usize>();
            all.extend(counted);
            Ok(known < cap)
        })?;
        Ok((all, cut.is_some() || known >= cap))
    }
}

/// Returns counts with their phases.
fn named(counts: Vec<(i64, i64)>) -> Result<Vec<(Phase, usize)>, StoreError> {
    let named = counts
        .into_iter()
        .map(|(phase, count)| Ok((phase_of(phase)?, usize::try_from(count).unwrap_or(0))));
    named.collect()
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
