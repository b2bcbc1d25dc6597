//! From the records of all methods on one log to what a person reads: means over seeds, paired
//! intervals, verdicts.

use serde::Serialize;

use super::figures::{MethodSummary, figures};
use super::paired::{Paired, SeedLosses};
use super::record::Record;
use crate::data::dataset::Dataset;
use crate::data::reference::{best_single, oracle};

/// The reference of gains by margins.
pub(crate) const BASELINE: &str = "two-stage";

/// All methods on one log at one number of train rows.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LogSummary {
    /// The log's name.
    pub log: String,
    /// Train rows used; none for all.
    pub train_rows: Option<usize>,
    /// The number of experts, if the log was compared with its first experts alone.
    pub experts: Option<usize>,
    /// Test rows.
    pub rows: usize,
    /// Deferral loss of always answering locally.
    pub local: f64,
    /// Of the single expert that is best on the calibration rows.
    pub best_single_on_calibration: f64,
    /// Of the single expert that is best on the test rows, in hindsight.
    pub best_single: f64,
    /// Its name.
    pub best_single_name: String,
    /// Lowest possible.
    pub oracle: f64,
    /// Share of rows answered right at that loss.
    pub oracle_accuracy: f64,
    /// Each expert alone, on the test rows.
    pub constants: Vec<Constant>,
    /// The methods, in the order asked for.
    pub methods: Vec<MethodSummary>,
    /// Methods that can't be used on this log, and why.
    pub skipped: Vec<(String, String)>,
}

/// One expert alone.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Constant {
    /// Its name.
    pub expert: String,
    /// Deferral loss of always choosing it.
    pub loss: f64,
    /// Share of rows that it answers right.
    pub accuracy: f64,
}

/// A method's name and its records, one a seed.
pub(crate) type Records = (String, Vec<Record>);

