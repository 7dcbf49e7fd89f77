//! How a request passes through the server: whose it is, whether there is room for it, who asks, in which
//! language; and what every answer gets.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bihuan_core::id::Entropy;
use bihuan_store::tenant::{Position, Tenant};

use crate::app::{self, App, SystemEntropy};
use crate::ctx::cookie::Cookie;
use crate::ctx::look::Look;
use crate::ctx::{self, Ctx, Known, Who};
use crate::error::WebError;
use crate::error::dress::dress;
use crate::form::Form;
use crate::lang::{self, Tongue};
use crate::limits::admission::Sender;
use crate::limits::body::Patient;
use crate::limits::held::Held;
use crate::limits::life::Life;
use crate::limits::{self, set_security_headers, throttle};
use crate::secret::is_shaped_like_a_secret;
use crate::{auth, routes};

/// What every request passes: who asks, for which tenant, in which language; and what every answer gets.
pub async fn frame(State(app): State<App>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let (parts, body) = request.into_parts();
    let (method, route) = (parts.method.clone(), route_of(&parts));
    let secure = app.is_secure(&parts.headers);
    let mut response = match asked_tenant(&app, &parts) {
        Ok(tenant) => admitted(&app, tenant, Request::from_parts(parts, body), next).await,
        Err(error) => {
            let said = error.to_string();
            (error.into_response().status(), said).into_response()
        }
    };
    let status = response.status();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        let wait = HeaderValue::from(limits::BUSY_SECONDS);
        response.headers_mut().entry(header::RETRY_AFTER).or_insert(wait);
    }
    set_security_headers(response.headers_mut(), secure);
    app.metrics().answered(&method, route, status, began.elapsed());
    response
}

/// What an answer about the process gets: there is no tenant and no visitor.
pub async fn frame_of_process(State(app): State<App>, request: Request, next: Next) -> Response {
    let secure = app.is_secure(request.headers());
    let mut response = next.run(request).await;
    number(response.headers_mut(), &hex_id());
    set_security_headers(response.headers_mut(), secure);
    response
}

fn route_of(request: &Parts) -> &'static str {
    let found = request.extensions.get::<MatchedPath>();
    found.map_or("none", |found| routes::pattern(found.as_str()))
}

fn asked_tenant(app: &App, request: &Parts) -> Result<Tenant, WebError> {
    let address = request.uri.path_and_query();
    if address.is_some_and(|address| address.as_str().len() > limits::ADDRESS_BYTES) {
        return Err(WebError::NotFound);
    }
    app.tenant(request)
}

/// Answers a request of a tenant if there is room for it; nothing of it is read before that. Its room is
/// taken until the answer is sent.
async fn admitted(app: &App, tenant: Tenant, request: Request, next: Next) -> Response {
    let Some(mut slot) = app.admission().enter(tenant.id(), weight(&request)) else {
        return turned_away(app, tenant, request).await;
    };
    let (mut parts, body) = request.into_parts();
    let (body, ended) = Patient::with(body);
    let life = parts.extensions.get::<Arc<Life>>().cloned();
    let secure = app.is_secure(&parts.headers);
    let scene = tenant.scene();
    let identified = auth::identify(&tenant, &scene, &parts.headers, secure, app.now()).await;
    let (visitor, denied) = match identified {
        Ok(visitor) => (visitor, None),
        Err(error) => ((None, None), Some(error)),
    };
    let writer = tenant.clone();
    let ctx = open(app, &parts, reading(tenant, &parts, secure), visitor);
    if denied.is_none() && sender(&ctx).is_some_and(|sender| !slot.count_for(sender)) {
        // What is read now is read in one of the seats for that.
        drop(slot);
        salvage(&ctx, Request::from_parts(parts, body)).await;
        return dress(&ctx, WebError::Busy.into_response());
    }
    parts.extensions.insert(ctx.clone());
    let response = match denied {
        Some(error) => {
            // Who it is cannot be told while the database is away.
            if matches!(error, WebError::Unavailable(_)) {
                salvage(&ctx, Request::from_parts(parts, body)).await;
            }
            error.into_response()
        }
        None => next.run(Request::from_parts(parts, body)).await,
    };
    let response = match ended.is_so() {
        true => WebError::Timeout.into_response(),
        false => response,
    };
    let mut response = dress(&ctx, response);
    keep(&ctx, response.headers_mut(), secure);
    if has_written(&ctx, response.status()) {
        tell_position(&writer, response.headers_mut(), secure).await;
    }
    response.map(|body| Held::with(body, slot, life.as_ref()))
}

/// The header that carries a position in the database server's log, for programs; browsers have a cookie.
static POSITION: HeaderName = HeaderName::from_static("bihuan-position");

fn is_reading(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// Whether a request may have written something that its visitor's next page must have. Strangers are told
/// nothing of how much is written here unless they wrote themselves.
fn has_written(ctx: &Ctx, status: StatusCode) -> bool {
    let succeeded = status.is_success() || status.is_redirection();
    let by_staff = ctx.who.is_some() && !is_reading(&ctx.method);
    succeeded && (by_staff || ctx.written.load(Ordering::Relaxed))
}

/// Lets a request that only reads be answered from a replica that has what its visitor has seen. A program
/// that does not say what it has seen reads from the server.
fn reading(tenant: Tenant, request: &Parts, secure: bool) -> Tenant {
    if !tenant.has_replica() || !is_reading(&request.method) {
        return tenant;
    }
    let headers = &request.headers;
    let told = app::text_of(headers, POSITION.as_str()).or_else(|| Cookie::Seen.read(headers, secure));
    match told.map(str::parse) {
        Some(Ok(position)) => tenant.seen_up_to(position),
        None if !headers.contains_key(header::AUTHORIZATION) => tenant.seen_up_to(Position::default()),
        Some(Err(_)) | None => tenant,
    }
}

/// Tells whoever has written what their next page must have.
async fn tell_position(tenant: &Tenant, headers: &mut HeaderMap, secure: bool) {
    match tenant.position().await {
        Ok(Some(position)) => {
            let position = position.to_string();
            Cookie::Seen.set(headers, &position, secure);
            if let Ok(value) = position.parse() {
                headers.insert(&POSITION, value);
            }
        }
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "how far the database server is cannot be told"),
    }
}

