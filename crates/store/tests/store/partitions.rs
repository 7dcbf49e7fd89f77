//! The partitions of the PostgreSQL engine, made in a real database.

use bihuan_core::id::TenantId;
use bihuan_store::schema::partitions::{EXISTING, Partition, months, of_tenant};
use bihuan_store::tenant::Store;
use bihuan_test_postgres::{Database, empty};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use uuid::Uuid;

use crate::common::City;
use crate::place::Place;

const FOUNDING: &str = include_str!("../../src/migrations/postgres/0001_founding.sql");
const DENSE: &str = include_str!("../../src/migrations/postgres/0004_dense.sql");

const TODAY: Date = date(2026, 3, 2);

fn founded() -> Database {
    let database = empty();
    database.sql(FOUNDING);
    database.sql(DENSE);
    database
}

fn existing(database: &Database) -> Vec<String> {
    database.sql(EXISTING).lines().map(str::to_owned).collect()
}

/// Makes what is not there yet, each partition in a transaction of its own, and returns what it made.
fn make(database: &Database, partitions: Vec<Partition>) -> Vec<String> {
    let there = existing(database);
    let missing = partitions
        .into_iter()
        .filter(|partition| !there.contains(&partition.name));
    let make = |partition: Partition| {
        database.sql(&format!("BEGIN; {}; COMMIT", partition.sql));
        partition.name
    };
    missing.map(make).collect()
}

/// Writes the first event of a case that came at `at`, or of a stream whose id is nil, and its body.
fn write(database: &Database, at: Option<&str>) {
    let id = at.map_or_else(Uuid::nil, |at| {
        let at: Timestamp = at.parse().expect("an instant");
        Uuid::from_u128((at.as_millisecond() as u128) << 80 | 7 << 76 | 1)
    });
    let id = id.simple();
    database.sql(&format!(
        "INSERT INTO event (tenant, stream_kind, stream_id, version, recorded_at, data, hash)
            VALUES ('t', 4, '\\x{id}', 1, 0, 'data', 'hash');
        INSERT INTO body (tenant, id, case_id, sealed) VALUES ('t', 'b', '\\x{id}', 'sealed')"
    ));
}

/// Where the events lie, and how many there; the bodies must lie alike.
fn places(database: &Database) -> Vec<String> {
    let of = |table: &str| {
        let sql = format!("SELECT tableoid::regclass::text, count(*) FROM {table} GROUP BY 1 ORDER BY 1");
        let rows = database.sql(&sql);
        let places = rows.lines().map(|row| row.replace(&format!("{table}_"), ""));
        places.collect::<Vec<_>>()
    };
    assert_eq!(of("event"), of("body"));
    of("event")
}

#[test]
fn an_event_lies_in_the_month_of_its_case() {
    let database = founded();
    let made = make(&database, months(TODAY).expect("months"));
    assert_eq!(made.len(), 12, "{made:?}");
    write(&database, None);
    for at in [
        "2019-05-05T00:00:00Z",
        "2025-12-31T23:59:59.999Z",
        "2026-01-01T00:00:00Z",
        "2026-03-31T23:59:59.999Z",
        "2026-04-01T00:00:00Z",
        "2026-07-01T00:00:00Z",
    ] {
        write(&database, Some(at));
    }
    assert_eq!(
        places(&database),
        ["2026_01|1", "2026_03|1", "2026_04|1", "early|3", "late|1"]
    );
}

#[test]
fn what_is_made_already_is_left_alone() {
    let database = founded();
    make(&database, months(TODAY).expect("months"));
    assert_eq!(make(&database, months(TODAY).expect("months")), [""; 0]);
    let made = make(&database, months(date(2026, 4, 1)).expect("months"));
    assert_eq!(made, ["event_2026_07", "body_2026_07"]);
}

#[test]
fn a_month_made_late_takes_over_what_came_before_it() {
    let database = founded();
    for at in [
        "2026-02-10T00:00:00Z",
        "2026-03-01T08:00:00Z",
        "2031-01-01T00:00:00Z",
    ] {
        write(&database, Some(at));
    }
    assert_eq!(places(&database), ["late|3"]);
    make(&database, months(TODAY).expect("months"));
    assert_eq!(places(&database), ["2026_02|1", "2026_03|1", "late|1"]);
    let data = "SELECT count(*) FROM event WHERE data = 'data' AND hash = 'hash'";
    assert_eq!(database.sql(data), "3\n");
}

#[test]
fn a_case_is_looked_for_in_its_own_month_only() {
    let database = founded();
    make(&database, months(TODAY).expect("months"));
    for (table, key) in [("event", "stream_kind = 4 AND stream_id"), ("body", "case_id")] {
        let sql = format!(
            "EXPLAIN SELECT 1 FROM {table} WHERE tenant = 't' AND {key} = '\\x019cb800000070008000000000000001'"
        );
        let plan = database.sql(&sql);
        assert!(plan.contains(&format!("{table}_2026_03")), "{plan}");
        assert_eq!(plan.matches(" on ").count(), 1, "{plan}");
    }
}

#[test]
fn each_tenant_has_an_index_of_texts_of_its_own() {
    let database = founded();
    let tenants = [1, 2].map(|n| TenantId(Uuid::from_u128(n)));
    for tenant in tenants {
        database.sql(&of_tenant(tenant).sql);
        database.sql(&format!(
            "INSERT INTO case_text (tenant, case_id, tokens) VALUES ('\\x{}', 'c', '''噪音''')",
            tenant.0.simple()
        ));
    }
    let found = format!(
        "SELECT tableoid::regclass FROM case_text WHERE tenant = '\\x{}' AND tokens @@ '''噪'':*'",
        tenants[1].0.simple()
    );
    assert_eq!(database.sql(&found).trim(), of_tenant(tenants[1]).name);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_that_make_the_months_at_once_make_each_once() {
    let city = City::at(Place::on_a_server()).await;
    let direct = city.place.direct();
    let count = || direct.rows(EXISTING, &[]).len();
    let at_founding = count();
    let next_year: Timestamp = "2027-03-02T02:00:00Z".parse().expect("an instant");
    let options = city.place.options();
    let others = [1, 2].map(|_| Store::open(city.place.path(), &options).expect("opens"));
    let making = others.map(|store| tokio::task::spawn_blocking(move || store.make_partitions(next_year)));
    let mut made = 0;
    for making in making {
        made += making.await.expect("ran").expect("made");
    }
    // Two early ones, two late ones and the tenant's texts; six months of two tables at the founding.
    assert_eq!((at_founding, made), (5 + 12, 24));
    assert_eq!(count(), at_founding + made);
}
