//! The cells of a log: text in, checked values out, or what was expected instead.

use std::borrow::Cow;

use super::dialect::Dialect;
use super::text::may_be_thousands;
use crate::data::split::Split;
use crate::intake::config::Decimal;

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

/// The number that a text of few digits is, to the last bit as [`str::parse`] finds it. Nearly all
/// cells of a log are such texts, and a log may have many millions; `None` for all others.
///
/// A whole number up to 2^24 and a power of ten up to 10^10 are singles themselves, so their quotient
/// is rounded once (Clinger, "How to read floating point numbers accurately", 1990).
pub(super) fn few_digits(text: &str, decimal: Decimal) -> Option<f32> {
    const POWERS: [f32; 10] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
    /// The most digits and marks: they fit 32 bits.
    const MOST: usize = POWERS.len();
    const EXACT: u32 = 1 << f32::MANTISSA_DIGITS;
    let mark = match decimal {
        Decimal::Point => b'.',
        Decimal::Comma => b',',
    };
    let (negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    // One of them is the mark, or the digits alone stay below 10^9.
    if digits.len() > MOST || (digits.len() == MOST && !digits.contains(&mark)) {
        return None;
    }
    let mut whole = 0;
    let mut fraction = None;
    for (place, &byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => whole = 10 * whole + u32::from(byte - b'0'),
            // Digits on both sides, as everybody writes it.
            _ if byte == mark && fraction.is_none() && place > 0 => {
                fraction = Some(digits.len() - 1 - place);
            }
            _ => return None,
        }
    }
    let fraction = fraction.map_or(Some(0), |digits| (digits > 0).then_some(digits))?;
    if digits.is_empty() || whole > EXACT {
        return None;
    }
    let value = whole as f32 / POWERS.get(fraction)?;
    Some(if negative { -value } else { value })
}

fn number(text: &str, expected: &'static str) -> Parsed<f32> {
    if let Some(value) = few_digits(text, Decimal::Point) {
        return Ok(value);
    }
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

/// The values of a column of losses or scores, the lowest and the highest one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    low: f32,
    high: f32,
}

impl Range {
    /// As a configuration says it, or 0 to 1.
    pub(super) fn new(range: Option<[f64; 2]>) -> Self {
        let [low, high] = range.unwrap_or([0.0, 1.0]);
        Self { low: low as f32, high: high as f32 }
    }

    /// What a cell should be.
    pub(super) fn expected(self, what: &str) -> String {
        let Self { low, high } = self;
        if self == Self::new(None) {
            return format!("a {what} from 0 to 1 (`data.loss_range` for others)");
        }
        format!("a {what} from {low} to {high}, as `data.loss_range` says")
    }

    fn value(self, text: &str) -> Option<f32> {
        let value = text.parse().ok()?;
        (self.low..=self.high).contains(&value).then_some(value)
    }

    /// The share of the range that lies below a value, 0 to 1.
    pub(super) fn loss(self, text: &str) -> Option<f32> {
        self.value(text).map(|value| self.share(self.low, value))
    }

    /// The share of the range that lies above a value, 0 to 1.
    pub(super) fn score(self, text: &str) -> Option<f32> {
        self.value(text).map(|value| self.share(value, self.high))
    }

    fn share(self, from: f32, to: f32) -> f32 {
        let [low, high, from, to] = [self.low, self.high, from, to].map(f64::from);
        ((to - from) / (high - low)) as f32
    }
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

/// A class as it is compared: `3.0` is `3`, and `True` is `true`.
pub(super) fn class(text: &str) -> Parsed<Cow<'_, str>> {
    /// So many digits are an integer.
    const DIGITS: usize = 18;
    // Most are written as they are compared.
    let digits = (1..=DIGITS).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if digits && (text.len() == 1 || !text.starts_with('0')) {
        return Ok(text.into());
    }
    match integer(text) {
        Some(number) => Ok(number.to_string().into()),
        None if text.parse::<f64>().is_ok_and(f64::is_finite) => {
            Err("a class: a text, `true` or `false`, or a whole number")
        }
        None if text.eq_ignore_ascii_case("true") => Ok("true".into()),
        None if text.eq_ignore_ascii_case("false") => Ok("false".into()),
        None => Ok(text.into()),
    }
}

