//! One more row in the last layer of a fitted network, all other parameters untouched.
//!
//! Derived. To the new expert the old rejector is one rival, with the score of its choice: the
//! two-stage log-loss with tau = `max` of these two is a weighted logistic loss in the difference
//! of their scores, convex in the row. The choice's score, not the softmax over all old scores, is
//! what the decision compares; so the row does not depend on which loss or tau gave the old scores
//! their scale.

use crate::arithmetic::network::Shape;
use crate::data::matrix::Matrix;
use crate::data::part::Part;
use crate::learn::batch::Blocks;
use crate::learn::fit::Fit;
use crate::learn::logistic::{self, Target, pull};
use crate::learn::objective::scores;
use crate::learn::offsets::argmax;
use crate::learn::platt_scaling::Affine;

/// Weight of a pull toward equal scores, as a share of a row's mean weight: keeps the row finite
/// where the new expert is always better or always worse, and changes no sign.
const PULL: f64 = 0.01;

/// Adds an output for the last expert of `part` to a network of the others, whose `offsets` are
/// tuned; `l2` is the factor of half the squared norm of the new weights.
///
/// # Panics
/// If the part does not have exactly one expert more than the network.
#[must_use]
pub(crate) fn add_row(fit: &Fit, offsets: &[f64], part: &Part, l2: f64) -> Fit {
    assert_eq!(fit.shape.outputs() + 1, part.experts(), "one more expert");
    let activations = activations(fit, part);
    let targets = targets(fit, offsets, part);
    with_row(fit, part, &logistic::fit(&activations, &targets, l2))
}

/// What the last layer sees of each row.
fn activations(fit: &Fit, part: &Part) -> Matrix<f32> {
    let all: Vec<usize> = (0..part.rows()).collect();
    let Some((&last, before)) = fit.shape.hidden().split_last() else {
        return Matrix::from_fn(part.rows(), part.inputs(), |row, feature| {
            fit.standardizer.apply(feature, part.row(row)[feature])
        });
    };
    let shape = Shape::new(fit.shape.inputs(), before, last);
    let inputs = Blocks::features(part, &all, &fit.standardizer);
    let activations = scores(&shape, &fit.parameters[..shape.parameters()], &inputs);
    activations.map(|activation| activation.max(0.0))
}

fn targets(fit: &Fit, offsets: &[f64], part: &Part) -> Vec<Target> {
    let all: Vec<usize> = (0..part.rows()).collect();
    let new = part.experts() - 1;
    if fit.platt_scaling.is_some() {
        // One-vs-all: the output is the log-odds of being right, whatever the others say.
        let right = all.iter().map(|&row| 1.0 - f64::from(part.errors().row(row)[new]));
        return right.map(|above| Target { rival: 0.0, above, below: 1.0 - above }).collect();
    }
    let old = fit.scores(part, &all);
    let mut targets: Vec<Target> = old
        .iter_rows()
        .enumerate()
        .map(|(row, scores)| {
            let choice = argmax(scores, offsets);
            let gain = f64::from(part.deferral_loss(row, choice))
                - f64::from(part.deferral_loss(row, new));
            let rival = scores[choice] + offsets[choice];
            Target { rival, above: gain.max(0.0), below: (-gain).max(0.0) }
        })
        .collect();
    pull(&mut targets, PULL);
    targets
}

/// Gives the last expert of a network with one more row the mean of the others' scores in place of
/// its own: for one who is never asked. Its weights are then within the range of the others', so
/// the last layer's scale is the one without it. (Which hidden ranges do best may still come out
/// differently: the row's error counts there too.)
#[must_use]
pub(crate) fn level_row(mut fit: Fit) -> Fit {
    let last = fit.shape.layers().last().expect("a network has a layer");
    let others = last.outputs - 1;
    for (start, width) in [(last.weights, last.inputs), (last.biases, 1)] {
        for index in 0..width {
            let of_others =
                (0..others).map(|output| fit.parameters[start + output * width + index]);
            let mean = of_others.sum::<f64>() / others as f64;
            fit.parameters[start + others * width + index] = mean;
        }
    }
    fit
}

