//! Golden vectors: inputs beside the scores and decisions that the crate gives on this host, for a
//! device to repeat. `docs/image-format.md` specifies the bytes.

use mild::{Image, Reachable, Rejector};

use crate::arithmetic::random::Random;
use crate::data::dataset::{Dataset, RawScale};
use crate::data::part::Part;

/// Vectors of random inputs, extremes among them, at least.
const RANDOM_ROWS: usize = 2000;

const MAGIC: [u8; 4] = *b"MVEC";
const VERSION: u16 = 1;

/// Kinds of inputs.
const CODES: u8 = 0;
const READINGS: u8 = 1;
const FEATURES: u8 = 2;

/// How many vectors to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amount {
    /// Rows of a log, at most.
    log_rows: usize,
    /// Vectors in all, at least: random ones make up what the log lacks.
    total: usize,
}

impl Amount {
    /// So many vectors at least, from the log as far as it goes.
    #[must_use]
    pub(crate) fn at_least(total: usize) -> Self {
        Self { log_rows: total, total }
    }
}

impl Default for Amount {
    fn default() -> Self {
        Self { log_rows: 10_000, total: 0 }
    }
}

/// Golden vectors of an image: inputs with the scores and decisions that a device must reproduce, as
/// `mild export --format vectors` writes them. `docs/image-format.md` specifies the bytes.
///
/// Inputs are the test rows of the log, 10,000 at most, and random ones, 2000 at least. With `rows`
/// there are at least so many, from the whole log (test rows first), then from random inputs. `seed`
/// is that of random inputs and masks.
///
/// # Panics
/// If the log has another number of inputs than the image.
#[must_use]
pub fn golden_vectors(
    image: &Image<'_>,
    data: Option<&Dataset>,
    rows: Option<usize>,
    seed: u64,
) -> Vec<u8> {
    let amount = rows.map_or_else(Amount::default, Amount::at_least);
    let Some(data) = data else { return write(image, &[], None, amount, seed) };
    let parts = [&data.test, &data.calibration, &data.train];
    // The image has learned from the other parts: they serve only to reach a number.
    let parts = if rows.is_some() { &parts[..] } else { &parts[..1] };
    write(image, parts, data.raw.as_deref(), amount, seed)
}

/// Writes vectors for an image: rows of the parts in turn, as `f32` features and where the image
/// takes them as raw readings, and random inputs of every kind that it takes.
#[must_use]
pub(crate) fn write(
    image: &Image<'_>,
    parts: &[&Part],
    raw: Option<&[RawScale]>,
    amount: Amount,
    seed: u64,
) -> Vec<u8> {
    let mut writer = Writer::new(image, seed);
    let rows = parts.iter().flat_map(|part| (0..part.rows()).map(move |row| part.row(row)));
    for features in rows.take(amount.log_rows) {
        writer.push(FEATURES, features, |x, bytes| bytes.extend(x.to_le_bytes()));
        if let (true, Some(raw)) = (image.takes_raw(), raw) {
            let readings: Vec<i16> =
                features.iter().zip(raw).map(|(&x, raw)| reading(x, raw)).collect();
            writer.push(READINGS, &readings, |x, bytes| bytes.extend(x.to_le_bytes()));
        }
    }
    let missing = amount.total.saturating_sub(writer.rows as usize);
    for row in 0..missing.max(RANDOM_ROWS) {
        let (turn, row) = if image.takes_raw() { (row % 3, row / 3) } else { (row % 2, row / 2) };
        // Every third input of a kind is made of extremes.
        let extreme = row.is_multiple_of(3);
        match turn {
            0 => {
                let codes = writer.random_codes(extreme);
                writer.push(CODES, &codes, |_, _| {});
            }
            1 => {
                let features = writer.random_features(extreme);
                writer.push(FEATURES, &features, |x, bytes| bytes.extend(x.to_le_bytes()));
            }
            _ => {
                let readings = writer.random_readings(extreme);
                writer.push(READINGS, &readings, |x, bytes| bytes.extend(x.to_le_bytes()));
            }
        }
    }
    writer.finish()
}

