//! The case page, from the outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::StatusCode;
use bihuan_core::id::PersonId;
use bihuan_core::org::OrgEvent;
use bihuan_core::permission::Permit;
use common::browser::Answer;
use common::{Browser, Town};

const TEXT: &str = "小区东门外的路灯三周不亮，晚上走路很危险。";

/// Sends a report with a photo by the portal and returns the reporter's browser and the case's number.
async fn report_with_photo(town: &Town) -> (Browser, String) {
    let mut reporter = town.browser();
    let page = reporter.get("/report").await;
    let (csrf, key) = (page.hidden("csrf"), page.hidden("key"));
    let fields = [
        ("csrf", &*csrf),
        ("key", &*key),
        ("text", TEXT),
        ("disclosure", "anonymous"),
    ];
    let photo = common::photo::street(false);
    let receipt = reporter
        .upload("/report", &fields, &[("photos", "a.png", &photo)])
        .await;
    (reporter, number_on(&receipt))
}

/// Returns the number that a receipt tells.
fn number_on(receipt: &Answer) -> String {
    let text = receipt.says("请保存查询码").text();
    let number = text.split("<dd>").nth(1).unwrap().split('<').next().unwrap();
    number.to_owned()
}

/// Sends a report by the portal and returns the reporter's browser and the case's number.
async fn report(town: &Town, fields: &[(&str, &str)]) -> (Browser, String) {
    let mut reporter = town.browser();
    let page = reporter.get("/report").await;
    let receipt = reporter.submit(&page, "/report", fields).await;
    (reporter, number_on(&receipt))
}

async fn anonymous(town: &Town) -> (Browser, String) {
    report(town, &[("text", TEXT), ("disclosure", "anonymous")]).await
}

