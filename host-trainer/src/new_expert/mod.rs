//! An expert that nobody has logged yet, added to a trained rejector from a handful of its labelled
//! answers.
//!
//! Sourced (idea): expert-agnostic learning to defer, EA-L2D 2025, of which only the abstract was
//! at hand: an expert is described by a Bayesian accuracy for each class, without retraining.
//! Derived (what is done here): the accuracies by empirical Bayes ([`ClassAccuracies`]); from them
//! the expert's *expected* error on every row of the log, by the row's label; on those one more row
//! in the network's last layer ([`add_row`]), weighed against a training anew ([`Extension`]).
//!
//! **What this cannot know:** which rows of a class the expert gets wrong. Within a class its
//! errors are taken to be independent of the features.

mod accuracy;
mod answers;
mod extend;
mod extension;
mod report;
mod row;

pub(crate) use accuracy::ClassAccuracies;
pub(crate) use answers::answers;
pub(crate) use extend::extend;
pub(crate) use extension::losses;
pub(crate) use extension::{Extension, ExtensionMethod, Weighed};
pub(crate) use report::ExtendReport;
pub(crate) use row::{add_row, level_row};

use crate::data::dataset::Dataset;
use crate::data::part::Part;
use crate::data::split::Split;
use crate::error::{Error, Result, list};
use crate::intake::config::{Config, MAX_EXPERTS, MAX_NAME};

/// One answer of an expert to a sample whose class is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LabelledAnswer {
    /// The class of the sample.
    pub label: u16,
    /// Whether the answer was right.
    pub right: bool,
}

/// The classes that the rows of a log have, ascending; none without labels.
#[must_use]
pub(crate) fn classes(data: &Dataset) -> Vec<u16> {
    let parts = Split::ALL.map(|split| data.part(split));
    let mut classes: Vec<u16> =
        parts.iter().flat_map(|part| part.labels().into_iter().flatten()).copied().collect();
    classes.sort_unstable();
    classes.dedup();
    classes
}

/// Whether a log can take one more expert of this name.
///
/// # Errors
/// If the log has no labels or no room, if the name is taken or has a wrong length, or if the
/// configuration promises something.
pub(crate) fn check(config: &Config, data: &Dataset, name: &str) -> Result<()> {
    let config_path = || config.path.clone();
    if data.train.labels().is_none() {
        return Err(Error::NewExpertWithoutLabels { config: config_path() });
    }
    if config.policy.is_some() {
        return Err(Error::NewExpertWithPolicy { config: config_path() });
    }
    let (found, most) = (data.experts.len(), MAX_EXPERTS - 1);
    if found > most {
        return Err(Error::NoRoomForExpert { config: config_path(), found, most });
    }
    let expected = if name.is_empty() || name.len() > MAX_NAME {
        format!("1 to {MAX_NAME} bytes")
    } else if data.experts.iter().any(|expert| expert.name == name) {
        let names = data.experts.iter().map(|expert| expert.name.as_str());
        format!("a name other than {}", list(names))
    } else {
        return Ok(());
    };
    Err(Error::NewExpertName { config: config_path(), found: name.to_owned(), expected })
}

/// The log with one more expert, whose error on a row is the one expected by the row's class.
/// Without labels it is the one expected of any class.
#[must_use]
pub(crate) fn with_expected(
    data: &Dataset,
    name: &str,
    price: f32,
    known: &ClassAccuracies,
) -> Dataset {
    data.with_expert(name, price, |part: &Part, row| {
        let label = part.labels().map(|labels| labels[row]);
        (1.0 - label.map_or(known.prior.mean, |label| known.of_class(label))) as f32
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::testing::log;

    #[test]
    fn expected_errors_follow_the_class_on_every_part() {
        let (_, data) = log(40, 20);
        let answers: Vec<LabelledAnswer> =
            (0..40).map(|i| LabelledAnswer { label: i % 2, right: i % 2 == 1 }).collect();
        let known = ClassAccuracies::of(&answers, &classes(&data));
        let wider = with_expected(&data, "person", 0.3, &known);
        for split in Split::ALL {
            let (part, old) = (wider.part(split), data.part(split));
            for (row, &label) in old.labels().as_ref().unwrap().iter().enumerate() {
                assert_eq!(part.errors().row(row)[..2], *old.errors().row(row));
                assert_eq!(part.errors().row(row)[2], (1.0 - known.of_class(label)) as f32);
                assert_eq!(part.prices().row(row)[2], 0.3);
            }
        }
        assert_eq!((wider.experts[2].name.as_str(), wider.experts[2].mean_price), ("person", 0.3));
        assert_eq!(wider.without_expert(2), data);
    }

    #[test]
    fn what_a_log_cannot_take_is_refused_with_the_reason() {
        let (config, data) = log(40, 20);
        assert!(check(&config, &data, "person").is_ok());
        let refused = |config: &Config, data: &Dataset, name: &str, part: &str| {
            let error = check(config, data, name).unwrap_err().to_string();
            assert!(error.contains(part) && error.contains("mild.toml"), "{error}");
        };
        refused(
            &config,
            &data,
            "cloud",
            "found `cloud`, expected a name other than `local`, `cloud`",
        );
        refused(&config, &data, "", "1 to 32 bytes");
        let mut full = data.clone();
        full.experts = (0..32).map(|_| data.experts[1].clone()).collect();
        refused(&config, &full, "person", "found 32, expected at most 31");
        let mut blind = data.clone();
        blind.train.edit(|columns| columns.labels = None);
        refused(&config, &blind, "person", "`data.label`: found nothing");
        let promising = Config { policy: Some(Default::default()), ..config };
        refused(&promising, &data, "person", "section `[policy]`");
    }
}
