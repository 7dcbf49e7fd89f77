//! One message from the portal to strike-off, through the API alone.

mod support;

use bihuan_sim::pictures::{Scene, draw};
use serde_json::{Value, json};
use support::{Client, Directory};

/// Those who take part.
struct City {
    operator: Client,
    dispatcher: Client,
    handler: Client,
    supervisor: Client,
    citizen: Client,
}

impl City {
    fn found(directory: &Directory, url: &str, tokens: &[String; 4]) -> City {
        assert!(directory.data().exists());
        let staff = |token: &String| Client::new(url, Some(token));
        City {
            operator: staff(&tokens[0]),
            dispatcher: staff(&tokens[1]),
            handler: staff(&tokens[2]),
            supervisor: staff(&tokens[3]),
            citizen: Client::new(url, None),
        }
    }

    /// Sends a message and returns the case's id and its code.
    fn send(&self) -> (String, String) {
        let message = json!({
            "topic": "路灯不亮",
            "text": "人民路与解放路路口东侧三盏路灯已经一周不亮，晚上过马路很危险，请尽快维修。",
            "place": "人民路与解放路路口",
            "contact": {"name": "李某", "phone": "13800000000"},
        });
        let (status, receipt) = self.citizen.post("/api/v1/portal/messages", &message);
        assert_eq!(status, 201, "{receipt}");
        let text = |field: &str| receipt[field].as_str().expect("a text").to_owned();
        (text("id"), text("code"))
    }

    fn track(&self, code: &str) -> Value {
        let (status, tracked) = self
            .citizen
            .post("/api/v1/portal/track", &json!({ "code": code }));
        assert_eq!(status, 200, "{tracked}");
        tracked
    }
}

fn step(client: &Client, case: &str, step: Value) {
    let (status, done) = client.post(&format!("/api/v1/cases/{case}/steps"), &step);
    assert_eq!(status, 201, "{step}: {done}");
}

fn tokens(directory: &Directory) -> [String; 4] {
    directory.found_units();
    [
        directory.token("operator", "hotline", "operator", "read,register,answer"),
        directory.token("dispatcher", "hotline", "dispatcher", "read,assign"),
        directory.token("handler", "urban", "handler", "read,handle"),
        directory.token("supervisor", "inspect", "supervisor", "read,verify,strike"),
    ]
}

#[test]
fn a_message_is_taken_in_handled_verified_answered_and_struck_off() {
    let directory = Directory::for_testing();
    let tokens = tokens(&directory);
    let server = directory.serve();
    let city = City::found(&directory, &server.url, &tokens);
    let (case, code) = city.send();
    assert_eq!(city.track(&code)["state"]["id"], "registered");

    step(&city.operator, &case, json!({"step": "accept"}));
    step(
        &city.dispatcher,
        &case,
        json!({"step": "assign", "unit": "城管局"}),
    );
    step(&city.handler, &case, json!({"step": "sign"}));
    let photo = draw(Scene::Street, true, 1);
    let evidence = format!("/api/v1/cases/{case}/evidence");
    assert_eq!(city.handler.post_photo(&evidence, &photo, "after").0, 201);
    step(&city.handler, &case, json!({"step": "submit"}));
    step(
        &city.supervisor,
        &case,
        json!({"step": "verify", "finding": "现场看过，三盏路灯都亮。"}),
    );
    let reply = "您反映的三盏路灯已于今日修好，现场已经核验。";
    step(&city.operator, &case, json!({"step": "answer", "reply": reply}));
    let tracked = city.track(&code);
    assert!(tracked["answers"].to_string().contains(reply), "{tracked}");

    let solved = json!({"code": code, "solved": true, "score": 5});
    assert_eq!(city.citizen.post("/api/v1/portal/satisfactions", &solved).0, 201);
    // What its reporter calls solved, the clock strikes off by itself: it may come first.
    let steps = format!("/api/v1/cases/{case}/steps");
    let (status, done) = city.supervisor.post(&steps, &json!({"step": "strike_off"}));
    assert!(status == 201 || done["rule"] == "wrong_state", "{done}");
    let tracked = city.track(&code);
    assert_eq!(tracked["state"]["id"], "struck_off");
    assert_eq!(tracked["satisfied"], true);
    server.stop();
    directory.ok(&["verify"]);
}