/// Returns how much a request weighs among those under way: more where it may bring files.
fn weight(request: &Request) -> usize {
    let kind = app::text_of(request.headers(), "content-type").unwrap_or_default();
    let found = request.extensions().get::<MatchedPath>();
    let takes_files = found.is_some_and(|found| routes::takes_files(found.as_str(), request.method()));
    match takes_files && kind.starts_with("multipart/form-data") {
        true => limits::UPLOAD_WEIGHT,
        false => 1,
    }
}

/// Returns whose request it is; `None` where neither person nor address is known.
fn sender(ctx: &Ctx) -> Option<Sender> {
    let person = ctx.who.as_ref().map(|who| who.viewer.person);
    let person = person.map(|person| Sender::Person(ctx.tenant.id(), person));
    person.or_else(|| Some(Sender::Place(throttle::sender(ctx.peer?))))
}

/// Answers a request for which there is no room. A page's form is read all the same, if it is small and few
/// others are.
async fn turned_away(app: &App, tenant: Tenant, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let ctx = open(app, &parts, tenant, (None, None));
    salvage(&ctx, Request::from_parts(parts, body)).await;
    dress(&ctx, WebError::Busy.into_response())
}

/// Reads the form of a request that no handler will see, so that what was typed can be shown again.
async fn salvage(ctx: &Ctx, request: Request) {
    if !ctx.wants_json()
        && ctx.method == Method::POST
        && let Ok(_seat) = ctx.app.sorry().try_acquire()
    {
        // What cannot be read in time is not shown again; the browser still has it.
        let form = tokio::time::timeout(limits::SALVAGE_TIME, Form::salvage(request));
        if let Ok(Some(form)) = form.await {
            form.keep_typed(ctx);
        }
    }
}

/// Puts together what is known of a request; `visitor` is who is logged in, and the session's secret.
fn open(app: &App, request: &Parts, tenant: Tenant, visitor: (Option<Who>, Option<String>)) -> Ctx {
    let (headers, uri) = (&request.headers, &request.uri);
    let (secure, (who, session)) = (app.is_secure(headers), visitor);
    let asked = |name| uri.query().and_then(|query| ctx::query_value(query, name));
    let asked_tour = asked("tour").as_deref() == Some("off");
    let (asked, asked_look) = (asked("lang"), asked("look"));
    let tongue = lang::choose(
        asked.as_deref(),
        Cookie::Lang.read(headers, secure),
        app::text_of(headers, "accept-language"),
    );
    let known = Known {
        session,
        visit: Cookie::Visit
            .read(headers, secure)
            .filter(|visit| is_shaped_like_a_secret(visit))
            .map(str::to_owned),
        new_visit: OnceLock::new(),
        app: app.clone(),
        scene: tenant.scene(),
        tenant,
        tongue: Tongue(tongue),
        asked_lang: asked.is_some(),
        look: Look::choose(asked_look.as_deref(), Cookie::Look.read(headers, secure)),
        asked_look: asked_look.is_some(),
        tour_hidden: asked_tour || Cookie::Tour.read(headers, secure) == Some("off"),
        asked_tour,
        now: app.now(),
        secure,
        authority: app::authority_of(request).to_owned(),
        method: request.method.clone(),
        ahead: is_ahead(request),
        route: uri.path().to_owned(),
        here: ctx::without_lang(uri.path(), uri.query()),
        request_id: hex_id(),
        peer: app.peer(request),
        who,
        code: Cookie::Code.read(headers, secure).map(str::to_owned),
        sent_token: headers.contains_key(header::AUTHORIZATION),
        written: AtomicBool::new(false),
        typed: OnceLock::new(),
    };
    known.into()
}

fn is_ahead(request: &Parts) -> bool {
    let purposes =
        ["sec-purpose", "purpose"].map(|name| app::text_of(&request.headers, name).unwrap_or_default());
    request.method == Method::HEAD || purposes.iter().any(|purpose| purpose.starts_with("prefetch"))
}

/// The header that carries the request's number.
static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Keeps the visit, the chosen language and the chosen look in cookies.
fn keep(ctx: &Ctx, headers: &mut HeaderMap, secure: bool) {
    let is_page = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_page && let Some(visit) = ctx.new_visit.get() {
        Cookie::Visit.set(headers, visit, secure);
    }
    if is_page && ctx.asked_lang {
        Cookie::Lang.set(headers, lang::name(ctx.tongue.0), secure);
    }
    if is_page && ctx.asked_tour {
        Cookie::Tour.set(headers, "off", secure);
    }
    if is_page && ctx.asked_look {
        Cookie::Look.set(headers, ctx.look.name(), secure);
    }
    number(headers, &ctx.request_id);
}

fn number(headers: &mut HeaderMap, request_id: &str) {
    if let Ok(id) = request_id.parse() {
        headers.insert(&REQUEST_ID, id);
    }
}

fn hex_id() -> String {
    let mut bytes = [0; 8];
    SystemEntropy.fill(&mut bytes);
    format!("{:016x}", u64::from_be_bytes(bytes))
}
