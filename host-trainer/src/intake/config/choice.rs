//! Settings of a configuration that are one of a few names.

use crate::choice::choice;

choice! {
    /// What a threshold makes small within the limits of a policy.
    Objective:
        /// Error plus price.
        DeferralLoss = "deferral-loss",
        /// The error of the whole system.
        Error = "error",
        /// The mean price.
        Price = "price",
}

choice! {
    /// What samples are multiplied by before their spectrum is made.
    TaperRule:
        /// The window of Hann.
        Hann = "hann",
        /// Nothing.
        None = "none",
}

choice! {
    /// The sense in which a promise holds on new data.
    Guarantee:
        /// With a stated confidence over the draw of the calibration rows.
        HighProbability = "high-probability",
        /// In expectation over that draw.
        Expected = "expected",
}

choice! {
    /// How it is decided where the codes of a quantized value end.
    RangeRule:
        /// By least squared error, saturation and rounding together.
        SquaredError = "squared-error",
        /// At a percentile of the values: what is beyond saturates.
        Percentile = "percentile",
}

choice! {
    /// A core on which window features were measured.
    FeatureCore:
        /// A Cortex-M0, without an FPU.
        M0 = "m0",
        /// A Cortex-M4 with an FPU of single precision.
        M4 = "m4",
}

choice! {
    /// What stands between two cells of a table.
    Delimiter:
        /// As in most of the world.
        Comma = ",",
        /// As spreadsheets write where the decimal mark is a comma.
        Semicolon = ";",
        /// As data bases and spectrometers write.
        Tab = "tab",
        /// As some exporters write.
        Bar = "|",
}

choice! {
    /// What stands before the fraction of a number.
    Decimal:
        /// As in 1.5.
        Point = ".",
        /// As in 1,5.
        Comma = ",",
}

choice! {
    /// What a missing answer is.
    NotAsked:
        /// An error.
        Refused = "refused",
        /// An expert that was not asked.
        Allowed = "allowed",
}

choice! {
    /// What an image knows of the names of its inputs and classes.
    ImageNames:
        /// Nothing.
        None = "none",
        /// Digests, by which a host can tell whether they are the ones that it knows.
        Digest = "digest",
        /// The names themselves, and the digests.
        All = "all",
}

impl Delimiter {
    /// The byte itself.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Bar => b'|',
        }
    }
}
