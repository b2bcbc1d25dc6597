//! The data of `mild demo`: a deferral log made from real measurements, without a download.
//!
//! # The story
//! A node sits in a wine tank. Its probes measure density, pH and alcohol, and it shall tell in
//! which band the wine's *fixed acidity* lies: below 7.5, 7.5 to 9, or from 9 g/L. Measuring that
//! needs a titration. The node guesses with a small decision tree. Up-link are three better
//! informed experts, each with a price:
//!
//! | expert | what it is | it sees |
//! |---|---|---|
//! | `local` | decision tree, four splits deep | the three probes |
//! | `gateway` | decision tree, six splits deep | and citric acid, from a test strip in the cellar |
//! | `specialist` | random forest fitted on the two upper bands only, so it never answers the lowest | all ten analyses |
//! | `cloud` | random forest fitted on all three bands | all ten analyses |
//!
//! On the test split they are right on 71, 75, 56 and 81 of 100 wines. The cheapest expert that is
//! right is the node for 226 of the 319 wines, then the specialist (44), the cloud (13) and the
//! gateway (12); for 24 wines nobody is right.
//!
//! The ten analyses are all of the source's eleven but the fixed acidity itself. The rejector sees
//! what the node has: the three probes.
//!
//! # What is real and what is not
//! The measurements and the experts' errors are real; the tank, the prices and the division of the
//! work are made up. The target is fixed acidity and not the tasters' `quality` mark, which the set
//! is known for, because from three probes it cannot be seen who judges a wine's quality better:
//! routers gained nothing there. The mark is in the log, unused.
//!
//! The experts are *cross-fitted*: the rows are dealt into five folds, and each expert that answers
//! a fold was fitted on the other four. 240 of the 1,599 rows repeat the analyses of an earlier
//! row. Equal rows share a fold, or an expert would recognise a wine that it was fitted on, and
//! share a split, or a rejector would be tested on what it has learned.
//!
//! # Source
//! 1,599 red wines, *vinho verde* from the north of Portugal: P. Cortez, A. Cerdeira, F. Almeida,
//! T. Matos and J. Reis, "Modeling wine preferences by data mining from physicochemical
//! properties", Decision Support Systems 47 (2009) 547-553; UCI Machine Learning Repository, "Wine
//! Quality", <https://doi.org/10.24432/C56S3T>, licence CC BY 4.0. The file comes with the crate
//! [`linfa_datasets`] (MIT or Apache-2.0).

mod tree;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::arithmetic::random::Random;
use tree::{Forest, Growth, Samples, Tree};

/// The demonstration's deferral log and its configuration, as the files a user would write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DemoLog {
    /// The log, to be written as `wine.csv`. Columns: `x_gravity` (density above that of water,
    /// g/L), `x_ph`, `x_alcohol` (% by volume), the label, the split, the group of equal rows, one
    /// prediction per expert; then, for analysis only, what the node does not see: the laboratory's
    /// figures (`lab_...`) and the tasters' `quality`.
    pub csv: String,
    /// The configuration beside it (TOML), to be written as `wine.toml`.
    pub config: String,
}

/// Makes the deferral log of the module's story; the same bytes on every call and every host.
#[must_use]
pub(crate) fn wine() -> DemoLog {
    let wines = Wines::load();
    let splits = deal_splits(&wines.groups);
    let folds = deal_folds(&wines.groups);
    let answers = answers(&wines, &folds);
    DemoLog { csv: csv(&wines, &splits, &answers), config: CONFIG.to_owned() }
}

/// The prices are in units of one error. They are set so that on the train and calibration splits
/// always the node, always the gateway and always the cloud cost about the same: which of them to
/// ask is open, and the answer depends on the wine.
const CONFIG: &str = r#"# Which band of fixed acidity is this wine in, and who should say so?
# 1,599 red wines (Cortez et al. 2009, CC BY 4.0); experts fitted in five folds.
[data]
log = "wine.csv"
features = ["x_gravity", "x_ph", "x_alcohol"]
label = "label"        # 0: below 7.5 g/L, 1: 7.5 to 9 g/L, 2: from 9 g/L
split = "split"
group = "group"        # equal rows