#[test]
fn whoever_handled_it_cannot_verify_it_and_is_told_the_rule() {
    let directory = Directory::for_testing();
    let tokens = tokens(&directory);
    let own = directory.token("inspector-at-home", "urban", "supervisor", "read,verify");
    let server = directory.serve();
    let city = City::found(&directory, &server.url, &tokens);
    let (case, _code) = city.send();
    step(&city.operator, &case, json!({"step": "accept"}));
    step(
        &city.dispatcher,
        &case,
        json!({"step": "assign", "unit": "urban"}),
    );
    step(&city.handler, &case, json!({"step": "sign"}));
    let photo = draw(Scene::Street, true, 1);
    let evidence = format!("/api/v1/cases/{case}/evidence");
    assert_eq!(city.handler.post_photo(&evidence, &photo, "after").0, 201);
    step(&city.handler, &case, json!({"step": "submit"}));
    let verify = json!({"step": "verify", "finding": "好"});
    let steps = format!("/api/v1/cases/{case}/steps");
    let (status, refused) = Client::new(&server.url, Some(&own)).post(&steps, &verify);
    assert_eq!(status, 409, "{refused}");
    let (status, hidden) = city.handler.post(&steps, &verify);
    assert_eq!(status, 403, "{hidden}");
}

#[test]
fn an_unknown_code_and_a_case_of_others_are_not_found() {
    let directory = Directory::for_testing();
    let tokens = tokens(&directory);
    let server = directory.serve();
    let city = City::found(&directory, &server.url, &tokens);
    let (case, code) = city.send();
    let mut wrong = code.into_bytes();
    wrong[0] = if wrong[0] == b'2' { b'3' } else { b'2' };
    let wrong = String::from_utf8(wrong).expect("ASCII");
    let asked = city
        .citizen
        .post("/api/v1/portal/track", &json!({ "code": wrong }));
    assert_eq!(asked.0, 404);
    // Nobody assigned it to the handler's unit yet.
    assert_eq!(city.handler.get(&format!("/api/v1/cases/{case}")).0, 404);
    assert_eq!(city.operator.get(&format!("/api/v1/cases/{case}")).0, 200);
}

#[test]
fn a_role_given_while_the_server_runs_holds_without_a_restart() {
    let directory = Directory::for_testing();
    directory.found_units();
    let server = directory.serve();
    let token = directory.token("operator", "hotline", "operator", "read");
    let client = Client::new(&server.url, Some(&token));
    let came_in = (0..100).any(|_| {
        let (status, _) = client.get("/api/v1/cases");
        if status != 200 {
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        status == 200
    });
    assert!(came_in, "the server sees what other processes changed");
}

#[test]
fn a_login_that_is_closed_names_what_is_still_to_be_handed_over() {
    let directory = Directory::for_testing();
    let tokens = tokens(&directory);
    let server = directory.serve();
    let city = City::found(&directory, &server.url, &tokens);
    let (case, _) = city.send();
    step(&city.operator, &case, json!({"step": "accept"}));
    let assign = json!({"step": "assign", "unit": "城管局"});
    step(&city.dispatcher, &case, assign);
    step(&city.handler, &case, json!({"step": "sign"}));
    let charge = json!({"person": "handler"});
    let (status, done) = city
        .handler
        .post(&format!("/api/v1/cases/{case}/assignments"), &charge);
    assert_eq!(status, 201, "{done}");
    server.stop();
    let said = directory.ok(&["user", "disable", "handler"]);
    assert!(
        said.contains("handler: disabled") && said.contains("in their hands: 1."),
        "{said}"
    );
    assert!(said.contains("/hand-over"), "{said}");
    let said = directory.ok(&["user", "disable", "operator"]);
    assert_eq!(said, "operator: disabled\n");
}
