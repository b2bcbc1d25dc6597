//! The cells of a log: text in, checked values out, or what was expected instead.

use crate::data::split::Split;

/// A parsed cell, or what the cell should have been.
pub(super) type Parsed<T> = Result<T, &'static str>;

/// An integer, written as one ("3") or as a whole float ("3.0"), as many tools write columns with
/// gaps.
pub(super) fn integer(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| {
        const EXACT: f64 = (1u64 << 53) as f64;
        let value: f64 = text.parse().ok()?;
        (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64)
    })
}

fn number(text: &str, expected: &'static str) -> Parsed<f32> {
    let value: f32 = text.parse().map_err(|_| expected)?;
    let written_as_number = text.bytes().any(|byte| byte.is_ascii_digit());
    match value.is_finite() {
        true => Ok(value),
        false if written_as_number => {
            Err("a number within the range of f32, at most 3.4028235e38 in size")
        }
        false => Err(expected),
    }
}

pub(super) fn feature(text: &str) -> Parsed<f32> {
    number(text, "a finite number")
}

pub(super) fn reading(text: &str) -> Parsed<i16> {
    const EXPECTED: &str = "a reading, an integer of -32768..=32767";
    integer(text).and_then(|reading| reading.try_into().ok()).ok_or(EXPECTED)
}

pub(super) fn loss(text: &str) -> Parsed<f32> {
    const EXPECTED: &str = "a loss from 0 to 1";
    number(text, EXPECTED)
        .and_then(|value| if (0.0..=1.0).contains(&value) { Ok(value) } else { Err(EXPECTED) })
}

pub(super) fn probability(text: &str) -> Parsed<f32> {
    const EXPECTED: &str = "a probability from 0 to 1";
    number(text, EXPECTED)
        .and_then(|value| if (0.0..=1.0).contains(&value) { Ok(value) } else { Err(EXPECTED) })
}

pub(super) fn price(text: &str) -> Parsed<f32> {
    const EXPECTED: &str = "a finite price >= 0";
    // Adding 0 turns -0 into 0.
    number(text, EXPECTED)
        .and_then(|value| if value >= 0.0 { Ok(value + 0.0) } else { Err(EXPECTED) })
}

pub(super) fn prediction(text: &str) -> Parsed<i64> {
    integer(text).ok_or("an integer: a class, or a negative number for no answer")
}

pub(super) fn split(text: &str) -> Parsed<Split> {
    Split::ALL
        .into_iter()
        .find(|split| split.name() == text)
        .ok_or("`train`, `calibration` or `test`")
}

/// The cell for a message: in backticks, cut if it is long.
pub(super) fn quote(text: &str) -> String {
    const SHOWN: usize = 40;
    match text.char_indices().nth(SHOWN) {
        _ if text.is_empty() => "an empty cell".to_owned(),
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_may_be_whole_floats() {
        assert_eq!(integer("3"), Some(3));
        assert_eq!(integer("3.0"), Some(3));
        assert_eq!(integer("-1"), Some(-1));
        assert_eq!(integer("1e3"), Some(1000));
        for text in ["", "3.5", "nan", "inf", "three", "1e300"] {
            assert_eq!(integer(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_finite_f32() {
        assert_eq!(feature("-1.5e-3"), Ok(-1.5e-3));
        assert!(feature("1e39").unwrap_err().contains("f32"));
        for text in ["", "nan", "-inf", "infinity", "x", "1,5"] {
            assert_eq!(feature(text), Err("a finite number"), "{text}");
        }
        assert_eq!(price("-0").map(f32::is_sign_positive), Ok(true));
    }

    #[test]
    fn quotes_are_short() {
        assert_eq!(quote("é"), "`é`");
        assert_eq!(quote(&"é".repeat(50)).chars().count(), 43);
    }
}
