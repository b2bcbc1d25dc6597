//! Golden vectors: inputs beside the scores and decisions that the crate gives on this host, for a
//! device to repeat. `docs/image-format.md` specifies the bytes.

use mild::{Image, Reachable, Rejector};

use crate::dataset::{Part, RawScale};
use crate::random::Random;

/// Rows of a log that become vectors, at most.
const MAX_ROWS: usize = 10_000;

/// Vectors of random codes, extremes among them.
const RANDOM_ROWS: usize = 2000;

const MAGIC: [u8; 4] = *b"MVEC";
const VERSION: u16 = 1;

/// Writes vectors for an image: the part's rows as `f32` features, the same as raw readings where
/// the image takes them, and random codes.
#[must_use]
pub fn write(image: &Image<'_>, part: &Part, raw: Option<&[RawScale]>, seed: u64) -> Vec<u8> {
    let mut writer = Writer::new(image, seed);
    for row in 0..part.rows.min(MAX_ROWS) {
        let features = part.row(row);
        writer.push(2, features, |x, bytes| bytes.extend(x.to_le_bytes()));
        if let (true, Some(raw)) = (image.takes_raw(), raw) {
            let readings: Vec<i16> =
                features.iter().zip(raw).map(|(&x, raw)| reading(x, raw)).collect();
            writer.push(1, &readings, |x, bytes| bytes.extend(x.to_le_bytes()));
        }
    }
    for row in 0..RANDOM_ROWS {
        let codes = writer.random_codes(row);
        writer.push(0, &codes, |_, _| {});
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

    fn push<F: mild::Feature>(
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
        self.bytes.extend(scores.iter().flat_map(|score| score.to_le_bytes()));
        self.bytes.extend(codes.iter().map(|&code| code as u8));
        self.pad();
        features.iter().for_each(|&feature| write(feature, &mut self.bytes));
        self.pad();
        self.rows += 1;
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    /// Every third row has extremes only.
    fn random_codes(&mut self, row: usize) -> Vec<i8> {
        let extreme = row.is_multiple_of(3);
        (0..self.image.inputs())
            .map(|_| match self.random.next_u64() {
                bits if extreme => {
                    if bits & 1 == 0 {
                        i8::MIN
                    } else {
                        i8::MAX
                    }
                }
                bits => bits as i8,
            })
            .collect()
    }

    fn finish(mut self) -> Vec<u8> {
        self.bytes[12..16].copy_from_slice(&self.rows.to_le_bytes());
        self.bytes
    }
}
