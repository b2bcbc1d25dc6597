//! The methods: the names that `rejector.method` can have, each with the losses that it tries.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::OF_LOSSES;
use super::{Form, Loss, Margins, RhoRule, Tau};
use crate::choice::{choice, expected};
use crate::error::Error;

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

/// A method, as the file of its loss defines it.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The name in a configuration.
    pub name: &'static str,
    /// What it is, for help and documents: a phrase without a full stop.
    pub about: &'static str,
    /// Whether `auto` tries it too.
    pub in_auto: bool,
    /// The only tau that the method is defined with, if there is one.
    pub tau: Option<Tau>,
    /// The losses that it tries, the plainest first.
    pub losses: fn(&Space) -> Vec<Loss>,
}

/// Which parameters of the losses are fixed, and how widely the others are searched.
#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    /// How widely.
    pub effort: Effort,
    /// The form of the margin loss, if it is fixed.
    pub form: Option<Form>,
    /// The rule of the margins, if it is fixed.
    pub rule: Option<RhoRule>,
    /// The exponent of the margins, if it is fixed.
    pub gamma: Option<f64>,
    /// The mean margin, if it is fixed.
    pub rho_bar: Option<f64>,
    /// See [`Margins::floor`].
    pub floor: f64,
    /// See [`Margins::min_wins`].
    pub min_wins: usize,
}

impl Space {
    /// Nothing is fixed.
    #[must_use]
    pub fn new(effort: Effort) -> Self {
        let Margins { floor, min_wins, .. } = Margins::PLAIN;
        Self { effort, form: None, rule: None, gamma: None, rho_bar: None, floor, min_wins }
    }
}

/// Tries every method that says so, and no loss twice under two names.
fn auto(space: &Space) -> Vec<Loss> {
    let tried = ENTRIES.iter().filter(|entry| entry.in_auto);
    let losses = tried.flat_map(|entry| (entry.losses)(space));
    losses.filter(|loss| loss.plainest() == *loss).collect()
}

const AUTO: Entry = Entry {
    name: "auto",
    about: "whichever of the methods that it tries wins the selection",
    in_auto: false,
    tau: None,
    losses: auto,
};

/// The number of methods, `auto` included.
const COUNT: usize = {
    let (mut count, mut file) = (1, 0);
    while file < OF_LOSSES.len() {
        count += OF_LOSSES[file].len();
        file += 1;
    }
    count
};

/// All methods in the order of the table, then `auto`.
const ALL: [Entry; COUNT] = {
    let mut all = [AUTO; COUNT];
    let (mut at, mut file) = (0, 0);
    while file < OF_LOSSES.len() {
        let mut of_file = 0;
        while of_file < OF_LOSSES[file].len() {
            all[at] = OF_LOSSES[file][of_file];
            at += 1;
            of_file += 1;
        }
        file += 1;
    }
    all
};

static ENTRIES: [Entry; COUNT] = ALL;

const NAMES: [&str; COUNT] = {
    let mut names = [""; COUNT];
    let mut at = 0;
    while at < COUNT {
        names[at] = ALL[at].name;
        at += 1;
    }
    names
};

/// What a rejector is trained with: one of the names that `rejector.method` can have.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Method(u8);

impl Method {
    /// Whichever method wins the selection.
    pub const AUTO: Self = Self(COUNT as u8 - 1);

    /// The names of all methods, in order.
    pub const NAMES: &[&str] = &NAMES;

    /// All methods, in order; `auto` is the last.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..=Self::AUTO.0).map(Self)
    }

    fn entry(self) -> &'static Entry {
        &ENTRIES[usize::from(self.0)]
    }

    /// The name in a configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// What it is: a phrase without a full stop.
    #[must_use]
    pub fn about(self) -> &'static str {
        self.entry().about
    }

    /// Whether `auto` tries it too.
    #[must_use]
    pub fn is_in_auto(self) -> bool {
        self.entry().in_auto
    }

    /// The only tau that it is defined with, if there is one.
    #[must_use]
    pub fn tau(self) -> Option<Tau> {
        self.entry().tau
    }

    /// The losses that it tries, the plainest first.
    #[must_use]
    pub fn losses(self, space: &Space) -> Vec<Loss> {
        (self.entry().losses)(space)
    }

    /// Whether its images hold probabilities.
    #[must_use]
    pub fn gives_probabilities(self) -> bool {
        self.losses(&Space::new(Effort::Quick)).iter().all(Loss::gives_probabilities)
    }

    /// Whether its images may hold probabilities.
    #[must_use]
    pub fn may_give_probabilities(self) -> bool {
        self.losses(&Space::new(Effort::Quick)).iter().any(Loss::gives_probabilities)
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Method {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::all().find(|method| method.name() == text).ok_or_else(|| Error::UnknownName {
            kind: "method".to_owned(),
            found: text.to_owned(),
            expected: expected(text, Self::NAMES),
        })
    }
}

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Method {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_go_both_ways() {
        for (method, &name) in Method::all().zip(Method::NAMES) {
            assert_eq!(method.to_string(), name);
            assert_eq!(name.parse::<Method>().unwrap(), method);
        }
        assert_eq!(Method::AUTO.name(), "auto");
        assert_eq!(Method::all().count(), Method::NAMES.len());
        let error = "tow-stage".parse::<Method>().unwrap_err().to_string();
        assert!(
            error.contains("`tow-stage`") && error.contains("did you mean `two-stage`?"),
            "{error}"
        );
    }

    #[test]
    fn every_method_tries_something_and_auto_nothing_twice() {
        for effort in [Effort::Quick, Effort::Normal, Effort::Thorough] {
            let space = Space::new(effort);
            for method in Method::all() {
                let losses = method.losses(&space);
                assert!(!losses.is_empty(), "{method}");
                for (index, loss) in losses.iter().enumerate() {
                    assert!(!losses[..index].contains(loss), "{method}: {loss} twice");
                }
            }
        }
    }

    #[test]
    fn probabilities_are_those_of_one_vs_all() {
        let one_vs_all: Method = "one-vs-all".parse().unwrap();
        assert!(one_vs_all.gives_probabilities() && one_vs_all.may_give_probabilities());
        assert!(!Method::AUTO.gives_probabilities() && Method::AUTO.may_give_probabilities());
        let two_stage: Method = "two-stage".parse().unwrap();
        assert!(!two_stage.may_give_probabilities());
    }
}
