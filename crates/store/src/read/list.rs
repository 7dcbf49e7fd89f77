//! Lists of cases: pages by key, counts, and groups, all under one filter.
//!
//! A page is found by the sort key of the row before it, never by an offset, and the order is total (the
//! id breaks ties), so rows neither repeat nor go missing between pages of an unchanged list.

use std::cmp::Ordering;
use std::collections::HashMap;

use bihuan_core::case::facts::Flag;
use bihuan_core::event::PackRef;
use bihuan_core::filter::{Checked, SqlValue};
use bihuan_core::id::{BodyId, CaseId, PersonId, UnitId};
use bihuan_core::pack::model::Phase;
use jiff::Timestamp;

use crate::bodies;
use crate::engine::connection::{Engine, Row};
use crate::engine::sql::statements;
use crate::engine::value::Bind;
use crate::error::StoreError;
use crate::read::Reader;
use crate::read::bounds::{Count, FIRST, REST, WINDOWS};
use crate::read::count::Tally;
use crate::read::order::{Cursor, Key, Sort, SortBy};
use crate::read::paths;
use crate::read::query::Query;
use crate::read::told;
use crate::value::{Id, PHASES, flags_of, instant, phase_of};

statements! {
    in postgres
    TITLES = "SELECT c.id, k.wrapped_key, b.id, b.sealed FROM case_row c
        JOIN body_key k ON k.tenant = c.tenant AND k.case_id = c.id
        JOIN body b ON b.tenant = c.tenant AND b.case_id = c.id AND b.id = c.title_body
        WHERE c.tenant = $1 AND c.id = ANY ($2)";
}

/// Fewer cases are sorted, more are read in their order.
const FEW: usize = 1_000;

/// The columns of a list, in the order that [`ListRow`] is read in.
pub(crate) const COLUMNS: &str =
    "c.id, c.version, c.number, c.kind, c.pack, c.pack_version, c.state, c.phase,
    c.category, c.unit, c.person, c.channel, c.source, c.severity, c.raised_at, c.changed_at, c.closed_at,
    c.due_at, c.returns, c.reopened, c.flags, c.title_body";

/// Which cases, in which order, from where on.
#[derive(Debug, Clone, Copy)]
pub struct Listing<'a> {
    /// Which: the viewer's scope and what they filter by.
    pub filter: &'a Checked,
    /// In which order.
    pub sort: Sort,
    /// After which row; `None` from the beginning.
    pub after: Option<&'a Cursor>,
    /// The most rows.
    pub limit: usize,
}

/// A page of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// Its rows.
    pub rows: Vec<T>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<Cursor>,
    /// Whether it was cut short: so much was read that the rest, from `next` on, has to be asked for anew. There
    /// may be nothing in it.
    pub cut: bool,
}

/// A case as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRow {
    /// Its id.
    pub id: CaseId,
    /// Its version.
    pub version: u32,
    /// Its number.
    pub number: String,
    /// Its kind's id.
    pub kind: String,
    /// The pack that judges it.
    pub pack: PackRef,
    /// Its state's id.
    pub state: String,
    /// Its phase.
    pub phase: Phase,
    /// Its category's code.
    pub category: Option<String>,
    /// The responsible unit.
    pub unit: Option<UnitId>,
    /// The person in charge.
    pub person: Option<PersonId>,
    /// How it came.
    pub channel: String,
    /// Which supervision source raised it.
    pub source: Option<String>,
    /// From 1 to 5.
    pub severity: u8,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// When its worst clock runs out.
    pub due_at: Option<Timestamp>,
    /// How often it was given back.
    pub returns: u32,
    /// How often it was taken up again.
    pub reopened: u32,
    /// Its flags.
    pub flags: Vec<Flag>,
    /// Its title; `None` where it was erased.
    pub title: Option<String>,
    pub(crate) title_body: BodyId,
}

impl Sort {
    /// Compares two rows by their places in the list.
    pub(crate) fn compare(self, one: &ListRow, other: &ListRow) -> Ordering {
        self.by_place(&self.place(one), &self.place(other))
    }

    /// Returns the place of a row in a list of this order: the rest of the list begins after it.
    pub fn place(self, row: &ListRow) -> Cursor {
        Cursor::new(key(self.by, row), row.id)
    }
}

fn key(by: SortBy, row: &ListRow) -> Key {
    match by {
        SortBy::Raised => Key::Int(row.raised_at.as_millisecond()),
        SortBy::Changed => Key::Int(row.changed_at.as_millisecond()),
        SortBy::Closed => match row.closed_at {
            Some(at) => Key::Int(at.as_millisecond()),
            None => Key::Open(row.raised_at.as_millisecond()),
        },
        SortBy::Due => Key::Int(row.due_at.map_or(i64::MAX, Timestamp::as_millisecond)),
        SortBy::Severity => Key::Int(i64::from(row.severity)),
        SortBy::Number => Key::Text(row.number.clone()),
    }
}