/// Sends a form of the case page, as it stands there.
async fn send(browser: &mut Browser, number: &str, form: &str, fields: &[(&str, &str)]) -> Answer {
    let page = browser.get(&format!("/cases/{number}")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    browser
        .submit(&page, &format!("/cases/{number}/{form}"), fields)
        .await
}

async fn step(town: &Town, login: &str, number: &str, fields: &[(&str, &str)]) -> Answer {
    let mut browser = town.log_in(login).await;
    let answer = send(&mut browser, number, "steps", fields).await;
    answer.says("已记入");
    answer
}

async fn add_photo(town: &Town, number: &str) -> Answer {
    let mut handler = town.log_in("handler").await;
    let page = handler.get(&format!("/cases/{number}")).await;
    let csrf = page.hidden("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("moment", "after"),
        ("caption", "换了新灯"),
    ];
    let photo = common::photo::telephone();
    handler
        .upload(
            &format!("/cases/{number}/evidence"),
            &fields,
            &[("photos", "现场.jpg", &photo)],
        )
        .await
}

/// Brings a case to the unit that handles it.
async fn assign(town: &Town, number: &str) {
    step(town, "operator", number, &[("step", "accept")]).await;
    step(
        town,
        "dispatcher",
        number,
        &[("step", "assign"), ("unit", "住建局")],
    )
    .await;
}

#[tokio::test]
async fn a_part_of_a_name_is_enough_where_it_fits_one_unit_and_several_are_named() {
    let town = Town::found().await;
    let (_, number) = anonymous(&town).await;
    step(&town, "operator", &number, &[("step", "accept")]).await;
    let mut dispatcher = town.log_in("dispatcher").await;
    for (part, said) in [
        ("局", "有 2 个单位符合：水务局、住建局"),
        ("天文台", "没有这个单位"),
    ] {
        let fields = [("step", "assign"), ("unit", part)];
        let refused = send(&mut dispatcher, &number, "steps", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        refused.says(said);
    }
    let one = step(
        &town,
        "dispatcher",
        &number,
        &[("step", "assign"), ("unit", "works b")],
    )
    .await;
    one.says("已派单，待签收").says("住建局");
}

/// Brings a case to the verifier.
async fn handle(town: &Town, number: &str) {
    assign(town, number).await;
    step(town, "handler", number, &[("step", "sign")]).await;
    add_photo(town, number).await.says("换了新灯").says("办理后");
    step(
        town,
        "handler",
        number,
        &[("step", "submit"), ("remark", "六盏全部更换")],
    )
    .await;
}

/// Brings a case to where its reporter is answered.
async fn answer(town: &Town, number: &str) {
    handle(town, number).await;
    let verify = [("step", "verify"), ("finding", "现场六盏全亮")];
    step(town, "supervisor", number, &verify).await.says("核验通过");
    let answer = [
        ("step", "answer"),
        ("reply", "六盏路灯已更换。"),
        ("reply_way", "receipt_page"),
    ];
    step(town, "operator", number, &answer).await;
}

#[tokio::test]
async fn a_case_is_taken_to_strike_off_by_forms_alone() {
    let town = Town::found().await;
    let (mut reporter, number) = anonymous(&town).await;
    answer(&town, &number).await;
    let page = reporter.get("/track").await;
    page.says("六盏路灯已更换。");
    page.says("href=\"/code\">查询另一件");
    reporter
        .submit(&page, "/track/satisfaction", &[("solved", "yes")])
        .await
        .says("解决了");
    let struck = step(&town, "supervisor", &number, &[("step", "strike_off")]).await;
    struck
        .says("class=\"seal\"")
        .says("2026年3月2日 销号")
        .says("销号：已办好、经核验、已答复。");
    reporter.get("/track").await.says("class=\"seal\"");
    // The same form once more is what it was; with other words it is not taken, whatever has come of the case.
    let again = [("solved", "yes")];
    let again = reporter.submit(&page, "/track/satisfaction", &again).await;
    again.says("这件事已经销号");
    let changed = [("solved", "yes"), ("remark", "谢谢")];
    let changed = reporter.submit(&page, "/track/satisfaction", &changed).await;
    assert_eq!(changed.status, StatusCode::UNPROCESSABLE_ENTITY);
    changed.keeps_silent_about("这件事已经销号");
}

/// Returns the address of the first picture of a kind of page.
fn first_picture(page: &Answer, base: &str) -> String {
    let text = page.text();
    let at = text.find(&format!("<img src=\"{base}")).expect("a picture");
    text[at + 10..].split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn everybody_sees_a_picture_for_as_long_as_its_reporter_allows_it() {
    let town = Town::found().await;
    let (mut reporter, number) = report_with_photo(&town).await;
    answer(&town, &number).await;
    let page = reporter.get("/track").await;
    reporter
        .submit(&page, "/track/satisfaction", &[("solved", "yes")])
        .await;
    let page = reporter.get("/track").await;
    let before = first_picture(&page, "/track/evidence/");
    let before = before.rsplit('/').next().unwrap().to_owned();
    step(&town, "supervisor", &number, &[("step", "strike_off")]).await;
    let mut operator = town.log_in("operator").await;
    operator
        .get(&format!("/cases/{number}"))
        .await
        .keeps_silent_about("picture-showings");

    let page = reporter.get("/track").await;
    page.says("照片可以公开吗");
    reporter
        .submit(&page, "/track/consents", &[("pictures", "yes")])
        .await
        .says("您已同意公开照片");
    let public = format!("/struck-off/{number}");
    let mut visitor = town.browser();
    visitor.get("/struck-off").await.keeps_silent_about(&public);
    assert_eq!(visitor.get(&public).await.status, StatusCode::NOT_FOUND);

    let show = [("evidence", before.as_str()), ("shown", "yes")];
    send(&mut operator, &number, "picture-showings", &show)
        .await
        .says("（已公开）");
    let mut program = town.program("operator").await;
    let listed = program.get("/api/v1/cases?limit=1").await.json();
    let id = listed["cases"][0]["id"].as_str().unwrap();
    let read = program.get(&format!("/api/v1/cases/{id}")).await.json();
    let told = |at: usize| read["evidence"][at]["public"].as_bool();
    assert_eq!([told(0), told(1)], [Some(true), Some(false)]);
    visitor
        .get("/struck-off")
        .await
        .says(&format!("href=\"{public}\""));
    let page = visitor.get(&public).await;
    page.says("办理前")
        .keeps_silent_about("路灯")
        .keeps_silent_about("<h3>办理后");
    let picture = first_picture(&page, &public);
    let answer = visitor.get(&picture).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["content-type"], "image/png");
    assert_eq!(answer.headers["cache-control"], "private, max-age=60");
    for shown in [&page, &answer] {
        assert_eq!(shown.headers["x-robots-tag"], "noindex, noarchive");
        assert_eq!(shown.headers["cross-origin-resource-policy"], "same-origin");
    }

    let page = reporter.get("/track").await;
    page.says(&format!("href=\"{public}\""));
    reporter
        .submit(&page, "/track/consents", &[("pictures", "no")])
        .await
        .says("照片可以公开吗")
        .keeps_silent_about(&public);
    for gone in [&public, &picture] {
        assert_eq!(visitor.get(gone).await.status, StatusCode::NOT_FOUND, "{gone}");
    }
    visitor.get("/struck-off").await.keeps_silent_about(&public);
}

#[tokio::test]
async fn an_old_page_that_is_sent_again_takes_back_what_was_allowed_since() {
    let town = Town::found().await;
    let (mut reporter, number) = report_with_photo(&town).await;
    answer(&town, &number).await;
    let say = async |reporter: &mut Browser, page: &Answer, word: &str| {
        let answer = reporter
            .submit(page, "/track/consents", &[("pictures", word)])
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{word}");
        answer
    };
    let page = reporter.get("/track").await;
    let allowed = say(&mut reporter, &page, "yes").await;
    allowed.says("您已同意公开照片");
    let taken_back = say(&mut reporter, &allowed, "no").await;
    say(&mut reporter, &taken_back, "yes")
        .await
        .says("您已同意公开照片");
    for _ in 0..2 {
        say(&mut reporter, &allowed, "no")
            .await
            .keeps_silent_about("您已同意公开照片");
    }
}

#[tokio::test]
async fn a_refused_step_names_the_rule_and_keeps_what_was_written() {
    let town = Town::found().await;
    let (_, number) = anonymous(&town).await;
    assign(&town, &number).await;
    step(&town, "handler", &number, &[("step", "sign")]).await;
    let mut handler = town.log_in("handler").await;
    let fields = [("step", "submit"), ("remark", "六盏全部更换，尚未拍照")];
    let answer = send(&mut handler, &number, "steps", &fields).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    answer
        .says("先要有：本轮的佐证")
        .says("六盏全部更换，尚未拍照")
        .says("role=\"alert\"")
        .says("href=\"#step-submit\"");
}

#[tokio::test]
async fn what_is_missing_is_said_at_its_field_and_the_rest_stays() {
    let town = Town::found().await;
    let (_, number) = anonymous(&town).await;
    step(&town, "operator", &number, &[("step", "accept")]).await;
    let mut dispatcher = town.log_in("dispatcher").await;
    let fields = [
        ("step", "assign"),
        ("unit", "没有这个局"),
        ("co_units", "水务局、督查室"),
    ];
    let answer = send(&mut dispatcher, &number, "steps", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    answer
        .says("没有这个单位")
        .says("value=\"没有这个局\"")
        .says("value=\"水务局、督查室\"");
    let nothing = send(
        &mut dispatcher,
        &number,
        "steps",
        &[("step", "refuse"), ("notice", "告知书正文")],
    )
    .await;
    nothing.says("请填写").says("告知书正文");
    assert_eq!(nothing.text().matches("请填写").count(), 2);
}

#[tokio::test]
async fn nobody_verifies_their_own_work_not_even_with_the_role() {
    let town = Town::found().await;
    let (_, number) = anonymous(&town).await;
    handle(&town, &number).await;
    let scene = town.tenant().scene();
    let handler: PersonId = scene.org.person_by_name("赵工").unwrap().id;
    let unit = common::unit(&town.tenant(), "works");
    let on = "2020-01-01".parse().unwrap();
    let grant = OrgEvent::RoleGranted {
        person: handler,
        role: "supervisor".to_owned(),
        unit,
        on,
    };
    town.tenant()
        .change_org(&Permit::system(), grant, town.app.now())
        .await
        .unwrap();

    let mut handler = town.log_in("handler").await;
    handler
        .get(&format!("/cases/{number}"))
        .await
        .says("自己不能核验自己办的事")
        .says("还不能办");
    let fields = [("step", "verify"), ("finding", "我自己看过，都亮")];
    let answer = send(&mut handler, &number, "steps", &fields).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    answer.says("住建局承办过此事").says("我自己看过，都亮");
}

#[tokio::test]
async fn whoever_may_not_read_a_case_finds_nothing_at_any_of_its_doors() {
    let town = Town::found().await;
    let (_, number) = anonymous(&town).await;
    assign(&town, &number).await;
    let mut stranger = town.log_in("water").await;
    for path in ["", "/proof", "/evidence/018e0000-0000-7000-8000-000000000000"] {
        assert_eq!(
            stranger.get(&format!("/cases/{number}{path}")).await.status,
            StatusCode::NOT_FOUND
        );
    }
    let page = stranger.get("/desk").await;
    let csrf = page.hidden("csrf");
    for path in ["steps", "comments", "transfers", "evidence", "identity-reads"] {
        let fields = [
            ("csrf", csrf.as_str()),
            ("text", "x"),
            ("step", "sign"),
            ("reason", "x"),
        ];
        let answer = stranger.post(&format!("/cases/{number}/{path}"), &fields).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        answer.keeps_silent_about("三周不亮");
    }
    let nobody = town.browser().get(&format!("/cases/{number}")).await;
    assert!(nobody.status.is_redirection(), "{}", nobody.status);
}

#[tokio::test]
async fn the_identity_is_shown_once_for_a_reason_that_stays_in_the_log() {
    let town = Town::found().await;
    let fields = [
        ("text", TEXT),
        ("disclosure", "confidential"),
        ("name", "王女士"),
        ("phone", "13800000000"),
    ];
    let (_, number) = report(&town, &fields).await;
    let mut registrar = town.log_in("registrar").await;
    let page = registrar.get(&format!("/cases/{number}")).await;
    page.says("还没有人查看过").keeps_silent_about("王女士");
    let empty = send(&mut registrar, &number, "identity-reads", &[("reason", " ")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    empty.keeps_silent_about("王女士");

    let shown = send(
        &mut registrar,
        &number,
        "identity-reads",
        &[("reason", "约定现场查看时间")],
    )
    .await;
    shown.says("王女士").says("13800000000").says("约定现场查看时间");
    assert_eq!(shown.headers["cache-control"], "no-store");
    let page = registrar.get(&format!("/cases/{number}")).await;
    page.says("已被查看 1 次")
        .says("约定现场查看时间")
        .keeps_silent_about("王女士");

    let mut operator = town.log_in("operator").await;
    let refused = send(&mut operator, &number, "identity-reads", &[("reason", "好奇")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    refused.keeps_silent_about("王女士");
}

#[tokio::test]
async fn hostile_text_is_shown_as_text() {
    let town = Town::found().await;
    let evil = "</p><script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let (_, number) = report(&town, &[("text", evil), ("disclosure", "anonymous")]).await;
    let mut operator = town.log_in("operator").await;
    let answer = send(&mut operator, &number, "comments", &[("text", evil)]).await;
    answer
        .keeps_silent_about("<script>alert")
        .keeps_silent_about("<img src=x");
    let fields = [("linkage", "part_of"), ("other", "\"><script>alert(2)</script>")];
    let refused = send(&mut operator, &number, "links", &fields).await;
    refused
        .says("没有这个编号的事项")
        .keeps_silent_about("<script>alert");
}

#[tokio::test]
async fn a_page_offers_only_what_its_viewer_may_do() {
    let town = Town::found().await;
    let (_, number) = anonymous(&town).await;
    assign(&town, &number).await;
    let path = format!("/cases/{number}");
    let handler = town.log_in("handler").await.get(&path).await;
    handler
        .says("签收")
        .says("添加佐证")
        .says("对派单提出异议")
        .says("写备注");
    handler
        .keeps_silent_about("批准延期")
        .keeps_silent_about("查看身份")
        .keeps_silent_about("/transfers");
    let supervisor = town.log_in("supervisor").await.get(&path).await;
    supervisor.says("批准延期").says("现在轮到别人");
    supervisor
        .keeps_silent_about("添加佐证")
        .keeps_silent_about("/disputes");
}

#[tokio::test]
async fn the_unit_whose_duty_it_is_stands_in_the_form_already() {
    let town = Town::found().await;
    let unit = common::unit(&town.tenant(), "water");
    let duty = OrgEvent::DutyGiven {
        unit,
        category: "construction.municipal.water".to_owned(),
        on: "2020-01-01".parse().unwrap(),
    };
    town.tenant()
        .change_org(&Permit::system(), duty, town.app.now())
        .await
        .unwrap();
    let (_, number) = anonymous(&town).await;
    step(&town, "operator", &number, &[("step", "accept")]).await;
    let mut dispatcher = town.log_in("dispatcher").await;
    let category = [("category", "construction.municipal.water")];
    send(&mut dispatcher, &number, "classifications", &category)
        .await
        .says("自来水供应")
        .says("value=\"水务局\" required");
}

#[tokio::test]
async fn a_case_that_was_refused_is_not_shown_as_handled() {
    let town = Town::found().await;
    let (mut reporter, number) = anonymous(&town).await;
    let reasons = [
        ("reason", "不属热线受理范围"),
        ("notice", "告知书正文"),
        ("objection_way", "可向司法局申请复议"),
    ];
    let mut fields = vec![("step", "refuse")];
    fields.extend(reasons);
    let refused = step(&town, "operator", &number, &fields).await;
    refused
        .says("不予受理，已说明理由和救济途径")
        .says("可向司法局申请复议");
    assert_eq!(refused.text().matches("class=\"done\"").count(), 2);
    reporter.get("/track").await.says("可向司法局申请复议");
}

#[tokio::test]
async fn a_dispute_is_ruled_on_the_page_of_who_may_rule() {
    let town = Town::found().await;
    let (_, number) = anonymous(&town).await;
    assign(&town, &number).await;
    let mut handler = town.log_in("handler").await;
    let fields = [("proposed", "水务局"), ("reason", "这一段路灯归水务局管")];
    send(&mut handler, &number, "disputes", &fields)
        .await
        .says("有异议待裁定")
        .keeps_silent_about("/rulings");
    let mut dispatcher = town.log_in("dispatcher").await;
    let fields = [("upheld", "yes"), ("unit", "水务局"), ("reason", "三定规定如此")];
    let ruled = send(&mut dispatcher, &number, "rulings", &fields).await;
    ruled.says("异议成立，改由水务局承办").says("三定规定如此");
    let gone = handler.get(&format!("/cases/{number}")).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_clock_is_extended_within_its_rule_and_no_further() {
    let town = Town::found().await;
    let (_, number) = anonymous(&town).await;
    assign(&town, &number).await;
    let mut supervisor = town.log_in("supervisor").await;
    let clock = [("clock", "general"), ("reason", "材料需要检测")];
    let too_long = send(
        &mut supervisor,
        &number,
        "extensions",
        &[clock[0], ("by", "11"), clock[1]],
    )
    .await;
    assert_eq!(too_long.status, StatusCode::CONFLICT);
    too_long.says("延期总共不能超过 10").says("材料需要检测");
    send(
        &mut supervisor,
        &number,
        "extensions",
        &[clock[0], ("by", "5"), clock[1]],
    )
    .await
    .says("批准延期到");
}

#[tokio::test]
async fn the_same_form_sent_twice_is_one_remark() {
    let town = Town::found().await;
    let (_, number) = anonymous(&town).await;
    let mut operator = town.log_in("operator").await;
    let page = operator.get(&format!("/cases/{number}")).await;
    let path = format!("/cases/{number}/comments");
    for _ in 0..2 {
        operator.submit(&page, &path, &[("text", "已电话告知街道")]).await;
    }
    let page = operator.submit(&page, &path, &[("text", "街道已到场")]).await;
    page.says("街道已到场");
    assert_eq!(page.text().matches("已电话告知街道").count(), 1);
}

#[tokio::test]
async fn the_proof_of_a_case_can_be_kept_and_checked() {
    let town = Town::found().await;
    let (_, number) = anonymous(&town).await;
    let proof = town
        .log_in("operator")
        .await
        .get(&format!("/cases/{number}/proof"))
        .await;
    assert_eq!(proof.status, StatusCode::OK, "{}", proof.text());
    assert!(
        proof.headers["content-disposition"]
            .to_str()
            .unwrap()
            .contains(&number)
    );
    let proof: bihuan_store::proof::case_proof::CaseProof = serde_json::from_slice(&proof.bytes).unwrap();
    proof.check(&town.tenant().verifier_key()).unwrap();
}

#[tokio::test]
async fn a_related_case_that_the_viewer_may_not_read_is_not_named() {
    let town = Town::found().await;
    let (_, one) = anonymous(&town).await;
    let (_, other) = report(&town, &[("text", "水管也漏"), ("disclosure", "anonymous")]).await;
    let mut dispatcher = town.log_in("dispatcher").await;
    let fields = [("linkage", "part_of"), ("other", other.as_str())];
    send(&mut dispatcher, &one, "links", &fields)
        .await
        .says("水管也漏");
    assign(&town, &one).await;
    let page = town.log_in("handler").await.get(&format!("/cases/{one}")).await;
    page.says("一件您无权查看的事项")
        .keeps_silent_about("水管也漏")
        .keeps_silent_about(&other);
}

#[tokio::test]
async fn the_page_reads_whole_in_english() {
    let town = Town::found().await;
    let (_, number) = anonymous(&town).await;
    handle(&town, &number).await;
    let mut supervisor = town.log_in("supervisor").await;
    let page = supervisor.get(&format!("/cases/{number}?lang=en")).await;
    page.says("What you can do now")
        .says("Works Bureau")
        .says("Verify")
        .says("working days");
}
