//! `/register`, from the outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::StatusCode;
use bihuan_core::filter::Checked;
use bihuan_core::org::OrgEvent;
use bihuan_core::permission::Permit;
use common::Town;
use common::browser::{Answer, Browser};
use common::cases::Matter;

const TEXT: &str = "小区东门外的路灯三周不亮，晚上走路很危险。";

async fn register(browser: &mut Browser, fields: &[(&str, &str)]) -> Answer {
    let page = browser.get("/register").await;
    let plain = [
        ("kind", "help"),
        ("channel", "phone"),
        ("severity", "3"),
        ("disclosure", "anonymous"),
    ];
    let kept = plain
        .into_iter()
        .filter(|(name, _)| !fields.iter().any(|(given, _)| given == name));
    let all: Vec<(&str, &str)> = kept.chain(fields.iter().copied()).collect();
    browser.submit(&page, "/register", &all).await
}

fn cases(town: &Town) -> usize {
    town.tenant()
        .reader()
        .unwrap()
        .count_all(&Checked::everything())
        .unwrap()
}

#[tokio::test]
async fn what_is_said_on_the_telephone_gets_a_number_a_code_and_a_unit() {
    let town = Town::found().await;
    let (tenant, now) = (town.tenant(), town.app.now());
    let duty = OrgEvent::DutyGiven {
        unit: common::unit(&tenant, "water"),
        category: "environment".to_owned(),
        on: "2020-01-01".parse().unwrap(),
    };
    tenant.change_org(&Permit::system(), duty, now).await.unwrap();
    let mut operator = town.log_in("operator").await;
    let fields = [
        ("text", TEXT),
        ("category", "环境监测"),
        ("place", "东门外"),
        ("severity", "4"),
    ];
    let done = register(&mut operator, &fields).await;
    assert_eq!(done.status, StatusCode::OK);
    let (number, code) = (done.element("number"), done.element("code"));
    done.says("水务局")
        .says("职责：环境保护")
        .says(&format!("/cases/{number}"));
    let mut citizen = town.browser();
    let page = citizen.get("/track").await;
    citizen
        .submit(&page, "/track", &[("code", &code)])
        .await
        .says("三周不亮");
}

#[tokio::test]
async fn everything_wrong_is_said_at_once_and_nothing_written_is_lost() {
    let town = Town::found().await;
    let mut operator = town.log_in("operator").await;
    let fields = [
        ("text", ""),
        ("title", "路灯"),
        ("place", "东门外"),
        ("category", "没有这一类"),
        ("channel", "pigeon"),
        ("accused", "没有这个局"),
        ("disclosure", "confidential"),
        ("phone", "一二三"),
    ];
    let again = register(&mut operator, &fields).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    for said in ["请填写", "请从列出的选项里选", "没有这个单位", "不像电话号码"] {
        again.says(said);
    }
    for kept in [
        "value=\"路灯\"",
        "value=\"东门外\"",
        "value=\"没有这一类\"",
        "value=\"没有这个局\"",
        "value=\"一二三\"",
    ] {
        again.says(kept);
    }
    assert_eq!(cases(&town), 0);
}

#[tokio::test]
async fn the_same_form_sent_twice_is_one_case() {
    let town = Town::found().await;
    let mut operator = town.log_in("operator").await;
    let page = operator.get("/register").await;
    let fields = [
        ("text", TEXT),
        ("kind", "help"),
        ("channel", "phone"),
        ("disclosure", "anonymous"),
    ];
    let first = operator.submit(&page, "/register", &fields).await;
    let second = operator.submit(&page, "/register", &fields).await;
    assert_eq!(
        first.element("number"),
        second.says("没有重复登记").element("number")
    );
    assert_eq!((first.element("code"), cases(&town)), (second.element("code"), 1));
}

