//! The third layer of a configuration: defaults, and keys that must fit each other.

use std::path::Path;

use glob::Pattern;
use mild::window_features::Statistic;

use super::schema::Document;
use super::{
    Answer, Budget, Confidence, Config, Data, Expert, Limit, MAX_EXPERTS, MAX_NAME, PerColumn,
    Policy, Price, Quantize, RangeRule, Ranges, Raw, Readings, Rejector, Train, Window, multi_task,
    policy,
};
use super::{Effort, Method, raw};
use crate::error::{Result, list};
use crate::loss::Margins;

pub(super) fn check(
    mut raw: raw::Config,
    document: &Document<'_>,
    path: &Path,
    digest: [u8; 8],
) -> Result<Config> {
    let windows = windows(raw.window, document)?;
    let data = data(raw.data, !windows.is_empty(), document, path)?;
    let max_share = max_share(&raw.expert, document)?;
    let confidence = confidence(&mut raw.expert, document)?;
    let experts = experts(raw.expert, &data, &raw.units, raw.radio.as_ref(), document)?;
    let multi_task = multi_task::check(raw.multi_task, data.target.as_deref(), &experts, document)?;
    let names: Vec<String> = experts.iter().map(|expert| expert.name.clone()).collect();
    let policy = match raw.policy {
        Some(policy) => Some(policy::check(policy, &names, max_share, document)?),
        None if max_share.is_empty() => None,
        None => Some(Policy { max_share, ..Policy::default() }),
    };
    let train = raw.train;
    let method = raw.rejector.method.unwrap_or(Method::AUTO);
    if let (Some(own), Some(tau)) = (method.tau(), train.tau)
        && tau != own
    {
        let expected = format!("`{own}` or nothing: `{method}` is defined with `{own}`");
        return Err(document.error("train.tau", format!("`{tau}`"), expected));
    }
    Ok(Config {
        path: path.to_path_buf(),
        digest,
        data,
        experts,
        multi_task,
        confidence,
        windows,
        raw: raw.raw.map(|raw| readings(raw, document)).transpose()?,
        rejector: Rejector { method, hidden: raw.rejector.hidden },
        train: Train {
            seed: train.seed.unwrap_or(0),
            tau: train.tau,
            form: train.form,
            rho_rule: train.rho_rule,
            gamma: train.gamma,
            rho_bar: train.rho_bar,
            floor: train.floor.unwrap_or(Margins::PLAIN.floor),
            min_wins: train.min_wins.map_or(Margins::PLAIN.min_wins, |wins| wins as usize),
            l2: train.l2,
            max_iterations: train.max_iterations.unwrap_or(400),
            folds: train.folds.unwrap_or(5),
            effort: train.effort.unwrap_or(Effort::Normal),
        },
        quantize: quantize(&raw.quantize, document)?,
        budget: budget(&raw.budget, document),
        policy,
    })
}

fn quantize(raw: &raw::Quantize, document: &Document<'_>) -> Result<Quantize> {
    let ranges = match (raw.ranges.unwrap_or(RangeRule::SquaredError), raw.percentile) {
        (RangeRule::SquaredError, None) => Ranges::SquaredError,
        (RangeRule::SquaredError, Some(percentile)) => {
            let expected = "no percentile, or `ranges = \"percentile\"`";
            return Err(document.error("quantize.percentile", percentile.to_string(), expected));
        }
        (RangeRule::Percentile, percentile) => Ranges::Percentile(percentile.unwrap_or(99.9)),
    };
    let (tolerance, fine_tune) = (raw.tolerance.unwrap_or(0.003), raw.fine_tune.unwrap_or(100));
    Ok(Quantize { tolerance, ranges, fine_tune })
}

fn budget(raw: &raw::Budget, document: &Document<'_>) -> Budget {
    let limit = |most: Option<u32>, key: &str| {
        most.map(|most| Limit { most: most as usize, line: document.line(key) })
    };
    Budget {
        image_bytes: limit(raw.image_bytes, "budget.image_bytes"),
        macs: limit(raw.macs, "budget.macs"),
        scratch_bytes: limit(raw.scratch_bytes, "budget.scratch_bytes"),
    }
}