# The probes deliver whole counts of 0.01 g/L, 0.01 pH and 0.01 % by volume.
[raw]
scale = 0.01

[[expert]]
name = "local"         # a small decision tree on the three probes
prediction = "pred_local"
price = 0.0

[[expert]]
name = "gateway"       # a deeper tree, and a test strip for citric acid
prediction = "pred_gateway"
price = 0.05

[[expert]]
name = "specialist"    # a forest that knows sour wines only
prediction = "pred_specialist"
price = 0.03

[[expert]]
name = "cloud"         # a forest for all wines
prediction = "pred_cloud"
price = 0.1
"#;

/// The experts in the configuration's order.
const EXPERTS: [&str; 4] = ["local", "gateway", "specialist", "cloud"];

/// One column of the source: the log's name for it, and how its values become whole counts.
struct Column {
    name: &'static str,
    /// Taken off first, so that the counts of the density fit 16 bits.
    offset: f64,
    /// Counts per unit of the source.
    counts: f64,
    /// Decimals of the log's unit: a count is ten to the power of minus this.
    decimals: usize,
}

const fn column(name: &'static str, counts: f64, decimals: usize) -> Column {
    Column { name, offset: 0.0, counts, decimals }
}

/// The source's columns in the source's order. The counts are as fine as the source's values are
/// printed, but for alcohol: a few values there are means of three (9.5333) and are rounded to two
/// decimals.
const COLUMNS: [Column; 11] = [
    column("lab_fixed_acidity", 100.0, 2),
    column("lab_volatile_acidity", 1000.0, 3),
    column("lab_citric_acid", 100.0, 2),
    column("lab_residual_sugar", 100.0, 2),
    column("lab_chlorides", 1000.0, 3),
    column("lab_free_sulfur_dioxide", 10.0, 1),
    column("lab_total_sulfur_dioxide", 10.0, 1),
    // The source has g/mL.
    Column { name: "x_gravity", offset: 1.0, counts: 100_000.0, decimals: 2 },
    column("x_ph", 100.0, 2),
    column("lab_sulphates", 100.0, 2),
    column("x_alcohol", 100.0, 2),
];

const FIXED_ACIDITY: usize = 0;
const CITRIC_ACID: usize = 2;
const GRAVITY: usize = 7;
const PH: usize = 8;
const ALCOHOL: usize = 10;

/// What the node measures.
const PROBES: [usize; 3] = [GRAVITY, PH, ALCOHOL];
/// What the gateway knows: the probes, and a test strip for citric acid.
const STRIP: [usize; 4] = [CITRIC_ACID, GRAVITY, PH, ALCOHOL];
/// What the specialist and the cloud know: all but the answer.
const LABORATORY: [usize; 10] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
/// What the log carries beside the features, for analysis only.
const UNSEEN: [usize; 8] = [0, 1, 2, 3, 4, 5, 6, 9];

/// The lowest counts of the middle and the upper band: round figures that leave about a third of
/// the wines in each.
const BANDS: [i16; 2] = [750, 900];

const FOLDS: usize = 5;
/// Enough that more trees change few answers.
const TREES: usize = 60;
const FOLD_SEED: u64 = 1;
const SPLIT_SEED: u64 = 2;
const SPECIALIST_SEED: u64 = 3;
const CLOUD_SEED: u64 = 4;

/// The source in whole numbers.
struct Wines {
    readings: Vec<[i16; COLUMNS.len()]>,
    quality: Vec<usize>,
    bands: Vec<u8>,
    /// Equal readings have equal numbers; groups are numbered as they first appear.
    groups: Vec<usize>,
}

