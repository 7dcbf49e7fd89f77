//! What the server holds: the store, the clock, who sends too much.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::ConnectInfo;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use bihuan_core::id::{CaseId, Digest, Entropy, TenantId};
use bihuan_store::receipt::ReceiptCode;
use bihuan_store::tenant::scene::Scene;
use bihuan_store::tenant::{Store, Tenant};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;

use crate::error::WebError;
use crate::limits;
use crate::limits::admission::Admission;
use crate::limits::connections::Connections;
use crate::limits::throttle::{Rate, Throttle, sender};
use crate::metrics::Metrics;
use crate::portal::alarms::Alarms;
use crate::readiness::Readiness;
use crate::runs::Runs;
use crate::scenes::OfScenes;
use crate::staff::search::names::Names;
use crate::webhook::rules::Rules;

/// How the server is reached.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Where it listens, such as `127.0.0.1:8080`; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The only tenant to serve; all of the store, each under its host name, where it is `None`.
    pub tenant: Option<Tenant>,
    /// Certificate and key, for TLS; none behind a proxy that speaks it, or for a try on one machine.
    pub tls: Option<TlsFiles>,
    /// Whether a proxy stands before it whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    pub trusted_proxy: bool,
    /// The weight of all requests that may be under way at once; see [`crate::limits::admission`].
    pub in_flight: usize,
    /// The digest of the token that `/metrics` asks for; `None` answers the machine itself alone.
    pub metrics_token: Option<Digest>,
    /// How mail to the staff is sent; none is where it is `None`.
    pub mail: Option<MailOptions>,
    /// How far posts to other systems reach.
    pub webhooks: Rules,
    /// Whether anonymous senders are throttled; switching it off is honoured in testing directories only.
    pub rate_limit: bool,
}

/// Certificate chain and private key, both PEM.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate chain.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// How the way to the mail server is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Not at all: for a server on the same machine.
    Plain,
    /// TLS begins after the greeting (STARTTLS); without it nothing is sent.
    StartTls,
    /// TLS from the beginning.
    Tls,
}

/// How mail leaves the house.
#[derive(Clone)]
pub struct MailOptions {
    /// The mail server's name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is kept from others.
    pub security: Security,
    /// Certificates (PEM) of who vouches for the server, beside those that the machine trusts.
    pub authorities: Option<PathBuf>,
    /// User and password, where the server asks for them.
    pub login: Option<(String, String)>,
    /// Whom mails come from, such as `闭环 <bihuan@example.org>`.
    pub from: String,
    /// What links begin with, such as `https://bihuan.example.org`; the tenant's host name where it is `None`.
    pub links: Option<String>,
}

impl std::fmt::Debug for MailOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailOptions")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .field("login", &"***")
            .finish_non_exhaustive()
    }
}

/// Random bytes of the operating system.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&mut self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives random bytes to every process");
    }
}

/// The server's state. Clones share it.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    only: Option<Tenant>,
    secure: bool,
    trusted_proxy: bool,
    clock: Clock,
    anonymous: Option<Anonymous>,
    logins: Throttle,
    comparisons: Throttle,
    exports: Runs,
    alarms: OfScenes<Alarms>,
    names: OfScenes<Names>,
    admission: Arc<Admission>,
    connections: Arc<Connections>,
    sorry: Semaphore,
    metrics: Metrics,
    metrics_token: Option<Digest>,
    sends_mail: bool,
    webhooks: Rules,
    readiness: Readiness,
}

/// What is counted of senders who have no account.
struct Anonymous {
    writing: Throttle,
    reading: Throttle,
    codes: Throttle,
    filling: Throttle,
    photos: Throttle,
    begun: Throttle,
}

