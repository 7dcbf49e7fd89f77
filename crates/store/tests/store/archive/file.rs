//! The archive of SQLite: a file of its own, which may be lost, old, changed or elsewhere.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bihuan_store::archive::{ARCHIVE_FILE, Archiving, compact};
use bihuan_store::backup;
use bihuan_store::error::StoreError;
use bihuan_store::keys::MasterKey;
use bihuan_store::moving::{Moving, Side};
use bihuan_store::tenant::{DATABASE_FILE, Options, Store};

use super::{Aged, differences, erase_title, later, remark, seen};
use crate::common::{City, Counter};
use crate::direct::Direct;
use crate::place::Place;

/// Closes the store, and leaves the place.
fn close(aged: Aged) -> Place {
    let City {
        store, tenant, place, ..
    } = aged.city;
    drop((tenant, store));
    place
}

fn open(place: &Place) -> Result<Store, StoreError> {
    Store::open(place.path(), &place.options())
}

fn refusal(place: &Place) -> String {
    open(place).expect_err("it must not open").to_string()
}

fn archive_of(place: &Place) -> PathBuf {
    place.path().join(ARCHIVE_FILE)
}

async fn archived() -> Aged {
    let aged = Aged::at(Place::in_a_file()).await;
    aged.archive();
    aged
}

/// The bytes of all rows of a table's heavy column.
fn bytes(direct: &Direct, table: &str, column: &str) -> i64 {
    direct
        .value(
            &format!("SELECT coalesce(sum(length({column})), 0) FROM {table}"),
            &[],
        )
        .int()
}

#[tokio::test]
async fn the_bytes_lie_in_the_archive_and_nowhere_else() {
    let aged = Aged::at(Place::in_a_file()).await;
    let direct = aged.city.place.direct();
    let all = |direct: &Direct| bytes(direct, "event", "data") + bytes(direct, "body", "sealed");
    let before = all(&direct);
    let archived = aged.archive();
    let there = Direct::file(&archive_of(&aged.city.place));
    assert_eq!(all(&there), archived.size_bytes as i64);
    assert_eq!(all(&direct), before - archived.size_bytes as i64);
    let file = aged.city.store.archive_file().expect("there").expect("made");
    assert_eq!(
        file.path,
        std::fs::canonicalize(archive_of(&aged.city.place)).expect("a file")
    );
    assert!(file.size_bytes > 0);
}

#[tokio::test]
async fn nothing_opens_without_the_archive() {
    let aged = archived().await;
    let away = aged.city.place.path().join("elsewhere.db");
    std::fs::rename(archive_of(&aged.city.place), &away).expect("taken away");
    let told = aged.city.store.archive_file();
    assert!(matches!(told, Err(StoreError::Unavailable { .. })), "{told:?}");
    let place = close(aged);
    let said = refusal(&place);
    assert!(said.contains("the archive is not there"), "{said}");
    std::fs::rename(&away, archive_of(&place)).expect("put back");
    open(&place).expect("opens again");
}

#[tokio::test]
async fn an_older_copy_and_the_archive_of_another_are_refused() {
    let aged = archived().await;
    let place = close(aged);
    let copy = std::fs::read(archive_of(&place)).expect("a file");
    let store = open(&place).expect("opens");
    let wanted = Archiving {
        before: later(),
        to: None,
        now: later(),
        patience: Duration::ZERO,
    };
    let mut aged = Aged {
        city: City {
            tenant: store.tenant(None).expect("the only tenant"),
            store,
            entropy: Counter(5 << 40),
            place,
        },
        ended: Vec::new(),
        living: Vec::new(),
        checkpoint: String::new(),
        to: None,
    };
    // A case ends that goes over in another batch.
    let case = aged.city.raise("第六盏", "也坏了").await.case();
    super::withdraw(&mut aged.city, case).await;
    let more = aged
        .city
        .store
        .archive(&wanted, &mut Counter(6 << 40), &mut |_| {});
    assert!(more.expect("archived").cases > 0);
    let place = close(aged);
    let newer = std::fs::read(archive_of(&place)).expect("a file");
    std::fs::write(archive_of(&place), copy).expect("put in its place");
    let said = refusal(&place);
    assert!(said.contains("is an older copy"), "{said}");

    let other = close(archived().await);
    std::fs::copy(archive_of(&other), archive_of(&place)).expect("put in its place");
    let said = refusal(&place);
    assert!(said.contains("is that of another database"), "{said}");
    std::fs::write(archive_of(&place), newer).expect("put back");
    open(&place).expect("opens again");
}

