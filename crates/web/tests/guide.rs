//! What citizens are told before and after a report: what happens to it, help, and the receipt.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::StatusCode;
use bihuan_core::case::command::Command;
use common::Town;
use common::cases::Matter;

const TEXT: &str = "小区东门外的路灯三周不亮。";

#[tokio::test]
async fn how_long_each_part_takes_comes_from_the_pack_with_its_source() {
    let town = Town::found().await;
    let mut browser = town.browser();
    let help = browser.get("/how").await;
    help.says("求助：整件事")
        .says("<b>7 个工作日</b>")
        .says("经批准最多再延 10 个工作日");
    help.says("四川省12345政务服务便民热线运行管理办法（2026）");
    // A limit that is practice and no rule says so.
    help.says("派单时限")
        .says("热线通行做法（请按本地规定修改）（样例）");
    help.says("承办单位以外的人").says("答复后 5 日内您没有说话");
    browser
        .get("/how?kind=complaint")
        .await
        .says("<b>15 个工作日</b>")
        .says("aria-current=\"page\">投诉");
    for kind in ["nothing", "%22%3Cb%3E"] {
        let answer = browser.get(&format!("/how?kind={kind}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{kind}");
    }
    browser
        .get("/how?lang=en")
        .await
        .says("7 working days")
        .says("(example)");
}

#[tokio::test]
async fn help_names_what_belongs_elsewhere_as_the_packs_do() {
    let town = Town::found().await;
    let mut browser = town.browser();
    browser
        .get("/help")
        .await
        .says("12388")
        .says("2 小时")
        .says("href=\"/how\"");
    browser.get("/help?lang=en").await.says("What can I report here?");
}

#[tokio::test]
async fn a_receipt_leads_back_without_telling_any_server_the_code() {
    let town = Town::found().await;
    let mut browser = town.browser();
    let page = browser.get("/report").await;
    let fields = [("text", TEXT), ("disclosure", "anonymous")];
    let receipt = browser.submit(&page, "/report", &fields).await;
    receipt
        .says("http://qinghe.example/track")
        .says("接下来")
        .says("到期");
    receipt.says("viewBox=\"-4 -4 ").says("href=\"/how?kind=help\"");
    let code = receipt.element("code");
    assert!(!receipt.text().contains(&format!("?{code}")) && !receipt.text().contains(&format!("/{code}")));
    // It asks for a code also where another report is followed in the same browser.
    browser
        .get("/code")
        .await
        .says("七组字母和数字")
        .keeps_silent_about("三周不亮");
    browser.get("/track").await.says("三周不亮");
}

#[tokio::test]
async fn the_way_back_is_the_tenants_own_name_whatever_is_asked_for() {
    let town = Town::found().await;
    let mut browser = town.browser();
    browser.headers = vec![("host", "qinghe.example:8443".to_owned())];
    let fields = [("text", TEXT), ("disclosure", "anonymous")];
    let page = browser.get("/report").await;
    browser
        .submit(&page, "/report", &fields)
        .await
        .says("http://qinghe.example:8443/track");
    browser.headers = vec![("host", "evil.example".to_owned())];
    let page = browser.get("/report").await;
    let receipt = browser.submit(&page, "/report", &fields).await;
    receipt
        .says("http://qinghe.example/track")
        .keeps_silent_about("evil.example");
}

#[tokio::test]
async fn the_look_is_kept_and_the_switches_keep_the_page() {
    let town = Town::found().await;
    let mut browser = town.browser();
    browser
        .get("/how?kind=complaint")
        .await
        .says("href=\"/how?kind=complaint&#38;look=large\"");
    browser
        .get("/how?kind=complaint&look=large")
        .await
        .says("class=\"large\"")
        .says("<b>15 个工作日</b>");
    assert_eq!(browser.cookie("look"), Some("large"));
    browser
        .get("/help")
        .await
        .says("class=\"large\"")
        .says("href=\"/help?look=large-contrast\"");
    browser
        .get("/help?look=%22%3E%3Cb%3E")
        .await
        .says("class=\"large\"");
    browser.get("/help?look=plain").await.says("class=\"\"");
    // Staff have it too.
    let mut operator = town.log_in("operator").await;
    operator
        .get("/desk?look=large-contrast")
        .await
        .says("class=\"large contrast\"");
}

#[tokio::test]
async fn what_was_struck_off_is_told_without_anything_that_a_reporter_wrote() {
    let town = Town::found().await;
    let mut browser = town.browser();
    browser.get("/struck-off").await.says("还没有可以公开的销号事项");
    browser.get("/").await.keeps_silent_about("最近销号的事");
    town.struck_off(&Matter::default()).await;
    town.answered(&Matter::default(), "works", "handler").await;
    for path in ["/struck-off", "/"] {
        let page = browser.get(path).await;
        page.says("住建局")
            .says("用了 4 个工作日")
            .says("2026年3月8日 销号");
        page.keeps_silent_about("路灯").keeps_silent_about("已换");
        assert_eq!(page.text().matches("class=\"struck-list\"").count(), 1);
        assert_eq!(
            page.text().matches("用了").count(),
            1,
            "what is not struck off stays out"
        );
    }
    browser
        .get("/struck-off?lang=en")
        .await
        .says("Works Bureau")
        .says("took 4 working days");
    browser
        .get("/struck-off?after=nonsense")
        .await
        .says("Works Bureau");
}

#[tokio::test]
async fn what_was_struck_off_last_stands_first_whatever_changed_since() {
    let town = Town::found().await;
    let first = town.struck_off(&Matter::default()).await;
    let last = town.struck_off(&Matter::default()).await;
    town.pass_hours(1);
    town.allow_pictures(first).await;
    let page = town.browser().get("/struck-off").await;
    let text = page.text();
    let place = |case| text.find(&town.number(case)).unwrap();
    assert!(place(last) < place(first), "{text}");
}

#[tokio::test]
async fn what_reporters_said_stands_beside_what_was_struck_off() {
    let town = Town::found().await;
    let mut browser = town.browser();
    town.struck_off(&Matter::default()).await;
    let heard = town.answered(&Matter::default(), "works", "handler").await;
    town.carry_out("operator", heard, |_| Command::GiveSatisfaction {
        solved: true,
        score: None,
        remark: None,
    })
    .await;
    town.step("supervisor", heard, "strike_off", |_, _| {}).await;
    let page = browser.get("/struck-off").await;
    page.says("class=\"chip ok\">反映人说：已经解决")
        .says("说已经解决的 1 件，说没有解决的 0 件，没有表态的 1 件");
    let mut dispatcher = town.log_in("dispatcher").await;
    let page = dispatcher.get("/ledger?filter=satisfied").await;
    page.says(&town.number(heard)).says("class=\"ok\">满意");
}

#[tokio::test]
async fn nothing_is_told_of_what_complains_about_somebody_or_is_not_open_to_the_list() {
    let town = Town::found().await;
    let accused = Some("water");
    for matter in [
        Matter {
            accused,
            ..Matter::default()
        },
        Matter {
            kind: "complaint",
            accused,
            ..Matter::default()
        },
    ] {
        town.struck_off(&matter).await;
    }
    town.browser()
        .get("/struck-off")
        .await
        .says("还没有可以公开的销号事项");
}

#[tokio::test]
async fn the_list_of_what_was_struck_off_goes_on_page_by_page() {
    let town = Town::found().await;
    for _ in 0..22 {
        town.struck_off(&Matter::default()).await;
    }
    // What is not for everybody takes no place on a page: nothing tells that it is there.
    town.struck_off(&Matter {
        accused: Some("water"),
        ..Matter::default()
    })
    .await;
    let mut browser = town.browser();
    let first = browser.get("/struck-off").await;
    assert_eq!(first.text().matches("用了").count(), 20);
    let text = first.text();
    let next = text
        .split("rel=\"next\" href=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let second = browser.get(next).await;
    assert_eq!(second.text().matches("用了").count(), 2);
    second.says("回到第一页");
    assert_eq!(browser.get("/").await.text().matches("用了").count(), 4);
}

#[tokio::test]
async fn the_styleguide_is_there_in_both_languages() {
    let town = Town::found().await;
    let mut browser = town.browser();
    browser
        .get("/styleguide")
        .await
        .says("样式手册")
        .says("swatch vermilion");
    browser
        .get("/styleguide?lang=en")
        .await
        .says("Styleguide")
        .says("class=\"clock over\"");
}

#[tokio::test]
async fn staff_see_the_citizens_pages_as_citizens_do() {
    let town = Town::found().await;
    let mut handler = town.log_in("handler").await;
    for path in ["/", "/report", "/track", "/how", "/help", "/struck-off"] {
        let page = handler.get(path).await;
        page.says("您以 赵工 的身份登录着").says("href=\"/desk\"");
        page.says("查询进度").keeps_silent_about("action=\"/logout\"");
        town.browser().get(path).await.keeps_silent_about("身份登录着");
    }
    handler.get("/desk").await.keeps_silent_about("身份登录着");
}
