//! Keys that must fit each other: from the keys of a file to a checked configuration.

mod data;
mod expert;
mod multi_task;
mod pattern;
mod physical;
mod policy;
mod window;

use std::path::Path;

use super::checked::{
    Budget, Config, FeatureBudget, Limit, PerColumn, Policy, Quantize, Ranges, RawReadings,
};
use super::choice::RangeRule;
use super::document::Document;
use super::keys::{BudgetKeys, FileKeys, PerColumnKeys, QuantizeKeys, RawKeys};
use crate::error::Result;
use crate::loss::RhoRule;
use pattern::pattern;

pub(super) fn check(
    mut keys: FileKeys,
    document: &Document<'_>,
    path: &Path,
    digest: [u8; 8],
    text: &str,
) -> Result<Config> {
    let windows = window::check(keys.window, document)?;
    let data = data::check(keys.data, !windows.is_empty(), document, path)?;
    let max_share = expert::max_share(&keys.expert, document)?;
    let confidence = expert::confidence(&mut keys.expert, document)?;
    let units = keys.units.unwrap_or_default();
    physical::check_units(&units, document)?;
    let experts = expert::check(keys.expert, &data, &units, keys.radio.as_ref(), document)?;
    data::check_loss_range(&data, &experts, document)?;
    let multi_task =
        multi_task::check(keys.multi_task, data.target.as_deref(), &experts, document)?;
    let policy = match keys.policy {
        Some(policy) => Some(policy::check(policy, &experts, max_share, document)?),
        None if max_share.is_empty() => None,
        None => Some(Policy { max_share, ..Policy::default() }),
    };
    let rejector = keys.rejector.unwrap_or_default();
    let train = keys.train.unwrap_or_default();
    if let (Some(own), Some(tau)) = (rejector.method.tau(), train.tau)
        && tau != own
    {
        let expected =
            format!("`{own}` or no `tau`: `{}` is defined with `{own}`", rejector.method);
        return Err(document.error("train.tau", format!("`{tau}`"), expected));
    }
    if let (Some(RhoRule::Balance), Some(gamma)) = (train.rho_rule, train.gamma) {
        let expected = "no `gamma`: the rule `balance` has no exponent to choose";
        return Err(document.error("train.gamma", gamma.to_string(), expected));
    }
    let budget_keys = keys.budget.unwrap_or_default();
    Ok(Config {
        path: path.to_path_buf(),
        digest,
        text: text.to_owned(),
        data,
        experts,
        money_per_error: units.money_per_error,
        multi_task,
        confidence,
        windows,
        raw: keys.raw.map(|raw| readings(raw, document)).transpose()?,
        rejector,
        train,
        quantize: quantize(&keys.quantize.unwrap_or_default(), document)?,
        image_names: keys.image.unwrap_or_default().names,
        feature_budget: feature_budget(&budget_keys, document)?,
        budget: budget(&budget_keys, document),
        policy,
    })
}

fn quantize(keys: &QuantizeKeys, document: &Document<'_>) -> Result<Quantize> {
    let ranges = match (keys.ranges, keys.percentile) {
        (RangeRule::SquaredError, None) => Ranges::SquaredError,
        (RangeRule::SquaredError, Some(percentile)) => {
            let expected = "no percentile, or `ranges = \"percentile\"`";
            return Err(document.error("quantize.percentile", percentile.to_string(), expected));
        }
        (RangeRule::Percentile, percentile) => Ranges::Percentile(percentile.unwrap_or(99.9)),
    };
    Ok(Quantize { tolerance: keys.tolerance, ranges, fine_tune: keys.fine_tune })
}

fn budget(keys: &BudgetKeys, document: &Document<'_>) -> Budget {
    let limit = |most: Option<u32>, key: &str| {
        most.map(|most| Limit { most: most as usize, line: document.line(key) })
    };
    Budget {
        image_bytes: limit(keys.image_bytes, "budget.image_bytes"),
        macs: limit(keys.macs, "budget.macs"),
        scratch_bytes: limit(keys.scratch_bytes, "budget.scratch_bytes"),
    }
}

fn feature_budget(keys: &BudgetKeys, document: &Document<'_>) -> Result<Option<FeatureBudget>> {
    let (limit, of_core) = ("budget.feature_instructions", "budget.feature_core");
    match (keys.feature_instructions, keys.feature_core) {
        (None, None) => Ok(None),
        (Some(most), Some(core)) => {
            let instructions = Limit { most: most as usize, line: document.line(limit) };
            Ok(Some(FeatureBudget { instructions, core }))
        }
        (Some(most), None) => {
            let expected = "`feature_core` beside it, the core on which they are counted";
            Err(document.error(limit, most.to_string(), expected))
        }
        (None, Some(core)) => {
            let expected = "`feature_instructions` beside it, how many there may be";
            Err(document.error(of_core, format!("`{core}`"), expected))
        }
    }
}

fn readings(keys: RawKeys, document: &Document<'_>) -> Result<RawReadings> {
    let per_column = |value, key: &str| -> Result<PerColumn> {
        let table = match value {
            PerColumnKeys::All(number) => return Ok(PerColumn::All(number as f32)),
            PerColumnKeys::Each(table) => table,
        };
        table.keys().try_for_each(|glob| pattern(glob, &format!("{key}.{glob}"), document))?;
        let narrow = |(glob, number): (String, f64)| (glob, number as f32);
        Ok(PerColumn::Each(table.into_iter().map(narrow).collect()))
    };
    let scale = keys
        .scale
        .ok_or_else(|| document.error("raw.scale", "nothing", "a scale for every feature"))?;
    let offset = keys.offset.unwrap_or(PerColumnKeys::All(0.0));
    Ok(RawReadings {
        scale: per_column(scale, "raw.scale")?,
        offset: per_column(offset, "raw.offset")?,
    })
}
