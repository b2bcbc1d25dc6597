//! The configuration: TOML, every key checked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mild::wire::Key;
use serde::Deserialize;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {error}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What went wrong.
        error: std::io::Error,
    },
    /// It is not TOML, or has a key that there is not.
    #[error("{}: {error}", file.display())]
    Parse {
        /// The file.
        file: PathBuf,
        /// Where, what was found, what was expected.
        error: Box<toml::de::Error>,
    },
    /// A value makes no sense.
    #[error("{}: {key}: found {found}, expected {expected}", file.display())]
    Value {
        /// The file.
        file: PathBuf,
        /// The key.
        key: String,
        /// What is there.
        found: String,
        /// What should be.
        expected: String,
    },
}

/// Everything that a gateway is told.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where nodes come in.
    #[serde(default)]
    pub listen: Listen,
    /// Bounds.
    #[serde(default)]
    pub limits: Limits,
    /// Where Prometheus may ask (`/metrics`); nowhere by default.
    pub metrics: Option<SocketAddr>,
    /// Keys by node, 64 hexadecimal digits each. If there are any, only these nodes are served, and only signed.
    #[serde(default)]
    keys: BTreeMap<String, String>,
    /// Checksums of the images that are served; all if there are none.
    #[serde(default)]
    pub images: Vec<u32>,
    /// The broker, if an expert is behind one.
    pub mqtt: Option<Broker>,
    /// The experts.
    #[serde(rename = "expert", default)]
    pub experts: Vec<Expert>,
    /// The keys, checked.
    #[serde(skip)]
    pub node_keys: BTreeMap<u32, Key>,
}

/// Where nodes come in; at least one.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// Addresses, such as `0.0.0.0:7380`.
    pub tcp: Vec<SocketAddr>,
    /// Paths of sockets.
    pub unix: Vec<PathBuf>,
    /// Serial ports.
    pub serial: Vec<Serial>,
}

/// A serial port.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Serial {
    /// Such as `/dev/ttyUSB0`.
    pub path: String,
    /// Bits per second.
    #[serde(default = "baud")]
    pub baud: u32,
}

fn baud() -> u32 {
    115_200
}

/// Bounds: none of them can be exceeded, whatever nodes do.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections at once; further ones are closed.
    pub connections: usize,
    /// A connection on which nothing comes for so long is closed.
    pub idle_s: u64,
    /// A frame that has begun must end within this.
    pub frame_ms: u64,
    /// A node must take a reply within this.
    pub write_ms: u64,
    /// Replies that wait for one connection.
    pub replies: usize,
    /// Questions of a node in the long run.
    pub requests_per_s: f64,
    /// Questions of a node at once.
    pub burst: u32,
    /// Nodes that are remembered.
    pub nodes: usize,
    /// Answers that are remembered for each, for repeated questions.
    pub remembered: usize,
    /// So long what is under way may take after a signal to end.
    pub drain_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            idle_s: 3600,
            frame_ms: 2000,
            write_ms: 2000,
            replies: 64,
            requests_per_s: 50.0,
            burst: 100,
            nodes: 10_000,
            remembered: 16,
            drain_ms: 5000,
        }
    }
}

/// An MQTT 5 broker.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Broker {
    /// Its name or address.
    pub host: String,
    /// Its port.
    #[serde(default = "mqtt_port")]
    pub port: u16,
    /// This client's name, unlike any other's; its process's number is added if there is none.
    pub client_id: Option<String>,
    /// Before all topics.
    #[serde(default = "prefix")]
    pub prefix: String,
    /// Who this is, for the broker.
    pub username: Option<String>,
    /// Its password.
    pub password: Option<String>,
    /// Speak TLS, trusting the certificate authorities in this file (PEM).
    pub ca: Option<PathBuf>,
}

fn mqtt_port() -> u16 {
    1883
}

fn prefix() -> String {
    "mild".to_owned()
}

