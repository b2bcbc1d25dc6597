//! TLS, with one provider of cryptography for everything: `ring`, which builds in seconds.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore, ServerConfig};

use crate::config::{ClientTls, Identity, Roots, TlsListen};

/// Why certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is missing, or is not PEM.
    #[error("{}: {reason}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file has no certificate.
    #[error("{}: found no certificate, expected one in PEM", file.display())]
    NoCertificate {
        /// The file.
        file: PathBuf,
    },
    /// The operating system trusts nobody.
    #[error("found no trusted authorities of this system, expected a file with `ca = PATH`")]
    NoSystemRoots,
    /// Certificate and private key do not belong together, or cannot be used.
    #[error("{}: {source}", file.display())]
    Unusable {
        /// The file with the certificate.
        file: PathBuf,
        /// What is wrong.
        source: rustls::Error,
    },
    /// The authorities cannot be used.
    #[error("{reason}")]
    Verifier {
        /// What is wrong.
        reason: String,
    },
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// The TLS of a connection that the gateway opens.
pub(crate) fn client(tls: &ClientTls) -> Result<ClientConfig, TlsError> {
    let roots = match &tls.roots {
        Roots::System => system_roots()?,
        Roots::File(file) => roots(file)?,
    };
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| TlsError::Verifier { reason: error.to_string() })?;
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::Verifier { reason: error.to_string() })?
        .with_webpki_verifier(verifier);
    let Some(identity) = &tls.identity else { return Ok(builder.with_no_client_auth()) };
    let (certificates, key) = read_identity(identity)?;
    let file = || identity.certificate.clone();
    builder
        .with_client_auth_cert(certificates, key)
        .map_err(|source| TlsError::Unusable { file: file(), source })
}

/// The TLS of a connection without a server to trust, for clients that only speak plain HTTP.
pub(crate) fn client_of_nobody() -> Result<ClientConfig, TlsError> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::Verifier { reason: error.to_string() })?;
    Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

/// The TLS of connections that nodes open.
pub(crate) fn server(listen: &TlsListen) -> Result<ServerConfig, TlsError> {
    let reason = |error: &dyn std::fmt::Display| TlsError::Verifier { reason: error.to_string() };
    let builder = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| reason(&error))?;
    let builder = match &listen.client_ca {
        None => builder.with_no_client_auth(),
        Some(file) => {
            let roots = Arc::new(roots(file)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider()).build();
            builder.with_client_cert_verifier(verifier.map_err(|error| reason(&error))?)
        }
    };
    let (certificates, key) = read_identity(&listen.identity())?;
    builder
        .with_single_cert(certificates, key)
        .map_err(|source| TlsError::Unusable { file: listen.certificate.clone(), source })
}

fn system_roots() -> Result<RootCertStore, TlsError> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "cannot read authorities of this system");
    }
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(found.certs);
    if store.is_empty() { Err(TlsError::NoSystemRoots) } else { Ok(store) }
}

fn roots(file: &Path) -> Result<RootCertStore, TlsError> {
    let mut store = RootCertStore::empty();
    for certificate in read_certificates(file)? {
        let unusable = |source| TlsError::Unusable { file: file.to_owned(), source };
        store.add(certificate).map_err(unusable)?;
    }
    Ok(store)
}

fn read_certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let error = |error: rustls::pki_types::pem::Error| read_error(file, &error);
    let certificates: Vec<_> = CertificateDer::pem_file_iter(file)
        .map_err(error)?
        .collect::<Result<_, _>>()
        .map_err(error)?;
    if certificates.is_empty() {
        return Err(TlsError::NoCertificate { file: file.to_owned() });
    }
    Ok(certificates)
}

fn read_identity(
    identity: &Identity,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
    let certificates = read_certificates(&identity.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&identity.key);
    Ok((certificates, key.map_err(|error| read_error(&identity.key, &error))?))
}

fn read_error(file: &Path, error: &rustls::pki_types::pem::Error) -> TlsError {
    TlsError::Read { file: file.to_owned(), reason: error.to_string() }
}
