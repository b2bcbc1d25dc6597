//! The keys of answers that have a value: `data.target`, `expert.value`, `[multi_task]`.

use super::super::checked::{AnswerColumns, ExpertConfig};
use super::super::document::Document;
use super::super::keys::MultiTaskKeys;
use crate::data::multi_task::MultiTask;
use crate::error::Result;

/// The weights, if the experts' answers have a value. Then all answers must have one, or they could
/// not be compared. The same holds for classes beside the values.
pub(super) fn check(
    keys: Option<MultiTaskKeys>,
    target: Option<&str>,
    experts: &[ExpertConfig],
    document: &Document<'_>,
) -> Result<Option<MultiTask>> {
    let key = |index: usize, name: &str| format!("expert[{index}].{name}");
    let has_value = |expert: &ExpertConfig| matches!(expert.answer, AnswerColumns::Value { .. });
    let Some(first) = experts.iter().position(has_value) else {
        let expected = "a `value` of every expert beside it";
        return match (target, keys) {
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
        let found = format!("nothing, although there is `{}`", key(first, "value"));
        let expected = "a `value` of every expert, or of none";
        return Err(document.error(&key(index, "value"), found, expected));
    }
    if target.is_none() {
        let found = format!("nothing, although there is `{}`", key(first, "value"));
        return Err(document.error("data.target", found, "the column of the true values"));
    }
    let has_class = |expert: &ExpertConfig| {
        matches!(expert.answer, AnswerColumns::Value { prediction: Some(_), .. })
    };
    let classes = experts.iter().position(has_class);
    if let (Some(with), Some(without)) =
        (classes, experts.iter().position(|expert| !has_class(expert)))
    {
        let found = format!("nothing, although there is `{}`", key(with, "prediction"));
        let expected = "a `prediction` beside every `value`, or beside none";
        return Err(document.error(&key(without, "prediction"), found, expected));
    }
    let keys = keys.unwrap_or_default();
    if let (Some(lambda), None) = (keys.lambda_1.filter(|&lambda| lambda > 0.0), classes) {
        let found = format!("{lambda}, but no expert has a `prediction`");
        return Err(document.error(
            "multi_task.lambda_1",
            found,
            "0, or a `prediction` beside every `value`",
        ));
    }
    let multi_task = MultiTask {
        lambda_1: keys.lambda_1.unwrap_or(if classes.is_some() { 1.0 } else { 0.0 }),
        lambda_2: keys.lambda_2,
        cap: keys.cap,
        beta: keys.beta,
    };
    if multi_task.largest() > 0.0 {
        Ok(Some(multi_task))
    } else {
        let found = format!("0 beside `lambda_1` = {}", multi_task.lambda_1);
        let expected = "at least one of `lambda_1` and `lambda_2` above 0";
        Err(document.error("multi_task.lambda_2", found, expected))
    }
}
