//! From a fitted rejector to its image: quantize, bring the offsets to integers, lay out.

use mild::fixed::PlattMap;
use mild::image::{ExpertParts, ImageParts, MAX_OFFSET, OperatingPointsParts};
use mild::{Image, InputError, Price, Provenance, Reachable, Rejector, Scores};

use crate::data::dataset::Dataset;
use crate::data::matrix::Matrix;
use crate::data::part::Part;
use crate::error::{Error, Result};
use crate::intake::config::Config;
use crate::integers::names;
use crate::integers::quantize::Quantized;
use crate::learn::fit::Fit;
use crate::learn::platt_scaling::{HIGHEST_PRICE, SCORE_UNIT};

/// An image in memory, aligned and checked.
#[derive(Debug, Clone)]
pub struct Artifact {
    words: Vec<u32>,
}

impl Artifact {
    /// Checks the bytes of an image.
    ///
    /// # Errors
    /// Any [`mild::ImageError`].
    pub fn from_bytes(bytes: &[u8]) -> std::result::Result<Self, mild::ImageError> {
        let (words, rest) = bytes.as_chunks();
        let words: Vec<u32> = words.iter().map(|&word| u32::from_le_bytes(word)).collect();
        if !rest.is_empty() {
            return Err(mild::ImageError::NotWords { found: bytes.len() });
        }
        Image::from_words(&words)?;
        Ok(Self { words })
    }

    /// Lays an image out.
    ///
    /// # Errors
    /// [`Error::ImageWriting`] if numbers do not fit an image.
    pub fn new(parts: &ImageParts) -> Result<Self> {
        Ok(Self { words: write(parts)? })
    }

    /// An image with operating points, in place of the one it may have.
    ///
    /// # Errors
    /// [`Error::ImageWriting`] if the numbers do not fit.
    pub fn with_operating_points(
        image: &Image<'_>,
        operating_points: &OperatingPointsParts,
    ) -> Result<Self> {
        Ok(Self {
            words: image.with_operating_points(operating_points).map_err(Error::ImageWriting)?,
        })
    }

    /// The image.
    #[must_use]
    pub fn image(&self) -> Image<'_> {
        Image::from_words(&self.words).expect("checked when made")
    }

    /// The image as words.
    #[must_use]
    pub fn words(&self) -> &[u32] {
        &self.words
    }

    /// The image as bytes, for a file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }
}

/// What the image of a quantized rejector is to hold.
///
/// The offsets are those of the float network in integer units. Tuning them anew on the integer
/// scores would fit the noise a second time, and the two would decide differently for no reason.
///
/// # Errors
/// [`Error::ImageWriting`] if numbers do not fit an image.
pub(crate) fn make(
    quantized: Quantized,
    fit: &Fit,
    offsets: &[f64],
    data: &Dataset,
    config: &Config,
) -> Result<ImageParts> {
    let platt_scaling = platt_maps(fit, quantized.score_scale)?;
    let score_scale = if platt_scaling.is_some() { SCORE_UNIT } else { quantized.score_scale };
    let unit = f64::from(score_scale);
    let limit = f64::from(MAX_OFFSET);
    Ok(ImageParts {
        quantizers: quantized.quantizers,
        raw: quantized.raw,
        layers: quantized.layers,
        score_scale,
        offsets: offsets
            .iter()
            .map(|offset| (offset / unit).round().clamp(-limit, limit) as i32)
            .collect(),
        experts: experts(fit, data),
        provenance: Provenance {
            log_digest: data.log_digest,
            config_digest: config.digest,
            seed: config.train.seed,
            trainer: version(),
        },
        platt_scaling,
        operating_points: None,
        name_table: names::table(config.image_names, data),
    })
}

