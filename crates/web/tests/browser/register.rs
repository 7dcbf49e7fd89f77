//! The operator's form in a real browser: what it says while somebody writes, and what it keeps.

use crate::common::{Town, cases::Matter};
use crate::driver::Window;
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
        window.press("form.entry button[type=submit]").await;
        window.until("#number").await;
        window.says(&same).await;
        window.picture(&format!("register-done-{lang}")).await;
    }
    assert_eq!(known[0], number);
    window.close().await;
}

/// Alt and the arrow to the right, as the driver takes them.
const ALT: &str = "\u{e00a}";
const RIGHT: &str = "\u{e014}";

/// A telephone call: what is wrong, where, and who calls, if they say so.
struct Call {
    text: String,
    place: String,
    caller: Option<(&'static str, String)>,
}

/// What people call about.
const MATTERS: [&str; 4] = [
    "路灯不亮，晚上走路很危险，请派人来修",
    "井盖松动，车子开过去响得厉害",
    "人行道地砖破损，老人绊倒过两次",
    "路面有一个大坑，下雨天看不见",
];

/// Twenty calls, no two alike: every third caller stays anonymous.
fn calls() -> Vec<Call> {
    let places = ["东门小区", "柳林街道", "青年路中段", "河堤步道", "客运站后巷"];
    let call = |at: usize| Call {
        text: format!("{}，已经{}天了。", MATTERS[at % 4], at + 2),
        place: format!("{}{}号", places[at % 5], at + 1),
        caller: (!at.is_multiple_of(3)).then(|| ("王女士", format!("138000000{at:02}"))),
    };
    (0..20).map(call).collect()
}

/// Notes how long each key waits for its effect to be painted: a letter, a focus that moves, a field that is filled, the
/// page that follows. A key of the page counts from Alt on: it has its effect before the letter beside Alt is told. It
/// is run once: a page that is loaded anew would lose it.
const STOPWATCH: &str = "window.waits = {};
    let [pressed, held] = [null, null];
    addEventListener('keydown', ({ key, timeStamp }) => {
        if (held) held.key = `Alt+${key}`;
        else pressed = { key: key.length > 1 ? key : 'letter', at: timeStamp };
        if (key === 'Alt') held = pressed;
    }, true);
    addEventListener('keyup', (event) => { if (event.key === 'Alt') held = null; }, true);
    const ended = (event) => {
        // The button that a key presses is no effect yet.
        if (event.type === 'focusin' && event.target.closest('a, button')) return;
        const key = pressed;
        pressed = null;
        if (key) requestAnimationFrame(() => {
            const painted = new MessageChannel();
            painted.port1.onmessage = () => (window.waits[key.key] ??= []).push(performance.now() - key.at);
            painted.port2.postMessage(0);
        });
    };
    for (const effect of ['input', 'focusin', 'attach']) addEventListener(effect, ended);";

/// Prints the waits of each key, and returns how many kinds of them were measured.
async fn tell_waits(window: &Window) -> usize {
    let waits = window.now("return window.waits").await;
    let waits = waits.as_object().expect("no page was loaded meanwhile");
    for (key, waits) in waits {
        let mut waits: Vec<f64> = waits
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|it| it.as_f64())
            .collect();
        waits.sort_by(f64::total_cmp);
        let (median, most) = (waits[waits.len() / 2], waits[waits.len() - 1]);
        println!(
            "{key}: {} times, {median:.0} ms in the median, {most:.0} at most",
            waits.len()
        );
    }
    waits.len()
}

/// Presses keys and counts them; writing a text costs nothing.
struct Hand<'a> {
    window: &'a Window,
    pressed: usize,
}

