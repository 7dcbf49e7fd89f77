//! A report in steps: each leaf is kept when it is sent, and nothing that was sent is lost.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::StatusCode;
use bihuan_web::sweep::sweep;
use common::browser::Answer;
use common::{Browser, Town};

const TEXT: &str = "小区东门外的路灯三周不亮，晚上走路很危险。";

/// Somebody who fills in the form, leaf by leaf.
struct Citizen {
    browser: Browser,
    /// What they see.
    page: Answer,
    /// The draft's part of an address.
    draft: String,
}

impl Citizen {
    /// Opens the form and sends its first leaf.
    async fn begin(town: &Town, text: &str) -> Citizen {
        let mut browser = town.browser();
        let first = browser.get("/report").await;
        let page = browser.submit(&first, "/report/what", &[("text", text)]).await;
        let id = first.hidden("key").split('.').next().unwrap().to_owned();
        Citizen {
            browser,
            page,
            draft: format!("?draft={id}"),
        }
    }

    /// Sends a leaf.
    async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> &Answer {
        self.page = self.browser.submit(&self.page, path, fields).await;
        &self.page
    }

    /// Sends the second leaf with photos.
    async fn send_photos(&mut self, place: &str, photos: &[&[u8]]) -> &Answer {
        let (csrf, key) = (self.page.hidden("csrf"), self.page.hidden("key"));
        let fields = [("csrf", &*csrf), ("key", &*key), ("place", place)];
        let files: Vec<_> = photos.iter().map(|photo| ("photos", "a.png", *photo)).collect();
        self.page = self.browser.upload("/report/where", &fields, &files).await;
        &self.page
    }

    /// Opens a leaf by its address, as after going back or loading again.
    async fn open(&mut self, path: &str) -> &Answer {
        self.page = self.browser.get(&format!("{path}{}", self.draft)).await;
        &self.page
    }

    /// Sends the last look with all the hidden fields that it has.
    async fn send_off(&mut self) -> Answer {
        let names = [
            "text",
            "title",
            "kind",
            "place",
            "disclosure",
            "name",
            "phone",
            "warned",
            "waiting",
        ];
        let values = names.map(|name| self.page.hidden(name));
        let fields: Vec<_> = names.into_iter().zip(values.iter().map(String::as_str)).collect();
        self.browser.submit(&self.page, "/report", &fields).await
    }
}

/// Returns how many files wait in the town.
fn waiting(town: &Town) -> usize {
    let folders = town.store.directory().join("waiting");
    let Ok(folders) = folders.read_dir() else {
        return 0;
    };
    folders
        .map(|folder| folder.unwrap().path().read_dir().unwrap().count())
        .sum()
}

fn photos(page: &Answer) -> usize {
    page.text().matches("<img src=\"/track/evidence/").count()
}

#[tokio::test]
async fn three_leaves_and_a_last_look_lead_to_a_code() {
    let town = Town::found().await;
    let mut citizen = Citizen::begin(&town, TEXT).await;
    citizen.page.says("在哪里");
    let photo = common::photo::street(false);
    citizen
        .send_photos("柳林街道东门", &[&photo])
        .await
        .says("您的身份");
    let contact = [
        ("disclosure", "confidential"),
        ("name", "王芳"),
        ("phone", "13800000000"),
    ];
    let last = citizen.send("/report/contact", &contact).await;
    last.says(TEXT)
        .says("柳林街道东门")
        .says("1 张")
        .says("保密 · 王芳 · 13800000000");
    let receipt = citizen.send_off().await;
    assert_eq!(receipt.says("请保存查询码").status, StatusCode::OK);
    let track = citizen.browser.get("/track").await;
    assert_eq!(photos(track.says("三周不亮").says("柳林街道东门")), 1);
    // Nothing is kept of it but that it was sent.
    assert_eq!(waiting(&town), 0);
    citizen
        .open("/report/where")
        .await
        .says("已经提交过")
        .keeps_silent_about("柳林街道");
}

