//! Lists of cases: pages by key, counts, and groups, all under one filter.
//!
//! A page is found by the sort key of the row before it, never by an offset, and the order is total (the
//! id breaks ties), so rows neither repeat nor go missing between pages of an unchanged list.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bihuan_core::case::facts::Flag;
use bihuan_core::event::PackRef;
use bihuan_core::filter::{Checked, Sql, SqlValue, Way};
use bihuan_core::id::{BodyId, CaseId, PersonId, UnitId};
use bihuan_core::pack::model::Phase;
use jiff::Timestamp;
use uuid::Uuid;

use crate::bodies;
use crate::commit::search;
use crate::engine::connection::{Engine, Row};
use crate::engine::sql::statements;
use crate::engine::value::Bind;
use crate::error::StoreError;
use crate::read::Reader;
use crate::value::{Id, PHASES, flags_of, instant};

statements! {
    in postgres
    TITLES = "SELECT c.id, k.wrapped_key, b.id, b.sealed FROM case_row c
        JOIN body_key k ON k.tenant = c.tenant AND k.case_id = c.id
        JOIN body b ON b.tenant = c.tenant AND b.case_id = c.id AND b.id = c.title_body
        WHERE c.tenant = $1 AND c.id = ANY ($2)";
}

/// So many cases are sorted rather than found in their order.
const FEW: usize = 1_000;

/// The columns of a list, in the order that [`ListRow`] is read in.
pub(crate) const COLUMNS: &str =
    "c.id, c.version, c.number, c.kind, c.pack, c.pack_version, c.state, c.phase,
    c.category, c.unit, c.person, c.channel, c.source, c.severity, c.raised_at, c.changed_at, c.closed_at,
    c.due_at, c.returns, c.reopened, c.flags, c.title_body";

/// What a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortBy {
    /// When it was raised.
    Raised,
    /// When it last changed.
    Changed,
    /// When its worst clock runs out; cases without one come as the latest.
    Due,
    /// Its severity.
    Severity,
    /// Its number.
    Number,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sort {
    /// By what.
    pub by: SortBy,
    /// Whether the greatest comes first.
    pub descending: bool,
}

impl SortBy {
    /// All, in the order that people see.
    pub const ALL: [SortBy; 5] = [
        SortBy::Raised,
        SortBy::Changed,
        SortBy::Due,
        SortBy::Severity,
        SortBy::Number,
    ];

    /// Returns its word, as in URLs and saved views.
    pub fn word(self) -> &'static str {
        match self {
            SortBy::Raised => "raised",
            SortBy::Changed => "changed",
            SortBy::Due => "due",
            SortBy::Severity => "severity",
            SortBy::Number => "number",
        }
    }

    /// Returns the column that is sorted by.
    fn column(self) -> &'static str {
        match self {
            SortBy::Raised => "c.raised_at",
            SortBy::Changed => "c.changed_at",
            SortBy::Due => "c.due_order",
            SortBy::Severity => "c.severity",
            SortBy::Number => "c.number",
        }
    }

    fn key(self, row: &ListRow) -> Key {
        match self {
            SortBy::Raised => Key::Int(row.raised_at.as_millisecond()),
            SortBy::Changed => Key::Int(row.changed_at.as_millisecond()),
            SortBy::Due => Key::Int(row.due_at.map_or(i64::MAX, Timestamp::as_millisecond)),
            SortBy::Severity => Key::Int(i64::from(row.severity)),
            SortBy::Number => Key::Text(row.number.clone()),
        }
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.descending { "-" } else { "" }, self.by.word())
    }
}

impl FromStr for Sort {
    type Err = StoreError;

    /// Reads `due`, or `-due` for the greatest first.
    fn from_str(text: &str) -> Result<Self, StoreError> {
        let (descending, word) = match text.strip_prefix('-') {
            Some(word) => (true, word),
            None => (false, text),
        };
        let by = SortBy::ALL.into_iter().find(|by| by.word() == word);
        let by = by.ok_or_else(|| StoreError::NotFound(format!("sort order {text:?}")))?;
        Ok(Sort { by, descending })
    }
}

/// The sort key of the last row of a page; the next page begins after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    key: Key,
    id: CaseId,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
    Int(i64),
    Text(String),
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = match &self.key {
            Key::Int(key) => format!("{}i{key}", self.id),
            Key::Text(key) => format!("{}t{key}", self.id),
        };
        f.write_str(&URL_SAFE_NO_PAD.encode(plain))
    }
}

impl FromStr for Cursor {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let unknown = || StoreError::NotFound("the place in the list".into());
        let plain = URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let plain = plain.ok_or_else(unknown)?;
        let (id, key) = plain
            .split_at_checked(uuid::fmt::Hyphenated::LENGTH)
            .ok_or_else(unknown)?;
        let id = id.parse().map_err(|_| unknown())?;
        let key = match key.split_at_checked(1) {
            Some(("i", number)) => Key::Int(number.parse().map_err(|_| unknown())?),
            Some(("t", text)) => Key::Text(text.to_owned()),
            _ => return Err(unknown()),
        };
        Ok(Cursor { key, id })
    }
}

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

