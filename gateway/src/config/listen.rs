//! `[listen]`: where nodes connect.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::{Invalid, Problem};
use super::tls::Identity;

/// Where nodes connect; at least one place.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// TCP addresses, such as `0.0.0.0:7380`.
    pub tcp: Vec<SocketAddr>,
    /// TCP addresses whose connections use TLS.
    pub tls: Vec<TlsListen>,
    /// Paths of Unix sockets.
    pub unix: Vec<PathBuf>,
    /// Serial ports.
    pub serial: Vec<SerialPort>,
}

/// A TCP address whose connections use TLS.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsListen {
    /// The address, such as `0.0.0.0:7381`.
    pub address: SocketAddr,
    /// A PEM file with the gateway's certificate, and those between it and its authority.
    pub certificate: PathBuf,
    /// A PEM file with the private key.
    pub key: PathBuf,
    /// A PEM file of authorities; only nodes with a certificate of theirs can connect.
    pub client_ca: Option<PathBuf>,
}

impl TlsListen {
    /// The certificate and its private key.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity { certificate: self.certificate.clone(), key: self.key.clone() }
    }
}

/// A serial port.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SerialPort {
    /// The device, such as `/dev/ttyUSB0`.
    pub path: String,
    /// Bits per second.
    #[serde(default = "default_baud")]
    pub baud: u32,
}

fn default_baud() -> u32 {
    115_200
}

impl Listen {
    /// Makes paths of certificates relative to `directory`.
    pub(super) fn check(&mut self, directory: &Path) -> Result<(), Invalid> {
        let Self { tcp, tls, unix, serial } = &*self;
        if tcp.is_empty() && tls.is_empty() && unix.is_empty() && serial.is_empty() {
            return Err(Invalid::new("listen", Problem::NoListener));
        }
        for TlsListen { certificate, key, client_ca, .. } in &mut self.tls {
            *certificate = directory.join(&*certificate);
            *key = directory.join(&*key);
            *client_ca = client_ca.as_ref().map(|file| directory.join(file));
        }
        Ok(())
    }

    /// Addresses that other machines reach, and where nobody has to show a certificate.
    pub(super) fn open_addresses(&self) -> impl Iterator<Item = SocketAddr> {
        let tls = self.tls.iter().filter(|listen| listen.client_ca.is_none());
        let all = self.tcp.iter().copied().chain(tls.map(|listen| listen.address));
        all.filter(|address| !address.ip().is_loopback())
    }
}