/// Tells the present instant; tests pass their own.
pub type Clock = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// Messages and other writing of one anonymous sender.
const ANONYMOUS: Rate = Rate {
    most: 60,
    window: SignedDuration::from_mins(10),
};
/// What one anonymous sender asks for by a code in the body of a request.
const READING: Rate = Rate {
    most: 600,
    window: SignedDuration::from_mins(10),
};
/// How often the report of one code is read, its photos one by one: each time it is read as a whole.
const CODES: Rate = Rate {
    most: 600,
    window: SignedDuration::from_mins(10),
};
/// Leaves of forms that are kept until they are sent, of one anonymous sender.
const FILLING: Rate = Rate {
    most: 240,
    window: SignedDuration::from_mins(10),
};
/// Photos that one anonymous sender lets wait in one life of a report.
const PHOTOS: Rate = Rate {
    most: 120,
    window: limits::UNSENT_LIFE,
};
/// Reports of one tenant that are begun in one life of a report.
const BEGUN: Rate = Rate {
    most: 10_000,
    window: limits::UNSENT_LIFE,
};
/// Attempts to log in from one place.
const LOGINS: Rate = Rate {
    most: 30,
    window: SignedDuration::from_mins(10),
};

/// How often what somebody says is compared with the identity of one case, by whomever: nobody guesses a name.
const COMPARISONS: Rate = Rate {
    most: 10,
    window: SignedDuration::from_hours(1),
};

impl Anonymous {
    fn new() -> Anonymous {
        let throttle = |rate| Throttle::new(rate, &mut SystemEntropy);
        Anonymous {
            writing: throttle(ANONYMOUS),
            reading: throttle(READING),
            codes: throttle(CODES),
            filling: throttle(FILLING),
            photos: throttle(PHOTOS),
            begun: throttle(BEGUN),
        }
    }
}

impl App {
    /// Makes the state of a server over `store`.
    pub fn new(store: Store, options: &ServeOptions, clock: Clock) -> App {
        let throttled = options.rate_limit || !store.marks().testing;
        let inner = Inner {
            secure: options.tls.is_some(),
            trusted_proxy: options.trusted_proxy,
            clock,
            anonymous: throttled.then(Anonymous::new),
            logins: Throttle::new(LOGINS, &mut SystemEntropy),
            comparisons: Throttle::new(COMPARISONS, &mut SystemEntropy),
            exports: Runs::default(),
            alarms: OfScenes::default(),
            names: OfScenes::default(),
            admission: Admission::new(options.in_flight, throttled),
            connections: Connections::of_process(throttled && !options.trusted_proxy),
            sorry: Semaphore::new(limits::SALVAGES),
            metrics: Metrics::default(),
            metrics_token: options.metrics_token,
            sends_mail: options.mail.is_some(),
            webhooks: options.webhooks.clone(),
            readiness: Readiness::default(),
            only: options.tenant.clone(),
            store,
        };
        App {
            inner: Arc::new(inner),
        }
    }

    /// Returns the store.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Returns the long exports that this process runs.
    pub(crate) fn exports(&self) -> &Runs {
        &self.inner.exports
    }

    /// Returns the alarms of the packs of a scene.
    ///
    /// # Errors
    /// As [`Alarms::of`].
    pub(crate) fn alarms(&self, scene: &Arc<Scene>) -> Result<Arc<Alarms>, WebError> {
        self.inner.alarms.of(scene, Alarms::of)
    }

    /// Returns the names of a scene, ready to be searched.
    pub(crate) fn names(&self, scene: &Arc<Scene>) -> Arc<Names> {
        let names = self
            .inner
            .names
            .of(scene, |scene| Ok::<_, Infallible>(Names::of(scene)));
        names.unwrap_or_else(|never| match never {})
    }

    /// Returns who is let in.
    pub(crate) fn admission(&self) -> &Arc<Admission> {
        &self.inner.admission
    }

    /// Returns who is connected.
    pub(crate) fn connections(&self) -> &Arc<Connections> {
        &self.inner.connections
    }

