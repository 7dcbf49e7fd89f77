//! How a request passes through the server, and how the server starts and stops.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use bihuan_core::id::Entropy;
use bihuan_store::tenant::Store;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use jiff::Timestamp;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

use crate::api::openapi::Document;
use crate::app::{self, App, ServeOptions, SystemEntropy, TlsFiles};
use crate::ctx::cookie::Cookie;
use crate::ctx::{self, Ctx, Known};
use crate::error::WebError;
use crate::error::dress::dress;
use crate::lang::{self, Tongue};
use crate::limits::{self, set_security_headers};
use crate::{auth, routes};

/// Returns the whole server as a service, for serving and for tests in the same process.
pub fn router(app: App) -> Router {
    routes::router()
        .layer(Extension(Document::of(routes::all())))
        .layer(CatchPanicLayer::new())
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            limits::REQUEST_TIME,
        ))
        .layer(middleware::from_fn_with_state(app.clone(), frame))
        .layer(CompressionLayer::new())
        .with_state(app)
}

/// What every request passes: who asks, for which tenant, in which language; and what every answer gets.
async fn frame(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let secure = app.is_secure(&parts.headers);
    let mut response = match open(&app, &parts, secure).await {
        Ok((ctx, denied)) => {
            parts.extensions.insert(ctx.clone());
            let response = match denied {
                Some(error) => error.into_response(),
                None => next.run(Request::from_parts(parts, body)).await,
            };
            let mut response = dress(&ctx, response);
            keep(&ctx, response.headers_mut(), secure);
            response
        }
        Err(error) => {
            let said = error.to_string();
            (error.into_response().status(), said).into_response()
        }
    };
    set_security_headers(response.headers_mut(), secure);
    response
}

/// Finds out what is known of a request, and whether it goes no further: its bearer token is not good.
async fn open(app: &App, request: &Parts, secure: bool) -> Result<(Ctx, Option<WebError>), WebError> {
    let (headers, uri) = (&request.headers, &request.uri);
    if uri
        .path_and_query()
        .is_some_and(|address| address.as_str().len() > limits::ADDRESS_BYTES)
    {
        return Err(WebError::NotFound);
    }
    let tenant = app.tenant(request)?;
    let now = app.now();
    let asked = uri.query().and_then(|query| ctx::query_value(query, "lang"));
    let tongue = lang::choose(
        asked.as_deref(),
        Cookie::Lang.read(headers, secure),
        app::text_of(headers, "accept-language"),
    );
    let scene = tenant.scene();
    let (who, session, denied) = match auth::identify(&tenant, &scene, headers, secure, now).await {
        Ok((who, session)) => (who, session, None),
        Err(error) => (None, None, Some(error)),
    };
    let visit = || Cookie::Visit.read(headers, secure).map(str::to_owned);
    let known = Known {
        secret: session.or_else(visit).map_or_else(OnceLock::new, OnceLock::from),
        app: app.clone(),
        tenant,
        scene,
        tongue: Tongue(tongue),
        asked_lang: asked.is_some(),
        now,
        secure,
        method: request.method.clone(),
        route: uri.path().to_owned(),
        here: ctx::without_lang(uri.path(), uri.query()),
        request_id: hex_id(),
        peer: app.peer(request),
        who,
        code: Cookie::Code.read(headers, secure).map(str::to_owned),
        sent_token: headers.contains_key(header::AUTHORIZATION),
    };
    Ok((known.into(), denied))
}

/// The header that carries the request's number.
static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Keeps the visit and the chosen language in cookies.
fn keep(ctx: &Ctx, headers: &mut HeaderMap, secure: bool) {
    let is_page = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_page && ctx.who.is_none() && ctx.method == Method::GET {
        Cookie::Visit.set(headers, ctx.secret(), secure);
    }
    if is_page && ctx.asked_lang {
        Cookie::Lang.set(headers, lang::name(ctx.tongue.0), secure);
    }
    if let Ok(id) = ctx.request_id.parse() {
        headers.insert(&REQUEST_ID, id);
    }
}

fn hex_id() -> String {
    let mut bytes = [0; 8];
    SystemEntropy.fill(&mut bytes);
    format!("{:016x}", u64::from_be_bytes(bytes))
}

/// Why the server did not start or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("cannot listen on {listen}")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// Certificate or key cannot be used.
    #[error("the certificate or its key cannot be used")]
    Tls(#[source] std::io::Error),
    /// Serving failed.
    #[error("serving failed")]
    Serve(#[source] std::io::Error),
}

/// A server that listens already and does not serve yet, so that whoever starts it knows the port.
pub struct Bound {
    app: App,
    listener: std::net::TcpListener,
    tls: Option<TlsFiles>,
}

/// How long requests under way may take to end when the server stops.
const GRACE: Duration = Duration::from_secs(20);

/// Binds the address.
///
/// # Errors
/// [`ServeError::Listen`] if it is taken or not ours.
pub fn bind(store: Store, options: &ServeOptions) -> Result<Bound, ServeError> {
    bind_app(App::new(store, options, Box::new(Timestamp::now)), options)
}

/// Binds the address for a server whose clock is somebody else's.
///
/// # Errors
/// [`ServeError::Listen`] if it is taken or not ours.
pub fn bind_app(app: App, options: &ServeOptions) -> Result<Bound, ServeError> {
    let listen = options.listen;
    let listener =
        std::net::TcpListener::bind(listen).map_err(|source| ServeError::Listen { listen, source })?;
    listener
        .set_nonblocking(true)
        .map_err(|source| ServeError::Listen { listen, source })?;
    Ok(Bound {
        app,
        listener,
        tls: options.tls.clone(),
    })
}

impl Bound {
    /// Returns the address listened on.
    ///
    /// # Errors
    /// [`ServeError::Serve`] if the system does not say.
    pub fn address(&self) -> Result<SocketAddr, ServeError> {
        self.listener.local_addr().map_err(ServeError::Serve)
    }

    /// Returns the server's state.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Serves until `stop` is ready; requests under way are ended first.
    ///
    /// # Errors
    /// [`ServeError`] if the certificate cannot be used or serving fails.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), ServeError> {
        let handle = axum_server::Handle::new();
        let stopping = handle.clone();
        tokio::spawn(async move {
            stop.await;
            stopping.graceful_shutdown(Some(GRACE));
        });
        let service = router(self.app).into_make_service_with_connect_info::<SocketAddr>();
        match self.tls {
            None => {
                let mut server = axum_server::from_tcp(self.listener).map_err(ServeError::Serve)?;
                hurry(server.http_builder());
                server
                    .handle(handle)
                    .serve(service)
                    .await
                    .map_err(ServeError::Serve)
            }
            Some(files) => {
                let _ = rustls::crypto::ring::default_provider().install_default();
                let config =
                    axum_server::tls_rustls::RustlsConfig::from_pem_file(files.certificate, files.key);
                let config = config.await.map_err(ServeError::Tls)?;
                let mut server =
                    axum_server::from_tcp_rustls(self.listener, config).map_err(ServeError::Serve)?;
                hurry(server.http_builder());
                server
                    .handle(handle)
                    .serve(service)
                    .await
                    .map_err(ServeError::Serve)
            }
        }
    }
}

/// Ends connections whose sender takes too long over a request's head: they would hold their place for ever.
fn hurry(builder: &mut Builder<TokioExecutor>) {
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEAD_TIME);
}

/// Binds the address and serves until `stop` is ready.
///
/// # Errors
/// [`ServeError`] as [`bind`] and [`Bound::serve`].
pub async fn serve(
    store: Store,
    options: ServeOptions,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    bind(store, &options)?.serve(stop).await
}
