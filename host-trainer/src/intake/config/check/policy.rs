//! Section `[policy]`.

use std::collections::BTreeMap;

use super::super::checked::{ExpertConfig, Policy};
use super::super::document::Document;
use super::super::keys::PolicyKeys;
use super::super::kind::LEVELS;
use crate::choice::expected;
use crate::error::Result;

impl Default for Policy {
    fn default() -> Self {
        without_names(PolicyKeys::default())
    }
}

/// A policy without the keys that name experts or levels.
fn without_names(keys: PolicyKeys) -> Policy {
    Policy {
        minimize: keys.minimize,
        max_deferral_rate: keys.max_deferral_rate,
        max_price: keys.max_price,
        max_error: keys.max_error,
        max_share: Vec::new(),
        confidence: keys.confidence,
        horizon: keys.horizon,
        guarantee: keys.guarantee,
        battery: Vec::new(),
        fallback: None,
    }
}

pub(super) fn check(
    mut keys: PolicyKeys,
    experts: &[ExpertConfig],
    max_share: Vec<(u8, f64)>,
    document: &Document<'_>,
) -> Result<Policy> {
    let fallback = keys.fallback.take().map(|name| {
        let names: Vec<&str> = experts.iter().map(|expert| expert.name.as_str()).collect();
        names.iter().position(|known| *known == name).ok_or_else(|| {
            let expected = expected(&name, &names);
            document.error("policy.fallback", format!("`{name}`"), expected)
        })
    });
    let (fallback, battery) = (fallback.transpose()?, levels(&keys.battery, document)?);
    Ok(Policy { max_share, battery, fallback, ..without_names(keys) })
}

fn levels(table: &BTreeMap<String, f64>, document: &Document<'_>) -> Result<Vec<(u16, f64)>> {
    let mut levels = Vec::new();
    for (level, &rate) in table {
        match level.parse::<u16>() {
            Ok(number) if number <= 1000 => levels.push((number, rate)),
            _ => {
                let key = format!("policy.battery.{level}");
                return Err(document.error(&key, format!("level `{level}`"), LEVELS));
            }
        }
    }
    if levels.len() > mild::MAX_ENERGY_STEPS {
        let found = format!("{} levels", levels.len());
        let expected = format!("at most {} levels", mild::MAX_ENERGY_STEPS);
        return Err(document.error("policy.battery", found, expected));
    }
    levels.sort_unstable_by_key(|&(level, _)| level);
    if levels.first().is_some_and(|&(level, _)| level != 0) {
        return Err(document.error("policy.battery", "no level 0", LEVELS));
    }
    Ok(levels)
}
