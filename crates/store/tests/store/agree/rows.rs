//! Cases in the real schema, and the question which of them a filter is true of.

use std::collections::BTreeSet;

use bihuan_core::event::AccusedParty;
use bihuan_core::filter::{Checked, Dialect, SqlValue, Way};
use bihuan_core::id::CaseId;
use bihuan_store::read::bounds::Bounds;
use bihuan_store::tenant::{Options, Store};
use bihuan_store::value::{flag_bits, millis, phase_number};
use uuid::Uuid;

use super::city::TestCase;
use crate::common::{Counter, init};
use crate::direct::{Cell, Direct};
use crate::place::Place;

pub struct Rows {
    direct: Direct,
    tenant: Uuid,
    place: Place,
}

impl Rows {
    pub fn new() -> Rows {
        let place = Place::new();
        let store = init(&place, &mut Counter::default());
        let tenant = store.tenant(None).expect("the only tenant").id().0;
        Rows {
            direct: place.direct(),
            tenant,
            place,
        }
    }

    /// Opens the store over the rows; so much may be read for a list.
    pub fn open(&self, bounds: Bounds) -> Store {
        let options = Options {
            bounds,
            ..self.place.options()
        };
        Store::open(self.place.path(), &options).expect("opens")
    }

    /// Writes cases in place of those before.
    pub fn fill(&self, cases: &[TestCase]) {
        self.direct.run("BEGIN");
        for table in [
            "case_row",
            "case_unit",
            "case_person",
            "case_campaign",
            "case_text",
        ] {
            self.direct.run(&format!("DELETE FROM {table}"));
        }
        for (doc, case) in (1_i64..).zip(cases) {
            self.write_case(doc, case);
            self.write_sets(case);
            self.write_text(doc, case);
        }
        self.direct.run("COMMIT");
    }

    pub fn matching(&self, checked: &Checked) -> BTreeSet<CaseId> {
        let found = self.matching_by(checked, Way::Fewest);
        assert_eq!(found, self.matching_by(checked, Way::InOrder), "{checked:?}");
        // The hint to begin with a mark is SQLite's own, and finds the same.
        if self.direct.choose(true, false) {
            assert_eq!(found, self.matching_by(checked, Way::Marked), "{checked:?}");
        }
        found
    }

