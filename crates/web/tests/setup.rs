//! An installation that is not founded yet: only whoever has the code comes in, nothing that was entered is lost, and
//! what is founded in the end is whole.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
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

    /// Founds it, and returns the pages of the installation.
    async fn founded(&self) -> Router {
        let (setup, code) = self.start();
        let mut newcomer = browser(&setup);
        open(&mut newcomer, &code).await;
        let page = newcomer.get("/setup/city").await;
        let fields: Vec<_> = CITY.into_iter().chain(ADMIN).collect();
        newcomer.submit(&page, "/setup/city", &fields).await;
        let options = Options::new(MasterKey::of_seed(7));
        let store = Store::open(self.directory.path(), &options).unwrap();
        let hand = Arc::clone(&self.clock);
        let tell = move || Timestamp::from_second(hand.load(Ordering::Relaxed)).unwrap();
        router(App::new(store, &common::options(), Box::new(tell)))
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

const CITY: [(&str, &str); 4] = [
    ("name_zh", "青禾市"),
    ("name_en", "Qinghe City"),
    ("host", ""),
    ("pack", "hotline"),
];
const ADMIN: [(&str, &str); 4] = [
    ("person_zh", "郑管"),
    ("person_en", "Zheng Guan"),
    ("login", "zheng"),
    ("password", PASSWORD),
];

#[tokio::test]
async fn one_form_founds_an_installation_and_leads_its_administrator_into_it() {
    let site = Site::new();
    let (setup, code) = site.start();
    let mut newcomer = browser(&setup);
    open(&mut newcomer, &code.to_lowercase().replace('-', "")).await;
    let page = newcomer.get("/setup/city").await;
    page.says("建立您的城市")
        .says("规则：12345 政务服务便民热线")
        .says("群众可在门户提交")
        .says("依据")
        .says("/srv/qinghe.master-key")
        .says("谁也不能核验自己办的事");
    let csrf = page.hidden("csrf");
    let fields = [("csrf", csrf.as_str())].into_iter().chain(CITY).chain(ADMIN);
    let body = fields
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join("&");
    let kind = Some("application/x-www-form-urlencoded");
    let founded = newcomer
        .request(
            Method::POST,
            "/setup/city",
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
    let app = App::new(store.clone(), &common::options(), Box::new(tell));
    let mut inside = Browser::new(router(app));
    inside.headers.push((
        "cookie",
        format!("session={}", newcomer.cookie("session").unwrap()),
    ));
    let people = inside.get("/people").await;
    people
        .says("至少要三个人")
        .says("市民热线中心")
        .says("派单员")
        .says("郑管");
    assert_eq!(inside.get("/setup").await.status, StatusCode::NOT_FOUND);
    let tenant = store.tenant(None).unwrap();
    assert_eq!(tenant.name().en, "Qinghe City");
    assert_eq!(tenant.scene().newest().count(), 1);
}

/// What the form of the first people sends, with their names.
const FIRST: [(&str, &str); 17] = [
    ("at_once", "yes"),
    ("unit_name_zh", "热线中心"),
    ("unit_name_zh", "住建局"),
    ("unit_name_zh", "督查室"),
    ("unit_duties", ""),
    ("person_name_zh", "王芳"),
    ("person_name_zh", "赵工"),
    ("person_name_zh", "周督"),
    ("person_login", "hotline"),
    ("person_login", "works"),
    ("person_login", "supervision"),
    ("person_unit", "热线中心"),
    ("person_unit", "住建局"),
    ("person_unit", "督查室"),
    ("person_roles", "派单员"),
    ("person_roles", "承办员"),
    ("person_roles", "督查员"),
];

/// Returns the fields of the form with which a page of codes logs in as one of the new people.
fn button_of(page: &Answer, at: usize) -> Vec<(String, String)> {
    let text = page.text();
    let form = text.split("action=\"/login\"").nth(at + 1).unwrap();
    let value = |name: &str| {
        let mark = format!("name=\"{name}\" value=\"");
        let rest = form.split(&mark).nth(1).unwrap();
        (name.to_owned(), rest.split('"').next().unwrap().to_owned())
    };
    ["csrf", "login", "password"].map(value).to_vec()
}

/// Presses such a button.
async fn press(browser: &mut Browser, button: &[(String, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = button.iter().map(|(name, value)| (&**name, &**value)).collect();
    browser.post("/login", &fields).await
}

#[tokio::test]
async fn the_first_people_come_in_at_once_and_each_is_logged_in_as_from_the_page_of_their_codes() {
    let site = Site::new();
    let router = site.founded().await;
    let mut admin = Browser::new(router.clone());
    let door = admin.get("/login").await;
    let me = [("login", "zheng"), ("password", PASSWORD), ("next", "/people")];
    let page = admin.submit(&door, "/login", &me).await;
    let done = admin.submit(&page, "/people/drafts", &FIRST).await;
    done.says("以王芳登录").says("以周督登录");
    let (door, key) = (button_of(&done, 0).remove(0).1, done.hidden("key"));
    let message = [
        ("text", "一盏路灯不亮。（试办，无需处理）"),
        ("csrf", &door),
        ("key", &key),
    ];
    admin.post("/report", &message).await.says("查询码");
    // The buttons work one after the other, whoever is logged in by then.
    for (at, name) in ["王芳（hotline）", "赵工（works）"].into_iter().enumerate() {
        let page = press(&mut admin, &button_of(&done, at)).await;
        page.says(name).keeps_silent_about("郑管");
        let login = page.hidden("login");
        let code = page.hidden("code");
        let chosen = [("login", &*login), ("code", &*code), ("password", PASSWORD)];
        let desk = admin.submit(&page, "/welcome", &chosen).await;
        desk.says(name.split('（').next().unwrap());
    }
    // So does the message, which is one however often it is sent.
    admin.post("/report", &message).await.says("没有重复登记");
    // No other site logs anybody in: neither without the visit's token nor with another's.
    let mut forged = button_of(&done, 2);
    forged[0].1 = admin.get("/desk").await.hidden("csrf");
    assert_eq!(press(&mut admin, &forged).await.status, StatusCode::FORBIDDEN);
    let mut other = Browser::new(router.clone());
    other.get("/login").await;
    let refused = press(&mut other, &button_of(&done, 2)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    // Later tables are looked at first, whatever the form says.
    let mut admin = Browser::new(router);
    let door = admin.get("/login").await;
    let page = admin.submit(&door, "/login", &me).await;
    let more = [("at_once", "yes"), ("unit_name_zh", "园林局")];
    let preview = admin.submit(&page, "/people/drafts", &more).await;
    preview.says("新单位，上级为青禾市").keeps_silent_about("已导入");
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
    let page = other.get("/setup/city").await;
    page.says("Qinghe City");
    // Whoever brings the newer code holds the set-up alone.
    assert_eq!(same.get("/setup/city").await.status, StatusCode::SEE_OTHER);
    let none = [("name_zh", "青禾市"), ("pack", "nothing")];
    other
        .submit(&page, "/setup/city", &none)
        .await
        .says("至少选一个政策包");
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
        .says("href=\"#name_en\"")
        .says("A host name has")
        .says("Choose at least one pack")
        .says("value=\"a b\"");
    let wrong = [
        ("person_en", ""),
        ("login", "a b"),
        ("password", "short"),
        ("again", "another"),
    ];
    let all: Vec<_> = CITY.into_iter().chain(wrong).collect();
    let page = newcomer.submit(&page, "/setup/city", &all).await;
    page.says("Write your name")
        .says("A login has letters")
        .says("too short")
        .says("value=\"a b\"")
        .says("value=\"Qinghe City\"");
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
