//! Journeys through the pages in a real browser, with pictures of each page in `target/artifacts`.

#[path = "../common/mod.rs"]
mod common;
mod driver;

use bihuan_web::app::ServeOptions;
use bihuan_web::serve::bind_app;
use common::Town;
use driver::Window;

/// Serves the town on a free port until the test ends.
async fn serve(town: &Town) -> Window {
    let options = ServeOptions {
        listen: "127.0.0.1:0".parse().unwrap(),
        tls: None,
        trusted_proxy: false,
        rate_limit: false,
    };
    let bound = bind_app(town.app.clone(), &options).unwrap();
    let address = bound.address().unwrap();
    tokio::spawn(bound.serve(std::future::pending()));
    Window::open(address).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_portal_is_whole_in_both_languages_and_widths() {
    let town = Town::found().await;
    let window = serve(&town).await;
    for lang in ["zh", "en"] {
        window.go(&format!("/?lang={lang}")).await;
        window.picture(&format!("home-{lang}")).await;
        window.go("/report").await;
        window.picture(&format!("report-{lang}")).await;
        window.go("/track").await;
        window.picture(&format!("code-{lang}")).await;
        window.go("/login").await;
        window.picture(&format!("login-{lang}")).await;
        window.go("/nowhere").await;
        window.picture(&format!("not-found-{lang}")).await;
        window.go("/report").await;
        window
            .write(
                "#text",
                "小区东门外到公交站这一段的路灯已经三个星期不亮了，晚上老人孩子走路很危险。",
            )
            .await;
        window.write("#place", "柳林街道东门小区外").await;
        window.click("form.sheet button.btn.wide").await;
        window.picture(&format!("receipt-{lang}")).await;
        window.click("a.btn.wide").await;
        window.write("#reply", "一共六盏，都在南侧。").await;
        window.click("form[action='/track/replies'] button").await;
        window.picture(&format!("track-{lang}")).await;
        window.go("/report").await;
        window.write("#text", "隔壁楼着火了").await;
        window.click("form.sheet button.btn.wide").await;
        window.picture(&format!("alarm-{lang}")).await;
        window.go("/report").await;
        window.write("#text", "举报市委书记").await;
        window.click("form.sheet button.btn.wide").await;
        window.picture(&format!("refused-{lang}")).await;
    }
    window.close().await;
}