/// The reading that a feature came from.
fn reading(x: f32, raw: &RawScale) -> i16 {
    ((f64::from(x) - f64::from(raw.offset)) / f64::from(raw.scale)).round() as i16
}

struct Writer<'a> {
    image: &'a Image<'a>,
    scratch: Vec<u32>,
    random: Random,
    bytes: Vec<u8>,
    rows: u32,
}

impl<'a> Writer<'a> {
    fn new(image: &'a Image<'a>, seed: u64) -> Self {
        let mut bytes = Vec::from(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        // Both fit: a checked image has at most 32767 inputs and 32 experts.
        bytes.extend((image.inputs() as u16).to_le_bytes());
        bytes.extend((image.experts() as u16).to_le_bytes());
        bytes.extend([0; 6]);
        let scratch = vec![0; image.scratch_words()];
        Self { image, scratch, random: Random::new(seed), bytes, rows: 0 }
    }

    fn push<F: mild::FeatureValue>(
        &mut self,
        kind: u8,
        features: &[F],
        write: impl Fn(F, &mut Vec<u8>),
    ) {
        const FITS: &str = "features of the image's own width, none of them NaN";
        let rejector = Rejector::new(self.image);
        let mut codes = vec![0; self.image.inputs()];
        rejector.quantize(features, &mut codes).expect(FITS);
        let mask = self.random.next_u64() as u32;
        let free = rejector.decide(features, Reachable::ALL, &mut self.scratch).expect(FITS);
        let masked =
            rejector.decide(features, Reachable::from_bits(mask), &mut self.scratch).expect(FITS);
        let scores = rejector.scores(features, &mut self.scratch).expect(FITS);
        self.bytes.extend([kind, free.expert, masked.expert, 0]);
        self.bytes.extend(mask.to_le_bytes());
        self.bytes.extend(free.margin.to_le_bytes());
        self.bytes.extend(scores.values().iter().flat_map(|score| score.to_le_bytes()));
        self.bytes.extend(codes.iter().map(|&code| code as u8));
        self.pad();
        features.iter().for_each(|&feature| write(feature, &mut self.bytes));
        self.pad();
        self.rows += 1;
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn random_codes(&mut self, extreme: bool) -> Vec<i8> {
        let code = |bits: u64| match (extreme, bits & 1) {
            (false, _) => (bits >> 1) as i8,
            (true, 0) => i8::MIN,
            (true, _) => i8::MAX,
        };
        (0..self.image.inputs()).map(|_| code(self.random.next_u64())).collect()
    }

    /// Readings of all magnitudes.
    fn random_readings(&mut self, extreme: bool) -> Vec<i16> {
        let reading = |bits: u64| match (extreme, bits & 1) {
            (false, _) => (bits >> 1) as i16 >> (bits >> 60),
            (true, 0) => i16::MIN,
            (true, _) => i16::MAX,
        };
        (0..self.image.inputs()).map(|_| reading(self.random.next_u64())).collect()
    }

    /// Features that fill the range of the codes and leave it on both sides; every second one is
    /// where a code ends and the next one begins.
    fn random_features(&mut self, extreme: bool) -> Vec<f32> {
        const EXTREMES: [f32; 8] = [
            f32::NEG_INFINITY,
            f32::MIN,
            -f32::MIN_POSITIVE,
            -0.0,
            0.0,
            f32::MIN_POSITIVE / 2.0,
            f32::MAX,
            f32::INFINITY,
        ];
        let mut features = Vec::new();
        for quantizer in self.image.quantizers() {
            let bits = self.random.next_u64();
            let code = self.random.uniform() as f32 * 384.0 - 64.0;
            let code = if bits & 1 == 0 { code.round() } else { code };
            let feature = (code - quantizer.bias) / quantizer.scale;
            features.push(match extreme {
                true => EXTREMES[(bits >> 1) as usize % EXTREMES.len()],
                // Without a scale any number is as good as another.
                false if feature.is_nan() => code,
                false => feature,
            });
        }
        features
    }

    fn finish(mut self) -> Vec<u8> {
        self.bytes[12..16].copy_from_slice(&self.rows.to_le_bytes());
        self.bytes
    }
}