impl Reader {
    /// Returns a page of a list.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn list(&self, listing: &Listing<'_>) -> Result<Page<ListRow>, StoreError> {
        Ok(self.list_and_count(listing, FEW)?.0)
    }

    /// Returns a page of a list, and how many cases there are on all its pages, counted up to `cap`.
    ///
    /// Whatever the filter, no more is read than [`Bounds`](crate::read::bounds::Bounds) say, times the units
    /// that the filter names where it names few: then the page is cut short, or the count is "at least".
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn list_and_count(
        &self,
        listing: &Listing<'_>,
        cap: usize,
    ) -> Result<(Page<ListRow>, Count), StoreError> {
        let filter = told::told(listing.filter);
        let is_wordy = self.is_wordy(&filter)?;
        let tally = self.tally(&filter, cap, is_wordy)?;
        let mut page = self.page(&filter, listing, &tally, cap, is_wordy)?;
        self.add_titles(&mut page.rows)?;
        Ok((page, tally.count(cap)))
    }

    /// Returns what [`Reader::list_and_count`] and [`Reader::count_phases`] do, the phases of the cases of `tabs`.
    /// Where both ask for the same, that is counted once.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn list_and_count_phases(
        &self,
        listing: &Listing<'_>,
        tabs: &Checked,
        cap: usize,
    ) -> Result<(Page<ListRow>, Count, [Count; PHASES.len()]), StoreError> {
        let (filter, tabs) = (told::told(listing.filter), told::told(tabs));
        let mut is_wordy = self.is_wordy(&tabs)?;
        let mut tally = self.tally(&tabs, cap, is_wordy)?;
        let phases = self.phases(&tabs, cap, is_wordy, &tally)?;
        if filter != tabs {
            is_wordy = self.is_wordy(&filter)?;
            tally = self.tally(&filter, cap, is_wordy)?;
        }
        let mut page = self.page(&filter, listing, &tally, cap, is_wordy)?;
        self.add_titles(&mut page.rows)?;
        Ok((page, tally.count(cap), phases))
    }

    /// Reads a page, without titles, of a list that was counted up to `cap`.
    fn page(
        &self,
        filter: &Checked,
        listing: &Listing<'_>,
        tally: &Tally,
        cap: usize,
        is_wordy: bool,
    ) -> Result<Page<ListRow>, StoreError> {
        let sort = listing.sort;
        // One row more than asked for tells whether there is a next page.
        let wanted = listing.limit.saturating_add(1);
        let (mut rows, mut cut): (Vec<ListRow>, Option<Cursor>) = (Vec::new(), None);
        // Stages have an index in the order of due instants, and in no other.
        let whole = vec![filter.clone()];
        let ways = match paths::asks_stage(filter) && sort.by != SortBy::Due && !tally.ways.is_empty() {
            true => &whole,
            false => &tally.ways,
        };
        let parts = told::parts(ways, sort);
        let count = tally.count(cap);
        let many = parts.len() == 1 && count.known >= FEW;
        for (part, order) in &parts {
            let order = *order;
            let Some(after) = sort.after_in(order, listing.after) else {
                continue;
            };
            if sort.is_behind(order) && (rows.len() >= wanted || cut.is_some()) {
                // The page ends before it.
                continue;
            }
            let of_part = Listing {
                filter: part,
                sort: order,
                after: after.as_ref(),
                limit: listing.limit,
            };
            let (found, ended) = match (count.more, is_wordy) {
                (true, true) => self.walk(part, order, of_part.after, wanted, WINDOWS)?,
                (true, false) => self.few_or_many(&of_part, wanted, many)?,
                (false, _) if order.by == SortBy::Due && paths::is_stage(part) => {
                    self.few_or_many(&of_part, wanted, many)?
                }
                // What is few is sorted.
                (false, _) => (self.sorted(&of_part, wanted)?, None),
            };
            rows.extend(found);
            cut = match (cut, ended.map(|ended| sort.place_in(order, ended))) {
                (Some(one), Some(other)) => Some(if sort.by_place(&one, &other).is_lt() {
                    one
                } else {
                    other
                }),
                (one, other) => one.or(other),
            };
        }
        rows.sort_by(|one, other| sort.compare(one, other));
        if let Some(cut) = &cut {
            // What lies beyond may lack the rows of the way that was cut short.
            rows.retain(|row| sort.by_place(&sort.place(row), cut).is_le());
        }
        let full = rows.len() > listing.limit;
        rows.truncate(listing.limit);
        let next = match rows.last().filter(|_| full) {
            Some(last) => Some(sort.place(last)),
            None => cut,
        };
        let cut = !full && next.is_some();
        Ok(Page { rows, next, cut })
    }

    /// Reads the first rows of a way of which there may be few or many cases, or are certainly `many`: where they do
    /// not come soon in the order of the list and there are few, they are sorted.
    fn few_or_many(
        &self,
        listing: &Listing<'_>,
        wanted: usize,
        many: bool,
    ) -> Result<(Vec<ListRow>, Option<Cursor>), StoreError> {
        let way = listing.filter;
        let rare = !many && paths::is_rare(way);
        if rare && self.is_few(way, FEW)? {
            return Ok((self.sorted(listing, wanted)?, None));
        }
        let (mut rows, cut) = self.walk(way, listing.sort, listing.after, wanted, FIRST)?;
        let Some(cut) = cut else {
            return Ok((rows, None));
        };
        if !many && !rare && self.is_few(way, FEW)? {
            return Ok((self.sorted(listing, wanted)?, None));
        }
        let (more, cut) = self.walk(way, listing.sort, Some(&cut), wanted - rows.len(), REST)?;
        rows.extend(more);
        Ok((rows, cut))
    }

    /// Returns the first rows of a filter that few cases meet.
    fn sorted(&self, listing: &Listing<'_>, wanted: usize) -> Result<Vec<ListRow>, StoreError> {
        let (sql, params) = self.few(listing.filter, listing.sort, listing.after, (COLUMNS, wanted));
        self.rows(&sql, params)
    }

    /// Returns the statement for columns of the first cases of a filter that few meet, so many of them, and its
    /// parameters.
    pub(super) fn few(
        &self,
        filter: &Checked,
        sort: Sort,
        after: Option<&Cursor>,
        (columns, wanted): (&str, usize),
    ) -> (String, Vec<SqlValue>) {
        let mut query = Query::of(self, &told::entered(filter), paths::way(filter));
        // A plus hides the column from SQLite's indexes.
        let hidden = match self.tenant.engine() {
            Engine::Sqlite => "+",
            Engine::Postgres => "",
        };
        query.after(sort, after, hidden);
        let limit = query.bind_count(wanted);
        let order = sort.order();
        query
            .text
            .push_str(&format!(" ORDER BY {hidden}{order} LIMIT ${limit}"));
        (format!("SELECT {columns} {}", query.text), query.params)
    }

    pub(crate) fn rows(&self, sql: &str, params: Vec<SqlValue>) -> Result<Vec<ListRow>, StoreError> {
        let mut statement = self.snapshot.connection().prepare_once(sql)?;
        let mut found = statement.query(&params[..])?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            rows.push(read_row(row)?);
        }
        Ok(rows)
    }

    /// Opens the titles of rows.
    pub(crate) fn add_titles(&self, rows: &mut [ListRow]) -> Result<(), StoreError> {
        let (connection, tenant) = (self.snapshot.connection(), &self.tenant);
        if connection.engine() == Engine::Sqlite {
            // Two look-ups a row cost less in the same process than a larger statement for all.
            for row in rows {
                if let Some(key) = bodies::key(connection, tenant.id(), tenant.keys(), row.id)? {
                    row.title =
                        bodies::open_unchecked(connection, tenant.id(), row.id, &key, row.title_body)?;
                }
            }
            return Ok(());
        }
        let ids: Vec<Id> = rows.iter().map(|row| Id(row.id.0)).collect();
        let ids: Vec<_> = ids.iter().map(Bind::bind).collect();
        let found = connection.query_any(TITLES, Id(tenant.id().0).bind(), &ids, |row| {
            let (Id(case), wrapped): (Id, Vec<u8>) = (row.get(0)?, row.get(1)?);
            let (Id(body), sealed): (Id, Option<Vec<u8>>) = (row.get(2)?, row.get(3)?);
            let (case, body) = (CaseId(case), BodyId(body));
            let open = |sealed: Vec<u8>| bodies::open_sealed(tenant.keys(), case, &wrapped, body, &sealed);
            Ok((case, sealed.map(open).transpose()?))
        })?;
        let mut titles: HashMap<CaseId, Option<String>> = found.into_iter().collect();
        for row in rows {
            row.title = titles.remove(&row.id).flatten();
        }
        Ok(())
    }
}

