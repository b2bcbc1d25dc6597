//! The first layer of a configuration: which sections and keys there are and what each may hold.
//!
//! The document is walked against this list before anything is deserialized, because only here a mistake can be
//! reported with the full path of its key, its line and what would have been right.

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::choice::{Guarantee, Objective, RangeRule, Readings};
use crate::choice::expected;
use crate::error::{Error, Result, list, suggest};
use crate::loss::{Effort, Form, Method, RhoRule, Tau};

/// What a key may hold.
#[derive(Clone)]
enum Kind {
    Text,
    Texts,
    Choice(&'static [&'static str]),
    Integer(RangeInclusive<i64>),
    Integers(RangeInclusive<i64>, usize),
    Number(Bound),
    /// One number, or a table from column names or globs to numbers.
    NumberPerColumn(Bound),
}

/// Which numbers a key may hold; all must fit the device's f32.
#[derive(Clone, Copy)]
enum Bound {
    Finite,
    AtLeastZero,
    AboveZero,
    /// 0 to 1.
    Share,
    /// Above 50, 100 at most.
    Percentile,
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        let value = value as f32;
        value.is_finite()
            && match self {
                Self::Finite => true,
                Self::AtLeastZero => value >= 0.0,
                Self::AboveZero => value > 0.0,
                Self::Share => (0.0..=1.0).contains(&value),
                Self::Percentile => value > 50.0 && value <= 100.0,
            }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Finite => "a finite number",
            Self::AtLeastZero => "a finite number >= 0",
            Self::AboveZero => "a finite number > 0",
            Self::Share => "a number of 0 to 1",
            Self::Percentile => "a number above 50 and up to 100",
        }
    }
}

type Keys = &'static [(&'static str, Kind)];

const DATA: Keys = &[
    ("log", Kind::Text),
    ("features", Kind::Texts),
    ("categorical", Kind::Texts),
    ("label", Kind::Text),
    ("target", Kind::Text),
    ("split", Kind::Text),
    ("group", Kind::Text),
    ("classes", Kind::Integer(1..=65_536)),
];
const EXPERT: Keys = &[
    ("name", Kind::Text),
    ("prediction", Kind::Text),
    ("loss_column", Kind::Text),
    ("value", Kind::Text),
    ("confidence", Kind::Text),
    ("probabilities", Kind::Texts),
    ("cost", Kind::Number(Bound::AtLeastZero)),
    ("cost_column", Kind::Text),
    ("energy_mj", Kind::Number(Bound::AtLeastZero)),
    ("latency_ms", Kind::Number(Bound::AtLeastZero)),
    ("money", Kind::Number(Bound::AtLeastZero)),
    ("bytes", Kind::Number(Bound::AtLeastZero)),
    ("max_share", Kind::Number(Bound::Share)),
];
const MULTI_TASK: Keys = &[
    ("lambda_1", Kind::Number(Bound::AtLeastZero)),
    ("lambda_2", Kind::Number(Bound::AtLeastZero)),
    ("cap", Kind::Number(Bound::AboveZero)),
    ("beta", Kind::Number(Bound::AboveZero)),
];
const RAW: Keys = &[
    ("scale", Kind::NumberPerColumn(Bound::AboveZero)),
    ("offset", Kind::NumberPerColumn(Bound::Finite)),
];
const REJECTOR: Keys =
    &[("method", Kind::Choice(Method::NAMES)), ("hidden", Kind::Integers(1..=1024, 4))];
