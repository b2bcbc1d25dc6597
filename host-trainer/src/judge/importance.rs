//! Which features earn their place: by how much the deferral loss rises if the values of one are
//! shuffled among the rows (permutation importance; Breiman 2001, "Random forests", section 10).

use mild::{Image, Reachable, Rejector};
use rayon::prelude::*;
use serde::Serialize;

use super::evaluate::resamples;
use crate::arithmetic::random::Random;
use crate::arithmetic::statistics::Estimate;
use crate::data::dataset::Dataset;
use crate::data::part::Part;
use crate::intake::config::{Config, FeatureCore};
use crate::integers::artifact::decisions;
use crate::integers::window_costs::window_costs;

/// Shuffles of each feature.
const PERMUTATIONS: usize = 10;

/// Multiply-accumulates of all decisions together: a second or two.
const MOST_WORK: usize = 400_000_000;

/// What a decision takes beside its multiply-accumulates, in these.
const OVERHEAD: usize = 200;

/// If there is too much work, rows are left out, but not below this.
const LEAST_ROWS: usize = 100;

/// How much each feature matters to an image, on some rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Importance {
    /// Rows that were looked at, all or drawn by the seed.
    pub rows: usize,
    /// Shuffles of each feature, by the seed.
    pub permutations: usize,
    /// The features, that with the largest rise first.
    pub features: Vec<FeatureImportance>,
}

/// How much a feature matters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeatureImportance {
    /// The feature or categorical column, or a window, `name.*`, all features of which are shuffled
    /// together.
    pub name: String,
    /// By how much the mean deferral loss rises if it is shuffled, with a 95 % bootstrap interval.
    pub rise: Estimate,
    /// Of a window feature: the estimated instructions that it saves a decision if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<FeatureInstructions>,
}

/// Estimated instructions of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FeatureInstructions {
    /// On a Cortex-M0, without an FPU.
    pub m0: u64,
    /// On a Cortex-M4 with an FPU of single precision.
    pub m4: u64,
}

impl FeatureInstructions {
    /// Of what this says for each core.
    pub(crate) fn of(instructions: impl Fn(FeatureCore) -> f64) -> Self {
        let of = |core| instructions(core).round() as u64;
        Self { m0: of(FeatureCore::M0), m4: of(FeatureCore::M4) }
    }
}

/// Inputs that are shuffled together.
struct Shuffled {
    name: String,
    inputs: Vec<usize>,
    instructions: Option<FeatureInstructions>,
}

/// The permutation importance of all features of an image, on rows of a part; nothing if that would
/// take too long, or if there are no rows.
pub(crate) fn importance(
    image: &Image<'_>,
    config: &Config,
    data: &Dataset,
    part: &Part,
    seed: u64,
) -> Option<Importance> {
    let shuffled = shuffled(config, data);
    let work = shuffled.len() * PERMUTATIONS * (image.macs() as usize + OVERHEAD);
    let most_rows = (MOST_WORK / work.max(1)).max(LEAST_ROWS);
    if part.rows() == 0 || work.saturating_mul(LEAST_ROWS) > 10 * MOST_WORK {
        return None;
    }
    let mut random = Random::new(seed);
    let mut rows: Vec<usize> = (0..part.rows()).collect();
    if rows.len() > most_rows {
        random.shuffle(&mut rows);
        rows.truncate(most_rows);
        rows.sort_unstable();
    }
    let part = part.subset(&rows);
    let orders: Vec<Vec<usize>> = (0..PERMUTATIONS)
        .map(|_| {
            let mut order: Vec<usize> = (0..part.rows()).collect();
            random.shuffle(&mut order);
            order
        })
        .collect();
    let choices = decisions(image, &part);
    let bootstrap = resamples(&part, seed);
    let mut features: Vec<FeatureImportance> = shuffled
        .into_par_iter()
        .map(|Shuffled { name, inputs, instructions }| {
            let rises = rises(image, &part, &choices, &inputs, &orders);
            FeatureImportance { name, rise: bootstrap.estimate(&rises), instructions }
        })
        .collect();
    // Stable: features that matter alike stay in the order of the inputs.
    features.sort_by(|a, b| b.rise.mean.total_cmp(&a.rise.mean));
    Some(Importance { rows: part.rows(), permutations: PERMUTATIONS, features })
}

/// By how much each row's deferral loss rises in the mean if the inputs are those of other rows.
fn rises(
    image: &Image<'_>,
    part: &Part,
    choices: &[usize],
    inputs: &[usize],
    orders: &[Vec<usize>],
) -> Vec<f64> {
    let rejector = Rejector::new(image);
    let mut scratch = vec![0; image.scratch_words()];
    let mut features = Vec::with_capacity(part.inputs());
    let mut rises = vec![0.0; part.rows()];
    for order in orders {
        for (row, &other) in order.iter().enumerate() {
            features.clear();
            features.extend_from_slice(part.row(row));
            inputs.iter().for_each(|&input| features[input] = part.row(other)[input]);
            let decision = rejector.decide(&features[..], Reachable::ALL, &mut scratch);
            let expert = usize::from(decision.expect("a log holds no NaN").expert);
            let loss = |k: usize| f64::from(part.deferral_loss(row, k));
            rises[row] += loss(expert) - loss(choices[row]);
        }
    }
    rises.iter_mut().for_each(|rise| *rise /= orders.len() as f64);
    rises
}

