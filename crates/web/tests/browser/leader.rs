//! A county leader's two minutes: what is overdue, one tap, one sentence, and the unit that handles it has it on
//! its desk.

use crate::common::Town;
use crate::common::cases::Matter;
use crate::driver::Window;
use crate::{log_in, serve};

/// What differs between the languages.
struct Words {
    lang: &'static str,
    over: &'static str,
    done: &'static str,
    said: &'static str,
}

const ZH: Words = Words {
    lang: "zh",
    over: "超期",
    done: "已记入",
    said: "督办这件事",
};
const EN: Words = Words {
    lang: "en",
    over: "overdue",
    done: "Put on record",
    said: "Put the case under supervision",
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_takes_up_what_is_late_on_a_telephone() {
    for words in [ZH, EN] {
        walk(&words, 390).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_takes_up_what_is_late_at_a_desk() {
    for words in [ZH, EN] {
        walk(&words, 1440).await;
    }
}

async fn walk(words: &Words, width: u32) {
    let town = Town::found().await;
    let case = town.assigned(&Matter::default(), "works").await;
    town.step("handler", case, "sign", |_, _| {}).await;
    town.pass_hours(24 * 60);
    let number = town.number(case);
    let window = serve(&town, None).await;
    log_in(&window, "leader").await;
    window.resize(width, 844).await;
    window.go(&format!("/leader?lang={}", words.lang)).await;
    let over = window.text("#over").await;
    assert!(over.to_lowercase().contains(words.over), "{over}");
    large_enough(&window, "#over .take-up summary", width).await;
    window.press("#over .take-up summary").await;
    let sentence = "三日内到现场，说明为什么拖了两个月。";
    window.write("#over .take-up textarea", sentence).await;
    large_enough(&window, "#over .take-up button[value=supervise]", width).await;
    window
        .picture_at(&format!("leader-{}", words.lang), &[width])
        .await;
    window.resize(width, 844).await;
    window.click("#over .take-up button[value=supervise]").await;
    window.until_at("/leader?done=").await;
    window.says(words.done).await;
    large_enough(&window, ".toast-close", width).await;
    // It goes when it is closed, with the script and without, and what was followed stays.
    window.press(".toast-close").await;
    window.until("main:not(:has(.toast))").await;
    assert!(
        window.text("#mine").await.contains("路灯"),
        "what was asked for is followed"
    );
    window.go(&format!("/cases/{number}")).await;
    window.says(sentence).await;
    window.says(words.said).await;
    window.forget().await;
    log_in(&window, "handler").await;
    window.go(&format!("/desk?lang={}", words.lang)).await;
    assert!(window.text("#instructed").await.contains(&number));
    window
        .picture_at(&format!("instructed-{}", words.lang), &[width])
        .await;
    window.close().await;
}

/// Asserts that a thumb hits what a selector finds.
async fn large_enough(window: &Window, selector: &str, width: u32) {
    let height = format!("return document.querySelector({selector:?}).getBoundingClientRect().height");
    let height = window.now(&height).await.as_f64().unwrap();
    assert!(width > 760 || height >= 44.0, "{selector} is {height} high");
}
