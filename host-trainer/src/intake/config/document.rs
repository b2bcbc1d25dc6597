//! A configuration file while it is checked: every key and value on its own, against the list of
//! keys.
//!
//! The document is walked before anything is deserialized, because only here a mistake can be
//! reported with the full path of its key, its line and what would have been right.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::SECTIONS;
use super::kind::{Kind, found};
use super::section::Key;
use crate::error::{ConfigError, Error, Excerpt, Result, list, suggest};

/// A configuration file that is being checked: knows where every key is and how it is spelled.
pub(super) struct Document<'a> {
    path: &'a Path,
    text: &'a str,
    /// The bytes of each key with its value, by its path in today's names.
    spans: BTreeMap<String, Range<usize>>,
    /// The paths of keys that the file writes with an older name.
    spellings: BTreeMap<String, String>,
}

impl<'a> Document<'a> {
    /// Checks every key and value of `text` on its own.
    pub(super) fn check(text: &'a str, path: &'a Path) -> Result<Self> {
        let mut document = Self { path, text, spans: BTreeMap::new(), spellings: BTreeMap::new() };
        let root = DeTable::parse(text).map_err(|error| {
            Error::from(ConfigError::Syntax {
                file: path.to_path_buf(),
                line: document.line_at(&error.span().unwrap_or_default()),
                excerpt: Some(document.excerpt(&error.span().unwrap_or_default())),
                found: error.message().to_owned(),
            })
        })?;
        for (name, value) in root.get_ref() {
            document.section(name, value)?;
        }
        Ok(document)
    }

    /// The error for the value of `key`: on its line, or on that of the nearest section around it.
    pub(super) fn error(
        &self,
        key: &str,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Error {
        Error::from(ConfigError::Value {
            file: self.path.to_path_buf(),
            line: self.line(key),
            excerpt: Some(self.excerpt(&self.span(key))),
            key: self.written(key).to_owned(),
            found: found.into(),
            expected: expected.into(),
        })
    }

    /// A key as the file writes it, which may be by an older name.
    pub(super) fn written<'b>(&'b self, key: &'b str) -> &'b str {
        self.spellings.get(key).map_or(key, String::as_str)
    }

    /// The line of a key, or of the nearest section around it.
    pub(super) fn line(&self, key: &str) -> usize {
        self.line_at(&self.span(key))
    }

    /// The line of a key, or of the nearest section around it, and what it says.
    pub(super) fn shown(&self, key: &str) -> (usize, Excerpt) {
        let span = self.span(key);
        (self.line_at(&span), self.excerpt(&span))
    }

    /// The bytes of a key with its value, or of the head of the nearest section around it.
    fn span(&self, key: &str) -> Range<usize> {
        let mut place = key;
        loop {
            match (self.spans.get(place), place.rfind('.')) {
                (Some(bytes), _) => break bytes.clone(),
                (None, Some(dot)) => place = &place[..dot],
                (None, None) => break 0..0,
            }
        }
    }

    fn line_at(&self, bytes: &Range<usize>) -> usize {
        let end = bytes.start.min(self.text.len());
        1 + self.text.as_bytes()[..end].iter().filter(|&&byte| byte == b'\n').count()
    }

    fn excerpt(&self, bytes: &Range<usize>) -> Excerpt {
        Excerpt::of_text(self.text, bytes.start, bytes.end)
    }

    fn section(
        &mut self,
        name: &Spanned<impl AsRef<str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<()> {
        let span = name.span();
        let name = name.get_ref().as_ref();
        self.spans.insert(name.to_owned(), span.clone());
        let Some(section) = SECTIONS.iter().find(|section| section.name == name) else {
            let names = || SECTIONS.iter().map(|section| section.name);
            return Err(Error::from(ConfigError::UnknownKey {
                file: self.path.to_path_buf(),
                line: self.line_at(&span),
                excerpt: Some(self.excerpt(&span)),
                key: name.to_owned(),
                suggestion: suggest(name, names()),
                expected: list(names()),
            }));
        };
        match (value.get_ref(), section.repeated) {
            (DeValue::Table(table), false) => self.table(name, section.keys, table),
            (DeValue::Array(array), true) => {
                for (index, item) in array.iter().enumerate() {
                    let path = format!("{name}[{index}]");
                    self.spans.insert(path.clone(), item.span());
                    let DeValue::Table(table) = item.get_ref() else {
                        let expected = format!("a table, `[[{name}]]`");
                        return Err(self.error(&path, found(item.get_ref()), expected));
                    };
                    self.table(&path, section.keys, table)?;
                }
                Ok(())
            }
            (other, true) => {
                Err(self.error(name, found(other), format!("one `[[{name}]]` per {name}")))
            }
            (other, false) => Err(self.error(name, found(other), format!("a section, `[{name}]`"))),
        }
    }

    fn table(&mut self, section: &str, keys: &[Key], table: &DeTable<'_>) -> Result<()> {
        for (name, value) in table {
            let span = name.span().start..value.span().end;
            let written = format!("{section}.{}", name.get_ref());
            let Some(key) = keys.iter().find(|key| key.is_written(name.get_ref())) else {
                let names = || keys.iter().map(|key| key.name);
                return Err(Error::from(ConfigError::UnknownKey {
                    file: self.path.to_path_buf(),
                    line: self.line_at(&span),
                    excerpt: Some(self.excerpt(&name.span())),
                    key: written,
                    suggestion: suggest(name.get_ref(), names()),
                    expected: list(names()),
                }));
            };
            let path = format!("{section}.{}", key.name);
            if let (Some(older), Some(first)) = (key.older, self.spans.get(&path)) {
                let second = if first.start > span.start { first } else { &span };
                return Err(Error::from(ConfigError::TwoSpellings {
                    file: self.path.to_path_buf(),
                    line: self.line_at(second),
                    excerpt: Some(self.excerpt(second)),
                    key: path,
                    older: older.to_owned(),
                }));
            }
            if written != path {
                self.spellings.insert(path.clone(), written);
            }
            self.spans.insert(path.clone(), span);
            self.value(&path, &key.kind, value)?;
        }
        Ok(())
    }

    fn value(&mut self, key: &str, kind: &Kind, value: &Spanned<DeValue<'_>>) -> Result<()> {
        let value = value.get_ref();
        if !kind.holds(value) {
            return Err(self.error(key, found(value), kind.expected(value)));
        }
        let Some(item_kind) = kind.item() else { return Ok(()) };
        match value {
            DeValue::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let path = format!("{key}[{index}]");
                    self.spans.insert(path.clone(), item.span());
                    self.value(&path, &item_kind, item)?;
                }
            }
            DeValue::Table(items) => {
                for (name, item) in items {
                    let path = format!("{key}.{}", name.get_ref());
                    self.spans.insert(path.clone(), name.span().start..item.span().end);
                    self.value(&path, &item_kind, item)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}