#[tokio::test]
async fn a_form_that_was_registered_and_changed_is_another_case_and_no_draft() {
    let town = Town::found().await;
    let mut operator = town.log_in("operator").await;
    let page = operator.get("/register").await;
    let of = |text| {
        [
            ("text", text),
            ("kind", "help"),
            ("channel", "phone"),
            ("disclosure", "anonymous"),
        ]
    };
    operator
        .submit(&page, "/register", &of(TEXT))
        .await
        .says("已登记");
    let other = "还有三盏路灯也不亮。";
    let late = keep(&mut operator, &page, &[("text", other)]).await;
    late.keeps_silent_about("已存为草稿");
    operator.get("/register").await.keeps_silent_about("没写完的草稿");
    let again = operator.submit(&page, "/register", &of(other)).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    again.says("已经登记过一次").says(other);
    assert_eq!(cases(&town), 1);
    operator
        .submit(&again, "/register", &of(other))
        .await
        .says("已登记");
    assert_eq!(cases(&town), 2);
}

#[tokio::test]
async fn an_emergency_is_told_first_and_nothing_is_kept_until_they_go_on() {
    let town = Town::found().await;
    let mut operator = town.log_in("operator").await;
    let warned = register(&mut operator, &[("text", "隔壁楼着火了")]).await;
    warned
        .says("119")
        .says("隔壁楼着火了")
        .says("name=\"warned\" value=\"yes\"");
    assert_eq!(cases(&town), 0);
    register(&mut operator, &[("text", "隔壁楼着火了"), ("warned", "yes")])
        .await
        .says("已登记");
}

#[tokio::test]
async fn what_may_not_be_entered_is_told_the_lawful_way_and_not_a_word_is_kept() {
    let town = Town::found().await;
    let mut operator = town.log_in("operator").await;
    let refused = register(
        &mut operator,
        &[("text", "举报市委书记某某收受财物"), ("text2", "x")],
    )
    .await;
    refused.says("12388").keeps_silent_about("收受财物");
    assert_eq!(cases(&town), 0);
}

#[tokio::test]
async fn a_similar_open_case_is_shown_and_can_be_linked() {
    let town = Town::found().await;
    let before = town.assigned(&Matter::default(), "works").await;
    let number = town.number(before);
    let mut operator = town.log_in("operator").await;
    let done = register(
        &mut operator,
        &[("text", TEXT), ("title", "东门小区路灯不亮三周")],
    )
    .await;
    done.says("可能是同一件事").says(&number);
    let new = done.element("number");
    operator
        .submit(&done, "/register/links", &[("number", &new), ("same", &number)])
        .await;
    let reader = town.tenant().reader().unwrap();
    let case = reader
        .case(reader.by_number(&new).unwrap().unwrap())
        .unwrap()
        .unwrap()
        .case;
    assert_eq!(
        case.links.iter().map(|(_, other)| *other).collect::<Vec<_>>(),
        [before]
    );
}

#[tokio::test]
async fn a_case_about_ones_own_unit_is_taken_in_and_then_not_shown() {
    let town = Town::found().await;
    let mut operator = town.log_in("operator").await;
    let done = register(
        &mut operator,
        &[("text", "热线总是打不通，等了一小时"), ("accused", "热线中心")],
    )
    .await;
    let number = done.says("按规定您看不到它").element("number");
    operator.get("/ledger").await.keeps_silent_about(&number);
    assert_eq!(cases(&town), 1);
}

#[tokio::test]
async fn an_identity_is_sealed_and_stands_on_no_page() {
    let town = Town::found().await;
    let mut operator = town.log_in("operator").await;
    let fields = [
        ("text", TEXT),
        ("disclosure", "confidential"),
        ("name", "王小明"),
        ("phone", "13800000000"),
    ];
    let done = register(&mut operator, &fields).await;
    done.says("已登记").keeps_silent_about("王小明");
    operator
        .get("/ledger")
        .await
        .keeps_silent_about("王小明")
        .keeps_silent_about("13800000000");
}

