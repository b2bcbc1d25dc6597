//! What every function returns.

use core::ffi::{CStr, c_char};

use mild::{ImageError, InputError};

/// What came of a call. `MILD_STATUS_OK` is 0; on any other status nothing was written to the
/// results, unless a function says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    /// Success.
    Ok = 0,
    /// A pointer that must not be null is.
    NullPointer = 1,
    /// A pointer is not aligned to its type, or the bytes of an image do not start at a multiple of four.
    Misaligned = 2,
    /// An index is not below the number of what it counts.
    OutOfRange = 3,
    /// There are fewer bytes than the image says that it has.
    ImageTruncated = 10,
    /// There are bytes after the end of the image.
    ImageTrailingBytes = 11,
    /// The bytes are not an image of this library: they do not begin with `MILD`.
    ImageMagic = 12,
    /// The image has a format version that this library does not read.
    ImageVersion = 13,
    /// The image is damaged: its checksum does not match.
    ImageChecksum = 14,
    /// The image has the right checksum, and a number in it is out of range.
    ImageInvalid = 15,
    /// Another number of features than the image takes.
    FeatureCount = 20,
    /// A feature is not a number.
    NotANumber = 21,
    /// The image takes no raw readings: it was made without a `[raw]` section.
    NoRawQuantizer = 22,
    /// The scratch is shorter than `mild_image_scratch_words()` says.
    ScratchLength = 23,
    /// The image has no probabilities: it was not made with the method `one-vs-all`.
    NoPlattScaling = 24,
    /// Another number of prices than the image has experts.
    PriceCount = 25,
    /// The image has no operating points, so it has no settings for a governor.
    NoOperatingPoints = 30,
    /// The settings of a governor are out of range.
    GovernorSettings = 31,
    /// The saved state is damaged, was never written, or was made under other settings.
    GovernorState = 32,
    /// A sample is NaN or infinite.
    Sample = 40,
    /// A window or history is too short or too long, or an array that belongs to it has another length.
    WindowLength = 41,
    /// There is no such statistic, taper or set of functions.
    Statistic = 42,
    /// The window has fewer samples than its length, so it has no spectrum yet.
    WindowNotFull = 43,
}

impl From<ImageError> for Status {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Misaligned => Self::Misaligned,
            ImageError::Truncated { .. } | ImageError::NotWords { .. } => Self::ImageTruncated,
            ImageError::TrailingBytes { .. } => Self::ImageTrailingBytes,
            ImageError::Magic { .. } => Self::ImageMagic,
            ImageError::Version { .. } => Self::ImageVersion,
            ImageError::Checksum { .. } => Self::ImageChecksum,
            _ => Self::ImageInvalid,
        }
    }
}

impl From<InputError> for Status {
    fn from(error: InputError) -> Self {
        match error {
            InputError::NotANumber { .. } => Self::NotANumber,
            InputError::NoRawQuantizer => Self::NoRawQuantizer,
            InputError::Scratch { .. } => Self::ScratchLength,
            InputError::NoPlattScaling => Self::NoPlattScaling,
            InputError::Prices { .. } => Self::PriceCount,
            // The lengths of features and of codes.
            _ => Self::FeatureCount,
        }
    }
}

impl From<Result<(), Status>> for Status {
    #[inline(always)]
    fn from(result: Result<(), Status>) -> Self {
        match result {
            Ok(()) => Self::Ok,
            Err(status) => status,
        }
    }
}

/// One line of English that says what a status means. Any number is allowed.
///
/// Never null; static. Thread-safe; takes no stack to speak of.
#[unsafe(no_mangle)]
pub extern "C" fn mild_status_string(status: i32) -> *const c_char {
    // Not `Status`: a caller may pass any number.
    let text: &CStr = match status {
        0 => c"success",
        1 => c"a pointer is null",
        2 => c"a pointer is misaligned: an image must start at a multiple of four bytes",
        3 => c"an index is out of range",
        10 => c"the image is truncated",
        11 => c"there are bytes after the end of the image",
        12 => c"this is not an image: it does not begin with MILD",
        13 => c"the image has a format version that this library does not read",
        14 => c"the image is damaged: its checksum does not match",
        15 => c"a number in the image is out of range",
        20 => c"the number of features is not the number of the image's inputs",
        21 => c"a feature is not a number",
        22 => c"the image takes no raw readings: it was made without a [raw] section",
        23 => c"the scratch is too short: see mild_image_scratch_words()",
        24 => c"the image has no probabilities: it was not made with the method one-vs-all",
        25 => c"the number of prices is not the number of experts",
        30 => c"the image has no operating points",
        31 => c"the governor's settings are out of range",
        32 => c"the governor's state is damaged or was made under other settings",
        40 => c"a sample is not a finite number",
        41 => c"a window or history is too short or too long, or an array of it has another length",
        42 => c"there is no such statistic, taper or set of functions",
        43 => c"the window is not full, so it has no spectrum",
        _ => c"unknown status",
    };
    text.as_ptr()
}
