//! The sections `[[expert]]`.

use super::super::checked::{
    AnswerColumns, ConfidenceColumns, ExpertConfig, MAX_EXPERTS, MAX_NAME, PriceSource,
};
use super::super::document::Document;
use super::super::keys::{Data, ExpertKeys, RadioKeys, UnitKeys};
use super::pattern::patterns;
use super::physical;
use crate::error::{Result, list};

/// The full path of a key.
fn path(expert: usize, key: &str) -> String {
    format!("expert[{expert}].{key}")
}

/// Shares of the experts that have a limit. The device itself cannot have one.
pub(super) fn max_share(experts: &[ExpertKeys], document: &Document<'_>) -> Result<Vec<(u8, f64)>> {
    let shares = (0u8..).zip(experts).filter_map(|(k, expert)| Some((k, expert.max_share?)));
    let shares: Vec<(u8, f64)> = shares.collect();
    match shares.first() {
        Some((0, share)) => {
            let expected = "no limit: the device answers whatever is not deferred";
            Err(document.error(&path(0, "max_share"), share.to_string(), expected))
        }
        _ => Ok(shares),
    }
}

/// The columns that say how sure the device itself is. No other expert is asked before the
/// decision.
pub(super) fn confidence(
    experts: &mut [ExpertKeys],
    document: &Document<'_>,
) -> Result<Option<ConfidenceColumns>> {
    let mut confidence = None;
    for (index, expert) in experts.iter_mut().enumerate() {
        let key = |name: &str| path(index, name);
        let (largest, all) = (expert.confidence.take(), expert.probabilities.take());
        if index > 0 {
            let expected = "no such key: only expert 0, the device itself, has a confidence";
            if let Some(column) = largest {
                return Err(document.error(&key("confidence"), format!("`{column}`"), expected));
            }
            if let Some(globs) = all {
                let found = list(globs.iter().map(String::as_str));
                return Err(document.error(&key("probabilities"), found, expected));
            }
            continue;
        }
        confidence = match (largest, all) {
            (Some(_), Some(_)) => {
                let found = "`probabilities` beside `confidence`";
                let expected = "at most one of `confidence` and `probabilities`";
                return Err(document.error(&key("probabilities"), found, expected));
            }
            (Some(column), None) => Some(ConfidenceColumns::Largest(column)),
            (None, Some(globs)) if globs.is_empty() => {
                let expected = "names or globs of columns, one column per class";
                return Err(document.error(&key("probabilities"), "nothing", expected));
            }
            (None, Some(globs)) => {
                patterns(&globs, &key("probabilities"), document)?;
                Some(ConfidenceColumns::Probabilities(globs))
            }
            (None, None) => None,
        };
    }
    Ok(confidence)
}

pub(super) fn check(
    keys: Vec<ExpertKeys>,
    data: &Data,
    units: &UnitKeys,
    radio: Option<&RadioKeys>,
    document: &Document<'_>,
) -> Result<Vec<ExpertConfig>> {
    if !(2..=MAX_EXPERTS).contains(&keys.len()) {
        let expected = format!("2 to {MAX_EXPERTS} sections `[[expert]]`, the device itself first");
        return Err(document.error("expert", format!("{} sections", keys.len()), expected));
    }
    let mut experts: Vec<ExpertConfig> = Vec::with_capacity(keys.len());
    for (index, mut keys) in keys.into_iter().enumerate() {
        let key = |name: &str| path(index, name);
        let physical = physical::price(&keys, &key, units, radio, document)?;
        let name =
            keys.name.take().ok_or_else(|| document.error(&key("name"), "nothing", "a name"))?;
        if name.len() > MAX_NAME {
            let found = format!("`{name}` of {} bytes", name.len());
            return Err(document.error(&key("name"), found, format!("at most {MAX_NAME} bytes")));
        }
        if let Some(first) = experts.iter().position(|expert| expert.name == name) {
            let found = format!("`{name}`, which is also the name of expert {first}");
            return Err(document.error(&key("name"), found, "a unique name"));
        }
        let answer = answer(&mut keys, index, data, document)?;
        let price = price(keys, index, physical, units.money_per_error, document)?;
        experts.push(ExpertConfig { name, answer, price });
    }
    Ok(experts)
}

fn answer(
    keys: &mut ExpertKeys,
    index: usize,
    data: &Data,
    document: &Document<'_>,
) -> Result<AnswerColumns> {
    let key = |name: &str| path(index, name);
    let (prediction, value) = (keys.prediction.take(), keys.value.take());
    let losses = match (keys.loss_column.take(), keys.score_column.take()) {
        (Some(_), Some(_)) => {
            let found = "`score_column` beside `loss_column`";
            return Err(document.error(&key("score_column"), found, "only one of them"));
        }
        (Some(column), None) => Some(("loss_column", AnswerColumns::Loss(column))),
        (None, Some(column)) => Some(("score_column", AnswerColumns::Score(column))),
        (None, None) => None,
    };
    let answer = match (prediction, losses, value) {
        (Some(column), None, None) => AnswerColumns::Prediction(column),
        (None, Some((_, losses)), None) => return Ok(losses),
        (prediction, None, Some(value)) => AnswerColumns::Value { prediction, value },
        (None, None, None) => {
            let expected = "either `prediction`, `loss_column` or `score_column`, or a `value`";
            return Err(document.error(&key("prediction"), "nothing", expected));
        }
        (_, Some((name, _)), Some(_)) => {
            let found = format!("`{name}` beside `value`");
            return Err(document.error(&key(name), found, "only one of them"));
        }
        (Some(_), Some((name, _)), None) => {
            let found = format!("`{name}` beside `prediction`");
            let expected = format!("either `prediction` or `{name}`");
            return Err(document.error(&key(name), found, expected));
        }
    };
    let has_class = !matches!(answer, AnswerColumns::Value { prediction: None, .. });
    if has_class && data.label.is_none() {
        let found = format!("nothing, although there is `{}`", key("prediction"));
        return Err(document.error("data.label", found, "the column of the right answers"));
    }
    Ok(answer)
}

/// `physical`: the price that is stated in physical units. `money_per_error`: what one error costs,
/// if the other prices are in money.
fn price(
    keys: ExpertKeys,
    index: usize,
    physical: f64,
    money_per_error: Option<f64>,
    document: &Document<'_>,
) -> Result<PriceSource> {
    let (price, column) = (path(index, "price"), path(index, "price_column"));
    // As the file spells them.
    let name = |key: &str| {
        let written = document.written(key);
        format!("`{}`", written.rsplit('.').next().unwrap_or(written))
    };
    match (keys.price, keys.price_column) {
        (Some(_), Some(_)) => {
            let found = format!("{} beside {}", name(&column), name(&price));
            let expected = format!("at most one of {} and {}", name(&price), name(&column));
            Err(document.error(&column, found, expected))
        }
        (None, Some(source)) if physical == 0.0 => Ok(PriceSource::Column(source)),
        (None, Some(_)) => {
            let found = format!("{} beside a price in physical units", name(&column));
            Err(document.error(&column, found, "only one of them"))
        }
        // Adding 0 turns -0 into 0.
        (price, None) => {
            let price = price.unwrap_or(0.0);
            let price = money_per_error.map_or(price, |per_error| price / per_error);
            let errors = (price + physical) as f32 + 0.0;
            if errors.is_finite() {
                return Ok(PriceSource::Fixed(errors));
            }
            let found = format!("{price} errors");
            Err(document.error(&path(index, "price"), found, "a price within the range of f32"))
        }
    }
}
