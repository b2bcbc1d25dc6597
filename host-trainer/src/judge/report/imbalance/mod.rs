//! What a log says before anything is trained: how unequally its experts are needed, what there is
//! to win, and what would make learning hopeless.

mod needs;
mod obstacles;
mod part;

use std::fmt::Write as _;

use serde::Serialize;

use obstacles::obstacles;

pub(crate) use needs::{cheapest_right, cheapest_right_of};
pub(crate) use part::PartReport;

use crate::data::dataset::Dataset;
use crate::data::notes::{GlobNote, Incomplete, LogNotes, Strangers};
use crate::data::split::Split;
use crate::error::list;
use crate::judge::report::check::classes;
use crate::warnings::Warning;

/// The imbalance of a log and what single experts cost on it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LogReport {
    /// Inputs of a rejector for this log, one-hot columns counted each.
    pub inputs: usize,
    /// Their names, in their order.
    pub input_names: Vec<String>,
    /// Number of classes among the labels, if the log has labels.
    pub classes: Option<usize>,
    /// The names of the classes, in their order.
    pub class_names: Vec<String>,
    /// How the log was understood.
    pub log: LogNotes,
    /// The parts, in the order train, calibration, test.
    pub parts: Vec<PartReport>,
    /// What looks wrong about the log, and obstacles to learning, the gravest first.
    pub warnings: Vec<Warning>,
}

impl LogReport {
    /// Looks at a log. `warnings`: what looks wrong about it.
    #[must_use]
    pub(crate) fn new(data: &Dataset, mut warnings: Vec<Warning>) -> Self {
        let classes = classes(data);
        let parts: Vec<PartReport> =
            Split::ALL.iter().map(|&split| PartReport::new(data, split)).collect();
        let obstacles = obstacles(data, classes, &parts);
        warnings.extend(obstacles.into_iter().map(|text| Warning::new("obstacle", text)));
        Self {
            inputs: data.inputs(),
            input_names: data.feature_names.clone(),
            classes,
            class_names: data.class_names.clone(),
            log: data.notes.clone(),
            parts,
            warnings,
        }
    }

    /// For a terminal.
    #[must_use]
    pub(crate) fn render(&self) -> String {
        let names = |names: &[String]| list(names.iter().map(String::as_str));
        let mut text = format!("{}\n", self.log.recognised);
        for GlobNote { key, glob, columns } in &self.log.globs {
            if columns.len() != 1 || columns[0] != *glob {
                let count = columns.len();
                let _ = writeln!(text, "`{key}`: `{glob}` stands for {count}: {}", names(columns));
            }
        }
        let _ = writeln!(text, "{} inputs: {}", self.inputs, names(&self.input_names));
        if let Some(classes) = self.classes {
            let _ = writeln!(text, "{classes} classes: {}", names(&self.class_names));
        }
        for Strangers { expert, rows, answers, examples, .. } in &self.log.strangers {
            let examples = names(examples);
            let _ = writeln!(
                text,
                "{expert}: {rows} of {answers} answers are no class and count as wrong: {examples}"
            );
        }
        if self.log.left_out > 0 {
            let _ = writeln!(text, "{} rows without every answer are left out", self.log.left_out);
        }
        if let Some(Incomplete { rows, complete, .. }) = &self.log.incomplete {
            let _ = writeln!(
                text,
                "everybody was asked on {complete} of {rows} rows; each expert's figures rest on the \
                 rows on which it was asked, the oracle on the cheapest of those asked"
            );
        }
        text.push('\n');
        for part in &self.parts {
            text += &part.render();
            text.push('\n');
        }
        if self.warnings.is_empty() {
            text.push_str("nothing looks wrong, and no obstacle to learning was found\n");
        }
        for warning in &self.warnings {
            let _ = writeln!(text, "warning: {}", warning.text);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::needs::{balance, masses};
    use super::*;
    use crate::data::dataset::Expert;
    use crate::data::part::Part;
    use crate::data::part::PartColumns;

    fn part(errors: &[[f32; 3]]) -> Part {
        let rows = errors.len();
        PartColumns {
            rows,
            inputs: 2,
            experts: 3,
            features: (0..rows).flat_map(|row| [row as f32, 1.0]).collect(),
            errors: errors.concat(),
            prices: [0.0, 0.1, 0.3].repeat(rows),
            labels: Some(vec![0; rows]),
            ..PartColumns::default()
        }
        .padded()
    }

    fn data(train: Part) -> Dataset {
        let expert =
            |name: &str| Expert { name: name.into(), mean_price: 0.0, price_varies: false };
        Dataset {
            feature_names: vec!["moving".into(), "still".into()],
            experts: ["local", "cloud", "person"].map(expert).to_vec(),
            class_names: vec![],
            log_digest: [0; 8],
            notes: Default::default(),
            calibration: train.clone(),
            test: train.clone(),
            train,
            raw: None,
            windows: vec![],
        }
    }

    #[test]
    fn counts_masses_and_balance() {
        let part = part(&[[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]);
        assert_eq!(cheapest_right(&part), [1, 1, 1]);
        let report = LogReport::new(&data(part.clone()), Vec::new());
        let train = &report.parts[0];
        assert!((train.balance - 1.0).abs() < 1e-12 && train.nobody_right == 0.25);
        assert_eq!(train.ties, 0.0);
        // Row 1: costs 1.0, 0.1, 0.3, so weights 0, 0.9, 0.7.
        let masses = masses(&part);
        assert!(
            (masses[1] - (0.2f64.powi(2) + 0.9f64.powi(2) + 0.0 + 0.2f64.powi(2))).abs() < 1e-6
        );
        assert_eq!(balance(&[5, 0, 0]), 0.0);
    }

    #[test]
    fn hopeless_logs_are_told_of() {
        let seen = vec![Warning { kind: "expert", text: "said before".to_owned() }];
        let data = data(part(&[[0.0, 0.0, 1.0]; 300]));
        let warnings: Vec<String> =
            LogReport::new(&data, seen).warnings.into_iter().map(|warning| warning.text).collect();
        for expected in [
            "nothing to learn",
            "said before",
            "cloud is never the cheapest right choice",
            "cloud never costs less than local",
            "all labels are equal",
        ] {
            assert!(warnings.iter().any(|w| w.contains(expected)), "{expected}: {warnings:?}");
        }
        assert!(!warnings.iter().any(|w| w.contains("drawn alike")), "{warnings:?}");
    }

    #[test]
    fn a_shift_is_told_of_and_chance_is_not() {
        let mut data = data(part(&[[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]].repeat(200)));
        let says = |data: &Dataset, text: &str| {
            LogReport::new(data, Vec::new()).warnings.iter().any(|w| w.text.contains(text))
        };
        assert!(!says(&data, "drawn alike"));
        data.calibration = part(&[[0.0, 1.0, 1.0], [0.0, 0.0, 0.0]].repeat(200));
        assert!(says(&data, "local errs on 50.0%"));
    }
}
