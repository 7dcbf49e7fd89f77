//! The JSON API under `/api/v1`: the same reads and commands as the pages, for programs.
//!
//! A body is exactly what its schema says: unknown fields are refused, every text is bounded. A POST takes
//! an `Idempotency-Key`; sent again with the same body it answers as the first did. Where nobody is logged
//! in, all have the same name, and the key must be one that nobody guesses. Errors are problem
//! JSON (RFC 9457). Names of units, persons, kinds and steps come in the language asked for.

pub mod cases;
pub mod commands;
pub mod evidence;
pub mod exports;
pub mod identity;
pub mod openapi;
pub mod portal;
pub mod reference;
pub mod schema;
pub mod shape;
pub mod views;
pub mod wire;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use bihuan_core::id::Digest;
use bihuan_store::commit::idempotency::Once;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::app::{App, text_of};
use crate::error::{Complaint, WebError};
use crate::route::{Route, Visibility};

/// The longest idempotency key.
const KEY_CHARS: usize = 128;
/// The shortest key of somebody without a name that is no UUID: 128 random bits in base 64.
const SECRET_KEY_CHARS: usize = 22;

/// What a request says in its body, and the key it was sent under.
pub struct Asked<T> {
    /// The body.
    pub body: T,
    /// The idempotency key, with the digest of the body that it belongs to.
    pub once: Option<Once>,
}

impl<T: DeserializeOwned> FromRequest<App> for Asked<T> {
    type Rejection = WebError;

    async fn from_request(request: Request, app: &App) -> Result<Asked<T>, WebError> {
        let (mut parts, body) = request.into_parts();
        let Sent(key) = Sent::from_request_parts(&mut parts, app).await?;
        let kind = text_of(&parts.headers, "content-type").unwrap_or_default();
        if !kind.starts_with("application/json") {
            return Err(WebError::MediaType);
        }
        let bytes = Bytes::from_request(Request::from_parts(parts, body), app)
            .await
            .map_err(|rejection| match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => WebError::TooLarge,
                _ => WebError::Json("the body broke off".to_owned()),
            })?;
        let body = serde_json::from_slice(&bytes).map_err(|error| WebError::Json(error.to_string()))?;
        let once = key.map(|key| Once {
            key,
            request: Digest::of(&[&bytes]),
        });
        Ok(Asked { body, once })
    }
}

/// The idempotency key of a request, if it has one.
pub struct Sent(pub Option<String>);

impl FromRequestParts<App> for Sent {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Sent, WebError> {
        let Some(key) = parts.headers.get("idempotency-key") else {
            return Ok(Sent(None));
        };
        let key = key.to_str().unwrap_or_default();
        let complaint = if key.is_empty() || key.len() > KEY_CHARS {
            Complaint::new(KEY, "field-idempotency-key").with("most", KEY_CHARS)
        } else if is_anonymous(parts) && !is_hard_to_guess(key) {
            Complaint::new(KEY, "field-secret-key").with("least", SECRET_KEY_CHARS)
        } else {
            // Under the path too: the same key at another door is another request.
            return Ok(Sent(Some(format!("{key} {}", parts.uri.path()))));
        };
        Err(WebError::Input(vec![complaint]))
    }
}

/// The header that carries the key.
const KEY: &str = "Idempotency-Key";

/// Whether a door is one for those who have no name: their keys lie in one place, and whoever guesses
/// another's key has the other's answer.
fn is_anonymous(parts: &Parts) -> bool {
    let route = parts.extensions.get::<&'static Route>();
    route.is_none_or(|route| route.seen_by != Visibility::Staff)
}

fn is_hard_to_guess(key: &str) -> bool {
    Uuid::try_parse(key).is_ok() || key.len() >= SECRET_KEY_CHARS
}

/// The fields of a query string; unknown ones are refused.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for Params<T> {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Params<T>, WebError> {
        let params = Query::<T>::try_from_uri(&parts.uri);
        params
            .map(|Query(params)| Params(params))
            .map_err(|error| WebError::Json(error.body_text()))
    }
}

/// Answers with JSON.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_string(body) {
        Ok(text) => (status, [(header::CONTENT_TYPE, "application/json")], text).into_response(),
        Err(cause) => WebError::internal(cause).into_response(),
    }
}
