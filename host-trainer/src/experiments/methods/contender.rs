//! The names of all that can be compared.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::choice::{choice, expected};
use crate::error::Error;
use crate::loss::Method;

choice! {
    /// Methods that only a host runs.
    HostOnly:
        /// Mean cost of each expert among the nearest train rows.
        Knn = "knn",
        /// Classes and experts in one network, every expert that is right counting.
        OneStage = "one-stage",
        /// The same with only the confident correct expert counting.
        PicceOneStage = "picce-one-stage",
        /// A sigmoid for each class and expert in one network.
        OneStageOneVsAll = "one-stage-one-vs-all",
        /// The same with only the confident correct expert being a positive.
        PicceOneVsAll = "picce-one-vs-all",
        /// A gate on the local model's largest softmax.
        MaxSoftmax = "max-softmax",
        /// A gate on the entropy of its probabilities (L-RAG).
        Entropy = "entropy",
        /// A gate on the difference of its two largest probabilities.
        Margin = "margin",
        /// A logistic gate on its two largest probabilities.
        Dime = "dime",
        /// By lot, each expert as often as it is the cheapest choice on the train rows.
        Random = "random",
}

/// Something that can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Contender {
    /// A method that ends in an image.
    Image(Method),
    /// A method that only a host runs.
    HostOnly(HostOnly),
}

impl Contender {
    /// All contenders, those with an image first.
    pub fn all() -> impl Iterator<Item = Self> {
        let images = Method::all().map(Self::Image);
        images.chain(HostOnly::ALL.iter().copied().map(Self::HostOnly))
    }

    /// Whether it looks at what the log tells of the local model's [confidence](crate::data::confidence).
    #[must_use]
    pub const fn is_gate(self) -> bool {
        use HostOnly::{Dime, Entropy, Margin, MaxSoftmax};
        matches!(self, Self::HostOnly(MaxSoftmax | Entropy | Margin | Dime))
    }

    /// The name on a command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Image(method) => method.name(),
            Self::HostOnly(method) => method.name(),
        }
    }
}

impl fmt::Display for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Contender {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::all().find(|contender| contender.name() == text).ok_or_else(|| {
            let names: Vec<&str> = Self::all().map(Self::name).collect();
            Error::UnknownName {
                kind: "method".to_owned(),
                found: text.to_owned(),
                expected: expected(text, &names),
            }
        })
    }
}

impl Serialize for Contender {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_go_both_ways() {
        let all: Vec<Contender> = Contender::all().collect();
        for (index, contender) in all.iter().enumerate() {
            assert_eq!(contender.to_string().parse::<Contender>().unwrap(), *contender);
            assert!(all[..index].iter().all(|other| other.name() != contender.name()));
        }
        let error = "knm".parse::<Contender>().unwrap_err().to_string();
        assert!(error.contains("did you mean `knn`?"), "{error}");
    }
}
