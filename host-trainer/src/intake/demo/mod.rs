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

mod answers;
mod tree;
mod wines;

use answers::{EXPERTS, PROBES, answers, deal_folds, deal_splits};
use wines::{COLUMNS, Wines, decimal};

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

/// What the log carries beside the features, for analysis only.
const UNSEEN: [usize; 8] = [0, 1, 2, 3, 4, 5, 6, 9];

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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::answers::partitions;
    use super::wines::ALCOHOL;
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
