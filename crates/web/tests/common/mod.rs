//! A small town to knock at: a store in a directory of its own, a few units and people, and a browser
//! without a screen that keeps cookies and fills in forms.

#![allow(dead_code, reason = "each test file uses its own part")]

pub mod browser;
pub mod cases;
pub mod photo;
pub mod tls;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};

use axum::Router;
use bihuan_core::id::{Entropy, PersonId, UnitId};
use bihuan_core::label::Label;
use bihuan_core::org::{OrgEvent, Person, Unit};
use bihuan_core::pack::words::ACTIONS;
use bihuan_core::permission::Permit;
use bihuan_store::account::{NewAccount, NewToken};
use bihuan_store::keys::MasterKey;
use bihuan_store::tenant::{Founding, Marks, Options, Store, Tenant};
use bihuan_test_postgres::Database;
use bihuan_web::app::{App, ServeOptions};
use bihuan_web::auth::WRITE_SCOPE;
use bihuan_web::serve::router;
use bihuan_web::webhook::rules::Rules;
use jiff::Timestamp;
use jiff::civil::Date;

pub use browser::Browser;

/// Bytes that count up: the same in every run.
pub struct Counter(pub u64);

impl Entropy for Counter {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let drawn = (self.0 ^ self.0 >> 29).to_le_bytes();
            chunk.copy_from_slice(&drawn[..chunk.len()]);
        }
    }
}

/// The town, on the engine that the suite is run for. Its clock stands still until it is moved.
pub struct Town {
    pub store: Store,
    pub app: App,
    router: Router,
    clock: Arc<AtomicI64>,
    stirred: AtomicI64,
    _directory: tempfile::TempDir,
    _database: Option<Database>,
}

/// The weight of requests that may be under way at once.
pub const IN_FLIGHT: usize = 1024;

/// Returns how a town is served where nothing else is said.
pub fn options() -> ServeOptions {
    ServeOptions {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        tenant: None,
        in_flight: IN_FLIGHT,
        metrics_token: None,
        mail: None,
        webhooks: Rules::default(),
        tls: None,
        trusted_proxy: false,
        rate_limit: false,
    }
}

/// The town's host name.
pub const HOST: &str = "qinghe.example";
/// The host name of the town next to it, which lives in the same store.
pub const NEIGHBOUR: &str = "hongye.example";

/// The people of the town: name, login, unit's code, role.
pub const PEOPLE: [(&str, &str, &str, &str); 10] = [
    ("陈晓", "operator", "hotline", "operator"),
    ("林达", "dispatcher", "hotline", "dispatcher"),
    ("赵工", "handler", "works", "handler"),
    ("钱局", "head", "works", "unit_head"),
    ("孙水", "water", "water", "handler"),
    ("周督", "supervisor", "inspection", "supervisor"),
    ("吴档", "registrar", "hotline", "registrar"),
    ("郑管", "admin", "hotline", "admin"),
    ("何市长", "leader", "city", "leader"),
    ("冯访", "caller", "hotline", "caller"),
];

/// The units of the town: code, Chinese and English name, duty.
const UNITS: [(&str, &str, &str, Option<&str>); 5] = [
    ("city", "青禾市", "Qinghe City", None),
    ("hotline", "热线中心", "Hotline Centre", None),
    ("works", "住建局", "Works Bureau", Some("construction.municipal")),
    ("water", "水务局", "Water Bureau", None),
    ("inspection", "督查室", "Inspection Office", None),
];

impl Town {
    /// Founds the town on Monday, 2 March 2026, at nine in the morning.
    pub async fn found() -> Town {
        Town::found_with(|_| {}).await
    }

    /// Founds the town with other options.
    pub async fn found_with(change: impl FnOnce(&mut ServeOptions)) -> Town {
        Town::found_on(|_| {}, change).await
    }

    /// Founds the town on a store with other options, and with other options of its own.
    pub async fn found_on(
        change_store: impl FnOnce(&mut Options),
        change: impl FnOnce(&mut ServeOptions),
    ) -> Town {
        let marks = Marks {
            testing: true,
            demo: false,
        };
        Town::found_marked(marks, change_store, change).await
    }

    /// Founds the town as a demo.
    pub async fn found_demo() -> Town {
        let marks = Marks {
            testing: false,
            demo: true,
        };
        Town::found_marked(marks, |_| {}, |_| {}).await
    }

