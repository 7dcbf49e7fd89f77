//! The pages of staff in a real browser: desk, register, ledger.

use crate::common::{Town, cases::Matter};
use crate::{log_in, serve};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ledger_suggests_while_somebody_writes_and_takes_it_by_keyboard() {
    let town = Town::found().await;
    town.assigned(&Matter::default(), "works").await;
    town.verifying(
        &Matter {
            title: "自来水管爆裂",
            ..Matter::default()
        },
        "works",
        "handler",
    )
    .await;
    let window = serve(&town, None).await;
    log_in(&window, "dispatcher").await;
    for lang in ["zh", "en"] {
        window.go(&format!("/desk?lang={lang}")).await;
        window.picture(&format!("desk-{lang}")).await;
        window.go("/register").await;
        window.picture(&format!("register-{lang}")).await;
        window.go("/ledger?filter=severity+%3E%3D+2").await;
        window.picture(&format!("ledger-{lang}")).await;
    }
    window.go("/ledger?lang=zh").await;
    window.write("#filter", "严重").await;
    window.until("#filter-suggestions li").await;
    window.write_more("#filter", "\u{e015}\u{e007}").await;
    assert_eq!(window.value("#filter").await, "严重程度 ");
    window.write_more("#filter", "= 3").await;
    window.click(".filter-bar button").await;
    window.says("共 2 件").await;
    window.close().await;
}
