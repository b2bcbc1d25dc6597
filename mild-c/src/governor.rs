//! A governor keeps the deferral rate inside its budget.

use mild::governor::{
    Charge, GovernedInput, Governor as Kept, GovernorSettings as Settings, Rate, Track,
};
use mild::{Decide, Reachable, Resolution};

use crate::boundary::{self, opaque};
use crate::decision::{Decision, Scores};
use crate::image::Image;
use crate::status::Status;

/// Words of a `mild_governor_settings`, each as wide as a pointer.
pub const GOVERNOR_SETTINGS_WORDS: usize = 24;

/// Words of a `mild_governor`, each as wide as a pointer.
pub const GOVERNOR_WORDS: usize = 20;

/// Words of a `mild_governor_input`, each as wide as a pointer.
pub const GOVERNOR_INPUT_WORDS: usize = 20;

/// Bytes of a saved governor.
pub const GOVERNOR_STATE_BYTES: usize = 36;

const _: () = assert!(GOVERNOR_STATE_BYTES == <Kept<'static>>::STATE_BYTES);

/// The settings of a governor. They do not change or move while a governor uses them.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct GovernorSettings {
    private_words: [usize; GOVERNOR_SETTINGS_WORDS],
}

/// A governor: the memory that keeps a deferral rate. One thread at a time may use it.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Governor {
    private_words: [usize; GOVERNOR_WORDS],
}

/// One input under a governor, from `mild_governor_begin()` to `mild_governor_commit()`.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct GovernorInput {
    private_words: [usize; GOVERNOR_INPUT_WORDS],
}

opaque!(GovernorSettings, Settings);
opaque!(Governor, Kept<'static>);
opaque!(GovernorInput, GovernedInput<'static, 'static, 'static>);

/// Counts since the start of a governor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct GovernorCounters {
    /// Inputs that were committed.
    pub decisions: u32,
    /// Of these, the ones for which somebody was charged.
    pub deferred: u32,
    /// Those that the image would have deferred and the first proposal did not.
    pub withheld: u32,
}

/// Settings that keep a deferral rate of at most `budget`, in 2^-16 of all inputs.
///
/// `low` to `high` is the range of advantages (by how much the best expert exceeds the device, in
/// score units), `step` by how much one deferral raises the threshold; a hundredth of the range is
/// usual. `floor` is the lowest threshold: 0, the image's own, or below.
///
/// Failed attempts are charged, too, unless `charge_answers_only`.
///
/// Status: `NULL_POINTER`, `MISALIGNED`, `GOVERNOR_SETTINGS`.
///
/// # Safety
/// `settings` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_governor_settings_init(
    settings: *mut GovernorSettings,
    low: i32,
    high: i32,
    step: i32,
    budget: u32,
    floor: i32,
    charge_answers_only: bool,
) -> Status {
    let made = Settings::new(low, high, step, Rate::from_bits(budget), Track::AtMost(floor));
    let Some(made) = made else { return Status::GovernorSettings };
    let charge = if charge_answers_only { Charge::Answers } else { Charge::Attempts };
    // SAFETY: the caller's promise.
    unsafe { boundary::put(settings, made.with_charge(charge)) }.into()
}

/// The settings that the image's operating points give: its budget. Nothing watches for
/// drift.
///
/// Status: `NULL_POINTER`, `MISALIGNED`, `NO_OPERATING_POINTS`.
///
/// # Safety
/// `settings` is writable; `image` was opened.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_governor_settings_of_image(
    settings: *mut GovernorSettings,
    image: *const Image,
) -> Status {
    let find = || {
        // SAFETY: the caller's promise.
        let image = unsafe { boundary::get(image)? };
        let points = image.operating_points().ok_or(Status::NoOperatingPoints)?;
        // SAFETY: the caller's promise.
        unsafe { boundary::put(settings, points.settings().without_watches()) }
    };
    find().into()
}

/// Starts a governor at the image's own threshold.
///
/// Status: `NULL_POINTER`, `MISALIGNED`.
///
/// # Safety
/// `governor` is writable; `settings` was filled, and neither changes nor moves while `governor` is in
/// use.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_governor_init(
    governor: *mut Governor,
    settings: *const GovernorSettings,
) -> Status {
    // SAFETY: the caller's promise.
    let start = || unsafe { boundary::put(governor, Kept::new(boundary::get(settings)?)) };
    start().into()
}

