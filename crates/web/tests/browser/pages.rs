//! Every page, in both languages and both themes, wide and narrow: nothing that axe-core finds against WCAG 2.2
//! A and AA, nothing that sticks out, nothing untranslated, nothing heavy. A page that is not visited here fails
//! the test.

use std::collections::BTreeSet;

use axum::http::Method;
use bihuan_core::id::CaseId;
use bihuan_web::route::{Route, Visibility};
use bihuan_web::routes;
use serde_json::Value;

use crate::common::cases::Matter;
use crate::common::{PASSWORD, Town};
use crate::driver::Window;
use crate::{NEXT, axe, serve_at};

/// The most bytes of a page for staff, unpacked, without its pictures.
const STAFF_BYTES: u64 = 150_000;
/// The most bytes of a page for everybody with its style and script, as they are sent.
const PORTAL_BYTES: u64 = 60_000;

/// What answers a reading request and is no page: parts of pages, files, and what programs ask.
const NO_PAGES: [&str; 15] = [
    "read_asset",
    "read_case_evidence",
    "read_case_proof",
    "read_checkpoint",
    "read_checkpoint_key",
    "read_export_file",
    "read_health",
    "read_ledger_suggestions",
    "read_metrics",
    "read_next_case",
    "read_people_template",
    "read_readiness",
    "read_struck_picture",
    "read_track_evidence",
    "read_track_proof",
];

/// What is wrong with the page that is shown: what axe-core finds, what is wider than the window, and what stands
/// in Chinese though the page is English; and how large it is, with what is fetched for it.
pub const LOOK: &str = r#"
const done = arguments[arguments.length - 1];
const wrong = [];
const root = document.documentElement;
if (root.scrollWidth > innerWidth) wrong.push(`wider than the window: ${root.scrollWidth}`);
if (root.lang === 'en') {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (/\p{Script=Han}/u.test(node.data) && !node.parentElement.closest('[lang^=zh], script')) wrong.push(`not English: ${node.data.trim()}`);
  }
  for (const element of document.querySelectorAll('[title], [placeholder], [aria-label], [alt]')) {
    for (const name of ['title', 'placeholder', 'aria-label', 'alt']) {
      const said = element.getAttribute(name) ?? '';
      if (/\p{Script=Han}/u.test(said) && !element.closest('[lang^=zh]')) wrong.push(`not English: ${name} ${said}`);
    }
  }
}
const page = performance.getEntriesByType('navigation')[0];
const parts = performance.getEntriesByType('resource').filter(part => !part.name.includes('/evidence/'));
const fetched = parts.filter(part => part.transferSize > 0).length;
const bytes = page.decodedBodySize;
const whole = page.encodedBodySize + parts.reduce((sum, part) => sum + part.encodedBodySize, 0);
axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then(found => {
  for (const { id, nodes } of found.violations) wrong.push(`${id}: ${nodes.length} × ${nodes[0].html.slice(0, 160)} ${nodes[0].any.map(one => one.message).join(' ').slice(0, 200)}`);
  done({ wrong, fetched, bytes, whole, path: location.pathname });
});
"#;

