//! The way to other systems: one request, to an address that was looked up once and judged, within a bounded time.
//!
//! No redirect is followed: it could lead where posts may not go. Of the answer the status alone is kept.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Method, Request, StatusCode, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

use super::message::Signed;
use super::rules::{Rules, Target};

/// How long a receiver may take, from the look-up of its name to its answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest head of an answer, in bytes.
const HEAD_BYTES: usize = 16 << 10;

/// What is read of an answer's body, so that its sender is not cut off; it is not kept.
const BODY_BYTES: usize = 16 << 10;

/// Why nothing can be posted as it is set.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The file with certificates cannot be read, or holds none.
    #[error("the certificates in {0} cannot be used")]
    Authorities(std::path::PathBuf, #[source] io::Error),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The receiver has taken it.
    Taken,
    /// It may work later.
    Failed(String),
    /// The receiver was not reached, or did not answer in time.
    Unreached(String),
    /// It never will as it is set.
    Refused(String),
}

/// The way to other systems.
pub struct Client {
    rules: Rules,
    tls: TlsConnector,
}

impl Client {
    /// Sets the way up; nothing is sent yet.
    ///
    /// # Errors
    /// [`ClientError`] if TLS or the certificates cannot be used.
    pub fn new(rules: Rules) -> Result<Client, ClientError> {
        let mut roots = RootCertStore::empty();
        // What of the machine's own certificates cannot be read vouches for nobody.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(file) = &rules.authorities {
            let unusable = |error| ClientError::Authorities(file.clone(), io::Error::other(error));
            let mut found = CertificateDer::pem_file_iter(file).map_err(unusable)?.peekable();
            if found.peek().is_none() {
                let none = io::Error::other("there is none in it");
                return Err(ClientError::Authorities(file.clone(), none));
            }
            for certificate in found {
                let certificate = certificate.map_err(unusable)?;
                let added = roots.add(certificate);
                added.map_err(|error| ClientError::Authorities(file.clone(), io::Error::other(error)))?;
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(ClientError::Tls)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Client {
            rules,
            tls: TlsConnector::from(Arc::new(config)),
        })
    }

    /// Posts a body; returns what the receiver made of it.
    pub async fn post(&self, address: &str, signed: &Signed, body: String) -> Answer {
        let target = match self.rules.target(address) {
            Ok(target) => target,
            Err(barred) => return Answer::Refused(format!("the address is not posted to: {barred:?}")),
        };
        let Ok(request) = request(&target, signed, body) else {
            return Answer::Refused("the address makes no request".to_owned());
        };
        match tokio::time::timeout(PATIENCE, self.carry(&target, request)).await {
            Ok(answer) => answer,
            Err(_late) => Answer::Unreached(format!("no answer within {} seconds", PATIENCE.as_secs())),
        }
    }

    async fn carry(&self, target: &Target, request: Request<Body>) -> Answer {
        let stream = match self.connect(target).await {
            Ok(stream) => stream,
            Err(answer) => return answer,
        };
        let status = if target.tls {
            let Ok(name) = ServerName::try_from(target.host.clone()) else {
                return Answer::Refused("the host's name is none".to_owned());
            };
            match self.tls.connect(name, stream).await {
                Ok(stream) => exchange(stream, request).await,
                Err(error) => return Answer::Unreached(format!("TLS: {error}")),
            }
        } else {
            exchange(stream, request).await
        };
        match status {
            Ok(status) => judge(status),
            Err(error) => Answer::Unreached(format!("HTTP: {error}")),
        }
    }

    /// Connects to the first address of the host that may be reached. What the name stands for is asked once: a name
    /// that stands for something else a moment later changes nothing.
    async fn connect(&self, target: &Target) -> Result<TcpStream, Answer> {
        let found = lookup_host((target.host.as_str(), target.port)).await;
        let found = found.map_err(|error| Answer::Unreached(format!("the host is not found: {error}")))?;
        let allowed = |address: &SocketAddr| self.rules.lets_through(address.ip(), target.tls);
        let Some(address) = found.into_iter().find(allowed) else {
            return Err(Answer::Refused(
                "the host stands in a network that is not posted to".to_owned(),
            ));
        };
        TcpStream::connect(address)
            .await
            .map_err(|error| Answer::Unreached(format!("not connected: {error}")))
    }
}

fn request(target: &Target, signed: &Signed, body: String) -> Result<Request<Body>, axum::http::Error> {
    Request::builder()
        .method(Method::POST)
        .uri(target.path.as_str())
        .header(header::HOST, target.authority.as_str())
        .header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .header(header::USER_AGENT, HeaderValue::from_static("bihuan-webhook"))
        .header(header::CONNECTION, HeaderValue::from_static("close"))
        .header(header::CONTENT_LENGTH, body.len())
        .header("webhook-id", signed.id.as_str())
        .header("webhook-timestamp", signed.timestamp.as_str())
        .header("webhook-signature", signed.signature.as_str())
        .body(Body::from(body))
}

/// Sends the request and reads the answer as far as it is looked at.
async fn exchange<S>(stream: S, request: Request<Body>) -> Result<StatusCode, hyper::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEAD_BYTES);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
    // Ends with this request, whatever became of it.
    let mut carrying = JoinSet::new();
    carrying.spawn(connection);
    let answer = sender.send_request(request).await?;
    let status = answer.status();
    // A body that is longer, or breaks off, changes nothing of the answer.
    let _ = to_bytes(Body::new(answer.into_body()), BODY_BYTES).await;
    Ok(status)
}

/// Returns what a status says of the post.
fn judge(status: StatusCode) -> Answer {
    let number = status.as_u16();
    match status {
        _ if status.is_success() => Answer::Taken,
        StatusCode::GONE => Answer::Refused("answered 410: it is gone for good".to_owned()),
        _ if status.is_redirection() => {
            Answer::Failed(format!("answered {number}: redirects are not followed"))
        }
        _ => Answer::Failed(format!("answered {number}")),
    }
}