    async fn found_marked(
        marks: Marks,
        change_store: impl FnOnce(&mut Options),
        change: impl FnOnce(&mut ServeOptions),
    ) -> Town {
        let directory = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-03-02T01:00:00Z".parse().unwrap();
        let database = bihuan_test_postgres::if_asked();
        let mut opened = Options {
            database_url: database.as_ref().map(|database| database.url().to_owned()),
            ..Options::new(MasterKey::of_seed(7))
        };
        change_store(&mut opened);
        let founding = Founding {
            name: Label::new("青禾市", "Qinghe City"),
            host: Some(HOST.to_owned()),
            calendar: bihuan_packs::CALENDAR_CN,
            packs: &[bihuan_packs::HOTLINE],
            now,
        };
        let store = Store::init(directory.path(), marks, &opened, &founding, &mut Counter(1)).unwrap();
        let tenant = store.tenant(Some(HOST)).unwrap();
        populate(&tenant, now).await;
        let clock = Arc::new(AtomicI64::new(now.as_millisecond()));
        let hand = Arc::clone(&clock);
        let tell = move || Timestamp::from_millisecond(hand.load(Ordering::Relaxed)).unwrap();
        let mut options = options();
        change(&mut options);
        let app = App::new(store.clone(), &options, Box::new(tell));
        Town {
            store,
            router: router(app.clone()),
            app,
            clock,
            stirred: AtomicI64::new(1 << 40),
            _directory: directory,
            _database: database,
        }
    }

    /// Returns the store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the tenant.
    pub fn tenant(&self) -> Tenant {
        self.store.tenant(Some(HOST)).unwrap()
    }

    /// Founds the town next to it, with people of its own who have the same logins.
    pub async fn found_neighbour(&self) -> Tenant {
        let founding = Founding {
            name: Label::new("红叶市", "Hongye City"),
            host: Some(NEIGHBOUR.to_owned()),
            calendar: bihuan_packs::CALENDAR_CN,
            packs: &[bihuan_packs::HOTLINE],
            now: self.app.now(),
        };
        let tenant = self.store.found(&founding, &mut Counter(11)).unwrap();
        populate(&tenant, self.app.now()).await;
        tenant
    }

    /// Moves the clock on.
    pub fn pass_hours(&self, hours: i64) {
        self.clock.fetch_add(hours * 3_600_000, Ordering::Relaxed);
    }

    /// Returns another seed each time, the same ones in every run.
    pub fn stir(&self) -> u64 {
        self.stirred.fetch_add(7919, Ordering::Relaxed).unsigned_abs()
    }

    /// Opens a browser with no cookies.
    pub fn browser(&self) -> Browser {
        Browser::new(self.router.clone())
    }
}

impl Town {
    /// Opens a browser in which somebody is logged in.
    pub async fn log_in(&self, login: &str) -> Browser {
        self.log_in_at(HOST, login).await
    }

    /// Opens a browser in which somebody is logged in at a host.
    pub async fn log_in_at(&self, host: &'static str, login: &str) -> Browser {
        let mut browser = self.browser();
        browser.headers = vec![("host", host.to_owned())];
        let page = browser.get("/login?next=/keys").await;
        let fields = [("login", login), ("password", PASSWORD), ("next", "/keys")];
        browser.submit(&page, "/login", &fields).await.says("logout");
        browser
    }

    /// Opens a browser that sends a bearer token of a login, good for whatever the person may.
    pub async fn program(&self, login: &str) -> Browser {
        let mut browser = self.browser();
        let token = self.token(login, &scopes()).await;
        browser.headers.push(("authorization", format!("Bearer {token}")));
        browser
    }

    /// Makes a login for a person without a role, and returns a token of it.
    pub async fn token_of_stranger(&self) -> String {
        let tenant = self.tenant();
        let person = PersonId::new(self.app.now(), &mut Counter(21));
        let added = OrgEvent::PersonAdded(Person {
            id: person,
            name: Label::new("路人", "Passer-by"),
        });
        tenant
            .change_org(&Permit::system(), added, self.app.now())
            .await
            .unwrap();
        let account = NewAccount {
            login: "stranger".to_owned(),
            person,
            password_hash: PASSWORD_HASH.clone(),
        };
        tenant
            .add_account(&Permit::system(), account, self.app.now())
            .await
            .unwrap();
        self.token("stranger", &scopes()).await
    }

    /// Makes a token for a login and returns its secret.
    pub async fn token(&self, login: &str, scopes: &[&str]) -> String {
        let secret = bihuan_web::auth::new_secret();
        let token = NewToken {
            token_hash: bihuan_web::auth::secret_hash(&secret),
            name: "test".to_owned(),
            login: login.to_owned(),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            expires_at: None,
        };
        self.tenant()
            .add_token(&Permit::system(), token, self.app.now())
            .await
            .unwrap();
        secret
    }
}

/// Returns all that a token can be good for.
fn scopes() -> Vec<&'static str> {
    ACTIONS.into_iter().chain([WRITE_SCOPE]).collect()
}

