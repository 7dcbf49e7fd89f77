//! The archive of PostgreSQL: a tablespace, which takes months in which nothing lives any more.

use bihuan_store::error::StoreError;

use super::{Aged, ENDED};
use crate::direct::Direct;
use crate::place::Place;

/// The partitions and indexes in a tablespace.
fn lies_in(direct: &Direct, tablespace: &str) -> Vec<String> {
    let sql = "SELECT CAST(c.relname AS TEXT) FROM pg_class c JOIN pg_tablespace t ON t.oid = c.reltablespace
        WHERE t.spcname = $1 AND c.relkind IN ('r', 'i') AND c.relname NOT LIKE 'pg_toast%' ORDER BY c.relname";
    let names = direct.column(sql, &[tablespace.into()]);
    names.iter().map(|name| name.text().to_owned()).collect()
}

#[tokio::test]
async fn a_month_that_is_over_moves_with_its_indexes_and_no_other() {
    let aged = Aged::at(Place::on_a_server()).await;
    let direct = aged.city.place.direct();
    let tablespace = aged.to.clone().expect("a tablespace");
    assert_eq!(lies_in(&direct, &tablespace), [""; 0]);
    aged.archive();
    assert_eq!(
        lies_in(&direct, &tablespace),
        [
            "body_2026_03",
            "body_2026_03_pkey",
            "event_2026_03",
            "event_2026_03_pkey"
        ]
    );
}

#[tokio::test]
async fn a_month_that_somebody_reads_is_left_for_the_next_run() {
    let aged = Aged::at(Place::on_a_server()).await;
    let direct = aged.city.place.direct();
    direct.run("BEGIN; LOCK TABLE event_2026_03 IN ACCESS SHARE MODE");
    let archived = aged.archive();
    // A table's index moves under a lock of its own.
    assert!(
        archived.in_use.contains(&"event_2026_03".to_owned()),
        "{archived:?}"
    );
    assert_eq!(archived.cases, ENDED as u64);
    direct.run("ROLLBACK");
    assert_eq!(aged.archive().in_use, [""; 0]);
    let tablespace = aged.to.clone().expect("a tablespace");
    assert_eq!(lies_in(&direct, &tablespace).len(), 4);
}

#[tokio::test]
async fn a_tablespace_must_be_named_and_be_there() {
    let mut aged = Aged::at(Place::on_a_server()).await;
    aged.to = None;
    let unnamed = aged.city.store.would_archive(&aged.wanted(), &mut |_| {});
    assert!(matches!(&unnamed, Err(StoreError::Conflict(_))), "{unnamed:?}");
    aged.to = Some("nowhere".to_owned());
    let gone = aged.city.store.would_archive(&aged.wanted(), &mut |_| {});
    assert!(
        matches!(&gone, Err(StoreError::NotFound(what)) if what.contains("nowhere")),
        "{gone:?}"
    );
}
