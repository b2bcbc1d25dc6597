//! What a statistic was in the windows before.

use mild::window_features::SliceHistory;

use crate::boundary::{self, opaque};
use crate::status::Status;

/// Words of a `mild_history`, each as wide as a pointer.
pub const HISTORY_WORDS: usize = 4;

/// The latest values of a statistic, one for each window: what `changes` and `averages` of a
/// `[[window]]` are made of. One thread at a time may use it.
///
/// It keeps a pointer to your array, so neither that nor it may move.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct History {
    private_words: [usize; HISTORY_WORDS],
}

opaque!(History, SliceHistory<'static>);

/// Starts a history of `length` values, 2 to 65,536: the `windows` of a `[[window]]`. What is in
/// `values` before does not matter.
///
/// Status: `NULL_POINTER`, `MISALIGNED`, `WINDOW_LENGTH`. Thread-safe; at most 160 bytes of stack, as
/// all functions of a history.
///
/// # Safety
/// `history` is writable; `values` has `length` writable elements, which nobody else uses and which do
/// not move as long as the history is in use.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_history_init(
    history: *mut History,
    values: *mut f32,
    length: usize,
) -> Status {
    let start = || {
        // SAFETY: the caller's promise.
        let values = unsafe { boundary::array_mut(values, length)? };
        let started = SliceHistory::new(values).ok_or(Status::WindowLength)?;
        // SAFETY: the caller's promise.
        unsafe { boundary::put(history, started) }
    };
    start().into()
}

/// Takes the value of a window; the oldest one goes if the history is full.
///
/// Status: `NULL_POINTER`, `MISALIGNED`. One thread at a time for each history.
///
/// # Safety
/// `history` was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_history_push(history: *mut History, value: f32) -> Status {
    // SAFETY: the caller's promise.
    unsafe { boundary::get_mut(history) }.map(|history| history.push(value)).into()
}

/// Whether there are as many values as the history is long; false if `history` is null. Only then are
/// its features those that the rejector was trained on.
///
/// # Safety
/// `history` is null or was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_history_is_full(history: *const History) -> bool {
    // SAFETY: the caller's promise.
    unsafe { boundary::get(history) }.map(SliceHistory::is_full).unwrap_or_default()
}

/// Forgets all values, as after a gap between windows.
///
/// Status: `NULL_POINTER`, `MISALIGNED`.
///
/// # Safety
/// `history` was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_history_clear(history: *mut History) -> Status {
    // SAFETY: the caller's promise.
    unsafe { boundary::get_mut(history) }.map(SliceHistory::clear).into()
}

/// The latest value minus the one before; 0 if there are less than two, or if `history` is null.
///
/// # Safety
/// `history` is null or was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_history_change(history: *const History) -> f32 {
    // SAFETY: the caller's promise.
    unsafe { boundary::get(history) }.map(SliceHistory::change).unwrap_or_default()
}

/// The exponential average of the values: the oldest, and from there for each later one a part of
/// 2^-`smoothing` of the way to it; 0 without values, or if `history` is null.
///
/// # Safety
/// `history` is null or was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_history_average(history: *const History, smoothing: u8) -> f32 {
    // SAFETY: the caller's promise.
    let history = unsafe { boundary::get(history) };
    history.map(|history| history.average(smoothing)).unwrap_or_default()
}
