//! Who is next, on the page of a case, from the outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use bihuan_core::case::command::Command;
use bihuan_core::id::CaseId;
use common::browser::Answer;
use common::cases::Matter;
use common::{Browser, Town};

/// Takes a step by the form of the page.
async fn step(town: &Town, login: &str, case: CaseId, fields: &[(&str, &str)]) -> Answer {
    let mut browser = town.log_in(login).await;
    let address = format!("/cases/{}", town.number(case));
    let page = browser.get(&address).await;
    browser.submit(&page, &format!("{address}/steps"), fields).await
}

async fn page(browser: &mut Browser, town: &Town, case: CaseId) -> Answer {
    browser.get(&format!("/cases/{}", town.number(case))).await
}

/// What the page offers before the exceptions.
fn offered(page: &Answer) -> String {
    let text = page.text();
    let now = text.split("id=\"now\"").nth(1).unwrap();
    let now = now.split("</section>").next().unwrap();
    now.split("other-steps").next().unwrap().to_owned()
}

#[tokio::test]
async fn after_a_step_the_page_says_who_is_next_by_name_where_they_are_few() {
    let town = Town::found().await;
    let case = town.raise(&Matter::default()).await;
    let accepted = step(&town, "dispatcher", case, &[("step", "accept")]).await;
    accepted.says("已记入：受理。").says("下一步：派单，由您。");
    let assigned = step(
        &town,
        "dispatcher",
        case,
        &[("step", "assign"), ("unit", "住建局")],
    )
    .await;
    assigned.says("下一步：签收，由赵工（住建局）或钱局（住建局）。");
    assert!(offered(&assigned).contains("现在轮到别人"));
    let mut handler = town.log_in("handler").await;
    let waits = page(&mut handler, &town, case).await;
    waits.says("您或钱局（住建局）").says("轮到您");
    let english = handler
        .get(&format!("/cases/{}?lang=en", town.number(case)))
        .await;
    english.says("Sign for it").says("you or head (Works Bureau)");
}

#[tokio::test]
async fn many_are_told_by_their_roles_and_an_exception_is_nobodys_turn() {
    let town = Town::found().await;
    let case = town.verifying(&Matter::default(), "works", "handler").await;
    let verified = step(
        &town,
        "supervisor",
        case,
        &[("step", "verify"), ("finding", "六盏全亮")],
    )
    .await;
    verified
        .says("已记入：核验通过。")
        .says("下一步：答复反映人，由话务员、派单员");
    verified.keeps_silent_about("轮到您");
    let offered = offered(&verified);
    assert!(!offered.contains("value=\"redo\""), "{offered}");
    verified.says("value=\"redo\"");
    let mut operator = town.log_in("operator").await;
    let turn = page(&mut operator, &town, case).await;
    turn.says("轮到您").says("value=\"answer\"");
}

#[tokio::test]
async fn what_waits_for_the_reporter_says_so_and_until_when() {
    let town = Town::found().await;
    let case = town.answered(&Matter::default(), "works", "handler").await;
    let mut supervisor = town.log_in("supervisor").await;
    let waiting = page(&mut supervisor, &town, case).await;
    waiting
        .says("等反映人评价是否解决")
        .says("没有表示的，")
        .says("自动办理");
    waiting.keeps_silent_about("轮到您");
}

#[tokio::test]
async fn where_the_reporter_says_not_solved_to_send_back_is_the_way() {
    let town = Town::found().await;
    let case = town.answered(&Matter::default(), "works", "handler").await;
    town.carry_out("operator", case, |_| Command::GiveSatisfaction {
        solved: false,
        score: None,
        remark: None,
    })
    .await;
    let mut supervisor = town.log_in("supervisor").await;
    let unsolved = page(&mut supervisor, &town, case).await;
    unsolved.says("轮到您");
    assert!(
        offered(&unsolved).contains("value=\"redo\""),
        "{}",
        unsolved.text()
    );
}

#[tokio::test]
async fn a_day_stands_only_under_what_has_happened() {
    let town = Town::found().await;
    let case = town.raise(&Matter::default()).await;
    let mut operator = town.log_in("operator").await;
    let rail = |page: &Answer| {
        let text = page.text();
        let rail = text.split("<ol class=\"rail\">").nth(1).unwrap();
        rail.split("</ol>").next().unwrap().to_owned()
    };
    let raised = rail(&page(&mut operator, &town, case).await);
    assert_eq!(
        (raised.matches("2026").count(), raised.matches("预计").count()),
        (1, 6),
        "{raised}"
    );
    let town = Town::found().await;
    let struck = town.answered(&Matter::default(), "works", "handler").await;
    town.pass_hours(24 * 6);
    town.step("supervisor", struck, "strike_off", |_, _| {}).await;
    let mut operator = town.log_in("operator").await;
    let ended = page(&mut operator, &town, struck).await;
    // To look back is still to come; nobody's turn follows the end.
    let stops = rail(&ended);
    assert_eq!(
        (stops.matches("2026").count(), stops.matches("预计").count()),
        (6, 1),
        "{stops}"
    );
    ended.keeps_silent_about("轮到您");
    // What is answered at once is never handled.
    let asked = Matter {
        kind: "consultation",
        ..Matter::default()
    };
    let asked = town.raise(&asked).await;
    let answer = [
        ("step", "answer_at_once"),
        ("reply", "周一到周五。"),
        ("reply_way", "phone"),
    ];
    let answered = rail(&step(&town, "operator", asked, &answer).await);
    assert_eq!(answered.matches("未经过").count(), 2, "{answered}");
}
