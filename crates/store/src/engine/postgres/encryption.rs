//! TLS to the database server, by the words that its own clients use for it.
//!
//! Without `sslmode` a session is encrypted where the server offers that, and nobody asks whose certificate it
//! is: that keeps out whoever listens, not whoever answers in the server's place. `verify-full` does.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_rustls::TlsConnector;

use crate::error::StoreError;

/// How sessions are encrypted.
#[derive(Clone)]
pub(super) struct Encryption {
    connector: TlsConnector,
}

/// What of the server's certificate is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looked {
    /// Nothing.
    Nowhere,
    /// Who vouches for it.
    Authority,
    /// That, and whose name is on it.
    AuthorityAndName,
}

/// Understands `sslmode` and `sslrootcert`: whether to encrypt, and how.
///
/// # Errors
/// [`StoreError::Unavailable`] if the words say nothing, or the certificates cannot be read.
pub(super) fn of(mode: Option<&str>, roots: Option<&Path>) -> Result<(SslMode, Encryption), StoreError> {
    let (mode, looked) = match (mode, roots) {
        (Some("disable"), _) => (SslMode::Disable, Looked::Nowhere),
        (None | Some("prefer"), _) => (SslMode::Prefer, Looked::Nowhere),
        (Some("require"), None) => (SslMode::Require, Looked::Nowhere),
        (Some("require" | "verify-ca"), Some(_)) => (SslMode::Require, Looked::Authority),
        (Some("verify-full"), Some(_)) => (SslMode::Require, Looked::AuthorityAndName),
        (Some("verify-ca" | "verify-full"), None) => {
            return Err(StoreError::unavailable(
                "sslmode=verify-… needs sslrootcert=FILE, the certificates of those who may vouch for the server",
            ));
        }
        (Some(_), _) => {
            return Err(StoreError::unavailable(
                "sslmode is one of disable, prefer, require, verify-ca and verify-full",
            ));
        }
    };
    let roots = roots.filter(|_| looked != Looked::Nowhere);
    let config = config(looked, roots)?;
    let connector = TlsConnector::from(Arc::new(config));
    Ok((mode, Encryption { connector }))
}

fn config(looked: Looked, roots: Option<&Path>) -> Result<ClientConfig, StoreError> {
    let provider = Arc::new(ring::default_provider());
    let unusable = |error: Error| StoreError::caused("TLS cannot be used", error);
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    let authorities = match roots {
        Some(file) => {
            let roots = Arc::new(read_roots(file)?);
            let verifier = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider)).build();
            Some(verifier.map_err(|error| StoreError::caused("sslrootcert cannot be used", error))?)
        }
        None => None,
    };
    let verifier = Verifier {
        authorities,
        by_name: looked == Looked::AuthorityAndName,
        provider,
    };
    Ok(builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

fn read_roots(file: &Path) -> Result<RootCertStore, StoreError> {
    let unreadable = |error: rustls::pki_types::pem::Error| {
        StoreError::caused(format!("sslrootcert {} cannot be read", file.display()), error)
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(unreadable)? {
        roots.add(certificate.map_err(unreadable)?).map_err(|error| {
            StoreError::caused(format!("a certificate in {} is none", file.display()), error)
        })?;
    }
    Ok(roots)
}

/// Looks at the server's certificate as far as it is asked to.
#[derive(Debug)]
struct Verifier {
    /// Those who may vouch for it; `None` where nobody is asked.
    authorities: Option<Arc<WebPkiServerVerifier>>,
    by_name: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(authorities) = &self.authorities else {
            return Ok(ServerCertVerified::assertion());
        };
        let verified =
            authorities.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // The name is looked at last of all, so everything else was in order.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.by_name => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// One session's handshake, which needs to know whom it is with.
pub(super) struct Handshake {
    connector: TlsConnector,
    name: Result<ServerName<'static>, rustls::pki_types::InvalidDnsNameError>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for Encryption {
    type Stream = Encrypted<S>;
    type TlsConnect = Handshake;
    type Error = io::Error;

    fn make_tls_connect(&mut self, domain: &str) -> io::Result<Handshake> {
        // A socket in a directory has no name, and is never encrypted; so a bad name fails later.
        Ok(Handshake {
            connector: self.connector.clone(),
            name: ServerName::try_from(domain.to_owned()),
        })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Handshake {
    type Stream = Encrypted<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move {
            let name = self.name.map_err(io::Error::other)?;
            self.connector.connect(name, stream).await.map(Encrypted)
        })
    }
}

/// An encrypted stream.
pub(super) struct Encrypted<S>(tokio_rustls::client::TlsStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Encrypted<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Encrypted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, into)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Encrypted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::database::Database;
    use crate::error::StoreError;

    const ENCRYPTED: &str = "SELECT count(*) FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl";

    fn open(url: &str) -> Result<bool, StoreError> {
        let connection = Database::postgres(url)?.open_reader()?;
        connection.query_row(ENCRYPTED, (), |row| Ok(row.get::<i64>(0)? == 1))
    }

    #[test]
    fn a_session_is_encrypted_as_far_as_the_url_asks() {
        let server = bihuan_test_postgres::Server::start_encrypted();
        let url = server.url_over_network("postgres");
        let authority = server.authority().display().to_string();
        for wanted in [
            String::new(),
            "?sslmode=prefer".into(),
            "?sslmode=require".into(),
            format!("?sslmode=require&sslrootcert={authority}"),
            format!("?sslmode=verify-ca&sslrootcert={authority}"),
            format!("?connect_timeout=30&sslmode=verify-full&sslrootcert={authority}"),
        ] {
            assert!(open(&format!("{url}{wanted}")).unwrap(), "{wanted}");
        }
        let plain = open(&format!("{url}?sslmode=disable"));
        assert!(plain.is_err(), "the server wants it encrypted");
        assert!(!open(&server.url("postgres")).unwrap(), "a socket needs none");

        // The certificate names the address and not this.
        let (user, address) = url.split_once('@').unwrap();
        let address = address.trim_end_matches("/postgres");
        let renamed = format!("{user}@elsewhere.example/postgres?hostaddr={address}&sslrootcert={authority}");
        assert!(open(&format!("{renamed}&sslmode=verify-ca")).unwrap());
        assert!(open(&format!("{renamed}&sslmode=verify-full")).is_err());
        // The server's own certificate vouches for nobody.
        let stranger = authority.replace("authority.pem", "server.pem");
        for mode in ["require", "verify-ca", "verify-full"] {
            let vouched = open(&format!("{url}?sslmode={mode}&sslrootcert={stranger}"));
            assert!(vouched.is_err(), "{mode}");
        }
    }

    #[test]
    fn words_that_say_nothing_and_missing_certificates_are_refused() {
        for wanted in [
            "sslmode=verify_full",
            "sslmode=verify-full",
            "sslmode=require&sslrootcert=/no/such/file",
        ] {
            let refused = Database::postgres(&format!("postgres://a@one/city?{wanted}"));
            assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{wanted}");
        }
    }
}
