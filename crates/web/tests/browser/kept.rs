//! Forms of a case that were begun and left: their text and their photos are there after coming back.

use crate::common::{Town, cases::Matter, photo};
use crate::driver::Window;
use crate::{log_in, serve};

const BEGUN: &str = "已联系施工队，明天上午到场";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_written_and_chosen_in_a_case_is_there_after_coming_back() {
    let town = Town::found().await;
    let case = town.assigned(&Matter::default(), "works").await;
    let address = format!("/cases/{}", town.number(case));
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("after.png");
    std::fs::write(&file, photo::street(true)).unwrap();
    let window = serve(&town, None).await;
    log_in(&window, "handler").await;
    for lang in ["zh", "en"] {
        window.go(&format!("{address}?lang={lang}")).await;
        write(&window).await;
        window.reload().await;
        assert_eq!(window.value("#comments-text").await, BEGUN);
        choose(&window, &file).await;
        window.picture(&format!("kept-{lang}")).await;
        window.reload().await;
        assert!(window.is_shown("#evidence [data-waiting]").await);
        window.press("#evidence [name=remove]").await;
        window
            .until("#evidence[data-kept=yes]:not(:has([data-waiting]))")
            .await;
        window.press("#remarks button[formaction]").await;
        window.agree().await;
        window.until("#comments:not(:has([formaction]))").await;
        assert_eq!(window.value("#comments-text").await, "");
    }
    choose(&window, &file).await;
    window.click("#evidence button[type=submit]").await;
    window.until("#pieces figure img").await;
    assert!(!window.has("[data-waiting]").await);
    window.close().await;
}

/// Begins a remark, and waits until it is kept.
async fn write(window: &Window) {
    window.press("#remarks summary").await;
    window.write("#comments-text", BEGUN).await;
    window.until("#comments[data-kept=yes]").await;
}

/// Chooses a photo, and waits until it waits.
async fn choose(window: &Window, file: &std::path::Path) {
    window.open_all().await;
    window.choose_file("#evidence-photos", file).await;
    window.until("#evidence[data-kept=yes] [data-waiting]").await;
}
