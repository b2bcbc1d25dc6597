//! What an image takes of a device, known before anything is trained: it depends on widths and
//! sections alone.
//!
//! The figures are those of an image of zeros that the image writer itself lays out, so that there
//! is no second account of the format to go wrong.

use mild::fixed::{PlattMap, RawQuantizer, Requantizer};
use mild::image::{ExpertParts, ImageParts, InputQuantizer, LayerParts, OperatingPointsParts};
use mild::{Image, Price, Provenance};

use crate::arithmetic::network::Shape;
use crate::data::dataset::Dataset;
use crate::error::Result;
use crate::intake::config::Config;
use crate::integers::artifact::Artifact;
use crate::integers::names;
use crate::learn::footprint::Footprint;

/// What an image takes of a device.
#[must_use]
pub(crate) fn footprint(image: &Image<'_>) -> Footprint {
    Footprint {
        image_bytes: image.bytes().len(),
        macs: image.macs() as usize,
        scratch_bytes: image.scratch_words() * 4,
    }
}

/// Everything of an image but its network: the sections that the images of a configuration and a
/// log have.
#[derive(Debug, Clone)]
pub(crate) struct Sections {
    /// All numbers zero, and no layers.
    blank: ImageParts,
}

impl Sections {
    /// The most sections that training can make, with `operating_points` as the largest table that
    /// the configuration's policy can have. What `auto` selects may have no probabilities.
    #[must_use]
    pub(crate) fn new(
        config: &Config,
        data: &Dataset,
        operating_points: Option<OperatingPointsParts>,
    ) -> Self {
        let inputs = data.train.inputs();
        let raw = RawQuantizer::from_affine(0.0, 0.0).expect("zeros are in range");
        let output = PlattMap::from_affine(0.0, 0.0).expect("zeros are in range");
        let recostable = config.rejector.method.may_give_probabilities();
        let experts = data.experts.iter();
        let blank = ImageParts {
            quantizers: vec![InputQuantizer { scale: 0.0, bias: 0.0 }; inputs],
            raw: data.raw.is_some().then(|| vec![raw; inputs]),
            layers: Vec::new(),
            score_scale: 1.0 / f32::from(1u16 << 15) / 2.0,
            offsets: vec![0; data.experts.len()],
            experts: experts
                .map(|expert| ExpertParts { name: expert.name.clone(), price: Price::ZERO })
                .collect(),
            provenance: Provenance {
                log_digest: [0; 8],
                config_digest: [0; 8],
                seed: 0,
                trainer: [0; 3],
            },
            platt_scaling: recostable.then(|| vec![output; data.experts.len()]),
            operating_points,
            name_table: names::table(config.image_names, data),
        };
        Self { blank }
    }