#[tokio::test]
async fn going_back_and_loading_again_find_what_was_sent() {
    let town = Town::found().await;
    let mut citizen = Citizen::begin(&town, TEXT).await;
    citizen.open("/report").await.says(&format!(">{TEXT}</textarea>"));
    citizen.open("/report/where").await;
    let photo = common::photo::street(false);
    citizen.send_photos("柳林街道东门", &[&photo]).await;
    citizen
        .open("/report/where")
        .await
        .says("value=\"柳林街道东门\"")
        .says("第 1 张");
    // What is on a leaf is kept also when one goes back from it.
    citizen.open("/report/contact").await;
    let back = citizen
        .send(
            "/report/contact",
            &[("disclosure", "confidential"), ("name", "王芳"), ("to", "back")],
        )
        .await;
    back.says("柳林街道东门").says("第 1 张");
    citizen.open("/report/contact").await.says("value=\"王芳\"");
    // Another tab begins another report, and is told of this one by its time alone.
    let begun = citizen.browser.get("/report").await;
    begun.says("还没提交的反映").keeps_silent_about("三周不亮");
    citizen.open("/report/check").await.says(TEXT);
    citizen.send_off().await.says("请保存查询码");
    citizen
        .browser
        .get("/report")
        .await
        .keeps_silent_about("还没提交的反映");
}

#[tokio::test]
async fn nobody_else_opens_what_was_begun() {
    let town = Town::found().await;
    let mut citizen = Citizen::begin(&town, TEXT).await;
    let mut stranger = town.browser();
    stranger.get("/").await;
    for path in ["/report", "/report/where", "/report/contact", "/report/check"] {
        let page = stranger.get(&format!("{path}{}", citizen.draft)).await;
        page.says("已经不在了").keeps_silent_about("三周不亮");
    }
    let draft = citizen.draft.split('=').nth(1).unwrap().to_owned();
    let page = stranger.get("/report").await;
    stranger
        .submit(&page, "/report/discard", &[("draft", &draft)])
        .await;
    citizen.open("/report").await.says(TEXT);
    citizen
        .send("/report/discard", &[("draft", &draft)])
        .await
        .keeps_silent_about(TEXT);
    citizen.open("/report/check").await.says("已经不在了");
}

#[tokio::test]
async fn what_is_wrong_on_a_leaf_is_said_there_and_good_photos_need_not_be_chosen_again() {
    let town = Town::found().await;
    let mut citizen = Citizen::begin(&town, " ").await;
    citizen.page.says("请填写").keeps_silent_about("您的身份");
    citizen
        .send("/report/what", &[("text", TEXT)])
        .await
        .says("在哪里");
    let photo = common::photo::street(false);
    let page = citizen.send_photos("柳林街道东门", &[&photo, b"no photo"]).await;
    page.says("有 1 处需要改一下")
        .says("value=\"柳林街道东门\"")
        .says("第 1 张");
    page.keeps_silent_about("照片需要重新选择");
    citizen.send("/report/where", &[("place", "西门")]).await;
    let wrong = citizen
        .send(
            "/report/contact",
            &[("disclosure", "anonymous"), ("phone", "一二三")],
        )
        .await;
    wrong.says("不要填写姓名电话").says("不像电话号码");
    citizen
        .send("/report/contact", &[("disclosure", "anonymous")])
        .await
        .says("1 张")
        .says("西门");
    citizen.send_off().await.says("请保存查询码");
    assert_eq!(photos(&citizen.browser.get("/track").await), 1);
}

#[tokio::test]
async fn a_photo_is_taken_away_again_and_no_more_than_a_report_holds_wait() {
    let town = Town::found().await;
    let mut citizen = Citizen::begin(&town, TEXT).await;
    let photo = common::photo::street(false);
    citizen.send_photos("", &[&*photo; 6]).await;
    citizen.open("/report/where").await.says("第 6 张");
    citizen.send_photos("", &[&photo]).await.says("最多");
    let page = citizen.open("/report/where").await;
    let id = page.text().split("name=\"remove\" value=\"").nth(1).unwrap()[..36].to_owned();
    citizen
        .send("/report/where", &[("place", ""), ("remove", &id)])
        .await;
    citizen
        .open("/report/where")
        .await
        .says("第 5 张")
        .keeps_silent_about("第 6 张");
    assert_eq!(waiting(&town), 5);
}

#[tokio::test]
async fn what_may_not_be_entered_is_refused_on_its_leaf_and_all_of_it_is_thrown_away() {
    let town = Town::found().await;
    let mut citizen = Citizen::begin(&town, TEXT).await;
    let photo = common::photo::street(false);
    citizen.send_photos("", &[&photo]).await;
    assert_eq!(waiting(&town), 1);
    citizen.open("/report").await;
    let refused = citizen
        .send("/report/what", &[("text", "举报市委书记某某收受财物")])
        .await;
    refused.says("12388").keeps_silent_about("收受财物");
    assert_eq!(waiting(&town), 0);
    citizen.open("/report/check").await.says("已经不在了");
}

