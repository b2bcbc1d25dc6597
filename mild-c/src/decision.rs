//! From an input to a decision.

use mild::{FeatureValue, Price, Reachable, Rejector, Scores as Scored};

use crate::boundary::{self, opaque};
use crate::image::Image;
use crate::status::Status;

/// The index of the device's own predictor among the experts.
pub const LOCAL: u8 = 0;

/// The most experts of an image, the device itself included.
pub const MAX_EXPERTS: usize = 32;

const _: () = assert!(LOCAL == mild::LOCAL && MAX_EXPERTS == mild::MAX_EXPERTS);

/// Every expert can be asked.
pub const REACHABLE_ALL: u32 = u32::MAX;

/// Nobody can be asked, as when the link is down.
pub const REACHABLE_LOCAL_ONLY: u32 = 1;

/// What was decided for one input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Decision {
    /// By how much the choice exceeds the second best, in score units; `INT32_MAX` if nobody else can
    /// be asked. Never negative.
    pub margin: i32,
    /// Whom to ask; `MILD_LOCAL` (0) means: answer on the device.
    pub expert: u8,
}

impl From<mild::Decision> for Decision {
    fn from(decision: mild::Decision) -> Self {
        Self { margin: decision.margin, expert: decision.expert }
    }
}

/// Words of a `mild_scores`, each as wide as a pointer.
pub const SCORES_WORDS: usize = 5;

/// The scores of one input with the offsets that belong to them.
///
/// They lie in the scratch of the call that made them, which stays as it is while they are in use.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Scores {
    private_words: [usize; SCORES_WORDS],
}

opaque!(Scores, Scored<'static>);

/// An input and where its scores go.
struct Arguments<F> {
    image: *const Image,
    features: *const F,
    count: usize,
    scratch: *mut u32,
    scratch_words: usize,
}

impl<F: FeatureValue> Arguments<F> {
    /// The scores, in the scratch.
    ///
    /// # Safety
    /// `image` was opened, `features` has `count` elements, and `scratch` has `scratch_words` words
    /// that nobody else uses as long as the scores.
    #[inline(always)]
    unsafe fn scores(&self) -> Result<Scored<'static>, Status> {
        // SAFETY: the caller's promise.
        let (image, features, scratch) = unsafe {
            (
                boundary::get(self.image)?,
                boundary::array(self.features, self.count)?,
                boundary::array_mut(self.scratch, self.scratch_words)?,
            )
        };
        Ok(Rejector::new(image).scores(features, scratch)?)
    }

    /// # Safety
    /// As [`Self::scores`]; `decision` is writable.
    #[inline(always)]
    unsafe fn decide(&self, reachable: u32, decision: *mut Decision) -> Status {
        // SAFETY: the caller's promise.
        let scores = match unsafe { self.scores() } {
            Ok(scores) => scores,
            Err(status) => return status,
        };
        let decided = scores.decide(Reachable::from_bits(reachable));
        // SAFETY: the caller's promise.
        unsafe { boundary::write(decision, decided.into()) }.into()
    }

    /// # Safety
    /// As [`Self::scores`]; `into` is writable.
    #[inline(always)]
    unsafe fn put_scores(&self, into: *mut Scores) -> Status {
        // SAFETY: the caller's promise.
        let put = || unsafe { boundary::put(into, self.scores()?) };
        put().into()
    }
}

/// Decides on one input of features in their own units, as in the log.
///
/// The choice is the expert with the largest score plus offset among those whose bit is set in
/// `reachable` (bit *k* for expert *k*; bit 0 counts as set); ties go to the lower index.
///
/// `scratch` has `mild_image_scratch_words()` words or more; its content before does not matter.
/// Infinities saturate. Run time depends on the image alone.
///
/// Status: `NULL_POINTER`, `MISALIGNED`, `FEATURE_COUNT`, `NOT_A_NUMBER`, `SCRATCH_LENGTH`.
/// Thread-safe if each thread has its own scratch.
///
/// # Safety
/// `image` was opened; `features` has `count` readable elements, `scratch` has `scratch_words`
/// writable words, `decision` is writable; the last two do not overlap anything else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_decide_f32(
    image: *const Image,
    features: *const f32,
    count: usize,
    reachable: u32,
    scratch: *mut u32,
    scratch_words: usize,
    decision: *mut Decision,
) -> Status {
    let arguments = Arguments { image, features, count, scratch, scratch_words };
    // SAFETY: the caller's promise.
    unsafe { arguments.decide(reachable, decision) }
}

