//! The keys of answers that have a value: `data.target`, `expert.value`, `[multi_task]`.

use serde::Deserialize;

use super::schema::Document;
use super::{Answer, Expert, MultiTask};
use crate::error::Result;

/// Section `[multi_task]` as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMultiTask {
    lambda_1: Option<f64>,
    lambda_2: Option<f64>,
    cap: Option<f64>,
    beta: Option<f64>,
}

/// The weights, if the experts' answers have a value. All must have one then, or they can't be compared; the
/// same for classes beside the values.
pub(super) fn check(
    raw: Option<RawMultiTask>,
    target: Option<&str>,
    experts: &[Expert],
    document: &Document<'_>,
) -> Result<Option<MultiTask>> {
    let key = |index: usize, name: &str| format!("expert[{index}].{name}");
    let has_value = |expert: &Expert| matches!(expert.answer, Answer::Value { .. });
    let Some(first) = experts.iter().position(has_value) else {
        let expected = "`value` of every expert, which this is about";
        return match (target, raw) {
            (Some(target), _) => {
                Err(document.error("data.target", format!("`{target}`, but no values"), expected))
            }
            (None, Some(_)) => {
                Err(document.error("multi_task", "the section, but no values", expected))
            }
            (None, None) => Ok(None),
        };
    };
    if let Some(index) = experts.iter().position(|expert| !has_value(expert)) {
        let found = format!("nothing, but `{}`", key(first, "value"));
        let expected = "a `value` of every expert, or of none";
        return Err(document.error(&key(index, "value"), found, expected));
    }
    if target.is_none() {
        let found = format!("nothing, but `{}`", key(first, "value"));
        return Err(document.error("data.target", found, "the column of the true values"));
    }
    let has_class =
        |expert: &Expert| matches!(expert.answer, Answer::Value { prediction: Some(_), .. });
    let classes = experts.iter().position(has_class);
    if let (Some(with), Some(without)) =
        (classes, experts.iter().position(|expert| !has_class(expert)))
    {
        let found = format!("nothing, but `{}`", key(with, "prediction"));
        let expected = "a `prediction` beside every `value`, or beside none";
        return Err(document.error(&key(without, "prediction"), found, expected));
    }
    let raw = raw.unwrap_or(RawMultiTask { lambda_1: None, lambda_2: None, cap: None, beta: None });
    if let (Some(lambda), None) = (raw.lambda_1.filter(|&lambda| lambda > 0.0), classes) {
        let found = format!("{lambda}, but no expert has a `prediction`");
        return Err(document.error(
            "multi_task.lambda_1",
            found,
            "0, or a `prediction` beside every `value`",
        ));
    }
    let multi_task = MultiTask {
        lambda_1: raw.lambda_1.unwrap_or(if classes.is_some() { 1.0 } else { 0.0 }),
        lambda_2: raw.lambda_2.unwrap_or(1.0),
        cap: raw.cap.unwrap_or(5.0),
        beta: raw.beta.unwrap_or(1.0),
    };
    if multi_task.largest() > 0.0 {
        Ok(Some(multi_task))
    } else {
        let found = format!("0 beside `lambda_1` = {}", multi_task.lambda_1);
        let expected = "at least one of `lambda_1` and `lambda_2` above 0";
        Err(document.error("multi_task.lambda_2", found, expected))
    }
}
