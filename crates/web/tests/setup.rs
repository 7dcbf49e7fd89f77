//! An installation that is not founded yet: only whoever has the code comes in, nothing that was entered is lost, and
//! what is founded in the end is whole.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::http::{Method, StatusCode};
use bihuan_store::keys::MasterKey;
use bihuan_store::tenant::{Marks, Options, Store};
use bihuan_web::app::{App, SystemEntropy};
use bihuan_web::route::{Verb, Visibility};
use bihuan_web::routes;
use bihuan_web::serve::router;
use bihuan_web::setup::{CODE_LIFE, DRAFT_FILE, Setup, SetupOptions};
use common::browser::Answer;
use common::{Browser, PASSWORD, Town};
use jiff::Timestamp;

/// A directory in which nothing is founded, and a clock that stands still until it is moved.
struct Site {
    directory: tempfile::TempDir,
    clock: Arc<AtomicI64>,
}

impl Site {
    fn new() -> Site {
        let now: Timestamp = "2026-03-02T01:00:00Z".parse().unwrap();
        Site {
            directory: tempfile::tempdir().unwrap(),
            clock: Arc::new(AtomicI64::new(now.as_second())),
        }
    }

    /// Starts the server, as after a restart each time; returns it with its code.
    fn start(&self) -> (Setup, String) {
        let hand = Arc::clone(&self.clock);
        let directory = self.directory.path().to_owned();
        let options = SetupOptions {
            directory: directory.clone(),
            key_place: "/srv/qinghe.master-key".to_owned(),
            secure: false,
            trusted_proxy: false,
            clock: Box::new(move || Timestamp::from_second(hand.load(Ordering::Relaxed)).unwrap()),
            found: Box::new(move |founding| {
                let marks = Marks {
                    testing: true,
                    demo: false,
                };
                let options = Options::new(MasterKey::of_seed(7));
                let store = match Store::is_there(&directory, &options).unwrap() {
                    true => Store::open(&directory, &options),
                    false => Store::init(&directory, marks, &options, founding, &mut SystemEntropy),
                };
                store.map_err(|error| error.to_string())
            }),
        };
        Setup::begin(options).unwrap()
    }

    fn draft(&self) -> std::path::PathBuf {
        self.directory.path().join(DRAFT_FILE)
    }
}

fn browser(setup: &Setup) -> Browser {
    Browser::new(setup.router())
}

async fn open(browser: &mut Browser, code: &str) -> Answer {
    let page = browser.get("/setup").await;
    let opened = browser.submit(&page, "/setup", &[("code", code)]).await;
    match opened.status {
        StatusCode::SEE_OTHER => browser.get(opened.headers["location"].to_str().unwrap()).await,
        _ => opened,
    }
}

const CITY: [(&str, &str); 3] = [("name_zh", "青禾市"), ("name_en", "Qinghe City"), ("host", "")];
const ADMIN: [(&str, &str); 5] = [
    ("name_zh", "郑管"),
    ("name_en", "Zheng Guan"),
    ("login", "zheng"),
    ("password", PASSWORD),
    ("again", PASSWORD),
];

#[tokio::test]
async fn three_steps_found_an_installation_and_lead_its_administrator_into_it() {
    let site = Site::new();
    let (setup, code) = site.start();
    let mut newcomer = browser(&setup);
    let page = open(&mut newcomer, &code.to_lowercase().replace('-', "")).await;
    page.says("为哪里建立");
    let page = newcomer.get("/setup/city").await;
    let page = newcomer.submit(&page, "/setup/city", &CITY).await;
    page.says("12345 政务服务便民热线")
        .says("群众可在门户提交")
        .says("依据");
    let page = newcomer
        .submit(&page, "/setup/packs", &[("pack", "hotline")])
        .await;
    page.says("/srv/qinghe.master-key").says("谁也不能核验自己办的事");
    let csrf = page.hidden("csrf");
    let mut fields = vec![("csrf", csrf.as_str())];
    fields.extend(ADMIN);
    let body = fields
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join("&");
    let kind = Some("application/x-www-form-urlencoded");
    let founded = newcomer
        .request(
            Method::POST,
            "/setup/admin",
            kind,
            body.replace(' ', "+").into_bytes(),
        )
        .await;
    assert_eq!(founded.headers["location"], "/people", "{}", founded.text());
    assert!(!site.draft().exists());

    let options = Options::new(MasterKey::of_seed(7));
    let store = Store::open(site.directory.path(), &options).unwrap();
    let hand = Arc::clone(&site.clock);
    let tell = move || Timestamp::from_second(hand.load(Ordering::Relaxed)).unwrap();
    let mut inside = Browser::new(router(App::new(
        store.clone(),
        &common::options(),
        Box::new(tell),
    )));
    inside.headers.push((
        "cookie",
        format!("session={}", newcomer.cookie("session").unwrap()),
    ));
    let people = inside.get("/people").await;
    people
        .says("目前还没有事项能办到销号")
        .says("市民热线中心")
        .says("派单员")
        .says("郑管");
    assert_eq!(inside.get("/setup").await.status, StatusCode::NOT_FOUND);
    let tenant = store.tenant(None).unwrap();
    assert_eq!(tenant.name().en, "Qinghe City");
    assert_eq!(tenant.scene().newest().count(), 1);
}

