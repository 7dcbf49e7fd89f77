//! A handler's morning without a mouse: help, search, open, next, back, and several signed at once.

use serde_json::json;

use crate::common::{Town, cases::Matter};
use crate::driver::Window;
use crate::{log_in, serve};

/// Keys as the driver takes them.
const ESCAPE: &str = "\u{e00c}";
const DOWN: &str = "\u{e015}";
const TAB: &str = "\u{e004}";
const RETURN: &str = "\u{e007}";

/// The row that the keys stand on.
const ROW: &str = "return document.activeElement.closest('[data-row]')?.dataset.row ?? ''";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_needs_no_mouse_in_chinese() {
    walk("zh", "办好了 2 件").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_needs_no_mouse_in_english() {
    walk("en", "Done: 2 cases").await;
}

async fn walk(lang: &str, done: &str) {
    let town = Town::found().await;
    for title in ["路灯不亮", "井盖松动", "垃圾未清"] {
        let matter = Matter {
            title,
            ..Matter::default()
        };
        town.assigned(&matter, "works").await;
    }
    let window = serve(&town, None).await;
    log_in(&window, "handler").await;
    window.go(&format!("/desk?lang={lang}")).await;
    help(&window, lang).await;
    search(&window, lang).await;
    list(&window).await;
    bulk(&window, lang, done).await;
    typing(&window).await;
    leaving(&window).await;
    window.close().await;
}

/// The help opens on a key and closes on another, and can turn the single keys off and on.
async fn help(window: &Window, lang: &str) {
    window.type_on("?").await;
    window.until("#keys[open]").await;
    window.picture(&format!("keys-{lang}")).await;
    window.press("[data-keys-switch]").await;
    window.type_on(ESCAPE).await;
    window.type_on("?").await;
    assert!(!window.has("#keys[open]").await);
    window.press("a[data-dialog='keys']").await;
    window.press("[data-keys-switch]").await;
    window.type_on(ESCAPE).await;
    let focus = window.now("return document.activeElement.dataset.dialog").await;
    assert_eq!(focus, json!("keys"), "the focus goes back to where it was");
}

/// A unit is found by the first letters of its pinyin while somebody writes, and a case by its words.
async fn search(window: &Window, lang: &str) {
    window.type_on("/").await;
    window.until("#find[open]").await;
    window.type_on("zjj").await;
    window.until("#found [role=option][href='/units/works']").await;
    window.picture(&format!("search-{lang}")).await;
    window.type_on(DOWN).await;
    window.type_on(RETURN).await;
    window.until_at("/units/works").await;
    window.type_on("gd").await;
    window.until_at("/desk").await;
    window.type_on("/").await;
    window.until("#found-recent-0[href='/units/works']").await;
    window.type_on("井盖").await;
    window.type_on(RETURN).await;
    window.until_at("/search?q=").await;
    window.until(".found mark").await;
    window.picture(&format!("search-page-{lang}")).await;
}

/// The rows are gone through, one is opened, the next and back again, and the focus is where it was left.
async fn list(window: &Window) {
    window.go("/desk").await;
    window.type_on("j").await;
    let first = window.now(ROW).await;
    window.type_on("jk").await;
    assert_eq!(window.now(ROW).await, first);
    window.type_on(RETURN).await;
    window
        .until_at(&format!("/cases/{}", first.as_str().unwrap()))
        .await;
    window.type_on("n").await;
    window.until("[data-key=n]").await;
    let next = next_of(window, first.as_str().unwrap()).await;
    window.type_on("u").await;
    window.until_at("/desk").await;
    assert_eq!(window.now(ROW).await, json!(next));
}

/// Waits for another case's page, and returns its number.
async fn next_of(window: &Window, before: &str) -> String {
    let number = "return location.pathname.split('/').pop()";
    for _ in 0..200 {
        let now = window.now(number).await;
        if now != json!(before) && window.has(".list-way [data-key=u]").await {
            return now.as_str().unwrap().to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("no case follows {before}");
}

/// Two rows are chosen and signed for together.
async fn bulk(window: &Window, lang: &str, done: &str) {
    window.go("/desk").await;
    window.type_on("jx").await;
    window.type_on("jx").await;
    assert_eq!(window.text("[data-chosen]").await, "2");
    window.picture(&format!("chosen-{lang}")).await;
    window.type_on("b").await;
    window.type_on(TAB).await;
    window.type_on(RETURN).await;
    window.until_at("/bulk").await;
    window.until("form[action='/bulk/commands']").await;
    window.picture(&format!("bulk-{lang}")).await;
    window.type_on(RETURN).await;
    window.until_at("/bulk/commands").await;
    window.says(done).await;
    window.picture(&format!("bulk-done-{lang}")).await;
    window.type_on(RETURN).await;
    window.until_at("/desk").await;
}

/// Whoever comes next at the same screen finds nothing of where somebody was.
async fn leaving(window: &Window) {
    let kept = "return sessionStorage.getItem('recent') !== null";
    assert_eq!(window.now(kept).await, json!(true));
    window.forget().await;
    window.go("/login").await;
    window.until("form.login").await;
    assert_eq!(window.now(kept).await, json!(false));
}

/// Whoever types is not led away.
async fn typing(window: &Window) {
    window.go("/ledger?group=due&density=compact").await;
    window.type_on("f").await;
    window.type_on("gd?jx/").await;
    assert_eq!(window.value("#filter").await, "gd?jx/");
    assert!(!window.has("dialog[open]").await);
}
