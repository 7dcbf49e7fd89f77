//! Whether the store is well, and how far its followers are.

use crate::common::{City, now};
use bihuan_core::case::command::Command;
use bihuan_core::permission::Permit;
use bihuan_store::followers::lag::Lag;

fn lags(city: &City) -> Vec<Lag> {
    let reader = city.tenant.reader().expect("a reader");
    reader.lags().expect("lags")
}

#[tokio::test]
async fn followers_are_behind_by_what_they_have_not_seen_and_then_by_nothing() {
    let mut city = City::new().await;
    city.tenant.follow().await.expect("followed");
    let at_rest = lags(&city);
    assert!(
        at_rest.iter().all(|lag| (lag.events, lag.oldest) == (0, None)),
        "{at_rest:?}"
    );
    let names: Vec<&str> = at_rest.iter().map(|lag| lag.follower).collect();
    assert_eq!(names[0], "sequence");
    assert_eq!(names.len(), 5);
    let receipt = city.raise("路灯坏了", "三周").await;
    let behind = lags(&city);
    let written = u64::from(*receipt.appended().versions().end());
    for lag in &behind {
        assert_eq!(
            (lag.events, lag.oldest),
            (written, Some(now())),
            "{}",
            lag.follower
        );
    }
    city.tenant.follow().await.expect("followed");
    assert_eq!(lags(&city), at_rest);
}

#[tokio::test]
async fn a_write_that_changes_nothing_proves_the_writer_and_is_counted() {
    let city = City::new().await;
    let before = city.store.measured();
    city.tenant.prove_writable().await.expect("writable");
    let after = city.store.measured();
    assert_eq!(after.commits.count(), before.commits.count() + 1);
    assert_eq!(after.batches.sum(), before.batches.sum() + 1.0);
    assert_eq!((after.waiting, after.refused), (0, 0));
}

#[tokio::test]
async fn a_case_that_was_just_written_is_found_in_the_cache() {
    let mut city = City::new().await;
    let case = city.raise("路灯坏了", "三周").await.case();
    let before = city.tenant.cache_use();
    let mut bodies = city.bodies();
    let text = bodies.write("已派人查看");
    city.tenant
        .execute(
            &Permit::system(),
            case,
            Command::Comment { text },
            bodies,
            None,
            now(),
        )
        .await
        .expect("remarked");
    let after = city.tenant.cache_use();
    assert_eq!((after.hits, after.misses), (before.hits + 1, before.misses));
}