/// Features out of samples.
fn windows(raw: Vec<raw::Window>, document: &Document<'_>) -> Result<Vec<Window>> {
    let mut windows: Vec<Window> = Vec::with_capacity(raw.len());
    for (index, raw) in raw.into_iter().enumerate() {
        let key = |name: &str| format!("window[{index}].{name}");
        let missing = |name: &str, expected: &str| document.error(&key(name), "nothing", expected);
        let name = raw.name.ok_or_else(|| missing("name", "a name for its features"))?;
        if windows.iter().any(|window| window.name == name) {
            return Err(document.error(
                &key("name"),
                format!("`{name}` again"),
                "a name of its own",
            ));
        }
        if raw.samples.is_empty() {
            return Err(missing("samples", "at least one name or glob of columns of samples"));
        }
        for (place, glob) in raw.samples.iter().enumerate() {
            pattern(glob, &key(&format!("samples[{place}]")), document)?;
        }
        if raw.statistics.is_empty() {
            return Err(missing("statistics", "at least one statistic"));
        }
        let known = Statistic::ALL.map(Statistic::name);
        let mut statistics = Vec::new();
        for (place, text) in raw.statistics.iter().enumerate() {
            let key = key(&format!("statistics[{place}]"));
            let Some(statistic) = Statistic::ALL.into_iter().find(|one| one.name() == text) else {
                let expected = super::expected(text, &known);
                return Err(document.error(&key, format!("`{text}`"), expected));
            };
            if statistics.contains(&statistic) {
                return Err(document.error(&key, format!("`{text}` again"), "each one once"));
            }
            statistics.push(statistic);
        }
        let readings = raw.readings.unwrap_or(Readings::F32);
        windows.push(Window { name, samples: raw.samples, statistics, readings });
    }
    Ok(windows)
}

fn data(
    raw: Option<raw::Data>,
    windows: bool,
    document: &Document<'_>,
    path: &Path,
) -> Result<Data> {
    let missing = |key: &str, expected: &str| document.error(key, "nothing", expected);
    let raw = raw.ok_or_else(|| missing("data", "a section `[data]`"))?;
    let log = raw.log.ok_or_else(|| missing("data.log", "the path of the deferral log"))?;
    if raw.features.is_empty() && raw.categorical.is_empty() && !windows {
        return Err(missing("data.features", "at least one name or glob of feature columns"));
    }
    for (index, glob) in raw.features.iter().enumerate() {
        pattern(glob, &format!("data.features[{index}]"), document)?;
    }
    for (index, name) in raw.categorical.iter().enumerate() {
        if raw.categorical[..index].contains(name) {
            let key = format!("data.categorical[{index}]");
            return Err(document.error(&key, format!("`{name}` again"), "every column once"));
        }
    }
    Ok(Data {
        log: path.parent().unwrap_or(Path::new("")).join(log),
        features: raw.features,
        categorical: raw.categorical,
        label: raw.label,
        target: raw.target,
        split: raw.split,
        group: raw.group,
        classes: raw.classes,
    })
}

/// The caps of the experts; the device itself can have none.
fn max_share(experts: &[raw::Expert], document: &Document<'_>) -> Result<Vec<(u8, f64)>> {
    let shares = (0u8..).zip(experts).filter_map(|(k, expert)| Some((k, expert.max_share?)));
    let shares: Vec<(u8, f64)> = shares.collect();
    match shares.first() {
        Some((0, share)) => {
            let key = "expert[0].max_share";
            Err(document.error(
                key,
                share.to_string(),
                "none: the device always answers what is left",
            ))
        }
        _ => Ok(shares),
    }
}

/// What the log says of how sure the device itself is; no other expert is asked before it answers.
fn confidence(experts: &mut [raw::Expert], document: &Document<'_>) -> Result<Option<Confidence>> {
    let mut found = None;
    for (index, expert) in experts.iter_mut().enumerate() {
        let key = |name: &str| format!("expert[{index}].{name}");
        let (largest, all) = (expert.confidence.take(), expert.probabilities.take());
        if index > 0 {
            let expected = "none: only the device itself, expert 0, says how sure it is";
            if let Some(column) = largest {
                return Err(document.error(&key("confidence"), format!("`{column}`"), expected));
            }
            if let Some(globs) = all {
                let found = list(globs.iter().map(String::as_str));
                return Err(document.error(&key("probabilities"), found, expected));
            }
            continue;
        }
        match (largest, all) {
            (Some(_), Some(_)) => {
                let found = "`probabilities` beside `confidence`";
                let expected = "at most one of `confidence` and `probabilities`";
                return Err(document.error(&key("probabilities"), found, expected));
            }
            (Some(column), None) => found = Some(Confidence::Largest(column)),
            (None, Some(globs)) => {
                if globs.is_empty() {
                    let expected = "names or globs of columns, one column per class";
                    return Err(document.error(&key("probabilities"), "nothing", expected));
                }
                for (place, glob) in globs.iter().enumerate() {
                    pattern(glob, &key(&format!("probabilities[{place}]")), document)?;
                }
                found = Some(Confidence::Probabilities(globs));
            }
            (None, None) => {}
        }
    }
    Ok(found)
}

