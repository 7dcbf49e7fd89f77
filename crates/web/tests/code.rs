//! A receipt code given anew, and what a correction of a registration leaves behind.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::StatusCode;
use common::cases::Matter;
use common::{Browser, Town};

/// Sends a report under a name; returns its code and its number.
async fn report(citizen: &mut Browser) -> (String, String) {
    let page = citizen.get("/report").await;
    let fields = [
        ("text", "路灯不亮三周了，晚上很危险"),
        ("disclosure", "real_name"),
        ("name", "刘梅"),
        ("phone", "13900001111"),
    ];
    let sent = citizen.submit(&page, "/report", &fields).await;
    let shown = sent.text();
    let number = shown.split("<dd>").nth(1).unwrap().split('<').next().unwrap();
    (sent.element("code"), number.to_owned())
}

#[tokio::test]
async fn a_lost_code_is_given_anew_to_who_is_who_they_say_and_the_old_one_ends() {
    let town = Town::found().await;
    let mut citizen = town.browser();
    let (old, number) = report(&mut citizen).await;
    let mut registrar = town.log_in("registrar").await;
    let path = format!("/cases/{number}/code");
    let page = registrar.get(&path).await;
    let wrong = [("said", "王梅"), ("checked", "姓名、来电时间")];
    let refused = registrar.submit(&page, &path, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("与密封的身份不符").keeps_silent_about("刘梅");
    let right = [("said", "139 0000 1111"), ("checked", "电话、反映的内容")];
    let done = registrar.submit(&page, &path, &right).await;
    let new = done.element("code");
    assert_ne!(old, new);
    done.keeps_silent_about("刘梅");

    let mut other = town.browser();
    let page = other.get("/track").await;
    other.submit(&page, "/track", &[("code", new.as_str())]).await;
    other.get("/track").await.says(&number).says("重发查询码");
    // Whoever has the old one, even in a cookie, follows nothing, and learns that there is another.
    let page = citizen.get("/track").await;
    page.keeps_silent_about("晚上很危险").says("另发了新的查询码");
    let page = citizen.submit(&page, "/track", &[("code", old.as_str())]).await;
    page.keeps_silent_about("晚上很危险").says("另发了新的查询码");
    let page = registrar.get(&format!("/cases/{number}")).await;
    page.says("电话、反映的内容").says("核对身份，重发查询码");
    let mut operator = town.log_in("operator").await;
    let page = operator.get(&format!("/cases/{number}")).await;
    let refused = operator.submit(&page, &path, &right).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn nobody_guesses_a_name_by_asking_again_and_again() {
    let town = Town::found().await;
    let (old, number) = report(&mut town.browser()).await;
    let mut registrar = town.log_in("registrar").await;
    let path = format!("/cases/{number}/code");
    let page = registrar.get(&path).await;
    for _ in 0..10 {
        let wrong = [("said", "王梅"), ("checked", "姓名")];
        let refused = registrar.submit(&page, &path, &wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let right = [("said", "刘梅"), ("checked", "姓名")];
    let refused = registrar.submit(&page, &path, &right).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let mut other = town.browser();
    let page = other.get("/track").await;
    other.submit(&page, "/track", &[("code", old.as_str())]).await;
    other.get("/track").await.says(&number);
}

#[tokio::test]
async fn a_correction_shows_what_was_and_what_is() {
    let town = Town::found().await;
    let number = town.number(town.raise(&Matter::default()).await);
    let mut operator = town.log_in("operator").await;
    let path = format!("/cases/{number}");
    let page = operator.get(&path).await;
    let fields = [
        ("title", "西门外路灯不亮"),
        ("place", "西门"),
        ("channel", "visit"),
        ("accused", "水务局"),
        ("reason", "听错了"),
    ];
    operator
        .submit(&page, &format!("{path}/corrections"), &fields)
        .await;
    let page = operator.get(&path).await;
    page.says("东门小区外路灯不亮 → 西门外路灯不亮")
        .says("没有 → 西门");
    page.says("12345 电话 → 来访")
        .says("没有 → 水务局")
        .says("听错了");
    let page = operator.get(&path).await;
    let fields = [("title", "北门外路灯不亮"), ("reason", "又听错了")];
    operator
        .submit(&page, &format!("{path}/corrections"), &fields)
        .await;
    operator.get(&path).await.says("西门外路灯不亮 → 北门外路灯不亮");
}
