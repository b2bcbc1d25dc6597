//! The names of all that can be compared.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::host_method::HostMethod;
use super::table::HOST_ONLY;
use crate::choice::expected;
use crate::error::Error;
use crate::loss::Method;

/// Something that can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contender {
    /// A method that ends in an image.
    Image(Method),
    /// A method that only a host runs.
    HostOnly(&'static HostMethod),
}

impl Contender {
    /// All contenders, those with an image first.
    pub fn all() -> impl Iterator<Item = Self> {
        let images = Method::all().map(Self::Image);
        images.chain(HOST_ONLY.into_iter().flatten().map(Self::HostOnly))
    }

    /// The contenders with these names, each once; `all` stands for all of them.
    ///
    /// # Errors
    /// [`Error::UnknownName`].
    pub fn named(names: &[impl AsRef<str>]) -> Result<Vec<Self>, Error> {
        let mut found: Vec<Self> = Vec::new();
        for name in names {
            let of_name = match name.as_ref() {
                "all" => Self::all().collect(),
                name => vec![name.parse()?],
            };
            for contender in of_name {
                if !found.contains(&contender) {
                    found.push(contender);
                }
            }
        }
        Ok(found)
    }

    /// Whether it uses what the log says of the local model's
    /// [confidence](crate::data::confidence).
    #[must_use]
    pub fn uses_confidence(self) -> bool {
        matches!(self, Self::HostOnly(method) if method.uses_confidence)
    }

    /// The name on a command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Image(method) => method.name(),
            Self::HostOnly(method) => method.name,
        }
    }

    /// What it is: a phrase without a full stop.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Image(method) => method.about(),
            Self::HostOnly(method) => method.about,
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
        assert_eq!(Contender::named(&["knn", "all", "knn"]).unwrap().len(), all.len());
        assert_eq!(Contender::named(&["auto", "auto"]).unwrap().len(), 1);
        let error = "knm".parse::<Contender>().unwrap_err().to_string();
        assert!(error.contains("did you mean `knn`?"), "{error}");
    }
}
