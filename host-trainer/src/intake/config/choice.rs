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
    /// What the samples of a window are.
    Readings:
        /// Numbers.
        F32 = "f32",
        /// Raw 16-bit readings: whole numbers of -32768 to 32767.
        I16 = "i16",
}
