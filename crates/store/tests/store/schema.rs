//! What is true of every table and of every row.

use std::collections::BTreeSet;

use crate::common::{City, HEALTH};
use crate::direct::{Cell, Direct};
use crate::place::Place;

/// Tables of the installation rather than of a tenant.
const SHARED: [&str; 3] = ["mark", "schema_version", "archive"];

/// Tables, columns and kinds that one engine alone has. The search index is the engine's own; SQLite numbers
/// its documents, has the order of events in their rows and knows of its archive, PostgreSQL queues what has no
/// place in its order yet.
const SQLITE_ALONE: [&str; 5] = [
    "case_row.doc BIGINT NOT NULL",
    "event.place BIGINT NOT NULL",
    "case_text",
    "archive",
    "archive_erasure",
];
const POSTGRES_ALONE: [&str; 4] = ["case_text", "sequence", "unplaced", "lease"];

fn lines(direct: &Direct, sql: &str) -> Vec<String> {
    let rows = direct.rows(sql, &[]);
    let line = |row: &Vec<Cell>| row.iter().map(Cell::text).collect::<Vec<_>>().join(" ");
    rows.iter().map(line).collect()
}

async fn both() -> [City; 2] {
    [
        City::at(Place::in_a_file()).await,
        City::at(Place::on_a_server()).await,
    ]
}

#[tokio::test]
async fn every_key_and_every_index_begins_with_the_tenant() {
    for city in both().await {
        let direct = city.place.direct();
        let indexes = direct.rows(
            direct.choose(
                "SELECT t.name, i.name, (SELECT c.name FROM pragma_index_info(i.name) c ORDER BY seqno LIMIT 1)
                FROM sqlite_schema t LEFT JOIN pragma_index_list(t.name) i WHERE t.type = 'table'
                    AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE 'case_text%'",
                // The inverted index of a tenant's texts lies in that tenant's own partition.
                "SELECT CAST(t.relname AS TEXT), CAST(i.relname AS TEXT), CAST(a.attname AS TEXT)
                FROM pg_class t LEFT JOIN pg_index x ON x.indrelid = t.oid
                    LEFT JOIN pg_class i ON i.oid = x.indexrelid
                    LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]
                WHERE t.relnamespace = CAST('public' AS REGNAMESPACE) AND t.relkind IN ('r', 'p')
                    AND NOT (t.relname LIKE 'case_text%' AND a.attname = 'tokens'
                        AND pg_get_partkeydef(coalesce((SELECT inhparent FROM pg_inherits
                            WHERE inhrelid = t.oid), t.oid)) = 'LIST (tenant)')",
            ),
            &[],
        );
        assert!(indexes.len() > 45, "{}", indexes.len());
        for index in indexes {
            if !SHARED.contains(&index[0].text()) {
                assert_eq!(index[2], Cell::from("tenant"), "{index:?}");
            }
        }
    }
}

#[tokio::test]
async fn both_engines_have_the_same_tables_and_columns() {
    let [sqlite, postgres] = both().await.map(|city| {
        let direct = city.place.direct();
        let columns = direct.choose(
            "SELECT t.name || '.' || c.name, replace(replace(c.type, 'INTEGER', 'BIGINT'), 'BLOB', 'BYTEA'),
                CASE WHEN c.\"notnull\" THEN 'NOT NULL' ELSE 'NULL' END
            FROM sqlite_schema t JOIN pragma_table_xinfo(t.name) c
            WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'",
            "SELECT c.table_name || '.' || c.column_name, upper(c.data_type),
                CASE c.is_nullable WHEN 'NO' THEN 'NOT NULL' ELSE 'NULL' END
            FROM information_schema.columns c JOIN pg_class t ON t.relname = c.table_name
            WHERE c.table_schema = 'public' AND NOT t.relispartition",
        );
        lines(&direct, columns).into_iter().collect::<BTreeSet<_>>()
    });
    assert!(sqlite.len() > 150, "{}", sqlite.len());
    let alone = |here: &BTreeSet<String>, there: &BTreeSet<String>, known: &[&str]| {
        let differing = here.difference(there).filter(|column| {
            let table = column.split('.').next().expect("a table");
            // SQLite keeps the index of texts in tables of its own.
            let table = table
                .strip_suffix("_data")
                .or(table.strip_suffix("_idx"))
                .unwrap_or(table);
            let table = table
                .strip_suffix("_docsize")
                .or(table.strip_suffix("_config"))
                .unwrap_or(table);
            !known.contains(&column.as_str()) && !known.contains(&table)
        });
        differing.cloned().collect::<Vec<_>>()
    };
    assert_eq!(alone(&sqlite, &postgres, &SQLITE_ALONE), [""; 0]);
    assert_eq!(alone(&postgres, &sqlite, &POSTGRES_ALONE), [""; 0]);
    for column in SQLITE_ALONE.iter().filter(|known| known.contains('.')) {
        assert!(sqlite.contains(*column), "{column} is not there any more");
    }
}

#[tokio::test]
async fn nothing_in_the_server_runs_or_counts_by_itself() {
    let city = City::at(Place::on_a_server()).await;
    let direct = city.place.direct();
    for (what, sql) in [
        ("sequences", "SELECT relname FROM pg_class WHERE relkind = 'S'"),
        ("triggers", "SELECT tgname FROM pg_trigger"),
        (
            "rules",
            "SELECT rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
            WHERE c.relnamespace = CAST('public' AS REGNAMESPACE)",
        ),
        (
            "functions",
            "SELECT proname FROM pg_proc WHERE pronamespace = CAST('public' AS REGNAMESPACE)",
        ),
        (
            "extensions",
            "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'",
        ),
        (
            "columns that fill themselves",
            "SELECT attname FROM pg_attribute a
            JOIN pg_class c ON c.oid = a.attrelid AND c.relnamespace = CAST('public' AS REGNAMESPACE)
            WHERE (a.atthasdef OR a.attidentity <> '') AND a.attname <> 'due_order'",
        ),
        (
            "texts that compare by the server's locale",
            "SELECT attname FROM pg_attribute a
            JOIN pg_class c ON c.oid = a.attrelid AND c.relnamespace = CAST('public' AS REGNAMESPACE)
            JOIN pg_collation l ON l.oid = a.attcollation WHERE l.collname <> 'C'",
        ),
    ] {
        let found = direct.rows(
            &format!("SELECT CAST(count(*) AS BIGINT) FROM ({sql}) AS found"),
            &[],
        );
        assert_eq!(found, [[Cell::Int(0)]], "{what}");
    }
}

#[tokio::test]
async fn no_text_of_a_reporter_lies_in_the_clear() {
    let mut city = City::new().await;
    city.raise("独一无二的标题", "独一无二的内容").await;
    let place = city.place;
    drop((city.tenant, city.store));
    place.assert_hides(&["独一无二的标题", "独一无二的内容"]);
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
