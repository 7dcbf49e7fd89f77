//! Journeys through the pages in a real browser, with pictures of each page in `target/artifacts`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod axe;
mod board;
#[path = "../common/mod.rs"]
mod common;
mod driver;
mod kept;
mod keyboard;
mod leader;
mod ledger;
mod newcomer;
mod pages;
mod portal;
mod register;
mod tls;
mod walk;

use bihuan_web::app::{ServeOptions, TlsFiles};
use bihuan_web::serve::bind_app;
use common::Town;
use driver::Window;

/// Logs somebody in, and shows their desk.
async fn log_in(window: &Window, login: &str) {
    window.go("/login?next=/desk").await;
    window.write("#login", login).await;
    window.write("#password", common::PASSWORD).await;
    window.click("form[action='/login'] [type=submit]").await;
}

/// The button that leads on through the form of a report, and sends it in the end.
const NEXT: &str = ".leaf-end .btn.wide";

/// Serves the town on a free port until the test ends, and opens a window on it.
async fn serve(town: &Town, tls: Option<TlsFiles>) -> Window {
    Window::open_at(serve_at(town, tls)).await
}

/// Serves the town on a free port until the test ends, and returns its address.
fn serve_at(town: &Town, tls: Option<TlsFiles>) -> String {
    let scheme = if tls.is_some() { "https" } else { "http" };
    let options = ServeOptions {
        tls,
        ..common::options()
    };
    let bound = bind_app(town.app.clone(), &options).unwrap();
    let address = bound.address().unwrap();
    tokio::spawn(bound.serve(std::future::pending()));
    format!("{scheme}://{address}")
}
