//! Acts on many chosen cases: what is shown before, what comes of it, and what does not.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::StatusCode;
use bihuan_core::id::CaseId;
use common::browser::Answer;
use common::cases::Matter;
use common::{Browser, Town};

/// Three cases of the works bureau that wait to be signed for, and their numbers.
async fn three(town: &Town) -> (Vec<CaseId>, Vec<String>) {
    let (mut cases, mut numbers) = (Vec::new(), Vec::new());
    for title in ["路灯不亮", "井盖松动", "垃圾未清"] {
        let matter = Matter {
            title,
            ..Matter::default()
        };
        let case = town.assigned(&matter, "works").await;
        numbers.push(town.number(case));
        cases.push(case);
    }
    (cases, numbers)
}

async fn state(town: &Town, case: CaseId) -> String {
    let view = town.tenant().read(move |reader| reader.case(case)).await;
    view.unwrap().unwrap().case.state
}

async fn events(town: &Town, case: CaseId) -> usize {
    let view = town.tenant().read(move |reader| reader.case(case)).await;
    view.unwrap().unwrap().log.len()
}

/// Chooses cases on the ledger and presses the button of an act.
async fn prepare(browser: &mut Browser, act: &str, numbers: &[String]) -> Answer {
    let ledger = browser.get("/ledger").await;
    let mut fields = vec![("act", act), ("list", "filter=open"), ("format", "xlsx")];
    fields.extend(numbers.iter().map(|number| ("case", number.as_str())));
    browser.submit(&ledger, "/bulk", &fields).await
}

/// Sends the form of a confirmation page.
async fn send(browser: &mut Browser, page: &Answer, fields: &[(&str, &str)]) -> Answer {
    let text = page.text();
    let cases = text.split("name=\"case\" value=\"").skip(1);
    let cases: Vec<String> = cases
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    let (act, list) = (page.hidden("act"), page.hidden("list"));
    let mut all = vec![("act", act.as_str()), ("list", list.as_str())];
    all.extend(cases.iter().map(|case| ("case", case.as_str())));
    all.extend(fields);
    browser.submit(page, "/bulk/commands", &all).await
}

#[tokio::test]
async fn several_are_signed_at_once_and_a_form_sent_twice_does_nothing_twice() {
    let town = Town::found().await;
    let (cases, numbers) = three(&town).await;
    let mut handler = town.log_in("handler").await;
    handler.get("/desk").await.says("value=\"step-sign\"");
    let page = prepare(&mut handler, "step-sign", &numbers).await;
    page.says("可以办理 3 件").says("变为办理中");
    let done = send(&mut handler, &page, &[]).await;
    done.says("办好了 3 件").says("href=\"/ledger?filter=open\"");
    let mut counts = Vec::new();
    for case in &cases {
        assert_eq!(state(&town, *case).await, "handling");
        counts.push(events(&town, *case).await);
    }
    send(&mut handler, &page, &[]).await.says("办好了 3 件");
    for (case, count) in cases.iter().zip(counts) {
        assert_eq!(events(&town, *case).await, count);
    }
}

#[tokio::test]
async fn what_cannot_be_done_is_said_before_and_stays_as_it_is() {
    let town = Town::found().await;
    let (cases, mut numbers) = three(&town).await;
    town.step("handler", cases[0], "sign", |_, _| {}).await;
    let elsewhere = town.assigned(&Matter::default(), "water").await;
    numbers.push(town.number(elsewhere));
    numbers.push("NO-SUCH-1".to_owned());
    let mut handler = town.log_in("handler").await;
    let page = prepare(&mut handler, "step-sign", &numbers).await;
    page.says("可以办理 2 件")
        .says("不能办理 3 件")
        .says("现在是“办理中”，没有这个环节");
    let unseen = page.text().matches("没有这件事项，或不在您的权限内").count();
    assert_eq!(unseen, 2);
    // Between looking and sending, a colleague signs for one of them.
    town.step("handler", cases[1], "sign", |_, _| {}).await;
    let done = send(&mut handler, &page, &[]).await;
    done.says("办好了 1 件").says("有 1 件没有办成");
    assert_eq!(state(&town, elsewhere).await, "assigned");
    assert_eq!(state(&town, cases[2]).await, "handling");
}

