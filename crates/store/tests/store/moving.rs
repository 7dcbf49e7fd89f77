//! Moving an installation from one engine to the other and back.

mod lived;

use std::panic::{AssertUnwindSafe, catch_unwind};

use bihuan_core::filter::Checked;
use bihuan_core::permission::Permit;
use bihuan_store::error::StoreError;
use bihuan_store::keys::MasterKey;
use bihuan_store::moving::{Moved, Moving, Progress, Side};
use bihuan_store::tenant::{DATABASE_FILE, Store, Tenant};

use self::lived::lived;
use crate::common::{City, now, raise};
use crate::direct::{Cell, Direct};
use crate::place::Place;

/// Small pages, so that a small city takes many.
const PAGE_ROWS: usize = 7;

fn side(place: &Place) -> Side {
    Side {
        directory: place.path().to_owned(),
        database_url: place.options().database_url,
    }
}

fn moving(from: &Place, to: &Place) -> Moving {
    Moving {
        from: side(from),
        to: side(to),
        master_key: MasterKey::of_seed(7),
        now: now(),
        page_rows: PAGE_ROWS,
    }
}

fn move_all(from: &Place, to: &Place) -> Moved {
    moving(from, to).run(&mut |_| {}).expect("moved")
}

/// Closes the store, so that its writer is gone.
fn closed(city: City) -> Place {
    let City {
        store, tenant, place, ..
    } = city;
    drop((store, tenant));
    place
}

/// Every row of every table that both engines have, in one order; `doc`, the places of events and the archive are
/// SQLite's own.
fn dump(direct: &Direct) -> Vec<(String, Vec<String>)> {
    let columns = direct.choose(
        "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_xinfo(t.name) c
            WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE 'case_text%'
            AND t.name || '.' || c.name NOT IN ('case_row.doc', 'event.place')
            AND t.name NOT IN ('archive', 'archive_erasure') ORDER BY t.name, c.name",
        "SELECT CAST(c.table_name AS TEXT), CAST(c.column_name AS TEXT) FROM information_schema.columns c
            JOIN pg_class t ON t.relname = c.table_name WHERE c.table_schema = 'public'
            AND NOT t.relispartition AND t.relname NOT IN ('case_text', 'sequence', 'unplaced', 'lease')
            ORDER BY c.table_name COLLATE \"C\", c.column_name COLLATE \"C\"",
    );
    let mut tables: Vec<(String, Vec<String>)> = Vec::new();
    for row in direct.rows(columns, &[]) {
        let (table, column) = (row[0].text(), row[1].text());
        match tables.last_mut() {
            Some((last, columns)) if last == table => columns.push(column.to_owned()),
            Some(_) | None => tables.push((table.to_owned(), vec![column.to_owned()])),
        }
    }
    let rows = |table: &str, columns: &[String]| {
        let rows = direct.rows(&format!("SELECT {} FROM {table}", columns.join(", ")), &[]);
        let mut rows: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
        rows.sort();
        rows
    };
    let dumped = tables.iter().map(|(table, columns)| {
        let name = format!("{table} ({})", columns.join(", "));
        (name, rows(table, columns))
    });
    dumped.collect()
}

fn open(place: &Place) -> Store {
    Store::open(place.path(), &place.options()).expect("opens")
}

fn first(store: &Store) -> Tenant {
    store.tenant(Some("Test City")).expect("the first tenant")
}

fn assert_clean(place: &Place, checkpoint: &str) {
    let store = open(place);
    for tenant in store.tenants() {
        let own = tenant.name().en == "Test City";
        let verification = tenant
            .verify(own.then_some(checkpoint), &mut |_| {})
            .expect("verified");
        assert_eq!(verification.differences, [], "{}", tenant.name().en);
        assert!(verification.counts.cases >= 5);
    }
}

/// The cases of each tenant in the order of their search documents.
fn documents(place: &Place) -> Vec<Cell> {
    let sql = "SELECT id FROM case_row ORDER BY tenant, doc";
    place.direct().column(sql, &[])
}

#[tokio::test]
async fn an_installation_moves_to_a_server_and_back_with_equal_rows_and_equal_proof() {
    let (city, checkpoint) = lived(Place::in_a_file()).await;
    let (server, back) = (Place::on_a_server(), Place::in_a_file());
    let place = closed(city);
    let before = dump(&place.direct());
    for (table, rows) in &before {
        assert!(!rows.is_empty(), "{table} has no row to move");
    }

    let there = move_all(&place, &server);
    assert_eq!(dump(&server.direct()), before);
    assert_eq!(there.files, 1);
    assert_clean(&server, &checkpoint);
    let again = move_all(&server, &back);
    assert_eq!(dump(&back.direct()), before);
    assert_clean(&back, &checkpoint);

    assert_eq!(again, there, "the same rows have the same digests");
    assert_eq!(dump(&place.direct()), before, "the source is left as it was");
    assert_eq!(documents(&back), documents(&place));
    let photo = first(&open(&place)).blobs().put(b"a photo", 100).expect("kept");
    assert!(first(&open(&back)).blobs().verify(photo.digest).is_ok());
}

