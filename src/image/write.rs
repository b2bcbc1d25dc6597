//! Writing an image: the order of its sections.

use alloc::vec::Vec;

use super::layout::{HEADER_WORDS, section};
use super::parts::{ImageParts, OperatingPointsParts, WriteError, narrow, same_length};
use super::sections::{push, push_skippable};
use super::{
    Image, experts, header, name_table, network, operating_points, platt_scaling, policy,
    provenance, quantizer,
};

impl ImageParts {
    /// Lays the image out and reads it back once, so that what is written can be run.
    ///
    /// # Errors
    /// [`WriteError`] if the parts do not fit each other or the format.
    pub fn to_words(&self) -> Result<Vec<u32>, WriteError> {
        let inputs = narrow("inputs", self.quantizers.len(), usize::from(super::MAX_WIDTH))?;
        let experts = narrow("experts", self.experts.len(), crate::MAX_EXPERTS)?;
        let layers = narrow("layers", self.layers.len(), usize::from(u8::MAX))?;
        same_length("offsets", self.offsets.len(), self.experts.len())?;

        let mut words = Vec::from(header::begin(inputs, experts, layers));
        push(&mut words, section::QUANTIZER, quantizer::write(&self.quantizers));
        if let Some(raw) = &self.raw {
            same_length("raw quantizers", raw.len(), self.quantizers.len())?;
            push(&mut words, section::RAW, quantizer::write_raw(raw));
        }
        push(&mut words, section::NETWORK, network::write(&self.layers)?);
        push(&mut words, section::POLICY, policy::write(self.score_scale, &self.offsets));
        push(&mut words, section::EXPERTS, experts::write(&self.experts)?);
        push(&mut words, section::PROVENANCE, provenance::write(&self.provenance));
        if let Some(entries) = &self.platt_scaling {
            same_length("entries of the Platt scaling", entries.len(), self.experts.len())?;
            push(&mut words, section::PLATT_SCALING, platt_scaling::write(entries));
        }
        if let Some(points) = &self.operating_points {
            push_skippable(&mut words, section::OPERATING_POINTS, operating_points::write(points)?);
        }
        if let Some(table) = &self.name_table {
            let content = name_table::write(table, self.quantizers.len())?;
            push_skippable(&mut words, section::NAME_TABLE, content);
        }
        finish(words)
    }

    /// The image as bytes, for a file.
    ///
    /// # Errors
    /// As [`ImageParts::to_words`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        Ok(self.to_words()?.iter().flat_map(|word| word.to_le_bytes()).collect())
    }
}

impl Image<'_> {
    /// The words of this image with these operating points, in place of those that it may have.
    ///
    /// # Errors
    /// [`WriteError`] if the numbers of the operating points do not fit.
    pub fn with_operating_points(
        &self,
        points: &OperatingPointsParts,
    ) -> Result<Vec<u32>, WriteError> {
        let mut words = Vec::new();
        let (header, mut rest) = self.words.split_at(HEADER_WORDS);
        words.extend(header);
        let mut pending = Some(operating_points::write(points)?);
        while let [head, length, after @ ..] = rest {
            let (content, after) = after.split_at(*length as usize);
            let kind = *head as u16;
            if kind >= section::OPERATING_POINTS
                && let Some(points) = pending.take()
            {
                push_skippable(&mut words, section::OPERATING_POINTS, points);
            }
            if kind != section::OPERATING_POINTS {
                words.extend([*head, *length]);
                words.extend(content);
            }
            rest = after;
        }
        if let Some(points) = pending {
            push_skippable(&mut words, section::OPERATING_POINTS, points);
        }
        finish(words)
    }
}

/// Completes the header, and reads the image once.
fn finish(mut words: Vec<u32>) -> Result<Vec<u32>, WriteError> {
    header::complete(&mut words)?;
    Image::from_words(&words).map_err(WriteError::Image)?;
    Ok(words)
}
