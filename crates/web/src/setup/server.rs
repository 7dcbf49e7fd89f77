//! The server of the set-up, until there is something to serve.

use std::net::TcpListener;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::{Router, middleware};
use bihuan_store::tenant::Store;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

use super::frame::frame;
use super::{Setup, page};
use crate::app::TlsFiles;
use crate::error::WebError;
use crate::limits;
use crate::limits::connections::Connections;
use crate::routes;
use crate::serve::{ServeError, serve_router};

impl Setup {
    /// Returns the whole server as a service.
    pub fn router(&self) -> Router {
        routes::setup_router()
            .fallback(page::not_founded_yet)
            .method_not_allowed_fallback(|| async { WebError::Method })
            .layer(DefaultBodyLimit::max(limits::SALVAGE_BYTES))
            .layer(CatchPanicLayer::new())
            .layer(TimeoutLayer::with_status_code(
                StatusCode::REQUEST_TIMEOUT,
                limits::REQUEST_TIME,
            ))
            .layer(middleware::from_fn_with_state(self.clone(), frame))
            .layer(CompressionLayer::new())
            .with_state(self.clone())
    }

    /// Serves the set-up until the installation is founded, which is returned, or until `stop` is ready.
    ///
    /// # Errors
    /// [`ServeError`] if the certificate cannot be used or serving fails.
    pub async fn serve(
        &self,
        listener: TcpListener,
        tls: Option<TlsFiles>,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Option<Store>, ServeError> {
        let mut founded = self.inner.founded.subscribe();
        let end = async move {
            tokio::select! {
                () = stop => {}
                // A sender that is gone founds nothing more.
                _ = founded.wait_for(Option::is_some) => {}
            }
        };
        let connections = Connections::of_process(!self.inner.options.trusted_proxy);
        serve_router(listener, tls, connections, self.router(), end).await?;
        let store = self.inner.founded.borrow().clone();
        Ok(store)
    }
}
