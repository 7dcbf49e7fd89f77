//! Counts of cases under a filter.

use bihuan_core::filter::{Checked, Predicate, Sql, SqlValue, Way};
use bihuan_core::pack::model::Phase;

use crate::commit::{rows, search};
use crate::engine::connection::{Engine, Row};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::read::Reader;
use crate::read::bounds::{Count, WINDOWS};
use crate::read::order::NEWEST;
use crate::read::paths::{self, Stage};
use crate::read::query::{Query, dialect};
use crate::read::told;
use crate::value::{Id, PHASES, phase_of};

statements! {
    // Each finds the next by one step into the index of the stages. A comparison of both columns at once would read all
    // cases of the kind.
    NEXT_KIND = "SELECT kind FROM case_row WHERE tenant = $1 AND (flags & 1) <> 0 AND kind > $2
        ORDER BY kind LIMIT 1";
    NEXT_STATE = "SELECT state FROM case_row WHERE tenant = $1 AND (flags & 1) <> 0 AND kind = $2 AND state > $3
        ORDER BY state LIMIT 1";
}

/// The part of what may be done for a count that may be done for each phase.
const OF_A_PHASE: u64 = 4;

impl Reader {
    /// Counts the cases under a filter, up to `cap`.
    ///
    /// No more is read than [`Bounds`](crate::read::bounds::Bounds) say: beyond that the count says "at least".
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn count(&self, filter: &Checked, cap: usize) -> Result<Count, StoreError> {
        let filter = told::told(filter);
        let is_wordy = self.is_wordy(&filter)?;
        Ok(self.tally(&filter, cap, is_wordy)?.count(cap))
    }