/// Begins an input: binds its scores to the governor.
///
/// Until `mild_governor_commit()`, use the governor through `input` only. An input that is not
/// committed is not charged, as if it had never been.
///
/// Status: `NULL_POINTER`, `MISALIGNED`.
///
/// # Safety
/// `governor` was started; `scores` was filled, and its scratch stays untouched until the commit;
/// `input` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_governor_begin(
    governor: *mut Governor,
    scores: *const Scores,
    input: *mut GovernorInput,
) -> Status {
    let begin = || {
        // SAFETY: the caller's promise.
        unsafe {
            let scores = *boundary::get(scores)?;
            boundary::put(input, boundary::get_mut(governor)?.input(scores))
        }
    };
    begin().into()
}

/// Proposes whom to ask under the budget; charges nothing. After an expert has failed, call it again
/// with that expert's bit cleared.
///
/// `margin` is the distance of the advantage from the threshold. Status: `NULL_POINTER`,
/// `MISALIGNED`.
///
/// # Safety
/// `input` was begun and not committed; `decision` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_governor_propose(
    input: *mut GovernorInput,
    reachable: u32,
    decision: *mut Decision,
) -> Status {
    let propose = || {
        // SAFETY: the caller's promise.
        let input = unsafe { boundary::get_mut(input)? };
        let decided = input.propose(Reachable::from_bits(reachable));
        // SAFETY: the caller's promise.
        unsafe { boundary::write(decision, decided.into()) }
    };
    propose().into()
}

/// Charges an input, once, for what really happened, and ends it.
///
/// `answered_by` is the expert that answered, `MILD_LOCAL` if the device did. `failed` has the bits of
/// the experts that were asked before and did not answer (bit *k* for expert *k*).
///
/// Status: `NULL_POINTER`, `MISALIGNED`.
///
/// # Safety
/// `input` was begun and not committed; it is not used again before the next
/// `mild_governor_begin()`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_governor_commit(
    input: *mut GovernorInput,
    answered_by: u8,
    failed: u32,
) -> Status {
    let commit = || {
        // SAFETY: the caller's promise: the input is taken out here, and not used again.
        let input = unsafe { boundary::take(input)? };
        input.commit(Resolution::by(answered_by).after_all(failed));
        Ok(())
    };
    commit().into()
}

/// The threshold that the next advantage must exceed, in score units; 0 if `governor` is null.
///
/// # Safety
/// `governor` is null or was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_governor_threshold(governor: *const Governor) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { boundary::get(governor) }.map(Kept::threshold).unwrap_or_default()
}

/// The counts since the start.
///
/// Status: `NULL_POINTER`, `MISALIGNED`.
///
/// # Safety
/// `governor` was started; `counters` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_governor_get_counters(
    governor: *const Governor,
    counters: *mut GovernorCounters,
) -> Status {
    let find = || {
        // SAFETY: the caller's promise.
        let found = unsafe { boundary::get(governor)? }.counters();
        let mild::governor::GovernorCounters { decisions, deferred, withheld } = found;
        // SAFETY: the caller's promise.
        unsafe { boundary::write(counters, GovernorCounters { decisions, deferred, withheld }) }
    };
    find().into()
}

/// Saves a governor into `MILD_GOVERNOR_STATE_BYTES` bytes, for after a reboot.
///
/// Status: `NULL_POINTER`, `MISALIGNED`.
///
/// # Safety
/// `governor` was started; `bytes` has `MILD_GOVERNOR_STATE_BYTES` writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_governor_save(governor: *const Governor, bytes: *mut u8) -> Status {
    let save = || {
        // SAFETY: the caller's promise.
        let (governor, bytes) = unsafe {
            (boundary::get(governor)?, boundary::array_mut(bytes, GOVERNOR_STATE_BYTES)?)
        };
        governor.to_bytes(bytes).map_err(|_| Status::GovernorState)
    };
    save().into()
}

/// Starts a governor with a saved state.
///
/// Status: `NULL_POINTER`, `MISALIGNED`; `GOVERNOR_STATE` if the bytes are not a state under these
/// settings: then the governor starts with an empty token bucket, so that a device that restarts again
/// and again gets no new burst each time.
///
/// # Safety
/// As `mild_governor_init()`; `bytes` has `MILD_GOVERNOR_STATE_BYTES` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_governor_restore(
    governor: *mut Governor,
    settings: *const GovernorSettings,
    bytes: *const u8,
) -> Status {
    let restore = || {
        // SAFETY: the caller's promise.
        let (settings, bytes) =
            unsafe { (boundary::get(settings)?, boundary::array(bytes, GOVERNOR_STATE_BYTES)?) };
        let (restored, result) = match Kept::from_bytes(settings, bytes) {
            Ok(restored) => (restored, Ok(())),
            Err(_) => (Kept::cautious(settings), Err(Status::GovernorState)),
        };
        // SAFETY: the caller's promise.
        unsafe { boundary::put(governor, restored) }.and(result)
    };
    restore().into()
}
