//! The pages of the set-up around its one form: the code before it, and what is said while nothing is founded.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use subtle::ConstantTimeEq;

use super::Setup;
use super::visit::{Sent, Visit};
use crate::app::SystemEntropy;
use crate::auth::invitation::digest;
use crate::ctx::cookie::Cookie;
use crate::error::WebError;
use crate::lang::Tongue;
use crate::page::{Page, html};

/// How long this server takes to let nobody in any more once an installation is founded.
const LEAVING: Duration = Duration::from_millis(500);

/// A stop of the way through the set-up.
pub(crate) struct Stop {
    pub(crate) look: &'static str,
    pub(crate) title: String,
}

/// The steps, by their messages. The last two are taken in the installation itself.
const STEPS: [&str; 3] = ["setup-step-city", "setup-step-people", "setup-step-ready"];

/// Where units and people are brought in, in the installation itself.
pub(crate) const AT_PEOPLE: usize = 1;

/// Returns the stops, of which one is where the visitor is.
pub(crate) fn stops(tongue: Tongue, now: usize) -> Vec<Stop> {
    let look = |at: usize| match at.cmp(&now) {
        std::cmp::Ordering::Less => "done",
        std::cmp::Ordering::Equal => "now",
        std::cmp::Ordering::Greater => "",
    };
    let stop = |(at, key): (usize, &&str)| Stop {
        look: look(at),
        title: tongue.t(key),
    };
    STEPS.iter().enumerate().map(stop).collect()
}

pub(super) fn refused(template: &impl Template) -> Response {
    let mut response = html(template);
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    response
}

#[derive(Template)]
#[template(path = "setup/open.html")]
struct OpenPage {
    page: Page,
    error: Option<String>,
    /// Whether what is typed could be read on its way.
    plain: bool,
    ended: bool,
}

fn open_page(setup: &Setup, visit: &Visit, error: Option<&str>) -> OpenPage {
    let used = setup.state().used;
    OpenPage {
        page: visit.page(),
        error: error.map(|key| visit.tongue.t(key)),
        plain: !visit.secure && !visit.local,
        ended: used || visit.now >= setup.inner.code_until,
    }
}

/// `GET /setup`: asks for the code, or leads whoever brought it on to the form.
pub async fn read_setup(State(setup): State<Setup>, visit: Visit) -> Response {
    if visit.holds {
        return Redirect::to("/setup/city").into_response();
    }
    html(&open_page(&setup, &visit, None))
}

/// `POST /setup`: takes the code.
pub async fn open_setup(
    State(setup): State<Setup>,
    visit: Visit,
    Sent(form): Sent,
) -> Result<Response, WebError> {
    let attempt = setup
        .inner
        .attempts
        .take(&visit.peer, visit.now, &mut SystemEntropy);
    attempt.map_err(|wait_seconds| WebError::TooMany { wait_seconds })?;
    let given = digest(form.value("code"));
    let right = bool::from(given.0.ct_eq(&setup.inner.code.0)) && visit.now < setup.inner.code_until;
    // Whoever is first with the code uses it up.
    if !right || std::mem::replace(&mut setup.state().used, true) {
        return Ok(refused(&open_page(&setup, &visit, Some("setup-code-wrong"))));
    }
    let secret = setup.hand_over(visit.now)?;
    let mut response = Redirect::to("/setup").into_response();
    Cookie::Session.set(response.headers_mut(), &secret, visit.secure);
    Ok(response)
}

#[derive(Template)]
#[template(path = "setup/said.html")]
struct SaidPage {
    page: Page,
    title: String,
    todo: String,
}

/// Leads to a page of the installation that was just founded: another server's, over another connection. By then
/// this one takes no more.
pub(super) async fn elsewhere(place: &str) -> Response {
    tokio::time::sleep(LEAVING).await;
    let mut response = Redirect::to(place).into_response();
    let close = header::HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

/// Answers whoever asks for anything else while nothing is founded; whoever is early for what was founded comes again.
pub async fn not_founded_yet(State(setup): State<Setup>, visit: Visit) -> Response {
    if setup.is_founded() {
        return elsewhere(&visit.here).await;
    }
    let mut response = html(&SaidPage {
        page: visit.page(),
        title: visit.tongue.t("setup-not-yet"),
        todo: visit.tongue.t("setup-not-yet-do"),
    });
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}

/// `GET /healthz`
pub async fn read_setup_health() -> &'static str {
    "ok"
}

/// Returns the page for something that went wrong.
pub(super) fn failed(visit: &Visit, error: &WebError) -> Response {
    if let WebError::Internal(cause) = error {
        tracing::error!(error = %cause, "the set-up met an internal error");
    }
    let (_, title, todo) = error.keys();
    let todo = match error {
        WebError::TooMany { wait_seconds } => visit.tongue.t1(todo, "seconds", wait_seconds),
        WebError::Json(_) | WebError::Enough | WebError::Refused(_) => visit.tongue.t("error-input-do"),
        _ => visit.tongue.t(todo),
    };
    let mut response = html(&SaidPage {
        page: visit.page(),
        title: visit.tongue.t(title),
        todo,
    });
    *response.status_mut() = error.status();
    if let WebError::TooMany { wait_seconds } = error {
        let wait = header::HeaderValue::from(*wait_seconds);
        response.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    response
}
