//! Statistics over a sliding window of samples.

use mild::window_features::{Sample, SliceWindow, Statistic as Asked, magnitude};

use crate::boundary::{self, Opaque, opaque};
use crate::status::Status;

/// The most samples of a window.
pub const WINDOW_SAMPLES: usize = 65536;

/// Words of a `mild_window_i16` and of a `mild_window_f32`, 64 bits each.
pub const WINDOW_WORDS: usize = 14;

/// What a window can be asked for: the words of `statistics` in a `[[window]]`. All are 0 for an empty
/// window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum StatisticKind {
    /// Sum over number.
    Mean = 0,
    /// Mean squared distance from the mean.
    Variance = 1,
    /// The smallest sample.
    Minimum = 2,
    /// The largest sample.
    Maximum = 3,
    /// Largest minus smallest.
    PeakToPeak = 4,
    /// Root of the mean square.
    Rms = 5,
    /// Neighbours of which one is negative and the other is not.
    ZeroCrossings = 6,
    /// Largest magnitude over RMS; 0 if the RMS is 0.
    CrestFactor = 7,
    /// Slope of the line of least squares through the samples, a sample.
    Slope = 8,
    /// The quantile of 50 %.
    Median = 9,
    /// The value below which `number` percent of the samples are, interpolated; more than 100 counts
    /// as 100.
    Quantile = 10,
    /// Autocorrelation of samples that are `number` places apart, from -1 to 1.
    Autocorrelation = 11,
}

/// A statistic. A table of them may be constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Statistic {
    /// One of `mild_statistic_kind`.
    pub kind: u8,
    /// Percent of a quantile, or places of an autocorrelation; 0 otherwise.
    pub number: u16,
}

impl Statistic {
    fn asked(self) -> Option<Asked> {
        if let Some(&plain) = Asked::PLAIN.get(usize::from(self.kind)) {
            return Some(plain);
        }
        match self.kind {
            10 => Some(Asked::Quantile(self.number.min(100) as u8)),
            11 => Some(Asked::Autocorrelation(self.number)),
            _ => None,
        }
    }
}

/// The numbers of [`StatisticKind`] are places in the crate's list.
const _: () = {
    let plain = Asked::PLAIN;
    assert!(plain.len() == StatisticKind::Quantile as usize);
    assert!(matches!(plain[StatisticKind::Mean as usize], Asked::Mean));
    assert!(matches!(plain[StatisticKind::Variance as usize], Asked::Variance));
    assert!(matches!(plain[StatisticKind::Minimum as usize], Asked::Minimum));
    assert!(matches!(plain[StatisticKind::Maximum as usize], Asked::Maximum));
    assert!(matches!(plain[StatisticKind::PeakToPeak as usize], Asked::PeakToPeak));
    assert!(matches!(plain[StatisticKind::Rms as usize], Asked::Rms));
    assert!(matches!(plain[StatisticKind::ZeroCrossings as usize], Asked::ZeroCrossings));
    assert!(matches!(plain[StatisticKind::CrestFactor as usize], Asked::CrestFactor));
    assert!(matches!(plain[StatisticKind::Slope as usize], Asked::Slope));
    assert!(matches!(plain[StatisticKind::Median as usize], Asked::Median));
};

/// The latest samples of a sensor with 16-bit readings. One thread at a time may use it.
///
/// It keeps pointers to your arrays, so neither they nor it may move.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct WindowI16 {
    private_words: [u64; WINDOW_WORDS],
}

/// The same of `float` samples.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct WindowF32 {
    private_words: [u64; WINDOW_WORDS],
}

