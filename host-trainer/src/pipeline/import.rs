//! A network that was trained elsewhere: quantized and judged as our own are.

use super::{FloatNetwork, SeenLoss, check_quantization, float_choices};
use crate::arithmetic::network::Shape;
use crate::data::dataset::Dataset;
use crate::data::matrix::Matrix;
use crate::data::part::Part;
use crate::error::{Error, Result};
use crate::intake::config::{Budget, Config};
use crate::integers::artifact::{Artifact, make};
use crate::integers::quantize::quantize;
use crate::learn::batch::Standardizer;
use crate::learn::candidate::Scaling;
use crate::learn::fit::Fit;
use crate::learn::offsets::{ScoredRows, tune};

/// A dense layer of a network from elsewhere. There is a ReLU behind each but the last, whose
/// outputs are the scores of the experts: the highest is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct DenseLayer {
    /// Outputs x inputs.
    pub weights: Matrix<f64>,
    /// One for each output.
    pub biases: Vec<f64>,
}

/// What became of a network from elsewhere.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The image.
    pub artifact: Artifact,
    /// Mean deferral loss, of the network and of the image.
    pub seen: SeenLoss,
    fit: Fit,
    offsets: Vec<f64>,
}

impl Imported {
    /// The choices of the float network on some rows.
    #[must_use]
    pub fn float_choices(&self, part: &Part) -> Vec<usize> {
        float_choices(&self.fit, &self.offsets, part)
    }

    /// The network as it came, with the offsets that were added.
    #[must_use]
    pub fn float_network(&self) -> FloatNetwork<'_> {
        FloatNetwork { fit: &self.fit, offsets: &self.offsets }
    }
}

/// Quantizes a network that was trained elsewhere on features as the log has them, with ranges from
/// the log. With `tunes_offsets`, offsets that lower the deferral loss on the calibration rows
/// clearly are added to its scores; else it decides as it did.
///
/// # Errors
/// [`Error::Network`] if a layer does not fit its neighbours or the log, has a number that is not
/// finite, or if the configuration has a `[policy]` or a `[budget]`, which rest on a training of
/// ours; [`Error::Unrepresentable`] if its numbers do not fit an image; [`Error::Refused`] if
/// quantization raises the deferral loss by more than the tolerance and one standard error.
pub fn import(
    config: &Config,
    data: &Dataset,
    layers: &[DenseLayer],
    tunes_offsets: bool,
) -> Result<Imported> {
    let own = |section: &str| network(section, "one", "none beside a network from elsewhere");
    if config.policy.is_some() {
        return Err(own("section `[policy]`"));
    }
    if config.budget != Budget::default() {
        return Err(own("section `[budget]`"));
    }
    let fit = fit(config, data, layers)?;
    let offsets = if tunes_offsets {
        let rows: Vec<usize> = (0..data.calibration.rows()).collect();
        tune(&ScoredRows {
            scores: &fit.scores(&data.calibration, &rows),
            deferral_losses: &data.calibration.deferral_losses(&rows),
        })
    } else {
        vec![0.0; data.experts.len()]
    };
    let quantized = quantize(&fit, &data.calibration, data.raw.as_deref(), config.quantize.ranges)?;
    let artifact = Artifact::new(&make(quantized, &fit, &offsets, data, config)?)?;
    let seen = SeenLoss::of(&fit, &offsets, &artifact, data);
    check_quantization(&seen, config.quantize.tolerance)?;
    Ok(Imported { artifact, seen, fit, offsets })
}

/// The network on features that are not standardised, with the input quantizers of the train rows.
fn fit(config: &Config, data: &Dataset, layers: &[DenseLayer]) -> Result<Fit> {
    let mut widths = vec![data.inputs()];
    let mut parameters = Vec::new();
    for (index, DenseLayer { weights, biases }) in layers.iter().enumerate() {
        let inputs = widths[index];
        if weights.columns() != inputs || inputs == 0 {
            let before =
                if index == 0 { "inputs of the log" } else { "outputs of the layer before" };
            return Err(network(
                &format!("inputs of layer {index}"),
                &weights.columns().to_string(),
                &format!("{inputs}, the {before}"),
            ));
        }
        if weights.rows() != biases.len() || biases.is_empty() {
            return Err(network(
                &format!("biases of layer {index}"),
                &biases.len().to_string(),
                &format!("{}, at least 1, one for each output", weights.rows()),
            ));
        }
        if let Some(number) = weights.values().iter().chain(biases).find(|n| !n.is_finite()) {
            let place = format!("numbers of layer {index}");
            return Err(network(&place, &number.to_string(), "finite numbers"));
        }
        widths.push(biases.len());
        parameters.extend_from_slice(weights.values());
        parameters.extend_from_slice(biases);
    }
    let experts = data.experts.len();
    if layers.is_empty() || widths[layers.len()] != experts {
        let outputs = if layers.is_empty() { 0 } else { widths[layers.len()] };
        let expected = format!("{experts}, a score for each expert");
        return Err(network("outputs", &outputs.to_string(), &expected));
    }
    let all: Vec<usize> = (0..data.train.rows()).collect();
    let ranges = config.quantize.ranges;
    let mut standardizer = Standardizer::fit(&data.train, &all, ranges, Scaling::Each);
    standardizer.means.fill(0.0);
    standardizer.deviations.fill(1.0);
    let shape = Shape::new(data.inputs(), &widths[1..layers.len()], experts);
    Ok(Fit { standardizer, shape, parameters, platt_scaling: None })
}

