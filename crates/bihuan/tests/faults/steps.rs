//! A server that is killed while somebody of the staff writes in the forms of a case, and sends them.

use serde_json::json;

use crate::support::pages::{Browser, Page};
use crate::support::{Client, Directory, Server};

const PASSWORD: &str = "a long enough pass phrase";
const BEGUN: &str = "已联系施工队，明天上午到场";
const REMARK: &str = "三盏路灯全部更换，夜间已试亮";
/// The beginning and the end of a JPEG: as much of one as a server looks at.
const PHOTO: &[u8] = &[0xFF, 0xD8, 0xFF, 0xDA, 0, 3, 1, 7, 7, 0xFF, 0xD9];

/// A case that the handler's unit has, and the handler's browser.
struct Scene {
    directory: Directory,
    server: Server,
    handler: Browser,
    address: String,
}

impl Scene {
    fn set() -> Scene {
        let directory = Directory::in_files();
        directory.found_units();
        let operator = directory.token("operator", "hotline", "operator", "read,register");
        let dispatcher = directory.token("dispatcher", "hotline", "dispatcher", "read,assign");
        directory.person("handler", "urban", "handler", PASSWORD);
        let server = Server::start(&directory, &[]);
        let citizen = Client::new(&server.url, None);
        let message = json!({"text": "人民路东侧三盏路灯一周不亮", "contact": {"name": "李某"}});
        let (_, receipt) = citizen.post("/api/v1/portal/messages", &message);
        let case = receipt["id"].as_str().expect("an id");
        let steps = [
            (operator, json!({"step": "accept"})),
            (dispatcher, json!({"step": "assign", "unit": "城管局"})),
        ];
        for (token, step) in steps {
            let client = Client::new(&server.url, Some(&token));
            let (status, done) = client.post(&format!("/api/v1/cases/{case}/steps"), &step);
            assert_eq!(status, 201, "{step}: {done}");
        }
        let mut handler = Browser::at(&server.url);
        let page = handler.get("/login");
        let fields = [("login", "handler"), ("password", PASSWORD)];
        assert_eq!(handler.submit(&page, "/login", &fields).status, 303);
        let number = receipt["number"].as_str().expect("a number");
        Scene {
            address: format!("/cases/{number}"),
            directory,
            server,
            handler,
        }
    }

    /// Lets the server die, and the browser find the one that takes its place.
    fn cut(&mut self) {
        self.server.die();
        self.server = Server::start(&self.directory, &[]);
        self.handler.go_to(&self.server.url);
    }

    fn page(&mut self) -> Page {
        self.handler.get(&self.address)
    }

    /// Sends a form twice, as a browser does that was never answered: before and after the server died.
    fn send(&mut self, page: &Page, form: &str, fields: &[(&str, &str)]) {
        let to = format!("{}/{form}", self.address);
        for _ in 0..2 {
            let sent = self.handler.submit(page, &to, fields);
            assert_eq!(sent.status, 303, "{}", sent.text);
            self.cut();
        }
    }
}

#[test]
fn a_server_killed_while_a_step_with_a_photo_is_taken_loses_nothing_and_doubles_nothing() {
    let mut scene = Scene::set();
    let signing = scene.page();
    scene.send(&signing, "steps", &[("step", "sign")]);

    // What is written and not sent.
    let page = scene.page();
    let to = format!("{}/drafts/comments", scene.address);
    assert_eq!(scene.handler.submit(&page, &to, &[("text", BEGUN)]).status, 200);
    scene.cut();
    let page = scene.page();
    page.says(&format!(">{BEGUN}</textarea>"));
    scene.send(&page, "comments", &[("text", BEGUN)]);
    assert_eq!(
        scene.page().text.matches(BEGUN).count(),
        1,
        "one remark, and no draft"
    );

    // A photo that is chosen and not sent.
    let page = scene.page();
    let to = format!("{}/drafts/evidence", scene.address);
    let moment = [("moment", "after")];
    let kept = scene.handler.upload(&page, &to, PHOTO, &moment);
    kept.says("第 1 张");
    scene.cut();
    let page = scene.page();
    page.says("第 1 张");
    let to = format!("{}/evidence", scene.address);
    assert_eq!(scene.handler.submit(&page, &to, &moment).status, 303);
    scene.cut();
    // Sent once more with the photo itself, it is the same piece of evidence.
    assert_eq!(scene.handler.upload(&page, &to, PHOTO, &moment).status, 303);
    scene.cut();
    let page = scene.page();
    assert_eq!(page.text.matches("<figure>").count(), 1);

    scene.send(&page, "steps", &[("step", "submit"), ("remark", REMARK)]);
    scene.page().says(REMARK).says("待核验");
    scene.server.stop();
}