impl Wines {
    fn load() -> Self {
        let source = linfa_datasets::winequality();
        let readings: Vec<[i16; COLUMNS.len()]> = (0..source.records.nrows())
            .map(|row| {
                std::array::from_fn(|at| {
                    let Column { offset, counts, .. } = COLUMNS[at];
                    // Rounding takes off the error of the binary fraction, so the count is the
                    // printed decimal.
                    ((source.records[(row, at)] - offset) * counts).round() as i16
                })
            })
            .collect();
        let bands = readings
            .iter()
            .map(|reading| {
                BANDS.iter().filter(|&&lowest| reading[FIXED_ACIDITY] >= lowest).count() as u8
            })
            .collect();
        let mut numbers = BTreeMap::new();
        let groups = readings
            .iter()
            .map(|reading| {
                let next = numbers.len();
                *numbers.entry(*reading).or_insert(next)
            })
            .collect();
        Self { readings, quality: source.targets.to_vec(), bands, groups }
    }
}

/// The groups in a seeded order.
fn shuffled_groups(groups: &[usize], seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..groups.iter().max().map_or(0, |last| last + 1)).collect();
    Random::new(seed).shuffle(&mut order);
    order
}

/// The fold of every row; rows of one group share a fold.
fn deal_folds(groups: &[usize]) -> Vec<usize> {
    let order = shuffled_groups(groups, FOLD_SEED);
    let mut fold = vec![0; order.len()];
    for (position, &group) in order.iter().enumerate() {
        fold[group] = position % FOLDS;
    }
    groups.iter().map(|&group| fold[group]).collect()
}

/// The split of every row, about 60/20/20; rows of one group share a split.
fn deal_splits(groups: &[usize]) -> Vec<&'static str> {
    let order = shuffled_groups(groups, SPLIT_SEED);
    let mut size = vec![0; order.len()];
    for &group in groups {
        size[group] += 1;
    }
    let mut split = vec![""; order.len()];
    let mut dealt = 0;
    for &group in &order {
        split[group] = match dealt * 5 / groups.len() {
            0..3 => "train",
            3 => "calibration",
            _ => "test",
        };
        dealt += size[group];
    }
    groups.iter().map(|&group| split[group]).collect()
}

/// Per fold, the rows that an expert is fitted on and the rows that it then answers.
fn partitions(folds: &[usize]) -> [(Vec<usize>, Vec<usize>); FOLDS] {
    std::array::from_fn(|fold| (0..folds.len()).partition(|&row| folds[row] != fold))
}

/// The experts' answers, row by row, each from an expert that was not fitted on the row's fold.
fn answers(wines: &Wines, folds: &[usize]) -> Vec<[u8; EXPERTS.len()]> {
    let samples = Samples { readings: &wines.readings, classes: &wines.bands };
    let mut answers = vec![[0; EXPERTS.len()]; folds.len()];
    for (fold, (fitted, answered)) in partitions(folds).into_iter().enumerate() {
        let sour: Vec<usize> = fitted.iter().copied().filter(|&row| wines.bands[row] > 0).collect();
        let random = |seed: u64| Random::new((seed << 32) | fold as u64);
        let local = Tree::fit(samples, &fitted, &PROBES, Growth { depth: 4, leaf: 5 });
        let gateway = Tree::fit(samples, &fitted, &STRIP, Growth { depth: 6, leaf: 5 });
        let specialist =
            Forest::fit(samples, &sour, &LABORATORY, TREES, &mut random(SPECIALIST_SEED));
        let cloud = Forest::fit(samples, &fitted, &LABORATORY, TREES, &mut random(CLOUD_SEED));
        for row in answered {
            let reading = &wines.readings[row];
            answers[row] = [
                local.classify(reading),
                gateway.classify(reading),
                specialist.classify(reading),
                cloud.classify(reading),
            ];
        }
    }
    answers
}