#[tokio::test]
async fn an_emergency_is_told_once_and_goes_on_leaf_by_leaf() {
    let town = Town::found().await;
    let mut citizen = Citizen::begin(&town, "隔壁楼着火了，快来人").await;
    citizen
        .page
        .says("119")
        .says("隔壁楼着火了")
        .keeps_silent_about("在哪里、照片</h1>");
    let going_on = [("text", "隔壁楼着火了，快来人"), ("warned", "yes")];
    citizen.send("/report/what", &going_on).await;
    citizen
        .send("/report/where", &[("place", "3 号楼")])
        .await
        .keeps_silent_about("请先看这里");
    citizen
        .send("/report/contact", &[("disclosure", "anonymous")])
        .await;
    citizen.send_off().await.says("请保存查询码");
}

#[tokio::test]
async fn the_last_look_sent_twice_is_one_report_with_its_photos_once() {
    let town = Town::found().await;
    let mut citizen = Citizen::begin(&town, TEXT).await;
    let photo = common::photo::street(false);
    citizen.send_photos("", &[&photo]).await;
    citizen.open("/report/check").await;
    let first = citizen.send_off().await;
    let second = citizen.send_off().await;
    assert_eq!(first.element("code"), second.says("没有重复登记").element("code"));
    assert_eq!(photos(&citizen.browser.get("/track").await), 1);
}

#[tokio::test]
async fn what_nobody_goes_on_with_is_gone_after_two_hours() {
    let town = Town::found().await;
    let mut citizen = Citizen::begin(&town, TEXT).await;
    let photo = common::photo::street(false);
    citizen.send_photos("", &[&photo]).await;
    let last = citizen.open("/report/check").await.text();
    sweep(&town.app, &town.tenant()).await.unwrap();
    assert_eq!(
        (citizen.open("/report/check").await.text(), waiting(&town)),
        (last, 1)
    );
    let page = citizen.page.text();
    town.pass_hours(3);
    citizen
        .open("/report/check")
        .await
        .says("已经不在了")
        .keeps_silent_about(TEXT);
    sweep(&town.app, &town.tenant()).await.unwrap();
    assert_eq!(waiting(&town), 0);
    // The last look that is still open on a screen brings the texts itself; the photos are asked for again.
    citizen.page.bytes = page.into_bytes();
    let again = citizen.send_off().await;
    again
        .says("之前选的照片已经不在了")
        .says(&format!(">{TEXT}</textarea>"));
}

#[tokio::test]
async fn where_nothing_more_is_kept_the_form_comes_on_one_page() {
    let town = Town::found_with(|options| options.rate_limit = true).await;
    let mut citizen = Citizen::begin(&town, TEXT).await;
    let (tenant, now) = (town.tenant().id(), town.app.now());
    while town.app.may_begin_report(tenant, now) {}
    // What was begun before goes on.
    citizen
        .send("/report/where", &[("place", "西门")])
        .await
        .says("您的身份");
    let mut late = Citizen::begin(&town, TEXT).await;
    late.page
        .says("暂时不能分步保存")
        .says(&format!(">{TEXT}</textarea>"));
    let fields = [("text", TEXT), ("place", "西门"), ("disclosure", "anonymous")];
    late.send("/report", &fields).await.says("请保存查询码");
}

#[tokio::test]
async fn leaves_are_counted_apart_from_what_is_sent() {
    let town = Town::found_with(|options| options.rate_limit = true).await;
    let mut citizen = Citizen::begin(&town, TEXT).await;
    for _ in 0..100 {
        citizen.open("/report").await;
        let kept = citizen.send("/report/what", &[("text", TEXT)]).await;
        assert_eq!(kept.status, StatusCode::OK);
    }
    for _ in 0..140 {
        citizen.browser.post("/report/discard", &[]).await;
    }
    citizen.open("/report").await;
    let page = citizen.send("/report/what", &[("text", TEXT)]).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    citizen.open("/report/check").await;
    citizen.send_off().await.says("请保存查询码");
}

#[tokio::test]
async fn the_first_pages_are_light_on_a_slow_line() {
    let town = Town::found().await;
    let mut browser = town.browser();
    browser.headers.push(("accept-encoding", "gzip".to_owned()));
    let plain = town.browser().get("/").await.text();
    let assets: Vec<&str> = plain
        .split('"')
        .filter(|part| part.starts_with("/assets/"))
        .collect();
    assert_eq!(assets.len(), 3, "{assets:?}");
    let mut shared = 0;
    for path in assets {
        shared += browser.get(path).await.bytes.len();
    }
    for path in ["/", "/report", "/track"] {
        let bytes = shared + browser.get(path).await.bytes.len();
        assert!(bytes < 60_000, "{path} takes {bytes} bytes in all");
    }
}
