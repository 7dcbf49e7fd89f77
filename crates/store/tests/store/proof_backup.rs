//! Backup while the installation runs, and restore.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::common::{City, now};
use crate::place::Place;
use bihuan_store::backup::{self, MANIFEST};
use bihuan_store::error::StoreError;
use bihuan_store::keys::MasterKey;
use bihuan_store::tenant::{DATABASE_FILE, Options, Store};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_during_writes_restores_clean() {
    check_backup_during_writes(Place::in_a_file()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_server_made_during_writes_restores_clean_to_a_file() {
    check_backup_during_writes(Place::on_a_server()).await;
}

async fn check_backup_during_writes(place: Place) {
    let mut city = City::at(place).await;
    let photo = city.tenant.blobs().put(b"a photo", 100).expect("kept").digest;
    for number in 0..20 {
        city.raise("路灯坏了", &format!("第 {number} 盏")).await;
    }
    let checkpoint = city.tenant.checkpoint(now()).await.expect("signed");
    let elsewhere = tempfile::tempdir().expect("a directory");
    let target = elsewhere.path().join("backup");

    let done = Arc::new(AtomicBool::new(false));
    let (store, finished, to) = (city.store.clone(), Arc::clone(&done), target.clone());
    let copying = std::thread::spawn(move || {
        let copied = store.back_up(&to, &mut |_| {});
        finished.store(true, Ordering::SeqCst);
        copied
    });
    let mut meanwhile = 0;
    while !done.load(Ordering::SeqCst) || meanwhile < 5 {
        city.raise("井盖", "写在备份期间").await;
        meanwhile += 1;
    }
    let copied = copying.join().expect("ran").expect("backed up");
    assert_eq!(copied.files, 2);

    let restored = elsewhere.path().join("restored");
    assert_eq!(
        backup::restore(&target, &restored, None, &mut |_| {}).expect("restored"),
        copied
    );
    let options = Options::new(city.place.options().master_key);
    let tenant = Store::open(&restored, &options)
        .expect("opens")
        .tenant(None)
        .expect("tenant");
    assert!(tenant.blobs().contains(photo));
    tenant.follow().await.expect("followed");
    let verification = tenant.verify(Some(&checkpoint), &mut |_| {}).expect("verified");
    assert_eq!(verification.differences, []);
    assert!(verification.counts.cases >= 20);
    assert_eq!(
        tenant.verifier_key(),
        city.tenant.verifier_key(),
        "the same key signs"
    );
}

#[tokio::test]
async fn a_backup_holds_no_key_and_another_key_does_not_open_it() {
    let city = City::at(Place::in_a_file()).await;
    let options = city.place.options();
    options
        .master_key
        .write(&city.place.path().join("master.key"))
        .expect("written");
    let elsewhere = tempfile::tempdir().expect("a directory");
    let target = elsewhere.path().join("backup");
    city.store.back_up(&target, &mut |_| {}).expect("backed up");
    let mut names: Vec<_> = std::fs::read_dir(&target)
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("a name")
        })
        .collect();
    names.sort();
    assert_eq!(names, [MANIFEST, DATABASE_FILE]);

    let restored = elsewhere.path().join("restored");
    backup::restore(&target, &restored, None, &mut |_| {}).expect("restored");
    let wrong = Options::new(MasterKey::of_seed(8));
    assert!(Store::open(&restored, &wrong).is_err());
}

#[tokio::test]
async fn a_changed_or_missing_file_of_a_backup_is_named() {
    let city = City::at(Place::in_a_file()).await;
    let photo = city.tenant.blobs().put(b"a photo", 100).expect("kept").digest;
    let elsewhere = tempfile::tempdir().expect("a directory");
    let target = elsewhere.path().join("backup");
    city.store.back_up(&target, &mut |_| {}).expect("backed up");
    let path = city.tenant.blobs().path(photo);
    let copy = target.join(path.strip_prefix(city.place.path()).expect("below"));

    std::fs::write(&copy, b"another").expect("changed");
    let changed = backup::restore(&target, &elsewhere.path().join("one"), None, &mut |_| {});
    assert!(
        matches!(&changed, Err(StoreError::Corrupt(what)) if what.contains("was changed")),
        "{changed:?}"
    );
    std::fs::remove_file(&copy).expect("removed");
    let missing = backup::restore(&target, &elsewhere.path().join("two"), None, &mut |_| {});
    assert!(
        matches!(&missing, Err(StoreError::Corrupt(what)) if what.contains("not in the backup")),
        "{missing:?}"
    );
}

#[tokio::test]
async fn nothing_is_written_over_and_no_list_leads_outside() {
    let city = City::at(Place::in_a_file()).await;
    let elsewhere = tempfile::tempdir().expect("a directory");
    let occupied = city.store.back_up(city.place.path(), &mut |_| {});
    assert!(matches!(occupied, Err(StoreError::Conflict(_))), "{occupied:?}");

    let target = elsewhere.path().join("backup");
    city.store.back_up(&target, &mut |_| {}).expect("backed up");
    let digest = "0".repeat(64);
    std::fs::write(target.join(MANIFEST), format!("{digest}  ../outside\n")).expect("written");
    let outside = backup::restore(&target, &elsewhere.path().join("restored"), None, &mut |_| {});
    assert!(matches!(outside, Err(StoreError::Corrupt(_))), "{outside:?}");
    assert!(!elsewhere.path().join("outside").exists());
}
