//! What the server is made of, and how it starts and stops.

mod guard;

use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::{Extension, Router, middleware};
use bihuan_store::tenant::Store;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use jiff::Timestamp;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

use crate::api::openapi::Document;
use crate::app::{App, ServeOptions, TlsFiles};
use crate::frame::{frame, frame_of_process};
use crate::limits::connections::Connections;
use crate::{limits, routes};

use guard::Guard;

/// Returns the whole server as a service, for serving and for tests in the same process.
pub fn router(app: App) -> Router {
    let timeout = || TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, limits::REQUEST_TIME);
    let of_process = routes::of_process()
        .layer(timeout())
        .layer(middleware::from_fn_with_state(app.clone(), frame_of_process));
    routes::router()
        .layer(Extension(Document::of(routes::all())))
        .layer(CatchPanicLayer::new())
        .layer(timeout())
        .layer(middleware::from_fn_with_state(app.clone(), frame))
        .layer(CompressionLayer::new())
        .merge(of_process)
        .with_state(app)
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
    listener: TcpListener,
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
    Ok(Bound::on(listen(options.listen)?, app, options))
}

/// Begins to listen; whoever connects waits until something serves.
///
/// # Errors
/// [`ServeError::Listen`] if the address is taken or not ours.
pub fn listen(listen: SocketAddr) -> Result<TcpListener, ServeError> {
    let begin = || {
        let listener = TcpListener::bind(listen)?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    };
    begin().map_err(|source| ServeError::Listen { listen, source })
}

impl Bound {
    /// Makes a server of an address that is listened on already.
    pub fn on(listener: TcpListener, app: App, options: &ServeOptions) -> Bound {
        Bound {
            app,
            listener,
            tls: options.tls.clone(),
        }
    }

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
        let connections = Arc::clone(self.app.connections());
        serve_router(self.listener, self.tls, connections, router(self.app), stop).await
    }
}

/// Serves a router until `stop` is ready; requests under way are ended first.
///
/// # Errors
/// [`ServeError`] if the certificate cannot be used or serving fails.
pub(crate) async fn serve_router(
    listener: TcpListener,
    tls: Option<TlsFiles>,
    connections: Arc<Connections>,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let handle = axum_server::Handle::new();
    let stopping = handle.clone();
    tokio::spawn(async move {
        stop.await;
        stopping.graceful_shutdown(Some(GRACE));
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let served = match tls {
        None => {
            let server = axum_server::from_tcp(listener).map_err(ServeError::Serve)?;
            let mut server = server.map(|inner| Guard::before(inner, connections));
            hurry(server.http_builder());
            server.handle(handle).serve(service).await
        }
        Some(files) => {
            let _ = rustls::crypto::ring::default_provider().install_default();
            let config = axum_server::tls_rustls::RustlsConfig::from_pem_file(files.certificate, files.key);
            let config = config.await.map_err(ServeError::Tls)?;
            let server = axum_server::from_tcp_rustls(listener, config).map_err(ServeError::Serve)?;
            let mut server = server.map(|inner| Guard::before(inner, connections));
            hurry(server.http_builder());
            server.handle(handle).serve(service).await
        }
    };
    served.map_err(ServeError::Serve)
}

/// Ends connections whose sender takes too long over a request's head, and bounds what one connection holds.
fn hurry(builder: &mut Builder<TokioExecutor>) {
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEAD_TIME)
        .max_buf_size(limits::SEND_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits::STREAMS)
        .max_send_buf_size(limits::SEND_BYTES);
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
