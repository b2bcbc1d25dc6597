//! Settings that are one of a few names.

use crate::error::{list, suggest};

/// An enum whose values have a name in configurations and on command lines.
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
                    _ => Err($crate::error::Error::UnknownName {
                        kind: stringify!($name).to_lowercase(),
                        found: text.to_owned(),
                        expected: $crate::choice::expected(text, Self::NAMES),
                    }),
                }
            }
        }
    };
}

pub(crate) use choice;

/// What is expected where `found` is not one of `names`: the names, and the one that was probably
/// meant.
pub(crate) fn expected(found: &str, names: &[&str]) -> String {
    let guess =
        suggest(found, names.iter().copied()).map(|name| format!(" (did you mean `{name}`?)"));
    format!("one of {}{}", list(names.iter().copied()), guess.unwrap_or_default())
}
