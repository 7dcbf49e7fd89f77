//! The pages of the set-up, one for each step.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::label::Label;
use bihuan_core::pack::model::{Kind, Pack, SourceGrade};
use subtle::ConstantTimeEq;

use super::founding::{Administrator, NotFounded, shipped};
use super::visit::{Holder, Sent, Visit};
use super::{Setup, draft::Draft};
use crate::app::SystemEntropy;
use crate::auth::invitation::digest;
use crate::auth::{password, welcome};
use crate::ctx::cookie::Cookie;
use crate::error::{Complaint, WebError};
use crate::form::Form;
use crate::lang::Tongue;
use crate::page::{Page, html};
use crate::people::plan::is_code;
use crate::show;

/// The longest name of a city or person, in characters.
const NAME_CHARS: usize = 60;
/// How long this server takes to let nobody in any more once an installation is founded.
const LEAVING: Duration = Duration::from_millis(500);
/// The longest host name, in characters.
const HOST_CHARS: usize = 253;

/// A stop of the way through the set-up.
pub(crate) struct Stop {
    pub(crate) look: &'static str,
    pub(crate) title: String,
}

/// The steps, by their messages. The last two are taken in the installation itself.
const STEPS: [&str; 5] = [
    "setup-step-city",
    "setup-step-packs",
    "setup-step-admin",
    "setup-step-people",
    "setup-step-ready",
];

/// Where units and people are brought in, in the installation itself.
pub(crate) const AT_PEOPLE: usize = 3;

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

/// What is wrong with the fields of a form: field and words.
type Errors = Vec<(String, String)>;

fn said(tongue: Tongue, error: WebError) -> Result<Errors, WebError> {
    match error {
        WebError::Input(complaints) => {
            let said = complaints.iter().map(|it| (it.field.clone(), it.said(tongue)));
            Ok(said.collect())
        }
        other => Err(other),
    }
}

