//! `/ledger`, from the outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use bihuan_store::read::bounds::Bounds;
use common::Town;
use common::browser::Answer;
use common::cases::Matter;
use serde_json::json;

/// The numbers of the cases on a page, in their order.
fn numbers(page: &Answer) -> Vec<String> {
    let text = page.text();
    let after = text.split("<td class=\"number\"><a href=\"/cases/").skip(1);
    after
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect()
}

/// The address behind the link to the next page.
fn next(page: &Answer) -> Option<String> {
    let text = page.text();
    let at = text.find("rel=\"next\" href=\"")?;
    Some(
        text[at + 17..]
            .split('"')
            .next()
            .unwrap()
            .replace("&#38;", "&")
            .replace("&amp;", "&"),
    )
}

#[tokio::test]
async fn the_ledger_shows_what_a_person_may_read_and_nothing_else() {
    let town = Town::found().await;
    let works = town.assigned(&Matter::default(), "works").await;
    let water = town
        .assigned(
            &Matter {
                title: "自来水管爆裂",
                ..Matter::default()
            },
            "water",
        )
        .await;
    let (works, water) = (town.number(works), town.number(water));
    let mut handler = town.log_in("handler").await;
    assert_eq!(
        numbers(&handler.get("/ledger").await),
        std::slice::from_ref(&works)
    );
    handler.get("/ledger").await.keeps_silent_about("自来水管");
    let all = numbers(&town.log_in("dispatcher").await.get("/ledger").await);
    assert_eq!(BTreeSet::from_iter(all), BTreeSet::from([works, water]));
}

#[tokio::test]
async fn who_is_complained_about_neither_sees_nor_counts_the_case() {
    let town = Town::found().await;
    let against_hotline = Matter {
        title: "热线总是打不通",
        accused: Some("hotline"),
        ..Matter::default()
    };
    let case = town.raise(&against_hotline).await;
    let page = town.log_in("dispatcher").await.get("/ledger").await;
    page.keeps_silent_about("热线总是打不通").says("共 0 件");
    let number = town.number(case);
    assert_eq!(
        numbers(&town.log_in("supervisor").await.get("/ledger").await),
        [number]
    );
}

#[tokio::test]
async fn paging_shows_every_case_once() {
    let town = Town::found().await;
    let mut raised = BTreeSet::new();
    for at in 0..120 {
        let severity = 1 + at % 5;
        let case = town
            .raise(&Matter {
                severity,
                ..Matter::default()
            })
            .await;
        raised.insert(town.number(case));
    }
    let mut browser = town.log_in("dispatcher").await;
    for order in [
        "",
        "?sort=severity&dir=asc",
        "?sort=due&dir=desc",
        "?sort=number&dir=asc",
    ] {
        let mut seen = Vec::new();
        let mut address = Some(format!("/ledger{order}"));
        while let Some(here) = address {
            let page = browser.get(&here).await;
            assert_eq!(page.status, StatusCode::OK);
            seen.extend(numbers(&page));
            address = next(&page);
        }
        assert_eq!(seen.len(), 120, "{order}");
        assert_eq!(BTreeSet::from_iter(seen), raised, "{order}");
    }
}