pub(super) fn split(text: &str) -> Parsed<Split> {
    Split::ALL
        .into_iter()
        .find(|split| split.name() == text)
        .ok_or("`train`, `calibration` or `test`")
}

/// A number without the marks between its thousands, if it has such marks.
fn without_thousands(text: &str, decimal: char) -> Option<String> {
    let (whole, fraction) = match text.split_once(decimal) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let marks = [',', '.', '\'', '\u{2019}', '_', ' ', '\u{a0}', '\u{202f}', '\u{2009}'];
    let mark = marks.into_iter().find(|&mark| mark != decimal && may_be_thousands(whole, mark))?;
    let whole = whole.replace(mark, "");
    fraction.is_none_or(|fraction| fraction.bytes().all(|byte| byte.is_ascii_digit())).then(|| {
        fraction.map_or_else(|| whole.clone(), |fraction| format!("{whole}{decimal}{fraction}"))
    })
}

/// What a cell is that should be a number, and the change that makes it one.
pub(super) fn no_number(text: &str, dialect: &Dialect) -> (String, Option<String>) {
    let decimal = match dialect.decimal {
        Decimal::Point => '.',
        Decimal::Comma => ',',
    };
    let found = quote(text);
    if dialect.is_missing(text) {
        let found = if text.is_empty() { found } else { format!("{found}, a missing cell") };
        return (found, Some("fill it in, or leave the row out".to_owned()));
    }
    if let Some(plain) = without_thousands(text, decimal) {
        // 1,163 may be a number above a thousand or one just above 1.
        let other = if decimal == '.' { ',' } else { '.' };
        let change = if may_be_thousands(text, other) && text.matches(other).count() == 1 {
            format!("write `{plain}`, or set `decimal = \"{other}\"` in `[data]`")
        } else {
            format!("write `{plain}`")
        };
        return (format!("{found}, which has a thousands separator"), Some(change));
    }
    let is_number = |text: &str| text.parse::<f32>().is_ok_and(f32::is_finite);
    let change = if decimal == '.' && is_number(&text.replace(',', ".")) {
        Some("set `decimal = \",\"` in `[data]`".to_owned())
    } else if decimal == ',' && is_number(text) && text.contains('.') {
        Some(format!("write `{}`: the others have decimal commas", text.replace('.', ",")))
    } else if is_number(&text.replace('\u{2212}', "-")) {
        Some(format!("write `{}`, with a hyphen as minus", text.replace('\u{2212}', "-")))
    } else if text.strip_suffix('%').is_some_and(|text| is_number(text.trim_end())) {
        Some("write the share, or the number without its sign".to_owned())
    } else if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
        Some("write 1 and 0, or list the column in `data.categorical`".to_owned())
    } else {
        None
    };
    (found, change)
}