/// Every column, and every window of several features.
fn shuffled(config: &Config, data: &Dataset) -> Vec<Shuffled> {
    let costs = FeatureCore::ALL.iter().map(|&core| (core, window_costs(&data.windows, core)));
    let costs: Vec<_> = costs.collect();
    let saved = |core: FeatureCore, input: usize| {
        let (_, costs) = costs.iter().find(|(known, _)| *known == core)?;
        costs.features.iter().find(|(known, _)| *known == input).map(|(_, saved)| *saved)
    };
    let columns = columns(config, data).into_iter().map(|(name, inputs)| {
        let instructions = saved(FeatureCore::M0, inputs[0])
            .map(|_| FeatureInstructions::of(|core| saved(core, inputs[0]).unwrap_or(0.0)));
        Shuffled { name, inputs, instructions }
    });
    let windows = data.windows.iter().filter(|log| log.inputs().count() > 1).map(|log| Shuffled {
        name: format!("{}.*", log.window.name),
        inputs: log.inputs().map(|(input, _)| input).collect(),
        instructions: Some(FeatureInstructions::of(|core| {
            window_costs(std::slice::from_ref(log), core).total
        })),
    });
    columns.chain(windows).collect()
}

/// The inputs, with those of a categorical column together.
pub(crate) fn columns(config: &Config, data: &Dataset) -> Vec<(String, Vec<usize>)> {
    let categorical = &config.data.categorical;
    let column = |name: &str| {
        let column = name.split_once('=')?.0;
        let matches = |glob: &String| {
            glob == column || glob::Pattern::new(glob).is_ok_and(|glob| glob.matches(column))
        };
        categorical.iter().any(matches).then(|| column.to_owned())
    };
    let mut columns: Vec<(String, Vec<usize>)> = Vec::new();
    for (input, name) in data.feature_names.iter().enumerate() {
        match (column(name), columns.last_mut()) {
            (Some(column), Some((last, inputs))) if *last == column => inputs.push(input),
            (Some(column), _) => columns.push((column, vec![input])),
            (None, _) => columns.push((name.clone(), vec![input])),
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::testing;
    use crate::learn::store::Forgetful;
    use crate::pipeline::train;
    use crate::progress::Silent;

    #[test]
    fn the_feature_that_decides_matters_and_the_other_does_not() {
        let (config, data) = testing::log(400, 1000);
        let trained = train(&config, &data, &Forgetful, &Silent).unwrap();
        let image = trained.artifact.image();
        let of = |seed| importance(&image, &config, &data, &data.test, seed).unwrap();
        let found = of(3);
        assert_eq!((found.rows, found.permutations), (1000, PERMUTATIONS));
        let [first, second] = &found.features[..] else { panic!("{found:?}") };
        assert!(first.rise.low > 0.02 && first.rise.low < first.rise.mean, "{found:?}");
        assert!(second.rise.high < first.rise.low / 4.0, "{found:?}");
        assert_eq!(found, of(3));
        assert_ne!(found, of(4));
    }

    #[test]
    fn shuffling_by_hand_gives_the_same_rise() {
        let (config, data) = testing::log(400, 60);
        let trained = train(&config, &data, &Forgetful, &Silent).unwrap();
        let image = trained.artifact.image();
        let choices = decisions(&image, &data.test);
        let order: Vec<usize> = (0..60).rev().collect();
        let found = rises(&image, &data.test, &choices, &[1], std::slice::from_ref(&order));
        let mut other = data.test.clone();
        other.edit(|columns| {
            for row in 0..60 {
                columns.features[2 * row + 1] = data.test.row(59 - row)[1];
            }
        });
        let shuffled = decisions(&image, &other);
        for row in 0..60 {
            let loss = |k: usize| f64::from(data.test.deferral_loss(row, k));
            assert!((found[row] - (loss(shuffled[row]) - loss(choices[row]))).abs() < 1e-9);
        }
        assert!(found.iter().any(|&rise| rise > 0.0));
    }

    #[test]
    fn columns_of_windows_and_categories_are_shuffled_together() {
        use crate::data::window::{LogWindow, Window};
        use mild::window_features::Statistic;

        let (mut config, mut data) = testing::log(40, 20);
        config.data.categorical = vec!["kind".to_owned()];
        let names = ["w.rms", "w.mean", "kind=a", "kind=b"];
        data.feature_names = names.map(str::to_owned).to_vec();
        let window = Window {
            name: "w".to_owned(),
            statistics: vec![Statistic::Rms, Statistic::Mean],
            ..Window::default()
        };
        data.windows = vec![LogWindow { window, length: 64, first: 0 }];
        let found = shuffled(&config, &data);
        let found: Vec<(&str, &[usize], bool)> = found
            .iter()
            .map(|one| (one.name.as_str(), &one.inputs[..], one.instructions.is_some()))
            .collect();
        let expected: [(&str, &[usize], bool); 4] = [
            ("w.rms", &[0], true),
            ("w.mean", &[1], true),
            ("kind", &[2, 3], false),
            ("w.*", &[0, 1], true),
        ];
        assert_eq!(found, expected);
    }
}
