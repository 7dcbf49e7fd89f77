//! Who somebody is, and whether they may come in.
//!
//! A person comes by session (a cookie, after the log-in page) or by bearer token (programs; pages take
//! it too). Both are random secrets, of which the store keeps the digest only. What a person may do is
//! decided by their grants, case by case; here it is only settled who they are.

pub mod invitation;
pub mod page;
pub mod password;
pub mod welcome;

use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::id::{CaseId, PersonId, UnitId};
use bihuan_core::pack::model::Pack;
use bihuan_core::permission::{self, READ, Rights, Viewer};
use bihuan_store::error::StoreError;
use bihuan_store::tenant::Tenant;
use bihuan_store::tenant::scene::Scene;
use jiff::{SignedDuration, Timestamp};

use crate::app::text_of;
use crate::ctx::cookie::Cookie;
use crate::ctx::{Ctx, Who};
use crate::error::WebError;

pub use crate::secret::{new_secret, secret_hash};

/// The scope of a token that may do what changes something and needs no action beyond reading: write remarks,
/// keep views. It is no action: whoever comes by session may do these in any case.
pub const WRITE_SCOPE: &str = "write";

/// How long a session lasts without a request.
pub const SESSION: SignedDuration = SignedDuration::from_hours(10);
/// How much of that may pass before the store is told that it is still in use.
const TOUCH: SignedDuration = SignedDuration::from_mins(10);

/// Finds out who sends a request: the person, and the session's secret if they came by session.
///
/// # Errors
/// [`WebError::Login`] if there is a bearer token and it is not good.
pub async fn identify(
    tenant: &Tenant,
    scene: &Scene,
    headers: &HeaderMap,
    secure: bool,
    now: Timestamp,
) -> Result<(Option<Who>, Option<String>), WebError> {
    if let Some(token) = text_of(headers, "authorization").and_then(|value| value.strip_prefix("Bearer ")) {
        let who = by_token(tenant, scene, token.trim(), now).await?;
        return Ok((Some(who.ok_or(WebError::Login)?), None));
    }
    let Some(secret) = Cookie::Session.read(headers, secure).map(str::to_owned) else {
        return Ok((None, None));
    };
    let who = by_session(tenant, scene, &secret, now).await?;
    let kept = who.is_some().then_some(secret);
    Ok((who, kept))
}

async fn by_session(
    tenant: &Tenant,
    scene: &Scene,
    secret: &str,
    now: Timestamp,
) -> Result<Option<Who>, WebError> {
    let hash = secret_hash(secret);
    let read = tenant.read(move |reader| {
        let Some(session) = reader.session(hash, now)? else {
            return Ok(None);
        };
        let unread = reader.unread(session.person)?;
        Ok::<_, StoreError>(Some((session, unread)))
    });
    let Some((session, unread)) = read.await? else {
        return Ok(None);
    };
    if now.duration_since(session.seen_at) > TOUCH {
        tenant
            .touch_session(hash, session.unit, now, now + SESSION)
            .await?;
    }
    let Some(viewer) = viewer(scene, session.person, session.unit, now) else {
        return Ok(None);
    };
    Ok(Some(Who {
        unread: count_unread(tenant, scene, &viewer, unread, now).await?,
        login: session.login,
        viewer,
        scopes: None,
    }))
}

async fn by_token(
    tenant: &Tenant,
    scene: &Scene,
    token: &str,
    now: Timestamp,
) -> Result<Option<Who>, WebError> {
    let hash = secret_hash(token);
    let Some(token) = tenant.read(move |reader| reader.token(hash, now)).await? else {
        return Ok(None);
    };
    let viewer = viewer(scene, token.person, None, now);
    Ok(viewer.map(|viewer| Who {
        login: token.login,
        viewer,
        scopes: Some(token.scopes),
        unread: 0,
    }))
}

/// Counts the unread notifications that are of cases which the viewer may read now.
async fn count_unread(
    tenant: &Tenant,
    scene: &Scene,
    viewer: &Viewer,
    unread: Vec<CaseId>,
    now: Timestamp,
) -> Result<u32, WebError> {
    if unread.is_empty() {
        return Ok(0);
    }
    let packs: Vec<&Pack> = scene.newest().map(|pack| &**pack).collect();
    let rights = Rights {
        grants: &scene.grants,
        packs: &packs,
        org: &scene.org,
        calendar: &scene.calendar,
        now,
    };
    let Some(scope) = permission::scope(viewer, READ, &rights) else {
        return Ok(0);
    };
    let count = tenant.read(move |reader| reader.count_readable(&unread, &scope));
    Ok(u32::try_from(count.await?).unwrap_or(u32::MAX))
}

/// Opens a session of a login and sends its person to a place. Whoever was logged in here before is out.
///
/// # Errors
/// [`WebError::Unavailable`] if nothing can be written.
pub async fn open_session(ctx: &Ctx, login: &str, to: &str) -> Result<Response, WebError> {
    if let Some(former) = &ctx.session {
        ctx.tenant.close_session(secret_hash(former)).await?;
    }
    let secret = new_secret();
    ctx.tenant
        .open_session(secret_hash(&secret), login, None, ctx.now, ctx.now + SESSION)
        .await?;
    let mut response = Redirect::to(to).into_response();
    Cookie::Session.set(response.headers_mut(), &secret, ctx.secure);
    Ok(response)
}

/// Returns a person as a viewer, acting for `unit` or else for the unit of their first role: their own, or that of
/// whom they stand in for.
pub fn viewer(scene: &Scene, person: PersonId, unit: Option<UnitId>, now: Timestamp) -> Option<Viewer> {
    let today = scene.calendar.date_of(now);
    let org = &scene.org;
    let first_of = |person| org.roles_of(person, today).first().map(|(_, unit)| *unit);
    let away = || {
        org.stands_in_for(person, today, today)
            .into_iter()
            .find_map(first_of)
    };
    let first = || first_of(person).or_else(away);
    Viewer::of(org, person, unit.or_else(first)?, today)
}
