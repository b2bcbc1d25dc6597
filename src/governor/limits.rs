//! The ranges of a governor's numbers.

/// The largest magnitude of the range that advantages are clamped to.
pub const MAX_ADVANTAGE: i32 = 1 << 28;

/// Units of the excess: one deferral.
pub(super) const DEFERRAL: i32 = 1 << 16;

/// The number, or the end of the range that it lies beyond.
pub(super) const fn within(number: i32, low: i32, high: i32) -> i32 {
    if number < low {
        low
    } else if number > high {
        high
    } else {
        number
    }
}
