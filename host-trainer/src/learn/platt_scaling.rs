//! From outputs to probabilities that an expert is right, and from those to scores.
//!
//! Platt scaling (Platt 1999; Newton's method after Lin, Lin and Weng 2007):
//! `q = sigmoid(slope * output + intercept)`, fitted for each expert on rows that the network has
//! not seen. A weak pull toward what the network says (slope 1, intercept 0) keeps small splits
//! from extremes.

use crate::data::matrix::Matrix;
use crate::data::part::Part;

/// What makes scores of a network's outputs: `sigmoid(slope * output + intercept) - price`.
#[derive(Debug, Clone, PartialEq)]
pub struct PlattScaling {
    /// For each expert, from an output to a logit.
    pub affine: Vec<Affine>,
    /// For each expert the mean price of one use, in units of one error.
    pub prices: Vec<f64>,
}

/// `slope * output + intercept`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Affine {
    /// Not negative.
    pub slope: f64,
    /// Log-odds at an output of 0.
    pub intercept: f64,
}

impl Affine {
    /// What a network trained as [`OneVsAll`](crate::loss::OneVsAll) says of itself.
    pub const IDENTITY: Self = Self { slope: 1.0, intercept: 0.0 };
}

/// The unit, in errors, of scores that are probabilities minus prices.
pub(crate) const SCORE_UNIT: f32 = 1.0 / (1 << 16) as f32;

/// The highest mean price, in errors, that an image with probabilities holds.
pub(crate) const HIGHEST_PRICE: f64 = mild::Price::MAX.bits() as f64 * SCORE_UNIT as f64;

/// Weight of the pull toward [`Affine::IDENTITY`], in rows.
const PRIOR_ROWS: f64 = 2.0;

/// Log-odds beyond this say nothing more.
const MAX_LOGIT: f64 = 12.0;

impl PlattScaling {
    /// The network's own probabilities, at the mean prices over some rows of a part.
    #[must_use]
    pub fn identity(part: &Part, rows: &[usize]) -> Self {
        let mean = |k: usize| {
            let sum: f64 = rows.iter().map(|&row| f64::from(part.prices().row(row)[k])).sum();
            sum / rows.len().max(1) as f64
        };
        Self {
            affine: vec![Affine::IDENTITY; part.experts()],
            prices: (0..part.experts()).map(mean).collect(),
        }
    }

    /// Fits the probabilities anew; `outputs` are those of all rows of `part`.
    #[must_use]
    pub fn refitted(&self, part: &Part, outputs: &Matrix<f64>) -> Self {
        let affine = (0..part.experts()).map(|k| {
            let errors = part.errors().column(k).map(|&error| f64::from(error));
            let rows = outputs.column(k).zip(errors).map(|(&output, error)| (output, 1.0 - error));
            fit(&rows.collect::<Vec<_>>())
        });
        Self { affine: affine.collect(), prices: self.prices.clone() }
    }

    /// Turns outputs into scores, in place.
    pub fn apply(&self, outputs: &mut Matrix<f64>) {
        for row in outputs.iter_rows_mut() {
            for ((output, affine), price) in row.iter_mut().zip(&self.affine).zip(&self.prices) {
                *output = sigmoid(affine.slope * *output + affine.intercept) - price;
            }
        }
    }
}

/// `1 / (1 + e^-z)`, with the same bits on every host.
pub(crate) fn sigmoid(z: f64) -> f64 {
    let e = libm::exp(-z.abs());
    if z > 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
}

/// The log-odds of a probability, bounded.
pub(crate) fn logit(q: f64) -> f64 {
    if q <= 0.0 {
        return -MAX_LOGIT;
    }
    if q >= 1.0 {
        return MAX_LOGIT;
    }
    (libm::log(q) - libm::log(1.0 - q)).clamp(-MAX_LOGIT, MAX_LOGIT)
}

/// Fits rows of (output, share right) by penalised maximum likelihood.
fn fit(rows: &[(f64, f64)]) -> Affine {
    let objective = |a: f64, b: f64| -> f64 {
        let rows = rows.iter().map(|&(x, t)| {
            let z = a * x + b;
            z.max(0.0) + libm::log1p(libm::exp(-z.abs())) - t * z
        });
        rows.sum::<f64>() + 0.5 * PRIOR_ROWS * ((a - 1.0) * (a - 1.0) + b * b)
    };
    let (mut a, mut b) = (1.0, 0.0);
    let mut value = objective(a, b);
    for _ in 0..50 {
        let (mut ga, mut gb) = (PRIOR_ROWS * (a - 1.0), PRIOR_ROWS * b);
        let (mut haa, mut hab, mut hbb) = (PRIOR_ROWS, 0.0, PRIOR_ROWS);
        for &(x, t) in rows {
            let q = sigmoid(a * x + b);
            let (gradient, curvature) = (q - t, q * (1.0 - q));
            ga += gradient * x;
            gb += gradient;
            haa += curvature * x * x;
            hab += curvature * x;
            hbb += curvature;
        }
        // Positive: the prior alone makes it so.
        let determinant = haa * hbb - hab * hab;
        let (da, db) = ((hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant);
        let mut step = 1.0;
        let reached = loop {
            let reached = objective(a - step * da, b - step * db);
            if reached <= value || step < 1e-6 {
                break reached;
            }
            step *= 0.5;
        };
        let gained = value - reached;
        if gained <= 1e-10 * value.abs().max(1.0) {
            break;
        }
        (a, b, value) = (a - step * da, b - step * db, reached);
    }
    if a >= 0.0 {
        return Affine { slope: a, intercept: b };
    }
    // The output is no guide to this expert: its mean is all there is to say.
    let right: f64 = rows.iter().map(|&(_, t)| t).sum();
    Affine { slope: 0.0, intercept: logit((right + 0.5) / (rows.len() as f64 + 1.0)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arithmetic::random::Random;

    #[test]
    fn overconfident_outputs_are_brought_back() {
        let mut random = Random::new(31);
        let rows: Vec<(f64, f64)> = (0..4000)
            .map(|_| {
                let z = random.normal();
                let right = random.uniform() < sigmoid(z + 0.5);
                (3.0 * z, f64::from(u8::from(right)))
            })
            .collect();
        let Affine { slope, intercept } = fit(&rows);
        assert!((slope - 1.0 / 3.0).abs() < 0.03, "{slope}");
        assert!((intercept - 0.5).abs() < 0.12, "{intercept}");
    }

    #[test]
    fn misleading_outputs_and_one_sided_rows_end_in_a_mean() {
        let rows: Vec<(f64, f64)> =
            (0..100).map(|i| (f64::from(i) / 10.0 - 5.0, f64::from(u8::from(i < 50)))).collect();
        let misled = fit(&rows);
        assert_eq!((misled.slope, misled.intercept), (0.0, 0.0));
        let always: Vec<(f64, f64)> = (0..50).map(|i| (f64::from(i % 5), 1.0)).collect();
        let sure = fit(&always);
        assert!(sure.slope >= 0.0 && sigmoid(2.0 * sure.slope + sure.intercept) > 0.9);
        assert_eq!(fit(&[]), Affine::IDENTITY);
    }

    #[test]
    fn logit_undoes_sigmoid() {
        for z in [-7.0, -0.3, 0.0, 2.5] {
            assert!((logit(sigmoid(z)) - z).abs() < 1e-9);
        }
        assert_eq!((logit(0.0), logit(1.0)), (-MAX_LOGIT, MAX_LOGIT));
    }
}
