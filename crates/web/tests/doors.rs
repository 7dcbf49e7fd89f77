//! Every door of the table, knocked at as everybody in turn: nobody, a stranger, the wrong unit, the
//! wrong tenant, by the wrong method, without the form's token.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::{Method, StatusCode};
use bihuan_web::route::{Route, Verb, Visibility};
use bihuan_web::routes;
use common::{Browser, NEIGHBOUR, Town};
use serde_json::{Value, json};

/// A town with one case that the works bureau handles.
struct Scene {
    town: Town,
    case: String,
    number: String,
    evidence: String,
}

impl Scene {
    async fn set() -> Scene {
        let town = Town::found().await;
        let mut citizen = town.browser();
        let sent = citizen
            .create("/api/v1/portal/messages", &json!({"text": "路灯不亮"}))
            .await;
        let case = sent["id"].as_str().unwrap().to_owned();
        let number = sent["number"].as_str().unwrap().to_owned();
        let steps = format!("/api/v1/cases/{case}/steps");
        let mut dispatcher = town.program("dispatcher").await;
        dispatcher.create(&steps, &json!({"step": "accept"})).await;
        dispatcher
            .create(&steps, &json!({"step": "assign", "unit": "works"}))
            .await;
        let mut handler = town.program("handler").await;
        let photo = common::photo::telephone();
        let path = format!("/api/v1/cases/{case}/evidence");
        let stored = handler
            .upload(&path, &[("moment", "after")], &[("file", "a.jpg", &photo)])
            .await
            .json();
        Scene {
            evidence: stored["id"].as_str().unwrap().to_owned(),
            town,
            case,
            number,
        }
    }

    /// Returns a route's address with the ids of a case that nobody has.
    fn address_of_none(&self, route: &Route) -> String {
        let none = |id: &str| id.replace(|c: char| c.is_ascii_digit(), "7");
        self.address(route)
            .replace(&self.case, &none(&self.case))
            .replace(&self.number, &none(&self.number))
    }

    /// Returns a route's address with the case's ids in its places.
    fn address(&self, route: &Route) -> String {
        let path = route
            .path
            .replace("{id}", &self.case)
            .replace("{number}", &self.number);
        let path = path.replace("{evidence}", &self.evidence);
        path.replace("{name}", "nothing")
            .replace("{export}", &self.case)
            .replace("{view}", &self.case)
            .replace("{form}", "comments")
            .replace("{draft}", &self.case)
            .replace("{person}", &self.case)
            .replace("{which}", "answer")
            .replace("{webhook}", &self.case)
            .replace("{delivery}", &self.case)
    }
}

/// Knocks once: with an empty body of the kind that the door takes.
async fn knock(browser: &mut Browser, route: &Route, address: &str) -> StatusCode {
    let kind = if route.path.starts_with("/api/") {
        "application/json"
    } else {
        "application/x-www-form-urlencoded"
    };
    match route.method {
        Verb::Get => {
            browser
                .request(Method::GET, address, None, Vec::new())
                .await
                .status
        }
        Verb::Delete => {
            browser
                .request(Method::DELETE, address, None, Vec::new())
                .await
                .status
        }
        Verb::Post if route.takes.is_some() => {
            browser
                .request(Method::POST, address, Some(kind), b"{}".to_vec())
                .await
                .status
        }
        Verb::Post => {
            browser
                .request(Method::POST, address, Some(kind), Vec::new())
                .await
                .status
        }
    }
}

fn staff() -> impl Iterator<Item = &'static Route> {
    routes::all().filter(|route| route.seen_by == Visibility::Staff)
}

fn of_a_case() -> impl Iterator<Item = &'static Route> {
    staff().filter(|route| route.path.contains("{id}") || route.path.contains("{number}"))
}

#[tokio::test]
async fn nobody_is_sent_to_the_login_or_refused_at_every_door_for_staff() {
    let scene = Scene::set().await;
    for route in staff() {
        let status = knock(&mut scene.town.browser(), route, &scene.address(route)).await;
        let page = route.method == Verb::Get && !route.path.starts_with("/api/");
        let right = if page {
            StatusCode::SEE_OTHER
        } else {
            StatusCode::UNAUTHORIZED
        };
        assert_eq!(status, right, "{}", route.id);
    }
}

#[tokio::test]
async fn whoever_has_no_code_finds_nothing_at_the_doors_of_reporters() {
    let scene = Scene::set().await;
    for route in routes::all().filter(|route| route.seen_by == Visibility::Code) {
        let status = knock(&mut scene.town.browser(), route, &scene.address(route)).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{}", route.id);
        let mut guesser = scene.town.browser();
        guesser
            .headers
            .push(("cookie", "code=0000-0000-0000-0000-0000-0000-0000".to_owned()));
        let status = knock(&mut guesser, route, &scene.address(route)).await;
        assert!(
            [StatusCode::NOT_FOUND, StatusCode::FORBIDDEN].contains(&status),
            "{}: {status}",
            route.id
        );
    }
}

#[tokio::test]
async fn a_stranger_with_a_login_and_no_role_is_nobody() {
    let scene = Scene::set().await;
    let token = scene.town.token_of_stranger().await;
    for route in staff() {
        let mut stranger = scene.town.browser();
        stranger
            .headers
            .push(("authorization", format!("Bearer {token}")));
        let status = knock(&mut stranger, route, &scene.address(route)).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{}", route.id);
    }
}

