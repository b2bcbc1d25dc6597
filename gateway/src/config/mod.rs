//! The configuration: TOML, with every value checked before anything starts.
//!
//! [`Config::load`] reads a file into private types that mirror the TOML, and turns them into the
//! types below, which can only hold values that a gateway can run with.

mod broker;
mod endpoint;
mod error;
mod expert;
mod keys;
mod limits;
mod listen;
mod secret;
#[cfg(test)]
mod tests;
mod tls;
mod warning;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use broker::{BrokerConfig, Credentials};
pub use endpoint::{Authorization, EndpointConfig};
pub use error::{ConfigError, Problem};
use error::{Invalid, parse_error};
pub use expert::{AnswerRange, ExpertConfig, Transport};
pub use keys::NodeKeys;
pub use limits::Limits;
pub use listen::{Listen, SerialPort, TlsListen};
pub use tls::{ClientTls, Identity, Roots};
pub use warning::Warning;

/// A checked configuration.
#[derive(Debug)]
pub struct Config {
    /// Where nodes connect.
    pub listen: Listen,
    /// Bounds on memory, rates and times.
    pub limits: Limits,
    /// Where to serve `/metrics` and `/health` over HTTP, if anywhere.
    pub metrics: Option<SocketAddr>,
    /// Keys by node. If there are any, only these nodes are served, and only signed frames.
    pub keys: BTreeMap<u32, NodeKeys>,
    /// Checksums of the images that are served; empty for all.
    pub images: Vec<u32>,
    /// The broker of the experts that are asked over MQTT.
    pub broker: Option<BrokerConfig>,
    /// The experts, at least one, each with an index of its own.
    pub experts: Vec<ExpertConfig>,
    /// What works, and what somebody may regret.
    pub warnings: Vec<Warning>,
}

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConfig {
    #[serde(default)]
    listen: Listen,
    #[serde(default)]
    limits: Limits,
    metrics: Option<SocketAddr>,
    #[serde(default)]
    keys: keys::RawKeys,
    keys_file: Option<PathBuf>,
    #[serde(default)]
    images: Vec<u32>,
    mqtt: Option<broker::RawBroker>,
    #[serde(rename = "expert", default)]
    experts: Vec<expert::RawExpert>,
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// [`ConfigError`]: the file and the key, what was found and what was expected.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| ConfigError::Read { file: file.to_owned(), source })?;
        Self::parse(&text, file)
    }

    /// Reads a configuration from text. Errors name `file`, and relative paths start in its
    /// directory.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        let raw: RawConfig =
            toml::from_str(text).map_err(|error| parse_error(file.to_owned(), text, &error))?;
        raw.check(file)
    }
}

impl RawConfig {
    fn check(mut self, file: &Path) -> Result<Config, ConfigError> {
        let directory = file.parent().unwrap_or(Path::new(""));
        let invalid =
            |Invalid { key, problem }| ConfigError::Invalid { file: file.to_owned(), key, problem };
        let mut warnings = Vec::new();
        let holds_secrets = self.keys.values().any(keys::RawNodeKeys::is_inline)
            || self.mqtt.as_ref().is_some_and(broker::RawBroker::has_secret)
            || self.experts.iter().any(expert::RawExpert::has_secret);
        if holds_secrets {
            secret::warn_if_readable(file, &mut warnings);
        }
        self.listen.check(directory).map_err(invalid)?;
        self.limits.check().map_err(invalid)?;
        let broker = self.mqtt.map(|broker| broker.check(directory, &mut warnings));
        let broker = broker.transpose().map_err(invalid)?;
        let experts = expert::check(self.experts, broker.is_some(), directory, &mut warnings);
        let mut keys = BTreeMap::new();
        keys::add(&mut keys, self.keys, directory, &mut warnings).map_err(invalid)?;
        if let Some(file) = self.keys_file {
            keys::add_file(&mut keys, &directory.join(file), &mut warnings)?;
        }
        if keys.is_empty() {
            let open = self.listen.open_addresses();
            warnings.extend(open.map(|address| Warning::OpenAddress { address }));
        }
        Ok(Config {
            experts: experts.map_err(invalid)?,
            keys,
            listen: self.listen,
            limits: self.limits,
            metrics: self.metrics,
            images: self.images,
            broker,
            warnings,
        })
    }
}
