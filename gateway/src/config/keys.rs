//! `[keys]` and `keys_file`: a secret for each node, and a second one while the node changes over.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::path::Path;

use mild::wire::Key;
use secrecy::{ExposeSecret, SecretString};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use super::error::{ConfigError, Invalid, Problem, parse_error};
use super::secret::{RawSecret, warn_if_readable};
use super::warning::Warning;

/// The keys that a gateway takes from one node: one, or two while the node changes from the former
/// to the new one. The key with the higher number is the new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeKeys {
    new: Key,
    former: Option<Key>,
}

impl NodeKeys {
    /// One key.
    #[must_use]
    pub const fn one(key: Key) -> Self {
        Self { new: key, former: None }
    }

    /// The key that the node is to use.
    #[must_use]
    pub const fn new_key(&self) -> &Key {
        &self.new
    }

    /// The key that the node may still use.
    #[must_use]
    pub const fn former_key(&self) -> Option<&Key> {
        self.former.as_ref()
    }

    /// The key with this number. A frame says the number of its key, so there is never more than
    /// one to try.
    #[must_use]
    pub fn numbered(&self, number: u8) -> Option<&Key> {
        [Some(&self.new), self.former.as_ref()]
            .into_iter()
            .flatten()
            .find(|key| key.number() == number)
    }

    /// One key more.
    fn add(&mut self, key: Key) -> Result<(), Problem> {
        let number = key.number();
        if self.numbered(number).is_some() {
            return Err(Problem::KeyTwice { number });
        }
        if self.former.is_some() {
            return Err(Problem::ThirdKey);
        }
        if key.clone().numbered(self.new.number()) == self.new {
            return Err(Problem::SameSecret { first: self.new.number() });
        }
        let former =
            if number > self.new.number() { std::mem::replace(&mut self.new, key) } else { key };
        self.former = Some(former);
        Ok(())
    }
}

/// Keys by node, as they are written.
pub(super) type RawKeys = BTreeMap<String, RawNodeKeys>;

/// The keys of a node as they are written: a secret, which is that of key 0, or a table of secrets
/// by the key's number (`7.0 = "..."`, `7.1 = "..."`).
#[derive(Debug, Clone)]
pub(super) struct RawNodeKeys(Vec<(Option<String>, RawSecret)>);

impl RawNodeKeys {
    /// Whether the configuration itself holds a secret.
    pub(super) fn is_inline(&self) -> bool {
        self.0.iter().any(|(_, secret)| secret.is_inline())
    }
}

impl<'de> Deserialize<'de> for RawNodeKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeysVisitor)
    }
}

/// Takes a secret, or a table whose keys are numbers.
struct KeysVisitor;

impl<'de> Visitor<'de> for KeysVisitor {
    type Value = RawNodeKeys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, `{ file = PATH }`, `{ env = NAME }`, or these by the key's number")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<RawNodeKeys, E> {
        Ok(RawNodeKeys(vec![(None, RawSecret::Inline(text.into()))]))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<RawNodeKeys, A::Error> {
        let wrong = || de::Error::invalid_type(de::Unexpected::Map, &KeysVisitor);
        let mut keys = Vec::new();
        while let Some(name) = table.next_key::<String>()? {
            if !name.is_empty() && name.bytes().all(|digit| digit.is_ascii_digit()) {
                keys.push((Some(name), table.next_value()?));
            } else if keys.is_empty()
                && let Some(secret) = RawSecret::from_entry(&name, &mut table)?
            {
                return Ok(RawNodeKeys(vec![(None, secret)]));
            } else {
                return Err(wrong());
            }
        }
        if keys.is_empty() { Err(wrong()) } else { Ok(RawNodeKeys(keys)) }
    }
}

/// Adds keys of 64 hexadecimal digits to those that are there.
pub(super) fn add(
    keys: &mut BTreeMap<u32, NodeKeys>,
    raw: RawKeys,
    directory: &Path,
    warnings: &mut Vec<Warning>,
) -> Result<(), Invalid> {
    for (node, RawNodeKeys(secrets)) in raw {
        let Ok(node) = node.parse() else {
            let found = node.chars().count();
            return Err(Invalid::new("keys", Problem::NodeNumber { found }));
        };
        for (number, secret) in secrets {
            let Ok(number) = number.as_deref().unwrap_or("0").parse() else {
                let found = number.unwrap_or_default().chars().count();
                let place = format!("keys.{node}");
                return Err(Invalid::new(place, Problem::KeyNumber { found }));
            };
            let invalid = |problem| Invalid::new(format!("keys.{node}.{number}"), problem);
            let digits: SecretString = secret.read(directory, warnings).map_err(invalid)?;
            let digits = digits.expose_secret();
            let bytes = from_hex(digits)
                .ok_or_else(|| invalid(Problem::KeyDigits { found: digits.chars().count() }))?;
            let key = Key::new(bytes).numbered(number);
            match keys.entry(node) {
                Entry::Vacant(entry) => {
                    entry.insert(NodeKeys::one(key));
                }
                Entry::Occupied(mut entry) => entry.get_mut().add(key).map_err(invalid)?,
            }
        }
    }
    Ok(())
}

/// Adds the keys in a file of its own, whose lines are those of `[keys]`.
pub(super) fn add_file(
    keys: &mut BTreeMap<u32, NodeKeys>,
    file: &Path,
    warnings: &mut Vec<Warning>,
) -> Result<(), ConfigError> {
    let text = std::fs::read_to_string(file)
        .map_err(|source| ConfigError::Read { file: file.to_owned(), source })?;
    warn_if_readable(file, warnings);
    let raw: RawKeys =
        toml::from_str(&text).map_err(|error| parse_error(file.to_owned(), &text, &error))?;
    let directory = file.parent().unwrap_or(Path::new(""));
    add(keys, raw, directory, warnings).map_err(|Invalid { key, problem }| ConfigError::Invalid {
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