#[tokio::test]
async fn who_may_not_register_has_no_form() {
    let town = Town::found().await;
    let answer = town.log_in("handler").await.get("/register").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

/// Lets a browser keep a draft as scripts do: the form as it stands, and these fields.
async fn keep(browser: &mut Browser, page: &Answer, fields: &[(&str, &str)]) -> Answer {
    let all: Vec<(&str, &str)> = [("kind", "help")]
        .into_iter()
        .chain(fields.iter().copied())
        .collect();
    browser.submit(page, "/register/drafts", &all).await
}

/// Returns the address of the draft that a form is kept as.
fn address_of(page: &Answer) -> String {
    let key = page.hidden("key");
    format!("/register?draft={}", key.split('.').next().unwrap())
}

#[tokio::test]
async fn what_was_begun_is_there_again_for_its_writer_alone() {
    let town = Town::found().await;
    let mut operator = town.log_in("operator").await;
    let page = operator.get("/register").await;
    let fields = [
        ("text", TEXT),
        ("phone", "13800000000"),
        ("disclosure", "confidential"),
    ];
    keep(&mut operator, &page, &fields).await.says("09:00 已存为草稿");
    let mut later = town.log_in("operator").await;
    let list = later.get("/register").await;
    list.says("没写完的草稿（1）").says(&address_of(&page));
    let again = later.get(&address_of(&page)).await;
    again
        .says(TEXT)
        .says("13800000000")
        .keeps_silent_about("没写完的草稿");
    assert_eq!(again.hidden("key"), page.hidden("key"));
    let mut other = town.log_in("registrar").await;
    other.get("/register").await.keeps_silent_about("没写完的草稿");
    other.get(&address_of(&page)).await.keeps_silent_about(TEXT);
}

#[tokio::test]
async fn a_draft_ends_when_it_is_sent_thrown_away_emptied_or_forgotten() {
    let town = Town::found().await;
    let mut operator = town.log_in("operator").await;
    let plain = [("channel", "phone"), ("disclosure", "anonymous")];
    for way in ["sent", "thrown away", "emptied", "forgotten"] {
        let page = operator.get("/register").await;
        keep(&mut operator, &page, &[("text", TEXT)]).await;
        let list = operator.get("/register").await;
        list.says("没写完的草稿（1）");
        match way {
            "sent" => {
                let all = [[("text", TEXT), ("kind", "help")], plain].concat();
                operator.submit(&page, "/register", &all).await.says("已登记");
            }
            "thrown away" => {
                let id = list.hidden("draft");
                operator
                    .submit(&list, "/register/drafts/discard", &[("draft", &id)])
                    .await;
            }
            "emptied" => {
                let kept = keep(&mut operator, &page, &[("text", " ")]).await;
                kept.keeps_silent_about("已存为草稿");
            }
            _forgotten => {
                town.pass_hours(31 * 24);
                let tenant = town.tenant();
                bihuan_web::sweep::sweep(&town.app, &tenant).await.unwrap();
                operator = town.log_in("operator").await;
            }
        }
        let list = operator.get("/register").await;
        assert!(!list.text().contains("没写完的草稿"), "{way}");
    }
    assert_eq!(cases(&town), 1);
}

#[tokio::test]
async fn nothing_is_kept_of_what_may_not_be_entered() {
    let town = Town::found().await;
    let mut operator = town.log_in("operator").await;
    let page = operator.get("/register").await;
    keep(&mut operator, &page, &[("text", "举报市委书记")]).await;
    let told = keep(&mut operator, &page, &[("text", "举报市委书记某某收受财物")]).await;
    told.says("12388").keeps_silent_about("已存为草稿");
    operator.get("/register").await.keeps_silent_about("没写完的草稿");
    operator
        .get(&address_of(&page))
        .await
        .keeps_silent_about("市委书记");
}

#[tokio::test]
async fn nobody_keeps_more_drafts_than_there_is_room_for() {
    let town = Town::found().await;
    let mut operator = town.log_in("operator").await;
    let mut status = Vec::new();
    for _ in 0..21 {
        let page = operator.get("/register").await;
        status.push(keep(&mut operator, &page, &[("text", TEXT)]).await.status);
    }
    assert!(status[..20].iter().all(|status| *status == StatusCode::OK));
    assert_eq!(status[20], StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn while_it_is_written_the_form_says_what_it_looks_like_where_it_belongs_and_whose_duty_it_is() {
    let town = Town::found().await;
    let before = town.assigned(&Matter::default(), "works").await;
    let number = town.number(before);
    let mut operator = town.log_in("operator").await;
    let page = operator.get("/register").await;
    let fields = [("text", "东门小区外面的路灯不亮，请来修")];
    let said = keep(&mut operator, &page, &fields).await;
    said.says(&number)
        .says("就是这件")
        .says("1 件相似事项归在这里")
        .says("基础设施")
        .says("住建局");
    let chosen = [fields[0], ("same", &number), ("accused", "住建局")];
    let said = keep(&mut operator, &page, &chosen).await;
    said.says(&format!("登记后会关联为 {number} 的重复件"))
        .keeps_silent_about("<b>住建局</b>");
}

#[tokio::test]
async fn what_was_recognised_while_it_was_written_is_linked_when_it_is_registered() {
    let town = Town::found().await;
    let before = town.assigned(&Matter::default(), "works").await;
    let number = town.number(before);
    let mut operator = town.log_in("operator").await;
    let done = register(&mut operator, &[("text", TEXT), ("same", &number)]).await;
    done.says(&format!("已关联为 {number} 的重复件"))
        .keeps_silent_about("可能是同一件事");
    let reader = town.tenant().reader().unwrap();
    let new = reader.by_number(&done.element("number")).unwrap().unwrap();
    let links = reader.case(new).unwrap().unwrap().case.links;
    assert_eq!(
        links.iter().map(|(_, other)| *other).collect::<Vec<_>>(),
        [before]
    );
    let failed = register(&mut operator, &[("text", "自来水爆管"), ("same", "X1")]).await;
    failed.says("已登记，但没有关联上 X1");
    assert_eq!(cases(&town), 3);
}

#[tokio::test]
async fn a_repeat_caller_is_known_by_the_number_and_no_name_is_read() {
    let town = Town::found().await;
    let matter = Matter {
        phone: Some("139 0000 1111"),
        ..Matter::default()
    };
    let ended = town.answered(&matter, "works", "handler").await;
    town.raise(&Matter {
        title: "井盖松动",
        ..matter.clone()
    })
    .await;
    // A report is for the inspectors alone: it is neither counted nor shown.
    town.raise(&Matter {
        kind: "report",
        title: "私下的事",
        ..matter.clone()
    })
    .await;
    // Whoever asked for confidence is not found by who tries the number.
    let mut citizen = town.browser();
    let form = citizen.get("/report").await;
    let confidential = [
        ("text", "站长收了钱，门口垃圾堆了一周没有人管。"),
        ("disclosure", "confidential"),
        ("phone", "13900001111"),
    ];
    citizen
        .submit(&form, "/report", &confidential)
        .await
        .says("请保存查询码");
    let mut operator = town.log_in("operator").await;
    let page = operator.get("/register").await;
    let said = keep(
        &mut operator,
        &page,
        &[("text", "又来电"), ("phone", "+86 13900001111")],
    )
    .await;
    said.says("这个号码以前反映过 2 件，其中在办 2 件");
    said.says("井盖松动").says(&town.number(ended));
    said.keeps_silent_about("私下的事")
        .keeps_silent_about("Liu")
        .keeps_silent_about("站长收了钱");
    let said = keep(
        &mut operator,
        &page,
        &[("text", "又来电"), ("phone", "13900002222")],
    )
    .await;
    said.keeps_silent_about("这个号码");
    let said = keep(&mut operator, &page, &[("text", "又来电"), ("phone", "139")]).await;
    said.keeps_silent_about("这个号码");
    let view = town.tenant().reader().unwrap().case(ended).unwrap().unwrap();
    assert_eq!(view.case.identity_reads, 0);
}

#[tokio::test]
async fn the_form_offers_the_texts_of_the_kinds_that_may_be_registered() {
    let town = Town::found().await;
    let mut operator = town.log_in("operator").await;
    let page = operator.get("/register").await;
    page.says("暖气不热");
    assert!(
        page.text().contains("【小区、楼号】"),
        "the blanks are in the page"
    );
    assert!(
        page.text()
            .contains("data-category=\"城乡建设 / 城市建设和市政管理 / 基础设施\"")
    );
}
