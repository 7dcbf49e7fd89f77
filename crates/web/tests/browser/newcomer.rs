//! The newcomer: from an empty directory to a first case that is struck off, every step by hand in a real browser.
//! Each page of the set-up is held to what all pages are held to.

mod reading;

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
use crate::{axe, pages};
use reading::{Reading, TEXTS};

/// The most words that the way may show, each line once; in Chinese there are fewer between spaces.
const MOST_WORDS: usize = 1_200;
/// The longest that acting may take, by the keystroke-level model, in seconds.
const MOST_SECONDS: f64 = 180.0;

/// What differs between the languages.
struct Words {
    lang: &'static str,
    dark: bool,
    city: &'static str,
    people: [&'static str; 3],
    solved: &'static str,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_strikes_a_first_case_off_in_chinese() {
    journey(Words {
        lang: "zh",
        dark: false,
        city: "青禾市",
        people: ["王芳", "赵工", "周督"],
        solved: "您说：解决了",
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_strikes_a_first_case_off_in_english() {
    journey(Words {
        lang: "en",
        dark: true,
        city: "Greenfield",
        people: ["Ann Desk", "Bob Works", "Eve Check"],
        solved: "You said: it is solved",
    })
    .await;
}

#[tokio::test]
async fn a_password_that_no_script_shows_is_asked_for_twice() {
    let directory = tempfile::tempdir().unwrap();
    let (home, code) = start(directory.path()).await;
    let window = Window::open_without_script(home).await;
    window.go("/setup").await;
    window.write("#code", &code).await;
    window.press("main form .btn").await;
    window.until_at("/setup/city").await;
    assert!(!window.is_shown("[data-reveal]").await);
    assert!(window.is_shown("#again").await);
    window.close().await;
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
    reading: Reading,
    /// The tab with the codes.
    codes: String,
    /// The tab in which one after the other is logged in.
    work: Option<String>,
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
        reading: Reading::default(),
        codes: String::new(),
        work: None,
        words,
    };
    newcomer.set_up(&code).await;
    newcomer.bring_people_in().await;
    newcomer.strike_off(files.path()).await;
    println!("{}", newcomer.reading);
    let (words, seconds) = (newcomer.reading.words(), newcomer.reading.acting_seconds());
    assert!(
        words <= MOST_WORDS && seconds <= MOST_SECONDS,
        "{words} words, {seconds} s"
    );
    assert!(newcomer.wrong.is_empty(), "{}", newcomer.wrong.join("\n"));
    newcomer.window.close().await;
}

impl Newcomer {
    /// Looks at the page that is shown, wide and narrow, as all pages are looked at.
    async fn look(&mut self) {
        for width in [390, 1440] {
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

    /// Reads the page that is shown, and looks at it.
    async fn read(&mut self, name: &'static str) {
        let texts = self.window.now(TEXTS).await;
        self.reading.read(name, &texts);
        self.look().await;
    }

    /// Writes into a field, after a click on it where it has not the focus.
    async fn write(&mut self, selector: &str, text: &str) {
        let focus = format!(
            "return document.activeElement?.matches({})",
            serde_json::json!(selector)
        );
        if self.window.now(&focus).await != true {
            self.reading.clicks += 1;
        }
        self.reading.fields += 1;
        self.reading.keys += text.chars().count();
        self.window.write(selector, text).await;
    }

    /// Clicks on what leads to another page.
    async fn click(&mut self, selector: &str) {
        self.reading.clicks += 1;
        self.window.click(selector).await;
    }

    async fn set_up(&mut self, code: &str) {
        let lang = self.words.lang;
        self.window.go("/").await;
        self.window.go(&format!("/setup?lang={lang}")).await;
        self.look().await;
        self.window.write("#code", "0000-0000-0000-0000").await;
        self.window.click("main form .btn").await;
        self.look().await;
        // As from the link in the terminal: a script fills the code in and goes on.
        self.window
            .go(&format!("/setup?lang={lang}&from=link#{code}"))
            .await;
        self.window.until_at("/setup/city").await;
        self.read("set-up").await;
        assert!(!self.window.has("#again").await, "a password is asked for twice");
        self.window.write("#password", "short").await;
        self.window.write("#login", "me").await;
        self.window.click("main form button.btn.wide").await;
        self.look().await;
        self.window.go("/setup/city").await;
        let at = usize::from(lang == "en");
        self.write(["#name_zh", "#name_en"][at], self.words.city).await;
        self.write(["#person_zh", "#person_en"][at], "Me Myself").await;
        self.write("#login", "me").await;
        self.write("#password", PASSWORD).await;
        self.click("main form button.btn.wide").await;
        self.window.until_at("/people").await;
        let pages = routes::of_setup().filter(|route| route.method.method() == Method::GET);
        let pages = pages.filter(|route| route.path.starts_with("/setup"));
        for route in pages {
            assert!(self.seen.contains(route.path), "{} was not looked at", route.id);
        }
    }

    /// Writes three names into the rows that are there; what is next stands beside the codes.
    async fn bring_people_in(&mut self) {
        self.read("people").await;
        for at in 0..3 {
            let field = format!("#person-{}", at + 1);
            self.write(&field, self.words.people[at]).await;
        }
        self.click("main form .btn.wide").await;
        self.read("codes").await;
        let beside = "main a[href='/report'][target='_blank']";
        assert!(self.window.has(beside).await, "nothing says what is next");
        self.codes = self.window.tab().await;
    }

    async fn strike_off(&mut self, files: &Path) {
        self.report().await;
        self.first(0).await;
        self.open_case().await;
        self.step("accept", &[]).await;
        // Only one of the three units handles, so it stands there.
        self.step("assign", &[]).await;
        self.first(1).await;
        self.open_case().await;
        self.step("sign", &[]).await;
        self.add_photo(&files.join("after.png")).await;
        self.step("submit", &[]).await;
        self.first(2).await;
        self.open_case().await;
        self.step("verify", &[("finding", "All six lamps are lit.")])
            .await;
        // Who has verified is told whose turn it is, and is not asked to send it back.
        self.window.until(".toast").await;
        let told = self.window.text(".toast").await;
        assert!(told.contains(self.words.people[0]), "{told}");
        assert!(!self.window.has(".step.primary").await);
        self.enter(DESK, PASSWORD).await;
        self.open_case().await;
        self.step("answer", &[("reply", "All six lamps were replaced.")])
            .await;
        self.judge().await;
        self.see_the_seal().await;
    }

    /// Looks for the seal once more from the desk of whoever verified.
    async fn see_the_seal(&mut self) {
        self.window.forget().await;
        self.window.go(&format!("/login?lang={}", self.words.lang)).await;
        self.window.write("#login", CHECK).await;
        self.window.write("#password", PASSWORD).await;
        self.window.click("form.login [type=submit]").await;
        let seal = "#struck a.to-seal";
        assert!(self.window.has(seal).await, "the desk does not lead to the seal");
    }

    /// Sends the message that stands ready beside the codes.
    async fn report(&mut self) {
        self.reading.clicks += 1;
        self.window
            .open_beside("main form[action='/report'] button")
            .await;
        self.read("receipt").await;
    }

    async fn enter(&mut self, login: &str, password: &str) {
        let out = "form[action='/logout'] button";
        if self.window.has(out).await {
            self.click(out).await;
        } else {
            self.reading.clicks += 1;
            self.window.go("/login").await;
        }
        self.read("log-in").await;
        self.write("#login", login).await;
        self.write("#password", password).await;
        self.click("form.login button[type=submit]").await;
    }

    /// Logs in as one of the three, with the button beside their code, which stays on its page.
    async fn first(&mut self, at: usize) {
        self.window.to_tab(&self.codes).await;
        self.reading.clicks += 2;
        let button = format!("form:has(input[value='{}']) button", LOGINS[at]);
        match &self.work {
            // Whoever comes next comes into the same tab: none is left that shows somebody else's name.
            Some(work) => {
                self.window.press(&button).await;
                self.window.to_tab(work).await;
                self.window.until("form[action='/welcome']").await;
            }
            None => {
                self.window.open_beside(&button).await;
                self.work = Some(self.window.tab().await);
            }
        }
        self.read("new password").await;
        self.write("#password", PASSWORD).await;
        self.click("form[action='/welcome'] button[type=submit]").await;
    }

    /// Opens the only case from the desk.
    async fn open_case(&mut self) {
        self.window.until("[data-row] a.t").await;
        self.read("desk").await;
        self.click("[data-row] a.t").await;
        self.read("case").await;
    }

    /// Takes a step on the case's page.
    async fn step(&mut self, step: &'static str, fields: &[(&str, &str)]) {
        let form = format!("form:has(input[name='step'][value='{step}'])");
        for (name, text) in fields {
            self.write(&format!("{form} [name='{name}']"), text).await;
        }
        self.click(&format!("{form} button[type=submit]")).await;
        self.read(step).await;
    }

    async fn add_photo(&mut self, file: &Path) {
        std::fs::write(file, photo::street(true)).unwrap();
        // What the step waits for is open, and set to what is wanted.
        assert!(self.window.is_shown("#evidence-photos").await);
        assert!(self.window.has("#evidence input[value='after']:checked").await);
        self.window.choose_file("#evidence-photos", file).await;
        self.reading.clicks += 3;
        self.click("#evidence button[type=submit]").await;
        self.read("photo").await;
    }

    /// Says as the citizen that it is solved; the page of the report fits every window.
    async fn judge(&mut self) {
        self.reading.clicks += 1;
        self.window.go(&format!("/track?lang={}", self.words.lang)).await;
        self.window.until("button[value='yes']").await;
        self.read("track").await;
        for width in [1440, 1280, 1024, 768, 390, 360] {
            self.window.resize(width, 900).await;
            let fits = "const other = document.querySelector('.top-end [hreflang]').getBoundingClientRect();
                return document.documentElement.scrollWidth <= innerWidth && other.width > 0 && other.right <= innerWidth";
            let fits = self.window.now(fits).await;
            assert_eq!(fits, true, "the page is cut off at {width}");
        }
        self.window.resize(1440, 1000).await;
        self.click("button[value='yes']").await;
        self.window.says(self.words.solved).await;
        assert!(self.window.has(".seal svg").await, "it is not struck off yet");
        self.read("struck off").await;
    }
}

/// The logins that the example suggests: who takes in and answers, who handles, who verifies.
const LOGINS: [&str; 3] = [DESK, WORKS, CHECK];
const DESK: &str = "hotline";
const WORKS: &str = "works";
const CHECK: &str = "supervision";
