//! Valid images out of arbitrary bytes.
//!
//! A few bytes must be enough for a large image, or the fuzzer would hardly ever reach one: lists
//! of numbers are either read one by one or filled by a rule that takes a byte or two.

use arbitrary::{Result, Unstructured};
use mild::{
    MAX_EXPERTS, Price, Provenance,
    fixed::{PlattMap, RawQuantizer, Requantizer},
    governor::{MAX_ADVANTAGE, Rate},
    image::{
        EnergyParts, ExpertParts, ImageParts, InputQuantizer, LayerParts, MAX_BIAS,
        MAX_LISTED_NAME, MAX_NAME, MAX_OFFSET, MAX_WIDTH, NameTableParts, OperatingPointsParts,
    },
};

/// Widths beyond a few blocks and groups of four run the same code again.
const USUAL_WIDTH: usize = 70;

/// The parts of any image that the writer takes.
pub fn parts(u: &mut Unstructured<'_>) -> Result<ImageParts> {
    let mut experts = u.int_in_range(2..=MAX_EXPERTS)?;
    let mut widths = Vec::new();
    if u.ratio(1, 64)? {
        // The widest layer there is, and the only one: the accumulators come nearest to their
        // bound. With few outputs, or such images would take all the time.
        widths.push(u.int_in_range(1..=usize::from(MAX_WIDTH))?);
        experts = experts.min(4);
    } else {
        for _ in 0..u.int_in_range(1..=4)? {
            widths.push(u.int_in_range(1..=USUAL_WIDTH)?);
        }
    }
    widths.push(experts);
    parts_of(u, &widths)
}

/// The parts of an image with layers of these widths, inputs first.
pub fn parts_of(u: &mut Unstructured<'_>, widths: &[usize]) -> Result<ImageParts> {
    let (&inputs, &experts) = match widths {
        [first, .., last] => (first, last),
        _ => return Err(arbitrary::Error::IncorrectFormat),
    };
    let mut layers = Vec::new();
    for (index, pair) in widths.windows(2).enumerate() {
        let (inputs, outputs) = (pair[0], pair[1]);
        let last = index + 2 == widths.len();
        layers.push(LayerParts {
            inputs,
            biases: list(u, outputs, bias)?,
            requantizers: list(u, if last { 0 } else { outputs }, requantizer)?,
            weights: list(u, inputs * outputs, weight)?,
        });
    }
    let raw = if u.arbitrary()? { Some(list(u, inputs, raw_quantizer)?) } else { None };
    Ok(ImageParts {
        quantizers: list(u, inputs, input_quantizer)?,
        raw,
        layers,
        score_scale: finite(u)?.abs().max(f32::from_bits(1)),
        offsets: list(u, experts, offset)?,
        experts: list(u, experts, expert)?,
        provenance: Provenance {
            log_digest: u.arbitrary()?,
            config_digest: u.arbitrary()?,
            seed: u.arbitrary()?,
            trainer: u.arbitrary()?,
        },
        platt_scaling: None,
        operating_points: if u.arbitrary()? { Some(operating_points(u)?) } else { None },
        name_table: if u.arbitrary()? { Some(name_table(u, inputs)?) } else { None },
    })
}

/// Platt scaling for each of so many experts.
pub fn platt_scaling(u: &mut Unstructured<'_>, experts: usize) -> Result<Vec<PlattMap>> {
    let one = |u: &mut Unstructured<'_>| {
        let (slope, intercept) = (f64::from(finite(u)?), f64::from(finite(u)?));
        Ok(PlattMap::from_affine(slope, intercept).expect("finite numbers"))
    };
    list(u, experts, one)
}

/// Names within the bounds of the format, or digests alone.
fn name_table(u: &mut Unstructured<'_>, inputs: usize) -> Result<NameTableParts> {
    let name = |u: &mut Unstructured<'_>| {
        let mut name: String = u.arbitrary()?;
        name.truncate(name.floor_char_boundary(MAX_LISTED_NAME));
        Ok(name)
    };
    let names = if u.arbitrary()? {
        let classes = u.int_in_range(0..=40)?;
        Some((list(u, inputs, name)?, list(u, classes, name)?))
    } else {
        None
    };
    Ok(NameTableParts { inputs_digest: u.arbitrary()?, classes_digest: u.arbitrary()?, names })
}

/// operating points within the bounds of the format, of any size.
fn operating_points(u: &mut Unstructured<'_>) -> Result<OperatingPointsParts> {
    let (low, high) = (u.int_in_range(-MAX_ADVANTAGE..=0)?, u.int_in_range(1..=MAX_ADVANTAGE)?);
    let span = high - low;
    // A governor counts its threshold in steps, of which there are below 8192.
    let step = u.int_in_range(span / 8192 + 1..=span)?;
    let mut rates: Vec<Rate> = Vec::new();
    let mut thresholds = Vec::new();
    for _ in 0..u.int_in_range(1..=64)? {
        rates.push(rate(u)?);
        thresholds.push(u.int_in_range(-MAX_ADVANTAGE..=MAX_ADVANTAGE)?);
    }
    rates.sort_unstable_by_key(|rate| rate.bits());
    rates.dedup();
    thresholds.sort_unstable();
    thresholds.dedup();
    let mut levels: Vec<u16> = Vec::new();
    for _ in 0..u.int_in_range(0..=16)? {
        levels.push(u.arbitrary()?);
    }
    levels.sort_unstable();
    levels.dedup();
    // The first step begins at an empty battery.
    if let Some(first) = levels.first_mut() {
        *first = 0;
    }
    let mut energy = Vec::new();
    for from in levels {
        let threshold = u.int_in_range(-MAX_ADVANTAGE..=MAX_ADVANTAGE)?;
        energy.push(EnergyParts { from, budget: rate(u)?, threshold });
    }
    Ok(OperatingPointsParts {
        budget: rate(u)?,
        rate: rate(u)?,
        range: (low, high),
        floor: u.int_in_range(low..=0)?,
        step,
        advantage: (u.int_in_range(low..=high)?, u.int_in_range(0..=MAX_ADVANTAGE)?),
        entries: rates.into_iter().zip(thresholds.into_iter().rev()).collect(),
        energy,
    })
}