const TRAIN: Keys = &[
    ("seed", Kind::Integer(0..=i64::MAX)),
    ("tau", Kind::Choice(Tau::NAMES)),
    ("form", Kind::Choice(Form::NAMES)),
    ("rho_rule", Kind::Choice(RhoRule::NAMES)),
    ("gamma", Kind::Number(Bound::Finite)),
    ("rho_bar", Kind::Number(Bound::AboveZero)),
    ("floor", Kind::Number(Bound::AtLeastZero)),
    ("min_wins", Kind::Integer(0..=1_000_000_000)),
    ("l2", Kind::Number(Bound::AtLeastZero)),
    ("max_iterations", Kind::Integer(1..=1_000_000)),
    ("folds", Kind::Integer(2..=20)),
    ("effort", Kind::Choice(Effort::NAMES)),
];
const POLICY: Keys = &[
    ("minimize", Kind::Choice(Objective::NAMES)),
    ("max_deferral_rate", Kind::Number(Bound::Share)),
    ("max_price", Kind::Number(Bound::AtLeastZero)),
    ("max_error", Kind::Number(Bound::Share)),
    ("confidence", Kind::Number(Bound::Share)),
    ("horizon", Kind::Integer(0..=1_000_000_000)),
    ("guarantee", Kind::Choice(Guarantee::NAMES)),
    ("battery", Kind::NumberPerColumn(Bound::Share)),
    ("fallback", Kind::Text),
];
const UNITS: Keys = &[
    ("energy_mj", Kind::Number(Bound::AtLeastZero)),
    ("latency_ms", Kind::Number(Bound::AtLeastZero)),
    ("money", Kind::Number(Bound::AtLeastZero)),
    ("bytes", Kind::Number(Bound::AtLeastZero)),
];
const RADIO: Keys = &[
    ("mj_per_byte", Kind::Number(Bound::AtLeastZero)),
    ("overhead_bytes", Kind::Number(Bound::AtLeastZero)),
    ("wake_mj", Kind::Number(Bound::AtLeastZero)),
    ("loss", Kind::Number(Bound::Share)),
    ("retries", Kind::Integer(0..=1000)),
];
const QUANTIZE: Keys = &[
    ("tolerance", Kind::Number(Bound::AtLeastZero)),
    ("ranges", Kind::Choice(RangeRule::NAMES)),
    ("percentile", Kind::Number(Bound::Percentile)),
    ("fine_tune", Kind::Integer(0..=100_000)),
];
const BUDGET: Keys = &[
    ("image_bytes", Kind::Integer(1..=u32::MAX as i64)),
    ("macs", Kind::Integer(1..=u32::MAX as i64)),
    ("scratch_bytes", Kind::Integer(1..=u32::MAX as i64)),
];

const WINDOW: Keys = &[
    ("name", Kind::Text),
    ("samples", Kind::Texts),
    ("statistics", Kind::Texts),
    ("readings", Kind::Choice(Readings::NAMES)),
];

/// The sections of which there may be several.
const ARRAYS: &[&str] = &["expert", "window"];
const SECTIONS: &[(&str, Keys)] = &[
    ("data", DATA),
    ("expert", EXPERT),
    ("multi_task", MULTI_TASK),
    ("window", WINDOW),
    ("raw", RAW),
    ("rejector", REJECTOR),
    ("train", TRAIN),
    ("quantize", QUANTIZE),
    ("budget", BUDGET),
    ("policy", POLICY),
    ("units", UNITS),
    ("radio", RADIO),
];

/// A configuration file while it is being checked: knows the line of every key.
pub(super) struct Document<'a> {
    path: &'a Path,
    text: &'a str,
    lines: BTreeMap<String, usize>,
}

impl<'a> Document<'a> {
    /// Checks every key and value of `text` on its own.
    pub(super) fn check(text: &'a str, path: &'a Path) -> Result<Self> {
        let mut document = Self { path, text, lines: BTreeMap::new() };
        let root = DeTable::parse(text).map_err(|error| Error::ConfigSyntax {
            file: path.to_path_buf(),
            line: document.line_at(error.span()),
            found: error.message().to_owned(),
        })?;
        for (name, value) in root.get_ref() {
            document.section(name, value)?;
        }
        Ok(document)
    }