    /// Returns the seats of those for whom there is no room, while their form is read to be shown again.
    pub(crate) fn sorry(&self) -> &Semaphore {
        &self.inner.sorry
    }

    /// Returns what is counted of the requests.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    /// Returns the digest of the token that `/metrics` asks for.
    pub(crate) fn metrics_token(&self) -> Option<Digest> {
        self.inner.metrics_token
    }

    /// Whether mail to the staff is sent.
    pub(crate) fn sends_mail(&self) -> bool {
        self.inner.sends_mail
    }

    /// Returns how far posts to other systems reach.
    pub(crate) fn webhooks(&self) -> &Rules {
        &self.inner.webhooks
    }

    /// Returns the last answer to whether the process is ready.
    pub(crate) fn readiness(&self) -> &Readiness {
        &self.inner.readiness
    }

    /// Whether a trusted proxy stands before the server.
    pub(crate) fn behind_proxy(&self) -> bool {
        self.inner.trusted_proxy
    }

    /// Returns the tenants that this process serves.
    pub fn served(&self) -> Vec<Tenant> {
        match &self.inner.only {
            Some(only) => vec![only.clone()],
            None => self.store().tenants(),
        }
    }

    /// Returns the present instant.
    pub fn now(&self) -> Timestamp {
        (self.inner.clock)()
    }

    /// Counts one more anonymous write from a place.
    ///
    /// # Errors
    /// [`WebError::TooMany`] if that is too many.
    pub fn throttle_anonymous(&self, peer: Option<IpAddr>, now: Timestamp) -> Result<(), WebError> {
        match &self.inner.anonymous {
            Some(anonymous) => take(&anonymous.writing, peer, now),
            None => Ok(()),
        }
    }

    /// Counts one more question by a code from a place.
    ///
    /// # Errors
    /// [`WebError::TooMany`] if that is too many.
    pub fn throttle_reading(&self, peer: Option<IpAddr>, now: Timestamp) -> Result<(), WebError> {
        match &self.inner.anonymous {
            Some(anonymous) => take(&anonymous.reading, peer, now),
            None => Ok(()),
        }
    }

    /// Counts one more leaf of a form from a place, which is kept until it is sent.
    ///
    /// # Errors
    /// [`WebError::TooMany`] if that is too many.
    pub fn throttle_filling(&self, peer: Option<IpAddr>, now: Timestamp) -> Result<(), WebError> {
        match &self.inner.anonymous {
            Some(anonymous) => take(&anonymous.filling, peer, now),
            None => Ok(()),
        }
    }

    /// Counts one more photo from a place, which waits until its report is sent.
    ///
    /// # Errors
    /// [`WebError::TooMany`] if that is too many.
    pub fn throttle_photos(&self, peer: Option<IpAddr>, now: Timestamp) -> Result<(), WebError> {
        match &self.inner.anonymous {
            Some(anonymous) => take(&anonymous.photos, peer, now),
            None => Ok(()),
        }
    }

    /// Counts one more report of a tenant that is begun; returns whether there is room to keep it.
    pub fn may_begin_report(&self, tenant: TenantId, now: Timestamp) -> bool {
        match &self.inner.anonymous {
            Some(anonymous) => take_as(&anonymous.begun, tenant.0.as_bytes(), now).is_ok(),
            None => true,
        }
    }

    /// Counts one more look at the report of a code, from wherever.
    ///
    /// # Errors
    /// [`WebError::TooMany`] if that is too many.
    pub fn throttle_code(&self, code: &ReceiptCode, now: Timestamp) -> Result<(), WebError> {
        match &self.inner.anonymous {
            Some(anonymous) => take_as(&anonymous.codes, code.to_string().as_bytes(), now),
            None => Ok(()),
        }
    }

    /// Counts one more attempt to log in from a place.
    ///
    /// # Errors
    /// [`WebError::TooMany`] if that is too many.
    pub fn throttle_login(&self, peer: Option<IpAddr>, now: Timestamp) -> Result<(), WebError> {
        take(&self.inner.logins, peer, now)
    }

