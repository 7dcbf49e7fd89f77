//! Case rows: what lists and filters see of a case. Written from the fold and nothing else.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use bihuan_core::case::Case;
use bihuan_core::case::facts::{CaseFacts, facts};
use bihuan_core::event::{AccusedParty, Stream};
use bihuan_core::id::{BodyId, CaseId, PersonId, TenantId, UnitId};
use bihuan_core::pack::model::Kind;
use uuid::Uuid;

use crate::engine::connection::{Connection, Engine};
use crate::engine::many::{Form, Many};
use crate::engine::sql::statements;
use crate::engine::value::{Bind, Owned, Value};
use crate::error::StoreError;
use crate::tie::Tie;
use crate::value::{Id, flag_bits, millis, phase_number};

statements! {
    in sqlite
    LAST_DOC = "SELECT max(doc) FROM case_row WHERE tenant = $1";
    TENANT_PLACE = "SELECT rowid FROM tenant WHERE tenant = $1";
}

/// The columns of `case_row` that both engines have, the key first.
pub(crate) const COLUMNS: [(&str, Form); 25] = [
    ("tenant", Form::Blob),
    ("id", Form::Blob),
    ("version", Form::Int),
    ("number", Form::Text),
    ("kind", Form::Text),
    ("pack", Form::Text),
    ("pack_version", Form::Int),
    ("state", Form::Text),
    ("phase", Form::Int),
    ("category", Form::Text),
    ("unit", Form::Blob),
    ("person", Form::Blob),
    ("channel", Form::Text),
    ("source", Form::Text),
    ("severity", Form::Int),
    ("raised_at", Form::Int),
    ("changed_at", Form::Int),
    ("closed_at", Form::Int),
    ("due_at", Form::Int),
    ("returns", Form::Int),
    ("reopened", Form::Int),
    ("flags", Form::Int),
    ("finder", Form::Blob),
    ("finder_unit", Form::Blob),
    ("title_body", Form::Blob),
];

/// A table beside `case_row`: how its rows go in and out.
struct Side {
    add: Many,
    drop: Many,
}

impl Side {
    fn new(table: &str, columns: &[(&str, Form)]) -> Side {
        Side {
            add: Many::insert(table, columns, ""),
            drop: Many::delete(table, columns),
        }
    }
}

static INSERT: LazyLock<Many> = LazyLock::new(|| Many::insert("case_row", &COLUMNS, ""));
static INSERT_WITH_DOC: LazyLock<Many> = LazyLock::new(|| {
    let columns = [COLUMNS.as_slice(), &[("doc", Form::Int)]].concat();
    Many::insert("case_row", &columns, "")
});
/// Inserts cases whose events are there: the number of a search document is the place of its case's first event,
/// which has the tenant's number above it too, so documents stand in the order of commit.
static INSERT_BY_EVENT: LazyLock<Many> = LazyLock::new(|| {
    let (cases, _) = Stream::Case(CaseId(Uuid::nil())).key();
    let doc = format!(
        "(SELECT e.place FROM event e WHERE e.tenant = ?1
            AND e.stream_kind = {cases} AND e.stream_id = ?2 AND e.version = 1)"
    );
    Many::insert("case_row", &COLUMNS, "").giving("doc", &doc)
});
static UPDATE: LazyLock<Many> = LazyLock::new(|| Many::update("case_row", &COLUMNS, 2));
static UNITS: LazyLock<Side> = LazyLock::new(|| {
    let columns = [TENANT, ("role", Form::Int), ("unit", Form::Blob), CASE];
    Side::new("case_unit", &columns)
});
static PERSONS: LazyLock<Side> = LazyLock::new(|| {
    let columns = [TENANT, ("role", Form::Int), ("person", Form::Blob), CASE];
    Side::new("case_person", &columns)
});
static CAMPAIGNS: LazyLock<Side> =
    LazyLock::new(|| Side::new("case_campaign", &[TENANT, ("campaign", Form::Text), CASE]));
