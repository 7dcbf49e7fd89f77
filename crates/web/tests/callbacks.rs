//! Calling back: who is called, what is shown, what is taken down, and who may not.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::StatusCode;
use bihuan_core::id::CaseId;
use common::cases::Matter;
use common::{Browser, Town};

/// A case whose reporter left a number and was answered.
async fn answered(town: &Town, title: &'static str) -> CaseId {
    let matter = Matter {
        title,
        phone: Some("13900001111"),
        ..Matter::default()
    };
    town.answered(&matter, "works", "handler").await
}

/// Notes a result and returns the page that comes then.
async fn note(browser: &mut Browser, number: &str, fields: &[(&str, &str)]) -> common::browser::Answer {
    let page = browser.get("/callbacks").await;
    let action = format!("/callbacks/{number}/calls");
    browser.submit(&page, &action, fields).await
}

#[tokio::test]
async fn a_caller_goes_from_one_to_the_next_and_each_result_is_on_record() {
    let town = Town::found().await;
    let first = answered(&town, "路灯不亮").await;
    town.pass_hours(1);
    let second = answered(&town, "井盖松动").await;
    let (one, two) = (town.number(first), town.number(second));
    let mut caller = town.log_in("caller").await;

    let page = caller.get("/callbacks").await;
    page.says("路灯不亮")
        .says("Replaced.")
        .says("第 1 次，最多 3 次")
        .says("样例");
    page.says(&format!("您反映过“路灯不亮”（编号 {one}）"));
    page.keeps_silent_about("13900001111");

    let opened = caller
        .submit(&page, &format!("/callbacks/{one}/number"), &[])
        .await;
    opened.says("13900001111").says("Liu");
    let view = town.tenant().reader().unwrap().case(first).unwrap().unwrap();
    assert_eq!(view.case.identity_reads, 1);

    note(&mut caller, &one, &[("outcome", "no_answer")]).await;
    let page = caller.get("/callbacks?done=no_answer").await;
    page.says("已记录：无人接听").says("井盖松动");
    // Whoever says "not solved" is written down.
    let again = note(&mut caller, &two, &[("outcome", "not_solved")]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    again.says("请记下反映人为什么说没有解决");
    let fields = [("outcome", "not_solved"), ("remark", "还是不亮")];
    note(&mut caller, &two, &fields).await;
    let fields = [("outcome", "again"), ("at", "2026-03-05T09:00")];
    note(&mut caller, &one, &fields).await;
    caller
        .get("/callbacks")
        .await
        .says("现在没有要回访的")
        .says("约了以后再打");

    let page = caller.get(&format!("/cases/{one}")).await;
    page.says("电话回访，无人接听。")
        .says("反映人希望 2026年3月5日 09:00 再打");
    caller.get(&format!("/cases/{two}")).await.says("还是不亮");
    town.pass_hours(24 * 4);
    let mut caller = town.log_in("caller").await;
    let page = caller.get("/callbacks").await;
    page.says("第 2 次，最多 3 次");
    note(&mut caller, &one, &[("outcome", "solved")]).await;
    let view = town.tenant().reader().unwrap().case(first).unwrap().unwrap();
    assert_eq!((view.case.satisfied, view.case.calls.unanswered), (Some(true), 1));
    // The number closes with the case's turn.
    let page = caller.get("/desk").await;
    let refused = caller
        .submit(&page, &format!("/callbacks/{one}/number"), &[])
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn nobody_is_called_by_those_who_handled_or_by_two_at_once() {
    let town = Town::found().await;
    let case = answered(&town, "路灯不亮").await;
    let number = town.number(case);
    let mut handler = town.log_in("handler").await;
    handler.get("/callbacks").await.says("现在没有要回访的");
    let page = handler.get("/desk").await;
    let refused = handler
        .submit(
            &page,
            &format!("/callbacks/{number}/calls"),
            &[("outcome", "solved")],
        )
        .await;
    assert_eq!(refused.status, StatusCode::CONFLICT);

    let mut caller = town.log_in("caller").await;
    let page = caller.get("/callbacks").await;
    caller
        .submit(&page, &format!("/callbacks/{number}/number"), &[])
        .await;
    caller.get("/callbacks").await.says("路灯不亮");
    let mut operator = town.log_in("operator").await;
    operator.get("/callbacks").await.says("正有人在打");
    town.pass_hours(1);
    operator
        .get("/callbacks")
        .await
        .says("路灯不亮")
        .says("没有查看联系电话的权限");
    let mut water = town.log_in("water").await;
    let page = water.get("/desk").await;
    let hidden = water
        .submit(
            &page,
            &format!("/callbacks/{number}/calls"),
            &[("outcome", "solved")],
        )
        .await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_left_no_number_is_not_called() {
    let town = Town::found().await;
    town.answered(&Matter::default(), "works", "handler").await;
    let mut caller = town.log_in("caller").await;
    caller.get("/callbacks").await.says("现在没有要回访的");
}
