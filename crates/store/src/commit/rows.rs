//! Case rows: what lists and filters see of a case. Written from the fold and nothing else.

use std::collections::BTreeSet;

use bihuan_core::case::Case;
use bihuan_core::case::facts::{CaseFacts, facts};
use bihuan_core::event::AccusedParty;
use bihuan_core::id::{BodyId, CaseId, PersonId, TenantId, UnitId};
use bihuan_core::pack::model::Kind;
use jiff::Timestamp;
use uuid::Uuid;

use crate::engine::connection::Connection;
use crate::engine::sql::statements;
use crate::engine::value::Value;
use crate::error::StoreError;
use crate::tie::Tie;
use crate::value::{Id, flag_bits, millis, phase_number};

statements! {
    INSERT = "INSERT INTO case_row (version, number, kind, pack, pack_version, state, phase, category, unit,
            person, channel, source, severity, raised_at, changed_at, closed_at, due_at, returns, reopened,
            flags, finder, finder_unit, title_body, tenant, id, doc)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
            $20, $21, $22, $23, $24, $25, $26)";
    LAST_DOC = "SELECT max(doc) FROM case_row WHERE tenant = $1";
    TENANT_PLACE = "SELECT rowid FROM tenant WHERE tenant = $1";
    UPDATE = "UPDATE case_row SET version = $1, number = $2, kind = $3, pack = $4, pack_version = $5,
            state = $6, phase = $7, category = $8, unit = $9, person = $10, channel = $11, source = $12,
            severity = $13, raised_at = $14, changed_at = $15, closed_at = $16, due_at = $17,
            returns = $18, reopened = $19, flags = $20, finder = $21, finder_unit = $22, title_body = $23
        WHERE tenant = $24 AND id = $25";
    ADD_UNIT = "INSERT INTO case_unit (tenant, role, unit, case_id) VALUES ($1, $2, $3, $4)";
    DROP_UNIT = "DELETE FROM case_unit WHERE tenant = $1 AND role = $2 AND unit = $3 AND case_id = $4";
    ADD_PERSON = "INSERT INTO case_person (tenant, role, person, case_id) VALUES ($1, $2, $3, $4)";
    DROP_PERSON = "DELETE FROM case_person WHERE tenant = $1 AND role = $2 AND person = $3 AND case_id = $4";
    ADD_CAMPAIGN = "INSERT INTO case_campaign (tenant, campaign, case_id) VALUES ($1, $2, $3)";
    DROP_CAMPAIGN = "DELETE FROM case_campaign WHERE tenant = $1 AND campaign = $2 AND case_id = $3";
    ADD_LINK = "INSERT INTO case_link (tenant, other, tie, case_id) VALUES ($1, $2, $3, $4)";
    DROP_LINK = "DELETE FROM case_link WHERE tenant = $1 AND other = $2 AND tie = $3 AND case_id = $4";
    ADD_EXTERNAL = "INSERT INTO external (tenant, system, key, case_id) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant, system, key) DO NOTHING";
}

/// How a unit stands to a case in `case_unit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum UnitRole {
    Co = 1,
    Accused = 2,
    EverResponsible = 3,
}

