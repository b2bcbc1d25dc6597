//! Secrets: in the configuration itself, in a file of their own, or in an environment variable.

use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::error::Problem;
use super::warning::Warning;

/// A secret as it is written: `"secret"`, `{ file = "PATH" }` or `{ env = "NAME" }`.
#[derive(Debug, Clone)]
pub(super) enum RawSecret {
    Inline(SecretString),
    File(PathBuf),
    Environment(String),
}

impl<'de> Deserialize<'de> for RawSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretVisitor)
    }
}

/// Takes a string or a table of one key. Derived code would take a list for a table, and the secret
/// in it for a path that an error may show.
struct SecretVisitor;

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = RawSecret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, `{ file = PATH }` or `{ env = NAME }`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<RawSecret, E> {
        Ok(RawSecret::Inline(text.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<RawSecret, A::Error> {
        let name: Option<String> = table.next_key()?;
        let secret = RawSecret::from_entry(name.as_deref().unwrap_or_default(), &mut table)?;
        let alone = table.next_key::<IgnoredAny>()?.is_none();
        let secret = secret.filter(|_| alone);
        secret.ok_or_else(|| de::Error::invalid_type(de::Unexpected::Map, &SecretVisitor))
    }
}

impl RawSecret {
    /// The secret that an entry of a table stands for, whose key was read already; `None` if it
    /// stands for none.
    pub(super) fn from_entry<'de, A: MapAccess<'de>>(
        name: &str,
        table: &mut A,
    ) -> Result<Option<Self>, A::Error> {
        Ok(match name {
            "file" => Some(Self::File(table.next_value()?)),
            "env" => Some(Self::Environment(table.next_value()?)),
            _ => None,
        })
    }

    /// Whether the configuration itself holds the secret.
    pub(super) fn is_inline(&self) -> bool {
        matches!(self, Self::Inline(_))
    }

    /// Fetches the secret. A file is relative to `directory`; one line break at its end is not part
    /// of the secret.
    pub(super) fn read(
        self,
        directory: &Path,
        warnings: &mut Vec<Warning>,
    ) -> Result<SecretString, Problem> {
        match self {
            Self::Inline(secret) => Ok(secret),
            Self::File(file) => {
                let file = directory.join(file);
                let text = std::fs::read_to_string(&file).map_err(|error| Problem::SecretFile {
                    file: file.clone(),
                    reason: error.to_string(),
                })?;
                warn_if_readable(&file, warnings);
                let line = text.strip_suffix('\n').unwrap_or(&text);
                Ok(line.strip_suffix('\r').unwrap_or(line).into())
            }
            Self::Environment(env) => match std::env::var(&env) {
                Ok(secret) => Ok(secret.into()),
                Err(_) => Err(Problem::SecretVariable { name: env }),
            },
        }
    }
}

/// Warns if every user of the machine can read a file that holds secrets.
pub(super) fn warn_if_readable(file: &Path, warnings: &mut Vec<Warning>) {
    // A file without metadata was never read, or is gone.
    let mode = std::fs::metadata(file).map_or(0, |metadata| metadata.permissions().mode());
    if mode & 0o007 != 0 {
        warnings.push(Warning::ReadableSecrets { file: file.to_owned(), mode: mode & 0o777 });
    }
}
