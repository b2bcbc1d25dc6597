//! What a section of the configuration is made of, and the macro that declares one.

use super::kind::Kind;

/// A section of a configuration file.
pub(super) struct Section {
    /// As in `[name]` or `[[name]]`.
    pub(super) name: &'static str,
    /// Whether there may be several.
    pub(super) repeated: bool,
    /// What the section is about, line by line.
    pub(super) intro: &'static [&'static str],
    /// The keys, in the order of the documentation.
    pub(super) keys: &'static [Key],
}

/// A key of a section.
pub(super) struct Key {
    pub(super) name: &'static str,
    /// A name that the key had once and that is still accepted.
    pub(super) older: Option<&'static str>,
    pub(super) kind: Kind,
    pub(super) if_missing: IfMissing,
    /// What the value means, line by line.
    pub(super) doc: &'static [&'static str],
}

/// What holds if a key is left out.
pub(super) enum IfMissing {
    /// This value.
    Value(fn() -> String),
    /// What these words say.
    Words(&'static str),
}

/// A struct with a field for each key of a section.
pub(super) trait Keys {
    const INTRO: &'static [&'static str];
    const KEYS: &'static [Key];
}

/// A section that may be left out, or of which there may be several.
pub(super) trait Place {
    const REPEATED: bool;
    type Keys: Keys;
}

impl<T: Keys> Place for Option<T> {
    const REPEATED: bool = false;
    type Keys = T;
}

impl<T: Keys> Place for Vec<T> {
    const REPEATED: bool = true;
    type Keys = T;
}

impl Key {
    /// Whether a file may write the key like this.
    pub(super) fn is_written(&self, name: &str) -> bool {
        self.name == name || self.older == Some(name)
    }
}

/// Declares a section: a struct with one field for each key, and the row of the key in the
/// documentation.
///
/// A key is written once, as `name: Type = Kind, default value;` or, where a missing key is no
/// value (`None`, an empty list), as `name: Type = Kind, missing "what that means";`. The comments
/// become the documentation of the field and of the key. `#[older = "name"]` accepts an older name
/// of the key.
macro_rules! section {
    (
        $(#[doc = $intro:literal])+
        $vis:vis $section:ident {
            $(
                $(#[doc = $doc:literal])+
                $(#[older = $older:literal])?
                $key:ident: $type:ty = $kind:expr, $how:ident $what:expr;
            )+
        }
    ) => {
        $(#[doc = $intro])+
        #[derive(Debug, Clone, PartialEq, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        $vis struct $section {
            $(
                $(#[doc = $doc])+
                $(#[serde(alias = $older)])?
                $vis $key: $type,
            )+
        }

        impl Default for $section {
            fn default() -> Self {
                Self { $($key: section!(@value $how $what)),+ }
            }
        }

        impl $crate::intake::config::section::Keys for $section {
            const INTRO: &'static [&'static str] = &[$($intro),+];
            const KEYS: &'static [$crate::intake::config::section::Key] = &[$(
                $crate::intake::config::section::Key {
                    name: stringify!($key),
                    older: section!(@older $($older)?),
                    kind: $kind,
                    if_missing: section!(@default $how $what),
                    doc: &[$($doc),+],
                }
            ),+];
        }
    };
    (@value default $value:expr) => { $value };
    (@value missing $words:expr) => { Default::default() };
    (@default default $value:expr) => {
        $crate::intake::config::section::IfMissing::Value(|| ($value).to_string())
    };
    (@default missing $words:expr) => {
        $crate::intake::config::section::IfMissing::Words($words)
    };
    (@older) => { None };
    (@older $older:literal) => { Some($older) };
}

pub(super) use section;
