//! What an image holds.

use mild::Image;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::table::percent;
use crate::judge::terminal::align;

/// What `mild inspect --json` prints of an image.
#[derive(Debug, Clone, Serialize)]
pub struct ImageReport {
    /// Version of the image format.
    pub format_version: u16,
    /// SHA-256 of the image, in hexadecimal: its identity. A signature is not part of it.
    pub digest: String,
    /// Number of features.
    pub inputs: usize,
    /// Inputs and outputs of each layer.
    pub shapes: Vec<(usize, usize)>,
    /// Weights and biases.
    pub parameters: u32,
    /// Bytes of the image.
    pub image_bytes: usize,
    /// Bytes of scratch that a decision needs.
    pub scratch_bytes: usize,
    /// Multiply-accumulates of a decision.
    pub macs: u32,
    /// Whether raw 16-bit readings are taken.
    pub takes_raw: bool,
    /// Whether scores are probabilities minus prices, so that prices can change at run time.
    pub recostable: bool,
    /// Names, prices and offsets.
    pub experts: Vec<ImageExpert>,
    /// A float score is an integer score times this.
    pub score_scale: f32,
    /// Deferral rates and thresholds, if the image has them.
    pub operating_points: Option<OperatingPointsReport>,
    /// What the image knows of the names of its inputs and classes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub names: Option<NamesReport>,
    /// Where the image comes from.
    pub provenance: ProvenanceReport,
}

/// What an image knows of the names of its inputs and classes.
#[derive(Debug, Clone, Serialize)]
pub struct NamesReport {
    /// Digest of the names of the inputs, in hexadecimal.
    pub inputs_digest: String,
    /// That of the names of the classes.
    pub classes_digest: String,
    /// The names of the inputs in their order; absent from an image with the digests alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Vec<String>>,
    /// The names of the classes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<Vec<String>>,
}

impl NamesReport {
    fn new(table: &mild::image::NameTable<'_>) -> Self {
        Self {
            inputs_digest: hex(&table.inputs_digest()),
            classes_digest: hex(&table.classes_digest()),
            inputs: table.inputs().map(|names| names.map(str::to_owned).collect()),
            classes: table.classes().map(|names| names.map(str::to_owned).collect()),
        }
    }

    fn render(&self) -> String {
        let digests = [("inputs", &self.inputs_digest), ("classes", &self.classes_digest)];
        let cells = digests.map(|(what, digest)| vec![format!("names of {what}"), digest.clone()]);
        let mut text = align(&cells);
        for (what, names) in [("inputs", &self.inputs), ("classes", &self.classes)] {
            if let Some(names) = names {
                text += &format!("{what}: {}\n", names.join(", "));
            }
        }
        text
    }
}

/// What an image says of an expert.
#[derive(Debug, Clone, Serialize)]
pub struct ImageExpert {
    /// Its name.
    pub name: String,
    /// Mean price of one use, in units of one error.
    pub price: f64,
    /// Added to its score.
    pub offset: i32,
}

/// What an image says of deferral rates.
#[derive(Debug, Clone, Serialize)]
pub struct OperatingPointsReport {
    /// The promised rate; 1 if nothing is promised.
    pub budget: f64,
    /// The rate at the image's own threshold.
    pub rate: f64,
    /// Rates with their thresholds, in score units relative to the image's own.
    pub entries: Vec<(f64, i32)>,
    /// Battery levels (per mille) with their budgets.
    pub energy: Vec<(u16, f64)>,
}

impl OperatingPointsReport {
    fn new(operating_points: &mild::OperatingPoints<'_>) -> Self {
        let share = |rate: mild::governor::Rate| f64::from(rate.bits()) / 65_536.0;
        Self {
            budget: share(operating_points.budget()),
            rate: share(operating_points.rate()),
            entries: operating_points
                .entries()
                .map(|(rate, threshold)| (share(rate), threshold))
                .collect(),
            energy: operating_points
                .energy_steps()
                .map(|step| (step.from, share(step.budget)))
                .collect(),
        }
    }

