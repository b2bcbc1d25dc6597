//! `[listen]`: where nodes connect.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

use super::error::{Invalid, Problem};

/// Where nodes connect; at least one place.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// TCP addresses, such as `0.0.0.0:7380`.
    pub tcp: Vec<SocketAddr>,
    /// Paths of Unix sockets.
    pub unix: Vec<PathBuf>,
    /// Serial ports.
    pub serial: Vec<SerialPort>,
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
    pub(super) fn check(&self) -> Result<(), Invalid> {
        if self.tcp.is_empty() && self.unix.is_empty() && self.serial.is_empty() {
            return Err(Invalid::new("listen", Problem::NoListener));
        }
        Ok(())
    }
}
