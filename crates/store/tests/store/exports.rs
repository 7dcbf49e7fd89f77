//! Long exports: whose they are, and that who runs one learns that it is no longer wanted.

use bihuan_core::id::{Digest, PersonId};
use bihuan_store::commit::idempotency::Once;
use bihuan_store::error::ExecuteError;
use bihuan_store::export_job::{ExportState, NewExport};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::common::{CLERK, City, now};

fn hours(count: i64) -> Timestamp {
    now() + SignedDuration::from_hours(count)
}

fn export() -> NewExport {
    NewExport {
        filter: "open".to_owned(),
        form: "csv".to_owned(),
        total: 900,
    }
}

#[tokio::test]
async fn an_export_is_its_owners_and_ends_with_its_file() {
    let mut city = City::new().await;
    let tenant = city.tenant.clone();
    let id = tenant
        .begin_export(CLERK, export(), None, now(), &mut city.entropy)
        .await
        .expect("begun")
        .id;
    assert!(tenant.note_export(id, 256).await.expect("noted"));
    let job = tenant
        .reader()
        .expect("reader")
        .export_job(CLERK, id)
        .expect("reads")
        .expect("there");
    assert_eq!(
        (job.state, job.done, job.total, job.file),
        (ExportState::Running, 256, 900, None)
    );
    let file = Some("a.csv".to_owned());
    assert!(
        tenant
            .end_export(id, ExportState::Done, file.clone(), 901)
            .await
            .expect("ended")
    );
    let reader = tenant.reader().expect("reader");
    let job = reader.export_job(CLERK, id).expect("reads").expect("there");
    assert_eq!((job.state, job.done, job.file), (ExportState::Done, 901, file));
    let stranger = PersonId(Uuid::from_u128(99));
    assert_eq!(reader.export_job(stranger, id).expect("reads"), None);
}

#[tokio::test]
async fn a_cancelled_export_tells_who_runs_it_and_only_its_owner_can_cancel() {
    let mut city = City::new().await;
    let tenant = city.tenant.clone();
    let id = tenant
        .begin_export(CLERK, export(), None, now(), &mut city.entropy)
        .await
        .expect("begun")
        .id;
    tenant
        .cancel_export(PersonId(Uuid::from_u128(99)), id)
        .await
        .expect("nothing happens");
    assert!(tenant.note_export(id, 1).await.expect("noted"));
    tenant.cancel_export(CLERK, id).await.expect("cancelled");
    assert!(!tenant.note_export(id, 2).await.expect("noted"));
    assert!(
        !tenant
            .end_export(id, ExportState::Done, Some("a.csv".to_owned()), 2)
            .await
            .expect("too late")
    );
    let job = tenant
        .reader()
        .expect("reader")
        .export_job(CLERK, id)
        .expect("reads")
        .expect("there");
    assert_eq!((job.state, job.file), (ExportState::Cancelled, None));
}

#[tokio::test]
async fn old_exports_are_found_and_forgotten() {
    let mut city = City::new().await;
    let tenant = city.tenant.clone();
    let id = tenant
        .begin_export(CLERK, export(), None, now(), &mut city.entropy)
        .await
        .expect("begun")
        .id;
    let before = |at| {
        tenant
            .reader()
            .expect("reader")
            .exports_before(at)
            .expect("reads")
            .len()
    };
    assert_eq!((before(now()), before(hours(1))), (0, 1));
    tenant.forget_export(id).await.expect("forgotten");
    assert_eq!(before(hours(1)), 0);
}

#[tokio::test]
async fn an_export_asked_for_twice_under_one_key_is_one() {
    let mut city = City::new().await;
    let tenant = city.tenant.clone();
    let once = |key: &str, said: &str| {
        Some(Once {
            key: key.to_owned(),
            request: Digest::of(&[said.as_bytes()]),
        })
    };
    let mut begin = async |person, once| {
        tenant
            .begin_export(person, export(), once, now(), &mut city.entropy)
            .await
    };
    let first = begin(CLERK, once("k", "csv")).await.expect("begun");
    let again = begin(CLERK, once("k", "csv")).await.expect("known");
    assert_eq!(
        (again.id, again.repeated, first.repeated),
        (first.id, true, false)
    );
    let other = begin(CLERK, once("k", "xlsx")).await;
    assert!(matches!(other, Err(ExecuteError::KeyReused)), "{other:?}");
    // Somebody else's key is another key, and without one everything is new.
    let stranger = PersonId(Uuid::from_u128(99));
    let theirs = begin(stranger, once("k", "csv")).await.expect("begun");
    let unkeyed = begin(CLERK, None).await.expect("begun");
    assert!(!theirs.repeated && !unkeyed.repeated);
    let old = tenant.reader().expect("reader");
    let after = now() + SignedDuration::from_secs(1);
    assert_eq!(old.exports_before(after).expect("reads").len(), 3);
}