impl Hand<'_> {
    /// Presses Alt with a key, which counts as two.
    async fn alt(&mut self, key: &str) {
        self.window.strike(ALT, key).await;
        self.pressed += 2;
    }

    async fn press(&mut self, key: &str) {
        self.window.strike("", key).await;
        self.pressed += 1;
    }

    /// Takes one call, from the empty form to the number.
    async fn take(&mut self, call: &Call) -> String {
        self.window.until("#text:focus").await;
        self.window.strike("", &call.text).await;
        self.window.until("[data-kept=yes] [data-assist] .pick").await;
        self.alt("c").await;
        self.window.until_value("#category").await;
        self.alt("3").await;
        self.window.strike("", &call.place).await;
        if let Some((name, phone)) = &call.caller {
            self.alt("8").await;
            self.press(RIGHT).await;
            self.press(TAB).await;
            self.window.strike("", name).await;
            self.press(TAB).await;
            self.window.strike("", phone).await;
        }
        self.alt("s").await;
        self.window.until("#number").await;
        self.window.text("#number").await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_calls_are_taken_without_the_mouse_and_with_few_keys() {
    let town = Town::found().await;
    // What people called about before is what the form knows categories from.
    for title in MATTERS {
        let text = title;
        town.raise(&Matter {
            title,
            text,
            ..Matter::default()
        })
        .await;
    }
    let window = serve(&town, None).await;
    log_in(&window, "operator").await;
    window.go("/register?lang=zh").await;
    window.now(STOPWATCH).await;
    let (mut most, mut numbers) = (0, std::collections::BTreeSet::new());
    for call in calls() {
        let mut hand = Hand {
            window: &window,
            pressed: 0,
        };
        numbers.insert(hand.take(&call).await);
        // The next one.
        hand.alt("n").await;
        most = most.max(hand.pressed);
    }
    assert_eq!(numbers.len(), 20, "{numbers:?}");
    assert!(most <= 25, "{most} keys for a call");
    println!("keys beside the text: {most} at most");
    assert!(tell_waits(&window).await >= 8);
    window.close().await;
}

/// The arrow down, as the driver takes it.
const DOWN: &str = "\u{e015}";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_is_filled_in_blank_by_blank() {
    let town = Town::found().await;
    let window = serve(&town, None).await;
    log_in(&window, "operator").await;
    window.go("/register?lang=zh").await;
    window.until("#text:focus").await;
    window.strike(ALT, "t").await;
    window.until("#beginning:focus").await;
    window.strike("", DOWN).await;
    window.until("#text:focus").await;
    window.strike("", "东门").await;
    window.strike("", TAB).await;
    window.strike("", "六盏").await;
    let written = window.value("#text").await;
    assert!(written.starts_with("东门的路灯不亮，大约六盏，"), "{written}");
    assert!(!window.value("#category").await.is_empty());
    window.close().await;
}

/// Writes a call whose caller gives a name, but not which.
async fn write_without_a_name(window: &Window) {
    window.until("#text:focus").await;
    window.strike("", "东门小区外面的路灯不亮").await;
    window.until("[data-kept=yes]").await;
    window.strike(ALT, "8").await;
    window.strike("", RIGHT).await;
    window.strike(ALT, "s").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_answers_a_form_in_place_is_as_alive_as_a_page() {
    let town = Town::found().await;
    let window = serve(&town, None).await;
    log_in(&window, "operator").await;
    window.go("/register?lang=zh").await;
    window.now("window.stays = true").await;
    write_without_a_name(&window).await;
    window.until("main [role=alert]").await;
    // What is wrong is said, what was written is there, and goes on being kept.
    assert_eq!(window.value("#text").await, "东门小区外面的路灯不亮");
    window.write("#name", "王女士").await;
    window.until("#text-count:not(:empty)").await;
    window.until("form[data-kept=yes]").await;
    window.strike(ALT, "s").await;
    window.until("#number").await;
    assert!(
        window
            .now("return document.title")
            .await
            .as_str()
            .unwrap()
            .contains("已登记")
    );
    assert_eq!(window.now("return document.activeElement.id").await, "content");
    assert_eq!(
        window.now("return window.stays").await,
        true,
        "no page was loaded"
    );
    window.until("[data-copy]:not([hidden])").await;
    let number = window.text("#number").await;
    // The code is shown once: the browser asks before it loads the page anew.
    let asks = "const event = new Event('beforeunload', { cancelable: true }); return !dispatchEvent(event)";
    assert_eq!(window.now(asks).await, true);
    // The address is the case's: coming back to it, or loading it anew, shows the case.
    assert!(window.address().await.ends_with(&format!("/cases/{number}")));
    // So it is before the way back, and whoever stays has it still.
    window.now("history.back()").await;
    window.refuse().await;
    window.until_at(&format!("/cases/{number}")).await;
    assert!(window.is_shown("#code").await);
    window.now("history.back()").await;
    window.agree().await;
    window.until("form.entry").await;
    assert_eq!(
        window.value("#text").await,
        "",
        "what was sent is no draft any more"
    );
    assert!(!window.has(".drafts").await);
    window.now("history.forward()").await;
    window.until_at(&format!("/cases/{number}")).await;
    window.says("东门小区外面的路灯不亮").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_nobody_answers_in_place_is_sent_as_ever() {
    let town = Town::found().await;
    let window = serve(&town, None).await;
    log_in(&window, "operator").await;
    window.go("/register?lang=zh").await;
    window.until("#text:focus").await;
    window.strike("", "东门小区外面的路灯不亮").await;
    window.until("[data-kept=yes]").await;
    // The first answer is lost on its way, after the case was taken in: the second says so, and there is one case.
    let lost = "const sent = fetch; window.fetch = async (...args) => { await sent(...args); throw new TypeError(); }";
    window.now(lost).await;
    window.strike(ALT, "s").await;
    window.until("#number").await;
    assert!(window.has(".notice").await, "it was taken in before");
    assert!(window.has("#code").await, "and its code is there still");
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_logged_out_meanwhile_keeps_what_was_written_and_sends_it_once_they_are_back() {
    let town = Town::found().await;
    let window = serve(&town, None).await;
    log_in(&window, "operator").await;
    window.go("/register?lang=zh").await;
    window.until("#text:focus").await;
    window.strike("", "东门小区外面的路灯不亮").await;
    window.until("[data-kept=yes]").await;
    // A server that has no room says so, and nothing is sent twice.
    window
        .now("window.sent = []; const real = fetch;
            window.fetch = (url, options) => {
                if (!String(url).endsWith('/register')) return real(url, options);
                sent.push(options.method);
                return sent.length > 2 ? real(url, options) : Promise.resolve(new Response('', { status: 503 }));
            }")
        .await;
    window.strike(ALT, "s").await;
    window.until("main > [data-refused]").await;
    assert_eq!(window.now("return sent.join()").await, "POST,");
    window
        .now("document.querySelector('[data-refused]').remove()")
        .await;
    window.forget().await;
    window.press("#text").await;
    window.strike("", "，三盏").await;
    window.strike(ALT, "s").await;
    window.until("main > [data-refused]").await;
    assert_eq!(window.value("#text").await, "东门小区外面的路灯不亮，三盏");
    assert!(window.has("form.entry button[type=submit]:enabled").await);
    // Somebody else who logs in beside it does not send it.
    let form = window.tab().await;
    for (login, comes) in [("supervisor", "[data-refused]"), ("operator", "#number")] {
        window
            .now("document.querySelector('footer').innerHTML = '<a id=beside target=_blank href=\"/login?next=/desk\">x</a>'")
            .await;
        window.open_beside("#beside").await;
        window.write("#login", login).await;
        window.write("#password", crate::common::PASSWORD).await;
        window.click("form[action='/login'] [type=submit]").await;
        window.until_at("/desk").await;
        window.to_tab(&form).await;
        window
            .now("document.querySelector('[data-refused]').remove()")
            .await;
        window.strike(ALT, "s").await;
        window.until(comes).await;
    }
    window.close().await;
}
