//! From a file to a checked configuration.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::check::check;
use super::checked::Config;
use super::document::Document;
use super::keys::FileKeys;
use crate::error::{ConfigError, Error, Excerpt, Result};

impl Config {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    /// If the file cannot be read, or anything in it is wrong.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(Error::io(path))?;
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            Error::from(ConfigError::Syntax {
                excerpt: Some(Excerpt::of_text(&before, before.len(), before.len())),
                file: path.to_path_buf(),
                line: 1 + bytes[..error.valid_up_to()]
                    .iter()
                    .filter(|&&byte| byte == b'\n')
                    .count(),
                found: "bytes that are not UTF-8".to_owned(),
            })
        })?;
        // Some editors begin a file with a byte order mark, which TOML does not know.
        Self::parse(text.strip_prefix('\u{feff}').unwrap_or(text), path)
    }

    /// Checks the text of a configuration. `path` is for messages, and `data.log` is relative to
    /// its directory.
    ///
    /// # Errors
    /// If anything in the text is wrong.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        let document = Document::check(text, path)?;
        let keys: FileKeys = toml::from_str(text)
            .map_err(|error| document.error("", error.message(), "a configuration"))?;
        let mut digest = [0; 8];
        digest.copy_from_slice(&Sha256::digest(text.as_bytes())[..8]);
        check(keys, &document, path, digest, text)
    }

    /// An error of the log together with the key of this configuration that it does not fit.
    pub(crate) fn explain(&self, error: Error) -> Error {
        let Error::Log(error) = error else { return error };
        let document = Document::check(&self.text, &self.path);
        match (error.key(), document) {
            (Some(key), Ok(document)) => {
                let (line, excerpt) = document.shown(key);
                Error::Unfit { error, config: self.path.clone(), line, excerpt }
            }
            _ => Error::Log(error),
        }
    }
}