#[tokio::test]
async fn the_moved_city_lives_on_as_the_other_would() {
    let (city, checkpoint) = lived(Place::in_a_file()).await;
    let (server, back) = (Place::on_a_server(), Place::in_a_file());
    let place = closed(city);
    move_all(&place, &server);
    move_all(&server, &back);
    let mut heads = Vec::new();
    for place in [&place, &server, &back] {
        let store = open(place);
        let tenant = first(&store);
        let mut entropy = crate::common::Counter(1_000);
        let mut bodies = bihuan_store::bodies::Bodies::new(now(), &mut entropy);
        let asked = raise(&mut bodies, "搬家以后", "照常受理");
        let reporter = Permit::reporter();
        tenant
            .raise(&reporter, asked, None, bodies, None, now())
            .await
            .expect("taken in");
        tenant.follow().await.expect("followed");
        let everything = Checked::everything();
        let found = tenant
            .reader()
            .expect("reader")
            .count_all(&everything)
            .expect("counted");
        let verification = tenant.verify(Some(&checkpoint), &mut |_| {}).expect("verified");
        assert_eq!(verification.differences, []);
        heads.push((found, verification.head.size));
    }
    assert_eq!(heads[0], heads[1]);
    assert_eq!(heads[0], heads[2]);
}

#[tokio::test]
async fn a_move_that_is_killed_again_and_again_goes_on_and_opens_only_when_complete() {
    let (city, checkpoint) = lived(Place::in_a_file()).await;
    let place = closed(city);
    let before = dump(&place.direct());
    let mut from = place;
    for to in [Place::on_a_server(), Place::in_a_file()] {
        let mut kills = 0;
        let moved = loop {
            let run = catch_unwind(AssertUnwindSafe(|| {
                moving(&from, &to).run(&mut |progress| {
                    if let Progress::Rows { done, total } = progress {
                        assert!(done * 40 <= total * (kills + 1), "killed");
                    }
                })
            }));
            match run {
                Ok(moved) => break moved.expect("moved"),
                Err(_killed) => kills += 1,
            }
            let half = Store::open(to.path(), &to.options()).expect_err("half moved");
            assert!(half.to_string().contains("is not complete"), "{half}");
        };
        assert!(kills > 20, "{kills}");
        assert!(moved.tables.iter().all(|table| table.rows > 0), "{moved:?}");
        assert_eq!(dump(&to.direct()), before);
        assert_clean(&to, &checkpoint);
        from = to;
    }
}

#[tokio::test]
async fn nothing_is_moved_over_an_installation_nor_from_nowhere() {
    let (from, to) = (
        City::at(Place::in_a_file()).await,
        City::at(Place::on_a_server()).await,
    );
    let before = dump(&to.place.direct());
    let refused = moving(&from.place, &to.place).run(&mut |_| {});
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    assert_eq!(dump(&to.place.direct()), before);
    let onto_itself = moving(&from.place, &from.place).run(&mut |_| {});
    assert!(
        matches!(onto_itself, Err(StoreError::Conflict(_))),
        "{onto_itself:?}"
    );
    let nowhere = moving(&Place::in_a_file(), &Place::in_a_file()).run(&mut |_| {});
    assert!(matches!(nowhere, Err(StoreError::NotFound(_))), "{nowhere:?}");
    let mut with_another_key = moving(&from.place, &Place::in_a_file());
    with_another_key.master_key = MasterKey::of_seed(8);
    let refused = with_another_key.run(&mut |_| {});
    assert!(
        matches!(&refused, Err(error) if error.to_string().contains("not the master key")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_source_that_changed_between_two_runs_is_noticed() {
    let (city, _) = lived(Place::in_a_file()).await;
    let (place, server) = (closed(city), Place::on_a_server());
    let killed = catch_unwind(AssertUnwindSafe(|| {
        moving(&place, &server).run(&mut |progress| {
            let is_half = |done, total| done > total * 49 / 100;
            assert!(
                !matches!(progress, Progress::Rows { done, total } if is_half(done, total)),
                "killed"
            );
        })
    }));
    assert!(killed.is_err(), "killed before the end");
    place.direct().run("UPDATE account SET failures = 9");
    place.direct().run("UPDATE case_row SET severity = 5");
    let noticed = moving(&place, &server).run(&mut |_| {});
    assert!(
        matches!(&noticed, Err(StoreError::Conflict(what)) if what.contains("case_row")),
        "{noticed:?}"
    );
    assert!(Store::open(server.path(), &server.options()).is_err());
}

#[tokio::test]
async fn nobody_writes_to_the_source_meanwhile() {
    for (from, to) in [
        (Place::in_a_file(), Place::on_a_server()),
        (Place::on_a_server(), Place::in_a_file()),
    ] {
        let from = closed(City::at(from).await);
        let direct = from.direct();
        direct.run(direct.choose("PRAGMA busy_timeout = 1", "SET lock_timeout = '10ms'"));
        let mut tries = 0;
        moving(&from, &to)
            .run(&mut |progress| {
                if matches!(progress, Progress::Rows { .. }) {
                    tries += 1;
                    let write = "UPDATE tenant SET founded_at = 1";
                    let refused = match &direct {
                        Direct::Sqlite(connection) => connection.execute_batch(write).is_err(),
                        Direct::Postgres(client) => pollster::block_on(client.batch_execute(write)).is_err(),
                    };
                    assert!(refused, "the source was written to");
                }
            })
            .expect("moved");
        assert!(tries > 5, "{tries}");
        assert_eq!(
            to.path().join(DATABASE_FILE).exists(),
            to.options().database_url.is_none()
        );
    }
}