static LINKS: LazyLock<Side> = LazyLock::new(|| {
    let columns = [TENANT, ("other", Form::Blob), ("tie", Form::Int), CASE];
    Side::new("case_link", &columns)
});

const TENANT: (&str, Form) = ("tenant", Form::Blob);
const CASE: (&str, Form) = ("case_id", Form::Blob);

/// Every statement for many rows of this module.
#[cfg(test)]
pub(crate) fn many() -> Vec<&'static Many> {
    let sides = [&UNITS, &PERSONS, &CAMPAIGNS, &LINKS];
    let sides = sides.into_iter().flat_map(|side| [&side.add, &side.drop]);
    [&*INSERT, &UPDATE].into_iter().chain(sides).collect()
}

/// How a unit stands to a case in `case_unit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum UnitRole {
    Co = 1,
    Accused = 2,
}

/// How a person stands to a case in `case_person`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PersonRole {
    Accused = 1,
    Instructor = 2,
}

/// Everything of a case that lies in rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The case.
    pub id: CaseId,
    /// Its version.
    pub version: u32,
    /// The pack that judges it.
    pub pack: bihuan_core::event::PackRef,
    /// Its facts.
    pub facts: CaseFacts,
    /// The body of its title.
    pub title: BodyId,
    /// How it relates to others.
    pub links: BTreeSet<(CaseId, Tie)>,
}

impl Row {
    /// Makes the row from the fold.
    pub fn of(case: &Case, kind: &Kind) -> Self {
        Row {
            id: case.id,
            version: case.version,
            pack: case.pack.clone(),
            facts: facts(case, kind),
            title: case.title.id,
            links: links_of(case),
        }
    }

    fn units(&self) -> BTreeSet<(UnitRole, UnitId)> {
        let co_units = self.facts.co_units.iter().map(|unit| (UnitRole::Co, *unit));
        let accused = self.facts.accused.iter().filter_map(|party| match party {
            AccusedParty::Unit(unit) => Some((UnitRole::Accused, *unit)),
            AccusedParty::Person(_) => None,
        });
        co_units.chain(accused).collect()
    }

    fn persons(&self) -> BTreeSet<(PersonRole, PersonId)> {
        let accused = self.facts.accused.iter().filter_map(|party| match party {
            AccusedParty::Person(person) => Some((PersonRole::Accused, *person)),
            AccusedParty::Unit(_) => None,
        });
        let instructors = self.facts.instructors.iter();
        let instructors = instructors.map(|person| (PersonRole::Instructor, *person));
        accused.chain(instructors).collect()
    }

    fn campaigns(&self) -> BTreeSet<String> {
        self.facts.campaigns.iter().cloned().collect()
    }

    fn links(&self) -> BTreeSet<(CaseId, Tie)> {
        self.links.clone()
    }
}

fn links_of(case: &Case) -> BTreeSet<(CaseId, Tie)> {
    let linked = case
        .links
        .iter()
        .map(|(linkage, other)| (*other, Tie::of(*linkage)));
    let merged = case.merged_into.iter().map(|other| (*other, Tie::MergedInto));
    let parts = case.parts.iter().map(|part| (*part, Tie::SplitInto));
    linked.chain(merged).chain(parts).collect()
}

/// Bits of a search document's number that count within its tenant; the tenant's place stands above them,
/// because the index of one file serves all tenants.
const DOC_BITS: u32 = 40;

/// Returns the number of the next new search document. SQLite's own.
pub(crate) fn next_doc(connection: &Connection, tenant: TenantId) -> Result<i64, StoreError> {
    let last: Option<i64> = connection.query_row(LAST_DOC, (Id(tenant.0),), |row| row.get(0))?;
    if let Some(last) = last {
        return Ok(last + 1);
    }
    // Tenants are never deleted, so a tenant keeps its place even when the file is compacted.
    let place: i64 = connection.query_row(TENANT_PLACE, (Id(tenant.0),), |row| row.get(0))?;
    Ok(place << DOC_BITS)
}

