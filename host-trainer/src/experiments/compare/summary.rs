//! From the records of all methods on one log to what a person reads: means over seeds, paired
//! intervals, verdicts.

use serde::Serialize;

use super::curve::{POINTS, Point};
use super::record::{Choices, Record};
use crate::arithmetic::statistics::Estimate;
use crate::data::dataset::Dataset;
use crate::data::part::Part;
use crate::data::reference::{best_single, oracle};
use crate::judge::evaluate::resamples;
use crate::judge::report::imbalance::{cheapest_right, cheapest_right_of};

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

/// What a paired interval says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// The interval lies below 0: a lower loss.
    Better,
    /// It holds 0.
    Tie,
    /// It lies above 0.
    Worse,
}

/// Differences of losses below this are rounding.
const ROUNDING: f64 = 1e-9;

impl Verdict {
    /// The verdict on a difference of losses.
    #[must_use]
    pub(crate) fn of(difference: Estimate) -> Self {
        match difference {
            Estimate { high, .. } if high < -ROUNDING => Self::Better,
            Estimate { low, .. } if low > ROUNDING => Self::Worse,
            _ => Self::Tie,
        }
    }

    /// In a table.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Tie => "tie",
            Self::Worse => "worse",
        }
    }
}

/// A difference of deferral losses, paired by row and seed, and what it says.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Against {
    /// This method minus the other.
    pub difference: Estimate,
    /// The verdict.
    pub verdict: Verdict,
}

impl std::fmt::Display for Against {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Estimate { mean, low, high } = self.difference;
        write!(f, "{mean:+.4} ({low:+.4} to {high:+.4}) {}", self.verdict.name())
    }
}

/// One method on one log.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MethodSummary {
    /// The method.
    pub method: String,
    /// Seeds that its figures are means over.
    pub seeds: usize,
    /// Deferral loss of the image with offsets, or of the float rejector where there is no image;
    /// the interval covers rows (or groups) and seeds.
    pub loss: Estimate,
    /// The lowest and the highest seed's.
    pub loss_of_seeds: [f64; 2],
    /// Float with offsets.
    pub float: f64,
    /// Float without offsets.
    pub float_plain: f64,
    /// Image with offsets; none if some seed has no image.
    pub int8: Option<f64>,
    /// Image without offsets.
    pub int8_plain: Option<f64>,
    /// Why a seed has no image where the method makes one.
    pub no_image: Option<String>,
    /// Share of test rows on which float and image decide alike.
    pub agreement: Option<f64>,
    /// Against the best of the methods that answer with the same local model.
    pub against_best: Against,
    /// Against the best single expert in hindsight.
    pub against_best_single: Against,
    /// Against [`BASELINE`], where that was run.
    pub against_baseline: Option<Against>,
    /// Share of rows answered locally.
    pub coverage: f64,
    /// Share of rows answered right.
    pub accuracy: f64,
    /// The same without offsets.
    pub accuracy_plain: f64,
    /// Share of all rows on which a classifier of its own is right.
    pub own_accuracy: Option<f64>,
    /// Mean price.
    pub price: f64,
    /// Share of rows answered by each expert.
    pub shares: Vec<f64>,
    /// On rows where a minority expert is the cheapest right choice: the share given to it. An
    /// expert is of the minority if it is the cheapest right choice on less than its even share of
    /// rows.
    pub minority_recall: Option<f64>,
    /// Deferral loss of choosing by lot with the same shares.
    pub random_loss: f64,
    /// Area under accuracy over deferral rate.
    pub area: f64,
    /// Area under the risk-coverage curve of the local answers.
    pub aurc: f64,
    /// Its generalised form.
    pub augrc: f64,
    /// RouteLLM's APGR, with two experts.
    pub apgr: Option<f64>,
    /// RouteLLM's CPT(50 %).
    pub cpt_50: Option<f64>,
    /// The curve, mean over seeds.
    pub curve: Vec<Point>,
    /// Bytes of the image, the largest over seeds.
    pub image_bytes: Option<usize>,
    /// Whether it brings its own classifier in place of the log's local answers.
    pub own_classifier: bool,
    /// What the first seed chose.
    pub chosen: String,
}

/// A method's name and its records, one a seed.
pub(crate) type Records = (String, Vec<Record>);

/// The losses of one line of the table: for each seed, of each test row.
pub(crate) type SeedLosses = Vec<Vec<f64>>;

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

/// Resampled means of all lines, rows (or groups) and seeds drawn alike for each.
pub(crate) struct Paired {
    pub(crate) means: Vec<f64>,
    /// For each draw the mean of each line.
    draws: Vec<Vec<f64>>,
}

impl Paired {
    pub(crate) fn new(test: &Part, lines: &[SeedLosses]) -> Self {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
        let of_line = |line: &SeedLosses| mean(&line.iter().map(|v| mean(v)).collect::<Vec<_>>());
        let draws = resamples(test, 0).means_of_seeds(lines);
        Self { means: lines.iter().map(of_line).collect(), draws }
    }

    fn interval(mean: f64, mut values: Vec<f64>) -> Estimate {
        values.sort_by(f64::total_cmp);
        let last = values.len().saturating_sub(1) as f64;
        let at = |share: f64| values.get((share * last).round() as usize).copied().unwrap_or(mean);
        Estimate { mean, low: at(0.025), high: at(0.975) }
    }

    fn estimate(&self, line: usize) -> Estimate {
        Self::interval(self.means[line], self.draws.iter().map(|draw| draw[line]).collect())
    }

