//! Reading from a replica, which may lag behind or be gone.

use std::future::Future;
use std::time::{Duration, Instant};

use bihuan_core::id::CaseId;
use bihuan_store::measure::ReplicaUse;
use bihuan_store::tenant::{Options, Position, Store, Tenant};
use bihuan_test_postgres::Server;

use crate::processes::{city_on, options, report};

/// How long something may take that a machine out of breath does late.
const PATIENCE: Duration = Duration::from_secs(120);

struct City {
    server: Server,
    replica: Server,
    store: Store,
    tenant: Tenant,
    _directory: tempfile::TempDir,
}

impl City {
    fn new() -> City {
        let server = Server::start();
        let directory = tempfile::tempdir().expect("a directory");
        drop(city_on(&server, directory.path()));
        let replica = server.start_replica();
        let options = Options {
            replica_url: Some(replica.url("city")),
            ..options(&server)
        };
        let store = Store::open(directory.path(), &options).expect("opens");
        City {
            tenant: store.tenant(None).expect("the tenant"),
            server,
            replica,
            store,
            _directory: directory,
        }
    }

    fn used(&self) -> ReplicaUse {
        self.store.replica_use().expect("there is a replica")
    }
}

/// Whether somebody finds a case who has seen what lies before `seen`.
async fn finds(tenant: &Tenant, seen: Position, case: CaseId) -> bool {
    let found = tenant
        .seen_up_to(seen)
        .read(move |reader| reader.case(case))
        .await;
    found.expect("reads").is_some()
}

/// Does something again and again until it has come out.
async fn until<F: Future<Output = bool>>(what: &str, attempt: impl Fn() -> F) {
    let began = Instant::now();
    while !attempt().await {
        assert!(began.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn position(tenant: &Tenant) -> Position {
    let position = tenant.position().await.expect("reads");
    position.expect("there is a replica")
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_write_is_read_whether_the_replica_has_it_or_not() {
    let city = City::new();
    let tenant = &city.tenant;
    let first = report(tenant.clone(), 1).await;
    let seen = position(tenant).await;
    until("the replica was never read", || async {
        assert!(finds(tenant, seen, first).await);
        city.used().read > 0
    })
    .await;

    city.replica.fall_behind();
    let second = report(tenant.clone(), 2).await;
    let seen = position(tenant).await;
    let behind = city.used().behind;
    assert!(finds(tenant, seen, second).await);
    assert_eq!(city.used().behind, behind + 1);
    until("somebody else never saw it", || {
        finds(tenant, Position::default(), second)
    })
    .await;

    city.replica.catch_up();
    let read = city.used().read;
    until("the replica was not come back to", || async {
        assert!(finds(tenant, seen, second).await);
        city.used().read > read
    })
    .await;
    drop(city.server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_held_up_is_left_alone_and_come_back_to() {
    let city = City::new();
    let tenant = &city.tenant;
    city.replica.fall_behind();
    let case = report(tenant.clone(), 1).await;
    // By now everybody needs more than it has, and nobody waits for it.
    until("it was never found to be behind", || async {
        finds(tenant, Position::default(), case).await;
        city.used().behind > 20
    })
    .await;
    city.replica.catch_up();
    let read = city.used().read;
    until("it was not come back to", || async {
        finds(tenant, Position::default(), case).await && city.used().read > read
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_was_started_again_is_read_again_at_once() {
    let city = City::new();
    let case = report(city.tenant.clone(), 1).await;
    let seen = position(&city.tenant).await;
    until("it was never read", || async {
        finds(&city.tenant, seen, case).await && city.used().read > 0
    })
    .await;
    city.replica.crash();
    city.replica.start_again();
    let before = city.used();
    until("it was not read again", || async {
        finds(&city.tenant, seen, case).await && city.used().read > before.read
    })
    .await;
    assert_eq!(
        city.used().lost,
        before.lost,
        "the connections that were kept are dead, it is not"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_gone_is_read_past() {
    let city = City::new();
    let tenant = &city.tenant;
    let case = report(tenant.clone(), 1).await;
    let seen = position(tenant).await;
    city.replica.crash();
    assert!(finds(tenant, seen, case).await);
    assert!(city.used().lost > 0);
}

#[tokio::test]
async fn without_a_replica_nobody_needs_a_position() {
    let city = crate::common::City::new().await;
    assert_eq!(city.tenant.position().await.expect("asked"), None);
}