opaque!(WindowI16, SliceWindow<'static, i16>);
opaque!(WindowF32, SliceWindow<'static, f32>);

/// # Safety
/// `window` is writable; `samples` has `length` elements and `places` twice as many, which nobody else
/// uses as long as the window.
#[inline(always)]
unsafe fn init<S: Sample + 'static, C: Opaque<Value = SliceWindow<'static, S>>>(
    window: *mut C,
    samples: *mut S,
    places: *mut u32,
    length: usize,
) -> Status {
    let start = || {
        if length > WINDOW_SAMPLES {
            return Err(Status::WindowLength);
        }
        // SAFETY: the caller's promise.
        let (samples, places) = unsafe {
            (
                boundary::array_mut(samples, length)?,
                boundary::array_mut(places, length.wrapping_mul(2))?,
            )
        };
        let started = SliceWindow::new(samples, places).ok_or(Status::WindowLength)?;
        // SAFETY: the caller's promise.
        unsafe { boundary::put(window, started) }
    };
    start().into()
}

/// # Safety
/// `window` was started.
#[inline(always)]
unsafe fn push<S: Sample + 'static, C: Opaque<Value = SliceWindow<'static, S>>>(
    window: *mut C,
    sample: S,
) -> Status {
    // SAFETY: the caller's promise.
    let taken = || unsafe { boundary::get_mut(window)? }.push(sample).map_err(|_| Status::Sample);
    taken().into()
}

/// # Safety
/// `window` was started; `statistics` has `count` readable elements and `features` as many writable
/// ones.
#[inline(always)]
unsafe fn features<S: Sample + 'static, C: Opaque<Value = SliceWindow<'static, S>>>(
    window: *const C,
    statistics: *const Statistic,
    count: usize,
    features: *mut f32,
) -> Status {
    let compute = || {
        // SAFETY: the caller's promise.
        let (window, statistics, features) = unsafe {
            (
                boundary::get(window)?,
                boundary::array(statistics, count)?,
                boundary::array_mut(features, count)?,
            )
        };
        // Before anything is written.
        if statistics.iter().any(|statistic| statistic.asked().is_none()) {
            return Err(Status::Statistic);
        }
        for (into, statistic) in features.iter_mut().zip(statistics) {
            *into = statistic.asked().map_or(0.0, |asked| window.get(asked));
        }
        Ok(())
    };
    compute().into()
}

/// # Safety
/// `axes` has `count` readable elements; `into` is writable.
#[inline(always)]
unsafe fn magnitude_of<S: Sample>(axes: *const S, count: usize, into: *mut f32) -> Status {
    let compute = || {
        // SAFETY: the caller's promise.
        let axes = unsafe { boundary::array(axes, count)? };
        let found = magnitude(axes).map_err(|_| Status::Sample)?;
        // SAFETY: the caller's promise.
        unsafe { boundary::write(into, found) }
    };
    compute().into()
}

/// Starts an empty window of `length` samples, 1 to `MILD_WINDOW_SAMPLES`.
///
/// It keeps the samples in `samples`, which has `length` elements, and the order of the extremes in
/// `places`, which has **twice** as many. What is in them before does not matter.
///
/// Status: `NULL_POINTER`, `MISALIGNED`, `WINDOW_LENGTH`. Thread-safe; at most 160 bytes of stack.
///
/// # Safety
/// `window` is writable; `samples` and `places` have as many writable elements, which nobody else uses
/// and which do not move as long as the window is in use.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_window_i16_init(
    window: *mut WindowI16,
    samples: *mut i16,
    places: *mut u32,
    length: usize,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { init(window, samples, places, length) }
}

/// Takes a sample; the oldest one goes if the window is full.
///
/// Takes a few steps, whatever the length (amortized, because of the extremes). Status:
/// `NULL_POINTER`, `MISALIGNED`. One thread at a time for each window; at most 192 bytes of stack.
///
/// # Safety
/// `window` was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_window_i16_push(window: *mut WindowI16, sample: i16) -> Status {
    // SAFETY: the caller's promise.
    unsafe { push(window, sample) }
}

/// Number of samples in the window, at most its length; 0 if `window` is null.
///
/// # Safety
/// `window` is null or was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_window_i16_samples(window: *const WindowI16) -> usize {
    // SAFETY: the caller's promise.
    unsafe { boundary::get(window) }.map(SliceWindow::len).unwrap_or_default()
}

