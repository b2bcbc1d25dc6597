//! Remembers the fits of a selection: so that one that was interrupted goes on where it was, and
//! several methods on one log share the candidates that they have in common.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use crate::data::matrix::Matrix;
use crate::error::{Error, Result};
use crate::files;
use crate::learn::candidate::Candidate;

/// The scores of a fold's rows (rows x experts) at each checkpoint, by a network that was fitted
/// without them.
pub(crate) type HeldOut = Vec<Matrix<f64>>;

/// What remembers. One store is for one log, seed and set of folds and checkpoints.
pub trait Store: Sync {
    /// The scores of a fold, if this candidate was fitted without it before.
    fn get(&self, candidate: &Candidate, fold: u8) -> Option<HeldOut>;
    /// Remembers them.
    fn put(&self, candidate: &Candidate, fold: u8, scores: &HeldOut);
}

/// Remembers nothing.
pub struct Forgetful;

impl Store for Forgetful {
    fn get(&self, _: &Candidate, _: u8) -> Option<HeldOut> {
        None
    }
    fn put(&self, _: &Candidate, _: u8, _: &HeldOut) {}
}

/// Remembers until it is dropped.
#[derive(Default)]
pub(crate) struct Memory(Mutex<HashMap<String, HeldOut>>);

#[cfg(test)]
impl Memory {
    /// The number of fits remembered.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Store for Memory {
    fn get(&self, candidate: &Candidate, fold: u8) -> Option<HeldOut> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&key(candidate, fold)).cloned()
    }

    fn put(&self, candidate: &Candidate, fold: u8, scores: &HeldOut) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(key(candidate, fold), scores.clone());
    }
}

/// Remembers in a directory, each fit in a file of its own that is there whole or not at all.
pub struct Directory {
    path: PathBuf,
}

impl Directory {
    /// A store below `parent` for what `context` tells apart: everything beside candidate and fold
    /// that a fit depends on.
    #[must_use]
    pub fn new(parent: &Path, context: &str) -> Self {
        Self { path: parent.join(format!(".selection-{}", digest(context))) }
    }

    /// Forgets everything, and takes the directory away.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be removed.
    pub fn remove(self) -> Result<()> {
        match std::fs::remove_dir_all(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::io(&self.path)(error))
            }
            _ => Ok(()),
        }
    }

    fn file(&self, candidate: &Candidate, fold: u8) -> PathBuf {
        self.path.join(digest(&key(candidate, fold)))
    }
}

/// All that tells one fit of a store from another, numbers in full.
fn key(candidate: &Candidate, fold: u8) -> String {
    let candidate = Candidate { loss: candidate.loss.plainest(), ..candidate.clone() };
    format!("{candidate:?} {fold}")
}

/// A name for a file from any text.
fn digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes())[..16])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Tells this very program from other builds of it, whose results may differ.
#[must_use]
pub(crate) fn build() -> String {
    let program = std::env::current_exe().and_then(std::fs::read).unwrap_or_default();
    format!("{} {}", env!("CARGO_PKG_VERSION"), hex(&Sha256::digest(program)[..8]))
}

impl Store for Directory {
    /// A file that cannot be read counts as none: the fit is then done again.
    fn get(&self, candidate: &Candidate, fold: u8) -> Option<HeldOut> {
        let packed = std::fs::read(self.file(candidate, fold)).ok()?;
        let mut bytes = Vec::new();
        // The checksum of gzip finds damage.
        GzDecoder::new(&packed[..]).read_to_end(&mut bytes).ok()?;
        let (words, rest) = bytes.as_chunks::<8>();
        let (&[rows, columns], values) = words.split_first_chunk()?;
        let number = |word| usize::try_from(u64::from_le_bytes(word)).ok();
        let (rows, columns) = (number(rows)?, number(columns)?);
        let size = rows.checked_mul(columns).filter(|&size| size > 0)?;
        if !rest.is_empty() || values.is_empty() || values.len() % size != 0 {
            return None;
        }
        let of_checkpoint = |words: &[[u8; 8]]| {
            let values = words.iter().map(|&word| f64::from_le_bytes(word)).collect();
            Matrix::new(rows, columns, values).ok()
        };
        values.chunks_exact(size).map(of_checkpoint).collect()
    }

    /// A fit that cannot be remembered is no reason to stop: it is done again after an
    /// interruption.
    fn put(&self, candidate: &Candidate, fold: u8, scores: &HeldOut) {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        // All checkpoints have the same rows.
        let shape = scores.first().map_or([0; 2], |first| [first.rows(), first.columns()]);
        let shape = shape.into_iter().flat_map(|size| (size as u64).to_le_bytes());
        let values = scores.iter().flat_map(Matrix::values).flat_map(|value| value.to_le_bytes());
        let bytes: Vec<u8> = shape.chain(values).collect();
        if packer.write_all(&bytes).is_ok()
            && let Ok(packed) = packer.finish()
        {
            let _ = files::write(&self.file(candidate, fold), &packed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::testing;
    use crate::learn::train::fit_for;
    use crate::loss::{Form, Margins, Mild};

    /// Equal margins of 1, and of 2.
    fn equal_margins(rho_bar: f64) -> Candidate {
        let loss = Mild { form: Form::N, margins: Margins { rho_bar, ..Margins::PLAIN } }.into();
        Candidate { loss, hidden: vec![3], ..Candidate::default() }
    }

    #[test]
    fn equal_margins_of_1_share_the_fits_of_the_two_stage_loss_which_are_the_same() {
        let plain = Candidate { hidden: vec![3], ..Candidate::default() };
        let memory = Memory::default();
        let scores = vec![Matrix::filled(1, 1, 0.5)];
        memory.put(&plain, 2, &scores);
        assert_eq!(memory.get(&equal_margins(1.0), 2), Some(scores));
        assert_eq!(memory.get(&equal_margins(2.0), 2), None);
        let part = testing::log(200, 0).1.train;
        let rows: Vec<usize> = (0..part.rows()).collect();
        let fitted = |candidate: &Candidate| fit_for(&part, &rows, candidate, 1, 30).parameters;
        assert_eq!(fitted(&equal_margins(1.0)), fitted(&plain));
        assert_ne!(fitted(&equal_margins(2.0)), fitted(&plain));
    }

    #[test]
    fn a_directory_remembers_bits_and_forgets_damage() {
        let parent = tempfile::tempdir().unwrap();
        let store = Directory::new(parent.path(), "log seed 1");
        let candidate = Candidate::default();
        assert_eq!(store.get(&candidate, 0), None);
        let row = |values: &[f64]| Matrix::new(1, 3, values.to_vec()).unwrap();
        let scores = vec![row(&[0.1, -0.0, 1e300]), row(&[f64::MIN_POSITIVE, 2.0, 3.0])];
        store.put(&candidate, 0, &scores);
        let bits = |scores: &HeldOut| -> Vec<u64> {
            scores.iter().flat_map(Matrix::values).map(|v| v.to_bits()).collect()
        };
        let found = store.get(&candidate, 0).unwrap();
        assert_eq!((found.len(), bits(&found)), (2, bits(&scores)));
        assert_eq!(store.get(&candidate, 1), None);
        assert_eq!(Directory::new(parent.path(), "log seed 2").get(&candidate, 0), None);
        let file = store.file(&candidate, 0);
        let mut bytes = std::fs::read(&file).unwrap();
        let last = bytes.len() - 6;
        bytes[last] ^= 1;
        std::fs::write(&file, &bytes).unwrap();
        assert_eq!(store.get(&candidate, 0), None, "a damaged file counts as none");
        store.remove().unwrap();
        assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);
    }
}
