//! The newcomer: from an empty directory to a first case that is struck off, every step by hand in a real browser.
//! Each page of the set-up is held to what all pages are held to.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use axum::http::Method;
use bihuan_store::followers::ticker::Ticker;
use bihuan_store::keys::MasterKey;
use bihuan_store::tenant::{Marks, Options, Store, Tenant};
use bihuan_web::app::{App, SystemEntropy};
use bihuan_web::routes;
use bihuan_web::serve::{Bound, listen};
use bihuan_web::setup::{Setup, SetupOptions};
use jiff::Timestamp;

use crate::common::{self, PASSWORD, photo};
use crate::driver::Window;
use crate::{NEXT, axe, pages};

/// What differs between the languages.
struct Words {
    lang: &'static str,
    dark: bool,
    city: [&'static str; 2],
    people: [&'static str; 3],
    /// The unit that handles, as the example calls it.
    works: &'static str,
    solved: &'static str,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_strikes_a_first_case_off_in_chinese() {
    journey(Words {
        lang: "zh",
        dark: false,
        city: ["青禾市", "Qinghe City"],
        people: ["王芳", "赵工", "周督"],
        works: "市住房和城乡建设局",
        solved: "您说：解决了",
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_strikes_a_first_case_off_in_english() {
    journey(Words {
        lang: "en",
        dark: true,
        city: ["", "Greenfield"],
        people: ["Ann Desk", "Bob Works", "Eve Check"],
        works: "Housing and Construction Bureau",
        solved: "You said: it is solved",
    })
    .await;
}

/// A server on an empty directory, as `bihuan serve` starts it; returns its address and its code.
async fn start(directory: &Path) -> (String, String) {
    let listener = listen(([127, 0, 0, 1], 0).into()).unwrap();
    let home = format!("http://{}", listener.local_addr().unwrap());
    let place = directory.to_owned();
    let options = SetupOptions {
        directory: directory.to_owned(),
        key_place: "/srv/city.master-key".to_owned(),
        secure: false,
        trusted_proxy: false,
        clock: Box::new(Timestamp::now),
        found: Box::new(move |founding| {
            let marks = Marks {
                testing: true,
                demo: false,
            };
            let options = Options::new(MasterKey::of_seed(7));
            let store = Store::init(&place, marks, &options, founding, &mut SystemEntropy);
            store.map_err(|error| error.to_string())
        }),
    };
    let (setup, code) = Setup::begin(options).unwrap();
    tokio::spawn(async move {
        let door = listener.try_clone().unwrap();
        let founded = setup.serve(door, None, std::future::pending()).await.unwrap();
        let founded = founded.unwrap();
        tokio::spawn(keep_time(founded.tenants().remove(0)));
        let options = common::options();
        let app = App::new(founded, &options, Box::new(Timestamp::now));
        Bound::on(listener, app, &options)
            .serve(std::future::pending())
            .await
    });
    (home, code)
}

/// Lets the clock act, as it does behind `bihuan serve`: it may strike off before the newcomer does.
async fn keep_time(tenant: Tenant) {
    let mut ticker = Ticker::default();
    loop {
        ticker
            .tick(&tenant, &mut SystemEntropy, Timestamp::now())
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The newcomer, under way.
struct Newcomer {
    window: Window,
    words: Words,
    axe: String,
    seen: BTreeSet<String>,
    wrong: Vec<String>,
}

async fn journey(words: Words) {
    let directory = tempfile::tempdir().unwrap();
    let files = tempfile::tempdir().unwrap();
    let (home, code) = start(directory.path()).await;
    let mut newcomer = Newcomer {
        window: Window::open_in(home, words.dark).await,
        axe: axe::script(),
        seen: BTreeSet::new(),
        wrong: Vec::new(),
        words,
    };
    newcomer.set_up(&code).await;
    let codes = newcomer.bring_people_in().await;
    assert!(newcomer.wrong.is_empty(), "{}", newcomer.wrong.join("\n"));
    newcomer.strike_off(&codes, files.path()).await;
    newcomer.window.close().await;
}

impl Newcomer {
    /// Looks at the page that is shown, wide and narrow.
    async fn look(&mut self) {
        for width in [1440, 390] {
            self.window.resize(width, 900).await;
            let found = self.window.ask(&format!("{};\n{}", self.axe, pages::LOOK)).await;
            let path = found["path"].as_str().unwrap().to_owned();
            for wrong in found["wrong"].as_array().unwrap() {
                let lang = self.words.lang;
                self.wrong
                    .push(format!("{path} ({lang}, {width}): {}", wrong.as_str().unwrap()));
            }
            self.seen.insert(path);
        }
    }

    async fn set_up(&mut self, code: &str) {
        let lang = self.words.lang;
        self.window.go("/").await;
        self.window.go(&format!("/setup?lang={lang}")).await;
        self.look().await;
        self.window.write("#code", "0000-0000-0000-0000").await;
        self.window.click("main form .btn").await;
        self.look().await;
        // As from the link in the terminal: a script fills the code in.
        self.window
            .go(&format!("/setup?lang={lang}&from=link#{code}"))
            .await;
        self.window.until_value("#code").await;
        self.window.click("main form .btn").await;
        self.look().await;
        self.window.click("main form .btn").await;
        self.look().await;
        for (field, text) in [("#name_zh", self.words.city[0]), ("#name_en", self.words.city[1])] {
            self.window.write(field, text).await;
        }
        self.window.click("main form .btn").await;
        self.look().await;
        self.window.click("main form button.btn").await;
        self.look().await;
        self.window.write("#login", "me").await;
        self.window.write("#password", "short").await;
        self.window.write("#again", "short").await;
        self.window.click("main form button.btn").await;
        self.look().await;
        self.window.write("#name_en", "Me Myself").await;
        for field in ["#password", "#again"] {
            self.window.write(field, PASSWORD).await;
        }
        self.window.click("main form button.btn").await;
        self.window.until_at("/people").await;
        let pages = routes::of_setup().filter(|route| route.method.method() == Method::GET);
        let pages = pages.filter(|route| route.path.starts_with("/setup"));
        for route in pages {
            assert!(self.seen.contains(route.path), "{} was not looked at", route.id);
        }
    }

    /// Writes three people into the rows that are there, and returns their codes.
    async fn bring_people_in(&mut self) -> Vec<String> {
        self.look().await;
        for (at, name) in self.words.people.iter().enumerate() {
            let row = format!("[name='person_login'][value='{}']", LOGINS[at]);
            let field = format!("fieldset:has({row}) [name='person_name_zh']");
            self.window.write(&field, name).await;
        }
        self.window.click("main form:not([enctype]) > .btn").await;
        self.look().await;
        self.window.click(".people-end .btn:not(.quiet)").await;
        self.look().await;
        let codes = "return [...document.querySelectorAll('.first-code')].map(code => code.textContent)";
        let codes = self.window.now(codes).await;
        let codes = codes.as_array().unwrap().iter();
        let codes: Vec<String> = codes.map(|code| code.as_str().unwrap().to_owned()).collect();
        // The codes are shown once: what is next opens beside them.
        let beside = "main a[href='/report'][target='_blank']";
        assert!(self.window.has(beside).await, "nothing says what is next");
        let next = "main a[href='/report']";
        self.window.click("main .people-end a.btn").await;
        assert!(self.window.has(next).await);
        assert!(self.window.has(".notice.ok").await, "somebody is missing");
        self.look().await;
        codes
    }

    async fn strike_off(&self, codes: &[String], files: &Path) {
        let code = self.report().await;
        for (login, first) in LOGINS.iter().zip(codes) {
            self.enter(login, first).await;
            self.window.write("#password", PASSWORD).await;
            self.window.write("#again", PASSWORD).await;
            self.window.click("form[action='/welcome'] button").await;
        }
        let case = self.find().await;
        self.step(&case, DESK, "accept", &[]).await;
        self.step(&case, DESK, "assign", &[("unit", self.words.works)])
            .await;
        self.step(&case, WORKS, "sign", &[]).await;
        self.add_photo(&case, &files.join("after.png")).await;
        self.step(&case, WORKS, "submit", &[]).await;
        self.step(&case, CHECK, "verify", &[("finding", "All six lamps are lit.")])
            .await;
        // Who has verified is told whose turn it is, and is not asked to send it back.
        self.window.until(".toast").await;
        let told = self.window.text(".toast").await;
        assert!(told.contains(self.words.people[0]), "{told}");
        assert!(!self.window.has(".step.primary").await);
        self.step(
            &case,
            DESK,
            "answer",
            &[("reply", "All six lamps were replaced.")],
        )
        .await;
        self.judge(&code).await;
        self.strike(&case).await;
    }

    /// Strikes the case off, where the clock has not done it first: before the page was there, or after.
    async fn strike(&self, case: &str) {
        self.enter(CHECK, PASSWORD).await;
        self.window.go(case).await;
        let button = "form:has(input[name='step'][value='strike_off']) button[type=submit]";
        if self.window.has(button).await {
            self.window.click(button).await;
            self.window.go(case).await;
        }
        assert!(self.window.has(".seal svg").await, "the case bears no seal");
        self.window.go("/desk").await;
        let seal = format!("#struck a.to-seal[href*='{case}']");
        assert!(self.window.has(&seal).await, "the desk does not lead to the seal");
    }

    /// Sends a first message as a citizen, and returns its code.
    async fn report(&self) -> String {
        self.window.forget().await;
        self.window.go(&format!("/report?lang={}", self.words.lang)).await;
        self.window
            .write("#text", "The lamps outside the east gate are out.")
            .await;
        for _ in 0..4 {
            self.window.click(NEXT).await;
        }
        self.window.text("#code").await
    }

    async fn enter(&self, login: &str, password: &str) {
        self.window.forget().await;
        self.window.go(&format!("/login?lang={}", self.words.lang)).await;
        self.window.write("#login", login).await;
        self.window.write("#password", password).await;
        self.window.click("form.login button").await;
    }

    /// Returns the address of the only case, which waits on the desk to be accepted.
    async fn find(&self) -> String {
        self.enter(DESK, PASSWORD).await;
        self.window.until("#raise [data-row]").await;
        let row = "return document.querySelector('#raise [data-row]').dataset.row";
        let number = self.window.now(row).await;
        format!("/cases/{}", number.as_str().unwrap())
    }

    /// Logs in as somebody and takes a step on the case's page.
    async fn step(&self, case: &str, login: &str, step: &str, fields: &[(&str, &str)]) {
        self.enter(login, PASSWORD).await;
        self.window.go(case).await;
        let form = format!("form:has(input[name='step'][value='{step}'])");
        for (name, text) in fields {
            self.window.write(&format!("{form} [name='{name}']"), text).await;
        }
        self.window.click(&format!("{form} button[type=submit]")).await;
    }

    async fn add_photo(&self, case: &str, file: &Path) {
        std::fs::write(file, photo::street(true)).unwrap();
        self.enter(WORKS, PASSWORD).await;
        self.window.go(case).await;
        // What the step waits for is open, and set to what is wanted.
        assert!(self.window.is_shown("#evidence-photos").await);
        assert!(self.window.has("#evidence input[value='after']:checked").await);
        self.window.choose_file("#evidence-photos", file).await;
        self.window.click("#evidence form button[type=submit]").await;
    }

    /// Says as the citizen that it is solved; the page of the report fits every window.
    async fn judge(&self, code: &str) {
        self.window.forget().await;
        self.window.go(&format!("/track?lang={}", self.words.lang)).await;
        self.window.write("#code", code).await;
        self.window.click("main form button").await;
        self.window.until("button[value='yes']").await;
        for width in [1440, 1280, 1024, 768, 390, 360] {
            self.window.resize(width, 900).await;
            let fits = "const other = document.querySelector('.top-end [hreflang]').getBoundingClientRect();
                return document.documentElement.scrollWidth <= innerWidth && other.width > 0 && other.right <= innerWidth";
            let fits = self.window.now(fits).await;
            assert_eq!(fits, true, "the page is cut off at {width}");
        }
        self.window.click("button[value='yes']").await;
        self.window.says(self.words.solved).await;
    }
}

/// The logins that the example suggests: who takes in and answers, who handles, who verifies.
const LOGINS: [&str; 3] = [DESK, WORKS, CHECK];
const DESK: &str = "hotline";
const WORKS: &str = "works";
const CHECK: &str = "supervision";