/// The log's text, written from the counts: no floating-point number is formatted.
fn csv(wines: &Wines, splits: &[&str], answers: &[[u8; EXPERTS.len()]]) -> String {
    let mut header: Vec<String> = PROBES.map(|at| COLUMNS[at].name.to_owned()).to_vec();
    header.extend(["label", "split", "group"].map(str::to_owned));
    header.extend(EXPERTS.map(|name| format!("pred_{name}")));
    header.extend(UNSEEN.map(|at| COLUMNS[at].name.to_owned()));
    header.push("quality".to_owned());

    let mut text = header.join(",");
    text.push('\n');
    for (row, reading) in wines.readings.iter().enumerate() {
        let mut fields: Vec<String> = PROBES.map(|at| decimal(reading[at], at)).to_vec();
        fields.push(wines.bands[row].to_string());
        fields.push(splits[row].to_owned());
        fields.push(wines.groups[row].to_string());
        fields.extend(answers[row].map(|answer| answer.to_string()));
        fields.extend(UNSEEN.map(|at| decimal(reading[at], at)));
        fields.push(wines.quality[row].to_string());
        text.push_str(&fields.join(","));
        text.push('\n');
    }
    text
}

/// A count of the column `at` as a decimal number in the log's unit.
fn decimal(count: i16, at: usize) -> String {
    let decimals = COLUMNS[at].decimals;
    let unit = 10_u16.pow(decimals as u32);
    let size = count.unsigned_abs();
    let mut text = String::new();
    if count < 0 {
        text.push('-');
    }
    // Writing to a string cannot fail.
    let _ = write!(text, "{}.{:0decimals$}", size / unit, size % unit);
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// The log as a user of it sees it: column name to values.
    fn columns(log: &DemoLog) -> HashMap<String, Vec<String>> {
        let mut reader = csv::Reader::from_reader(log.csv.as_bytes());
        let header = reader.headers().unwrap().clone();
        let mut columns: HashMap<String, Vec<String>> = HashMap::new();
        for record in reader.records() {
            // The reader itself refuses rows of another length than the header.
            for (name, value) in header.iter().zip(&record.unwrap()) {
                columns.entry(name.to_owned()).or_default().push(value.to_owned());
            }
        }
        columns
    }

    #[test]
    fn two_calls_give_the_same_bytes() {
        assert_eq!(wine(), wine());
    }

    /// These bytes are the same on every host; whoever changes them on purpose changes the
    /// published figures too.
    #[test]
    fn log_has_its_published_bytes() {
        use sha2::{Digest, Sha256};
        let sum: String =
            Sha256::digest(wine().csv).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(sum, "d5b691c09e8f417042ce590aa51aff0e1c0be7de97159611f8392cfbf91e9635");
    }

    #[test]
    fn log_has_every_row_and_every_column_of_the_configuration() {
        let log = wine();
        let columns = columns(&log);
        assert_eq!(columns.len(), 3 + 3 + EXPERTS.len() + 8 + 1);
        assert!(columns.values().all(|values| values.len() == 1599));

        let config: toml::Table = log.config.parse().unwrap();
        let data = config["data"].as_table().unwrap();
        for feature in data["features"].as_array().unwrap() {
            assert!(columns.contains_key(feature.as_str().unwrap()), "{feature}");
        }
        for key in ["label", "split", "group"] {
            assert!(columns.contains_key(data[key].as_str().unwrap()), "{key}");
        }
        let experts = config["expert"].as_array().unwrap();
        assert_eq!(experts.len(), EXPERTS.len());
        for (expert, name) in experts.iter().zip(EXPERTS) {
            assert_eq!(expert["name"].as_str(), Some(name));
            assert!(columns.contains_key(expert["prediction"].as_str().unwrap()));
            assert!((0.0..1.0).contains(&expert["price"].as_float().unwrap()));
        }
        assert_eq!(experts[0]["price"].as_float(), Some(0.0));
    }

    /// The trainer reads the two texts as it reads a user's files.
    #[test]
    fn trainer_accepts_the_log() {
        let log = wine();
        let config =
            crate::intake::config::Config::parse(&log.config, "wine.toml".as_ref()).unwrap();
        let read = crate::intake::log::read_from(log.csv.as_bytes(), "wine.csv".as_ref(), &config);
        assert_eq!(read.unwrap().inputs(), PROBES.len());
    }

    #[test]
    fn features_are_whole_counts_of_the_probes() {
        let columns = columns(&wine());
        for at in PROBES {
            for (text, reading) in columns[COLUMNS[at].name].iter().zip(Wines::load().readings) {
                let value: f64 = text.parse().unwrap();
                assert_eq!((value * 100.0).round(), f64::from(reading[at]), "{text}");
            }
        }
        assert_eq!(columns["x_gravity"][0], "-2.20");
        assert_eq!(columns["lab_volatile_acidity"][0], "0.700");
    }

    /// Reading the source through 16-bit counts loses nothing but the third decimal of alcohol.
    #[test]
    fn counts_are_the_source() {
        let source = linfa_datasets::winequality();
        let wines = Wines::load();
        for (row, reading) in wines.readings.iter().enumerate() {
            for (at, column) in COLUMNS.iter().enumerate() {
                let error = (source.records[(row, at)] - column.offset) * column.counts
                    - f64::from(reading[at]);
                let limit = if at == ALCOHOL { 0.5 } else { 1e-6 };
                assert!(error.abs() <= limit, "row {row}, {}: {error}", column.name);
            }
        }
    }

    #[test]
    fn splits_are_about_60_20_20_and_keep_equal_rows_together() {
        let wines = Wines::load();
        let splits = deal_splits(&wines.groups);
        for (name, wanted) in [("train", 959), ("calibration", 320), ("test", 320)] {
            let rows = splits.iter().filter(|&&split| split == name).count();
            assert!(rows.abs_diff(wanted) <= 10, "{name}: {rows}");
        }
        let mut seen = HashMap::new();
        for (reading, split) in wines.readings.iter().zip(&splits) {
            assert_eq!(seen.entry(reading).or_insert(split), &split);
        }
        assert_eq!(seen.len(), 1359, "240 rows repeat another");
    }

    /// No expert answers a row that it was fitted on, nor one equal to such a row.
    #[test]
    fn experts_are_fitted_on_other_wines_than_they_answer() {
        let wines = Wines::load();
        let mut times_answered = vec![0; wines.readings.len()];
        for (fitted, answered) in partitions(&deal_folds(&wines.groups)) {
            assert!(answered.len() > 250 && fitted.len() + answered.len() == 1599);
            let fitted: std::collections::HashSet<_> =
                fitted.iter().map(|&row| wines.readings[row]).collect();
            for row in answered {
                assert!(!fitted.contains(&wines.readings[row]), "row {row}");
                times_answered[row] += 1;
            }
        }
        assert!(times_answered.iter().all(|&times| times == 1));
    }

    /// An expert's answers to a fold do not change with the fold's labels: nothing was learned from
    /// them.
    #[test]
    fn answers_do_not_depend_on_the_labels_of_their_own_fold() {
        let mut wines = Wines::load();
        let folds = deal_folds(&wines.groups);
        let before = answers(&wines, &folds);
        for (band, &fold) in wines.bands.iter_mut().zip(&folds) {
            if fold == 0 {
                *band = (*band + 1) % 3;
            }
        }
        let after = answers(&wines, &folds);
        for row in 0..folds.len() {
            if folds[row] == 0 {
                assert_eq!(before[row], after[row], "row {row}");
            }
        }
        assert_ne!(before, after);
    }

    #[test]
    fn experts_are_as_good_as_the_documentation_says() {
        let columns = columns(&wine());
        let right = |expert: &str, split: &str| {
            let rows: Vec<usize> =
                (0..1599).filter(|&row| columns["split"][row] == split).collect();
            let hits = rows
                .iter()
                .filter(|&&row| columns[&format!("pred_{expert}")][row] == columns["label"][row])
                .count();
            hits as f64 / rows.len() as f64
        };
        for split in ["train", "calibration", "test"] {
            assert!((0.62..0.76).contains(&right("local", split)));
            assert!((0.66..0.82).contains(&right("gateway", split)));
            assert!((0.48..0.64).contains(&right("specialist", split)));
            assert!((0.74..0.86).contains(&right("cloud", split)));
        }
        assert!(columns["pred_specialist"].iter().all(|band| band != "0"));
        for band in ["0", "1", "2"] {
            let rows = columns["label"].iter().filter(|&label| label == band).count();
            assert!((400..600).contains(&rows), "band {band}: {rows}");
        }
    }
}