#[tokio::test]
async fn the_code_opens_once_within_its_hour_and_nothing_else_does() {
    let site = Site::new();
    let (setup, code) = site.start();
    let mut thief = browser(&setup);
    for wrong in ["", "0000-0000-0000-0000", "' OR 1=1"] {
        let refused = open(&mut thief, wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        refused.says("设置码不对");
    }
    let mut first = browser(&setup);
    open(&mut first, &code).await;
    assert_eq!(first.get("/setup/city").await.status, StatusCode::OK);
    open(&mut thief, &code).await.says("设置码不对");
    assert_eq!(thief.get("/setup/city").await.status, StatusCode::SEE_OTHER);

    let (setup, code) = site.start();
    site.clock.fetch_add(CODE_LIFE.as_secs(), Ordering::Relaxed);
    open(&mut browser(&setup), &code).await.says("设置码不对");
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let site = Site::new();
    let (setup, code) = site.start();
    let mut thief = browser(&setup);
    let page = thief.get("/setup").await;
    for _ in 0..20 {
        thief.submit(&page, "/setup", &[("code", "1")]).await;
    }
    let late = thief.submit(&page, "/setup", &[("code", &code)]).await;
    assert_eq!(late.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn no_page_opens_without_the_code_and_no_form_without_its_token() {
    let site = Site::new();
    let (setup, code) = site.start();
    let mut stranger = browser(&setup);
    for route in routes::of_setup().filter(|route| route.seen_by == Visibility::Code) {
        let kind = Some("application/x-www-form-urlencoded");
        let answer = stranger
            .request(route.method.method(), route.path, kind, Vec::new())
            .await;
        assert_eq!(answer.headers["location"], "/setup", "{}", route.id);
    }
    let mut holder = browser(&setup);
    open(&mut holder, &code).await;
    for route in routes::of_setup().filter(|route| route.method == Verb::Post) {
        let forged = holder
            .post(route.path, &[("name_zh", "红叶市"), ("csrf", "0")])
            .await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "{}", route.id);
    }
    let elsewhere = holder.get("/report").await;
    assert_eq!(elsewhere.status, StatusCode::SERVICE_UNAVAILABLE);
    elsewhere.says("尚未开通");
    let huge = "a".repeat(1 << 20);
    let page = holder.get("/setup/city").await;
    let refused = holder.submit(&page, "/setup/city", &[("name_zh", &huge)]).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn what_was_entered_is_there_after_a_restart_for_the_same_browser_and_for_a_new_code() {
    let site = Site::new();
    let (setup, code) = site.start();
    let mut before = browser(&setup);
    open(&mut before, &code).await;
    let page = before.get("/setup/city").await;
    before.submit(&page, "/setup/city", &CITY).await;
    let secret = before.cookie("session").unwrap().to_owned();
    let kept = std::fs::read_to_string(site.draft()).unwrap();
    assert!(!kept.contains(&secret) && is_private(&site.draft()), "{kept}");
    drop(setup);

    let (setup, code) = site.start();
    let mut same = browser(&setup);
    same.headers.push(("cookie", format!("session={secret}")));
    same.get("/setup/city").await.says("Qinghe City");
    let mut other = browser(&setup);
    open(&mut other, &code).await;
    let page = other.get("/setup/packs").await;
    // Whoever brings the newer code holds the set-up alone.
    assert_eq!(same.get("/setup/city").await.status, StatusCode::SEE_OTHER);
    other
        .submit(&page, "/setup/packs", &[])
        .await
        .says("至少选一个政策包");
    let page = other
        .submit(&page, "/setup/packs", &[("pack", "hotline"), ("pack", "nothing")])
        .await;
    page.says("建立青禾市");
}

#[cfg(unix)]
fn is_private(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).unwrap().permissions().mode() & 0o077 == 0
}

#[tokio::test]
async fn everything_that_is_wrong_is_said_in_either_language_and_what_was_typed_stays() {
    let site = Site::new();
    let (setup, code) = site.start();
    let mut newcomer = browser(&setup);
    open(&mut newcomer, &code).await;
    let page = newcomer.get("/setup/city?lang=en").await;
    let wrong = [("name_zh", ""), ("name_en", " "), ("host", "a b")];
    let page = newcomer.submit(&page, "/setup/city", &wrong).await;
    page.says("Write the name")
        .says("A host name has")
        .says("value=\"a b\"");
    newcomer.submit(&page, "/setup/city", &CITY).await;
    let page = newcomer.get("/setup/packs").await;
    let page = newcomer
        .submit(&page, "/setup/packs", &[("pack", "hotline")])
        .await;
    let wrong = [
        ("name_en", ""),
        ("login", "a b"),
        ("password", "short"),
        ("again", "short"),
    ];
    let page = newcomer.submit(&page, "/setup/admin", &wrong).await;
    page.says("Write your name")
        .says("A login has letters")
        .says("too short")
        .says("value=\"a b\"");
    page.keeps_silent_about("value=\"short\"");
    assert!(site.draft().exists());
}

#[tokio::test]
async fn an_installation_that_is_founded_has_no_set_up() {
    let town = Town::found().await;
    let mut admin = town.log_in("admin").await;
    for route in routes::of_setup().filter(|route| route.path.starts_with("/setup")) {
        let answer = admin
            .request(route.method.method(), route.path, None, Vec::new())
            .await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", route.id);
    }
}
