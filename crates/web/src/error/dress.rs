//! Gives an answer that carries an error its page or its problem JSON.

use std::sync::Arc;

use askama::Template;
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use bihuan_core::filter::Fault;
use bihuan_core::problem::Place;
use serde_json::{Value, json};

use super::{Complaint, WebError};
use crate::ctx::{Ctx, Typed};
use crate::lang::Tongue;
use crate::limits;
use crate::page::{self, Page};
use crate::sentence::fault;

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    page: Page,
    title: String,
    todo: String,
    fields: Vec<String>,
    login: bool,
    request_id: String,
}

/// What was typed, where there was no room for it.
#[derive(Template)]
#[template(path = "busy.html")]
struct BusyPage {
    page: Page,
    fields: Arc<Vec<(String, String)>>,
    had_files: bool,
    to: String,
}

/// Gives an answer that carries an error, or a bare bad status, its page or problem JSON.
pub fn dress(ctx: &Ctx, response: Response) -> Response {
    let carried = response.extensions().get::<Arc<WebError>>().cloned();
    let bare = || {
        WebError::of_status(response.status())
            .filter(|_| !has_type(&response))
            .map(Arc::new)
    };
    let Some(error) = carried.or_else(bare) else {
        return response;
    };
    if let WebError::Internal(cause) | WebError::Unavailable(cause) = &*error {
        tracing::error!(request.id = ctx.request_id, path = ctx.route, cause = %chain(&**cause), "a request failed");
    }
    let mut dressed = match &*error {
        WebError::Login if !ctx.wants_json() && !ctx.sent_token && ctx.method == Method::GET => {
            return ctx.to_login();
        }
        error if ctx.wants_json() => problem(ctx, error),
        WebError::Busy | WebError::Unavailable(_) if let Some(typed) = shown_again(ctx) => {
            busy_page(ctx, typed)
        }
        error => error_page(ctx, error),
    };
    *dressed.status_mut() = error.status();
    if let Some(wait_seconds) = error.wait_seconds() {
        dressed
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(wait_seconds));
    }
    if matches!(*error, WebError::Login) {
        dressed
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(allow) = response.headers().get(header::ALLOW) {
        dressed.headers_mut().insert(header::ALLOW, allow.clone());
    }
    dressed
}

fn has_type(response: &Response) -> bool {
    response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| !kind.as_bytes().starts_with(b"text/plain"))
}

/// Returns what an error is called, and what to do about it, in words.
pub fn said(ctx: &Ctx, error: &WebError) -> (String, String) {
    let (_, title, _) = error.keys();
    (ctx.tongue.t(title), todo(ctx, error))
}

/// Returns what to do about an error, in words.
fn todo(ctx: &Ctx, error: &WebError) -> String {
    let t = ctx.tongue;
    let (_, _, todo) = error.keys();
    match error {
        WebError::TooMany { wait_seconds } => t.t1(todo, "seconds", wait_seconds),
        WebError::Enough => {
            let lately = ("lately", limits::REPORTERS_ADDITIONS);
            t.t2(todo, lately, ("all", limits::REPORTERS_ADDITIONS_IN_ALL))
        }
        WebError::Json(detail) => t.t1(todo, "detail", detail),
        WebError::Refused(refusal) => ctx.refusal(refusal).said,
        WebError::Filter(text, faults) => filter_faults(t, text, faults),
        WebError::Elsewhere(routes) => routes.join(" "),
        _ => t.t(todo),
    }
}

/// Returns everything that is wrong with a filter, each with its place.
fn filter_faults(tongue: Tongue, text: &str, faults: &[Fault]) -> String {
    let said = faults.iter().map(|fault| {
        let (message, hint) = fault::said(tongue, &fault.kind);
        let hint = hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{}: {message}{hint}", Place::of(text, fault.span.start).column)
    });
    said.collect::<Vec<_>>().join("; ")
}

fn error_page(ctx: &Ctx, error: &WebError) -> Response {
    let (_, title, _) = error.keys();
    let fields = match error {
        WebError::Input(complaints) => complaints
            .iter()
            .map(|complaint| complaint.said(ctx.tongue))
            .collect(),
        _ => Vec::new(),
    };
    let shown = ErrorPage {
        page: ctx.page(None),
        title: ctx.tongue.t(title),
        todo: todo(ctx, error),
        fields,
        login: matches!(error, WebError::Login),
        request_id: ctx.request_id.clone(),
    };
    page::html(&shown)
}

/// Shows what was typed into the form again, ready to be sent once more. The form's token is the one that
/// came with it: a form from elsewhere gets no better one here.
fn busy_page(ctx: &Ctx, typed: &Typed) -> Response {
    page::html(&BusyPage {
        page: ctx.page(None),
        fields: Arc::clone(&typed.fields),
        had_files: typed.had_files,
        to: ctx.here.clone(),
    })
}

/// Returns what was typed, unless a password is among it: that is typed again, and stands on no page.
fn shown_again(ctx: &Ctx) -> Option<&Typed> {
    let secret = |typed: &&Typed| typed.fields.iter().any(|(name, _)| name == "password");
    ctx.typed.get().filter(|typed| !secret(typed))
}

fn problem(ctx: &Ctx, error: &WebError) -> Response {
    let (name, title, _) = error.keys();
    let mut problem = json!({
        "type": format!("/problems/{name}"),
        "title": ctx.tongue.t(title),
        "status": error.status().as_u16(),
        "detail": todo(ctx, error),
        "request_id": ctx.request_id,
    });
    match error {
        WebError::Refused(refusal) => problem["rule"] = ctx.refusal(refusal).rule.into(),
        WebError::Input(complaints) => {
            let field = |complaint: &Complaint| json!({"field": complaint.field, "message": complaint.said(ctx.tongue)});
            problem["fields"] = complaints.iter().map(field).collect::<Value>();
        }
        WebError::Filter(_, faults) => {
            let shape = |fault: &Fault| {
                let place = [fault.span.start, fault.span.end];
                let (message, hint) = fault::said(ctx.tongue, &fault.kind);
                json!({"message": message, "hint": hint, "bytes": place})
            };
            problem["problems"] = faults.iter().map(shape).collect::<Value>();
        }
        _ => {}
    }
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (kind, problem.to_string()).into_response()
}

/// Returns a cause with all below it, for the log; causes are our own words and the engine's, never what people wrote.
fn chain(cause: &(dyn std::error::Error + 'static)) -> String {
    let mut said = cause.to_string();
    let mut below = cause.source();
    while let Some(cause) = below {
        said.push_str(": ");
        said.push_str(&cause.to_string());
        below = cause.source();
    }
    said
}