/// Decides on one input of raw 16-bit readings, with integers only.
///
/// As `mild_decide_f32()`; the status `NO_RAW_QUANTIZER` if the image was not made for them.
///
/// # Safety
/// As `mild_decide_f32()`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_decide_i16(
    image: *const Image,
    features: *const i16,
    count: usize,
    reachable: u32,
    scratch: *mut u32,
    scratch_words: usize,
    decision: *mut Decision,
) -> Status {
    let arguments = Arguments { image, features, count, scratch, scratch_words };
    // SAFETY: the caller's promise.
    unsafe { arguments.decide(reachable, decision) }
}

/// Decides on one input of int8 codes that `mild_quantize_f32()` or `mild_quantize_i16()` made.
///
/// As `mild_decide_f32()`.
///
/// # Safety
/// As `mild_decide_f32()`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_decide_i8(
    image: *const Image,
    features: *const i8,
    count: usize,
    reachable: u32,
    scratch: *mut u32,
    scratch_words: usize,
    decision: *mut Decision,
) -> Status {
    let arguments = Arguments { image, features, count, scratch, scratch_words };
    // SAFETY: the caller's promise.
    unsafe { arguments.decide(reachable, decision) }
}

/// The scores of one input, to propose on them more than once, or for a governor.
///
/// They lie in `scratch`, which is free again when `scores` is no longer used. Otherwise as
/// `mild_decide_f32()`.
///
/// # Safety
/// As `mild_decide_f32()`; `scores` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_scores_f32(
    image: *const Image,
    features: *const f32,
    count: usize,
    scratch: *mut u32,
    scratch_words: usize,
    scores: *mut Scores,
) -> Status {
    let arguments = Arguments { image, features, count, scratch, scratch_words };
    // SAFETY: the caller's promise.
    unsafe { arguments.put_scores(scores) }
}

/// The scores of one input of raw readings: see `mild_scores_f32()` and `mild_decide_i16()`.
///
/// # Safety
/// As `mild_scores_f32()`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_scores_i16(
    image: *const Image,
    features: *const i16,
    count: usize,
    scratch: *mut u32,
    scratch_words: usize,
    scores: *mut Scores,
) -> Status {
    let arguments = Arguments { image, features, count, scratch, scratch_words };
    // SAFETY: the caller's promise.
    unsafe { arguments.put_scores(scores) }
}

/// The scores of one input of codes: see `mild_scores_f32()` and `mild_decide_i8()`.
///
/// # Safety
/// As `mild_scores_f32()`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_scores_i8(
    image: *const Image,
    features: *const i8,
    count: usize,
    scratch: *mut u32,
    scratch_words: usize,
    scores: *mut Scores,
) -> Status {
    let arguments = Arguments { image, features, count, scratch, scratch_words };
    // SAFETY: the caller's promise.
    unsafe { arguments.put_scores(scores) }
}

/// The scores under other prices than those of the image: `prices` has one for each expert, of one
/// use, in 2^-16 of one error; those above 2^30 count as 2^30.
///
/// As `mild_scores_f32()`; also the status `NO_PLATT_SCALING` or `PRICE_COUNT`.
///
/// # Safety
/// As `mild_scores_f32()`; `prices` has `price_count` readable elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_scores_with_prices_f32(
    image: *const Image,
    features: *const f32,
    count: usize,
    prices: *const u32,
    price_count: usize,
    scratch: *mut u32,
    scratch_words: usize,
    scores: *mut Scores,
) -> Status {
    let score = || {
        // SAFETY: the caller's promise.
        let (image, features, prices, scratch) = unsafe {
            (
                boundary::get(image)?,
                boundary::array(features, count)?,
                boundary::array(prices, price_count)?,
                boundary::array_mut(scratch, scratch_words)?,
            )
        };
        if prices.len() != image.experts() {
            return Err(Status::PriceCount);
        }
        let mut of_experts = [Price::ZERO; MAX_EXPERTS];
        for (into, &bits) in of_experts.iter_mut().zip(prices) {
            *into = Price::from_bits(bits);
        }
        let of_experts = of_experts.get(..prices.len()).ok_or(Status::PriceCount)?;
        let scored = Rejector::new(image).scores_with_prices(features, of_experts, scratch)?;
        // SAFETY: the caller's promise.
        unsafe { boundary::put(scores, scored) }
    };
    score().into()
}

