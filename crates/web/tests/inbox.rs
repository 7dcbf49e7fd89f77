//! The inbox, from the outside: who is told of what, and that nobody is told of what they may not read.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::{Method, StatusCode};
use bihuan_core::case::command::Command;
use bihuan_core::event::Instruction;
use bihuan_core::id::CaseId;
use bihuan_core::permission::Permit;
use bihuan_store::bodies::Bodies;
use bihuan_store::followers::ticker::Ticker;
use common::browser::Answer;
use common::cases::Matter;
use common::{Browser, Counter, Town};

/// Logs somebody in and opens their inbox, when the followers have caught up.
async fn inbox_of(town: &Town, login: &str) -> (Browser, Answer) {
    town.tenant().follow().await.unwrap();
    let mut browser = town.log_in(login).await;
    let page = browser.get("/inbox").await;
    assert_eq!(page.status, StatusCode::OK);
    (browser, page)
}

/// Opens the first unread notification of a page.
async fn open_first(browser: &mut Browser, page: &Answer) -> Answer {
    let mark = page.hidden("mark");
    browser.submit(page, "/inbox/open", &[("mark", &mark)]).await
}

/// Presses the button that marks all of a page as read.
async fn read_all(browser: &mut Browser, page: &Answer) -> Answer {
    let until = page.hidden("until");
    browser.submit(page, "/inbox/read", &[("until", &until)]).await
}

/// Lets the timers act.
async fn tick(town: &Town) {
    let now = town.app.now();
    let ticked = Ticker::default()
        .tick(&town.tenant(), &mut Counter(town.stir()), now)
        .await;
    ticked.unwrap();
}

/// Lets the reporter write about a case.
async fn reply(town: &Town, case: CaseId) {
    let now = town.app.now();
    let mut bodies = Bodies::new(now, &mut Counter(town.stir()));
    let text = bodies.write("还是不亮，请再来看看。");
    let replied = town
        .tenant()
        .execute(
            &Permit::reporter(),
            case,
            Command::Reply { text },
            bodies,
            None,
            now,
        )
        .await;
    replied.unwrap();
}

#[tokio::test]
async fn who_opens_a_case_from_anywhere_has_read_what_they_were_told_of_it() {
    let town = Town::found().await;
    let opened = town.assigned(&Matter::default(), "works").await;
    town.assigned(&Matter::default(), "works").await;
    let (mut handler, page) = inbox_of(&town, "handler").await;
    page.says("2 条未读");
    let path = format!("/cases/{}", town.number(opened));
    // What a browser fetches ahead nobody has read, nor what a machine asks the head of.
    let mut ahead = handler.clone();
    for purpose in ["prefetch", "prefetch;prerender"] {
        ahead.headers.push(("sec-purpose", purpose.to_owned()));
        ahead.get(&path).await.says("通知，2 条未读");
        ahead.headers.pop();
    }
    ahead.request(Method::HEAD, &path, None, Vec::new()).await;
    handler.get("/inbox").await.says("2 条未读");
    handler.get(&path).await.says("通知，1 条未读");
    handler.get("/inbox").await.says("1 条未读");
    // A second look reads nothing more, and what comes later is unread again.
    handler.get(&path).await.says("通知，1 条未读");
    reply(&town, opened).await;
    town.tenant().follow().await.unwrap();
    handler.get("/desk").await.says("通知，2 条未读");
}

#[tokio::test]
async fn who_handles_for_a_unit_is_told_what_is_assigned_to_it_until_they_open_it() {
    let town = Town::found().await;
    let case = town.assigned(&Matter::default(), "works").await;
    let number = town.number(case);
    let (mut handler, page) = inbox_of(&town, "handler").await;
    page.says("1 条未读")
        .says("《东门小区外路灯不亮》由住建局办理")
        .says("通知，1 条未读");
    handler.get("/desk").await.says("aria-label=\"通知，1 条未读\"");
    let opened = open_first(&mut handler, &page).await;
    opened.says(&number).keeps_silent_about("条未读");
    let page = handler.get("/inbox").await;
    page.says("没有未读通知")
        .says(&format!("href=\"/cases/{number}\""));
    let (_, page) = inbox_of(&town, "head").await;
    page.says("1 条未读");
    for login in ["dispatcher", "water", "supervisor", "leader", "operator"] {
        let (_, page) = inbox_of(&town, login).await;
        page.says("还没有通知").keeps_silent_about(&number);
    }
    assert!(town.browser().get("/inbox").await.status.is_redirection());
}

#[tokio::test]
async fn the_accused_are_told_nothing_whoever_handles_it() {
    let town = Town::found().await;
    let about_works = Matter {
        accused: Some("works"),
        title: "窗口不办事",
        ..Matter::default()
    };
    let case = town.assigned(&about_works, "water").await;
    reply(&town, case).await;
    town.pass_hours(24 * 60);
    tick(&town).await;
    for login in ["handler", "head"] {
        let (mut browser, page) = inbox_of(&town, login).await;
        page.says("还没有通知").keeps_silent_about("窗口不办事");
        // Nor does naming it help.
        let mark = format!("{}.{case}.replied", town.app.now().as_millisecond());
        let refused = browser.submit(&page, "/inbox/read", &[]).await;
        assert!(refused.status.is_client_error(), "{}", refused.status);
        let hidden = browser.submit(&page, "/inbox/open", &[("mark", &mark)]).await;
        assert_eq!(hidden.status, StatusCode::NOT_FOUND);
    }
    let (_, page) = inbox_of(&town, "water").await;
    page.says("窗口不办事").says("反映人就").says("已超期");
}