    pub(crate) fn against(&self, a: usize, b: usize) -> Against {
        let differences = self.draws.iter().map(|draw| draw[a] - draw[b]).collect();
        let difference = Self::interval(self.means[a] - self.means[b], differences);
        Against { difference, verdict: Verdict::of(difference) }
    }
}

/// Everything of a method that needs no other.
fn figures(name: &str, seeds: &[Record], test: &Part) -> MethodSummary {
    let count = seeds.len().max(1) as f64;
    let over_seeds = |value: &dyn Fn(&Record) -> f64| seeds.iter().map(value).sum::<f64>() / count;
    let all = |value: &dyn Fn(&Record) -> Option<f64>| -> Option<f64> {
        let values: Option<Vec<f64>> = seeds.iter().map(value).collect();
        values.filter(|values| !values.is_empty()).map(|values| values.iter().sum::<f64>() / count)
    };
    let rows = test.rows().max(1) as f64;
    let loss =
        |record: &Record, choices: &[u16]| record.losses(test, choices).iter().sum::<f64>() / rows;
    let of_image =
        |record: &Record, choices: &dyn Fn(&Choices) -> f64| record.int8.as_ref().map(choices);
    let losses: Vec<f64> = seeds.iter().map(|record| loss(record, record.choices())).collect();
    let shares: Vec<f64> = (0..test.experts() as u16)
        .map(|k| over_seeds(&|r| r.choices().iter().filter(|&&c| c == k).count() as f64 / rows))
        .collect();
    let mean_price = |record: &Record, k: u16| loss(record, &vec![k; test.rows()]);
    let random_loss = over_seeds(&|record| {
        let at_random = shares.iter().zip(0u16..).map(|(share, k)| share * mean_price(record, k));
        at_random.sum::<f64>()
    });
    let none = Estimate { mean: 0.0, low: 0.0, high: 0.0 };
    let undecided = Against { difference: none, verdict: Verdict::Tie };
    MethodSummary {
        method: name.to_owned(),
        seeds: seeds.len(),
        loss: none,
        loss_of_seeds: [
            losses.iter().copied().fold(f64::INFINITY, f64::min),
            losses.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        ],
        float: over_seeds(&|record| loss(record, &record.float.tuned)),
        float_plain: over_seeds(&|record| loss(record, &record.float.plain)),
        int8: all(&|record| of_image(record, &|choices| loss(record, &choices.tuned))),
        int8_plain: all(&|record| of_image(record, &|choices| loss(record, &choices.plain))),
        no_image: seeds.iter().find_map(|record| record.no_image.clone()),
        agreement: all(&|record| {
            let alike = |int8: &Choices| {
                let pairs = int8.tuned.iter().zip(&record.float.tuned);
                pairs.filter(|(a, b)| a == b).count() as f64 / rows
            };
            of_image(record, &alike)
        }),
        against_best: undecided,
        against_best_single: undecided,
        against_baseline: None,
        coverage: shares.first().copied().unwrap_or(0.0),
        accuracy: over_seeds(&|record| record.accuracy(test, record.choices())),
        accuracy_plain: over_seeds(&|record| record.accuracy(test, record.plain_choices())),
        own_accuracy: all(&|record| {
            let errors = record.local_errors.as_ref()?.iter();
            Some(1.0 - errors.map(|&error| f64::from(error)).sum::<f64>() / rows)
        }),
        price: over_seeds(&|record| {
            let chosen = record.choices().iter().enumerate();
            chosen.map(|(row, &k)| f64::from(test.prices().row(row)[usize::from(k)])).sum::<f64>()
                / rows
        }),
        shares,
        minority_recall: minority_recall(seeds, test),
        random_loss,
        area: over_seeds(&|record| record.curve.area),
        aurc: over_seeds(&|record| record.curve.aurc),
        augrc: over_seeds(&|record| record.curve.augrc),
        apgr: all(&|record| record.curve.apgr),
        cpt_50: all(&|record| record.curve.cpt_50),
        curve: (0..POINTS)
            .map(|at| Point {
                deferral_rate: over_seeds(&|record| record.curve.points[at].deferral_rate),
                error: over_seeds(&|record| record.curve.points[at].error),
                price: over_seeds(&|record| record.curve.points[at].price),
            })
            .collect(),
        image_bytes: seeds.iter().filter_map(|record| record.image_bytes).max(),
        own_classifier: seeds.iter().any(|record| record.local_errors.is_some()),
        chosen: seeds.first().map_or(String::new(), |record| record.chosen.clone()),
    }
}

fn minority_recall(seeds: &[Record], test: &Part) -> Option<f64> {
    let counts = cheapest_right(test);
    let even = counts.iter().sum::<usize>() as f64 / test.experts().max(1) as f64;
    let wanted: Vec<(usize, usize)> = (0..test.rows())
        .filter_map(|row| Some((row, cheapest_right_of(test, row)?)))
        .filter(|&(_, k)| (counts[k] as f64) < even)
        .collect();
    if wanted.is_empty() {
        return None;
    }
    let found = seeds.iter().map(|record| {
        let choices = record.choices();
        wanted.iter().filter(|&&(row, k)| usize::from(choices[row]) == k).count() as f64
    });
    Some(found.sum::<f64>() / (wanted.len() * seeds.len().max(1)) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::Expert;
    use crate::data::matrix::Matrix;
    use crate::data::part::PartColumns;
    use crate::experiments::compare::curve::Curve;

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