#[tokio::test]
async fn a_filter_chooses_and_reads_back_in_both_languages() {
    let town = Town::found().await;
    let grave = town
        .raise(&Matter {
            severity: 5,
            ..Matter::default()
        })
        .await;
    town.raise(&Matter {
        severity: 1,
        ..Matter::default()
    })
    .await;
    let mut browser = town.log_in("dispatcher").await;
    let page = browser.get("/ledger?filter=severity+%3E%3D+4+and+open").await;
    assert_eq!(numbers(&page), [town.number(grave)]);
    page.says("严重程度 &#62;= 4")
        .says("<code lang=\"en\">severity &#62;= 4 and open</code>");
    let english = browser
        .get("/ledger?filter=%E4%B8%A5%E9%87%8D%E7%A8%8B%E5%BA%A6+%3E%3D+4&lang=en")
        .await;
    assert_eq!(numbers(&english), [town.number(grave)]);
    english.says("severity &#62;= 4");
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_stays_and_shows_the_place() {
    let town = Town::found().await;
    town.raise(&Matter::default()).await;
    let mut browser = town.log_in("dispatcher").await;
    let page = browser.get("/ledger?filter=severty+%3E+3").await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("value=\"severty &#62; 3\"")
        .says("第 1 个字起看不懂")
        .says("<mark>severty</mark>")
        .says("severity");
    assert!(numbers(&page).is_empty());
}

#[tokio::test]
async fn words_that_were_looked_for_are_marked() {
    let town = Town::found().await;
    town.raise(&Matter::default()).await;
    town.raise(&Matter {
        title: "公交车太少",
        text: "等一小时",
        ..Matter::default()
    })
    .await;
    let page = town
        .log_in("dispatcher")
        .await
        .get("/ledger?filter=%E8%B7%AF%E7%81%AF")
        .await;
    assert_eq!(numbers(&page).len(), 1);
    page.says("<mark>路灯</mark>");
}

#[tokio::test]
async fn a_view_comes_back_as_it_was_saved_and_goes_when_its_owner_deletes_it() {
    let town = Town::found().await;
    town.raise(&Matter {
        severity: 5,
        ..Matter::default()
    })
    .await;
    let mut browser = town.log_in("dispatcher").await;
    let page = browser
        .get("/ledger?filter=severity+%3E+3&sort=severity&dir=asc&columns=unit+severity")
        .await;
    let fields = [
        ("name", "重要的"),
        ("filter", "severity > 3"),
        ("sort", "severity"),
        ("dir", "asc"),
        ("columns", "severity unit"),
        ("group", "unit"),
        ("density", "compact"),
    ];
    let saved = browser.submit(&page, "/ledger/views", &fields).await;
    saved.says("重要的").says("value=\"severity &#62; 3\"");
    let text = saved.text();
    let view = text
        .split("/ledger/views/")
        .nth(1)
        .unwrap()
        .split('/')
        .next()
        .unwrap()
        .to_owned();
    let opened = browser.get(&format!("/ledger?view={view}")).await;
    opened
        .says("严重程度 &#62; 3")
        .says("name=\"columns\" value=\"unit severity\"")
        .says("name=\"dir\" value=\"asc\"")
        .says("name=\"group\" value=\"unit\"")
        .says("class=\"cases compact\"");
    // What is changed on the page stays changed, though the view says otherwise.
    let loose = browser
        .get(&format!("/ledger?view={view}&filter=severity+%3E+3"))
        .await;
    loose.keeps_silent_about("class=\"cases compact\"");
    town.log_in("supervisor")
        .await
        .get("/ledger")
        .await
        .keeps_silent_about("重要的");
    let gone = browser
        .submit(&opened, &format!("/ledger/views/{view}/delete"), &[])
        .await;
    gone.keeps_silent_about("重要的");
}

#[tokio::test]
async fn suggestions_go_on_where_somebody_writes() {
    let town = Town::found().await;
    let mut browser = town.log_in("dispatcher").await;
    let list = browser
        .get("/ledger/suggest?text=%E4%B8%A5%E9%87%8D&cursor=2")
        .await
        .json();
    assert_eq!(list[0]["insert"], "严重程度");
    assert_eq!(
        (list[0]["from"].as_u64(), list[0]["to"].as_u64()),
        (Some(0), Some(2))
    );
}

#[tokio::test]
async fn a_shared_view_is_everybodys_and_sharing_needs_a_grant() {
    let town = Town::found().await;
    let shared = [("name", "全市超期"), ("filter", "overdue"), ("shared", "yes")];
    let mut dispatcher = town.log_in("dispatcher").await;
    let page = dispatcher.get("/ledger").await;
    dispatcher
        .submit(&page, "/ledger/views", &shared)
        .await
        .says("全市超期");
    let mut handler = town.log_in("handler").await;
    let page = handler.get("/ledger").await;
    page.says("全市超期").keeps_silent_about("name=\"shared\"");
    let refused = handler.submit(&page, "/ledger/views", &shared).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_program_keeps_shares_and_drops_views_as_the_page_does() {
    let town = Town::found().await;
    let mut head = town.program("dispatcher").await;
    let wanted = json!({"title": "急件", "filter": "severity >= 4", "sort": "due",
        "columns": ["severity", "unit"], "group": "due", "density": "compact", "shared": true});
    let kept = head.create("/api/v1/views", &wanted).await;
    assert_eq!(
        (&kept["columns"], &kept["sort"]),
        (&json!(["unit", "severity"]), &json!("due"))
    );
    assert_eq!(
        (&kept["group"], &kept["density"]),
        (&json!("due"), &json!("compact"))
    );
    let bad = json!({"title": "急件", "group": "weather", "density": "airy"});
    let bad = head.post_json("/api/v1/views", &bad).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(bad.json()["fields"].as_array().map(Vec::len), Some(2));
    let mut handler = town.program("handler").await;
    let listed = handler.get("/api/v1/views").await.json();
    assert_eq!(
        (&listed[0]["id"], &listed[0]["own"]),
        (&kept["id"], &json!(false))
    );
    let address = format!("/api/v1/views/{}", kept["id"].as_str().unwrap());
    let refused = handler.request(Method::DELETE, &address, None, Vec::new()).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    // On the page it is the same view.
    town.log_in("handler").await.get("/ledger").await.says("急件");
    let gone = head.request(Method::DELETE, &address, None, Vec::new()).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(head.get("/api/v1/views").await.json(), json!([]));
}

#[tokio::test]
async fn a_program_shares_nothing_without_the_grant_and_keeps_no_filter_that_says_nothing() {
    let town = Town::found().await;
    let mut handler = town.program("handler").await;
    let shared = handler
        .post_json("/api/v1/views", &json!({"title": "我的", "shared": true}))
        .await;
    assert_eq!(shared.status, StatusCode::FORBIDDEN);
    let bad = handler
        .post_json("/api/v1/views", &json!({"title": "我的", "filter": "severity >"}))
        .await;
    assert_eq!(
        (bad.status, &bad.json()["fields"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("filter"))
    );
    handler.create("/api/v1/views", &json!({"title": "我的"})).await;
    assert_eq!(handler.get("/api/v1/views").await.json()[0]["own"], json!(true));
}

#[tokio::test]
async fn what_is_wrong_with_a_filter_is_said_in_the_visitors_language() {
    let town = Town::found().await;
    let mut browser = town.log_in("dispatcher").await;
    let address = "/ledger?filter=severty+%3E+3";
    browser
        .get(address)
        .await
        .says("没有“severty”这个字段")
        .says("是不是“severity”？");
    browser
        .get(&format!("{address}&lang=en"))
        .await
        .says("there is no field &#34;severty&#34;");
}

#[tokio::test]
async fn a_view_sent_twice_under_one_key_is_kept_once() {
    let town = Town::found().await;
    let mut handler = town.program("handler").await;
    handler.headers.push(("idempotency-key", "a".to_owned()));
    let wanted = json!({"title": "我的", "filter": "open"});
    let first = handler.create("/api/v1/views", &wanted).await;
    assert_eq!(handler.create("/api/v1/views", &wanted).await, first);
    let other = handler
        .post_json("/api/v1/views", &json!({"title": "别的"}))
        .await;
    assert_eq!(other.json()["type"], "/problems/key_reused");
    let listed = handler.get("/api/v1/views").await.json();
    assert_eq!(listed.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_search_that_reads_too_much_says_how_far_it_came_and_goes_on() {
    let little = Bounds {
        examined: 40,
        steps: 0,
        gathered: 1,
        counted: 1,
    };
    let town = Town::found_on(|store| store.bounds = little, |_| {}).await;
    let sought = Matter {
        title: "最早的一件",
        severity: 5,
        ..Matter::default()
    };
    let sought = town.raise(&sought).await;
    town.pass_hours(1);
    town.raise_many(160).await;
    let mut dispatcher = town.log_in("dispatcher").await;
    let first = dispatcher.get("/ledger?filter=severity+!%3D+3").await;
    first.says("到目前为止没有找到").says("其余的还没有查");
    assert_eq!(numbers(&first), [""; 0]);
    let mut page = first;
    for _ in 0..6 {
        let further = next(&page).or_else(|| on(&page)).unwrap();
        page = dispatcher.get(&further).await;
        if !numbers(&page).is_empty() {
            break;
        }
    }
    assert_eq!(numbers(&page), [town.number(sought)]);
    let listed = "/api/v1/cases?filter=severity+!%3D+3";
    let listed = dispatcher.get(listed).await.json();
    assert_eq!(
        (listed["cases"].as_array().unwrap().len(), &listed["cut"]),
        (0, &json!(true))
    );
}

/// The address behind the button under an empty page.
fn on(page: &Answer) -> Option<String> {
    let text = page.text();
    let href = text
        .split("<a class=\"btn quiet\" href=\"")
        .nth(1)?
        .split('"')
        .next()?;
    Some(href.replace("&#38;", "&").replace("&amp;", "&"))
}
