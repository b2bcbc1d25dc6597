//! What a key may hold: the check of a value, and the words for it in messages and in the
//! documentation.

use std::ops::RangeInclusive;

use toml::de::DeValue;

use crate::choice;
use crate::error::list;

/// What a key may hold.
#[derive(Clone)]
pub(super) enum Kind {
    /// A text that is not empty.
    Text,
    Texts,
    /// One text that is not empty, or several.
    OneOrMore,
    /// A list of texts, of which one may be empty.
    Marks,
    /// One of them.
    Mark,
    Boolean,
    /// One of some words.
    Choice(&'static [&'static str]),
    /// Words, of which some have a number.
    Words(&'static Words),
    /// One of them.
    Word(&'static Words),
    Integer(RangeInclusive<i64>),
    /// At most so many integers.
    Integers(RangeInclusive<i64>, usize),
    Number(Bound),
    /// Two numbers, the lower one first.
    Range,
    /// One number, or a table from column names or globs to numbers.
    PerColumn(Bound),
    /// A table from battery levels in per mille to shares.
    Levels,
}

/// Words of which some have a number, such as `quantile-90`.
pub(super) struct Words {
    /// As the documentation and messages list them.
    pub(super) listed: &'static [&'static str],
    /// Whether a text is one.
    pub(super) has: fn(&str) -> bool,
}

/// Which numbers a key may hold. All must fit the device's `f32`.
#[derive(Clone, Copy)]
pub(super) enum Bound {
    Finite,
    AtLeastZero,
    AboveZero,
    /// 0 to 1.
    Share,
    /// From 0.5 to below 1.
    Confidence,
    /// Above 50, 100 at most.
    Percentile,
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        let narrow = value as f32;
        narrow.is_finite()
            && match self {
                Self::Finite => true,
                Self::AtLeastZero => narrow >= 0.0,
                Self::AboveZero => narrow > 0.0,
                Self::Share => (0.0..=1.0).contains(&narrow),
                Self::Confidence => (0.5..1.0).contains(&value),
                Self::Percentile => narrow > 50.0 && narrow <= 100.0,
            }
    }

    /// The limits, as a message writes them after "a" or "a finite".
    fn expected(self) -> String {
        match self.limits() {
            "" => "a finite number".to_owned(),
            limits if limits.starts_with('>') => format!("a finite number {limits}"),
            limits => format!("a number {limits}"),
        }
    }

    fn limits(self) -> &'static str {
        match self {
            Self::Finite => "",
            Self::AtLeastZero => ">= 0",
            Self::AboveZero => "> 0",
            Self::Share => "from 0 to 1",
            Self::Confidence => "from 0.5 to below 1",
            Self::Percentile => "above 50 and up to 100",
        }
    }

    /// `noun` with the limits behind it, as the documentation writes it.
    fn of(self, noun: &str) -> String {
        match self.limits() {
            "" => noun.to_owned(),
            limits => format!("{noun}, {limits}"),
        }
    }
}

impl Kind {
    /// Whether a value is of this kind. The items of an array or a table are checked [one by
    /// one](Self::item).
    pub(super) fn holds(&self, value: &DeValue<'_>) -> bool {
        match (self, value) {
            (Self::Text, DeValue::String(text)) => !text.is_empty(),
            (Self::OneOrMore, DeValue::String(text)) => !text.is_empty(),
            (Self::OneOrMore, DeValue::Array(items)) => !items.is_empty(),
            (Self::Choice(names), DeValue::String(text)) => names.contains(&text.as_ref()),
            (Self::Word(words), DeValue::String(text)) => (words.has)(text),
            (Self::Integer(range), _) => {
                integer(value).is_some_and(|number| range.contains(&number))
            }
            (Self::Number(bound), _) => number(value).is_some_and(|number| bound.holds(number)),
            (Self::Texts | Self::Marks | Self::Words(_), DeValue::Array(_)) => true,
            (Self::Boolean, DeValue::Boolean(_)) | (Self::Mark, DeValue::String(_)) => true,
            (Self::Integers(_, most), DeValue::Array(items)) => items.len() <= *most,
            (Self::Range, DeValue::Array(items)) => ascending(items),
            (Self::PerColumn(_) | Self::Levels, DeValue::Table(_)) => true,
            (Self::PerColumn(bound), _) => number(value).is_some_and(|number| bound.holds(number)),
            _ => false,
        }
    }