#[tokio::test]
async fn the_wrong_unit_finds_no_such_case_behind_any_door() {
    let scene = Scene::set().await;
    let mut water = scene.town.program("water").await;
    for route in of_a_case() {
        let seen = knock_well(&mut water, route, &scene.address(route)).await;
        let unseen = knock_well(&mut water, route, &scene.address_of_none(route)).await;
        assert_eq!(
            (seen, unseen),
            (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND),
            "{}",
            route.id
        );
    }
}

#[tokio::test]
async fn the_wrong_tenant_finds_no_such_case_and_its_secrets_open_nothing() {
    let scene = Scene::set().await;
    scene.town.found_neighbour().await;
    let mut elsewhere = scene.town.log_in_at(NEIGHBOUR, "dispatcher").await;
    for route in of_a_case().filter(|route| route.method == Verb::Get) {
        let status = elsewhere.get(&scene.address(route)).await.status;
        assert_eq!(status, StatusCode::NOT_FOUND, "{}", route.id);
    }
    let mut carried = scene.town.program("dispatcher").await;
    carried.headers.retain(|(name, _)| *name != "host");
    carried.headers.push(("host", NEIGHBOUR.to_owned()));
    for route in of_a_case() {
        let status = knock(&mut carried, route, &scene.address(route)).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{}", route.id);
    }
}

#[tokio::test]
async fn a_host_that_is_no_tenants_has_nothing() {
    let scene = Scene::set().await;
    scene.town.found_neighbour().await;
    let mut lost = scene.town.browser();
    lost.headers = vec![("host", "nowhere.example".to_owned())];
    for route in routes::all().filter(|route| !route.of_process) {
        let status = knock(&mut lost, route, &scene.address(route)).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{}", route.id);
    }
}

#[tokio::test]
async fn the_wrong_method_is_told_the_right_ones() {
    let scene = Scene::set().await;
    for route in routes::all() {
        let mut browser = scene.town.browser();
        let answer = browser
            .request(Method::PUT, &scene.address(route), None, Vec::new())
            .await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{}", route.id);
        let allowed = answer.headers["allow"].to_str().unwrap();
        assert!(
            allowed.contains(route.method.method().as_str()),
            "{}: {allowed}",
            route.id
        );
    }
}

#[tokio::test]
async fn no_form_is_taken_without_its_token() {
    let scene = Scene::set().await;
    let mut dispatcher = scene.town.log_in("dispatcher").await;
    dispatcher
        .headers
        .push(("sec-fetch-site", "cross-site".to_owned()));
    let forms = routes::all().filter(|route| route.method == Verb::Post && route.takes.is_none());
    for route in forms.filter(|route| route.seen_by != Visibility::Code && route.id != "delete_session") {
        let status = knock(&mut dispatcher, route, &scene.address(route)).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{}", route.id);
    }
}

#[tokio::test]
async fn whoever_may_not_do_something_but_may_see_the_case_is_told_so() {
    let scene = Scene::set().await;
    // The registrar reads cases and identities, and does nothing else with them.
    let mut registrar = scene.town.program("registrar").await;
    for route in of_a_case().filter(|route| {
        route
            .action
            .is_some_and(|action| !["read", "identity"].contains(&action))
    }) {
        let status = knock_well(&mut registrar, route, &scene.address(route)).await;
        // A page may look at its fields first: whoever sees the case learns nothing by that.
        let refused = status == StatusCode::FORBIDDEN
            || route.takes.is_none() && status == StatusCode::UNPROCESSABLE_ENTITY;
        assert!(refused, "{}: {status}", route.id);
    }
}

#[tokio::test]
async fn what_is_listed_can_be_opened_and_what_cannot_is_not_counted() {
    let scene = Scene::set().await;
    for _ in 0..3 {
        scene
            .town
            .browser()
            .create("/api/v1/portal/messages", &json!({"text": "井盖松动"}))
            .await;
    }
    let everything: Vec<String> = ids(&scene
        .town
        .program("dispatcher")
        .await
        .get("/api/v1/cases")
        .await
        .json());
    assert_eq!(everything.len(), 4);
    for (_, login, _, _) in common::PEOPLE {
        let mut person = scene.town.program(login).await;
        let listed = ids(&person.get("/api/v1/cases").await.json());
        let count = person.get("/api/v1/cases/count").await.json();
        assert_eq!(count["count"], listed.len(), "{login}");
        for case in &everything {
            let status = person.get(&format!("/api/v1/cases/{case}")).await.status;
            assert_eq!(status == StatusCode::OK, listed.contains(case), "{login} {case}");
        }
    }
}

fn ids(list: &Value) -> Vec<String> {
    list["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| case["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Knocks with a body that is well formed, so that only who knocks can be what is wrong.
async fn knock_well(browser: &mut Browser, route: &Route, address: &str) -> StatusCode {
    if route.method == Verb::Get {
        return browser.get(address).await.status;
    }
    if route.id.ends_with("_evidence") {
        let photo = common::photo::telephone();
        return browser
            .upload(address, &[("moment", "after")], &[("photos", "a.jpg", &photo)])
            .await
            .status;
    }
    // What a page posts has the fields of the API's body.
    let body = common::body(&route.id.replace("create_case_", "create_"));
    if route.takes.is_some() {
        return browser.post_json(address, &body).await.status;
    }
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list[0].as_str().unwrap().to_owned(),
        other => other.to_string(),
    };
    let fields = body
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.as_str(), text(value)));
    let fields: Vec<(&str, String)> = fields.collect();
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    browser.post(address, &fields).await.status
}