/// Whether there are as many samples as the window is long; false if `window` is null.
///
/// # Safety
/// `window` is null or was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_window_i16_is_full(window: *const WindowI16) -> bool {
    // SAFETY: the caller's promise.
    unsafe { boundary::get(window) }.map(SliceWindow::is_full).unwrap_or_default()
}

/// Forgets all samples, for windows that do not overlap.
///
/// Status: `NULL_POINTER`, `MISALIGNED`.
///
/// # Safety
/// `window` was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_window_i16_clear(window: *mut WindowI16) -> Status {
    // SAFETY: the caller's promise.
    unsafe { boundary::get_mut(window) }.map(SliceWindow::clear).into()
}

/// Computes `count` statistics of the samples in the window into `into`, in their order.
///
/// The bits are those on which the trainer worked. It computes in double precision. Slope, median,
/// quantiles and autocorrelations look at every sample again.
///
/// Status: `NULL_POINTER`, `MISALIGNED`, `STATISTIC`. Thread-safe as long as nobody changes the
/// window; at most 512 bytes of stack.
///
/// # Safety
/// `window` was started; `statistics` has `count` readable elements and `into` as many writable
/// ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_window_i16_features(
    window: *const WindowI16,
    statistics: *const Statistic,
    count: usize,
    into: *mut f32,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { features(window, statistics, count, into) }
}

/// Starts an empty window of `float` samples: see `mild_window_i16_init()`.
///
/// # Safety
/// As `mild_window_i16_init()`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_window_f32_init(
    window: *mut WindowF32,
    samples: *mut f32,
    places: *mut u32,
    length: usize,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { init(window, samples, places, length) }
}

/// Takes a sample: see `mild_window_i16_push()`. Also the status `SAMPLE` if it is NaN or infinite; the
/// window is then as before. Computes in double precision; at most 384 bytes of stack.
///
/// # Safety
/// `window` was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_window_f32_push(window: *mut WindowF32, sample: f32) -> Status {
    // SAFETY: the caller's promise.
    unsafe { push(window, sample) }
}

/// Number of samples in the window, at most its length; 0 if `window` is null.
///
/// # Safety
/// `window` is null or was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_window_f32_samples(window: *const WindowF32) -> usize {
    // SAFETY: the caller's promise.
    unsafe { boundary::get(window) }.map(SliceWindow::len).unwrap_or_default()
}

/// Whether there are as many samples as the window is long; false if `window` is null.
///
/// # Safety
/// `window` is null or was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_window_f32_is_full(window: *const WindowF32) -> bool {
    // SAFETY: the caller's promise.
    unsafe { boundary::get(window) }.map(SliceWindow::is_full).unwrap_or_default()
}

/// Forgets all samples, for windows that do not overlap.
///
/// Status: `NULL_POINTER`, `MISALIGNED`.
///
/// # Safety
/// `window` was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_window_f32_clear(window: *mut WindowF32) -> Status {
    // SAFETY: the caller's promise.
    unsafe { boundary::get_mut(window) }.map(SliceWindow::clear).into()
}

/// Computes statistics: see `mild_window_i16_features()`.
///
/// # Safety
/// As `mild_window_i16_features()`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_window_f32_features(
    window: *const WindowF32,
    statistics: *const Statistic,
    count: usize,
    into: *mut f32,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { features(window, statistics, count, into) }
}

/// The magnitude of a sample of several axes, the root of the sum of the squares: what a window with
/// `axes` holds, as `float`. 0 without axes.
///
/// Status: `NULL_POINTER`, `MISALIGNED`. Thread-safe; at most 384 bytes of stack.
///
/// # Safety
/// `axes` has `count` readable elements; `into` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_magnitude_i16(
    axes: *const i16,
    count: usize,
    into: *mut f32,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { magnitude_of(axes, count, into) }
}

/// The magnitude of `float` axes: see `mild_magnitude_i16()`. Also the status `SAMPLE`.
///
/// # Safety
/// As `mild_magnitude_i16()`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_magnitude_f32(
    axes: *const f32,
    count: usize,
    into: *mut f32,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { magnitude_of(axes, count, into) }
}