    /// The kind of the items of an array or a table.
    pub(super) fn item(&self) -> Option<Self> {
        match self {
            Self::Texts | Self::OneOrMore => Some(Self::Text),
            Self::Marks => Some(Self::Mark),
            Self::Words(words) => Some(Self::Word(words)),
            Self::Integers(range, _) => Some(Self::Integer(range.clone())),
            Self::PerColumn(bound) => Some(Self::Number(*bound)),
            Self::Levels => Some(Self::Number(Bound::Share)),
            Self::Text
            | Self::Mark
            | Self::Boolean
            | Self::Choice(_)
            | Self::Word(_)
            | Self::Integer(_)
            | Self::Number(_)
            | Self::Range => None,
        }
    }

    /// What a message says was expected where `value` is.
    pub(super) fn expected(&self, value: &DeValue<'_>) -> String {
        match self {
            Self::Text => "a text that is not empty".to_owned(),
            Self::Texts | Self::Marks => "an array of texts".to_owned(),
            Self::OneOrMore => "a text that is not empty, or an array of such texts".to_owned(),
            Self::Mark => "a text".to_owned(),
            Self::Boolean => "`true` or `false`".to_owned(),
            Self::Choice(names) => choice::expected(value.as_str().unwrap_or_default(), names),
            Self::Word(words) => choice::expected(value.as_str().unwrap_or_default(), words.listed),
            Self::Words(words) => format!("an array of {}", list(words.listed.iter().copied())),
            Self::Integer(range) => format!("an integer of {}..={}", range.start(), range.end()),
            Self::Integers(range, most) => {
                format!(
                    "an array of at most {most} integers of {}..={}",
                    range.start(),
                    range.end()
                )
            }
            Self::Number(bound) => bound.expected(),
            Self::Range => "two finite numbers, the lower one first, such as [0, 100]".to_owned(),
            Self::PerColumn(bound) => {
                format!("{}, or a table from column names to such numbers", bound.expected())
            }
            Self::Levels => LEVELS.to_owned(),
        }
    }

    /// The column *Type* of the documentation.
    pub(super) fn documented(&self) -> String {
        match self {
            Self::Text | Self::Mark => "text".to_owned(),
            Self::Texts | Self::Marks => "texts".to_owned(),
            Self::OneOrMore => "text or texts".to_owned(),
            Self::Boolean => "boolean".to_owned(),
            // A list of words is never so long that it should be cut.
            Self::Choice(names)
            | Self::Word(Words { listed: names, .. })
            | Self::Words(Words { listed: names, .. }) => {
                // A bar would end the cell of the documentation's table.
                let name = |name: &&str| format!("`{}`", name.replace('|', "\\|"));
                names.iter().map(name).collect::<Vec<_>>().join(", ")
            }
            Self::Integer(range) if *range.end() == i64::MAX => {
                format!("integer, >= {}", range.start())
            }
            Self::Integer(range) => format!("integer, {}..={}", range.start(), range.end()),
            Self::Integers(range, most) => {
                format!("integers, {}..={}, at most {most}", range.start(), range.end())
            }
            Self::Number(bound) => bound.of("number"),
            Self::Range => "two numbers, the lower one first".to_owned(),
            Self::PerColumn(bound) => bound.of("per column"),
            Self::Levels => "table from levels in per mille to rates from 0 to 1".to_owned(),
        }
    }
}

/// What is expected of a table of battery levels.
pub(super) const LEVELS: &str = "a table from battery levels (per mille, from 0 on) to deferral \
                                 rates, such as { 0 = 0.01, 300 = 0.1 }";

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

/// Whether these are two finite numbers, the second one larger as a 32-bit float too.
fn ascending(items: &[toml::Spanned<DeValue<'_>>]) -> bool {
    let numbers: Vec<Option<f64>> = items.iter().map(|item| number(item.get_ref())).collect();
    match numbers[..] {
        [Some(low), Some(high)] => {
            Bound::Finite.holds(low) && Bound::Finite.holds(high) && (low as f32) < high as f32
        }
        _ => false,
    }
}

/// A value as a message points at it: its type, and the value itself if it is short.
pub(super) fn found(value: &DeValue<'_>) -> String {
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
