//! The experts section: the price of one use of each expert, and their names.

#[cfg(feature = "writer")]
use alloc::vec::Vec;

use super::ImageError;
use super::layout::{MAX_NAME, section};
#[cfg(feature = "writer")]
use super::parts::{ExpertParts, WriteError, narrow};
use crate::price::Price;

/// The checked section.
#[derive(Debug, Clone, Copy)]
pub(super) struct Experts<'a> {
    prices: &'a [u32],
    names: &'a [u8],
}

impl<'a> Experts<'a> {
    /// Checks the section.
    pub(super) const fn new(words: &'a [u32], experts: u8) -> Result<Self, ImageError> {
        let Some((prices, names)) = words.split_at_checked(experts as usize) else {
            return Err(ImageError::SectionLength { kind: section::EXPERTS });
        };
        let mut unchecked = prices;
        let mut expert = 0u8;
        while let [price, after @ ..] = unchecked {
            if *price > Price::MAX.bits() {
                return Err(ImageError::Price { expert });
            }
            expert = expert.wrapping_add(1);
            unchecked = after;
        }
        let names: &[u8] = bytemuck::must_cast_slice(names);
        match check_names(names, experts) {
            Ok(()) => Ok(Self { prices, names }),
            Err(error) => Err(error),
        }
    }

    /// The prices, in 2^-16 of one error.
    pub(super) const fn prices(&self) -> &'a [u32] {
        self.prices
    }

    /// The names, `local` first.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let mut rest = self.names;
        self.prices.iter().map_while(move |_| {
            let (&length, after) = rest.split_first()?;
            let (name, after) = after.split_at_checked(length as usize)?;
            rest = after;
            core::str::from_utf8(name).ok()
        })
    }
}

/// One length byte and so many bytes of UTF-8 for each expert, then zeros to the end of a word.
const fn check_names(mut names: &[u8], experts: u8) -> Result<(), ImageError> {
    let mut expert = 0;
    while expert < experts {
        let Some((&length, after)) = names.split_first() else {
            return Err(ImageError::Name { expert });
        };
        let Some((name, after)) = after.split_at_checked(length as usize) else {
            return Err(ImageError::Name { expert });
        };
        if length == 0 || length as usize > MAX_NAME || core::str::from_utf8(name).is_err() {
            return Err(ImageError::Name { expert });
        }
        names = after;
        expert += 1;
    }
    if names.len() >= 4 {
        return Err(ImageError::SectionLength { kind: section::EXPERTS });
    }
    while let [byte, rest @ ..] = names {
        if *byte != 0 {
            return Err(ImageError::Reserved);
        }
        names = rest;
    }
    Ok(())
}

/// The content of the section.
#[cfg(feature = "writer")]
pub(super) fn write(experts: &[ExpertParts]) -> Result<Vec<u32>, WriteError> {
    let mut words: Vec<u32> = experts.iter().map(|expert| expert.price.bits()).collect();
    let mut names = Vec::new();
    for expert in experts {
        names.push(narrow("bytes of an expert's name", expert.name.len(), MAX_NAME)? as u8);
        names.extend(expert.name.bytes());
    }
    names.resize(names.len().next_multiple_of(4), 0);
    let (name_words, _) = names.as_chunks();
    words.extend(name_words.iter().map(|&bytes| u32::from_le_bytes(bytes)));
    Ok(words)
}