fn network(place: &str, found: &str, expected: &str) -> Error {
    let [place, found, expected] = [place, found, expected].map(str::to_owned);
    Error::Network { place, found, expected }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::testing;

    fn layer(outputs: usize, weights: &[f64], biases: &[f64]) -> DenseLayer {
        let inputs = weights.len() / outputs;
        DenseLayer {
            weights: Matrix::new(outputs, inputs, weights.to_vec()).unwrap(),
            biases: biases.to_vec(),
        }
    }

    /// Asks the cloud where the second feature is positive, by way of two hidden units.
    fn good() -> Vec<DenseLayer> {
        vec![
            layer(2, &[0.0, 10.0, 0.0, -10.0], &[0.0, 0.0]),
            layer(2, &[0.0, 0.0, 3.0, -3.0], &[0.0, 0.0]),
        ]
    }

    #[test]
    fn a_network_from_elsewhere_decides_as_it_did() {
        let (config, data) = testing::log(600, 400);
        let imported = import(&config, &data, &good(), false).unwrap();
        let expected: Vec<usize> =
            (0..data.test.rows()).map(|row| usize::from(data.test.row(row)[1] > 0.0)).collect();
        let float = imported.float_choices(&data.test);
        let int8 = crate::integers::artifact::decisions(&imported.artifact.image(), &data.test);
        let agree = |a: &[usize]| a.iter().zip(&expected).filter(|(a, b)| a == b).count();
        // Features near 0 are rounded to it.
        assert!(agree(&float) > 390 && agree(&int8) > 390, "{} {}", agree(&float), agree(&int8));
        assert!(imported.seen.int8_all < 0.06, "half of the rows cost 0.1, the rest nothing");
        assert_eq!(imported.artifact.image().shapes().collect::<Vec<_>>(), [(2, 2), (2, 2)]);
        // Scores that favour one expert are put right by offsets, if that is asked for.
        let mut lopsided = good();
        lopsided[1].biases = vec![0.0, 25.0];
        let plain = import(&config, &data, &lopsided, false).unwrap();
        let tuned = import(&config, &data, &lopsided, true).unwrap();
        let (plain, tuned) = (plain.seen.int8_calibration, tuned.seen.int8_calibration);
        assert!(plain > 0.07 && tuned < 0.06, "{plain} {tuned}");
    }

    #[test]
    fn what_does_not_fit_is_refused_by_its_place() {
        let (config, data) = testing::log(60, 40);
        let refused =
            |layers: &[DenseLayer]| import(&config, &data, layers, false).unwrap_err().to_string();
        let mut long = good();
        long[1].biases.push(1.0);
        let mut strange = good();
        strange[0].biases[1] = f64::NAN;
        for (layers, expected) in [
            (vec![], "network: outputs: found 0, expected 2, a score for each expert"),
            (
                vec![layer(2, &[1.0; 6], &[0.0; 2])],
                "inputs of layer 0: found 3, expected 2, the inputs",
            ),
            (vec![good().remove(0), layer(2, &[1.0; 6], &[0.0; 2])], "inputs of layer 1: found 3"),
            (vec![layer(3, &[1.0; 6], &[0.0; 3])], "outputs: found 3, expected 2"),
            (long, "biases of layer 1: found 3, expected 2"),
            (strange, "numbers of layer 0: found NaN, expected finite numbers"),
        ] {
            let error = refused(&layers);
            assert!(error.contains(expected), "{error}");
        }
        let mut limited = config.clone();
        limited.budget.macs = Some(crate::intake::config::Limit { most: 5, line: 1 });
        let error = import(&limited, &data, &good(), false).unwrap_err().to_string();
        assert!(error.contains("`[budget]`"), "{error}");
    }
}