/// What is said of a column of features in which there is text.
pub(super) const TEXT: &str = "list the column in `data.categorical`, or leave it out";

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
    use crate::intake::log::dialect::TableFormat;

    #[test]
    fn a_range_is_stretched_to_0_and_1() {
        let usual = Range::new(None);
        assert_eq!((usual.loss("0.3"), usual.score("0.3")), (Some(0.3), Some(0.7)));
        assert_eq!((usual.loss("0"), usual.score("1")), (Some(0.0), Some(0.0)));
        let percent = Range::new(Some([-50.0, 100.0]));
        assert_eq!((percent.loss("-50"), percent.loss("100")), (Some(0.0), Some(1.0)));
        assert_eq!((percent.loss("25"), percent.score("85")), (Some(0.5), Some(0.1)));
        for text in ["-51", "100.5", "nan", "x", ""] {
            assert_eq!((percent.loss(text), percent.score(text)), (None, None), "{text}");
        }
        // As a cell and as a number of the configuration a bound is rounded alike.
        assert_eq!(Range::new(Some([0.1, 0.7])).loss("0.7"), Some(1.0));
    }

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
    fn few_digits_are_read_as_all_others_are() {
        let mut random = crate::arithmetic::random::Random::new(3);
        let mut read = 0;
        for _ in 0..200_000 {
            let digits = 1 + random.next_u64() as usize % 10;
            let number = random.next_u64() % 10u64.pow(digits as u32);
            let mut text = format!("{number:0digits$}");
            let bits = random.next_u64();
            // 0.5, 12.5, 125, 0125, and also .5 and 5., which are left to others.
            if !bits.is_multiple_of(4) {
                text.insert((bits >> 8) as usize % (digits + 1), '.');
            }
            if bits & 16 != 0 {
                text.insert(0, '-');
            }
            let expected: f32 = text.parse().unwrap();
            let comma = few_digits(&text.replace('.', ","), Decimal::Comma).map(f32::to_bits);
            assert_eq!(few_digits(&text, Decimal::Point).map(f32::to_bits), comma, "{text}");
            if let Some(found) = comma {
                assert_eq!(found, expected.to_bits(), "{text}");
                read += 1;
            }
        }
        assert!(read > 50_000, "{read}");
        for text in ["", "-", ".", "1.", ".5", "1.2.3", "1e3", "+1", "1,5", "0x1", "12345678901"] {
            assert_eq!(few_digits(text, Decimal::Point), None, "{text}");
        }
        assert_eq!(few_digits("16777216", Decimal::Point), Some(16_777_216.0));
        assert_eq!(few_digits("16777217", Decimal::Point), None, "is no single");
        assert_eq!(few_digits("1.5", Decimal::Comma), None);
    }

    #[test]
    fn classes_have_one_spelling() {
        for (text, expected) in
            [("3", "3"), ("3.0", "3"), ("-1", "-1"), ("007", "7"), ("0", "0"), ("TRUE", "true")]
        {
            assert_eq!(class(text).as_deref(), Ok(expected), "{text}");
        }
        assert_eq!(class("Cat").as_deref(), Ok("Cat"));
        assert_eq!(class("nan").as_deref(), Ok("nan"), "whether it is missing is not asked here");
        assert!(class("0.5").is_err());
    }

    #[test]
    fn what_is_no_number_says_what_to_change() {
        let change = |sample: &str, text: &str| {
            let dialect = TableFormat::default().dialect(sample, None);
            let (found, change) = no_number(text, &dialect);
            format!("{found} -> {}", change.unwrap_or_default())
        };
        let point = |text| change("a,b\n0.5,2\n", text);
        let comma = |text| change("a;b\n0,5;2\n", text);
        let thousands = "which has a thousands separator ->";
        for (found, expected) in [
            (point("1,163.74"), format!("`1,163.74`, {thousands} write `1163.74`")),
            (point("-1'163"), format!("`-1'163`, {thousands} write `-1163`")),
            (point("1 163 000"), format!("`1 163 000`, {thousands} write `1163000`")),
            (
                point("1,163"),
                format!("`1,163`, {thousands} write `1163`, or set `decimal = \",\"` in `[data]`"),
            ),
            (point("1,5"), "`1,5` -> set `decimal = \",\"` in `[data]`".to_owned()),
            (comma("1.163,74"), format!("`1.163,74`, {thousands} write `1163,74`")),
            (comma("1.5"), "`1.5` -> write `1,5`: the others have decimal commas".to_owned()),
            (point("\u{2212}1"), "`\u{2212}1` -> write `-1`, with a hyphen as minus".to_owned()),
            (point(""), "an empty cell -> fill it in, or leave the row out".to_owned()),
            (point("NA"), "`NA`, a missing cell -> fill it in, or leave the row out".to_owned()),
            (point("x"), "`x` -> ".to_owned()),
        ] {
            assert_eq!(found, expected);
        }
        assert!(point("12 %").contains("write the share"));
        assert!(point("True").contains("write 1 and 0"));
    }

    #[test]
    fn quotes_are_short() {
        assert_eq!(quote("é"), "`é`");
        assert_eq!(quote(&"é".repeat(50)).chars().count(), 43);
    }
}