/// The password of everybody in town.
pub const PASSWORD: &str = "correct horse";

/// Its hash, made once: it is slow on purpose.
static PASSWORD_HASH: LazyLock<String> =
    LazyLock::new(|| bihuan_web::auth::password::hash(PASSWORD, &mut Counter(3)).unwrap());

/// Returns a unit's id by its code.
pub fn unit(tenant: &Tenant, code: &str) -> UnitId {
    tenant.scene().org.unit_by_name(code).unwrap().id
}

async fn populate(tenant: &Tenant, now: Timestamp) {
    let mut chance = Counter(2);
    let on: Date = "2020-01-01".parse().unwrap();
    let mut events = Vec::new();
    let top = UnitId::new(now, &mut chance);
    let mut ids = std::collections::HashMap::from([("city", top)]);
    for (code, zh, en, duty) in UNITS {
        let id = *ids.entry(code).or_insert_with(|| UnitId::new(now, &mut chance));
        let parent = (code != "city").then_some(top);
        let name = Label::new(zh, en);
        let class = "department".to_owned();
        let code = code.to_owned();
        let unit = Unit {
            id,
            code,
            name,
            aliases: Vec::new(),
            class,
            parent,
            external: false,
            founded_on: on,
        };
        events.push(OrgEvent::UnitFounded(unit));
        events.extend(duty.map(|duty| OrgEvent::DutyGiven {
            unit: id,
            category: duty.to_owned(),
            on,
        }));
    }
    let mut people = Vec::new();
    for (name, login, unit, role) in PEOPLE {
        let id = PersonId::new(now, &mut chance);
        events.push(OrgEvent::PersonAdded(Person {
            id,
            name: Label::new(name, login),
        }));
        let (role, unit) = (role.to_owned(), ids[unit]);
        events.push(OrgEvent::RoleGranted {
            person: id,
            role,
            unit,
            on,
        });
        people.push((login, id));
    }
    for event in events {
        tenant.change_org(&Permit::system(), event, now).await.unwrap();
    }
    for (login, person) in people {
        let password_hash = PASSWORD_HASH.clone();
        let account = NewAccount {
            login: login.to_owned(),
            person,
            password_hash,
        };
        tenant.add_account(&Permit::system(), account, now).await.unwrap();
    }
}

/// Returns a well-formed body for an operation on a case.
pub fn body(operation: &str) -> serde_json::Value {
    use serde_json::json;
    let other = "01957a00-0000-7000-8000-000000000001";
    match operation {
        "create_step" => json!({"step": "sign"}),
        "create_assignment" => json!({"co_units": ["water"]}),
        "create_transfer" => json!({"to": "water", "reason": "属水务"}),
        "create_dispute" => json!({"proposed": "water", "reason": "属水务"}),
        "create_ruling" => json!({"upheld": false, "unit": "works", "reason": "职责在此"}),
        "create_extension" => json!({"clock": "general", "by": 1, "reason": "等材料"}),
        "create_pause" => json!({"clock": "general", "reason": "等材料"}),
        "create_resumption" => json!({"clock": "general"}),
        "create_comment" | "create_question" | "keep_case_draft" | "discard_case_draft" => {
            json!({"text": "请补充位置"})
        }
        "create_instruction" => json!({"instruction": "supervise", "words": "三日内报结果"}),
        "create_voice" => json!({"solved": true}),
        "create_satisfaction" => json!({"solved": "yes"}),
        "create_classification" => json!({"category": "construction.municipal"}),
        "create_severity" => json!({"to": 5, "reason": "危险"}),
        "create_link" => json!({"other": other, "linkage": "duplicate_of"}),
        "create_split" => json!({"into": [other], "reason": "两件事"}),
        "create_merge" => json!({"into": other, "reason": "同一件事"}),
        "create_correction" => json!({"title": "路灯", "reason": "写错"}),
        "create_withdrawal" => json!({"evidence": other, "reason": "传错"}),
        "create_showing" => json!({"evidence": other, "shown": true}),
        "create_case_showing" => json!({"evidence": other, "shown": "yes"}),
        "create_consent" => json!({"code": "0", "pictures": true}),
        "create_erasure" => json!({"body": other, "reason": "本人要求"}),
        "create_case_code" | "create_code" => json!({"said": "Liu", "checked": "姓名"}),
        "create_named_notice" => json!({"why": "告知"}),
        "create_callback_number" => json!({"why": "回访"}),
        "create_callback_call" => json!({"outcome": "no_answer"}),
        "create_identity_read" => json!({"reason": "回访"}),
        other => panic!("no body for {other}: add one, so that its door is tested"),
    }
}
