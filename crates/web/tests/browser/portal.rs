//! The citizens' pages, each looked at wide and narrow.

use crate::common::Town;
use crate::serve;

const SEND: &str = "form[action='/report'] button[type=submit]";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_portal_is_whole_in_both_languages_and_widths() {
    let town = Town::found().await;
    let window = serve(&town, None).await;
    for lang in ["zh", "en"] {
        window.go(&format!("/?lang={lang}")).await;
        window.picture(&format!("home-{lang}")).await;
        for (path, name) in [
            ("/report", "report"),
            ("/track", "code"),
            ("/login", "login"),
            ("/nowhere", "not-found"),
        ] {
            window.go(path).await;
            window.picture(&format!("{name}-{lang}")).await;
        }
        window.go("/report").await;
        window
            .write(
                "#text",
                "小区东门外到公交站这一段的路灯已经三个星期不亮了，晚上老人孩子走路很危险。",
            )
            .await;
        window.write("#place", "柳林街道东门小区外").await;
        window.click(SEND).await;
        window.picture(&format!("receipt-{lang}")).await;
        window.click("a.btn.wide").await;
        window.write("#reply", "一共六盏，都在南侧。").await;
        window.click("form[action='/track/replies'] button").await;
        window.picture(&format!("track-{lang}")).await;
        for (text, name) in [("隔壁楼着火了", "alarm"), ("举报市委书记", "refused")] {
            window.go("/report").await;
            window.write("#text", text).await;
            window.click(SEND).await;
            window.picture(&format!("{name}-{lang}")).await;
        }
    }
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_stays_anonymous_is_not_asked_for_a_name() {
    let town = Town::found().await;
    let window = serve(&town, None).await;
    window.go("/report?lang=zh").await;
    assert!(!window.is_shown("#phone").await);
    window.press("input[value='confidential']").await;
    assert!(window.is_shown("#phone").await);
    window.close().await;
}