    /// Counts one more comparison with the sealed identity of a case.
    ///
    /// # Errors
    /// [`WebError::TooMany`] if that is too many.
    pub fn throttle_comparison(&self, case: CaseId, now: Timestamp) -> Result<(), WebError> {
        take_as(&self.inner.comparisons, case.0.as_bytes(), now)
    }

    /// Whether this request came by TLS, so that cookies are bound to it.
    pub fn is_secure(&self, headers: &HeaderMap) -> bool {
        let forwarded = || text_of(headers, "x-forwarded-proto") == Some("https");
        self.inner.secure || self.inner.trusted_proxy && forwarded()
    }

    /// Returns where a request came from: the last address that the trusted proxy added, else the peer.
    pub fn peer(&self, request: &Parts) -> Option<IpAddr> {
        let forwarded = text_of(&request.headers, "x-forwarded-for").filter(|_| self.inner.trusted_proxy);
        let last = forwarded
            .and_then(|list| list.rsplit(',').next())
            .and_then(|last| last.trim().parse().ok());
        last.or_else(|| {
            request
                .extensions
                .get::<ConnectInfo<SocketAddr>>()
                .map(|peer| peer.0.ip())
        })
    }

    /// Returns the tenant that a request is for, by the host name that it asks.
    ///
    /// # Errors
    /// [`WebError::NotFound`] if no tenant has the name; [`WebError::Misdirected`] if one has it that is
    /// not served here.
    pub fn tenant(&self, request: &Parts) -> Result<Tenant, WebError> {
        let asked = find(self.store().tenants(), host_of(request));
        match (&self.inner.only, asked) {
            (Some(only), Some(asked)) if asked.host().is_some() && asked.id() != only.id() => {
                Err(WebError::Misdirected)
            }
            (Some(only), _) => Ok(only.clone()),
            (None, asked) => asked.ok_or(WebError::NotFound),
        }
    }
}

/// Returns the host name that a request asks.
fn host_of(request: &Parts) -> &str {
    name_of(authority_of(request))
}

/// Returns host and port that a request asks: of its header, or of its address as HTTP/2 sends it.
pub fn authority_of(request: &Parts) -> &str {
    let authority = || request.uri.authority().map(Authority::as_str);
    let host = text_of(&request.headers, "host").or_else(authority);
    host.unwrap_or_default()
}

/// Returns the host name of a host with its port.
pub fn name_of(authority: &str) -> &str {
    authority.rsplit_once(':').map_or(authority, |(name, _port)| name)
}

/// Returns the tenant with this host name; else the only tenant, or the only one that has no host name.
fn find(tenants: Vec<Tenant>, host: &str) -> Option<Tenant> {
    if let Some(named) = tenants.iter().find(|tenant| is_called(tenant, host)) {
        return Some(named.clone());
    }
    if let [only] = tenants.as_slice() {
        return Some(only.clone());
    }
    let mut nameless = tenants.into_iter().filter(|tenant| tenant.host().is_none());
    match (nameless.next(), nameless.next()) {
        (Some(only), None) => Some(only),
        (Some(_), Some(_)) | (None, _) => None,
    }
}

fn is_called(tenant: &Tenant, host: &str) -> bool {
    tenant.host().is_some_and(|own| own.eq_ignore_ascii_case(host))
}

fn take(throttle: &Throttle, peer: Option<IpAddr>, now: Timestamp) -> Result<(), WebError> {
    take_as(throttle, &peer.map(sender).unwrap_or_default(), now)
}

fn take_as(throttle: &Throttle, sender: &[u8], now: Timestamp) -> Result<(), WebError> {
    throttle
        .take(sender, now, &mut SystemEntropy)
        .map_err(|wait_seconds| WebError::TooMany { wait_seconds })
}

/// Returns the text of a header.
pub fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
