//! Certificates: whom a connection trusts, and what it shows of itself.

use std::path::{Path, PathBuf};

use super::error::Problem;

/// The TLS of a connection that the gateway opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientTls {
    /// Whose certificates are trusted.
    pub roots: Roots,
    /// The certificate to show to a server that asks for one.
    pub identity: Option<Identity>,
}

/// Whose certificates are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Roots {
    /// The authorities that the operating system trusts.
    System,
    /// The authorities in a PEM file, and no others.
    File(PathBuf),
}

/// A certificate and the private key that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// A PEM file with the certificate, and those between it and its authority.
    pub certificate: PathBuf,
    /// A PEM file with the private key.
    pub key: PathBuf,
}

impl ClientTls {
    /// Trusts the authorities of the operating system, and shows no certificate.
    #[must_use]
    pub fn system() -> Self {
        Self { roots: Roots::System, identity: None }
    }

    /// Reads `ca`, `certificate` and `key`; all are relative to `directory`.
    ///
    /// # Errors
    /// [`Problem::Alone`] with the key that is wrong, if a certificate has no private key, or the
    /// other way around.
    pub fn new(
        ca: Option<PathBuf>,
        certificate: Option<PathBuf>,
        key: Option<PathBuf>,
        directory: &Path,
    ) -> Result<Self, (&'static str, Problem)> {
        let identity = match (certificate, key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(Identity {
                certificate: directory.join(certificate),
                key: directory.join(key),
            }),
            (Some(_), None) => return Err(("certificate", Problem::Alone { other: "key" })),
            (None, Some(_)) => return Err(("key", Problem::Alone { other: "certificate" })),
        };
        let roots = ca.map_or(Roots::System, |file| Roots::File(directory.join(file)));
        Ok(Self { roots, identity })
    }
}