#[tokio::test]
async fn something_else_in_the_archives_place_is_not_written_to() {
    let aged = Aged::at(Place::in_a_file()).await;
    let other = close(archived().await);
    std::fs::copy(archive_of(&other), archive_of(&aged.city.place)).expect("put in its place");
    let refused = aged
        .city
        .store
        .archive(&aged.wanted(), &mut Counter(1), &mut |_| {});
    assert!(
        matches!(&refused, Err(StoreError::Conflict(what)) if what.contains("move it away")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn whatever_is_changed_or_gone_in_the_archive_is_found() {
    let aged = archived().await;
    let there = Direct::file(&archive_of(&aged.city.place));
    let case = aged.ended[3];
    let id = || [case.0.into()];
    there.run("CREATE TABLE kept_event AS SELECT * FROM event; CREATE TABLE kept_body AS SELECT * FROM body");
    let back = "DELETE FROM event; INSERT INTO event SELECT * FROM kept_event;
        DELETE FROM body; INSERT INTO body SELECT * FROM kept_body";
    for (sql, expected) in [
        (
            "UPDATE event SET data = substr(data, 2) WHERE stream_id = $1 AND version = 1",
            "event 1 of case",
        ),
        (
            "DELETE FROM event WHERE stream_id = $1 AND version = 2",
            "event 2 of case",
        ),
        (
            "UPDATE body SET sealed = zeroblob(length(sealed)) WHERE case_id = $1",
            "does not open",
        ),
        (
            "DELETE FROM body WHERE case_id = $1",
            "is gone, but no event says it was erased",
        ),
    ] {
        assert!(there.change(sql, &id()) > 0);
        let found = aged.differences();
        let named = found
            .iter()
            .any(|what| what.contains(expected) && what.contains(&case.to_string()));
        assert!(named, "{sql}: {found:?}");
        there.run(back);
        assert_eq!(aged.differences(), [""; 0]);
    }
}

#[tokio::test]
async fn an_erasure_whose_part_of_the_archive_was_lost_is_repeated() {
    let mut aged = archived().await;
    let case = aged.ended[0];
    let texts = |place: &Place| {
        let there = Direct::file(&archive_of(place));
        there
            .value("SELECT count(*) FROM body WHERE case_id = $1", &[case.0.into()])
            .int()
    };
    let before = texts(&aged.city.place);
    // As of before the erasure, complete in one file.
    let copy = aged.city.place.path().join("copy.db");
    let make = format!("VACUUM INTO '{}'", copy.display());
    Direct::file(&archive_of(&aged.city.place)).run(&make);
    erase_title(&mut aged.city, case).await;
    aged.city.tenant.follow().await.expect("followed");
    let checkpoint = aged.checkpoint.clone();
    let place = close(aged);
    assert_eq!(texts(&place), before - 1);
    for ending in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", archive_of(&place).display()));
    }
    std::fs::rename(&copy, archive_of(&place)).expect("put in its place");
    assert_eq!(texts(&place), before);
    let store = open(&place).expect("opens");
    assert_eq!(texts(&place), before - 1);
    let tenant = store.tenant(None).expect("the only tenant");
    assert_eq!(differences(&tenant, &checkpoint), [""; 0]);
}

#[tokio::test]
async fn an_erased_text_stands_in_no_file() {
    let mut aged = archived().await;
    let case = aged.ended[4];
    let there = Direct::file(&archive_of(&aged.city.place));
    let reader = aged.city.tenant.reader().expect("reader");
    let title = reader.case(case).expect("reads").expect("there").case.title;
    drop(reader);
    let sealed = there.value("SELECT sealed FROM body WHERE id = $1", &[title.id.0.into()]);
    let sealed = sealed.blob().to_vec();
    drop(there);
    let holds = |place: &Place| {
        let files = place.files();
        files
            .iter()
            .any(|(_, bytes)| bytes.windows(sealed.len()).any(|window| window == sealed))
    };
    assert!(holds(&aged.city.place));
    erase_title(&mut aged.city, case).await;
    let place = close(aged);
    assert!(!holds(&place), "closing leaves the log of changes behind");
}

#[tokio::test]
async fn the_archive_lies_where_it_is_wanted_and_only_there() {
    let aged = Aged::at(Place::in_a_file()).await;
    let cold = tempfile::tempdir().expect("a directory");
    let wanted = |to: &Path| Archiving {
        to: Some(to.display().to_string()),
        ..aged.wanted()
    };
    let archive = |to: &Path| aged.city.store.archive(&wanted(to), &mut Counter(2), &mut |_| {});
    let gone = archive(&cold.path().join("gone"));
    assert!(matches!(gone, Err(StoreError::NotFound(_))), "{gone:?}");
    let before = aged.seen();
    assert!(archive(cold.path()).expect("archived").cases > 0);
    assert!(archive_of(&aged.city.place).is_symlink());
    assert!(cold.path().join(ARCHIVE_FILE).is_file());
    assert_eq!(aged.seen(), before);
    archive(cold.path()).expect("the same place again");
    let elsewhere = tempfile::tempdir().expect("a directory");
    let refused = archive(elsewhere.path());
    assert!(
        matches!(&refused, Err(StoreError::Conflict(what)) if what.contains("stop the server")),
        "{refused:?}"
    );
    let place = close(aged);
    drop(cold);
    let said = refusal(&place);
    assert!(said.contains("which leads to"), "{said}");
}

#[tokio::test]
async fn compacting_gives_room_back_once_nobody_has_the_database_open() {
    let aged = archived().await;
    let (path, options) = (aged.city.place.path().to_owned(), aged.city.place.options());
    let refused = compact::compact(&path, &options);
    assert!(
        matches!(&refused, Err(error) if error.to_string().contains("stop the server")),
        "{refused:?}"
    );
    let (before, checkpoint) = (aged.seen(), aged.checkpoint.clone());
    let cases = [aged.ended.as_slice(), &aged.living].concat();
    let place = close(aged);
    let compacted = compact::compact(&path, &options).expect("compacted");
    assert!(compacted.after_bytes <= compacted.before_bytes);
    let store = open(&place).expect("opens");
    let tenant = store.tenant(None).expect("the only tenant");
    assert_eq!(seen(&tenant, &cases), before);
    tenant.follow().await.expect("followed");
    assert_eq!(differences(&tenant, &checkpoint), [""; 0]);
    let file = store.archive_file().expect("there").expect("made");
    assert_eq!(file.free_bytes, 0);
    // Events that come now are placed after those that were there.
    let mut city = City {
        store,
        tenant,
        entropy: Counter(8 << 40),
        place,
    };
    city.raise("新的", "问题").await;
    remark(&mut city, cases[0], "还在").await;
    city.tenant.follow().await.expect("followed");
    assert_eq!(differences(&city.tenant, &checkpoint), [""; 0]);
}

#[tokio::test]
async fn a_backup_has_the_archive_or_needs_it_again() {
    let aged = archived().await;
    let elsewhere = tempfile::tempdir().expect("a directory");
    let at = |name: &str| elsewhere.path().join(name);
    let restore =
        |from: &Path, to: &str, archive: Option<&Path>| backup::restore(from, &at(to), archive, &mut |_| {});
    let cases = [aged.ended.as_slice(), &aged.living].concat();
    let (before, checkpoint) = (aged.seen(), aged.checkpoint.clone());
    let whole = aged
        .city
        .store
        .back_up(&at("whole"), &mut |_| {})
        .expect("backed up");
    assert_eq!(whole.files, 2);
    let lean = aged
        .city
        .store
        .back_up_without_archive(&at("lean"), &mut |_| {})
        .expect("backed up");
    assert_eq!(lean.files, 1);

    let refused = restore(&at("lean"), "one", None);
    assert!(
        matches!(&refused, Err(StoreError::Conflict(what)) if what.contains("without its archive")),
        "{refused:?}"
    );
    assert!(!at("one").exists(), "nothing was written");
    let other = close(archived().await);
    let refused = restore(&at("lean"), "two", Some(&archive_of(&other)));
    assert!(refused.is_err_and(|error| error.to_string().contains("of another database")));

    restore(&at("whole"), "three", None).expect("restored");
    restore(&at("lean"), "four", Some(&at("whole").join(ARCHIVE_FILE))).expect("restored");
    // Also with the archive that is in use.
    let live = archive_of(&aged.city.place);
    restore(&at("lean"), "five", Some(&live)).expect("restored");
    for restored in ["three", "four", "five"] {
        let options = Options::new(MasterKey::of_seed(7));
        let store = Store::open(&at(restored), &options).expect("opens");
        let tenant = store.tenant(None).expect("the only tenant");
        assert_eq!(seen(&tenant, &cases), before, "{restored}");
        assert_eq!(differences(&tenant, &checkpoint), [""; 0], "{restored}");
    }
}

#[tokio::test]
async fn a_move_brings_everything_into_one_place() {
    let aged = archived().await;
    let (before, checkpoint) = (aged.seen(), aged.checkpoint.clone());
    let cases = [aged.ended.as_slice(), &aged.living].concat();
    let file = close(aged);
    let (server, back) = (Place::on_a_server(), Place::in_a_file());
    for (from, to) in [(&file, &server), (&server, &back)] {
        let side = |place: &Place| Side {
            directory: place.path().to_owned(),
            database_url: place.options().database_url,
        };
        let moving = Moving {
            from: side(from),
            to: side(to),
            master_key: MasterKey::of_seed(7),
            now: later(),
            page_rows: 7,
        };
        moving.run(&mut |_| {}).expect("moved");
        let store = open(to).expect("opens");
        let tenant = store.tenant(None).expect("the only tenant");
        assert_eq!(differences(&tenant, &checkpoint), [""; 0]);
        let there: Vec<String> = seen(&tenant, &cases);
        assert_eq!(there.len(), before.len());
        // The cases themselves; how ties are listed is each engine's own.
        assert_eq!(
            there[there.len() - cases.len()..],
            before[before.len() - cases.len()..]
        );
    }
    assert!(!archive_of(&back).exists());
    assert!(back.path().join(DATABASE_FILE).exists());
}