/// The one role of a person in `case_person`.
const ACCUSED_PERSON: i64 = 1;

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
    /// Every unit that was ever responsible.
    pub ever_responsible: BTreeSet<UnitId>,
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
            ever_responsible: case.ever_responsible.clone(),
            links: links_of(case),
        }
    }

    fn units(&self) -> BTreeSet<(UnitRole, UnitId)> {
        let co_units = self.facts.co_units.iter().map(|unit| (UnitRole::Co, *unit));
        let accused = self.facts.accused.iter().filter_map(|party| match party {
            AccusedParty::Unit(unit) => Some((UnitRole::Accused, *unit)),
            AccusedParty::Person(_) => None,
        });
        let ever = self
            .ever_responsible
            .iter()
            .map(|unit| (UnitRole::EverResponsible, *unit));
        co_units.chain(accused).chain(ever).collect()
    }

    fn persons(&self) -> BTreeSet<PersonId> {
        let accused = self.facts.accused.iter().filter_map(|party| match party {
            AccusedParty::Person(person) => Some(*person),
            AccusedParty::Unit(_) => None,
        });
        accused.collect()
    }

    fn campaigns(&self) -> BTreeSet<String> {
        self.facts.campaigns.iter().cloned().collect()
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

/// Returns the number of the next new search document.
pub(crate) fn next_doc(connection: &Connection, tenant: TenantId) -> Result<i64, StoreError> {
    let mut last = connection.prepare(LAST_DOC)?;
    if let Some(last) = last.query_row((Id(tenant.0),), |row| row.get::<Option<i64>>(0))? {
        return Ok(last + 1);
    }
    // Tenants are never deleted, so a tenant keeps its place even when the file is compacted.
    let mut place = connection.prepare(TENANT_PLACE)?;
    Ok(place.query_row((Id(tenant.0),), |row| row.get::<i64>(0))? << DOC_BITS)
}

/// Writes the row of a new case, whose search document has the number `doc`.
pub(crate) fn insert(
    connection: &Connection,
    tenant: TenantId,
    row: &Row,
    doc: i64,
) -> Result<(), StoreError> {
    let columns = columns(&tenant, row);
    let mut values = columns.to_vec();
    values.push(Value::Int(doc));
    connection.execute(INSERT, &values[..])?;
    write_sides(connection, tenant, row, None)
}

/// Writes the row of a case that was `before`.
pub(crate) fn update(
    connection: &Connection,
    tenant: TenantId,
    row: &Row,
    before: &Row,
) -> Result<(), StoreError> {
    connection.execute(UPDATE, columns(&tenant, row))?;
    write_sides(connection, tenant, row, Some(before))
}

/// Returns the columns of `case_row` that both statements write, in the order of their parameters.
fn columns<'r>(tenant: &'r TenantId, row: &'r Row) -> [Value<'r>; 25] {
    let facts = &row.facts;
    let id = |id: &'r Uuid| Value::Blob(id.as_bytes());
    let text = |text: &'r Option<String>| text.as_deref().map_or(Value::Null, Value::Text);
    let at = |at: Option<Timestamp>| at.map_or(Value::Null, |at| Value::Int(millis(at)));
    let finder = facts.finder.as_ref();
    [
        Value::Int(row.version.into()),
        Value::Text(&facts.number),
        Value::Text(&facts.kind),
        Value::Text(&row.pack.id),
        Value::Int(row.pack.version.into()),
        Value::Text(&facts.state),
        Value::Int(phase_number(facts.phase)),
        text(&facts.category),
        facts.unit.as_ref().map_or(Value::Null, |unit| id(&unit.0)),
        facts.person.as_ref().map_or(Value::Null, |person| id(&person.0)),
        Value::Text(&facts.channel),
        text(&facts.source),
        Value::Int(facts.severity.into()),
        Value::Int(millis(facts.raised_at)),
        Value::Int(millis(facts.changed_at)),
        at(facts.closed_at),
        at(facts.due_at),
        Value::Int(facts.returns.into()),
        Value::Int(facts.reopened.into()),
        Value::Int(flag_bits(&facts.flags)),
        finder.map_or(Value::Null, |(person, _)| id(&person.0)),
        finder.map_or(Value::Null, |(_, unit)| id(&unit.0)),
        id(&row.title.0),
        id(&tenant.0),
        id(&row.id.0),
    ]
}

/// Writes what differs in the tables beside the row.
fn write_sides(
    connection: &Connection,
    tenant: TenantId,
    row: &Row,
    before: Option<&Row>,
) -> Result<(), StoreError> {
    let (tenant, case) = (Id(tenant.0), Id(row.id.0));
    let (old, new) = (before.map(Row::units).unwrap_or_default(), row.units());
    for (sql, changed) in [(DROP_UNIT, &old - &new), (ADD_UNIT, &new - &old)] {
        for (role, unit) in changed {
            connection.execute(sql, (tenant, role as i64, Id(unit.0), case))?;
        }
    }
    let (old, new) = (before.map(Row::persons).unwrap_or_default(), row.persons());
    for (sql, changed) in [(DROP_PERSON, &old - &new), (ADD_PERSON, &new - &old)] {
        for person in changed {
            connection.execute(sql, (tenant, ACCUSED_PERSON, Id(person.0), case))?;
        }
    }
    let (old, new) = (before.map(Row::campaigns).unwrap_or_default(), row.campaigns());
    for (sql, changed) in [(DROP_CAMPAIGN, &old - &new), (ADD_CAMPAIGN, &new - &old)] {
        for campaign in changed {
            connection.execute(sql, (tenant, campaign, case))?;
        }
    }
    let none = BTreeSet::new();
    let (old, new) = (before.map_or(&none, |row| &row.links), &row.links);
    for (sql, changed) in [(DROP_LINK, old - new), (ADD_LINK, new - old)] {
        for (other, tie) in changed {
            connection.execute(sql, (tenant, Id(other.0), tie as i64, case))?;
        }
    }
    Ok(())
}

/// Notes the key of an imported record; tells whether it was new.
pub(crate) fn add_external(
    connection: &Connection,
    tenant: TenantId,
    external: &bihuan_core::event::ExternalRef,
    case: CaseId,
) -> Result<bool, StoreError> {
    let mut statement = connection.prepare(ADD_EXTERNAL)?;
    Ok(statement.execute((Id(tenant.0), &external.system, &external.key, Id(case.0)))? == 1)
}
