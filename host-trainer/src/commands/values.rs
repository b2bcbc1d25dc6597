//! Values of arguments that several commands take.

use crate::data::split::Split;
use crate::error::Error;
use crate::loss::Effort;

/// How long to search.
pub(super) fn effort(text: &str) -> Result<Effort, String> {
    text.parse().map_err(|error: Error| error.to_string())
}

/// A share of rows, 0 to 1.
pub(super) fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.0..=1.0).contains(&rate) => Ok(rate),
        _ => Err("expected a number from 0 to 1".to_owned()),
    }
}

/// A split of a log.
pub(super) fn split(text: &str) -> Result<Split, String> {
    let split = Split::ALL.into_iter().find(|split| split.name() == text);
    split.ok_or_else(|| "expected `train`, `calibration` or `test`".to_owned())
}

/// An expert and a price, as `NAME=VALUE`; the name may contain `=`.
pub(super) fn price(text: &str) -> Result<(String, f64), String> {
    let found = text.rsplit_once('=').and_then(|(name, price)| Some((name, price.parse().ok()?)));
    match found {
        Some((name, price)) if (0.0..=mild::Price::MAX.to_errors()).contains(&price) => {
            Ok((name.to_owned(), price))
        }
        _ => Err("expected an expert and a price from 0 to 16384, such as `cloud=0.2`".to_owned()),
    }
}