/// Proposes whom to ask among the reachable experts; changes nothing. After an expert has failed, call
/// it again with that expert's bit cleared.
///
/// Status: `NULL_POINTER`, `MISALIGNED`.
///
/// # Safety
/// `scores` was filled and its scratch is untouched; `decision` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_scores_propose(
    scores: *const Scores,
    reachable: u32,
    decision: *mut Decision,
) -> Status {
    let propose = || {
        // SAFETY: the caller's promise.
        let decided = unsafe { boundary::get(scores)? }.decide(Reachable::from_bits(reachable));
        // SAFETY: the caller's promise.
        unsafe { boundary::write(decision, decided.into()) }
    };
    propose().into()
}

/// The score of one expert, its offset not added.
///
/// Status: `NULL_POINTER`, `MISALIGNED`, `OUT_OF_RANGE`.
///
/// # Safety
/// `scores` was filled and its scratch is untouched; `score` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_scores_get(
    scores: *const Scores,
    expert: u8,
    score: *mut i32,
) -> Status {
    let find = || {
        // SAFETY: the caller's promise.
        let values = unsafe { boundary::get(scores)? }.values();
        let &found = values.get(usize::from(expert)).ok_or(Status::OutOfRange)?;
        // SAFETY: the caller's promise.
        unsafe { boundary::write(score, found) }
    };
    find().into()
}

/// The probability that each expert is right, in units of 2^-16: `probabilities` has `experts`
/// elements, as many as the image.
///
/// As `mild_decide_f32()`; also the status `NO_PLATT_SCALING`, or `OUT_OF_RANGE` for another number of
/// experts.
///
/// # Safety
/// As `mild_decide_f32()`; `probabilities` has `experts` writable elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_probabilities_f32(
    image: *const Image,
    features: *const f32,
    count: usize,
    scratch: *mut u32,
    scratch_words: usize,
    probabilities: *mut i32,
    experts: usize,
) -> Status {
    let find = || {
        // SAFETY: the caller's promise.
        let (image, features, scratch, into) = unsafe {
            (
                boundary::get(image)?,
                boundary::array(features, count)?,
                boundary::array_mut(scratch, scratch_words)?,
                boundary::array_mut(probabilities, experts)?,
            )
        };
        if into.len() != image.experts() {
            return Err(Status::OutOfRange);
        }
        let found = Rejector::new(image).probabilities(features, scratch)?;
        for (into, &probability) in into.iter_mut().zip(found) {
            *into = probability;
        }
        Ok(())
    };
    find().into()
}

/// Quantizes an input into codes.
///
/// # Safety
/// `image` was opened; `features` has `count` readable elements and `codes` as many writable ones.
unsafe fn quantize<F: FeatureValue>(
    image: *const Image,
    features: *const F,
    count: usize,
    codes: *mut i8,
) -> Status {
    let quantize = || {
        // SAFETY: the caller's promise.
        let (image, features, codes) = unsafe {
            (
                boundary::get(image)?,
                boundary::array(features, count)?,
                boundary::array_mut(codes, count)?,
            )
        };
        Ok(Rejector::new(image).quantize(features, codes)?)
    };
    quantize().into()
}

/// Quantizes features into `count` int8 codes, to send or store them in place of the features.
///
/// Status: `NULL_POINTER`, `MISALIGNED`, `FEATURE_COUNT`, `NOT_A_NUMBER` (the codes are then not to be
/// used). Thread-safe.
///
/// # Safety
/// `image` was opened; `features` has `count` readable elements and `codes` as many writable ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_quantize_f32(
    image: *const Image,
    features: *const f32,
    count: usize,
    codes: *mut i8,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { quantize(image, features, count, codes) }
}

/// Quantizes raw readings: see `mild_quantize_f32()` and `mild_decide_i16()`.
///
/// # Safety
/// As `mild_quantize_f32()`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_quantize_i16(
    image: *const Image,
    features: *const i16,
    count: usize,
    codes: *mut i8,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { quantize(image, features, count, codes) }
}