    /// Counts all cases under a filter, however long that takes: for what then reads them all.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn count_all(&self, filter: &Checked) -> Result<usize, StoreError> {
        Ok(self.count_by_phase(filter)?.iter().map(|(_, count)| count).sum())
    }

    /// Counts the cases under a filter by phase, each up to `cap`, in the order of the phases.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn count_phases(&self, filter: &Checked, cap: usize) -> Result<[Count; PHASES.len()], StoreError> {
        let filter = told::told(filter);
        let is_wordy = self.is_wordy(&filter)?;
        let tally = self.tally(&filter, cap, is_wordy)?;
        self.phases(&filter, cap, is_wordy, &tally)
    }

    /// Returns the counts by phase of a filter that was counted up to `cap`: each anew where there were too many.
    pub(super) fn phases(
        &self,
        filter: &Checked,
        cap: usize,
        is_wordy: bool,
        tally: &Tally,
    ) -> Result<[Count; PHASES.len()], StoreError> {
        let mut counts = [Count::default(); PHASES.len()];
        if is_wordy || !tally.more {
            for (count, known) in counts.iter_mut().zip(tally.phases) {
                *count = count.and(Count::exactly(known), cap);
                count.more |= tally.more;
            }
            return Ok(counts);
        }
        for (count, phase) in counts.iter_mut().zip(PHASES) {
            let only = Checked::Is(Predicate::Phase([phase].into()));
            let only = told::told(&Checked::and(vec![filter.clone(), only]));
            *count = self
                .tally_in(&only, cap, self.bounds().steps / OF_A_PHASE)?
                .count(cap);
        }
        Ok(counts)
    }

    /// Counts the cases under a filter by phase, in the order of the phases; phases without one are left out.
    /// Reads all of them, however many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn count_by_phase(&self, filter: &Checked) -> Result<Vec<(Phase, usize)>, StoreError> {
        let query = Query::of(self, filter, Way::Fewest);
        let sql = format!(
            "SELECT c.phase, count(*) {} GROUP BY c.phase ORDER BY c.phase",
            query.text
        );
        let mut statement = self.snapshot.connection().prepare_once(&sql)?;
        named(statement.query_map(&query.params[..], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }

    /// Counts the cases under a filter up to `cap`.
    pub(super) fn tally(&self, filter: &Checked, cap: usize, is_wordy: bool) -> Result<Tally, StoreError> {
        match is_wordy {
            true => self.wordy_tally(filter, cap),
            false => self.tally_in(filter, cap, self.bounds().steps),
        }
    }

    /// Whether there are fewer than `cap` cases, as far as a part of what may be done for a count tells: the whole was
    /// done before, for all ways together.
    pub(super) fn is_few(&self, way: &Checked, cap: usize) -> Result<bool, StoreError> {
        Ok(!self.tally_in(way, cap, self.bounds().steps / OF_A_PHASE)?.more)
    }

    /// Counts way by way, until there are `cap` or each has done so much.
    fn tally_in(&self, filter: &Checked, cap: usize, steps: u64) -> Result<Tally, StoreError> {
        let mut tally = Tally::default();
        if *filter == Checked::Nothing {
            return Ok(tally);
        }
        let mut ways = self.ways(filter)?;
        let mut counted = 0;
        while let (Some(way), left @ 1..) = (ways.get(counted), cap - tally.known()) {
            let of_way = match self.tenant.engine() {
                Engine::Sqlite => self.tally_in_steps(way, left, steps)?,
                Engine::Postgres => self.tally_within(way, left)?,
            };
            match of_way.is_none() {
                true => drop(ways.remove(counted)),
                false => counted += 1,
            }
            tally.add(&of_way);
        }
        tally.more |= tally.known() >= cap;
        tally.ways = ways;
        Ok(tally)
    }

    /// Returns filters of which every case of `filter` meets just one, each with an index of its own: one where there
    /// is nothing to part.
    fn ways(&self, filter: &Checked) -> Result<Vec<Checked>, StoreError> {
        let of_stages = match paths::asks_stage(filter) {
            true => paths::by_stage(filter, self.stages()?),
            false => None,
        };
        Ok(of_stages.unwrap_or_else(|| paths::ways(filter)))
    }

    /// Returns the stages in which there are open cases, found by skipping from one to the next.
    fn stages(&self) -> Result<&[Stage], StoreError> {
        if let Some(stages) = self.stages.get() {
            return Ok(stages);
        }
        let connection = self.snapshot.connection();
        let tenant = Id(self.tenant.id().0);
        let (mut kinds, mut states) = (connection.prepare(NEXT_KIND)?, connection.prepare(NEXT_STATE)?);
        let first = |row: Row<'_>| row.get::<String>(0);
        let mut stages = Vec::new();
        let mut kind = String::new();
        while let Some(next) = kinds.query_optional((tenant, &*kind), first)? {
            kind = next;
            let mut state = String::new();
            while let Some(next) = states.query_optional((tenant, &*kind, &*state), first)? {
                state.clone_from(&next);
                stages.push(Stage {
                    kind: kind.clone(),
                    state: next,
                });
            }
        }
        Ok(self.stages.get_or_init(|| stages))
    }

    /// Counts until SQLite has done so much.
    fn tally_in_steps(&self, way: &Checked, cap: usize, steps: u64) -> Result<Tally, StoreError> {
        let mut query = Query::of(self, &told::entered(way), paths::way(way));
        if paths::narrowed(way) == Checked::Everything {
            // The newest first, as they lie: where nothing leads to them, the index of any other column may hold
            // all others first.
            query.text.push_str(&format!(" ORDER BY {}", NEWEST.order()));
        }
        let limit = query.bind_count(cap);
        let sql = format!("SELECT c.phase {} LIMIT ${limit}", query.text);
        let mut tally = Tally::default();
        let connection = self.snapshot.connection();
        let ended = connection.query_in_steps(&sql, &query.params[..], steps, |row| {
            tally.add_case(phase_of(row.get(0)?)?);
            Ok(())
        })?;
        tally.more = !ended;
        Ok(tally)
    }

    /// Counts among so many of the cases that the server's indexes leave.
    fn tally_within(&self, way: &Checked, cap: usize) -> Result<Tally, StoreError> {
        let mut query = Query::of(self, &paths::narrowed(way), Way::Fewest);
        let examined = query.bind_count(self.bounds().examined);
        let engine = self.tenant.engine();
        let text = |tokens: &[String], parameter: usize| {
            let asked = SqlValue::Text(search::question(engine, tokens));
            (search::condition(engine, parameter), asked)
        };
        let within = format!("{} LIMIT ${examined}", query.text);
        let before = query.params.clone();
        let Sql { text, params } = way.to_sql(query.params.len() + 1, Way::InOrder, dialect(engine, &text));
        query.params.extend(params);
        let limit = query.bind_count(cap);
        let sql = format!(
            "SELECT counted.phase, count(*) FROM (SELECT c.phase FROM (SELECT c.* {within}) c WHERE {text} LIMIT ${limit})
            AS counted GROUP BY counted.phase"
        );
        let connection = self.snapshot.connection();
        let mut statement = connection.prepare_once(&sql)?;
        let counted = statement.query_map(&query.params[..], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut tally = Tally::of(counted, false)?;
        if tally.known() < cap {
            let sql = format!("SELECT count(*) FROM (SELECT 1 {within}) AS examined");
            let examined: i64 = connection
                .prepare_once(&sql)?
                .query_row(&before[..], |row| row.get(0))?;
            tally.more = usize::try_from(examined).unwrap_or(0) >= self.bounds().examined;
        }
        Ok(tally)
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

    /// Counts among the newest cases that hold the words of a filter, or among the newest of all.
    fn wordy_tally(&self, filter: &Checked, cap: usize) -> Result<Tally, StoreError> {
        if paths::tokens(filter).is_some() {
            let Some(documents) = rows::documents(self.snapshot.connection(), self.tenant.id())? else {
                return Ok(Tally::default());
            };
            let query = Query::over_newest(self, filter, documents, self.bounds().counted);
            let sql = format!("SELECT c.phase, count(*) {} GROUP BY c.phase", query.text);
            let mut statement = self.snapshot.connection().prepare_once(&sql)?;
            let counted = statement.query_map(&query.params[..], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let mut tally = Tally::of(counted, true)?;
            tally.ways = paths::ways(filter);
            return Ok(tally);
        }
        let mut tally = Tally::default();
        let cut = self.each_stretch(filter, NEWEST, None, WINDOWS, |stretch| {
            tally.add(&Tally::of(self.phases_of(stretch)?, false)?);
            Ok(tally.known() < cap)
        })?;
        tally.more = cut.is_some() || tally.known() >= cap;
        tally.ways = paths::ways(filter);
        Ok(tally)
    }
}

/// How many cases were counted, by the place of their phase.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    phases: [usize; PHASES.len()],
    /// Whether there may be more.
    pub(super) more: bool,
    /// The ways to them: without those that were found to lead to none.
    pub(super) ways: Vec<Checked>,
}

impl Tally {
    /// Returns what was counted by the number of the phase.
    fn of(counts: Vec<(i64, i64)>, more: bool) -> Result<Tally, StoreError> {
        let mut tally = Tally {
            more,
            ..Tally::default()
        };
        for (phase, count) in named(counts)? {
            tally.phases[phase as usize] += count;
        }
        Ok(tally)
    }

    fn known(&self) -> usize {
        self.phases.iter().sum()
    }

    /// Whether there is certainly none.
    fn is_none(&self) -> bool {
        self.known() == 0 && !self.more
    }

    /// Returns how many there are in all phases, up to `cap`.
    pub(super) fn count(&self, cap: usize) -> Count {
        let known = Count {
            known: self.known(),
            more: self.more,
        };
        Count::default().and(known, cap)
    }

    fn add_case(&mut self, phase: Phase) {
        self.phases[phase as usize] += 1;
    }

    fn add(&mut self, other: &Tally) {
        for (count, more) in self.phases.iter_mut().zip(other.phases) {
            *count += more;
        }
        self.more |= other.more;
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
    use bihuan_core::filter::{IdColumn, InstantColumn, NumberColumn, Order, Predicate, UnitSet, WordColumn};
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
        let filter = told::entered(&told::told(filter));
        let dialect = dialect(Engine::Sqlite, &|_, _| (String::new(), SqlValue::Int(0)));
        let sql = filter.to_sql(2, paths::way(&filter), dialect);
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
        let late = || {
            is(Predicate::Late {
                now: Timestamp::UNIX_EPOCH,
            })
        };
        let of_state = |state: &str| is(Predicate::Word(WordColumn::State, [state.to_owned()].into()));
        let (state, handling) = (of_state("verifying"), || of_state("handling"));
        let phase = |phase| is(Predicate::Phase(BTreeSet::from([phase])));
        let kind = || is(Predicate::Word(WordColumn::Kind, BTreeSet::from(["help".into()])));
        let unit = || is(Predicate::Id(IdColumn::Unit, BTreeSet::from([Uuid::nil()])));
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
                Checked::and(vec![open(), is(Predicate::Flag(Flag::Instructed))]),
                "case_row_instructed",
            ),
            (
                Checked::and(vec![open(), late(), severe]),
                "case_row_severe (tenant=? AND due_order<?)",
            ),
            (
                Checked::and(vec![open(), late()]),
                "case_row_open_due (tenant=? AND due_order<?)",
            ),
            (
                Checked::and(vec![open(), kind(), handling(), late()]),
                "case_row_open_stage (tenant=? AND kind=? AND state=? AND due_order<?)",
            ),
            (state, "case_row_phase (tenant=? AND phase=? AND state=?"),
            (phase(Phase::Verify), "case_row_open_phase (tenant=? AND phase=?"),
            (phase(Phase::Closed), "case_row_phase (tenant=? AND phase=?"),
            (
                Checked::and(vec![open(), kind()]),
                "case_row_open_phase (tenant=? AND phase=? AND kind=?",
            ),
            (
                Checked::and(vec![kind(), unit(), phase(Phase::Act)]),
                "case_row_open_phase (tenant=? AND phase=? AND kind=? AND unit=?",
            ),
            (
                Checked::and(vec![kind(), unit(), phase(Phase::Closed)]),
                "case_row_unit",
            ),
            (
                Checked::and(vec![kind(), unit(), phase(Phase::Watch)]),
                "case_row_watch",
            ),
            (co_unit, "r USING PRIMARY KEY (tenant=? AND role=? AND unit=?"),
        ] {
            let plan = plan(&filter);
            assert!(plan.contains(index), "{index}: {plan}");
        }
    }

    #[test]
    fn what_somebody_has_in_hand_found_or_may_show_and_what_ended_is_found_by_its_index() {
        let somebody = |column| is(Predicate::Id(column, BTreeSet::from([Uuid::nil()])));
        let now = Timestamp::UNIX_EPOCH;
        let open = is(Predicate::Flag(Flag::Open));
        let in_hand = Checked::and(vec![
            open.clone(),
            somebody(IdColumn::Person),
            is(Predicate::Late { now }),
        ]);
        let recurs = Checked::and(vec![open, is(Predicate::Flag(Flag::Recurrence))]);
        let kind = is(Predicate::Word(WordColumn::Kind, BTreeSet::from(["help".into()])));
        let to_show = Checked::and(vec![kind, is(Predicate::Flag(Flag::ToShow))]);
        let lately = is(Predicate::Instant(InstantColumn::Closed, Order::AtLeast, now));
        for (filter, index) in [
            (in_hand, "case_row_person (tenant=? AND person=? AND due_order<?)"),
            (
                somebody(IdColumn::Finder),
                "case_row_finder (tenant=? AND finder=?)",
            ),
            (recurs, "case_row_back"),
            (to_show, "case_row_to_show"),
            (lately, "case_row_closed (tenant=? AND closed_at>?)"),
        ] {
            let plan = plan(&filter);
            assert!(plan.contains(index), "{index}: {plan}");
        }
    }
}
