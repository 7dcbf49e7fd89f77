//! TLS for receivers on this machine. The pair of files beside this one is for tests only and good for nothing else.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/common/tls")
}

/// Returns the file with the certificate, which vouches for itself.
pub fn certificate() -> PathBuf {
    folder().join("certificate.pem")
}

/// Speaks TLS as `localhost`.
pub fn acceptor() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_file(certificate()).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder().join("key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}
