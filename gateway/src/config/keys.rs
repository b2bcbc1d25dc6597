//! `[keys]` and `keys_file`: a secret for each node.

use std::collections::BTreeMap;
use std::path::Path;

use mild::wire::Key;
use secrecy::{ExposeSecret, SecretString};

use super::error::{ConfigError, Invalid, Problem, parse_error};
use super::secret::{RawSecret, warn_if_readable};
use super::warning::Warning;

/// Keys by node, as they are written.
pub(super) type RawKeys = BTreeMap<String, RawSecret>;

/// Reads keys of 64 hexadecimal digits.
pub(super) fn check(
    keys: RawKeys,
    directory: &Path,
    warnings: &mut Vec<Warning>,
) -> Result<BTreeMap<u32, Key>, Invalid> {
    keys.into_iter()
        .map(|(node, secret)| {
            let Ok(number) = node.parse() else {
                let found = node.chars().count();
                return Err(Invalid::new("keys", Problem::NodeNumber { found }));
            };
            let invalid = |problem| Invalid::new(format!("keys.{number}"), problem);
            let digits: SecretString = secret.read(directory, warnings).map_err(invalid)?;
            let digits = digits.expose_secret();
            let bytes = from_hex(digits)
                .ok_or_else(|| invalid(Problem::KeyDigits { found: digits.chars().count() }))?;
            Ok((number, Key::new(bytes)))
        })
        .collect()
}

/// Reads a file of its own, whose lines are those of `[keys]`.
pub(super) fn read(
    file: &Path,
    warnings: &mut Vec<Warning>,
) -> Result<BTreeMap<u32, Key>, ConfigError> {
    let text = std::fs::read_to_string(file)
        .map_err(|source| ConfigError::Read { file: file.to_owned(), source })?;
    warn_if_readable(file, warnings);
    let keys: RawKeys =
        toml::from_str(&text).map_err(|error| parse_error(file.to_owned(), &text, &error))?;
    let directory = file.parent().unwrap_or(Path::new(""));
    check(keys, directory, warnings).map_err(|Invalid { key, problem }| ConfigError::Invalid {
        file: file.to_owned(),
        key,
        problem,
    })
}

fn from_hex(digits: &str) -> Option<[u8; 32]> {
    let digits: Vec<u32> = digits.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| (high * 16 + low) as u8).collect();
    bytes.try_into().ok()
}