    /// The error that the value of `key` deserves: on its line, or on the line of the nearest section around it.
    pub(super) fn error(
        &self,
        key: &str,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Error {
        let (file, line, key) = (self.path.to_path_buf(), self.line(key), key.to_owned());
        Error::ConfigValue { file, line, key, found: found.into(), expected: expected.into() }
    }

    /// The line of a key, or of the nearest section around it.
    pub(super) fn line(&self, key: &str) -> usize {
        let mut place = key;
        loop {
            match (self.lines.get(place), place.rfind('.')) {
                (Some(&line), _) => break line,
                (None, Some(dot)) => place = &place[..dot],
                (None, None) => break 1,
            }
        }
    }

    fn line_at(&self, span: Option<Range<usize>>) -> usize {
        let end = span.map_or(0, |span| span.start).min(self.text.len());
        1 + self.text.as_bytes()[..end].iter().filter(|&&byte| byte == b'\n').count()
    }

    fn section(
        &mut self,
        name: &Spanned<impl AsRef<str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<()> {
        let line = self.line_at(Some(name.span()));
        let name = name.get_ref().as_ref();
        self.lines.insert(name.to_owned(), line);
        let Some(&(_, keys)) = SECTIONS.iter().find(|(known, _)| *known == name) else {
            let (file, key) = (self.path.to_path_buf(), name.to_owned());
            let known = || SECTIONS.iter().map(|(known, _)| *known);
            let (suggestion, expected) = (suggest(name, known()), list(known()));
            return Err(Error::ConfigUnknownKey { file, line, key, suggestion, expected });
        };
        match value.get_ref() {
            DeValue::Table(table) if !ARRAYS.contains(&name) => self.table(name, keys, table),
            DeValue::Array(array) if ARRAYS.contains(&name) => {
                for (index, item) in array.iter().enumerate() {
                    let path = format!("{name}[{index}]");
                    self.lines.insert(path.clone(), self.line_at(Some(item.span())));
                    let DeValue::Table(table) = item.get_ref() else {
                        return Err(self.error(
                            &path,
                            found(item.get_ref()),
                            format!("a table, `[[{name}]]`"),
                        ));
                    };
                    self.table(&path, keys, table)?;
                }
                Ok(())
            }
            other if ARRAYS.contains(&name) => {
                Err(self.error(name, found(other), format!("one `[[{name}]]` per {name}")))
            }
            other => Err(self.error(name, found(other), format!("a section, `[{name}]`"))),
        }
    }

    fn table(&mut self, section: &str, keys: Keys, table: &DeTable<'_>) -> Result<()> {
        for (name, value) in table {
            let line = self.line_at(Some(name.span()));
            let key = format!("{section}.{}", name.get_ref());
            let Some((_, kind)) = keys.iter().find(|(known, _)| *known == name.get_ref()) else {
                let known = || keys.iter().map(|(known, _)| *known);
                let (suggestion, expected) = (suggest(name.get_ref(), known()), list(known()));
                return Err(Error::ConfigUnknownKey {
                    file: self.path.to_path_buf(),
                    line,
                    key,
                    suggestion,
                    expected,
                });
            };
            self.lines.insert(key.clone(), line);
            self.value(&key, kind.clone(), value)?;
        }
        Ok(())
    }

    fn value(&mut self, key: &str, kind: Kind, value: &Spanned<DeValue<'_>>) -> Result<()> {
        let value = value.get_ref();
        let fail = |expected: &str| Err(self.error(key, found(value), expected));
        match (kind, value) {
            (Kind::Text, DeValue::String(text)) if !text.is_empty() => Ok(()),
            (Kind::Text, _) => fail("a text that is not empty"),
            (Kind::Choice(names), DeValue::String(text)) if names.contains(&text.as_ref()) => {
                Ok(())
            }
            (Kind::Choice(names), _) => fail(&expected(value.as_str().unwrap_or_default(), names)),
            (Kind::Integer(range), _) => match integer(value) {
                Some(number) if range.contains(&number) => Ok(()),
                _ => fail(&format!("an integer of {}..={}", range.start(), range.end())),
            },
            (Kind::Number(bound), _) => match number(value) {
                Some(number) if bound.holds(number) => Ok(()),
                _ => fail(bound.expected()),
            },
            (Kind::Texts, DeValue::Array(items)) => self.items(key, Kind::Text, items),
            (Kind::Texts, _) => fail("an array of texts"),
            (Kind::Integers(range, most), DeValue::Array(items)) if items.len() <= most => {
                self.items(key, Kind::Integer(range), items)
            }
            (Kind::Integers(range, most), _) => fail(&format!(
                "an array of at most {most} integers of {}..={}",
                range.start(),
                range.end()
            )),
            (Kind::NumberPerColumn(bound), DeValue::Table(table)) => {
                for (name, item) in table {
                    let path = format!("{key}.{}", name.get_ref());
                    self.lines.insert(path.clone(), self.line_at(Some(name.span())));
                    self.value(&path, Kind::Number(bound), item)?;
                }
                Ok(())
            }
            (Kind::NumberPerColumn(bound), _) => match number(value) {
                Some(number) if bound.holds(number) => Ok(()),
                _ => fail(&format!(
                    "{}, or a table from column names to such numbers",
                    bound.expected()
                )),
            },
        }
    }

    fn items(&mut self, key: &str, kind: Kind, items: &[Spanned<DeValue<'_>>]) -> Result<()> {
        for (index, item) in items.iter().enumerate() {
            let path = format!("{key}[{index}]");
            self.lines.insert(path.clone(), self.line_at(Some(item.span())));
            self.value(&path, kind.clone(), item)?;
        }
        Ok(())
    }
}

fn integer(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Float(float) => float.as_str().parse().ok(),
        _ => integer(value).map(|integer| integer as f64),
    }
}

/// A value as a person would point at it: its type, and itself if it is short.
fn found(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("text \"{text}\""),
        DeValue::Integer(integer) => format!("integer {integer}"),
        DeValue::Float(float) => format!("float {float}"),
        DeValue::Boolean(value) => format!("boolean {value}"),
        DeValue::Datetime(time) => format!("date or time {time}"),
        DeValue::Array(items) => format!("an array of {}", items.len()),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of `docs/configuration.md` as (section, key, type).
    fn documented() -> Vec<(String, String, String)> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
        let text = std::fs::read_to_string(file).unwrap();
        let mut section = String::new();
        let mut rows = Vec::new();
        for line in text.lines() {
            if let Some(heading) = line.strip_prefix("## ") {
                section = heading.trim_matches(['`', '[', ']']).to_owned();
            }
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            if let ["", key, kind, _, meaning, ""] = cells[..]
                && let Some(key) = key.strip_prefix('`')
            {
                assert!(!meaning.is_empty(), "{section}.{key}");
                let key = key.trim_end_matches('`').to_owned();
                rows.push((section.clone(), key, kind.to_owned()));
            }
        }
        rows
    }

    #[test]
    fn every_key_is_documented_and_no_other() {
        let documented: Vec<String> =
            documented().into_iter().map(|(section, key, _)| format!("{section}.{key}")).collect();
        let all = SECTIONS.iter().flat_map(|(section, keys)| {
            keys.iter().map(move |(key, _)| format!("{section}.{key}"))
        });
        let all: Vec<String> = all.collect();
        for key in &all {
            assert!(documented.contains(key), "docs/configuration.md lacks `{key}`");
        }
        for key in &documented {
            assert!(all.contains(key), "docs/configuration.md has `{key}`, which nobody reads");
        }
        assert_eq!(documented.len(), all.len(), "a key stands there twice");
    }

    #[test]
    fn types_are_documented_as_they_are_checked() {
        let documented = documented();
        for (section, keys) in SECTIONS {
            for (key, kind) in *keys {
                let row = documented.iter().find(|(s, k, _)| s == section && k == key);
                let Some((_, _, told)) = row else { panic!("{section}.{key}") };
                let holds = |parts: &[&str]| parts.iter().all(|part| told.contains(part));
                let bound = |bound: &Bound| match bound {
                    Bound::Finite => "",
                    Bound::AtLeastZero => ">= 0",
                    Bound::AboveZero => "> 0",
                    Bound::Share => "0",
                    Bound::Percentile => "above 50",
                };
                let right = match kind {
                    Kind::Text => told == "text",
                    Kind::Texts => told == "texts",
                    Kind::Choice(names) => {
                        let names: Vec<String> =
                            names.iter().map(|name| format!("`{name}`")).collect();
                        *told == names.join(", ")
                    }
                    Kind::Integer(range) if *range.end() == i64::MAX => holds(&["integer, >= 0"]),
                    Kind::Integer(range) => {
                        holds(&[&format!("integer, {}..={}", range.start(), range.end())])
                    }
                    Kind::Integers(range, most) => holds(&[
                        &format!("integers, {}..={}", range.start(), range.end()),
                        &format!("at most {most}"),
                    ]),
                    Kind::Number(of) => holds(&["number", bound(of)]),
                    Kind::NumberPerColumn(of) => holds(&["per ", bound(of)]),
                };
                assert!(right, "{section}.{key}: docs/configuration.md says `{told}`");
            }
        }
    }
}
