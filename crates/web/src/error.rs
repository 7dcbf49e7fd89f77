//! What can go wrong over HTTP, and the one place where it becomes an answer.
//!
//! Handlers return [`WebError`]; it leaves them as a bare status that carries the error, and
//! [`dress::dress`], at the edge, turns it into a page for people or problem JSON (RFC 9457) for
//! programs, in the visitor's language. Whatever else comes out bare, such as a body over its limit, is
//! dressed alike.

pub mod dress;

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bihuan_core::case::refusal::Refusal;
use bihuan_core::filter::Fault;
use bihuan_store::error::{ExecuteError, StoreError};

use crate::lang::Tongue;
use crate::limits;

/// Something that went wrong, or that a rule forbids.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// There is nothing here, or nothing that the visitor may see.
    #[error("not found")]
    NotFound,
    /// The host name is that of a tenant which is served elsewhere.
    #[error("this tenant is served elsewhere")]
    Misdirected,
    /// The address does not take this method.
    #[error("method not allowed")]
    Method,
    /// The visitor has to log in.
    #[error("login needed")]
    Login,
    /// The visitor sees it but may not do this.
    #[error("forbidden")]
    Forbidden,
    /// The form does not belong to this session.
    #[error("form token missing or wrong")]
    FormToken,
    /// The bearer token does not reach that far.
    #[error("token scope")]
    Scope,
    /// Fields are wrong; all of them are named at once.
    #[error("{} fields are wrong", .0.len())]
    Input(Vec<Complaint>),
    /// The body is not the JSON that is asked for.
    #[error("json: {0}")]
    Json(String),
    /// A rule forbids it.
    #[error(transparent)]
    Refused(Refusal),
    /// A filter does not say anything; its text, and everything that is wrong with it.
    #[error("{} faults in a filter", .1.len())]
    Filter(String, Vec<Fault>),
    /// The case moved on since it was read.
    #[error("the case moved on")]
    Stale,
    /// What was sent may not be entered here; the lawful routes.
    #[error("not here")]
    Elsewhere(Vec<String>),
    /// The body is too large.
    #[error("too large")]
    TooLarge,
    /// Too much came from one sender.
    #[error("too many")]
    TooMany {
        /// How long to wait.
        wait_seconds: u32,
    },
    /// The reporter has added as much as is taken before staff act, or in all.
    #[error("enough was added")]
    Enough,
    /// More waits to be written than the store takes.
    #[error("busy")]
    Busy,
    /// It took too long.
    #[error("timeout")]
    Timeout,
    /// The body is of a kind that is not taken.
    #[error("media type")]
    MediaType,
    /// The idempotency key belongs to another request.
    #[error("idempotency key reused")]
    KeyReused,
    /// The store cannot be reached or used now: the database is changing hands, or the disk is full.
    #[error("the store cannot be used now")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Our own fault.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The field's name.
    pub field: String,
    /// The message.
    pub key: &'static str,
    /// The counts that fill the message's places.
    pub places: Vec<(&'static str, u64)>,
    /// The names that do.
    pub names: Vec<(&'static str, String)>,
}

impl Complaint {
    /// Says of a field what `key` says.
    pub fn new(field: impl Into<String>, key: &'static str) -> Complaint {
        Complaint {
            field: field.into(),
            key,
            places: Vec::new(),
            names: Vec::new(),
        }
    }

    /// Fills a place of the message.
    pub fn with(mut self, name: &'static str, count: usize) -> Complaint {
        self.places.push((name, count as u64));
        self
    }

    /// Fills a place of the message with names.
    pub fn naming(mut self, name: &'static str, names: String) -> Complaint {
        self.names.push((name, names));
        self
    }

    /// Returns the complaint in words.
    pub fn said(&self, tongue: Tongue) -> String {
        let counts = self.places.iter().map(|(name, count)| (*name, (*count).into()));
        let names = self.names.iter().map(|(name, said)| (*name, said.clone().into()));
        let places: Vec<_> = counts.chain(names).collect();
        tongue.tell(self.key, &places)
    }
}

impl WebError {
    /// Wraps something unexpected.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> WebError {
        WebError::Internal(cause.into())
    }

    /// Returns the status that it answers with.
    pub fn status(&self) -> StatusCode {
        match self {
            WebError::NotFound => StatusCode::NOT_FOUND,
            WebError::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            WebError::Method => StatusCode::METHOD_NOT_ALLOWED,
            WebError::Login => StatusCode::UNAUTHORIZED,
            WebError::Forbidden | WebError::FormToken | WebError::Scope => StatusCode::FORBIDDEN,
            WebError::Input(_) | WebError::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            WebError::Json(_) | WebError::Filter(..) => StatusCode::BAD_REQUEST,
            WebError::Refused(_) | WebError::Stale | WebError::Enough => StatusCode::CONFLICT,
            WebError::Elsewhere(_) => StatusCode::UNPROCESSABLE_ENTITY,
            WebError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            WebError::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            WebError::Busy | WebError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            WebError::Timeout => StatusCode::REQUEST_TIMEOUT,
            WebError::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            WebError::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Returns after how many seconds the same may be sent again, where waiting helps.
    pub(crate) fn wait_seconds(&self) -> Option<u32> {
        match self {
            WebError::TooMany { wait_seconds } => Some(*wait_seconds),
            WebError::Busy | WebError::Unavailable(_) => Some(limits::BUSY_SECONDS),
            _ => None,
        }
    }

    /// Returns the error's name for programs, what it is called, and what to do about it.
    pub(crate) fn keys(&self) -> (&'static str, &'static str, &'static str) {
        match self {
            WebError::NotFound => ("not_found", "error-not-found", "error-not-found-do"),
            WebError::Misdirected => ("misdirected", "error-not-found", "error-not-found-do"),
            WebError::Method => ("method", "error-method", "error-method-do"),
            WebError::Login => ("login", "error-login", "error-login-do"),
            WebError::Forbidden => ("forbidden", "error-forbidden", "error-forbidden-do"),
            WebError::FormToken => ("form_token", "error-csrf", "error-csrf-do"),
            WebError::Scope => ("scope", "error-scope", "error-scope-do"),
            WebError::Input(_) => ("input", "error-input", "error-input-do"),
            WebError::Json(_) => ("json", "error-input", "error-json"),
            WebError::Filter(..) => ("filter", "error-filter", "error-filter-do"),
            WebError::Stale => ("stale", "error-stale", "error-stale-do"),
            WebError::Elsewhere(_) => ("elsewhere", "refused-title", "refused-lead"),
            WebError::Refused(_) => ("refused", "error-refused", "error-refused"),
            WebError::TooLarge => ("too_large", "error-too-large", "error-too-large-do"),
            WebError::TooMany { .. } => ("too_many", "error-too-many", "error-too-many-do"),
            WebError::Enough => ("enough", "error-enough", "error-enough-do"),
            WebError::Busy => ("busy", "error-busy", "error-busy-do"),
            WebError::Unavailable(_) => ("unavailable", "error-unavailable", "error-unavailable-do"),
            WebError::Timeout => ("timeout", "error-timeout", "error-timeout-do"),
            WebError::MediaType => ("media_type", "error-media", "error-media-do"),
            WebError::KeyReused => ("key_reused", "error-key-reused", "error-key-reused-do"),
            WebError::Internal(_) => ("internal", "error-internal", "error-internal-do"),
        }
    }

    /// Returns what a bare status means.
    pub(crate) fn of_status(status: StatusCode) -> Option<WebError> {
        Some(match status {
            StatusCode::NOT_FOUND => WebError::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => WebError::Method,
            StatusCode::PAYLOAD_TOO_LARGE => WebError::TooLarge,
            StatusCode::REQUEST_TIMEOUT => WebError::Timeout,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => WebError::MediaType,
            StatusCode::BAD_REQUEST => WebError::Input(Vec::new()),
            StatusCode::SERVICE_UNAVAILABLE => WebError::Busy,
            status if status.is_server_error() => WebError::internal("an answer without a body"),
            _ => return None,
        })
    }
}

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

impl From<ExecuteError> for WebError {
    fn from(error: ExecuteError) -> Self {
        match error {
            ExecuteError::Refused(refusal) => WebError::Refused(refusal),
            ExecuteError::NotFound => WebError::NotFound,
            ExecuteError::NotPermitted { .. } => WebError::Forbidden,
            ExecuteError::KeyReused => WebError::KeyReused,
            ExecuteError::Busy => WebError::Busy,
            ExecuteError::Store(error) => error.into(),
            error @ ExecuteError::Known(_) => WebError::internal(error),
        }
    }
}

impl From<StoreError> for WebError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(_) => WebError::NotFound,
            StoreError::Busy(_) => WebError::Busy,
            error @ StoreError::Unavailable { .. } => WebError::Unavailable(error.into()),
            error @ (StoreError::Conflict(_) | StoreError::Corrupt(_)) => WebError::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_is_away_for_a_while_asks_to_be_asked_again() {
        let error: WebError = ExecuteError::from(StoreError::unavailable("it changes hands")).into();
        assert_eq!(error.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(error.wait_seconds(), Some(2));
        let error: WebError = StoreError::Corrupt("a hash".into()).into();
        assert_eq!(error.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(error.wait_seconds(), None);
    }
}