/// The experts with the prices that the scores hold, if they hold any, else the mean ones.
fn experts(fit: &Fit, data: &Dataset) -> Vec<ExpertParts> {
    let held = fit.platt_scaling.as_ref().map(|scaling| scaling.prices.as_slice());
    let experts = data.experts.iter().enumerate();
    experts
        .map(|(index, expert)| {
            let mean = f64::from(expert.mean_price);
            let price = held.and_then(|prices| prices.get(index)).copied().unwrap_or(mean);
            ExpertParts { name: expert.name.clone(), price: Price::from_errors(price) }
        })
        .collect()
}

/// The Platt scaling of a fit whose outputs are integers in units of `output_scale`.
fn platt_maps(fit: &Fit, output_scale: f32) -> Result<Option<Vec<PlattMap>>> {
    let Some(platt_scaling) = &fit.platt_scaling else { return Ok(None) };
    let maps = platt_scaling.affine.iter().zip(&platt_scaling.prices).map(|(affine, &price)| {
        if price > HIGHEST_PRICE {
            return Err(Error::HighPrice { found: price, most: HIGHEST_PRICE });
        }
        let slope = affine.slope * f64::from(output_scale);
        PlattMap::from_affine(slope, affine.intercept).ok_or(Error::Unrepresentable {
            what: "the slope of the log-odds of an expert",
            found: slope,
        })
    });
    maps.collect::<Result<_>>().map(Some)
}

fn write(parts: &ImageParts) -> Result<Vec<u32>> {
    parts.to_words().map_err(Error::ImageWriting)
}

/// The trainer's version, as the image states it.
fn version() -> [u16; 3] {
    let mut numbers = env!("CARGO_PKG_VERSION").split('.').map(|part| part.parse().unwrap_or(0));
    std::array::from_fn(|_| numbers.next().unwrap_or(0))
}

/// The device's integer scores, without offsets: rows x experts.
#[must_use]
pub(crate) fn scores(image: &Image<'_>, part: &Part) -> Matrix<i32> {
    let rejector = Rejector::new(image);
    let mut scratch = vec![0; image.scratch_words()];
    let mut scores = Matrix::filled(part.rows(), part.experts(), 0);
    for row in 0..part.rows() {
        let found = rejector.scores(part.row(row), &mut scratch);
        scores.row_mut(row).copy_from_slice(found.expect("a log holds no NaN").values());
    }
    scores
}

/// The device's integer scores as [`scores`], but under these prices, one for each expert.
///
/// # Errors
/// [`InputError::NoPlattScaling`] if the image has no probabilities.
pub(crate) fn scores_with_prices(
    image: &Image<'_>,
    part: &Part,
    prices: &[Price],
) -> std::result::Result<Matrix<i32>, InputError> {
    let rejector = Rejector::new(image);
    let mut scratch = vec![0; image.scratch_words()];
    let mut scores = Matrix::filled(part.rows(), part.experts(), 0);
    for row in 0..part.rows() {
        let found = rejector.scores_with_prices(part.row(row), prices, &mut scratch)?;
        scores.row_mut(row).copy_from_slice(found.values());
    }
    Ok(scores)
}

/// The device's decision on each row, every expert being reachable.
#[must_use]
pub(crate) fn decisions(image: &Image<'_>, part: &Part) -> Vec<usize> {
    let rejector = Rejector::new(image);
    let mut scratch = vec![0; image.scratch_words()];
    (0..part.rows())
        .map(|row| {
            let decision = rejector.decide(part.row(row), Reachable::ALL, &mut scratch);
            usize::from(decision.expect("a log holds no NaN").expert)
        })
        .collect()
}

/// The device's decisions on rows with these scores, if an advantage must exceed
/// `threshold` beyond what the offsets say.
#[must_use]
pub(crate) fn decisions_at(scores: &Matrix<i32>, offsets: &[i32], threshold: i32) -> Vec<usize> {
    let mut moved = offsets.to_vec();
    if let Some(local) = moved.first_mut() {
        *local = local.saturating_add(threshold);
    }
    let decide = |scores| Scores::new(scores, &moved).decide(Reachable::ALL);
    scores.iter_rows().map(|scores| usize::from(decide(scores).expert)).collect()
}
