//! The pages of units and persons and the leader's view, from the outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::StatusCode;
use bihuan_core::org::OrgEvent;
use bihuan_core::permission::Permit;
use common::Town;
use common::cases::Matter;

/// A case that complains about the works bureau.
fn about_works() -> Matter<'static> {
    Matter {
        kind: "complaint",
        title: "窗口不办事",
        accused: Some("works"),
        ..Matter::default()
    }
}

#[tokio::test]
async fn a_unit_shows_its_duties_and_what_it_has_on_hand_within_what_one_may_see() {
    let town = Town::found().await;
    town.assigned(&Matter::default(), "works").await;
    town.assigned(&Matter::default(), "works").await;
    let mut dispatcher = town.log_in("dispatcher").await;
    let page = dispatcher.get("/units/works").await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("住建局").says("青禾市").says("市政").says("最近 2 件");
    assert!(figure(&page.text(), "在办") == "2", "{}", page.text());
    // Whoever handles for another unit sees the organisation, and none of its cases.
    let page = town.log_in("water").await.get("/units/works").await;
    page.says("住建局").says("没有您能看到的事项");
    assert_eq!(figure(&page.text(), "在办"), "0");
    let nobody = town.browser().get("/units/works").await;
    assert!(nobody.status.is_redirection());
    assert_eq!(
        dispatcher.get("/units/nowhere").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn where_a_units_time_goes_is_said_from_ten_closed_cases_on() {
    let town = Town::found().await;
    let mut cases = Vec::new();
    // A complaint about somebody is none of them: they would find it by what they know of the others.
    let about_water = Matter {
        accused: Some("water"),
        ..Matter::default()
    };
    cases.push(town.answered(&about_water, "works", "handler").await);
    for _ in 0..10 {
        cases.push(town.answered(&Matter::default(), "works", "handler").await);
    }
    town.pass_hours(24 * 6);
    let last = cases.pop().unwrap();
    for case in cases {
        town.step("supervisor", case, "strike_off", |_, _| {}).await;
    }
    town.tenant().follow().await.unwrap();
    let mut dispatcher = town.log_in("dispatcher").await;
    let few = dispatcher.get("/units/works").await;
    few.says("办结的太少，不说时间花在哪个阶段")
        .keeps_silent_about("九成以内");
    town.step("supervisor", last, "strike_off", |_, _| {}).await;
    town.tenant().follow().await.unwrap();
    let page = dispatcher.get("/units/works").await;
    // All of it was the six days in which the reporter said nothing.
    page.says("时间花在哪个阶段").says("<td>6.0 天</td>");
    page.says("求助，2026年1月1日以来办结的").says("<td>10</td>");
    let verified = town.tenant().verify(None, &mut |_| {}).unwrap();
    let mut subjects = verified.differences.iter().map(|found| found.subject.as_str());
    assert_eq!(subjects.find(|subject| *subject == "the time in phases"), None);
    // Who sees none of its cases sees no figures of them either.
    let mut water = town.log_in("water").await;
    let page = water.get("/units/works").await;
    page.keeps_silent_about("时间花在哪个阶段");
    // Nor is who reads other kinds there told of this one.
    let tenant = town.tenant();
    let inspects = OrgEvent::RoleGranted {
        person: tenant.scene().org.person_by_name("孙水").unwrap().id,
        role: "inspector".to_owned(),
        unit: common::unit(&tenant, "inspection"),
        on: "2026-01-01".parse().unwrap(),
    };
    let (now, system) = (town.app.now(), Permit::system());
    tenant.change_org(&system, inspects, now).await.unwrap();
    let report = Matter {
        kind: "report",
        ..Matter::default()
    };
    let report = town.raise(&report).await;
    town.step("water", report, "accept", |_, _| {}).await;
    let to = common::unit(&tenant, "works");
    town.step("water", report, "assign", |step, _| step.unit = Some(to))
        .await;
    let page = water.get("/units/works").await;
    page.says("最近 1 件").keeps_silent_about("求助");
}

#[tokio::test]
async fn a_complaint_about_a_unit_is_not_counted_before_its_own_people() {
    let town = Town::found().await;
    town.assigned(&about_works(), "water").await;
    let seen = town.log_in("dispatcher").await.get("/units/water").await;
    assert_eq!(figure(&seen.text(), "在办"), "1");
    let own = town.log_in("head").await.get("/units/water").await;
    assert_eq!(figure(&own.text(), "在办"), "0");
    own.says("没有您能看到的事项");
}

#[tokio::test]
async fn a_person_shows_their_role_and_what_is_in_their_hands() {
    let town = Town::found().await;
    let person = |name: &str| {
        let tenant = town.tenant();
        tenant.scene().org.person_by_name(name).unwrap().id
    };
    let mut leader = town.log_in("leader").await;
    let page = leader.get(&format!("/persons/{}", person("赵工"))).await;
    page.says("赵工").says("承办员").says("/units/works");
    for wrong in ["/persons/x", "/persons/01957a00-0000-7000-8000-000000000001"] {
        assert_eq!(leader.get(wrong).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_leader_takes_up_what_is_late_with_a_sentence_and_the_handler_finds_it_on_the_desk() {
    let town = Town::found().await;
    let case = town.assigned(&Matter::default(), "works").await;
    town.step("handler", case, "sign", |_, _| {}).await;
    town.pass_hours(24 * 60);
    let mut leader = town.log_in("leader").await;
    let page = leader.get("/leader").await;
    page.says("东门小区外路灯不亮");
    let read = town.tenant().read(move |reader| reader.case(case)).await;
    let number = read.unwrap().unwrap().case.number;
    let words = "请说明为什么拖了这么久，三日内报结果。";
    let fields = [("instruction", "supervise"), ("words", words)];
    let path = action(&page.text(), &format!("/cases/{number}/instructions"));
    let after = leader.submit(&page, &path, &fields).await;
    after.says(&format!("已记入 {number}"));
    assert!(after.text().contains("id=\"mine\""), "what was said is followed");
    // Sent twice, it is said once.
    leader.submit(&page, &path, &fields).await;
    let read = town.tenant().read(move |reader| reader.case(case)).await;
    let view = read.unwrap().unwrap();
    assert_eq!(view.case.instructors.len(), 1);
    let said = view.log.iter().filter(|logged| {
        let event = format!("{:?}", logged.entry.event);
        event.contains("Instructed")
    });
    assert_eq!(said.count(), 1);
    let desk = town.log_in("handler").await.get("/desk").await;
    desk.says("领导批示").says("id=\"instructed\"");
    let case_page = town
        .log_in("handler")
        .await
        .get(&format!("/cases/{number}"))
        .await;
    case_page.says("督办这件事").says(words);
    let found = leader.get("/ledger?filter=instructor%20%3D%20me").await;
    found.says(&number);
}

#[tokio::test]
async fn who_may_not_instruct_neither_sees_the_view_nor_says_anything() {
    let town = Town::found().await;
    let case = town.assigned(&Matter::default(), "works").await;
    let read = town.tenant().read(move |reader| reader.case(case)).await;
    let number = read.unwrap().unwrap().case.number;
    let mut handler = town.log_in("handler").await;
    assert_eq!(handler.get("/leader").await.status, StatusCode::FORBIDDEN);
    handler.get("/desk").await.keeps_silent_about("href=\"/leader\"");
    let page = handler.get(&format!("/cases/{number}")).await;
    page.keeps_silent_about("/instructions");
    let path = format!("/cases/{number}/instructions");
    let fields = [("instruction", "urge"), ("words", "快办")];
    let refused = handler.submit(&page, &path, &fields).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    // The head of another unit may instruct, but does not know of this case.
    let theirs = town.assigned(&Matter::default(), "water").await;
    let mut head = town.log_in("head").await;
    let page = head.get(&format!("/cases/{number}")).await;
    let unknown = format!("/cases/{}/instructions", town.number(theirs));
    let unseen = head.submit(&page, &unknown, &fields).await;
    assert_eq!(unseen.status, StatusCode::NOT_FOUND);
    let mut leader = town.log_in("leader").await;
    let own = leader.get(&format!("/cases/{number}")).await;
    let empty = leader
        .submit(&own, &path, &[("instruction", "shout"), ("words", "")])
        .await;
    assert!(empty.status.is_client_error());
    empty.says("批示");
}

#[tokio::test]
async fn the_leaders_view_holds_nothing_that_its_reader_may_not_open() {
    let town = Town::found().await;
    // The head of the works bureau may instruct within it; neither another unit's case nor a complaint about the
    // bureau is counted, listed or drawn for them, however late.
    let own = town.assigned(&Matter::default(), "works").await;
    let about = town.assigned(&about_works(), "water").await;
    let theirs = town.assigned(&Matter::default(), "water").await;
    town.pass_hours(24 * 60);
    let page = town.log_in("head").await.get("/leader").await;
    page.says(&town.number(own)).says("最近 1 件");
    for hidden in [about, theirs] {
        page.keeps_silent_about(&town.number(hidden));
    }
    page.keeps_silent_about("水务局").keeps_silent_about("窗口不办事");
    assert_eq!(figure(&page.text(), "已超期"), "1");
    let whole = town.log_in("leader").await.get("/leader").await;
    assert_eq!(figure(&whole.text(), "已超期"), "3");
}

#[tokio::test]
async fn a_person_who_is_complained_about_sees_no_trace_of_it_on_any_page() {
    let town = Town::found().await;
    let before = all_pages(&town, "handler").await;
    let complaint = town.assigned(&about_works(), "water").await;
    town.carry_out("leader", complaint, |bodies| {
        bihuan_core::case::command::Command::Instruct {
            instruction: bihuan_core::event::Instruction::Supervise,
            words: bodies.write("严肃处理"),
        }
    })
    .await;
    assert_eq!(
        all_pages(&town, "handler").await,
        before,
        "the pages are the same as before"
    );
    assert_ne!(all_pages(&town, "dispatcher").await.join(""), before.join(""));
}

/// The contents of the pages on which cases are counted, as somebody sees them; what differs each time is left out.
async fn all_pages(town: &Town, login: &str) -> Vec<String> {
    let scene = town.tenant().scene();
    let person = |name: &str| format!("/persons/{}", scene.org.person_by_name(name).unwrap().id);
    let (leader, handler) = (person("何市长"), person("赵工"));
    let mut browser = town.log_in(login).await;
    let mut pages = Vec::new();
    for path in [
        "/units/city",
        "/units/water",
        "/units/works",
        &leader,
        &handler,
        "/board",
        "/desk",
    ] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let text = page.text();
        let content = text
            .split("<main")
            .nth(1)
            .unwrap()
            .split("</main>")
            .next()
            .unwrap();
        let secrets = ["name=\"csrf\" value=\"", "name=\"key\" value=\""];
        let without = secrets.iter().fold(content.to_owned(), |text, mark| {
            let parts: Vec<&str> = text.split(mark).collect();
            let rest = parts[1..].iter().map(|part| part.split_once('"').unwrap().1);
            parts[0].to_owned() + &rest.collect::<String>()
        });
        pages.push(without);
    }
    pages
}

#[tokio::test]
async fn whatever_an_id_is_made_of_there_is_a_page_or_none() {
    let town = Town::found().await;
    let mut handler = town.log_in("handler").await;
    let long = "x".repeat(3000);
    for id in [
        "%00",
        "..%2F..%2Fdesk",
        "%22%3E%3Cscript%3E",
        "works%27%20or%201%3D1",
        "%F0%9F%92%A9",
        &long,
    ] {
        for page in ["units", "persons"] {
            let answer = handler.get(&format!("/{page}/{id}")).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "/{page}/{id}");
            answer.keeps_silent_about("<script>");
        }
    }
    let mut leader = town.log_in("leader").await;
    for query in [
        "done=%3Cscript%3E",
        "done=",
        "done=x%20y",
        "end=yes&seen=board&board=%2F%2Fevil",
    ] {
        let page = leader.get(&format!("/leader?{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{query}");
        page.keeps_silent_about("<script>")
            .keeps_silent_about("href=\"//");
    }
}

/// Returns the figure of a name on the strip.
fn figure(page: &str, name: &str) -> String {
    let before = page.split(&format!("</b><span>{name}</span>")).next().unwrap();
    before.rsplit("<b>").next().unwrap().to_owned()
}

/// Returns where the first form of a page is sent whose address begins so.
fn action(page: &str, begins: &str) -> String {
    let mark = format!("action=\"{begins}");
    let rest = page.split(&mark).nth(1).unwrap().split('"').next().unwrap();
    format!("{begins}{rest}")
        .replace("&amp;", "&")
        .replace("&#38;", "&")
}
