//! Judging a run of the firmware `slots`: updates during which the power fails.

use crate::{
    process::{Finished, target_dir},
    verdict::Verdict,
};
use anyhow::{Context, Result};
use mild::signed::{PublicKey, SecretKey};
use mild_test_support::{
    images,
    updates::{Fleet, Tally},
};
use std::{fs, path::PathBuf};

/// Two signed images and their key, in memory and as files.
#[derive(Debug)]
pub(crate) struct SignedImages {
    old: Vec<u8>,
    new: Vec<u8>,
    key: PublicKey,
    /// Where the files are: `old.mild`, `new.mild` and `public.key`.
    pub(crate) directory: PathBuf,
}

impl SignedImages {
    /// Makes them, and writes the files.
    pub(crate) fn write() -> Result<Self> {
        let key = SecretKey::from_seed(&[1; 32]).context("a key")?;
        let images = Self {
            old: key.sign(&images::small().to_words()?, 1)?,
            new: key.sign(&images::with_platt_scaling().to_words()?, 2)?,
            key: key.public(),
            directory: target_dir().join("device/slots"),
        };
        fs::create_dir_all(&images.directory)?;
        for (name, bytes) in [
            ("old.mild", images.old.as_slice()),
            ("new.mild", &images.new),
            ("public.key", images.key.bytes()),
        ] {
            let path = images.directory.join(name);
            // A program is built anew only if it has to be.
            if !fs::read(&path).is_ok_and(|before| before == bytes) {
                fs::write(&path, bytes).with_context(|| path.display().to_string())?;
            }
        }
        Ok(images)
    }

    /// What the host finds.
    pub(crate) fn on_host(&self) -> Result<Tally> {
        let fleet = Fleet { old: &self.old, new: &self.new, keys: &[self.key] };
        fleet.fail_on_device().map_err(|broken| {
            anyhow::anyhow!("operation {}, seed {}: {}", broken.at, broken.seed, broken.what)
        })
    }
}

/// What a finished run says, beside what the host found.
pub(crate) fn judge(run: &Finished, expected: Tally) -> Verdict {
    let line = run.stdout.lines().find_map(|line| line.strip_prefix("updates "));
    let (passed, detail) = match line {
        Some(found) if run.success() && found == expected.to_string() => {
            (true, format!("{} failures of power, as on the host", expected.failures))
        }
        Some(found) => (false, format!("`{found}`, the host has `{expected}`")),
        None => (false, run.stdout.lines().last().unwrap_or("no output").to_owned()),
    };
    Verdict { check: "updates", passed: Some(passed), detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_start_happens() {
        let Tally { failures, old, on_trial, new } =
            SignedImages::write().unwrap().on_host().unwrap();
        assert!(failures > 30 && old + on_trial + new == failures);
        assert!(old > 0 && on_trial > 0 && new > 0, "{old} {on_trial} {new}");
    }
}
