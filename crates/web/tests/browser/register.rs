//! The operator's form in a real browser: what it says while somebody writes, and what it keeps.

use crate::common::{Town, cases::Matter};
use crate::{log_in, serve};

/// The tabulator and the return key, as the driver takes them.
const TAB: &str = "\u{e004}";
const RETURN: &str = "\u{e007}";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_is_there_again_and_what_it_looks_like_is_taken_by_keyboard() {
    let town = Town::found().await;
    let before = town.assigned(&Matter::default(), "works").await;
    let number = town.number(before);
    let window = serve(&town, None).await;
    log_in(&window, "operator").await;
    let mut known = Vec::new();
    for lang in ["zh", "en"] {
        window.go(&format!("/register?lang={lang}")).await;
        window.write("#text", "东门小区外面的路灯不亮，请来修").await;
        window.until("[data-kept=yes] [data-assist] .pick").await;
        window.picture(&format!("register-assist-{lang}")).await;
        // From the text over the similar case's title to its button.
        window.write_more("#text", TAB).await;
        window.type_on(TAB).await;
        window.type_on(RETURN).await;
        window.until("[data-kept=yes] [data-assist] .tied").await;
        let same = window.value("[name=same]").await;
        known.push(same.clone());
        assert!(
            !window.value("#category").await.is_empty(),
            "taken over with the case"
        );
        window.picture(&format!("register-tied-{lang}")).await;
        // The address is the draft's by now: coming back shows what was written.
        window.reload().await;
        assert_eq!(window.value("#text").await, "东门小区外面的路灯不亮，请来修");
        assert_eq!(window.value("[name=same]").await, same);
        window.go("/register").await;
        window.picture(&format!("register-drafts-{lang}")).await;
        window.click(".drafts a").await;
        window.click("form.entry button[type=submit]").await;
        window.says(&same).await;
        window.picture(&format!("register-done-{lang}")).await;
    }
    assert_eq!(known[0], number);
    window.close().await;
}