/// An expert.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expert {
    /// Its index in the nodes' images, 1 or more.
    pub index: u8,
    /// Its name: in metrics and topics.
    pub name: String,
    /// How it is asked.
    #[serde(flatten)]
    pub way: Way,
}

/// How an expert is asked, and with what patience.
#[derive(Debug, Clone, Deserialize)]
pub struct Way {
    /// An HTTP endpoint that takes a question as JSON (POST).
    pub http: Option<String>,
    /// A subscriber of the broker.
    #[serde(default)]
    pub mqtt: bool,
    /// A model to run here, from the configuration's directory on.
    pub onnx: Option<PathBuf>,
    /// An answer within this, all repetitions included.
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u64,
    /// Repetitions after failures of the connection.
    #[serde(default = "retries")]
    pub retries: u32,
    /// Questions under way at once.
    #[serde(default = "concurrency")]
    pub concurrency: usize,
    /// Questions that wait; more are refused as busy.
    #[serde(default = "queue")]
    pub queue: usize,
}

fn timeout_ms() -> u64 {
    1500
}

fn retries() -> u32 {
    1
}

fn concurrency() -> usize {
    16
}

fn queue() -> usize {
    64
}

impl Way {
    /// The longest that a question takes.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    /// [`ConfigError`]: which file and key, what was found, what was expected.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| ConfigError::Read { file: file.to_owned(), error })?;
        Self::parse(&text, file)
    }

    /// As [`Self::load`], from text; `file` is what errors name.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        let mut config: Self = toml::from_str(text).map_err(|error| ConfigError::Parse {
            file: file.to_owned(),
            error: Box::new(error),
        })?;
        let directory = file.parent().unwrap_or(Path::new(""));
        for expert in &mut config.experts {
            expert.way.onnx = expert.way.onnx.take().map(|model| directory.join(model));
        }
        config.check().map_err(|[key, found, expected]| ConfigError::Value {
            file: file.to_owned(),
            key,
            found,
            expected,
        })?;
        Ok(config)
    }

    fn check(&mut self) -> Result<(), [String; 3]> {
        let wrong = |key: &str, found: &str, expected: &str| {
            Err([key.to_owned(), found.to_owned(), expected.to_owned()])
        };
        let listen = &self.listen;
        if listen.tcp.is_empty() && listen.unix.is_empty() && listen.serial.is_empty() {
            return wrong("listen", "nothing", "an address in `tcp`, `unix` or `serial`");
        }
        if self.experts.is_empty() {
            return wrong("expert", "none", "at least one `[[expert]]`");
        }
        for (at, expert) in self.experts.iter().enumerate() {
            let key = |name: &str| format!("expert[{at}].{name}");
            let index = expert.index;
            if !(1..mild::MAX_EXPERTS).contains(&usize::from(index)) {
                return wrong(&key("index"), &index.to_string(), "1 to 31; 0 is the node itself");
            }
            if self.experts[..at].iter().any(|other| other.index == index) {
                return wrong(&key("index"), &format!("{index} again"), "a number of its own");
            }
            if expert.name.is_empty() || expert.name.contains(['/', '+', '#', '$']) {
                let expected = "a name without `/`, `+`, `#` and `$`: it stands in topics";
                return wrong(&key("name"), &format!("`{}`", expert.name), expected);
            }
            let way = &expert.way;
            let ways =
                [("http", way.http.is_some()), ("mqtt", way.mqtt), ("onnx", way.onnx.is_some())];
            let mut given = ways.iter().filter(|(_, given)| *given).map(|(name, _)| *name);
            let Some(first) = given.next() else {
                let expected = "`http = URL`, `mqtt = true` or `onnx = FILE`";
                return wrong(&key("http"), "no way to ask it", expected);
            };
            if let Some(second) = given.next() {
                return wrong(&key(second), &format!("it beside `{first}`"), "one of the two");
            }
            if let Some(url) = way.http.as_ref().filter(|url| reqwest::Url::parse(url).is_err()) {
                return wrong(&key("http"), &format!("`{url}`"), "a URL");
            }
            if way.mqtt && self.mqtt.is_none() {
                return wrong(&key("mqtt"), "true without a broker", "a section `[mqtt]`");
            }
            if way.onnx.is_some() && cfg!(not(feature = "onnx")) {
                let found = "a model in a gateway that cannot run any";
                return wrong(&key("onnx"), found, "a gateway built with `--features onnx`");
            }
            if way.concurrency == 0 {
                return wrong(&key("concurrency"), "0", "1 or more");
            }
            if way.timeout_ms == 0 {
                return wrong(&key("timeout_ms"), "0", "1 or more");
            }
        }
        let limits = &self.limits;
        for (name, zero) in [
            ("connections", limits.connections == 0),
            ("replies", limits.replies == 0),
            ("burst", limits.burst == 0),
            ("nodes", limits.nodes == 0),
            ("remembered", limits.remembered == 0),
        ] {
            if zero {
                return wrong(&format!("limits.{name}"), "0", "1 or more");
            }
        }
        if limits.requests_per_s.is_nan() || limits.requests_per_s <= 0.0 {
            let found = limits.requests_per_s.to_string();
            return wrong("limits.requests_per_s", &found, "a number above 0");
        }
        for (node, digits) in &self.keys {
            let name = format!("keys.{node}");
            let Ok(number) = node.parse() else {
                return wrong(&name, &format!("`{node}`"), "a node's number");
            };
            let Some(bytes) = bytes_of(digits) else {
                // A key does not go into a message.
                let found = format!("{} characters", digits.len());
                return wrong(&name, &found, "64 hexadecimal digits");
            };
            self.node_keys.insert(number, Key::new(bytes));
        }
        Ok(())
    }
}