#[tokio::test]
async fn many_pass_to_another_unit_with_one_reason_which_must_be_there() {
    let town = Town::found().await;
    let (cases, numbers) = three(&town).await;
    let mut dispatcher = town.log_in("dispatcher").await;
    let page = prepare(&mut dispatcher, "transfer", &numbers).await;
    page.says("转给下面写的单位").says("name=\"to\"");
    let wrong = send(&mut dispatcher, &page, &[("to", "水务局")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.says("value=\"水务局\"").says("aria-invalid");
    let done = send(&mut dispatcher, &wrong, &[("to", "水务局"), ("reason", "属水务")]).await;
    done.says("办好了 3 件");
    let water = common::unit(&town.tenant(), "water");
    for case in cases {
        let view = town.tenant().read(move |reader| reader.case(case)).await;
        assert_eq!(view.unwrap().unwrap().case.unit, Some(water));
    }
}

#[tokio::test]
async fn a_person_is_put_in_charge_of_many_and_the_co_units_stay() {
    let town = Town::found().await;
    let (cases, numbers) = three(&town).await;
    let water = common::unit(&town.tenant(), "water");
    let staff = bihuan_core::case::command::Command::Staff {
        co_units: vec![water],
        person: None,
    };
    town.carry_out("head", cases[0], |_| staff).await;
    let mut head = town.log_in("head").await;
    let page = prepare(&mut head, "person", &numbers).await;
    let text = page.text();
    let person = text
        .split("<option value=\"")
        .find(|option| option.contains("赵工"))
        .unwrap();
    let person = person.split('"').next().unwrap().to_owned();
    let done = send(&mut head, &page, &[("person", &person)]).await;
    done.says("办好了 3 件");
    let first = cases[0];
    let view = town.tenant().read(move |reader| reader.case(first)).await;
    let case = view.unwrap().unwrap().case;
    assert_eq!(
        (case.person.unwrap().to_string(), case.co_units),
        (person, vec![water])
    );
}

#[tokio::test]
async fn acts_are_offered_by_grants_and_words_about_one_case_are_not_for_many() {
    let town = Town::found().await;
    let (_, numbers) = three(&town).await;
    let mut handler = town.log_in("handler").await;
    handler
        .get("/ledger")
        .await
        .says("value=\"step-sign\"")
        .keeps_silent_about("value=\"transfer\"");
    for act in ["transfer", "step-answer"] {
        let page = prepare(&mut handler, act, &numbers).await;
        page.says("可以办理 0 件")
            .keeps_silent_about("action=\"/bulk/commands\"");
    }
    // Sent all the same, each is refused by itself.
    let page = prepare(&mut handler, "step-sign", &numbers).await;
    let mut forged: Vec<(&str, &str)> = vec![
        ("act", "transfer"),
        ("list", ""),
        ("to", "water"),
        ("reason", "x"),
    ];
    forged.extend(numbers.iter().map(|number| ("case", number.as_str())));
    let done = handler.submit(&page, "/bulk/commands", &forged).await;
    done.says("有 3 件没有办成").keeps_silent_about("办好了");
    let nothing = prepare(&mut handler, "step-nothing", &numbers).await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn none_and_too_many_are_refused_and_one_named_twice_is_one() {
    let town = Town::found().await;
    let (_, numbers) = three(&town).await;
    let mut handler = town.log_in("handler").await;
    let none = prepare(&mut handler, "step-sign", &[]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    none.says("还没有选中事项");
    let many: Vec<String> = (0..51).map(|at| format!("NO-{at}")).collect();
    let many = prepare(&mut handler, "step-sign", &many).await;
    assert_eq!(many.status, StatusCode::UNPROCESSABLE_ENTITY);
    let twice = [numbers[0].clone(), numbers[0].clone()];
    prepare(&mut handler, "step-sign", &twice)
        .await
        .says("可以办理 1 件");
}

#[tokio::test]
async fn the_chosen_are_exported_and_nothing_else() {
    let town = Town::found().await;
    let (_, numbers) = three(&town).await;
    let mut head = town.log_in("head").await;
    let ledger = head.get("/ledger").await;
    let fields = [
        ("act", "export"),
        ("list", ""),
        ("format", "csv"),
        ("case", numbers[0].as_str()),
        ("case", numbers[2].as_str()),
    ];
    let file = head.submit(&ledger, "/bulk", &fields).await;
    file.says(&numbers[0])
        .says(&numbers[2])
        .keeps_silent_about(&numbers[1]);
    // A handler may export nothing.
    let mut handler = town.log_in("handler").await;
    let ledger = handler.get("/ledger").await;
    ledger.keeps_silent_about("value=\"export\"");
    let refused = handler.submit(&ledger, "/bulk", &fields).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_page_is_put_in_groups_and_its_address_says_so() {
    let town = Town::found().await;
    three(&town).await;
    town.raise(&Matter::default()).await;
    let mut dispatcher = town.log_in("dispatcher").await;
    let page = dispatcher
        .get("/ledger?group=unit&density=compact&filter=open")
        .await;
    page.says("住建局 <span>3</span>")
        .says("没有填 <span>1</span>")
        .says("只把本页的 4 件分组")
        .says("class=\"cases compact\"")
        .says("name=\"group\" value=\"unit\"");
    for by in ["phase", "category", "kind", "due"] {
        let page = dispatcher.get(&format!("/ledger?group={by}")).await;
        assert_eq!(page.text().matches("data-row=").count(), 4, "{by}");
    }
    dispatcher
        .get("/ledger?group=nonsense")
        .await
        .keeps_silent_about("group-row");
}

#[tokio::test]
async fn many_are_urged_with_one_sentence_and_their_unit_sees_it() {
    let town = Town::found().await;
    let (_, numbers) = three(&town).await;
    let mut supervisor = town.log_in("supervisor").await;
    let page = prepare(&mut supervisor, "urge", &numbers).await;
    page.says("name=\"words\"");
    let done = send(&mut supervisor, &page, &[("words", "请本周内办结")]).await;
    done.says("办好了 3 件");
    let mut handler = town.log_in("handler").await;
    let case = handler.get(&format!("/cases/{}", numbers[1])).await;
    case.says("请本周内办结");
    handler.get("/ledger").await.keeps_silent_about("value=\"urge\"");
}