/// The network with the row behind the others of its last layer.
fn with_row(fit: &Fit, part: &Part, row: &[f64]) -> Fit {
    let last = fit.shape.layers().last().expect("a network has a layer");
    let (bias, weights) = row.split_last().expect("a bias at least");
    let mut parameters = fit.parameters[..last.biases].to_vec();
    parameters.extend_from_slice(weights);
    parameters.extend_from_slice(&fit.parameters[last.biases..]);
    parameters.push(*bias);
    let platt_scaling = fit.platt_scaling.clone().map(|mut platt_scaling| {
        let prices =
            (0..part.rows()).map(|row| f64::from(part.prices().row(row)[part.experts() - 1]));
        platt_scaling.prices.push(prices.sum::<f64>() / part.rows().max(1) as f64);
        platt_scaling.affine.push(Affine::IDENTITY);
        platt_scaling
    });
    Fit {
        standardizer: fit.standardizer.clone(),
        shape: Shape::new(fit.shape.inputs(), fit.shape.hidden(), part.experts()),
        parameters,
        platt_scaling,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::Dataset;
    use crate::intake::testing::log;
    use crate::learn::candidate::Candidate;
    use crate::learn::offsets;
    use crate::learn::train::fit_for;
    use crate::loss::{Loss, OneVsAll, Picce};
    use crate::new_expert::{ClassAccuracies, LabelledAnswer, classes, with_expected};

    fn fitted(part: &Part, hidden: &[usize], loss: Loss) -> Fit {
        let all: Vec<usize> = (0..part.rows()).collect();
        let candidate = Candidate { hidden: hidden.to_vec(), loss, ..Candidate::default() };
        fit_for(part, &all, &candidate, 3, 60)
    }

    /// The log with a specialist who knows class 1 and nothing else, known by 20 answers to each
    /// class.
    fn with_specialist(data: &Dataset) -> Dataset {
        let answers: Vec<LabelledAnswer> =
            (0..40).map(|i| LabelledAnswer { label: i % 2, right: i % 2 == 1 }).collect();
        with_expected(data, "special", 0.05, &ClassAccuracies::of(&answers, &classes(data)))
    }

    fn choices(fit: &Fit, part: &Part) -> Vec<usize> {
        let all: Vec<usize> = (0..part.rows()).collect();
        offsets::choices(&fit.scores(part, &all), &vec![0.0; part.experts()])
    }

    #[test]
    fn the_old_scores_stay_bit_for_bit() {
        let (_, data) = log(300, 100);
        let wider = with_specialist(&data);
        let all: Vec<usize> = (0..data.test.rows()).collect();
        for (hidden, loss) in
            [(&[][..], Candidate::default().loss), (&[7, 5], Picce.into()), (&[6], OneVsAll.into())]
        {
            let old = fitted(&data.train, hidden, loss);
            let new = add_row(&old, &[0.0, 0.3], &wider.train, 1e-3);
            assert_eq!((new.shape.outputs(), new.shape.hidden()), (3, hidden));
            let (before, after) = (old.scores(&data.test, &all), new.scores(&wider.test, &all));
            for (before, after) in before.iter_rows().zip(after.iter_rows()) {
                assert_eq!(before, &after[..2], "{loss}");
            }
        }
    }

    /// Right for class 1, by the sign of the first feature; `local` is wrong where the second is
    /// positive, and `cloud`, right there, costs 0.1: the specialist's place is where `local` fails
    /// on class 1.
    fn specialist_is_asked_on_its_class(data: &Dataset, hidden: &[usize], loss: Loss) {
        let old = fitted(&data.train, hidden, loss);
        let wider = with_specialist(data);
        let new = add_row(&old, &[0.0, 0.0], &wider.train, 1e-4);
        let (before, after) = (choices(&old, &data.test), choices(&new, &wider.test));
        let labels = data.test.labels().unwrap();
        let asked = |class: u16| {
            let rows = (0..after.len()).filter(|&row| labels[row] == class);
            let (all, asked) = rows
                .fold((0, 0), |(all, asked), row| (all + 1, asked + usize::from(after[row] == 2)));
            f64::from(asked as u32) / f64::from(all)
        };
        assert!(asked(1) > 0.25 && asked(0) < 0.08, "{hidden:?}: {} {}", asked(1), asked(0));
        let loss_of = |choices: &[usize]| wider.test.mean_deferral_loss(|row| choices[row]);
        assert!(
            loss_of(&after) < loss_of(&before),
            "{hidden:?}: {} from {}",
            loss_of(&after),
            loss_of(&before)
        );
    }

    /// The log of the tests, `cloud` dearer so that there is something to gain.
    fn dear_log() -> Dataset {
        let (_, mut data) = log(2000, 600);
        for part in [&mut data.train, &mut data.calibration, &mut data.test] {
            part.edit(|columns| {
                columns.prices.chunks_exact_mut(2).for_each(|prices| prices[1] = 0.4)
            });
        }
        data
    }

    #[test]
    fn a_specialist_is_asked_on_its_class_by_a_linear_rejector() {
        specialist_is_asked_on_its_class(&dear_log(), &[], Candidate::default().loss);
        specialist_is_asked_on_its_class(&dear_log(), &[], OneVsAll.into());
    }

    /// Here hidden units know the class because an old expert's answers depend on it too.
    #[test]
    fn a_specialist_is_asked_on_its_class_through_hidden_layers() {
        let mut data = dear_log();
        for part in [&mut data.train, &mut data.calibration, &mut data.test] {
            let wrong =
                |x: &[f32]| [x[1] > 0.0, x[0] > 0.0].map(|wrong| f32::from(u8::from(wrong)));
            let errors = part.features().iter_rows().flat_map(wrong).collect();
            part.edit(|columns| columns.errors = errors);
        }
        specialist_is_asked_on_its_class(&data, &[12], Candidate::default().loss);
    }

    #[test]
    fn one_who_is_always_worse_is_not_asked_and_the_row_stays_small() {
        let data = dear_log();
        let wider = data.with_expert("useless", 2.0, |_, _| 1.0);
        let old = fitted(&data.train, &[], Candidate::default().loss);
        let new = add_row(&old, &[0.0, 0.0], &wider.train, 1e-3);
        assert!(choices(&new, &wider.test).iter().all(|&k| k != 2));
        assert!(new.parameters.iter().all(|parameter| parameter.abs() < 30.0));
    }
}
