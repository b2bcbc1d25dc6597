//! Figures as the page shows them: the digits of the terminal's tables.

use crate::arithmetic::statistics::Estimate;

/// A deferral loss, an error or a price, in units of one error.
pub(crate) fn loss(value: f64) -> String {
    plain(format!("{value:.4}"))
}

/// A share as a percentage.
pub(crate) fn percent(share: f64) -> String {
    format!("{}\u{a0}%", plain(format!("{:.1}", 100.0 * share)))
}

/// A share as a percentage in a sentence, where a tenth says nothing.
pub(crate) fn about(share: f64) -> String {
    let whole = (100.0 * share).abs();
    match whole {
        w if w == 0.0 || w >= 9.95 => format!("{w:.0}\u{a0}%"),
        w => format!("{w:.1}\u{a0}%"),
    }
}

/// An interval of losses.
pub(crate) fn interval(low: f64, high: f64) -> String {
    format!("{} to {}", signed_minus(&loss(low)), signed_minus(&loss(high)))
}

/// A difference, with its sign.
pub(crate) fn difference(value: f64) -> String {
    let text = loss(value);
    if text.starts_with('-') || text.trim_matches(['0', '.']).is_empty() {
        signed_minus(&text)
    } else {
        format!("+{text}")
    }
}

/// A difference with the ends of its interval.
pub(crate) fn difference_interval(of: &Estimate) -> String {
    format!("{} to {}", difference(of.low), difference(of.high))
}

/// A whole number with its thousands apart.
pub(crate) fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number and its noun.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    format!("{}\u{a0}{noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A feature's value, in few digits.
pub(crate) fn value(value: f32) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let size = value.abs();
    let text = match size {
        s if !(1e-4..1e7).contains(&s) => return signed_minus(&format!("{value:.2e}")),
        s if s >= 1000.0 => format!("{value:.0}"),
        s if s >= 100.0 => format!("{value:.1}"),
        s if s >= 10.0 => format!("{value:.2}"),
        s if s >= 1.0 => format!("{value:.3}"),
        _ => format!("{value:.4}"),
    };
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    signed_minus(text)
}

/// Names in a sentence.
pub(crate) fn and(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Without the sign of a zero.
fn plain(text: String) -> String {
    match text.strip_prefix('-') {
        Some(rest) if rest.trim_matches(['0', '.']).is_empty() => rest.to_owned(),
        _ => text,
    }
}

/// With a minus in place of the hyphen.
fn signed_minus(text: &str) -> String {
    text.strip_prefix('-').map_or_else(|| text.to_owned(), |rest| format!("\u{2212}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_the_digits_of_the_tables() {
        assert_eq!((loss(0.22005).as_str(), loss(-0.00001).as_str()), ("0.2200", "0.0000"));
        assert_eq!((percent(0.0315), percent(-0.0)), ("3.1\u{a0}%".into(), "0.0\u{a0}%".into()));
        assert_eq!(
            (about(0.244), about(0.031), about(0.0)),
            ("24\u{a0}%".into(), "3.1\u{a0}%".into(), "0\u{a0}%".into())
        );
        assert_eq!(difference(0.07), "+0.0700");
        assert_eq!(difference(-0.07), "\u{2212}0.0700");
        assert_eq!(difference(0.0), "0.0000");
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [0.0, -2.5, 1234.56, 3.0e-7, 0.125].map(value),
            ["0", "\u{2212}2.5", "1235", "3.00e-7", "0.125"]
        );
        let names = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(
            (and(&names), and(&names[..1]), and(&[])),
            ("a, b and c".into(), "a".into(), String::new())
        );
    }
}