    fn render(&self) -> String {
        let mut cells = vec![["deferral rate", "threshold"].map(str::to_owned).to_vec()];
        cells.extend(
            self.entries
                .iter()
                .map(|(rate, threshold)| vec![percent(*rate), threshold.to_string()]),
        );
        cells.extend(
            self.energy.iter().map(|(level, rate)| {
                vec![format!("battery from {level} per mille"), percent(*rate)]
            }),
        );
        align(&cells)
    }
}

/// Where an image comes from, in print.
#[derive(Debug, Clone, Serialize)]
pub struct ProvenanceReport {
    /// First 8 bytes of the SHA-256 of what was read of the log, in hexadecimal.
    pub log_digest: String,
    /// First 8 bytes of the SHA-256 of the configuration's file, in hexadecimal.
    pub config_digest: String,
    /// The seed.
    pub seed: u64,
    /// The trainer's version.
    pub version: String,
}

impl ImageReport {
    /// What an image says of itself.
    #[must_use]
    pub fn new(image: &Image<'_>) -> Self {
        let provenance = image.provenance();
        let [major, minor, patch] = provenance.trainer;
        let experts = image.names().zip(image.prices()).zip(image.offsets());
        Self {
            format_version: mild::image::FORMAT_VERSION,
            digest: digest(image),
            inputs: image.inputs(),
            shapes: image.shapes().collect(),
            parameters: image.parameters(),
            image_bytes: image.bytes().len(),
            scratch_bytes: image.scratch_words() * 4,
            macs: image.macs(),
            takes_raw: image.takes_raw(),
            recostable: image.platt_scaling().is_some(),
            experts: experts
                .map(|((name, price), &offset)| ImageExpert {
                    name: name.to_owned(),
                    price: price.to_errors(),
                    offset,
                })
                .collect(),
            score_scale: image.score_scale(),
            operating_points: image
                .operating_points()
                .map(|operating_points| OperatingPointsReport::new(&operating_points)),
            names: image.name_table().map(|table| NamesReport::new(&table)),
            provenance: ProvenanceReport {
                log_digest: hex(&provenance.log_digest),
                config_digest: hex(&provenance.config_digest),
                seed: provenance.seed,
                version: format!("{major}.{minor}.{patch}"),
            },
        }
    }

    /// For a terminal.
    #[must_use]
    pub fn render(&self) -> String {
        let shape: Vec<String> = std::iter::once(self.inputs)
            .chain(self.shapes.iter().map(|&(_, outputs)| outputs))
            .map(|width| width.to_string())
            .collect();
        let rows = [
            ("format version", self.format_version.to_string()),
            ("network", shape.join("-")),
            ("parameters", self.parameters.to_string()),
            ("multiply-accumulates", self.macs.to_string()),
            ("image", format!("{} bytes", self.image_bytes)),
            ("scratch", format!("{} bytes", self.scratch_bytes)),
            ("raw i16 readings", if self.takes_raw { "yes" } else { "no" }.to_owned()),
            ("prices can change", if self.recostable { "yes" } else { "no" }.to_owned()),
            ("log", self.provenance.log_digest.clone()),
            ("configuration", self.provenance.config_digest.clone()),
            ("seed", self.provenance.seed.to_string()),
            ("trained by mild", self.provenance.version.clone()),
        ];
        let mut text = align(&rows.map(|(key, value)| vec![key.to_owned(), value]));
        text += &format!("SHA-256  {}\n\n", self.digest);
        let mut cells = vec![["expert", "price", "offset"].map(str::to_owned).to_vec()];
        cells.extend(self.experts.iter().map(|expert| {
            vec![expert.name.clone(), expert.price.to_string(), expert.offset.to_string()]
        }));
        text += &align(&cells);
        if let Some(names) = &self.names {
            text += &format!("\n{}", names.render());
        }
        if let Some(operating_points) = &self.operating_points {
            text += &format!("\n{}", operating_points.render());
        }
        text
    }
}

/// The SHA-256 of an image, in hexadecimal.
#[must_use]
pub(crate) fn digest(image: &Image<'_>) -> String {
    hex(&Sha256::digest(image.bytes()))
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