impl Reader {
    /// Returns a page of a list.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn list(&self, listing: &Listing<'_>) -> Result<Page<ListRow>, StoreError> {
        match self.tenant.engine() {
            Engine::Sqlite => Ok(self.list_and_count(listing, FEW)?.0),
            Engine::Postgres => self.page(listing, Way::Fewest),
        }
    }

    /// Returns a page of a list, and how many cases there are on all its pages, counted up to `cap`: `cap`
    /// means "at least so many".
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn list_and_count(
        &self,
        listing: &Listing<'_>,
        cap: usize,
    ) -> Result<(Page<ListRow>, usize), StoreError> {
        let count = self.count(listing.filter, cap)?;
        // SQLite keeps no account of how many rows a value has: whether to begin with the filter or with the
        // order is told it. Where there are many, the next rows in the order are soon found.
        let way = match count {
            0 => {
                return Ok((
                    Page {
                        rows: Vec::new(),
                        next: None,
                    },
                    0,
                ));
            }
            _ if count < cap || self.tenant.engine() == Engine::Postgres => Way::Fewest,
            _ => Way::InOrder,
        };
        Ok((self.page(listing, way)?, count))
    }

    fn page(&self, listing: &Listing<'_>, way: Way) -> Result<Page<ListRow>, StoreError> {
        let mut query = Query::of(self, listing.filter, &[], way);
        // A plus hides the column from SQLite's indexes: what is few is sorted.
        let sorted = way == Way::Fewest && self.tenant.engine() == Engine::Sqlite;
        let column = format!("{}{}", if sorted { "+" } else { "" }, listing.sort.by.column());
        let (order, beyond) = if listing.sort.descending {
            ("DESC", "<")
        } else {
            ("ASC", ">")
        };
        if let Some(after) = listing.after {
            let key = match &after.key {
                Key::Int(key) => SqlValue::Int(*key),
                Key::Text(key) => SqlValue::Text(key.clone()),
            };
            let (key, id) = (query.bind(key), query.bind(blob(after.id.0)));
            query
                .text
                .push_str(&format!(" AND ({column}, c.id) {beyond} (${key}, ${id})"));
        }
        // One row more than asked for tells whether there is a next page.
        let limit = query.bind(SqlValue::Int(
            i64::try_from(listing.limit).unwrap_or(i64::MAX - 1) + 1,
        ));
        query.text.push_str(&format!(
            " ORDER BY {column} {order}, c.id {order} LIMIT ${limit}"
        ));
        let mut rows = self.rows(&format!("SELECT {COLUMNS} {}", query.text), query.params)?;
        let more = rows.len() > listing.limit;
        rows.truncate(listing.limit);
        self.add_titles(&mut rows)?;
        let last = rows.last().filter(|_| more);
        let next = last.map(|row| Cursor {
            key: listing.sort.by.key(row),
            id: row.id,
        });
        Ok(Page { rows, next })
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

/// A statement over `case_row c` that is put together: `FROM … WHERE tenant AND filter`.
pub(crate) struct Query {
    pub(crate) text: String,
    pub(crate) params: Vec<SqlValue>,
}

impl Query {
    /// Begins with the tenant and the filter; with `tokens`, from the search documents `t` that hold them.
    ///
    /// The engine numbers parameters by their first appearance, so each is bound where it is written.
    pub(crate) fn of(reader: &Reader, filter: &Checked, tokens: &[String], way: Way) -> Self {
        let tenant = blob(reader.tenant.id().0);
        let engine = reader.tenant.engine();
        let (head, mut params) = if tokens.is_empty() {
            ("FROM case_row c WHERE c.tenant = $1", vec![tenant])
        } else {
            let asked = SqlValue::Text(search::question(engine, tokens));
            (search::matching(engine), vec![asked, tenant])
        };
        let text_condition = |tokens: &[String], parameter: usize| {
            let asked = SqlValue::Text(search::question(engine, tokens));
            (search::condition(engine, parameter), asked)
        };
        let Sql { text, params: more } = filter.to_sql(params.len() + 1, way, &text_condition);
        params.extend(more);
        Query {
            text: format!("{head} AND ({text})"),
            params,
        }
    }

    /// Adds a parameter and returns its number.
    pub(crate) fn bind(&mut self, value: SqlValue) -> usize {
        self.params.push(value);
        self.params.len()
    }
}

fn blob(id: Uuid) -> SqlValue {
    SqlValue::Uuid(*id.as_bytes())
}

pub(crate) fn phase_of(number: i64) -> Result<Phase, StoreError> {
    let phase = usize::try_from(number).ok().and_then(|place| PHASES.get(place));
    phase
        .copied()
        .ok_or_else(|| StoreError::Corrupt(format!("there is no phase {number}")))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_from_its_text() {
        let id = CaseId(Uuid::from_u128(9));
        for key in [
            Key::Int(-5),
            Key::Int(i64::MAX),
            Key::Text("TS~20260101 卫".into()),
        ] {
            let cursor = Cursor { key, id };
            assert_eq!(cursor.to_string().parse::<Cursor>().expect("reads"), cursor);
        }
        for text in ["", "x", "卫", &URL_SAFE_NO_PAD.encode("short"), &"A".repeat(300)] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_sort_comes_back_from_its_text() {
        for by in SortBy::ALL {
            for descending in [false, true] {
                let sort = Sort { by, descending };
                assert_eq!(sort.to_string().parse::<Sort>().expect("reads"), sort);
            }
        }
        assert!("--due".parse::<Sort>().is_err());
    }
}
