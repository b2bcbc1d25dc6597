//! `[mqtt]`: the broker between the gateway and its experts.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::Deserialize;

use super::error::{Invalid, Problem};
use super::secret::RawSecret;
use super::tls::ClientTls;
use super::warning::Warning;

/// The longest prefix, client identifier or name of an expert in bytes: all are parts of topics.
pub(super) const MAX_TOPIC_PART: usize = 128;
const DEFAULT_PREFIX: &str = "mild";
const DEFAULT_PORT: u16 = 1883;
const DEFAULT_TLS_PORT: u16 = 8883;

/// How to connect to an MQTT 5 broker.
#[derive(Debug, Clone)]
pub struct BrokerConfig {
    /// The broker's name or address.
    pub host: String,
    /// The broker's port.
    pub port: u16,
    /// This client's identifier, unique at the broker. Without one each process takes a random one.
    pub client_id: Option<String>,
    /// The first part of all topics.
    pub prefix: String,
    /// The user name and its password.
    pub credentials: Option<Credentials>,
    /// TLS, if the connection uses it.
    pub tls: Option<ClientTls>,
}

/// A user name and its password.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The user name.
    pub username: String,
    /// The password.
    pub password: SecretString,
}

/// The section as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBroker {
    host: String,
    port: Option<u16>,
    client_id: Option<String>,
    prefix: Option<String>,
    username: Option<String>,
    password: Option<RawSecret>,
    #[serde(default)]
    tls: bool,
    ca: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

impl BrokerConfig {
    /// A broker without TLS and without a password.
    #[must_use]
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
            client_id: None,
            prefix: DEFAULT_PREFIX.to_owned(),
            credentials: None,
            tls: None,
        }
    }

    /// Checks what becomes part of topics, and returns the key that is wrong.
    ///
    /// # Errors
    /// [`Problem::TopicPart`] with the key.
    pub fn check(&self) -> Result<(), (&'static str, Problem)> {
        // A prefix may have several levels.
        for level in self.prefix.split('/') {
            check_topic_part(level).map_err(|problem| ("prefix", problem))?;
        }
        if self.prefix.len() > MAX_TOPIC_PART {
            return Err(("prefix", Problem::TopicPart { found: self.prefix.clone() }));
        }
        match &self.client_id {
            Some(client_id) => {
                check_topic_part(client_id).map_err(|problem| ("client_id", problem))
            }
            None => Ok(()),
        }
    }
}

/// Checks one level of a topic.
pub(super) fn check_topic_part(part: &str) -> Result<(), Problem> {
    let found = || part.to_owned();
    if part.is_empty() || part.len() > MAX_TOPIC_PART || part.contains(['/', '+', '#', '$', '\0']) {
        return Err(Problem::TopicPart { found: found() });
    }
    Ok(())
}

impl RawBroker {
    /// Whether the configuration itself holds a secret.
    pub(super) fn has_secret(&self) -> bool {
        self.password.as_ref().is_some_and(RawSecret::is_inline)
    }

    pub(super) fn check(
        self,
        directory: &Path,
        warnings: &mut Vec<Warning>,
    ) -> Result<BrokerConfig, Invalid> {
        let invalid = |(name, problem)| Invalid::new(format!("mqtt.{name}"), problem);
        let wants_tls = self.tls || self.ca.is_some() || self.certificate.is_some();
        let tls = ClientTls::new(self.ca, self.certificate, self.key, directory);
        let tls = Some(tls.map_err(invalid)?).filter(|_| wants_tls);
        let credentials = match (self.username, self.password) {
            (None, None) => None,
            (Some(username), Some(password)) => {
                let password = password.read(directory, warnings);
                let password = password.map_err(|problem| invalid(("password", problem)))?;
                Some(Credentials { username, password })
            }
            (Some(_), None) => {
                return Err(invalid(("username", Problem::Alone { other: "password" })));
            }
            (None, Some(_)) => {
                return Err(invalid(("password", Problem::Alone { other: "username" })));
            }
        };
        if credentials.is_some() && tls.is_none() && !is_loopback(&self.host) {
            let (key, host) = ("mqtt.password".to_owned(), self.host.clone());
            warnings.push(Warning::SecretInTheClear { key, host });
        }
        let default_port = if tls.is_some() { DEFAULT_TLS_PORT } else { DEFAULT_PORT };
        let broker = BrokerConfig {
            host: self.host,
            port: self.port.unwrap_or(default_port),
            client_id: self.client_id,
            prefix: self.prefix.unwrap_or_else(|| DEFAULT_PREFIX.to_owned()),
            credentials,
            tls,
        };
        broker.check().map_err(invalid)?;
        Ok(broker)
    }
}

/// Whether a name or address stands for this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