/// The bytes of 64 hexadecimal digits.
#[must_use]
pub fn bytes_of(digits: &str) -> Option<[u8; 32]> {
    let digits: Vec<u32> = digits.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| (high * 16 + low) as u8).collect();
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[listen]\ntcp = ['127.0.0.1:0']\n[[expert]]\nindex = 1\nname = 'cloud'\nhttp = 'http://x/'\n";

    #[test]
    fn the_least_configuration_is_complete() {
        let config = Config::parse(GOOD, Path::new("gateway.toml")).unwrap();
        assert_eq!(config.experts[0].way.timeout(), Duration::from_millis(1500));
        assert!(config.node_keys.is_empty());
    }

    #[test]
    fn errors_say_which_key_what_was_found_and_what_was_expected() {
        for (from, to, parts) in [
            ("tcp = ['127.0.0.1:0']", "", &["listen", "nothing", "`tcp`"][..]),
            ("tcp", "tpc", &["tpc", "unknown field", "`tcp`"]),
            ("index = 1", "index = 0", &["expert[0].index", "found 0", "1 to 31"]),
            ("'cloud'", "'a/b'", &["expert[0].name", "`a/b`", "topics"]),
            ("http = 'http://x/'", "", &["expert[0].http", "no way to ask it", "`http = URL`"]),
            ("'http://x/'", "'x'", &["expert[0].http", "`x`", "a URL"]),
            ("http = 'http://x/'", "mqtt = true", &["expert[0].mqtt", "section `[mqtt]`"]),
            ("[listen]", "[keys]\n7 = 'ab'\n[listen]", &["keys.7", "2 characters", "64"]),
            ("[listen]", "[limits]\nburst = 0\n[listen]", &["limits.burst", "found 0"]),
            ("http = 'http://x/'", "http = 'http://x/'\nonnx = 'm'", &["onnx", "beside `http`"]),
            (
                "[[expert]]",
                "[[expert]]\nindex = 1\nname = 'b'\nhttp = 'http://y/'\n[[expert]]",
                &["expert[1].index", "1 again"],
            ),
        ] {
            let text = GOOD.replacen(from, to, 1);
            let error = Config::parse(&text, Path::new("gateway.toml")).unwrap_err().to_string();
            for part in ["gateway.toml"].iter().chain(parts) {
                assert!(error.contains(part), "{text}\n{error}");
            }
        }
    }
}
