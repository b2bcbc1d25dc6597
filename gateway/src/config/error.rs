//! Why a configuration cannot be used.

use std::path::PathBuf;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {source}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// The error of the file system.
        source: std::io::Error,
    },
    /// The file is not TOML, lacks a key, or has an unknown one.
    #[error("{}: {source}", file.display())]
    Parse {
        /// The file.
        file: PathBuf,
        /// The error with its line.
        source: Box<toml::de::Error>,
    },
    /// A value cannot be used.
    #[error("{}: {key}: {problem}", file.display())]
    Invalid {
        /// The file.
        file: PathBuf,
        /// The key, such as `expert[0].index`.
        key: String,
        /// What is wrong with its value.
        problem: Problem,
    },
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Problem {
    /// Nodes cannot connect anywhere.
    #[error("found no address, expected one in `tcp`, `unix` or `serial`")]
    NoListener,
    /// There is no expert to ask.
    #[error("found none, expected at least one `[[expert]]`")]
    NoExpert,
    /// The index is not that of an expert.
    #[error("found {found}, expected 1 to {max} (0 is the node itself)")]
    ExpertIndex {
        /// The index.
        found: u8,
        /// The largest index.
        max: usize,
    },
    /// Two experts have one index.
    #[error("found {index}, which `expert[{first}]` already has")]
    DuplicateIndex {
        /// The index.
        index: u8,
        /// The position of the expert that has it.
        first: usize,
    },
    /// The name cannot be part of an MQTT topic.
    #[error("found `{found}`, expected a name without `/`, `+`, `#` and `$`: it is part of topics")]
    ExpertName {
        /// The name.
        found: String,
    },
    /// The expert has no transport.
    #[error("found no transport, expected `http = URL`, `mqtt = true` or `onnx = FILE`")]
    NoTransport,
    /// The expert has more than one transport.
    #[error("found both `{first}` and `{second}`, expected one of them")]
    TwoTransports {
        /// A key.
        first: &'static str,
        /// Another one.
        second: &'static str,
    },
    /// The endpoint is not a URL.
    #[error("found `{found}`, expected a URL ({reason})")]
    Url {
        /// The text.
        found: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An expert is asked over MQTT, but no broker is configured.
    #[error("found `true`, but no broker; expected a section `[mqtt]`")]
    NoBroker,
    /// An expert is a model, and this build cannot run models.
    #[error("found a model, but this build cannot run any; build with `--features onnx`")]
    NoOnnx,
    /// A number that must not be zero.
    #[error("found 0, expected 1 or more")]
    Zero,
    /// A number beyond what can be counted.
    #[error("found {found}, expected {max} at most")]
    TooLarge {
        /// The number.
        found: usize,
        /// The largest.
        max: usize,
    },
    /// A rate that no node could ever ask at.
    #[error("found {found}, expected a number above 0")]
    Rate {
        /// The rate.
        found: f64,
    },
    /// The key belongs to no node.
    #[error("found `{found}`, expected the number of a node, 0 to 4294967295")]
    NodeNumber {
        /// The text in its place.
        found: String,
    },
    /// The key is not 32 bytes in hexadecimal. The message does not show it: it is a secret.
    #[error("found {found} characters, expected 64 hexadecimal digits")]
    KeyDigits {
        /// The number of characters.
        found: usize,
    },
}

/// A problem with the value of a key, before the file is known.
pub(super) struct Invalid {
    pub(super) key: String,
    pub(super) problem: Problem,
}

impl Invalid {
    pub(super) fn new(key: impl Into<String>, problem: Problem) -> Self {
        Self { key: key.into(), problem }
    }
}