#[tokio::test]
async fn each_is_told_what_concerns_them_and_nothing_that_they_did_themselves() {
    let town = Town::found().await;
    let case = town.verifying(&Matter::default(), "works", "handler").await;
    let (_, page) = inbox_of(&town, "supervisor").await;
    page.says("待核验").says("住建局报《东门小区外路灯不亮》已办好");
    town.carry_out("leader", case, |bodies| Command::Instruct {
        instruction: Instruction::Supervise,
        words: bodies.write("请抓紧。"),
    })
    .await;
    let (_, page) = inbox_of(&town, "head").await;
    page.says("领导对《东门小区外路灯不亮》作出批示");
    town.step("supervisor", case, "fail", |step, bodies| {
        step.finding = Some(bodies.write("还有一盏不亮。"));
    })
    .await;
    for login in ["handler", "leader"] {
        let (_, page) = inbox_of(&town, login).await;
        page.says("没有解决，要继续办理")
            .keeps_silent_about("还有一盏不亮");
    }
    let (_, page) = inbox_of(&town, "supervisor").await;
    page.keeps_silent_about("没有解决，要继续办理");
}

#[tokio::test]
async fn clocks_tell_who_is_responsible_before_and_after_they_run_out() {
    let town = Town::found().await;
    let case = town.assigned(&Matter::default(), "works").await;
    town.step("handler", case, "sign", |_, _| {}).await;
    for _ in 0..60 {
        town.pass_hours(24);
        tick(&town).await;
    }
    let (mut handler, page) = inbox_of(&town, "handler").await;
    page.says("临近期限").says("已超期，期限为");
    let only = handler.get("/inbox?occasion=due_soon&lang=en").await;
    only.says("is due soon").keeps_silent_about("is overdue since");
    let none = handler.get("/inbox?occasion=ended").await;
    none.says("No notifications of this sort");
}

#[tokio::test]
async fn all_are_marked_as_read_but_those_that_came_after_the_page() {
    let town = Town::found().await;
    let case = town.assigned(&Matter::default(), "works").await;
    let (mut handler, page) = inbox_of(&town, "handler").await;
    town.pass_hours(1);
    reply(&town, case).await;
    town.tenant().follow().await.unwrap();
    let after = read_all(&mut handler, &page).await;
    after.says("1 条未读").says("反映人就《东门小区外路灯不亮》来信");
    let all = read_all(&mut handler, &after).await;
    all.says("没有未读通知").keeps_silent_about("全部标为已读");
    // What one has read the other has not.
    let (_, page) = inbox_of(&town, "head").await;
    page.says("2 条未读");
}

#[tokio::test]
async fn a_long_inbox_is_read_page_by_page_unread_first_and_ends() {
    let town = Town::found().await;
    let mut cases = Vec::new();
    for _ in 0..50 {
        cases.push(town.assigned(&Matter::default(), "works").await);
        town.pass_hours(1);
    }
    let (mut handler, page) = inbox_of(&town, "handler").await;
    page.says("50 条未读");
    open_first(&mut handler, &page).await;
    let (mut seen, mut path) = (Vec::new(), Some("/inbox".to_owned()));
    while let Some(here) = path {
        let text = handler.get(&here).await.text();
        let rows = text.split("data-row=\"").skip(1);
        seen.extend(rows.map(|row| row.split('"').next().unwrap().to_owned()));
        let next = text.split("rel=\"next\" href=\"").nth(1);
        path = next.map(|next| next.split('"').next().unwrap().replace("&#38;", "&"));
    }
    assert_eq!(seen.len(), 50);
    // The newest was opened, so it comes last.
    assert_eq!(seen.last(), Some(&town.number(*cases.last().unwrap())));
    for wrong in ["/inbox?after=x", "/inbox?after=u.1.2.3", "/inbox?occasion=late"] {
        assert_eq!(handler.get(wrong).await.status, StatusCode::OK, "{wrong}");
    }
}

#[tokio::test]
async fn following_again_from_the_beginning_tells_nobody_twice_and_old_ones_go() {
    let town = Town::found().await;
    town.assigned(&Matter::default(), "works").await;
    let (mut handler, page) = inbox_of(&town, "handler").await;
    open_first(&mut handler, &page).await;
    town.tenant().rebuild_followers().await.unwrap();
    let (mut handler, page) = inbox_of(&town, "handler").await;
    page.says("没有未读通知").says("派单");
    let before = town.app.now();
    assert_eq!(town.tenant().forget_notifications(before).await.unwrap(), 0);
    town.pass_hours(1);
    let gone = town.tenant().forget_notifications(town.app.now()).await;
    assert!(gone.unwrap() >= 2);
    handler.get("/inbox").await.says("还没有通知");
}