/// Returns the numbers between which a tenant's search documents lie, if it has any. SQLite's own.
pub(crate) fn documents(connection: &Connection, tenant: TenantId) -> Result<Option<(i64, i64)>, StoreError> {
    let last: Option<i64> = connection.query_row(LAST_DOC, (Id(tenant.0),), |row| row.get(0))?;
    Ok(last.map(|last| (last >> DOC_BITS << DOC_BITS, last)))
}

/// How the rows of one case change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowChange<'a> {
    /// The tenant.
    pub(crate) tenant: TenantId,
    /// The rows as they are; `None` where the case is new.
    pub(crate) before: Option<&'a Row>,
    /// The rows as they will be.
    pub(crate) row: &'a Row,
    /// The number of a new case's search document; used by SQLite alone.
    pub(crate) doc: i64,
}

/// Writes the rows of cases, each at most once.
pub(crate) fn write(connection: &Connection, changes: &[RowChange<'_>]) -> Result<(), StoreError> {
    let (new, known): (Vec<&RowChange<'_>>, Vec<&RowChange<'_>>) =
        changes.iter().partition(|change| change.before.is_none());
    match connection.engine() {
        Engine::Sqlite => {
            let rows: Vec<_> = new
                .iter()
                .map(|change| with_doc(columns(change), change.doc))
                .collect();
            connection.write_many(&INSERT_WITH_DOC, &rows)?;
        }
        Engine::Postgres => {
            let rows: Vec<_> = new.iter().map(|change| columns(change)).collect();
            connection.write_many(&INSERT, &rows)?;
        }
    }
    let rows: Vec<_> = known.iter().map(|change| columns(change)).collect();
    connection.write_many(&UPDATE, &rows)?;
    write_sides(connection, changes)
}

/// Inserts the rows of cases whose events are there, from the values of [`COLUMNS`] one row after the other.
pub(crate) fn insert_by_events(connection: &Connection, values: &[Value<'_>]) -> Result<(), StoreError> {
    let insert = match connection.engine() {
        Engine::Sqlite => &INSERT_BY_EVENT,
        Engine::Postgres => &INSERT,
    };
    connection.write_rows(insert, COLUMNS.len(), values)
}

fn with_doc<'v>(columns: [Value<'v>; COLUMNS.len()], doc: i64) -> [Value<'v>; COLUMNS.len() + 1] {
    let mut all = [Value::Int(doc); COLUMNS.len() + 1];
    all[..COLUMNS.len()].copy_from_slice(&columns);
    all
}

/// Returns the values of [`COLUMNS`].
pub(crate) fn columns<'a>(change: &'a RowChange<'_>) -> [Value<'a>; COLUMNS.len()] {
    let row = change.row;
    let facts = &row.facts;
    let finder = facts.finder.as_ref();
    [
        blob(&change.tenant.0),
        blob(&row.id.0),
        Value::Int(row.version.into()),
        Value::Text(&facts.number),
        Value::Text(&facts.kind),
        Value::Text(&row.pack.id),
        Value::Int(row.pack.version.into()),
        Value::Text(&facts.state),
        Value::Int(phase_number(facts.phase)),
        facts.category.bind(),
        facts.unit.as_ref().map_or(Value::Null, |unit| blob(&unit.0)),
        facts
            .person
            .as_ref()
            .map_or(Value::Null, |person| blob(&person.0)),
        Value::Text(&facts.channel),
        facts.source.bind(),
        Value::Int(facts.severity.into()),
        Value::Int(millis(facts.raised_at)),
        Value::Int(millis(facts.changed_at)),
        facts.closed_at.map_or(Value::Null, |at| Value::Int(millis(at))),
        facts.due_at.map_or(Value::Null, |at| Value::Int(millis(at))),
        Value::Int(facts.returns.into()),
        Value::Int(facts.reopened.into()),
        Value::Int(flag_bits(facts)),
        finder.map_or(Value::Null, |(person, _)| blob(&person.0)),
        finder.map_or(Value::Null, |(_, unit)| blob(&unit.0)),
        blob(&row.title.0),
    ]
}

