//! Who comes to the set-up: in which language, with which cookies, and whether they hold it.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::id::Digest;
use jiff::Timestamp;
use subtle::ConstantTimeEq;

use super::{HOLD, Setup};
use crate::app::text_of;
use crate::ctx::cookie::Cookie;
use crate::ctx::look::Look;
use crate::ctx::{query_value, without_lang};
use crate::error::WebError;
use crate::form::{Form, is_from_elsewhere};
use crate::lang::{self, Tongue};
use crate::page::Page;
use crate::secret::{new_secret, secret_hash};

/// What is known of a request.
#[derive(Clone)]
pub struct Visit {
    pub tongue: Tongue,
    pub look: Look,
    pub here: String,
    pub now: Timestamp,
    pub secure: bool,
    /// Whether it came from this very machine.
    pub local: bool,
    /// What attempts are counted by.
    pub peer: Vec<u8>,
    /// The secret that forms are bound to.
    pub secret: String,
    /// Whether the secret is that of who holds the set-up.
    pub holds: bool,
}

impl Visit {
    /// Reads what is known of a request.
    pub fn of(setup: &Setup, request: &Parts) -> Visit {
        let (headers, uri, now) = (&request.headers, &request.uri, setup.now());
        let options = &setup.inner.options;
        let forwarded = options.trusted_proxy && text_of(headers, "x-forwarded-proto") == Some("https");
        let secure = options.secure || forwarded;
        let asked = |name| uri.query().and_then(|query| query_value(query, name));
        let tongue = lang::choose(
            asked("lang").as_deref(),
            Cookie::Lang.read(headers, secure),
            text_of(headers, "accept-language"),
        );
        let held = Cookie::Session
            .read(headers, secure)
            .filter(|secret| setup.is_held_by(secret, now));
        let visit = || {
            Cookie::Visit
                .read(headers, secure)
                .map_or_else(new_secret, str::to_owned)
        };
        let address = request
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|peer| peer.0.ip());
        Visit {
            tongue: Tongue(tongue),
            look: Look::choose(asked("look").as_deref(), Cookie::Look.read(headers, secure)),
            here: without_lang(uri.path(), uri.query()),
            now,
            secure,
            local: address.is_none_or(|address| address.is_loopback()),
            peer: address
                .map(|address| address.to_string().into_bytes())
                .unwrap_or_default(),
            holds: held.is_some(),
            secret: held.map_or_else(visit, str::to_owned),
        }
    }

    fn csrf(&self) -> String {
        Digest::of(&[b"set-up form token", self.secret.as_bytes()]).to_string()
    }

    /// Returns what the layout shows.
    pub fn page(&self) -> Page {
        Page {
            tongue: self.tongue,
            tenant: self.tongue.t("setup-tenant"),
            area: None,
            who: None,
            me: None,
            calls: false,
            unread: 0,
            registers: false,
            instructs: false,
            administers: false,
            visiting: None,
            founding: true,
            mark: None,
            csrf: self.csrf(),
            here: self.here.clone(),
            look: self.look,
        }
    }
}

impl Setup {
    /// Whether a secret is that of who holds the set-up.
    fn is_held_by(&self, secret: &str, now: Timestamp) -> bool {
        let state = self.state();
        let same = |holder: &String| {
            bool::from(
                holder
                    .as_bytes()
                    .ct_eq(secret_hash(secret).to_string().as_bytes()),
            )
        };
        state.draft.holder.as_ref().is_some_and(same) && now.as_second() < state.draft.held_until
    }

    /// Hands the set-up to whoever brought the code; returns their secret.
    pub(super) fn hand_over(&self, now: Timestamp) -> Result<String, WebError> {
        let secret = new_secret();
        self.keep(|draft| {
            draft.holder = Some(secret_hash(&secret).to_string());
            draft.held_until = (now + HOLD).as_second();
        })?;
        Ok(secret)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Visit, WebError> {
        let visit = parts.extensions.get::<Visit>().cloned();
        visit.ok_or_else(|| WebError::internal("a handler ran outside the frame"))
    }
}

/// A form of the set-up, whose token was found right.
pub struct Sent(pub Form);

impl FromRequest<Setup> for Sent {
    type Rejection = WebError;

    async fn from_request(request: Request, setup: &Setup) -> Result<Sent, WebError> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, setup).await?;
        let elsewhere = is_from_elsewhere(&parts.headers);
        let form = Form::take(Request::from_parts(parts, body)).await?;
        match !elsewhere && bool::from(form.value("csrf").as_bytes().ct_eq(visit.csrf().as_bytes())) {
            true => Ok(Sent(form)),
            false => Err(WebError::FormToken),
        }
    }
}

/// Somebody who holds the set-up; whoever does not is asked for the code.
pub struct Holder(pub Visit);

impl FromRequestParts<Setup> for Holder {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, setup: &Setup) -> Result<Holder, Response> {
        let visit = Visit::from_request_parts(parts, setup).await;
        match visit.map_err(IntoResponse::into_response)? {
            visit if visit.holds => Ok(Holder(visit)),
            _ => Err(Redirect::to("/setup").into_response()),
        }
    }
}
