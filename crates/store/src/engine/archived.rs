//! Tests of the archive through the seam, and a database with one for other tests.

use std::path::Path;

use crate::engine::archive::{FILE, make_file, sync_in_commit};
use crate::engine::connection::Connection;
use crate::engine::sqlite::File;

/// Opens the writer of a new database with an archive in `folder`.
pub(crate) fn with_archive(folder: &Path) -> Connection {
    let file = |name: &str| File {
        path: folder.join(name),
        vfs: None,
    };
    let database = Connection::Sqlite(file("city.db").open_writer().expect("opens"));
    crate::schema::migrate(&database).expect("schema");
    let Connection::Sqlite(sqlite) = &database else {
        unreachable!("it is a file")
    };
    make_file(sqlite, &file(FILE), b"the archive's id", 0).expect("made");
    let name = "INSERT INTO archive (id, made_at) VALUES (CAST('the archive''s id' AS BLOB), 0)";
    database.run(name).expect("named");
    database.run("PRAGMA user_version = 1").expect("noted");
    database
}

fn bytes(connection: &Connection) -> Vec<u8> {
    let sql = "SELECT data FROM event";
    connection
        .query_row(sql, (), |row| row.get(0))
        .expect("one event")
}

const EVENT_OF_ONE: &str =
    "INSERT INTO main.event (place, tenant, stream_kind, stream_id, version, recorded_at, data, hash)
    VALUES (7, X'01', 4, X'02', 1, 0, X'AB', X'')";

#[test]
fn beside_an_archive_each_commit_is_synced() {
    let folder = tempfile::tempdir().expect("a folder");
    let connection = with_archive(folder.path());
    let Connection::Sqlite(writer) = &connection else {
        unreachable!("it is a file")
    };
    let level = || {
        let level = connection.query_row("PRAGMA main.synchronous", (), |row| row.get::<i64>(0));
        level.expect("a level")
    };
    sync_in_commit(writer, false).expect("chosen");
    assert_eq!(level(), 1, "normal, while nothing is archived");
    connection.begin().expect("begun");
    connection.commit().expect("ended");
    assert_eq!(level(), 2, "full, once the archive is there");
    sync_in_commit(writer, false).expect("chosen again");
    assert_eq!(level(), 2);
}

#[test]
fn a_transaction_takes_up_an_archive_that_was_made_since() {
    let folder = tempfile::tempdir().expect("a folder");
    let connection = with_archive(folder.path());
    assert!(!connection.has_archive());
    connection.begin_reading().expect("begun");
    assert!(connection.has_archive());
    connection.commit().expect("ended");
    connection.begin().expect("begun again, with the right to write");
    connection.run(EVENT_OF_ONE).expect("written past the view");
    connection.commit().expect("ended");
    assert_eq!(bytes(&connection), [0xAB]);
}

#[test]
fn what_is_in_the_database_counts_and_what_is_not_is_looked_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let connection = with_archive(folder.path());
    connection.begin().expect("begun");
    connection.run(EVENT_OF_ONE).expect("written");
    connection
        .run("INSERT INTO archive.event VALUES (X'01', 4, X'02', 1, X'CD')")
        .expect("copied");
    assert_eq!(bytes(&connection), [0xAB]);
    connection
        .run("UPDATE main.event SET data = X''")
        .expect("taken out");
    assert_eq!(bytes(&connection), [0xCD]);
    connection.run("DELETE FROM archive.event").expect("lost");
    assert_eq!(bytes(&connection), [0u8; 0], "which gives no event its hash");
    connection.commit().expect("ended");
}

#[test]
fn the_right_to_write_is_that_of_the_database_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let connection = with_archive(folder.path());
    let file = |name: &str| File {
        path: folder.path().join(name),
        vfs: None,
    };
    let others = [FILE, "city.db"].map(|name| file(name).open_existing().expect("opens"));
    for other in &others {
        other.busy_timeout(std::time::Duration::ZERO).expect("set");
    }
    connection.begin().expect("begun");
    assert!(
        others[0].execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_ok(),
        "the archive is free"
    );
    assert!(
        others[1].execute_batch("BEGIN IMMEDIATE").is_err(),
        "the database is not"
    );
    connection.commit().expect("ended");
    assert!(others[1].execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_ok());
}

#[test]
fn a_reader_stays_one() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(with_archive(folder.path()));
    let file = File {
        path: folder.path().join("city.db"),
        vfs: None,
    };
    let reader = Connection::Sqlite(file.open_reader().expect("opens"));
    reader.begin_reading().expect("begun");
    assert!(reader.has_archive());
    for table in ["main.event", "archive.event"] {
        assert!(reader.run(&format!("DELETE FROM {table}")).is_err(), "{table}");
    }
}
