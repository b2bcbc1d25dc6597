//! The options for a broker.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use mild_gateway::config::{BrokerConfig, ClientTls, Credentials};

#[derive(Debug, Args)]
pub(super) struct BrokerArgs {
    /// Subscribe to requests at this MQTT 5 broker
    #[arg(long, value_name = "HOST:PORT", requires = "name")]
    pub(super) mqtt: Option<BrokerAddress>,
    /// MQTT client identifier, unique at the broker [default: random]
    #[arg(long, value_name = "ID", requires = "mqtt")]
    client_id: Option<String>,
    /// First part of all MQTT topics
    #[arg(long, default_value = "mild")]
    prefix: String,
    /// User name at the broker; needs a password
    #[arg(long, value_name = "NAME", requires = "mqtt")]
    username: Option<String>,
    /// File with the password; without it the variable MILD_MQTT_PASSWORD holds the password
    #[arg(long, value_name = "FILE", requires = "username")]
    password_file: Option<PathBuf>,
    /// Connect with TLS; trust the authorities of this system unless --ca names others
    #[arg(long, requires = "mqtt")]
    tls: bool,
    /// Connect with TLS, and trust the authorities in this PEM file
    #[arg(long, value_name = "FILE", requires = "mqtt")]
    ca: Option<PathBuf>,
    /// Connect with TLS, and show the certificate in this PEM file
    #[arg(long, value_name = "FILE", requires_all = ["mqtt", "key"])]
    certificate: Option<PathBuf>,
    /// PEM file with the private key of --certificate
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
}

/// Where a broker is.
#[derive(Debug, Clone)]
pub(super) struct BrokerAddress {
    host: String,
    port: u16,
}

impl FromStr for BrokerAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let error = || format!("found `{text}`, expected HOST:PORT");
        let (host, port) = text.rsplit_once(':').ok_or_else(error)?;
        let port = port.parse().map_err(|_| error())?;
        Ok(Self { host: host.to_owned(), port })
    }
}

impl BrokerArgs {
    /// The broker, if there is one.
    pub(super) fn broker(self) -> Result<Option<BrokerConfig>, Box<dyn Error>> {
        let Some(BrokerAddress { host, port }) = self.mqtt else { return Ok(None) };
        let credentials = match self.username {
            None => None,
            Some(username) => {
                let password = read_password(self.password_file.as_deref())?.into();
                Some(Credentials { username, password })
            }
        };
        let wants_tls = self.tls || self.ca.is_some() || self.certificate.is_some();
        let tls = ClientTls::new(self.ca, self.certificate, self.key, Path::new(""))
            .map_err(|(key, problem)| format!("--{key}: {problem}"))?;
        let tls = wants_tls.then_some(tls);
        let broker = BrokerConfig {
            client_id: self.client_id,
            prefix: self.prefix,
            credentials,
            tls,
            ..BrokerConfig::new(host, port)
        };
        broker
            .check()
            .map_err(|(key, problem)| format!("--{}: {problem}", key.replace('_', "-")))?;
        Ok(Some(broker))
    }
}

/// Not an argument: every user of the machine can see those.
fn read_password(file: Option<&Path>) -> Result<String, Box<dyn Error>> {
    const VARIABLE: &str = "MILD_MQTT_PASSWORD";
    match file {
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .map_err(|error| format!("--password-file: {}: {error}", file.display()))?;
            Ok(text.trim_end_matches(['\n', '\r']).to_owned())
        }
        None => std::env::var(VARIABLE).map_err(|_| {
            format!(
                "--username: found no password, expected --password-file or the variable {VARIABLE}"
            )
            .into()
        }),
    }
}
