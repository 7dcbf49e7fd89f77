//! Printed notices: what they say, for whom, and with whose name.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::StatusCode;
use common::Town;
use common::cases::Matter;

#[tokio::test]
async fn a_notice_says_what_happened_and_opens_the_name_only_by_right_and_with_a_trace() {
    let town = Town::found().await;
    let matter = Matter {
        phone: Some("13900001111"),
        ..Matter::default()
    };
    let case = town.answered(&matter, "works", "handler").await;
    let number = town.number(case);
    let path = format!("/cases/{number}/notices");
    let mut operator = town.log_in("operator").await;
    let page = operator.get(&format!("/cases/{number}")).await;
    page.says("打印告知书").says("受理告知书").says("答复书");
    page.keeps_silent_about("延期办理告知书");

    let page = operator.get(&format!("{path}/answer")).await;
    page.says("答复书")
        .says("Replaced.")
        .says("由住建局办理")
        .says("2026年3月2日");
    page.says("〔2026〕").says("样例").keeps_silent_about("Liu");
    page.keeps_silent_about("填上反映人姓名");
    let page = operator.get(&format!("{path}/acceptance")).await;
    page.says("现已受理").says("办理期限至").says("依据：");
    operator
        .get(&format!("{path}/extension"))
        .await
        .says("还不能打印");
    let refused = operator.submit(&page, &format!("{path}/answer/name"), &[]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);

    let mut registrar = town.log_in("registrar").await;
    let page = registrar.get(&format!("{path}/answer")).await;
    let named = registrar.submit(&page, &format!("{path}/answer/name"), &[]).await;
    named.says("Liu").keeps_silent_about("13900001111");
    let view = town.tenant().reader().unwrap().case(case).unwrap().unwrap();
    assert_eq!(view.case.identity_reads, 1);
    registrar
        .get(&format!("/cases/{number}"))
        .await
        .says("打印答复书");
}

#[tokio::test]
async fn who_only_reads_prints_nothing_and_who_may_not_see_finds_nothing() {
    let town = Town::found().await;
    let case = town.answered(&Matter::default(), "works", "handler").await;
    let path = format!("/cases/{}/notices", town.number(case));
    let mut leader = town.log_in("leader").await;
    let answer = leader.get(&format!("{path}/answer")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let mut water = town.log_in("water").await;
    let hidden = water.get(&format!("{path}/answer")).await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
    let mut operator = town.log_in("operator").await;
    let unknown = operator.get(&format!("{path}/farewell")).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}
