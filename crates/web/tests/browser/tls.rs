//! TLS by certificate files. The pair beside this file is for tests only and good for nothing else.

use std::path::Path;

use bihuan_web::app::TlsFiles;

use crate::common::Town;
use crate::serve;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tls_every_cookie_is_bound_to_the_host() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/tls");
    let files = TlsFiles {
        certificate: folder.join("certificate.pem"),
        key: folder.join("key.pem"),
    };
    let town = Town::found_with(|options| options.tls = Some(files.clone())).await;
    let window = serve(&town, Some(files)).await;
    window.go("/login?lang=zh").await;
    window.write("#login", "operator").await;
    window.write("#password", crate::common::PASSWORD).await;
    window.click("form.login [type=submit]").await;
    window.says("陈晓").await;
    let cookies = window.cookies().await;
    assert!(
        cookies.iter().any(|(name, _)| name == "__Host-session"),
        "{cookies:?}"
    );
    assert!(cookies.iter().all(|(_, safe)| *safe), "{cookies:?}");
    window.close().await;
}
