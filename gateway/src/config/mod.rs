//! The configuration: TOML, with every value checked before anything starts.
//!
//! [`Config::load`] reads a file into private types that mirror the TOML, and turns them into the
//! types below, which can only hold values that a gateway can run with.

mod broker;
mod error;
mod expert;
mod keys;
mod limits;
mod listen;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use mild::wire::Key;
use serde::Deserialize;

pub use broker::BrokerConfig;
use error::Invalid;
pub use error::{ConfigError, Problem};
pub use expert::{ExpertConfig, Transport};
pub use limits::Limits;
pub use listen::{Listen, SerialPort};

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
    pub keys: BTreeMap<u32, Key>,
    /// Checksums of the images that are served; empty for all.
    pub images: Vec<u32>,
    /// The broker of the experts that are asked over MQTT.
    pub broker: Option<BrokerConfig>,
    /// The experts, at least one, each with an index of its own.
    pub experts: Vec<ExpertConfig>,
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
    keys: BTreeMap<String, String>,
    #[serde(default)]
    images: Vec<u32>,
    mqtt: Option<BrokerConfig>,
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
        let raw: RawConfig = toml::from_str(text).map_err(|source| ConfigError::Parse {
            file: file.to_owned(),
            source: Box::new(source),
        })?;
        let directory = file.parent().unwrap_or(Path::new(""));
        raw.check(directory).map_err(|Invalid { key, problem }| ConfigError::Invalid {
            file: file.to_owned(),
            key,
            problem,
        })
    }
}

impl RawConfig {
    fn check(self, directory: &Path) -> Result<Config, Invalid> {
        self.listen.check()?;
        self.limits.check()?;
        Ok(Config {
            experts: expert::check(self.experts, self.mqtt.is_some(), directory)?,
            keys: keys::check(&self.keys)?,
            listen: self.listen,
            limits: self.limits,
            metrics: self.metrics,
            images: self.images,
            broker: self.mqtt,
        })
    }
}
