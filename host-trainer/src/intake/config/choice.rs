//! Settings that are one of a few words.

use crate::error::{list, suggest};

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident: $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)?) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant),+
        }

        impl $name {
            /// All values, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];
            /// Their names in a configuration, in the same order.
            pub const NAMES: &[&str] = &[$($text),+];

            /// The name in a configuration.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::error::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::error::Error::Invalid {
                        what: stringify!($name).to_lowercase(),
                        found: format!("`{text}`"),
                        expected: $crate::intake::config::expected(text, Self::NAMES),
                    }),
                }
            }
        }
    };
}

pub(crate) use choice;

/// What to tell a person who wrote `found` where one of `names` belongs.
pub(crate) fn expected(found: &str, names: &[&str]) -> String {
    let guess =
        suggest(found, names.iter().copied()).map(|name| format!(" (did you mean `{name}`?)"));
    format!("one of {}{}", list(names.iter().copied()), guess.unwrap_or_default())
}

choice! {
    /// The family of losses that the rejector is trained with.
    Method:
        /// The margin-based imbalanced losses.
        Mild = "mild",
        /// The plain two-stage surrogate, without margins.
        TwoStage = "two-stage",
        /// The same with generalised cross-entropy, q = 0.7, in place of the logarithm.
        Gce = "two-stage-gce",
        /// The same with the mean absolute error.
        Mae = "two-stage-mae",
        /// The same with the sum-exponential loss.
        Exp = "two-stage-exp",
        /// The realizable surrogate.
        Realizable = "realizable",
        /// Pick the confident correct expert, two-stage.
        Picce = "picce",
        /// A probability of being right for each expert, whose prices can change at run time.
        OneVsAll = "one-vs-all",
        /// The two-stage loss with `tau` = `sum`, as published for experts whose answers have a class and a value;
        /// for other experts it is that too.
        MultiTask = "multi-task",
        /// Whichever of `two-stage`, `two-stage-gce`, `two-stage-exp`, `realizable`, `one-vs-all` and `mild` wins the
        /// selection.
        Auto = "auto",
}

choice! {
    /// From what an expert's cost is taken to give its weight in the loss.
    Tau:
        /// The largest cost of any row and expert.
        One = "one",
        /// The sum of the row's costs.
        Sum = "sum",
        /// The largest of the row's costs.
        Max = "max",
}

choice! {
    /// The form of the margin loss.
    Form:
        /// Each expert's term as it is: implicitly re-weighted toward small margins.
        I = "I",
        /// Each expert's term times its margin: consistent whatever the margins.
        N = "N",
}

choice! {
    /// What the margin of an expert follows.
    RhoRule:
        /// The expert's squared weights, times squared feature norms, summed over the rows.
        Mass = "mass",
        /// The number of rows on which the expert is the cheapest choice.
        Count = "count",
}

choice! {
    /// How widely the selection searches.
    Effort:
        /// A few candidates.
        Quick = "quick",
        /// The usual candidates.
        Normal = "normal",
        /// All candidates.
        Thorough = "thorough",
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for (&method, &name) in Method::ALL.iter().zip(Method::NAMES) {
            assert_eq!(method.to_string(), name);
            assert_eq!(name.parse::<Method>().unwrap(), method);
        }
        let error = "tow-stage".parse::<Method>().unwrap_err().to_string();
        assert!(
            error.contains("`tow-stage`") && error.contains("did you mean `two-stage`?"),
            "{error}"
        );
    }
}
