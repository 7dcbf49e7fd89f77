//! Cases in the real schema, and the question which of them a filter is true of.

use std::collections::BTreeSet;

use bihuan_core::event::AccusedParty;
use bihuan_core::filter::{Checked, SqlValue};
use bihuan_core::id::CaseId;
use bihuan_store::schema::new_database;
use bihuan_store::value::{flag_bits, millis, phase_number};
use rusqlite::types::Value;
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::city::TestCase;

const TENANT: [u8; 16] = [1; 16];

pub struct Rows {
    connection: Connection,
    _place: tempfile::TempDir,
}

impl Rows {
    pub fn new(cases: &[TestCase]) -> Rows {
        let place = tempfile::tempdir().expect("a directory");
        let connection = new_database(&place.path().join("cases.db")).expect("the schema");
        // Nothing here has to outlive the test.
        connection
            .pragma_update(None, "synchronous", "off")
            .expect("may be switched off");
        for (doc, case) in (1_i64..).zip(cases) {
            write_case(&connection, doc, case);
            write_sets(&connection, case);
            connection
                .execute(
                    "INSERT INTO case_text (rowid, tokens) VALUES ($1, $2)",
                    params![doc, case.tokens.join(" ")],
                )
                .expect("tokens are written");
        }
        Rows {
            connection,
            _place: place,
        }
    }

    pub fn matching(&self, checked: &Checked) -> BTreeSet<CaseId> {
        let text = |tokens: &[String], number: usize| {
            let condition = format!("c.doc IN (SELECT rowid FROM case_text WHERE case_text MATCH ${number})");
            (condition, SqlValue::Text(bihuan_text::fts_query(tokens)))
        };
        let sql = checked.to_sql(2, &text);
        let select = format!("SELECT c.id FROM case_row c WHERE c.tenant = $1 AND {}", sql.text);
        let mut statement = self
            .connection
            .prepare(&select)
            .unwrap_or_else(|error| panic!("{error}: {select}"));
        statement
            .raw_bind_parameter(1, TENANT)
            .expect("the tenant is bound");
        assert_eq!(statement.parameter_count(), 1 + sql.params.len(), "{select}");
        for (number, param) in (2..).zip(sql.params) {
            let value = match param {
                SqlValue::Int(number) => Value::Integer(number),
                SqlValue::Text(text) => Value::Text(text),
                SqlValue::Uuid(id) => Value::Blob(id.to_vec()),
            };
            statement
                .raw_bind_parameter(number, value)
                .expect("the parameter is bound");
        }
        let mut found = BTreeSet::new();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().expect("the rows are read") {
            found.insert(CaseId(Uuid::from_bytes(row.get(0).expect("an id"))));
        }
        found
    }
}

fn write_case(connection: &Connection, doc: i64, case: &TestCase) {
    let facts = &case.facts;
    let sql =
        "INSERT INTO case_row (tenant, id, doc, version, number, kind, pack, pack_version, state, phase,
            category, unit, person, channel, source, severity, raised_at, changed_at, closed_at, due_at,
            returns, reopened, flags, finder, finder_unit, title_body)
        VALUES ($1, $2, $3, 1, $4, $5, 'p', 1, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
            $19, $20, $21, $22, $2)";
    connection
        .execute(
            sql,
            params![
                TENANT,
                case.id.0.as_bytes(),
                doc,
                facts.number,
                facts.kind,
                facts.state,
                phase_number(facts.phase),
                facts.category,
                facts.unit.map(|unit| unit.0.into_bytes()),
                facts.person.map(|person| person.0.into_bytes()),
                facts.channel,
                facts.source,
                facts.severity,
                millis(facts.raised_at),
                millis(facts.changed_at),
                facts.closed_at.map(millis),
                facts.due_at.map(millis),
                facts.returns,
                facts.reopened,
                flag_bits(&facts.flags),
                facts.finder.map(|(person, _)| person.0.into_bytes()),
                facts.finder.map(|(_, unit)| unit.0.into_bytes()),
            ],
        )
        .expect("the row is written");
}

fn write_sets(connection: &Connection, case: &TestCase) {
    let id = case.id.0.as_bytes();
    let unit = "INSERT OR IGNORE INTO case_unit (tenant, role, unit, case_id) VALUES ($1, $2, $3, $4)";
    let person = "INSERT OR IGNORE INTO case_person (tenant, role, person, case_id) VALUES ($1, 1, $2, $3)";
    let campaign = "INSERT OR IGNORE INTO case_campaign (tenant, campaign, case_id) VALUES ($1, $2, $3)";
    for co_unit in &case.facts.co_units {
        connection
            .execute(unit, params![TENANT, 1, co_unit.0.as_bytes(), id])
            .expect("a co-unit");
    }
    for accused in &case.facts.accused {
        match accused {
            AccusedParty::Unit(accused) => connection
                .execute(unit, params![TENANT, 2, accused.0.as_bytes(), id])
                .expect("an accused unit"),
            AccusedParty::Person(accused) => connection
                .execute(person, params![TENANT, accused.0.as_bytes(), id])
                .expect("an accused person"),
        };
    }
    for name in &case.facts.campaigns {
        connection
            .execute(campaign, params![TENANT, name, id])
            .expect("a campaign");
    }
    // A unit that was once responsible must not count as a co-unit or as accused.
    connection
        .execute(unit, params![TENANT, 3, [7_u8; 16], id])
        .expect("a unit once responsible");
}