/// A walk over all pages in one look.
struct Tour {
    town: Town,
    window: Window,
    axe: String,
    lang: &'static str,
    width: u32,
    /// The ids of the pages that were seen.
    seen: BTreeSet<&'static str>,
    wrong: Vec<String>,
    /// The largest page for staff and for everybody, in bytes.
    largest: (u64, u64),
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_can_be_used_by_everybody_in_chinese() {
    tour("zh", 1440, false).await;
    tour("zh", 390, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_can_be_used_by_everybody_in_english() {
    tour("en", 1440, true).await;
    tour("en", 768, false).await;
}

async fn tour(lang: &'static str, width: u32, dark: bool) {
    let town = Town::found().await;
    let window = Window::open_in(serve_at(&town, None), dark).await;
    window.resize(width, 900).await;
    let mut tour = Tour {
        axe: axe::script(),
        lang,
        width,
        seen: BTreeSet::new(),
        wrong: Vec::new(),
        largest: (0, 0),
        town,
        window,
    };
    tour.of_everybody().await;
    tour.of_the_reporter().await;
    tour.of_staff().await;
    tour.of_cases().await;
    tour.of_boards().await;
    tour.of_bulk().await;
    tour.of_dialogs().await;
    tour.of_callbacks().await;
    tour.of_register().await;
    tour.of_people().await;
    tour.of_exports().await;
    tour.of_pictures().await;
    let pages = routes::all().filter(|route| is_page(route)).map(|route| route.id);
    let missed: Vec<&str> = pages.filter(|id| !tour.seen.contains(id)).collect();
    assert!(tour.wrong.is_empty(), "{}", tour.wrong.join("\n"));
    assert_eq!(missed, Vec::<&str>::new(), "visit them here");
    println!(
        "largest pages: {} bytes for staff, {} with all parts for everybody",
        tour.largest.0, tour.largest.1
    );
    tour.window.close().await;
}

fn is_page(route: &Route) -> bool {
    let reads = route.method.method() == Method::GET && !route.path.starts_with("/api/");
    let part = route.path.ends_with("/suggest");
    reads && !part && !NO_PAGES.contains(&route.id)
}

/// Whether an address is one of a route.
fn leads_to(route: &Route, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) = (route.path.split('/').collect(), path.split('/').collect());
    let fits = |(part, piece): (&&str, &&str)| part == piece || part.starts_with('{') && !piece.is_empty();
    pattern.len() == path.len() && pattern.iter().zip(&path).all(fits)
}

impl Tour {
    /// Goes to a page and looks at it.
    async fn go(&mut self, path: &str) {
        let joint = if path.contains('?') { '&' } else { '?' };
        self.window.go(&format!("{path}{joint}lang={}", self.lang)).await;
        self.look(path).await;
    }

    /// Looks at the page that is shown; `name` says which state of it.
    async fn look(&mut self, name: &str) {
        let found = self.window.ask(&format!("{};\n{LOOK}", self.axe)).await;
        let path = found["path"].as_str().unwrap();
        let routes = routes::all().filter(|route| route.method.method() == Method::GET);
        let exact = |route: &&&Route| route.path == path;
        let routes: Vec<&Route> = routes.filter(|route| leads_to(route, path)).collect();
        let route = routes.iter().find(exact).or_else(|| routes.first()).copied();
        let shown = format!("{name} ({}, {})", self.lang, self.width);
        for wrong in found["wrong"].as_array().unwrap() {
            self.wrong.push(format!("{shown}: {}", wrong.as_str().unwrap()));
        }
        let number = |of: &str| found[of].as_u64().unwrap_or_else(|| panic!("{found}"));
        if number("fetched") > 3 {
            self.wrong
                .push(format!("{shown}: {} parts were fetched", number("fetched")));
        }
        self.weigh(route, &shown, &found);
        self.seen.extend(route.map(|route| route.id));
    }

    fn weigh(&mut self, route: Option<&Route>, shown: &str, found: &Value) {
        let number = |of: &str| found[of].as_u64().unwrap();
        let (largest, bytes, most) = match route.map(|route| route.seen_by) {
            Some(Visibility::Staff) => (&mut self.largest.0, number("bytes"), STAFF_BYTES),
            _ => (&mut self.largest.1, number("whole"), PORTAL_BYTES),
        };
        *largest = bytes.max(*largest);
        if bytes > most {
            self.wrong.push(format!("{shown}: {bytes} bytes"));
        }
    }

    async fn enter(&self, login: &str) {
        self.window.forget().await;
        self.window.go("/login").await;
        self.window.write("#login", login).await;
        self.window.write("#password", PASSWORD).await;
        self.window.click("form.login [type=submit]").await;
    }

    async fn of_everybody(&mut self) {
        for path in [
            "/",
            "/report",
            "/track",
            "/code",
            "/how",
            "/help",
            "/struck-off",
            "/styleguide",
            "/login",
            "/nowhere",
        ] {
            self.go(path).await;
        }
        self.go("/login").await;
        self.window.write("#login", "nobody").await;
        self.window.write("#password", "wrong").await;
        self.window.click("form.login [type=submit]").await;
        self.look("log-in refused").await;
    }

    async fn of_pictures(&mut self) {
        let lamp = matter("Lamp out at the east gate");
        let case = self.town.pictured(&lamp).await;
        let number = self.town.number(case);
        self.window.forget().await;
        self.go("/struck-off").await;
        self.go(&format!("/struck-off/{number}")).await;
        self.enter("operator").await;
        self.window
            .go(&format!("/cases/{number}?lang={}", self.lang))
            .await;
        self.window.open_all().await;
        self.look("showing a picture").await;
    }

    /// Sends a report leaf by leaf, and follows it.
    async fn of_the_reporter(&mut self) {
        self.go("/report").await;
        self.window
            .write(
                "#text",
                "The lamps outside the east gate have been out for three weeks.",
            )
            .await;
        for leaf in ["where", "contact", "check"] {
            self.window.click(NEXT).await;
            self.look(leaf).await;
        }
        self.window.click("form[action='/report'] .btn.wide").await;
        self.look("receipt").await;
        self.go("/track").await;
        for matter in [
            "A fire has broken out next door, call 119: 着火了",
            "举报市委书记",
        ] {
            self.go("/report").await;
            self.window.write("#text", matter).await;
            self.window.click(NEXT).await;
        }
    }

    async fn of_staff(&mut self) {
        self.town
            .assigned(&matter("Lamp out at the east gate"), "works")
            .await;
        self.town.pass_hours(24 * 40);
        self.town.tenant().follow().await.unwrap();
        self.enter("handler").await;
        self.go("/inbox").await;
        self.go("/inbox?occasion=ended").await;
        self.go("/inbox/settings").await;
        self.enter("admin").await;
        self.go("/inbox/settings").await;
        self.of_webhooks().await;
        self.enter("leader").await;
        let person = self.town.tenant().scene().org.person_by_name("赵工").unwrap().id;
        for path in [
            "/desk",
            "/leader",
            "/units/city",
            "/units/works",
            "/keys",
            "/search?q=lamp",
        ] {
            self.go(path).await;
        }
        self.go(&format!("/persons/{person}")).await;
        self.enter("admin").await;
        self.go(&format!("/persons/{person}")).await;
        self.window.open_all().await;
        self.look("naming a substitute").await;
        self.go(&format!("/persons/{person}/hand-over")).await;
        self.enter("leader").await;
        for filter in [
            "",
            "open%20and%20overdue",
            "severity%20%3E%3E%203",
            "number%20%3D%20%22none%22",
        ] {
            self.go(&format!("/ledger?filter={filter}")).await;
        }
        for login in ["handler", "operator", "supervisor", "registrar"] {
            self.enter(login).await;
            self.go("/desk").await;
        }
    }

    async fn of_webhooks(&mut self) {
        self.go("/webhooks").await;
        self.window.write("#name", "City dashboard").await;
        self.window.write("#address", "https://board.example.org/").await;
        self.window.click("form[action='/webhooks'] .btn").await;
        self.look("a webhook's secret").await;
        self.window.click("main a.btn").await;
        self.window.open_all().await;
        self.look("a webhook").await;
        self.go("/webhooks").await;
    }

    /// A case in each of its phases, before those whose turn it is.
    async fn of_cases(&mut self) {
        let raised = self.town.raise(&matter("A pothole")).await;
        let assigned = self.town.assigned(&matter("A blocked drain"), "works").await;
        let verifying = self
            .town
            .verifying(&matter("A loose cover"), "works", "handler")
            .await;
        let answered = self
            .town
            .answered(&matter("A broken bench"), "works", "handler")
            .await;
        for (login, case) in [
            ("dispatcher", raised),
            ("handler", assigned),
            ("head", verifying),
            ("supervisor", verifying),
            ("operator", answered),
            ("registrar", answered),
        ] {
            let number = self.number(case).await;
            self.enter(login).await;
            self.go(&format!("/cases/{number}")).await;
            self.window.open_all().await;
            self.look(&format!("case of {login}, all open")).await;
        }
        let number = self.number(answered).await;
        self.enter("registrar").await;
        self.go(&format!("/cases/{number}/code")).await;
        self.enter("operator").await;
        for which in ["answer", "acceptance", "refusal"] {
            self.go(&format!("/cases/{number}/notices/{which}")).await;
        }
    }

    /// A call: before and after the number is opened, with something wrong, and none left.
    async fn of_callbacks(&mut self) {
        let matter = Matter {
            phone: Some("13900001111"),
            ..matter("A wobbly railing")
        };
        let case = self.town.answered(&matter, "works", "handler").await;
        let number = self.number(case).await;
        self.enter("caller").await;
        self.go("/callbacks").await;
        self.window
            .click(&format!("form[action='/callbacks/{number}/number'] button"))
            .await;
        self.look("callback with the number").await;
        self.window.click("button[value='not_solved']").await;
        self.look("callback without a reason").await;
        self.window.click("button[value='no_number']").await;
        self.look("no callbacks").await;
    }

    /// The board with every menu open, and the steps of a card.
    async fn of_boards(&mut self) {
        self.enter("handler").await;
        self.go("/board").await;
        self.window.open_all().await;
        self.look("board, all menus open").await;
        let card = "return document.querySelector('[data-goes]').pathname";
        let moves = self.window.now(card).await.as_str().unwrap().to_owned();
        self.go(&moves).await;
        self.go(&format!("{moves}?to=closed")).await;
        self.go("/board?filter=number%20%3D%20%22none%22").await;
        self.enter("leader").await;
        self.go("/board").await;
    }

    /// What an act would do to chosen cases, and what became of them.
    async fn of_bulk(&mut self) {
        let mut numbers = Vec::new();
        for title in ["A lamp that flickers", "A fence that fell"] {
            let case = self.town.assigned(&matter(title), "works").await;
            numbers.push(self.number(case).await);
        }
        self.enter("handler").await;
        self.go("/ledger").await;
        for number in &numbers {
            self.window
                .press(&format!("input[name=case][value='{number}']"))
                .await;
        }
        self.look("ledger with chosen rows").await;
        self.window.click("form.chosen button[value=step-sign]").await;
        self.look("what would be done to many").await;
        self.window
            .click("form[action='/bulk/commands'] button[type=submit]")
            .await;
        self.look("what was done to many").await;
    }

    /// The dialogs, open.
    async fn of_dialogs(&mut self) {
        self.enter("handler").await;
        self.go("/desk").await;
        self.window.type_on("?").await;
        self.window.until("#keys[open]").await;
        self.look("keys, open").await;
        self.go("/desk").await;
        self.window.type_on("/").await;
        self.window.until("#find[open]").await;
        self.window.type_on("lamp").await;
        self.window.until("#found [role=option]").await;
        self.look("search, open").await;
        let pictured = self
            .town
            .verifying(&matter("A dim lamp"), "works", "handler")
            .await;
        let number = self.number(pictured).await;
        self.go(&format!("/cases/{number}?show=evidence&day=2026-03-02"))
            .await;
        self.window.press("a[data-zoom]").await;
        self.window.until("#zoom[open]").await;
        self.look("picture, open").await;
        self.window.press("[data-zoom-whole]").await;
        self.look("picture, at its own size").await;
    }

    async fn of_register(&mut self) {
        self.enter("operator").await;
        self.go("/register").await;
        self.window
            .write("#text", "The lamps outside the east gate are out.")
            .await;
        self.window.until("[data-assist-said] section").await;
        self.look("register with suggestions").await;
    }

    /// A table of units and people that is wrong, one that is right, and what its people see first.
    async fn of_people(&mut self) {
        self.enter("admin").await;
        self.go("/people").await;
        let form = "form:not([enctype])";
        for (parent, state) in [("nowhere", "table with a fault"), ("city", "table")] {
            self.go("/people").await;
            for (field, text) in [
                ("unit_name_zh", "Parks Bureau"),
                ("unit_parent", parent),
                ("person_name_zh", "Willow Green"),
                ("person_login", "willow"),
                ("person_unit", "Parks Bureau"),
                ("person_roles", "handler"),
            ] {
                self.window.write(&format!("{form} [name='{field}']"), text).await;
            }
            self.window.click(&format!("main {form} > .btn")).await;
            self.look(state).await;
        }
        self.window.click(".people-end .btn:not(.quiet)").await;
        self.look("first codes").await;
        let code = self.window.text(".first-code").await;
        self.window.forget().await;
        self.go("/login").await;
        self.window.write("#login", "willow").await;
        self.window.write("#password", &code).await;
        self.window.click("form.login [type=submit]").await;
        self.look("choosing a password").await;
    }

    /// An export that is long enough for a page of its own; the last, for its cases are Chinese.
    async fn of_exports(&mut self) {
        self.town.raise_many(2_100).await;
        let mut dispatcher = self.town.log_in("dispatcher").await;
        let page = dispatcher.get("/ledger").await;
        let begun = dispatcher
            .submit(&page, "/exports", &[("format", "csv")])
            .await
            .text();
        let export = begun.split("/exports/").nth(1).unwrap()[..36].to_owned();
        self.enter("dispatcher").await;
        self.go(&format!("/exports/{export}")).await;
    }

    async fn number(&self, case: CaseId) -> String {
        let read = self.town.tenant().read(move |reader| reader.case(case)).await;
        read.unwrap().unwrap().case.number
    }
}

/// A matter of which every word is English.
fn matter(title: &'static str) -> Matter<'static> {
    Matter {
        title,
        text: "It has been so for three weeks, and it is dangerous at night.",
        ..Matter::default()
    }
}