fn rate(u: &mut Unstructured<'_>) -> Result<Rate> {
    Ok(Rate::from_bits(u.int_in_range(0..=1 << 16)?))
}

/// `length` numbers: each from the bytes, or a few of them over and over.
pub fn list<T: Clone>(
    u: &mut Unstructured<'_>,
    length: usize,
    one: fn(&mut Unstructured<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let period = match u.int_in_range(0..=3)? {
        0 => length,
        1 => 1,
        _ => u.int_in_range(1..=37)?,
    };
    let mut few = Vec::new();
    for _ in 0..period.min(length) {
        few.push(one(u)?);
    }
    Ok(few.iter().cloned().cycle().take(length).collect())
}

/// An input code, the extremes more often than others.
pub fn code(u: &mut Unstructured<'_>) -> Result<i8> {
    pick(u, &[i8::MIN, i8::MAX, 0, -1])
}

/// A raw reading, the extremes more often than others.
pub fn reading(u: &mut Unstructured<'_>) -> Result<i16> {
    pick(u, &[i16::MIN, i16::MAX, 0, -1])
}

/// Any feature at all: infinities, NaN and subnormal numbers too.
pub fn feature(u: &mut Unstructured<'_>) -> Result<f32> {
    pick(u, &[f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, f32::MIN_POSITIVE, -0.0])
}

/// A set of reachable experts as bits.
pub fn mask(u: &mut Unstructured<'_>) -> Result<u32> {
    pick(u, &[0, 1, u32::MAX, 1 << 31])
}

/// One of the special values in a quarter of all cases, else any.
fn pick<'a, T: Copy + arbitrary::Arbitrary<'a>>(
    u: &mut Unstructured<'a>,
    special: &[T],
) -> Result<T> {
    if u.ratio(1, 4)? { u.choose(special).copied() } else { u.arbitrary() }
}

fn weight(u: &mut Unstructured<'_>) -> Result<i8> {
    Ok(pick(u, &[-127, 127, 0])?.max(-127))
}

fn bias(u: &mut Unstructured<'_>) -> Result<i32> {
    match u.int_in_range(0..=3)? {
        0 => u.int_in_range(-MAX_BIAS..=MAX_BIAS),
        1 => u.choose(&[-MAX_BIAS, MAX_BIAS]).copied(),
        _ => Ok(i32::from(u.arbitrary::<i16>()?)),
    }
}

fn offset(u: &mut Unstructured<'_>) -> Result<i32> {
    match u.int_in_range(0..=3)? {
        0 => u.int_in_range(-MAX_OFFSET..=MAX_OFFSET),
        1 => u.choose(&[-MAX_OFFSET, MAX_OFFSET]).copied(),
        _ => Ok(i32::from(u.arbitrary::<i16>()?)),
    }
}

/// Every word that is a requantizer; shifts that leave something of the sums of narrow layers more
/// often.
fn requantizer(u: &mut Unstructured<'_>) -> Result<Requantizer> {
    let shift =
        if u.arbitrary()? { u.int_in_range(4..=14u32)? } else { u.int_in_range(1..=31u32)? };
    let high = u.int_in_range(0..=(1u32 << 22) - 1)?;
    Requantizer::from_word(1 << 30 | high << 8 | shift).ok_or(arbitrary::Error::IncorrectFormat)
}

fn raw_quantizer(u: &mut Unstructured<'_>) -> Result<RawQuantizer> {
    let multiplier = u.int_in_range(0..=i16::MAX)?;
    let shift = u.int_in_range(0..=RawQuantizer::MAX_SHIFT)?;
    let addend = pick(u, &[i32::MIN, i32::MAX, 0])?;
    RawQuantizer::new(multiplier, shift, addend).ok_or(arbitrary::Error::IncorrectFormat)
}

fn input_quantizer(u: &mut Unstructured<'_>) -> Result<InputQuantizer> {
    // `abs` also makes a scale of -0 into one of 0.
    Ok(InputQuantizer { scale: finite(u)?.abs(), bias: finite(u)? })
}

/// Any finite number, those about the size of codes more often.
fn finite(u: &mut Unstructured<'_>) -> Result<f32> {
    if u.arbitrary()? {
        return Ok(f32::from(u.arbitrary::<i16>()?) / 64.0);
    }
    let number: f32 = u.arbitrary()?;
    Ok(if number.is_finite() { number } else { f32::MAX.copysign(number) })
}

fn expert(u: &mut Unstructured<'_>) -> Result<ExpertParts> {
    let length = u.int_in_range(1..=MAX_NAME)?;
    let mut name = String::new();
    while name.len() < length {
        let next: char = u.arbitrary()?;
        if name.len() + next.len_utf8() > MAX_NAME {
            break;
        }
        name.push(next);
    }
    let price = Price::from_bits(u.int_in_range(0..=Price::MAX.bits())?);
    Ok(ExpertParts { name, price })
}
