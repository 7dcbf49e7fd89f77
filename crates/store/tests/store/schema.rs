//! What is true of every table and of every row.

use crate::common::{City, HEALTH};
use bihuan_store::tenant::DATABASE_FILE;
use rusqlite::Connection;

/// Tables of the installation rather than of a tenant.
const SHARED: [&str; 2] = ["mark", "schema_version"];

fn strings(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).expect("sql");
    let rows = statement.query_map([], |row| row.get(0)).expect("reads");
    rows.collect::<Result<_, _>>().expect("rows")
}

#[tokio::test]
async fn every_key_and_every_index_begins_with_the_tenant() {
    let city = City::new().await;
    let connection = Connection::open(city.dir.path().join(DATABASE_FILE)).expect("opens");
    let tables = strings(
        &connection,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
            AND name NOT LIKE 'case_text%' ORDER BY name",
    );
    assert!(tables.len() > 25, "{tables:?}");
    for table in tables.iter().filter(|table| !SHARED.contains(&table.as_str())) {
        let indexes = strings(
            &connection,
            &format!("SELECT name FROM pragma_index_list('{table}')"),
        );
        assert!(!indexes.is_empty(), "{table} has no key");
        for index in indexes {
            let sql = format!("SELECT name FROM pragma_index_info('{index}') ORDER BY seqno LIMIT 1");
            assert_eq!(strings(&connection, &sql), ["tenant"], "{table}: {index}");
        }
    }
}

#[tokio::test]
async fn no_text_of_a_reporter_lies_in_the_clear() {
    let mut city = City::new().await;
    city.raise("独一无二的标题", "独一无二的内容").await;
    let dir = city.dir;
    drop((city.tenant, city.store));
    let bytes = std::fs::read(dir.path().join(DATABASE_FILE)).expect("reads");
    for text in ["独一无二的标题", "独一无二的内容"] {
        assert!(
            !bytes.windows(text.len()).any(|window| window == text.as_bytes()),
            "{text}"
        );
    }
}

#[tokio::test]
async fn rows_are_what_a_fresh_fold_makes_of_the_log() {
    let mut city = City::new().await;
    let case = city.raise("停水", "三天").await.case();
    city.assign(case).await;
    let reader = city.tenant.reader().expect("reader");
    let view = reader.case(case).expect("reads").expect("there");
    let everything = bihuan_core::filter::Checked::everything();
    let sort = "raised".parse().expect("a sort");
    let listing = bihuan_store::read::list::Listing {
        filter: &everything,
        sort,
        after: None,
        limit: 9,
    };
    let row = reader.list(&listing).expect("reads").rows.remove(0);
    let facts = &view.facts;
    assert_eq!((row.version, &row.number), (view.case.version, &facts.number));
    assert_eq!(
        (&row.state, row.phase, row.unit),
        (&facts.state, facts.phase, facts.unit)
    );
    assert_eq!((row.due_at, row.closed_at), (facts.due_at, facts.closed_at));
    assert_eq!(
        (row.raised_at, row.changed_at),
        (facts.raised_at, facts.changed_at)
    );
    assert_eq!(row.unit, Some(HEALTH));
}