fn blob(id: &Uuid) -> Value<'_> {
    Value::Blob(id.as_bytes())
}

/// Writes what differs in the tables beside the row.
fn write_sides(connection: &Connection, changes: &[RowChange<'_>]) -> Result<(), StoreError> {
    write_side(connection, &UNITS, changes, Row::units, unit_values)?;
    write_side(connection, &PERSONS, changes, Row::persons, person_values)?;
    write_side(connection, &CAMPAIGNS, changes, Row::campaigns, campaign_values)?;
    write_side(connection, &LINKS, changes, Row::links, link_values)
}

/// Returns what the log makes of a case in the tables beside the row: in `case_unit`, `case_person`,
/// `case_campaign` and `case_link`, the columns between the tenant and the case, in their order.
pub(crate) fn beside(row: &Row) -> [Vec<Vec<Owned>>; 4] {
    fn rows<T, const N: usize>(
        all: BTreeSet<T>,
        values: impl for<'v> Fn(Value<'v>, &'v T, Value<'v>) -> [Value<'v>; N],
    ) -> Vec<Vec<Owned>> {
        let between = |what: &T| {
            let values = values(Value::Null, what, Value::Null);
            values[1..N - 1]
                .iter()
                .map(|value| Value::to_owned(*value))
                .collect()
        };
        all.iter().map(between).collect()
    }
    [
        rows(row.units(), unit_values),
        rows(row.persons(), person_values),
        rows(row.campaigns(), campaign_values),
        rows(row.links(), link_values),
    ]
}

fn unit_values<'v>(
    tenant: Value<'v>,
    (role, unit): &'v (UnitRole, UnitId),
    case: Value<'v>,
) -> [Value<'v>; 4] {
    [tenant, Value::Int(*role as i64), blob(&unit.0), case]
}

fn person_values<'v>(
    tenant: Value<'v>,
    (role, person): &'v (PersonRole, PersonId),
    case: Value<'v>,
) -> [Value<'v>; 4] {
    [tenant, Value::Int(*role as i64), blob(&person.0), case]
}

#[expect(clippy::ptr_arg, reason = "the form that what a row holds is borrowed in")]
fn campaign_values<'v>(tenant: Value<'v>, campaign: &'v String, case: Value<'v>) -> [Value<'v>; 3] {
    [tenant, Value::Text(campaign), case]
}

fn link_values<'v>(tenant: Value<'v>, (other, tie): &'v (CaseId, Tie), case: Value<'v>) -> [Value<'v>; 4] {
    [tenant, blob(&other.0), Value::Int(*tie as i64), case]
}

/// Writes what differs in one table beside the row: `of` says what a case has there, `values` in which
/// columns it lies.
fn write_side<T: Ord + Clone, const N: usize>(
    connection: &Connection,
    side: &Side,
    changes: &[RowChange<'_>],
    of: impl Fn(&Row) -> BTreeSet<T>,
    values: impl for<'v> Fn(Value<'v>, &'v T, Value<'v>) -> [Value<'v>; N],
) -> Result<(), StoreError> {
    let (mut dropped, mut added) = (Vec::new(), Vec::new());
    for change in changes {
        let (old, new) = (change.before.map(&of).unwrap_or_default(), of(change.row));
        dropped.extend((&old - &new).into_iter().map(|what| (change, what)));
        added.extend((&new - &old).into_iter().map(|what| (change, what)));
    }
    for (many, changed) in [(&side.drop, dropped), (&side.add, added)] {
        let rows: Vec<_> = changed
            .iter()
            .map(|(change, what)| values(blob(&change.tenant.0), what, blob(&change.row.id.0)))
            .collect();
        connection.write_many(many, &rows)?;
    }
    Ok(())
}
