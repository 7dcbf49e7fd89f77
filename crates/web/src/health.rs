//! What load balancers and watchdogs ask. They come by address, not by a tenant's host name, so these
//! answers are about the process and everything that it serves.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bihuan_store::error::StoreError;
use bihuan_store::followers::lag::Lag;
use bihuan_store::measure::CacheUse;
use bihuan_store::sending::Health;
use bihuan_store::tenant::Tenant;
use subtle::ConstantTimeEq;

use crate::app::{App, text_of};
use crate::error::WebError;
use crate::metrics::page::{MEDIA_TYPE, Page, age_seconds};
use crate::readiness::Unready;
use crate::secret::secret_hash;

/// The furthest that a follower may be behind, in seconds: deadlines are noted that much later.
const LAG_SECONDS: f64 = 300.0;
/// The least room on the disk, in bytes: below it the log may stop in the middle of a day.
const FREE_BYTES: u64 = 256 << 20;
/// How long the store may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long an answer is given again: asking is open to all, and writes.
const KNOWN: Duration = Duration::from_secs(1);

/// `GET /healthz`: the process answers.
pub async fn read_health() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database takes writes, the followers keep up, the disk has room, the archive is there; or
/// what is not so.
pub async fn read_readiness(State(app): State<App>) -> Response {
    let mut last = app.readiness().last().await;
    let known = last.as_ref().filter(|(at, _)| at.elapsed() < KNOWN);
    let unready = match known {
        Some((_, unready)) => unready.clone(),
        None => {
            let unready = examine(&app).await;
            *last = Some((Instant::now(), unready.clone()));
            unready
        }
    };
    drop(last);
    if unready.is_empty() {
        return "ready\n".into_response();
    }
    let said = unready.iter().map(|what| match what {
        Unready::Database => "database\n",
        Unready::Followers => "followers\n",
        Unready::Disk => "disk\n",
        Unready::Archive => "archive\n",
    });
    let said = format!("not ready:\n{}", said.collect::<String>());
    (StatusCode::SERVICE_UNAVAILABLE, said).into_response()
}

/// Finds out what is not well.
async fn examine(app: &App) -> Vec<Unready> {
    let mut unready = Vec::new();
    let served = app.served();
    if let Some(tenant) = served.first() {
        let written = tokio::time::timeout(PATIENCE, tenant.prove_writable()).await;
        if !matches!(written, Ok(Ok(()))) {
            unready.push(Unready::Database);
        }
    }
    let now = app.now();
    match tokio::time::timeout(PATIENCE, lags(&served)).await {
        Ok(Ok(lags)) if lags.iter().all(|lag| age_seconds(lag, now) <= LAG_SECONDS) => {}
        Ok(Ok(_)) => unready.push(Unready::Followers),
        Ok(Err(_)) | Err(_) if unready.is_empty() => unready.push(Unready::Database),
        Ok(Err(_)) | Err(_) => {}
    }
    if free_bytes(app).is_some_and(|free| free < FREE_BYTES) {
        unready.push(Unready::Disk);
    }
    let store = app.store().clone();
    let archive = tokio::task::spawn_blocking(move || store.archive_file());
    let archive = tokio::time::timeout(PATIENCE, archive).await;
    if matches!(archive, Ok(Ok(Err(StoreError::Unavailable { .. })))) && !unready.contains(&Unready::Database)
    {
        unready.push(Unready::Archive);
    }
    unready
}

/// `GET /metrics`: what is counted, for those who may know.
pub async fn read_metrics(State(app): State<App>, request: Request) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    if !may_know(&app, request.headers(), peer.map(|peer| peer.0)) {
        return WebError::NotFound.status().into_response();
    }
    let served = app.served();
    let mut page = Page::default();
    page.build();
    page.requests(app.metrics());
    page.admission(app.admission().counts());
    page.connections(app.connections().counts());
    page.writer(&app.store().measured());
    page.readers(app.store().reader_use());
    page.replica(app.store().replica_use());
    // A database that cannot be read is told by the absence of its figures, not by the absence of all.
    if let Ok(Ok(lags)) = tokio::time::timeout(PATIENCE, lags(&served)).await {
        page.lags(&lags, app.now());
    }
    if let Ok(Ok((mail, webhooks))) = tokio::time::timeout(PATIENCE, sending(&served)).await {
        page.mail(mail);
        page.webhooks(webhooks);
    }
    let used = served.iter().map(Tenant::cache_use);
    page.cache(used.fold(CacheUse::default(), |all, one| CacheUse {
        hits: all.hits + one.hits,
        misses: all.misses + one.misses,
    }));
    page.disk(free_bytes(&app));
    ([(header::CONTENT_TYPE, MEDIA_TYPE)], page.into_text()).into_response()
}

/// Whoever has the token may; where none is set, only the machine itself, and not through a proxy, behind
/// which everybody seems to be the machine itself.
fn may_know(app: &App, headers: &HeaderMap, peer: Option<SocketAddr>) -> bool {
    if let Some(token) = app.metrics_token() {
        let given = text_of(headers, "authorization").and_then(|value| value.strip_prefix("Bearer "));
        return given.is_some_and(|given| bool::from(secret_hash(given.trim()).0.ct_eq(&token.0)));
    }
    let forwarded = ["x-forwarded-for", "forwarded", "via", "x-real-ip"];
    let through_proxy = forwarded.iter().any(|name| headers.contains_key(*name));
    peer.is_some_and(|peer| peer.ip().is_loopback()) && !through_proxy && !app.behind_proxy()
}

/// Returns how it stands with the mail and with the posts of all.
async fn sending(tenants: &[Tenant]) -> Result<(Health, Health), StoreError> {
    let (mut mail, mut webhooks) = (Health::default(), Health::default());
    for tenant in tenants {
        let look =
            tenant.look(|reader| Ok::<_, StoreError>((reader.mail_health()?, reader.webhook_health()?)));
        let of_tenant = look.await?;
        mail += of_tenant.0;
        webhooks += of_tenant.1;
    }
    Ok((mail, webhooks))
}

async fn lags(tenants: &[Tenant]) -> Result<Vec<Lag>, StoreError> {
    let mut all = Vec::new();
    for tenant in tenants {
        all.extend(tenant.look(|reader| reader.lags()).await?);
    }
    Ok(all)
}

/// Returns how much room the disk of the data directory has; `None` where the system does not say.
fn free_bytes(app: &App) -> Option<u64> {
    let room = rustix::fs::statvfs(app.store().directory()).ok()?;
    room.f_bavail.checked_mul(room.f_frsize)
}
