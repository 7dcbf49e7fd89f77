//! A real browser: chromium, driven by chromedriver, both started here and stopped by their ids.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

/// The height of the page, and the elements that make it wider than the window.
const SIZE: &str = "const root = document.documentElement;
    const out = root.scrollWidth <= innerWidth ? [] : [...document.body.querySelectorAll('*')]
        .filter(element => element.getBoundingClientRect().right > innerWidth + 1)
        .map(element => element.outerHTML.slice(0, 120));
    return [root.scrollHeight, out.slice(0, 5)];";

/// How often it is looked whether something has come, 50 ms apart: a machine that others use needs its time.
const PATIENCE: u32 = 800;

/// chromedriver, ended when dropped.
struct Driver {
    process: Child,
    port: u16,
}

impl Driver {
    fn start() -> Driver {
        let free = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let process = Command::new("chromedriver")
            .arg(format!("--port={free}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("browser tests need chromium and chromium-driver (apt-get install chromium-driver)");
        Driver { process, port: free }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing to do about it then.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A browser with a window.
pub struct Window {
    client: Client,
    home: String,
    _driver: Driver,
    _profile: tempfile::TempDir,
}

impl Window {
    /// Opens a window on a server at an address with its scheme; a certificate for tests is taken as good.
    pub async fn open_at(home: String) -> Window {
        Window::open_with(home, true, false).await
    }

    /// Opens a window whose theme is dark or light.
    pub async fn open_in(home: String, dark: bool) -> Window {
        Window::open_with(home, true, dark).await
    }

    /// Opens a window in which no script of a page runs.
    pub async fn open_without_script(home: String) -> Window {
        Window::open_with(home, false, false).await
    }

    async fn open_with(home: String, scripts: bool, dark: bool) -> Window {
        let driver = Driver::start();
        let profile = tempfile::tempdir().unwrap();
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-quic".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            "--hide-scrollbars".to_owned(),
            format!("--blink-settings=preferredColorScheme={}", u8::from(!dark)),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        let prefs = match scripts {
            true => json!({}),
            false => json!({"profile.managed_default_content_settings.javascript": 2}),
        };
        let options = json!({"args": arguments, "prefs": prefs});
        let wanted: Capabilities =
            serde_json::from_value(json!({"goog:chromeOptions": options, "acceptInsecureCerts": true}))
                .unwrap();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(wanted);
        let address = format!("http://127.0.0.1:{}", driver.port);
        // chromedriver does not say when it listens; asking again is the only way to know.
        let mut tries = 0;
        let client = loop {
            match builder.connect(&address).await {
                Ok(client) => break client,
                Err(error) if tries > 100 => panic!("chromedriver does not answer: {error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
            tries += 1;
        };
        Window {
            client,
            home,
            _driver: driver,
            _profile: profile,
        }
    }

    /// Goes to a page of the server.
    pub async fn go(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.home)).await.unwrap();
    }

    /// Makes the window so large.
    pub async fn resize(&self, width: u32, height: u32) {
        self.client.set_window_size(width, height).await.unwrap();
    }

    /// Runs a script, and returns what it hands over.
    pub async fn ask(&self, script: &str) -> serde_json::Value {
        self.client.execute_async(script, vec![]).await.unwrap()
    }

    /// Forgets who is logged in.
    pub async fn forget(&self) {
        self.client.delete_all_cookies().await.unwrap();
    }

    /// Opens everything on the page that can be opened.
    pub async fn open_all(&self) {
        let open = "document.querySelectorAll('details').forEach(part => part.open = true)";
        self.client.execute(open, vec![]).await.unwrap();
    }

    /// Returns what a selector finds says.
    pub async fn text(&self, selector: &str) -> String {
        self.client
            .find(Locator::Css(selector))
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    }

    /// Asserts that the page says something.
    pub async fn says(&self, said: &str) {
        let page = self.text("body").await;
        assert!(page.contains(said), "the page does not say {said:?}:\n{page}");
    }

    /// Writes into a field.
    pub async fn write(&self, selector: &str, text: &str) {
        let field = self.client.find(Locator::Css(selector)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Writes on in a field, behind what stands there.
    pub async fn write_more(&self, selector: &str, text: &str) {
        let field = self.client.find(Locator::Css(selector)).await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Presses keys wherever the focus is, and be it nowhere: what holds it may be hidden at the same moment.
    pub async fn type_on(&self, keys: &str) {
        self.strike("", keys).await;
    }

    /// Returns the address of the page, with what stands behind its mark.
    pub async fn address(&self) -> String {
        self.client.current_url().await.unwrap().to_string()
    }

    /// Goes back, as the browser's own button does.
    pub async fn back(&self) {
        self.client.back().await.unwrap();
    }

    /// Returns what an expression of a script says of the page at this moment.
    pub async fn now(&self, script: &str) -> serde_json::Value {
        self.client.execute(script, vec![]).await.unwrap()
    }

    /// Waits until the window is at an address that holds `part`, and the page is there.
    pub async fn until_at(&self, part: &str) {
        for _ in 0..PATIENCE {
            let there = "return document.readyState === 'complete' ? location.href : ''";
            let at = self.client.execute(there, vec![]).await;
            if at.is_ok_and(|at| at.as_str().is_some_and(|at| at.contains(part))) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the window does not come to {part}");
    }

    /// Strikes the keys of a text one after the other, as a keyboard does, while others are held down.
    pub async fn strike(&self, held: &str, text: &str) {
        let mut keys = KeyActions::new("keyboard".to_owned());
        for value in held.chars() {
            keys = keys.then(KeyAction::Down { value });
        }
        for value in text.chars() {
            keys = keys.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        }
        for value in held.chars() {
            keys = keys.then(KeyAction::Up { value });
        }
        self.client.perform_actions(keys).await.unwrap();
    }

    /// Says yes to what the page asks before it goes on.
    pub async fn agree(&self) {
        self.until_asked().await;
        self.client.accept_alert().await.unwrap();
    }

    /// Says no to it.
    pub async fn refuse(&self) {
        self.until_asked().await;
        self.client.dismiss_alert().await.unwrap();
    }

    async fn until_asked(&self) {
        for _ in 0..PATIENCE {
            if self.client.get_alert_text().await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the page asks nothing");
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        self.client.refresh().await.unwrap();
    }

    /// Returns what stands in a field.
    pub async fn value(&self, selector: &str) -> String {
        let field = self.client.find(Locator::Css(selector)).await.unwrap();
        field.prop("value").await.unwrap().unwrap_or_default()
    }

    /// Waits until a script has brought what a selector finds.
    pub async fn until(&self, selector: &str) {
        let wait = self.client.wait().at_most(Duration::from_secs(40));
        let found = wait.for_element(Locator::Css(selector)).await;
        if let Err(error) = found {
            panic!(
                "{selector} does not come: {error}; the page says:\n{}",
                self.text("body").await
            );
        }
    }

    /// Waits until something stands in a field.
    pub async fn until_value(&self, selector: &str) {
        for _ in 0..PATIENCE {
            if !self.value(selector).await.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nothing comes to stand in {selector}");
    }

    /// Chooses a file in a field.
    pub async fn choose_file(&self, selector: &str, file: &std::path::Path) {
        let field = self.client.find(Locator::Css(selector)).await.unwrap();
        field.send_keys(file.to_str().unwrap()).await.unwrap();
    }

    /// Clicks, and waits until the page that follows is there.
    pub async fn click(&self, selector: &str) {
        let button = self.client.find(Locator::Css(selector)).await.unwrap();
        self.client
            .execute(
                "window.left = true; arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})",
                vec![serde_json::to_value(&button).unwrap()],
            )
            .await
            .unwrap();
        button.click().await.unwrap();
        for _ in 0..PATIENCE {
            let ready = self
                .client
                .execute(
                    "return !window.left && document.readyState === 'complete'",
                    vec![],
                )
                .await;
            if ready.is_ok_and(|ready| ready == json!(true)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no page follows a click on {selector}");
    }

    /// Returns the tab that is looked at.
    pub async fn tab(&self) -> String {
        self.client.window().await.unwrap().into()
    }

    /// Looks at another tab.
    pub async fn to_tab(&self, tab: &str) {
        let handle = tab.to_owned().try_into().unwrap();
        self.client.switch_to_window(handle).await.unwrap();
    }

    /// Clicks on what opens a tab beside this one, and looks at that once it is there.
    pub async fn open_beside(&self, selector: &str) {
        let before = self.client.windows().await.unwrap();
        self.press(selector).await;
        for _ in 0..PATIENCE {
            let now = self.client.windows().await.unwrap();
            if let Some(new) = now.into_iter().find(|tab| !before.contains(tab)) {
                self.client.switch_to_window(new).await.unwrap();
                return self.until_at("http").await;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no tab opens by {selector}");
    }

    /// Opens or checks something that stays on the page.
    pub async fn press(&self, selector: &str) {
        let element = self.client.find(Locator::Css(selector)).await.unwrap();
        self.client
            .execute(
                "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})",
                vec![serde_json::to_value(&element).unwrap()],
            )
            .await
            .unwrap();
        element.click().await.unwrap();
    }

    /// Takes pictures of the whole page, wide and narrow, into the artefacts of the build, and asserts that
    /// nothing sticks out to the side.
    pub async fn picture(&self, name: &str) {
        self.picture_at(name, &[1440, 390]).await;
    }

    /// Takes pictures of the whole page at these widths.
    pub async fn picture_at(&self, name: &str, widths: &[u32]) {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../artifacts");
        std::fs::create_dir_all(&folder).unwrap();
        for width in widths.iter().copied() {
            self.client.set_window_size(width, 900).await.unwrap();
            let size = self.client.execute(SIZE, vec![]).await.unwrap();
            let wide = size[1].as_array().unwrap();
            assert!(
                wide.is_empty(),
                "{name} sticks out of a window of {width}: {wide:?}"
            );
            let height = u32::try_from(size[0].as_u64().unwrap()).unwrap();
            self.client
                .set_window_size(width, (height + 160).max(900))
                .await
                .unwrap();
            let picture = self.client.screenshot().await.unwrap();
            std::fs::write(folder.join(format!("{name}-{width}.png")), picture).unwrap();
        }
        self.client.set_window_size(1440, 1000).await.unwrap();
    }

    /// Returns the names of the cookies, and whether each is bound to TLS and hidden from scripts.
    pub async fn cookies(&self) -> Vec<(String, bool)> {
        let cookies = self.client.get_all_cookies().await.unwrap();
        let safe = |cookie: &fantoccini::cookies::Cookie<'_>| {
            cookie.secure().unwrap_or(false) && cookie.http_only().unwrap_or(false)
        };
        cookies
            .iter()
            .map(|cookie| (cookie.name().to_owned(), safe(cookie)))
            .collect()
    }

    /// Returns whether what a selector finds can be seen.
    pub async fn is_shown(&self, selector: &str) -> bool {
        self.client
            .find(Locator::Css(selector))
            .await
            .unwrap()
            .is_displayed()
            .await
            .unwrap()
    }

    /// Returns whether the page has what a selector finds.
    pub async fn has(&self, selector: &str) -> bool {
        self.client.find(Locator::Css(selector)).await.is_ok()
    }

    /// Closes the window and ends the browser.
    pub async fn close(self) {
        self.client.clone().close().await.unwrap();
    }
}