    fn matching_by(&self, checked: &Checked, way: Way) -> BTreeSet<CaseId> {
        let text = |tokens: &[String], number: usize| {
            self.direct.choose(
                (
                    format!("c.doc IN (SELECT rowid FROM case_text WHERE case_text MATCH ${number})"),
                    SqlValue::Text(bihuan_text::fts_query(tokens)),
                ),
                (
                    format!(
                        "EXISTS (SELECT 1 FROM case_text t WHERE t.tenant = c.tenant AND t.case_id = c.id
                            AND t.tokens @@ CAST(CAST(${number} AS TEXT) AS TSQUERY))"
                    ),
                    SqlValue::Text(bihuan_text::tsquery(tokens)),
                ),
            )
        };
        let dialect = Dialect {
            text: &text,
            compared: self.direct.choose(8, 0),
        };
        let sql = checked.to_sql(2, way, dialect);
        let select = format!("SELECT c.id FROM case_row c WHERE c.tenant = $1 AND {}", sql.text);
        let params = sql.params.into_iter().map(|param| match param {
            SqlValue::Int(number) => Cell::Int(number),
            SqlValue::Text(text) => Cell::Text(text),
            SqlValue::Uuid(id) => Cell::Blob(id.to_vec()),
        });
        let params: Vec<Cell> = std::iter::once(self.tenant.into()).chain(params).collect();
        let found = self.direct.column(&select, &params).into_iter();
        found
            .map(|id| CaseId(Uuid::from_slice(id.blob()).expect("an id")))
            .collect()
    }

    fn write_case(&self, doc: i64, case: &TestCase) {
        let facts = &case.facts;
        let mut columns = vec![
            ("tenant", self.tenant.into()),
            ("id", case.id.0.into()),
            ("version", Cell::Int(1)),
            ("number", facts.number.as_str().into()),
            ("kind", facts.kind.as_str().into()),
            ("pack", "p".into()),
            ("pack_version", Cell::Int(1)),
            ("state", facts.state.as_str().into()),
            ("phase", phase_number(facts.phase).into()),
            ("category", facts.category.as_deref().into()),
            ("unit", facts.unit.map(|unit| unit.0).into()),
            ("person", facts.person.map(|person| person.0).into()),
            ("channel", facts.channel.as_str().into()),
            ("source", facts.source.as_deref().into()),
            ("severity", i64::from(facts.severity).into()),
            ("raised_at", millis(facts.raised_at).into()),
            ("changed_at", millis(facts.changed_at).into()),
            ("closed_at", facts.closed_at.map(millis).into()),
            ("due_at", facts.due_at.map(millis).into()),
            ("returns", facts.returns.into()),
            ("reopened", facts.reopened.into()),
            ("flags", flag_bits(facts).into()),
            ("finder", facts.finder.map(|(person, _)| person.0).into()),
            ("finder_unit", facts.finder.map(|(_, unit)| unit.0).into()),
            ("title_body", case.id.0.into()),
        ];
        columns.extend(self.direct.choose(Some(("doc", Cell::Int(doc))), None));
        self.insert("case_row", columns);
    }

    fn write_text(&self, doc: i64, case: &TestCase) {
        let columns = self.direct.choose(
            vec![
                ("rowid", Cell::Int(doc)),
                ("tokens", case.tokens.join(" ").as_str().into()),
            ],
            vec![
                ("tenant", self.tenant.into()),
                ("case_id", case.id.0.into()),
                (
                    "tokens",
                    bihuan_text::tsvector(&case.tokens.join(" ")).as_str().into(),
                ),
            ],
        );
        self.insert("case_text", columns);
    }

    fn write_sets(&self, case: &TestCase) {
        let mut units: BTreeSet<(i64, Uuid)> = BTreeSet::new();
        units.extend(case.facts.co_units.iter().map(|unit| (1, unit.0)));
        // A role of before, of units once responsible, must not count as a co-unit or as accused.
        units.insert((3, Uuid::from_bytes([7; 16])));
        let mut persons: BTreeSet<(i64, Uuid)> = BTreeSet::new();
        for accused in &case.facts.accused {
            match accused {
                AccusedParty::Unit(unit) => units.insert((2, unit.0)),
                AccusedParty::Person(person) => persons.insert((1, person.0)),
            };
        }
        persons.extend(case.facts.instructors.iter().map(|person| (2, person.0)));
        let write = |table, columns: Vec<(&'static str, Cell)>| {
            let key = [("tenant", self.tenant.into()), ("case_id", case.id.0.into())];
            self.insert(table, key.into_iter().chain(columns).collect());
        };
        for (role, unit) in units {
            write("case_unit", vec![("role", role.into()), ("unit", unit.into())]);
        }
        for (role, person) in persons {
            write(
                "case_person",
                vec![("role", role.into()), ("person", person.into())],
            );
        }
        for name in case.facts.campaigns.iter().collect::<BTreeSet<_>>() {
            write("case_campaign", vec![("campaign", name.as_str().into())]);
        }
    }

    fn insert(&self, table: &str, columns: Vec<(&str, Cell)>) {
        let (names, values): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let numbered = (1..=names.len()).map(|number| {
            // The server takes a text for the type of its own that only the search index has.
            match (table, names[number - 1], self.direct.choose(false, true)) {
                ("case_text", "tokens", true) => format!("CAST(CAST(${number} AS TEXT) AS TSVECTOR)"),
                _ => format!("${number}"),
            }
        });
        let numbered = numbered.collect::<Vec<_>>().join(", ");
        let sql = format!("INSERT INTO {table} ({}) VALUES ({numbered})", names.join(", "));
        assert_eq!(self.direct.change(&sql, &values), 1);
    }
}
