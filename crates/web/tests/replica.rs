//! Pages that are read from a replica which lags behind.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use bihuan_test_postgres::Server;
use common::Town;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_visitor_sent_is_on_their_next_page_however_far_the_replica_lags() {
    let server = Server::start();
    server.make_database("town");
    let replica = server.start_replica();
    let found = |options: &mut bihuan_store::tenant::Options| {
        options.database_url = Some(server.url("town"));
        options.replica_url = Some(replica.url("town"));
    };
    let town = Town::found_on(found, |_| {}).await;
    replica.fall_behind();

    let mut citizen = town.browser();
    let page = citizen.get("/report").await;
    let told = [("text", "柳湾镇的路灯三周不亮"), ("disclosure", "anonymous")];
    let receipt = citizen.submit(&page, "/report", &told).await;
    let position = receipt.headers["bihuan-position"].to_str().unwrap().to_owned();
    assert_eq!(citizen.cookie("seen"), Some(position.as_str()));
    citizen.get("/track").await.says("三周不亮");
    let used = town.store().replica_use().unwrap();
    assert!(used.behind > 0, "{used:?}");

    // A stranger who wrote nothing is told nothing of how much is written here.
    let mut stranger = town.browser();
    for path in ["/nowhere", "/track", "/api/v1/portal/track"] {
        let nothing = stranger.post(path, &[]).await;
        assert!(!nothing.headers.contains_key("bihuan-position"), "{path}");
    }
    assert_eq!(stranger.cookie("seen"), None);

    // A program that says nothing reads what is newest.
    let mut program = town.program("dispatcher").await;
    program.get("/api/v1/cases").await.says("柳湾镇");
    let asked = town.store().replica_use().unwrap();
    program.headers.push(("bihuan-position", position));
    program.get("/api/v1/cases").await.says("柳湾镇");
    let told = town.store().replica_use().unwrap();
    assert!(
        told.behind + told.lost > asked.behind + asked.lost,
        "{asked:?} {told:?}"
    );
}

#[tokio::test]
async fn without_a_replica_no_position_is_told() {
    let town = Town::found().await;
    let mut citizen = town.browser();
    let page = citizen.get("/report").await;
    let told = [("text", "柳湾镇的路灯三周不亮"), ("disclosure", "anonymous")];
    let receipt = citizen.submit(&page, "/report", &told).await;
    assert!(!receipt.headers.contains_key("bihuan-position"));
    assert_eq!(citizen.cookie("seen"), None);
}
