//! The newcomer's walk: a message goes in at the portal and comes out struck off, every step by hand in
//! a real browser, in each language.

use std::path::PathBuf;

use crate::common::{PASSWORD, Town, photo};
use crate::driver::Window;
use crate::{NEXT, serve};

/// What differs between the languages.
struct Words {
    lang: &'static str,
    solved: &'static str,
    struck_off: &'static str,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_walks_from_the_portal_to_the_seal_in_chinese() {
    walk(Words {
        lang: "zh",
        solved: "您说：解决了",
        struck_off: "销号",
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_walks_from_the_portal_to_the_seal_in_english() {
    walk(Words {
        lang: "en",
        solved: "You said: it is solved",
        struck_off: "Struck off",
    })
    .await;
}

async fn walk(words: Words) {
    let town = Town::found().await;
    let files = tempfile::tempdir().unwrap();
    let shots = Walk {
        window: serve(&town, None).await,
        lang: words.lang,
        number: String::new(),
        town,
    };
    let mut walk = shots;
    let code = walk.send(&files.path().join("before.png")).await;
    walk.at("operator", "accept", &[]).await;
    walk.at("dispatcher", "assign", &[("unit", "works")]).await;
    walk.at("handler", "sign", &[]).await;
    walk.add_photo(&files.path().join("after.png")).await;
    walk.at("handler", "submit", &[]).await;
    walk.picture("case-submitted").await;
    walk.at(
        "supervisor",
        "verify",
        &[("finding", "六盏路灯全部亮起，现场拍照。")],
    )
    .await;
    walk.at(
        "operator",
        "answer",
        &[("reply", "东门外六盏路灯已全部更换，线路已检修。")],
    )
    .await;
    walk.judge(&code, words.solved).await;
    walk.at("supervisor", "strike_off", &[]).await;
    assert!(walk.window.has(".seal svg").await);
    walk.picture("case-sealed").await;
    walk.window.go("/track").await;
    assert!(walk.window.has(".seal svg").await);
    walk.window.says(words.struck_off).await;
    walk.picture("track-sealed").await;
    walk.window.close().await;
}

/// A walk under way.
struct Walk {
    town: Town,
    window: Window,
    lang: &'static str,
    number: String,
}

impl Walk {
    async fn picture(&self, name: &str) {
        self.window.picture(&format!("walk-{name}-{}", self.lang)).await;
    }

    /// Sends a message with a photo as a citizen, and returns its code.
    async fn send(&mut self, file: &PathBuf) -> String {
        std::fs::write(file, photo::street(false)).unwrap();
        let window = &self.window;
        window.go(&format!("/report?lang={}", self.lang)).await;
        window
            .write(
                "#text",
                "小区东门外到公交站这一段的路灯已经三个星期不亮了，晚上老人孩子走路很危险。",
            )
            .await;
        window.click(NEXT).await;
        window.write("#place", "柳林街道东门小区外").await;
        window.choose_file("#photos", file).await;
        window.click(NEXT).await;
        window.click(NEXT).await;
        window.click(NEXT).await;
        let code = window.text("#code").await;
        let everything = bihuan_core::filter::Checked::everything();
        let sort = "-raised".parse().unwrap();
        let list = move |reader: &bihuan_store::read::Reader| {
            let listing = bihuan_store::read::list::Listing {
                filter: &everything,
                sort,
                after: None,
                limit: 1,
            };
            reader.list(&listing)
        };
        self.number = self.town.tenant().read(list).await.unwrap().rows[0]
            .number
            .clone();
        code
    }

    /// Logs in as somebody, takes a step on the case's page, and logs out.
    async fn at(&self, login: &str, step: &str, fields: &[(&str, &str)]) {
        self.enter(login).await;
        if step == "accept" {
            self.window.go("/desk").await;
            self.picture("desk").await;
            self.window.go("/ledger").await;
            self.picture("ledger").await;
        }
        self.window.go(&format!("/cases/{}", self.number)).await;
        let form = format!("form:has(input[name='step'][value='{step}'])");
        for (name, text) in fields {
            self.window.write(&format!("{form} [name='{name}']"), text).await;
        }
        self.picture(&format!("case-{step}")).await;
        self.window.click(&format!("{form} button[type=submit]")).await;
        self.leave(step).await;
    }

    async fn enter(&self, login: &str) {
        self.window.go("/login").await;
        self.window.write("#login", login).await;
        self.window.write("#password", PASSWORD).await;
        self.window.click("form.login [type=submit]").await;
    }

    async fn leave(&self, step: &str) {
        if step != "strike_off" && step != "submit" {
            self.window.click("form[action='/logout'] button").await;
        }
    }

    /// Adds a photo from after the fix as the handler.
    async fn add_photo(&self, file: &PathBuf) {
        std::fs::write(file, photo::street(true)).unwrap();
        self.enter("handler").await;
        self.window.go(&format!("/cases/{}", self.number)).await;
        self.window.press("#evidence input[value='after']").await;
        self.window.choose_file("#evidence-photos", file).await;
        self.window.click("#evidence button[type=submit]").await;
        self.window.click("form[action='/logout'] button").await;
    }

    /// Says as the citizen that it is solved.
    async fn judge(&self, code: &str, said: &str) {
        self.window.go("/track").await;
        if self.window.has("input[name='code']").await {
            self.window.write("#code", code).await;
            self.window.click("main form button").await;
        }
        self.picture("track-answered").await;
        self.window.click("button[value='yes']").await;
        self.window.says(said).await;
    }
}