fn refused(template: &impl Template) -> Response {
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

/// `GET /setup`: asks for the code, or leads on to the first step that is not taken.
pub async fn read_setup(State(setup): State<Setup>, visit: Visit) -> Response {
    if visit.holds {
        let place = next(&setup.state().draft);
        return Redirect::to(place).into_response();
    }
    html(&open_page(&setup, &visit, None))
}

/// Returns the first step that is not taken.
fn next(draft: &Draft) -> &'static str {
    if draft.name_zh.is_empty() {
        "/setup/city"
    } else if draft.packs.is_empty() {
        "/setup/packs"
    } else {
        "/setup/admin"
    }
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
#[template(path = "setup/city.html")]
struct CityPage {
    page: Page,
    stops: Vec<Stop>,
    errors: Errors,
    name_zh: String,
    name_en: String,
    host: String,
    /// What the calendar covers.
    calendar: String,
}

fn city_page(visit: &Visit, draft: &Draft, errors: Errors) -> CityPage {
    CityPage {
        page: visit.page(),
        stops: stops(visit.tongue, 0),
        errors,
        name_zh: draft.name_zh.clone(),
        name_en: draft.name_en.clone(),
        host: draft.host.clone(),
        calendar: visit.tongue.t("setup-calendar-cn"),
    }
}

/// `GET /setup/city`
pub async fn read_setup_city(State(setup): State<Setup>, Holder(visit): Holder) -> Response {
    let draft = setup.state().draft.clone();
    html(&city_page(&visit, &draft, Vec::new()))
}

/// `POST /setup/city`
pub async fn keep_setup_city(
    State(setup): State<Setup>,
    Holder(visit): Holder,
    Sent(form): Sent,
) -> Result<Response, WebError> {
    let mut read = form.read();
    let zh = read.text("name_zh", NAME_CHARS).unwrap_or_default();
    let en = read.text("name_en", NAME_CHARS).unwrap_or_default();
    let host = read
        .text("host", HOST_CHARS)
        .unwrap_or_default()
        .to_ascii_lowercase();
    if zh.is_empty() && en.is_empty() {
        read.complain(Complaint::new("name_zh", "setup-name-needed"));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    if !host.chars().all(plain) {
        read.complain(Complaint::new("host", "setup-host-wrong"));
    }
    let or = |name: &str, other: &str| {
        if name.is_empty() {
            other.to_owned()
        } else {
            name.to_owned()
        }
    };
    let entered = Draft {
        name_zh: or(&zh, &en),
        name_en: or(&en, &zh),
        host,
        ..setup.state().draft.clone()
    };
    if let Err(error) = read.done() {
        return Ok(refused(&city_page(&visit, &entered, said(visit.tongue, error)?)));
    }
    setup.keep(|draft| *draft = entered)?;
    Ok(Redirect::to("/setup/packs").into_response())
}

#[derive(Template)]
#[template(path = "setup/packs.html")]
struct PacksPage {
    page: Page,
    stops: Vec<Stop>,
    errors: Errors,
    packs: Vec<Choice>,
}

/// A pack, as it says of itself what it is for.
struct Choice {
    id: String,
    title: String,
    chosen: bool,
    kinds: Vec<ShownKind>,
    sources: Vec<String>,
    more_sources: usize,
    /// Whether citizens can send any of its kinds.
    portal: bool,
}

struct ShownKind {
    title: String,
    /// How long it may take.
    limits: String,
}

/// The sources that are named of each pack.
const SOURCES: usize = 3;

fn packs_page(setup: &Setup, visit: &Visit, errors: Errors) -> Result<PacksPage, WebError> {
    let draft = setup.state().draft.clone();
    let choice = |pack: &Pack| {
        let kind = |kind: &Kind| {
            let clocks = kind.start.iter().filter_map(|clock| pack.clock(clock));
            let limits: Vec<String> = clocks
                .map(|clock| show::limit(visit.tongue, clock.limit))
                .collect();
            ShownKind {
                title: name(visit, &kind.title),
                limits: limits.join(&visit.tongue.t("list-comma")),
            }
        };
        let official = pack
            .sources
            .values()
            .filter(|source| source.grade != SourceGrade::Example);
        let mut sources: Vec<String> = official.map(|source| name(visit, &source.instrument)).collect();
        sources.sort();
        sources.dedup();
        Choice {
            id: pack.id.clone(),
            title: name(visit, &pack.title),
            chosen: draft.packs.is_empty() || draft.packs.contains(&pack.id),
            portal: pack.kinds.iter().any(|kind| kind.portal),
            kinds: pack.kinds.iter().map(kind).collect(),
            more_sources: sources.len().saturating_sub(SOURCES),
            sources: sources.into_iter().take(SOURCES).collect(),
        }
    };
    Ok(PacksPage {
        page: visit.page(),
        stops: stops(visit.tongue, 1),
        errors,
        packs: shipped()?.iter().map(|it| choice(&it.pack)).collect(),
    })
}

fn name(visit: &Visit, label: &Label) -> String {
    label.get(visit.tongue.0).to_owned()
}

/// `GET /setup/packs`
pub async fn read_setup_packs(
    State(setup): State<Setup>,
    Holder(visit): Holder,
) -> Result<Response, WebError> {
    Ok(html(&packs_page(&setup, &visit, Vec::new())?))
}

/// `POST /setup/packs`
pub async fn keep_setup_packs(
    State(setup): State<Setup>,
    Holder(visit): Holder,
    Sent(form): Sent,
) -> Result<Response, WebError> {
    let wanted: Vec<&str> = form.values("pack").collect();
    let packs: Vec<String> = shipped()?
        .into_iter()
        .map(|it| it.pack.id)
        .filter(|id| wanted.contains(&id.as_str()))
        .collect();
    if packs.is_empty() {
        let none = vec![("packs".to_owned(), visit.tongue.t("setup-packs-none"))];
        return Ok(refused(&packs_page(&setup, &visit, none)?));
    }
    setup.keep(|draft| draft.packs = packs)?;
    Ok(Redirect::to("/setup/admin").into_response())
}

#[derive(Template)]
#[template(path = "setup/admin.html")]
struct AdminPage {
    page: Page,
    stops: Vec<Stop>,
    errors: Errors,
    city: String,
    name_zh: String,
    name_en: String,
    login: String,
    hint: String,
    key_place: String,
    plain: bool,
}

fn admin_page(setup: &Setup, visit: &Visit, form: Option<&Form>, errors: Errors) -> AdminPage {
    let draft = setup.state().draft.clone();
    let typed = |name: &str| form.map_or("", |form| form.value(name)).to_owned();
    AdminPage {
        page: visit.page(),
        stops: stops(visit.tongue, 2),
        errors,
        city: name(visit, &Label::new(draft.name_zh, draft.name_en)),
        name_zh: typed("name_zh"),
        name_en: typed("name_en"),
        login: typed("login"),
        hint: visit.tongue.t1("welcome-hint", "least", password::LEAST_CHARS),
        key_place: setup.inner.options.key_place.clone(),
        plain: !visit.secure && !visit.local,
    }
}

/// `GET /setup/admin`
pub async fn read_setup_admin(State(setup): State<Setup>, Holder(visit): Holder) -> Response {
    let place = next(&setup.state().draft);
    if place != "/setup/admin" {
        return Redirect::to(place).into_response();
    }
    html(&admin_page(&setup, &visit, None, Vec::new()))
}

/// `POST /setup/admin`: founds the installation and leads its administrator into it.
pub async fn create_installation(
    State(setup): State<Setup>,
    Holder(visit): Holder,
    Sent(form): Sent,
) -> Result<Response, WebError> {
    let place = next(&setup.state().draft);
    if place != "/setup/admin" {
        return Ok(Redirect::to(place).into_response());
    }
    let (name, login) = match administrator(&form) {
        Ok(read) => read,
        Err(error) => {
            let errors = said(visit.tongue, error)?;
            return Ok(refused(&admin_page(&setup, &visit, Some(&form), errors)));
        }
    };
    let password_hash = welcome::hashed(form.value("password")).await?;
    let administrator = Administrator {
        name,
        login,
        password_hash,
    };
    match setup.found(administrator).await {
        Ok(secret) => {
            let mut response = elsewhere("/people").await;
            Cookie::Session.set(response.headers_mut(), &secret, visit.secure);
            Ok(response)
        }
        Err(NotFounded::Told(reason)) => {
            let errors = vec![(
                "founding".to_owned(),
                visit.tongue.t1("setup-not-founded", "reason", reason),
            )];
            Ok(refused(&admin_page(&setup, &visit, Some(&form), errors)))
        }
        Err(NotFounded::Failed(error)) => Err(error),
    }
}

/// Reads who will look after the installation.
fn administrator(form: &Form) -> Result<(Label, String), WebError> {
    let mut read = form.read();
    let zh = read.text("name_zh", NAME_CHARS).unwrap_or_default();
    let en = read.text("name_en", NAME_CHARS).unwrap_or_default();
    let login = read.needed("login", NAME_CHARS);
    if zh.is_empty() && en.is_empty() {
        read.complain(Complaint::new("name_zh", "setup-person-needed"));
    }
    if !is_code(&login) {
        read.complain(Complaint::new("login", "setup-login-wrong"));
    }
    if let Some(wrong) = welcome::fault(form.value("password"), form.value("again")) {
        read.complain(Complaint::new("password", wrong));
    }
    read.done()?;
    let or = |name: &str, other: &str| {
        if name.is_empty() {
            other.to_owned()
        } else {
            name.to_owned()
        }
    };
    Ok((Label::new(or(&zh, &en), or(&en, &zh)), login))
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
async fn elsewhere(place: &str) -> Response {
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