fn experts(
    raw: Vec<raw::Expert>,
    data: &Data,
    units: &policy::Units,
    radio: Option<&policy::Radio>,
    document: &Document<'_>,
) -> Result<Vec<Expert>> {
    if !(2..=MAX_EXPERTS).contains(&raw.len()) {
        let expected = format!("2 to {MAX_EXPERTS} sections `[[expert]]`, the device itself first");
        return Err(document.error("expert", format!("{} sections", raw.len()), expected));
    }
    let mut experts: Vec<Expert> = Vec::with_capacity(raw.len());
    for (index, raw) in raw.into_iter().enumerate() {
        let key = |name: &str| format!("expert[{index}].{name}");
        let physical = policy::physical(&raw, &key, units, radio, document)?;
        let (cost, cost_column) = (raw.cost, raw.cost_column);
        let name =
            raw.name.ok_or_else(|| document.error(&key("name"), "nothing", "the expert's name"))?;
        if name.len() > MAX_NAME {
            let found = format!("`{name}` of {} bytes", name.len());
            return Err(document.error(&key("name"), found, format!("at most {MAX_NAME} bytes")));
        }
        if let Some(first) = experts.iter().position(|expert| expert.name == name) {
            let found = format!("`{name}`, which is the name of expert {first} too");
            return Err(document.error(&key("name"), found, "a unique name"));
        }
        let answer = match (raw.prediction, raw.loss_column, raw.value) {
            (Some(column), None, None) => Answer::Prediction(column),
            (None, Some(column), None) => Answer::Loss(column),
            (prediction, None, Some(value)) => Answer::Value { prediction, value },
            (None, None, None) => {
                return Err(document.error(
                    &key("prediction"),
                    "nothing",
                    "either `prediction` or `loss_column`, or a `value`",
                ));
            }
            (_, Some(_), Some(_)) => {
                let found = "`loss_column` beside `value`";
                return Err(document.error(&key("loss_column"), found, "one or the other"));
            }
            (Some(_), Some(_), None) => {
                let found = "`loss_column` beside `prediction`";
                return Err(document.error(
                    &key("loss_column"),
                    found,
                    "either `prediction` or `loss_column`",
                ));
            }
        };
        let has_class =
            matches!(answer, Answer::Prediction(_) | Answer::Value { prediction: Some(_), .. });
        if has_class && data.label.is_none() {
            let found = format!("nothing, but `{}`", key("prediction"));
            return Err(document.error("data.label", found, "the column of the right answers"));
        }
        let price = match (cost, cost_column) {
            (Some(_), Some(_)) => {
                let found = "`cost_column` beside `cost`";
                return Err(document.error(
                    &key("cost_column"),
                    found,
                    "at most one of `cost` and `cost_column`",
                ));
            }
            (None, Some(column)) if physical == 0.0 => Price::Column(column),
            (None, Some(_)) => {
                let found = "`cost_column` beside physical costs";
                return Err(document.error(&key("cost_column"), found, "one or the other"));
            }
            // Adding 0 turns -0 into 0.
            (cost, None) => Price::Fixed((cost.unwrap_or(0.0) + physical) as f32 + 0.0),
        };
        experts.push(Expert { name, answer, price });
    }
    Ok(experts)
}

fn readings(raw: raw::Raw, document: &Document<'_>) -> Result<Raw> {
    let per_column = |value, key: &str| match value {
        raw::PerColumn::All(number) => Ok(PerColumn::All(number as f32)),
        raw::PerColumn::Each(table) => {
            for glob in table.keys() {
                pattern(glob, &format!("{key}.{glob}"), document)?;
            }
            Ok(PerColumn::Each(
                table.into_iter().map(|(glob, number)| (glob, number as f32)).collect(),
            ))
        }
    };
    let scale = raw
        .scale
        .ok_or_else(|| document.error("raw.scale", "nothing", "a scale for every feature"))?;
    Ok(Raw {
        scale: per_column(scale, "raw.scale")?,
        offset: raw
            .offset
            .map_or(Ok(PerColumn::All(0.0)), |offset| per_column(offset, "raw.offset"))?,
    })
}

fn pattern(glob: &str, key: &str, document: &Document<'_>) -> Result<()> {
    Pattern::new(glob).map(drop).map_err(|error| {
        document.error(key, format!("`{glob}` ({})", error.msg), "a column name or glob")
    })
}
