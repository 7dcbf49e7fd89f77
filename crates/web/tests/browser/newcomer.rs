//! The newcomer: from an empty directory to an installation in which a case can be struck off, every step by hand in
//! a real browser. Each page of the set-up is held to what all pages are held to.

use std::collections::BTreeSet;
use std::path::Path;

use axum::http::Method;
use bihuan_store::keys::MasterKey;
use bihuan_store::tenant::{Marks, Options, Store};
use bihuan_web::app::{App, SystemEntropy};
use bihuan_web::routes;
use bihuan_web::serve::{Bound, listen};
use bihuan_web::setup::{Setup, SetupOptions};
use jiff::Timestamp;

use crate::common::{self, PASSWORD};
use crate::driver::Window;
use crate::{axe, pages};

/// What differs between the languages.
struct Words {
    lang: &'static str,
    dark: bool,
    city: [&'static str; 2],
    people: [&'static str; 3],
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_founds_a_city_that_can_strike_a_case_off_in_chinese() {
    journey(Words {
        lang: "zh",
        dark: false,
        city: ["青禾市", "Qinghe City"],
        people: ["王芳", "赵工", "周督"],
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_founds_a_city_that_can_strike_a_case_off_in_english() {
    journey(Words {
        lang: "en",
        dark: true,
        city: ["", "Greenfield"],
        people: ["Ann Desk", "Bob Works", "Eve Check"],
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
        let options = common::options();
        let app = App::new(founded.unwrap(), &options, Box::new(Timestamp::now));
        Bound::on(listener, app, &options)
            .serve(std::future::pending())
            .await
    });
    (home, code)
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
    let (home, code) = start(directory.path()).await;
    let mut newcomer = Newcomer {
        window: Window::open_in(home, words.dark).await,
        axe: axe::script(),
        seen: BTreeSet::new(),
        wrong: Vec::new(),
        words,
    };
    newcomer.set_up(&code).await;
    for (login, code) in LOGINS.iter().zip(newcomer.bring_people_in().await) {
        newcomer.enter(login, &code).await;
    }
    assert!(newcomer.wrong.is_empty(), "{}", newcomer.wrong.join("\n"));
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
        self.window.click("main .btn").await;
        assert!(self.window.has(".notice.ok").await, "somebody is missing");
        self.look().await;
        codes
    }

    /// Logs in with a code for the first time, and chooses a password.
    async fn enter(&self, login: &str, password: &str) {
        self.window.forget().await;
        self.window.go(&format!("/login?lang={}", self.words.lang)).await;
        self.window.write("#login", login).await;
        self.window.write("#password", password).await;
        self.window.click("form.login button").await;
        self.window.write("#password", PASSWORD).await;
        self.window.write("#again", PASSWORD).await;
        self.window.click("form[action='/welcome'] button").await;
        self.window.until_at("/desk").await;
    }
}

/// The logins that the example suggests: who takes in and answers, who handles, who verifies.
const LOGINS: [&str; 3] = ["hotline", "works", "supervision"];
