//! The power of a window's samples by frequency.

use mild::window_features::{
    Band, Functions as Used, Sample, Sines as Kept, SliceWindow, SpectralStatistic as Asked,
    Taper as Tapered,
};

use crate::boundary::{self, Opaque};
use crate::status::Status;
use crate::window::{WindowF32, WindowI16};

/// What a spectrum can be asked for: the words of `spectrum` in a `[[window]]`. Bin `k` of a window of N
/// samples is `k R / N` hertz, with R samples a second; the bins go from 1 to N/2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum SpectralKind {
    /// The sum of the powers of the bins from `first` to `last`, in squared units of the samples.
    Power = 0,
    /// The same in decibels, at least -120.
    Decibels = 1,
    /// The bin with the highest power, the lowest of several.
    Dominant = 2,
    /// The mean bin, weighted by power.
    Centroid = 3,
    /// How evenly the power is spread, 0 to 1.
    Entropy = 4,
    /// The geometric mean of the powers over the arithmetic one, 0 to 1.
    Flatness = 5,
}

/// Whose logarithm and exponential function decibels, entropy and flatness use. The two give different
/// bits: take those on which the rejector was trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Functions {
    /// Those of the crate `libm`.
    Libm = 0,
    /// Those of the crate `micromath`: the names that end in `-micromath`.
    Micromath = 1,
}

/// What the samples are multiplied by before the transform: the word of `taper` in a `[[window]]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Taper {
    /// The window of Hann: for signals that go on.
    Hann = 0,
    /// Nothing: for signals that fit the window, such as single shocks.
    None = 1,
}

/// A statistic of a spectrum. A table of them may be constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct SpectralStatistic {
    /// One of `mild_spectral_kind`.
    pub kind: u8,
    /// One of `mild_functions`; 0 where a statistic uses none.
    pub functions: u8,
    /// The lowest bin of a power or of decibels; 0 otherwise.
    pub first: u16,
    /// The highest bin.
    pub last: u16,
}

impl SpectralStatistic {
    fn asked(self) -> Option<Asked> {
        let functions = match self.functions {
            0 => Used::Libm,
            1 => Used::Micromath,
            _ => return None,
        };
        let band = Band { first: self.first, last: self.last };
        Some(match self.kind {
            0 => Asked::Power(band),
            1 => Asked::Decibels(band, functions),
            2 => Asked::Dominant,
            3 => Asked::Centroid,
            4 => Asked::Entropy(functions),
            5 => Asked::Flatness(functions),
            _ => return None,
        })
    }
}

/// The sines for spectra of windows of one length: a constant of the library, of which a program has
/// those that it names.
#[derive(Debug, Clone, Copy)]
pub struct Sines(Kept);

/// The sines for windows of 16 samples.
#[unsafe(no_mangle)]
pub static mild_sines_16: Sines = Sines(Kept::of::<16>());

/// The sines for windows of 32 samples.
#[unsafe(no_mangle)]
pub static mild_sines_32: Sines = Sines(Kept::of::<32>());

/// The sines for windows of 64 samples.
#[unsafe(no_mangle)]
pub static mild_sines_64: Sines = Sines(Kept::of::<64>());

/// The sines for windows of 128 samples.
#[unsafe(no_mangle)]
pub static mild_sines_128: Sines = Sines(Kept::of::<128>());

/// The sines for windows of 256 samples.
#[unsafe(no_mangle)]
pub static mild_sines_256: Sines = Sines(Kept::of::<256>());

/// The sines for windows of 512 samples.
#[unsafe(no_mangle)]
pub static mild_sines_512: Sines = Sines(Kept::of::<512>());

/// The sines for windows of 1024 samples.
#[unsafe(no_mangle)]
pub static mild_sines_1024: Sines = Sines(Kept::of::<1024>());

/// A window's spectrum, where it is made and where its statistics go.
struct Arguments {
    taper: i32,
    sines: *const Sines,
    room: *mut f32,
    room_length: usize,
    statistics: *const SpectralStatistic,
    count: usize,
    into: *mut f32,
}

impl Arguments {
    /// # Safety
    /// `window` was started, `sines` is one of the constants; `room` has `room_length` writable
    /// elements, `statistics` has `count` elements and `into` as many writable ones.
    #[inline(always)]
    unsafe fn compute<S: Sample + 'static, C: Opaque<Value = SliceWindow<'static, S>>>(
        &self,
        window: *const C,
    ) -> Status {
        let compute = || {
            // SAFETY: the caller's promise.
            let (window, sines, room, statistics, into) = unsafe {
                (
                    boundary::get(window)?,
                    boundary::array(self.sines, 1)?,
                    boundary::array_mut(self.room, self.room_length)?,
                    boundary::array(self.statistics, self.count)?,
                    boundary::array_mut(self.into, self.count)?,
                )
            };
            let taper = match self.taper {
                0 => Tapered::Hann,
                1 => Tapered::None,
                _ => return Err(Status::Statistic),
            };
            // Before anything is written.
            if statistics.iter().any(|statistic| statistic.asked().is_none()) {
                return Err(Status::Statistic);
            }
            let &Sines(sines) = sines.first().ok_or(Status::NullPointer)?;
            let failure =
                if window.is_full() { Status::WindowLength } else { Status::WindowNotFull };
            let spectrum = window.spectrum(taper, sines, room).ok_or(failure)?;
            for (into, statistic) in into.iter_mut().zip(statistics) {
                *into = statistic.asked().map_or(0.0, |asked| spectrum.get(asked));
            }
            Ok(())
        };
        compute().into()
    }
}

/// Makes the spectrum of a full window, and computes `count` statistics of it into `into`, in their
/// order.
///
/// The window has 16, 32, 64, 128, 256, 512 or 1024 samples, `sines` are those for this length, and
/// `room`, where the transform is made, has `room_length` elements, one for each sample. `taper` is one
/// of `mild_taper`. The window stays as it is.
///
/// Status: `NULL_POINTER`, `MISALIGNED`, `STATISTIC`, `WINDOW_LENGTH`, `WINDOW_NOT_FULL`. Thread-safe
/// as long as nobody changes the window and each thread has its own room; at most 640 bytes of stack.
///
/// # Safety
/// `window` was started; `sines` is one of `mild_sines_16` to `mild_sines_1024`; `room` has
/// `room_length` writable elements, `statistics` has `count` readable elements and `into` as many
/// writable ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_window_i16_spectrum(
    window: *const WindowI16,
    taper: i32,
    sines: *const Sines,
    room: *mut f32,
    room_length: usize,
    statistics: *const SpectralStatistic,
    count: usize,
    into: *mut f32,
) -> Status {
    let arguments = Arguments { taper, sines, room, room_length, statistics, count, into };
    // SAFETY: the caller's promise.
    unsafe { arguments.compute(window) }
}

/// The spectrum of `float` samples: see `mild_window_i16_spectrum()`.
///
/// # Safety
/// As `mild_window_i16_spectrum()`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_window_f32_spectrum(
    window: *const WindowF32,
    taper: i32,
    sines: *const Sines,
    room: *mut f32,
    room_length: usize,
    statistics: *const SpectralStatistic,
    count: usize,
    into: *mut f32,
) -> Status {
    let arguments = Arguments { taper, sines, room, room_length, statistics, count, into };
    // SAFETY: the caller's promise.
    unsafe { arguments.compute(window) }
}
