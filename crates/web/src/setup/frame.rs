//! What every request of the set-up passes, and what every answer gets.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::visit::Visit;
use super::{Setup, page};
use crate::ctx::cookie::Cookie;
use crate::ctx::query_value;
use crate::error::WebError;
use crate::lang;
use crate::limits::set_security_headers;

/// What every request passes, and what every answer gets.
pub async fn frame(State(setup): State<Setup>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let visit = Visit::of(&setup, &parts);
    let asked = |name: &str| {
        parts
            .uri
            .query()
            .is_some_and(|query| query_value(query, name).is_some())
    };
    let (asked_lang, asked_look) = (asked("lang"), asked("look"));
    parts.extensions.insert(visit.clone());
    let response = next.run(Request::from_parts(parts, body)).await;
    let error = response.extensions().get::<Arc<WebError>>().cloned();
    let bare = || {
        WebError::of_status(response.status())
            .filter(|_| !response.headers().contains_key(header::CONTENT_TYPE))
    };
    let mut response = match error.or_else(|| bare().map(Arc::new)) {
        Some(error) => page::failed(&visit, &error),
        None => response,
    };
    let headers = response.headers_mut();
    let is_page =
        headers.get(header::CONTENT_TYPE) == Some(&HeaderValue::from_static("text/html; charset=utf-8"));
    if is_page && !visit.holds {
        Cookie::Visit.set(headers, &visit.secret, visit.secure);
    }
    if is_page && asked_lang {
        Cookie::Lang.set(headers, lang::name(visit.tongue.0), visit.secure);
    }
    if is_page && asked_look {
        Cookie::Look.set(headers, visit.look.name(), visit.secure);
    }
    set_security_headers(headers, visit.secure);
    response
}