/// Sums up one log.
#[must_use]
pub(crate) fn summarize(
    log: &str,
    train_rows: Option<usize>,
    data: &Dataset,
    records: &[Records],
    skipped: Vec<(String, String)>,
) -> LogSummary {
    let test = &data.test;
    let always = |k: usize| -> SeedLosses {
        vec![(0..test.rows()).map(|row| f64::from(test.deferral_loss(row, k))).collect()]
    };
    let hindsight = best_single(test);
    let on_calibration = best_single(&data.calibration);
    let mut lines: Vec<SeedLosses> = records
        .iter()
        .map(|(_, seeds)| seeds.iter().map(|r| r.losses(test, r.choices())).collect())
        .collect();
    lines.push(always(hindsight));
    lines.push(always(on_calibration));
    let (hindsight_line, calibration_line) = (records.len(), records.len() + 1);
    let paired = Paired::new(test, &lines);

    let rivals = (0..records.len())
        .filter(|&m| records[m].1.iter().all(|record| record.local_errors.is_none()))
        .chain([calibration_line]);
    let best = rivals
        .min_by(|&a, &b| paired.means[a].total_cmp(&paired.means[b]))
        .unwrap_or(calibration_line);
    let baseline = records.iter().position(|(name, _)| name == BASELINE);
    let methods = records
        .iter()
        .enumerate()
        .map(|(m, (name, seeds))| {
            let mut summary = figures(name, seeds, test);
            summary.loss = paired.estimate(m);
            summary.against_best = paired.against(m, best);
            summary.against_best_single = paired.against(m, hindsight_line);
            summary.against_baseline = baseline.map(|baseline| paired.against(m, baseline));
            summary
        })
        .collect();
    let cheapest = oracle(test);
    let accuracy = |choose: &dyn Fn(usize) -> usize| {
        let errors = (0..test.rows()).map(|row| f64::from(test.errors().row(row)[choose(row)]));
        1.0 - errors.sum::<f64>() / test.rows().max(1) as f64
    };
    let constants = data.experts.iter().enumerate().map(|(k, expert)| Constant {
        expert: expert.name.clone(),
        loss: test.mean_deferral_loss(|_| k),
        accuracy: accuracy(&|_| k),
    });
    LogSummary {
        log: log.to_owned(),
        train_rows,
        experts: None,
        rows: test.rows(),
        local: test.mean_deferral_loss(|_| 0),
        best_single_on_calibration: paired.means[calibration_line],
        best_single: paired.means[hindsight_line],
        best_single_name: data.experts[hindsight].name.clone(),
        oracle: test.mean_deferral_loss(|row| cheapest[row]),
        oracle_accuracy: accuracy(&|row| cheapest[row]),
        constants: constants.collect(),
        methods,
        skipped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::Expert;
    use crate::data::matrix::Matrix;
    use crate::data::part::{Part, PartColumns};
    use crate::experiments::compare::curve::Curve;
    use crate::experiments::compare::paired::Verdict;
    use crate::experiments::compare::record::Choices;

    /// Local is right on three rows of four, the expert (price 0.1) on all.
    fn data() -> Dataset {
        let rows = 400;
        let test = PartColumns {
            rows,
            experts: 2,
            errors: (0..rows).flat_map(|row| [f32::from(u8::from(row % 4 == 0)), 0.0]).collect(),
            prices: [0.0, 0.1].repeat(rows),
            ..PartColumns::default()
        }
        .padded();
        let expert =
            |name: &str| Expert { name: name.into(), mean_price: 0.0, price_varies: false };
        Dataset {
            feature_names: vec![],
            experts: vec![expert("local"), expert("cloud")],
            class_names: vec![],
            log_digest: [0; 8],
            notes: Default::default(),
            train: test.clone(),
            calibration: test.clone(),
            test,
            raw: None,
            windows: vec![],
        }
    }

    fn record(test: &Part, choose: impl Fn(usize) -> u16) -> Record {
        let tuned: Vec<u16> = (0..test.rows()).map(choose).collect();
        let float = Choices { plain: vec![0; test.rows()], tuned };
        let curve = Curve::new(test, &Matrix::filled(test.rows(), 2, 0.0), None);
        Record {
            chosen: "this".into(),
            int8: Some(float.clone()),
            float,
            no_image: None,
            image_bytes: Some(100),
            local_errors: None,
            seeded: true,
            curve,
        }
    }

    #[test]
    fn figures_and_verdicts_are_those_of_the_choices() {
        let data = data();
        let perfect = |row: usize| u16::from(row.is_multiple_of(4));
        // Misses two of a hundred.
        let late = |row: usize| u16::from(row.is_multiple_of(4) && row >= 8);
        let blind = |row: usize| u16::from(row % 4 == 1);
        let of = |choose: &dyn Fn(usize) -> u16| vec![record(&data.test, choose); 2];
        let records = [
            ("two-stage".to_owned(), of(&blind)),
            ("mild".to_owned(), of(&perfect)),
            ("late".to_owned(), of(&late)),
        ];
        let log = summarize("log", None, &data, &records, vec![]);
        let [blind, perfect, late] = &log.methods[..] else { panic!() };
        assert!((perfect.loss.mean - 0.025).abs() < 1e-9 && (blind.loss.mean - 0.275).abs() < 1e-9);
        assert_eq!(log.best_single_name, "cloud");
        let constants: Vec<_> =
            log.constants.iter().map(|c| (c.expert.as_str(), c.loss as f32, c.accuracy)).collect();
        assert_eq!(constants, [("local", 0.25, 0.75), ("cloud", 0.1, 1.0)]);
        assert_eq!((log.oracle as f32, log.oracle_accuracy), (0.025, 1.0));
        let verdicts = |m: &MethodSummary| {
            let baseline = m.against_baseline.unwrap().verdict;
            (m.against_best.verdict, m.against_best_single.verdict, baseline)
        };
        assert_eq!(verdicts(perfect), (Verdict::Tie, Verdict::Better, Verdict::Better));
        assert_eq!(verdicts(blind), (Verdict::Worse, Verdict::Worse, Verdict::Tie));
        assert_eq!(verdicts(late).0, Verdict::Tie, "two rows of 400 are within the noise");
        assert_eq!((perfect.minority_recall, blind.minority_recall), (Some(1.0), Some(0.0)));
        assert_eq!((perfect.coverage, perfect.accuracy), (0.75, 1.0));
        assert!((perfect.price - 0.025).abs() < 1e-6 && (perfect.float_plain - 0.25).abs() < 1e-9);
        // By lot: local on three quarters, at 0.25; the expert on one quarter, at 0.1.
        assert!((perfect.random_loss - (0.75 * 0.25 + 0.25 * 0.1)).abs() < 1e-6);
        assert_eq!((perfect.agreement, perfect.image_bytes), (Some(1.0), Some(100)));
    }

    #[test]
    fn equal_choices_tie_and_own_classifiers_stand_apart() {
        let data = data();
        let mut own = record(&data.test, |_| 0);
        own.local_errors = Some(vec![0.0; data.test.rows()]);
        own.int8 = None;
        let records = [
            ("one-stage".to_owned(), vec![own]),
            ("mild".to_owned(), vec![record(&data.test, |_| 1); 3]),
        ];
        let log = summarize("log", None, &data, &records, vec![]);
        let [own, mild] = &log.methods[..] else { panic!() };
        assert_eq!(own.loss.mean, 0.0);
        assert!(own.own_classifier && own.int8.is_none());
        // Always cloud is the best single expert itself, whatever the order of summation.
        assert_eq!(mild.against_best_single.verdict, Verdict::Tie);
        assert_eq!(mild.against_best.verdict, Verdict::Tie, "one's own classifier is no rival");
        assert!(mild.against_baseline.is_none());
    }
}
