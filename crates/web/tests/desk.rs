//! `/desk`, from the outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use common::Town;
use common::browser::Answer;
use common::cases::Matter;

/// The words of a group on the desk; empty where it is not there.
fn group(page: &Answer, id: &str) -> String {
    let text = page.text();
    let mark = "<section class=\"sheet group";
    let found = text
        .split(mark)
        .skip(1)
        .find(|part| part.contains(&format!("id=\"{id}\"")));
    found
        .map(|part| part.split("</section>").next().unwrap().to_owned())
        .unwrap_or_default()
}

#[tokio::test]
async fn each_finds_on_the_desk_what_their_role_is_to_do_next() {
    let town = Town::found().await;
    town.raise(&Matter {
        title: "等受理的",
        ..Matter::default()
    })
    .await;
    town.assigned(
        &Matter {
            title: "等签收的",
            ..Matter::default()
        },
        "works",
    )
    .await;
    town.verifying(
        &Matter {
            title: "等核验的",
            ..Matter::default()
        },
        "works",
        "handler",
    )
    .await;
    let handler = town.log_in("handler").await.get("/desk").await;
    let owed = group(&handler, "later") + &group(&handler, "week") + &group(&handler, "today");
    assert!(owed.contains("等签收的") && !owed.contains("等核验的"), "{owed}");
    assert!(group(&handler, "waiting").contains("等核验的"));
    handler.keeps_silent_about("等受理的");
    let supervisor = town.log_in("supervisor").await.get("/desk").await;
    assert!(group(&supervisor, "verify").contains("等核验的"));
    let dispatcher = town.log_in("dispatcher").await.get("/desk").await;
    assert!(group(&dispatcher, "raise").contains("等受理的"));
    dispatcher.says("待受理");
    assert!(group(&dispatcher, "waiting").contains("等签收的"));
}

#[tokio::test]
async fn what_ran_out_comes_first() {
    let town = Town::found().await;
    town.assigned(&Matter::default(), "works").await;
    town.pass_hours(24 * 40);
    let page = town.log_in("handler").await.get("/desk").await;
    assert!(group(&page, "over").contains("东门小区外路灯不亮"));
    assert!(group(&page, "week").is_empty());
}

#[tokio::test]
async fn an_empty_desk_says_what_to_do_next() {
    let town = Town::found().await;
    town.log_in("handler")
        .await
        .get("/desk")
        .await
        .says("手上没有要办的事项")
        .says("href=\"/ledger\"")
        .keeps_silent_about("href=\"/register\"");
    town.log_in("operator")
        .await
        .get("/desk")
        .await
        .says("现在就可以登记")
        .says("href=\"/register\"");
}

/// How often a case is a line of the desk.
fn lines(page: &Answer, title: &str) -> usize {
    let groups = page.text();
    let groups = groups.split("<section class=\"sheet group").skip(1);
    groups.map(|group| group.matches(title).count()).sum()
}

#[tokio::test]
async fn no_case_stands_on_a_desk_twice() {
    let town = Town::found().await;
    let case = town.verifying(&Matter::default(), "works", "handler").await;
    let supervisor = town.log_in("supervisor").await.get("/desk").await;
    assert_eq!(lines(&supervisor, "东门小区外路灯不亮"), 1);
    // It comes back, and is due soon.
    town.step("supervisor", case, "fail", |step, bodies| {
        step.finding = Some(bodies.write("Two are out."));
    })
    .await;
    for hours in [0, 24 * 6, 24 * 10] {
        town.pass_hours(hours);
        for login in ["handler", "supervisor", "dispatcher"] {
            let desk = town.log_in(login).await.get("/desk").await;
            assert_eq!(
                lines(&desk, "东门小区外路灯不亮"),
                1,
                "{login} {hours}: {}",
                desk.text()
            );
        }
        let leader = town.log_in("leader").await.get("/desk").await;
        assert!(
            lines(&leader, "东门小区外路灯不亮") <= 1,
            "{hours}: {}",
            leader.text()
        );
    }
}

#[tokio::test]
async fn what_was_struck_off_last_is_found_from_a_desk_with_nothing_to_do() {
    let town = Town::found().await;
    let case = town.answered(&Matter::default(), "works", "handler").await;
    let before = town.log_in("supervisor").await.get("/desk").await;
    assert!(group(&before, "struck").is_empty());
    town.pass_hours(24 * 6);
    town.step("supervisor", case, "strike_off", |_, _| {}).await;
    let number = town.number(case);
    let supervisor = town.log_in("supervisor").await.get("/desk").await;
    let struck = group(&supervisor, "struck");
    assert!(struck.contains("东门小区外路灯不亮"), "{}", supervisor.text());
    assert!(
        struck.contains(&format!("class=\"to-seal\" href=\"/cases/{number}\"")),
        "{struck}"
    );
    // Whoever may not read it is not led to it, and after a week nobody is.
    let water = town.log_in("water").await.get("/desk").await;
    water.keeps_silent_about("东门小区外路灯不亮");
    town.pass_hours(24 * 9);
    let later = town.log_in("supervisor").await.get("/desk").await;
    assert!(group(&later, "struck").is_empty());
}

#[tokio::test]
async fn pictures_that_may_be_shown_wait_on_the_desk_of_those_who_did_not_do_the_work() {
    let town = Town::found().await;
    let title = "照片可以公开的";
    let case = town
        .to_show(&Matter {
            title,
            ..Matter::default()
        })
        .await;
    let mut operator = town.log_in("operator").await;
    let mut handler = town.log_in("handler").await;
    let desk = operator.get("/desk").await;
    assert!(group(&desk, "pictures").contains(title), "{}", desk.text());
    assert_eq!(group(&handler.get("/desk").await, "pictures"), "");
    let address = format!("/cases/{}", town.number(case));
    let to_form = "href=\"#picture-showings\"";
    operator.get(&address).await.says(to_form);
    handler.get(&address).await.keeps_silent_about(to_form);
    town.decide_on_picture(case, false).await;
    assert_eq!(group(&operator.get("/desk").await, "pictures"), "");
    operator.get(&address).await.keeps_silent_about(to_form);
}
