//! The cases in which the firmware `prove` decides.

/// How a case comes to its decisions.
#[derive(Clone, Copy)]
pub(super) enum Case {
    /// From int8 codes.
    Codes,
    /// From raw readings.
    Raw,
    /// From int8 codes, under a governor.
    Governed,
    /// The same without watches.
    Unwatched,
    /// With budgets for single experts.
    Capped,
}

/// The cases and their names, in the order of the firmware.
pub(super) const CASES: [(&str, Case); 9] = [
    ("codes-embedded", Case::Codes),
    ("raw-embedded", Case::Raw),
    ("codes-slot", Case::Codes),
    ("raw-slot", Case::Raw),
    ("batch-first", Case::Codes),
    ("batch-second", Case::Codes),
    ("governed", Case::Governed),
    ("unwatched", Case::Unwatched),
    ("capped", Case::Capped),
];
