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
    /// The file is not TOML, lacks a key, or has an unknown one. The message shows no value: it may
    /// be a secret.
    #[error("{}:{line}:{column}: {message}", file.display())]
    Parse {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong there.
        message: String,
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
    /// Two experts have one name.
    #[error("found `{found}`, which `expert[{first}]` already has")]
    DuplicateName {
        /// The name.
        found: String,
        /// The position of the expert that has it.
        first: usize,
    },
    /// The text cannot be part of an MQTT topic.
    #[error(
        "found `{found}`, expected 1 to 128 bytes without `/`, `+`, `#` and `$`: it is part of topics"
    )]
    TopicPart {
        /// The text.
        found: String,
    },
    /// The smallest value is not below the largest one.
    #[error("found [{min}, {max}], expected the smallest and the largest value")]
    Range {
        /// The first number.
        min: f32,
        /// The second number.
        max: f32,
    },
    /// The key is for experts that are asked over HTTP.
    #[error("found with `mqtt` or `onnx`, expected only with `http`")]
    OnlyHttp,
    /// A key that needs another one.
    #[error("found without `{other}`, expected both or neither")]
    Alone {
        /// The key that is missing.
        other: &'static str,
    },
    /// The URL has a password, and there is a token as well.
    #[error("found a token, and a password in `http`; expected one of them")]
    TwoSecrets,
    /// The file of a secret cannot be read.
    #[error("{}: {reason}", file.display())]
    SecretFile {
        /// The file.
        file: PathBuf,
        /// The error of the file system.
        reason: String,
    },
    /// The variable of a secret is not there.
    #[error("found no environment variable `{name}`, expected one with the secret")]
    SecretVariable {
        /// The variable.
        name: String,
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
    /// The message does not show it: somebody may have put the key in its place.
    #[error("found {found} characters, expected the number of a node, 0 to 4294967295")]
    NodeNumber {
        /// The number of characters in its place.
        found: usize,
    },
    /// A number that no key can have. The message does not show it: somebody may have put the key
    /// in its place.
    #[error("found {found} digits, expected the number of a key, 0 to 255")]
    KeyNumber {
        /// The number of digits in its place.
        found: usize,
    },
    /// Two keys of a node have one number.
    #[error("found a second key {number} of this node, expected another number")]
    KeyTwice {
        /// The number.
        number: u8,
    },
    /// A node has more keys than it can change between.
    #[error("found a third key of this node, expected two at most: the former and the new one")]
    ThirdKey,
    /// The new key is the former one.
    #[error("found the secret of key {first} once more, expected another one")]
    SameSecret {
        /// The number of the key that has it, too.
        first: u8,
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

/// The line and column of an error of the TOML reader, and its message without any value.
pub(super) fn parse_error(file: PathBuf, text: &str, error: &toml::de::Error) -> ConfigError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    ConfigError::Parse { file, line, column, message: without_value(error.message()) }
}

/// The reader's messages quote the value that it found; only its type is shown here.
fn without_value(message: &str) -> String {
    for kind in ["invalid type: ", "invalid value: ", "invalid length "] {
        let Some(rest) = message.strip_prefix(kind) else { continue };
        // The value may contain the words that follow it.
        let expected = rest.rfind(", expected").and_then(|start| rest.get(start..));
        let found: String =
            rest.chars().take_while(|c| c.is_ascii_alphabetic() || *c == ' ').collect();
        return format!("{kind}{}{}", found.trim_end(), expected.unwrap_or_default());
    }
    match message.split_once("unknown variant ") {
        Some(_) => "unknown variant".to_owned(),
        None => message.to_owned(),
    }
}
