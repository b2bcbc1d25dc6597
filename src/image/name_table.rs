//! The section of the names of inputs and classes: by them a host can tell whether an image takes
//! what it has.
//!
//! A decision needs none of it, so opening an image passes the section over. It is found and checked
//! when it is asked for, and a program that never asks pays nothing.

#[cfg(feature = "writer")]
use alloc::vec::Vec;

use super::Image;
use super::layout::{HEADER_WORDS, section};
#[cfg(feature = "writer")]
use super::parts::{NameTableParts, WriteError, narrow};

/// Words before the names.
const FIXED: usize = 4;

/// The most bytes in the name of an input or a class.
pub const MAX_LISTED_NAME: usize = u8::MAX as usize;

/// What an image knows of the names of its inputs and classes: digests always, and the names if it
/// was made with them. The experts' names are in every image ([`Image::names`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameTable<'a> {
    inputs_digest: [u8; 8],
    classes_digest: [u8; 8],
    listed: Option<Listed<'a>>,
}

/// The names themselves, each behind its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Listed<'a> {
    bytes: &'a [u8],
    inputs: u16,
    classes: u16,
}

impl<'a> NameTable<'a> {
    /// Checks the section of an image with so many inputs; `None` if it breaks a rule.
    const fn new(words: &'a [u32], inputs: u16) -> Option<Self> {
        let Some((&[inputs0, inputs1, classes0, classes1], rest)) =
            words.split_first_chunk::<FIXED>()
        else {
            return None;
        };
        let listed = match rest {
            [] => None,
            [classes, names @ ..] => {
                if *classes >> 16 != 0 {
                    return None;
                }
                let bytes: &[u8] = bytemuck::must_cast_slice(names);
                let classes = *classes as u16;
                if !are_names(bytes, inputs as u32 + classes as u32) {
                    return None;
                }
                Some(Listed { bytes, inputs, classes })
            }
        };
        Some(Self {
            inputs_digest: eight_bytes(inputs0, inputs1),
            classes_digest: eight_bytes(classes0, classes1),
            listed,
        })
    }

    /// The first 8 bytes of the SHA-256 of the inputs' names in their order
    /// (`docs/image-format.md` says of which bytes).
    #[must_use]
    pub const fn inputs_digest(&self) -> [u8; 8] {
        self.inputs_digest
    }

    /// The same of the classes' names.
    #[must_use]
    pub const fn classes_digest(&self) -> [u8; 8] {
        self.classes_digest
    }

    /// The names of the inputs in their order, if the image has them. One-hot inputs are called
    /// `column=category`.
    #[must_use]
    pub fn inputs(&self) -> Option<impl Iterator<Item = &'a str> + use<'a>> {
        self.listed.map(|listed| listed.names().take(listed.inputs.into()))
    }

    /// The names of the classes by number, if the image has them; empty for a log without labels.
    #[must_use]
    pub fn classes(&self) -> Option<impl Iterator<Item = &'a str> + use<'a>> {
        self.listed
            .map(|listed| listed.names().skip(listed.inputs.into()).take(listed.classes.into()))
    }
}

impl<'a> Listed<'a> {
    /// Inputs, then classes, and then whatever the padding looks like.
    fn names(self) -> impl Iterator<Item = &'a str> + use<'a> {
        let mut rest = self.bytes;
        core::iter::from_fn(move || {
            let (&length, after) = rest.split_first()?;
            let (name, after) = after.split_at_checked(length.into())?;
            rest = after;
            core::str::from_utf8(name).ok()
        })
    }
}

impl<'a> Image<'a> {
    /// The names of inputs and classes, or digests of them, if the image was made with them
    /// (`[image] names` in the configuration).
    ///
    /// `None` also if what stands there is no such table: it would be the work of another writer, and
    /// the image runs all the same.
    #[must_use]
    pub const fn name_table(&self) -> Option<NameTable<'a>> {
        let mut rest = match self.words.split_at_checked(HEADER_WORDS) {
            Some((_, sections)) => sections,
            None => return None,
        };
        // The sections were checked when the image was.
        while let [head, length, after @ ..] = rest {
            let Some((content, after)) = after.split_at_checked(*length as usize) else {
                return None;
            };
            if *head as u16 == section::NAME_TABLE {
                return NameTable::new(content, self.inputs);
            }
            rest = after;
        }
        None
    }
}

/// Whether `bytes` are so many names, each a length and so much UTF-8, and zeros to the end of a
/// word.
const fn are_names(mut bytes: &[u8], mut count: u32) -> bool {
    while count > 0 {
        let Some((&length, after)) = bytes.split_first() else {
            return false;
        };
        let Some((name, after)) = after.split_at_checked(length as usize) else {
            return false;
        };
        if core::str::from_utf8(name).is_err() {
            return false;
        }
        bytes = after;
        count -= 1;
    }
    if bytes.len() >= 4 {
        return false;
    }
    while let [byte, rest @ ..] = bytes {
        if *byte != 0 {
            return false;
        }
        bytes = rest;
    }
    true
}

const fn eight_bytes(low: u32, high: u32) -> [u8; 8] {
    (low as u64 | (high as u64) << 32).to_le_bytes()
}

/// The section of an image with so many inputs.
#[cfg(feature = "writer")]
pub(super) fn write(table: &NameTableParts, inputs: usize) -> Result<Vec<u32>, WriteError> {
    let mut words = Vec::new();
    for digest in [table.inputs_digest, table.classes_digest] {
        let digest = u64::from_le_bytes(digest);
        words.extend([digest as u32, (digest >> 32) as u32]);
    }
    if let Some((input_names, class_names)) = &table.names {
        super::parts::same_length("names of inputs", input_names.len(), inputs)?;
        words.push(narrow("classes with names", class_names.len(), usize::from(u16::MAX))?);
        let mut bytes = Vec::new();
        for name in input_names.iter().chain(class_names) {
            bytes.push(narrow(
                "bytes of the name of an input or a class",
                name.len(),
                MAX_LISTED_NAME,
            )? as u8);
            bytes.extend(name.bytes());
        }
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        let (name_words, _) = bytes.as_chunks();
        words.extend(name_words.iter().map(|&bytes| u32::from_le_bytes(bytes)));
    }
    Ok(words)
}