    /// What the image of a network with these hidden layers takes.
    ///
    /// # Errors
    /// [`Error::ImageWriting`](crate::error::Error::ImageWriting) if there are more inputs than an
    /// image can have.
    pub(crate) fn with(&self, hidden: &[usize]) -> Result<Footprint> {
        let shape = Shape::new(self.blank.quantizers.len(), hidden, self.blank.experts.len());
        let requantizer = Requantizer::from_factor(Requantizer::MAX_FACTOR).expect("in range");
        let layer = |(index, layer): (usize, crate::arithmetic::network::LayerSpan)| LayerParts {
            inputs: layer.inputs,
            biases: vec![0; layer.outputs],
            requantizers: vec![requantizer; if index < hidden.len() { layer.outputs } else { 0 }],
            weights: vec![0; layer.inputs * layer.outputs],
        };
        let layers = shape.layers().enumerate().map(layer).collect();
        let artifact = Artifact::new(&ImageParts { layers, ..self.blank.clone() })?;
        Ok(footprint(&artifact.image()))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::data::dataset::RawScale;
    use crate::intake::testing;
    use crate::learn::store::Forgetful;
    use crate::pipeline::train;
    use crate::progress::Silent;
    use crate::promises::{largest_operating_points, most_entries};

    const POLICY: &str = "[policy]\nmax_deferral_rate = 0.33\nconfidence = 0.5\nhorizon = 0\n\
        battery = { 0 = 0.01, 500 = 0.2 }\n";

    /// What was foretold, and what the trained image takes.
    fn both(hidden: &[u16], method: &str, raw: bool, policy: bool) -> (Footprint, Footprint) {
        let (_, mut data) = testing::log(400, 3000);
        data.raw = raw.then(|| vec![RawScale { scale: 0.001, offset: 0.0 }; data.train.inputs()]);
        let text = format!(
            "[data]\nlog = 'l'\nfeatures = ['a', 'b']\nlabel = 'y'\n[[expert]]\nname = 'local'\n\
             prediction = 'p'\n[[expert]]\nname = 'cloud'\nprediction = 'q'\nprice = 0.1\n\
             [rejector]\nmethod = '{method}'\nhidden = {hidden:?}\n[quantize]\ntolerance = 1\n\
             [train]\neffort = 'quick'\nmax_iterations = 20\n{}",
            if policy { POLICY } else { "" }
        );
        let config = Config::parse(&text, Path::new("mild.toml")).unwrap();
        let trained = train(&config, &data, &Forgetful, &Silent).unwrap();
        let image = trained.artifact.image();
        let widths: Vec<usize> = hidden.iter().map(|&width| usize::from(width)).collect();
        let outputs: Vec<usize> = image.shapes().map(|(_, outputs)| outputs).collect();
        assert_eq!(outputs, [&widths[..], &[2]].concat(), "a network, not a constant");
        assert_eq!(
            (
                image.takes_raw(),
                image.operating_points().is_some(),
                image.platt_scaling().is_some()
            ),
            (raw, policy, method == "one-vs-all")
        );
        let largest = config.policy.as_ref().map(largest_operating_points);
        let mut foretold = Sections::new(&config, &data, largest).with(&widths).unwrap();
        if let (Some(policy), Some(operating_points)) = (&config.policy, image.operating_points()) {
            // Where many scores are equal there are rates that no threshold gives: two words each.
            let missing = most_entries(policy) - operating_points.entries().len();
            assert!(missing == 0 || method == "one-vs-all");
            foretold.image_bytes -= 8 * missing;
        }
        (foretold, footprint(&image))
    }

    #[test]
    fn what_is_foretold_is_what_the_trained_image_takes() {
        for (hidden, method, raw, policy) in [
            (&[4][..], "two-stage", false, false),
            (&[7], "two-stage", true, false),
            (&[9, 5], "two-stage", false, true),
            (&[5], "one-vs-all", false, false),
            (&[6, 3, 5], "one-vs-all", true, true),
        ] {
            let (foretold, found) = both(hidden, method, raw, policy);
            assert_eq!(foretold, found, "{hidden:?} {method} raw {raw} policy {policy}");
        }
    }

    #[test]
    fn figures_by_hand() {
        let (mut config, data) = testing::log(40, 20);
        config.rejector.method = "two-stage".parse().unwrap();
        let sections = Sections::new(&config, &data, None);
        let linear = sections.with(&[]).unwrap();
        // Header 5; sections 2 each: quantizers 4, network 2 + 2 biases, rebased ones too + 2 rows of
        // a word, policy 3, experts 2 prices and `local`, `cloud` in 12 bytes, provenance 8.
        let words = 5 + (2 + 4) + (2 + 2 + 2 + 2 + 2) + (2 + 3) + (2 + 2 + 3) + (2 + 8);
        assert_eq!((linear.image_bytes, linear.macs), (4 * words, 4));
        let hidden = sections.with(&[4]).unwrap();
        // Four units: a layer header, biases, requantizers, a word of weights each, and a rebased
        // bias each in place of those of the two outputs.
        assert_eq!((hidden.image_bytes, hidden.macs), (4 * (words + 14 + 4 - 2), 8 + 8));
        assert!(hidden.scratch_bytes > 0 && hidden.scratch_bytes >= linear.scratch_bytes);
        // What `auto` selects may have probabilities: a section of two words for each
        // expert.
        config.rejector.method = crate::loss::Method::AUTO;
        let recostable = Sections::new(&config, &data, None).with(&[]).unwrap();
        assert_eq!(recostable, Footprint { image_bytes: 4 * (words + 2 + 2 * 2), ..linear });
    }
}
