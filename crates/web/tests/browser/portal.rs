//! The citizens' pages, each looked at wide and narrow, with scripts and without.

use crate::common::cases::Matter;
use crate::common::{Town, photo};
use crate::driver::Window;
use crate::{NEXT, serve, serve_at};

/// From a desk to the smallest telephone.
const WIDTHS: [u32; 4] = [1440, 768, 390, 360];

const TEXT: &str = "小区东门外到公交站这一段的路灯已经三个星期不亮了，晚上老人孩子走路很危险。";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_portal_is_whole_in_both_languages_and_widths() {
    let town = Town::found().await;
    town.struck_off(&Matter::default()).await;
    let window = serve(&town, None).await;
    for lang in ["zh", "en"] {
        window.go(&format!("/?lang={lang}")).await;
        window.picture_at(&format!("home-{lang}"), &WIDTHS).await;
        for (path, name) in [
            ("/track", "code"),
            ("/how?kind=complaint", "how"),
            ("/help", "help"),
            ("/struck-off", "struck-off"),
            ("/styleguide", "styleguide"),
            ("/login", "login"),
            ("/nowhere", "not-found"),
        ] {
            window.go(path).await;
            window.picture_at(&format!("{name}-{lang}"), &WIDTHS).await;
        }
        for (text, name) in [("隔壁楼着火了", "alarm"), ("举报市委书记", "refused")] {
            window.go("/report").await;
            window.write("#text", text).await;
            window.click(NEXT).await;
            window.picture_at(&format!("{name}-{lang}"), &WIDTHS).await;
        }
    }
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_citizen_reports_leaf_by_leaf_and_follows_it() {
    let town = Town::found().await;
    let window = serve(&town, None).await;
    for lang in ["zh", "en"] {
        report(&window, lang, lang).await;
    }
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_citizen_reports_where_no_script_runs() {
    let town = Town::found().await;
    let window = Window::open_without_script(serve_at(&town, None)).await;
    for lang in ["zh", "en"] {
        report(&window, lang, &format!("plain-{lang}")).await;
    }
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_print_and_high_contrast_fit_every_page_without_script() {
    let town = Town::found().await;
    let window = Window::open_without_script(serve_at(&town, None)).await;
    for lang in ["zh", "en"] {
        window.go(&format!("/?lang={lang}")).await;
        window.click(".foot .look:nth-of-type(2)").await;
        window.click(".foot .look:nth-of-type(3)").await;
        for (path, name) in [
            ("/", "home"),
            ("/report", "report"),
            ("/how", "how"),
            ("/help", "help"),
            ("/track", "code"),
        ] {
            window.go(path).await;
            assert!(window.has("html.large.contrast").await, "{path}");
            window.picture_at(&format!("large-{name}-{lang}"), &WIDTHS).await;
        }
        window.go("/?look=plain").await;
        window.go("/help").await;
        assert!(!window.has("html.large, html.contrast").await);
    }
    window.close().await;
}

/// Fills in the form with a photo, goes back once, looks at all of it, sends it and adds something.
async fn report(window: &Window, lang: &str, name: &str) {
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("street.png");
    std::fs::write(&file, photo::street(false)).unwrap();
    let look = async |page: &str| window.picture_at(&format!("report-{page}-{name}"), &WIDTHS).await;
    window.go(&format!("/report?lang={lang}")).await;
    window.write("#text", TEXT).await;
    look("what").await;
    window.click(NEXT).await;
    window.write("#place", "柳林街道东门小区外").await;
    window.choose_file("#photos", &file).await;
    look("where").await;
    window.click(NEXT).await;
    window.back().await;
    window.reload().await;
    assert_eq!(window.value("#place").await, "柳林街道东门小区外");
    look("where-again").await;
    window.click(NEXT).await;
    window.press("input[value='confidential']").await;
    window.write("#name", "王芳").await;
    window.write("#phone", "13800000000").await;
    look("contact").await;
    window.click(NEXT).await;
    window.says("王芳").await;
    look("check").await;
    window.click(NEXT).await;
    look("receipt").await;
    window.click("a.btn.wide").await;
    window.write("#reply", "一共六盏，都在南侧。").await;
    window.click("form[action='/track/replies'] button").await;
    look("track").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipts_qr_code_fills_in_the_code_and_leaves_none_in_the_address() {
    let town = Town::found().await;
    let window = serve(&town, None).await;
    let code = "7K2M-Q9TX-4H8D-VPRW-7K2M-Q9TX-4H8D";
    window.go(&format!("/code?lang=zh#{code}")).await;
    assert_eq!(window.value("#code").await, code);
    assert!(!window.address().await.contains(code));
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_stays_anonymous_is_not_asked_for_a_name() {
    let town = Town::found().await;
    let window = serve(&town, None).await;
    window.go("/report?lang=zh").await;
    window.write("#text", TEXT).await;
    window.click(NEXT).await;
    window.click(NEXT).await;
    assert!(!window.is_shown("#phone").await);
    window.press("input[value='confidential']").await;
    assert!(window.is_shown("#phone").await);
    window.close().await;
}
