//! The report of `mild extend`.

use serde::Serialize;

use super::{ClassAccuracies, Extension, ExtensionMethod, Weighed};
use crate::intake::config::Config;
use crate::judge::report::TrainReport;
use crate::judge::terminal::{Look, align};

/// What `mild extend` writes into `metrics.json` and prints with `--json`: a training's report and
/// more. All figures of the new expert are expected ones.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ExtendReport {
    /// The new expert's name.
    pub new_expert: String,
    /// The price of one use, in units of one error.
    pub new_price: f32,
    /// How often it is expected to be right.
    pub accuracies: ClassAccuracies,
    /// Both ways on the calibration rows.
    pub weighed: Weighed,
    /// The one that was taken.
    pub method: ExtensionMethod,
    /// Share of the test rows given to the new expert.
    pub asked: f64,
    /// Share of those that it is expected to answer right; none if it is never asked.
    pub expected_accuracy: Option<f64>,
    /// The rejector on the log with the new expert's expected errors.
    #[serde(flatten)]
    pub training: TrainReport,
}

impl ExtendReport {
    /// Judges the rejector that was taken.
    #[must_use]
    pub(crate) fn new(extension: &Extension, accuracies: ClassAccuracies, config: &Config) -> Self {
        let Extension { data, weighed, .. } = extension;
        let trained = &extension.taken().trained;
        let method = extension.method();
        let mut training = TrainReport::new(trained, data, config);
        let new = data.experts.len() - 1;
        let name = data.experts[new].name.clone();
        if method == ExtensionMethod::LastRow {
            training.chosen += &format!(", without {name}, and a row for it");
        }
        let choices = trained.int8_choices(&data.test).into_iter().enumerate();
        let right = choices.filter(|&(_, k)| k == new);
        let right: Vec<f64> =
            right.map(|(row, _)| 1.0 - f64::from(data.test.errors().row(row)[new])).collect();
        Self {
            new_price: data.experts[new].mean_price,
            new_expert: name,
            accuracies,
            weighed: *weighed,
            method,
            asked: right.len() as f64 / data.test.rows().max(1) as f64,
            expected_accuracy: (!right.is_empty())
                .then(|| right.iter().sum::<f64>() / right.len() as f64),
            training,
        }
    }

    /// For a terminal.
    #[must_use]
    pub(crate) fn render(&self, look: Look) -> String {
        let Self { new_expert: name, accuracies, weighed, .. } = self;
        let mut cells = vec![["class", "answers", "right", "accuracy"].map(str::to_owned).to_vec()];
        cells.extend(accuracies.classes.iter().map(|class| {
            let (answers, right) = (class.answers.to_string(), class.right.to_string());
            let name = self.training.classes.get(usize::from(class.label));
            let name = name.cloned().unwrap_or_else(|| class.label.to_string());
            vec![name, answers, right, format!("{:.3}", class.accuracy)]
        }));
        let accuracy = match self.expected_accuracy {
            Some(accuracy) => {
                format!(", where it is expected to be right on {:.1}%", 100.0 * accuracy)
            }
            None => String::new(),
        };
        format!(
            "{name} by its answers (the classes share a mean of {:.3}, worth {:.1} answers):\n{}\n\
             expected deferral loss on the calibration rows: {:.4} without {name}, {:.4} with {}, {:.4} {}\n\
             (difference of the last two +- {:.4}); taken: {}\n\
             {name} is asked on {:.1}% of the test rows{accuracy}\n\n\
             All figures below assume that {name} makes the expected errors.\n{}",
            accuracies.prior.mean,
            accuracies.prior.strength,
            align(&cells),
            weighed.without,
            weighed.last_row,
            ExtensionMethod::LastRow.name(),
            weighed.anew,
            ExtensionMethod::Anew.name(),
            weighed.standard_error,
            self.method.name(),
            100.0 * self.asked,
            self.training.render_for(look),
        )
    }
}