fn read_row(row: Row<'_>) -> Result<ListRow, StoreError> {
    let Id(id) = row.get(0)?;
    let unit: Option<Id> = row.get(9)?;
    let person: Option<Id> = row.get(10)?;
    let optional = |millis: Option<i64>| millis.map(instant).transpose();
    let Id(title_body) = row.get(21)?;
    Ok(ListRow {
        id: CaseId(id),
        version: row.get(1)?,
        number: row.get(2)?,
        kind: row.get(3)?,
        pack: PackRef {
            id: row.get(4)?,
            version: row.get(5)?,
        },
        state: row.get(6)?,
        phase: phase_of(row.get(7)?)?,
        category: row.get(8)?,
        unit: unit.map(|Id(unit)| UnitId(unit)),
        person: person.map(|Id(person)| PersonId(person)),
        channel: row.get(11)?,
        source: row.get(12)?,
        severity: row.get(13)?,
        raised_at: instant(row.get(14)?)?,
        changed_at: instant(row.get(15)?)?,
        closed_at: optional(row.get(16)?)?,
        due_at: optional(row.get(17)?)?,
        returns: row.get(18)?,
        reopened: row.get(19)?,
        flags: flags_of(row.get(20)?),
        title: None,
        title_body: BodyId(title_body),
    })
}
