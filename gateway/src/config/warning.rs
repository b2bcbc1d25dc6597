//! What a configuration may say, but should not.

use std::net::SocketAddr;
use std::path::PathBuf;

/// A setting that works, and that somebody may regret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// Every user of the machine can read a secret.
    #[error(
        "{}: holds secrets, and every user can read it (mode {mode:03o}); run: chmod 600 {}",
        file.display(), file.display()
    )]
    ReadableSecrets {
        /// The file.
        file: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Anybody who reaches the address can ask as any node.
    #[error(
        "listen: {address} is open to other machines, and there are no keys: whoever reaches it \
         can ask as any node; add `[keys]`, or a client authority to `listen.tls`"
    )]
    OpenAddress {
        /// The address.
        address: SocketAddr,
    },
    /// A password or token travels in the clear.
    #[error("{key}: a secret is sent without TLS to {host}")]
    SecretInTheClear {
        /// The key of the configuration.
        key: String,
        /// Where it goes.
        host: String,
    },
}
