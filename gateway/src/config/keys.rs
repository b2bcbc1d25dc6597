//! `[keys]` and `keys_file`: a key for each node, and a second one while the node changes over.

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

    /// Whether the node is never served in clear: all of its keys encrypt.
    #[must_use]
    pub fn encrypt(&self) -> bool {
        self.new.encrypts() && self.former.as_ref().is_none_or(Key::encrypts)
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
        // Also if one of the two encrypts and the other does not.
        let alike = |key: &Key| key.clone().numbered(0).encrypting();
        if alike(&key) == alike(&self.new) {
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

/// The keys of a node as they are written: a key, which is key 0, or a table of keys by their
/// numbers (`7.0 = "..."`, `7.1 = "..."`).
#[derive(Debug, Clone)]
pub(super) struct RawNodeKeys(Vec<(Option<String>, RawKey)>);

impl RawNodeKeys {
    /// Whether the configuration itself holds a secret.
    pub(super) fn is_inline(&self) -> bool {
        self.0.iter().any(|(_, key)| key.secret.is_inline())
    }
}

/// A key as it is written: a secret, or a table that holds one and may say `encrypt`.
#[derive(Debug, Clone)]
struct RawKey {
    secret: RawSecret,
    encrypt: bool,
}

impl RawKey {
    fn inline(secret: SecretString) -> Self {
        Self { secret: RawSecret::Inline(secret), encrypt: false }
    }
}

/// The entries of the table of a key, as far as they were read.
#[derive(Debug, Default)]
struct KeyEntries {
    secret: Option<RawSecret>,
    encrypt: Option<bool>,
}

impl KeyEntries {
    /// Takes an entry whose key was read already; says whether it belongs here.
    fn take<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        table: &mut A,
    ) -> Result<bool, A::Error> {
        match name {
            "encrypt" => self.encrypt = Some(table.next_value()?),
            _ if self.secret.is_some() => return Ok(false),
            "secret" => self.secret = Some(RawSecret::Inline(table.next_value()?)),
            _ => {
                self.secret = RawSecret::from_entry(name, table)?;
                return Ok(self.secret.is_some());
            }
        }
        Ok(true)
    }

    fn is_empty(&self) -> bool {
        self.secret.is_none() && self.encrypt.is_none()
    }

    fn key(self) -> Option<RawKey> {
        let encrypt = self.encrypt.unwrap_or(false);
        self.secret.map(|secret| RawKey { secret, encrypt })
    }
}

impl<'de> Deserialize<'de> for RawKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeyVisitor)
    }
}

/// Takes a secret, or a table of a key's entries.
struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = RawKey;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a string, `{ secret = STRING }`, `{ file = PATH }` or `{ env = NAME }`, of which a \
             table may have `encrypt = true`",
        )
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<RawKey, E> {
        Ok(RawKey::inline(text.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<RawKey, A::Error> {
        let wrong = || de::Error::invalid_type(de::Unexpected::Map, &KeyVisitor);
        let mut entries = KeyEntries::default();
        while let Some(name) = table.next_key::<String>()? {
            if !entries.take(&name, &mut table)? {
                return Err(wrong());
            }
        }
        entries.key().ok_or_else(wrong)
    }
}

impl<'de> Deserialize<'de> for RawNodeKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeysVisitor)
    }
}

/// Takes a key, or a table whose keys are numbers.
struct KeysVisitor;

impl<'de> Visitor<'de> for KeysVisitor {
    type Value = RawNodeKeys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        KeyVisitor.expecting(f)?;
        f.write_str("; or these by the key's number")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<RawNodeKeys, E> {
        Ok(RawNodeKeys(vec![(None, RawKey::inline(text.into()))]))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<RawNodeKeys, A::Error> {
        let wrong = || de::Error::invalid_type(de::Unexpected::Map, &KeysVisitor);
        let (mut keys, mut entries) = (Vec::new(), KeyEntries::default());
        while let Some(name) = table.next_key::<String>()? {
            let is_number = !name.is_empty() && name.bytes().all(|digit| digit.is_ascii_digit());
            if is_number && entries.is_empty() {
                keys.push((Some(name), table.next_value()?));
            } else if !keys.is_empty() || !entries.take(&name, &mut table)? {
                return Err(wrong());
            }
        }
        if keys.is_empty() {
            keys.push((None, entries.key().ok_or_else(wrong)?));
        }
        Ok(RawNodeKeys(keys))
    }
}

/// Adds keys of 64 hexadecimal digits to those that are there.
pub(super) fn add(
    keys: &mut BTreeMap<u32, NodeKeys>,
    raw: RawKeys,
    directory: &Path,
    warnings: &mut Vec<Warning>,
) -> Result<(), Invalid> {
    for (node, RawNodeKeys(raw)) in raw {
        let Ok(node) = node.parse() else {
            let found = node.chars().count();
            return Err(Invalid::new("keys", Problem::NodeNumber { found }));
        };
        for (number, RawKey { secret, encrypt }) in raw {
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
            let key = if encrypt { key.encrypting() } else { key };
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
