//! Archives: the same files give the same bytes.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Write},
    path::{Path, PathBuf},
};
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter, write::SimpleFileOptions};

/// What goes into an archive.
#[derive(Debug)]
pub(super) struct Contents {
    /// The folder that everything is in.
    folder: String,
    files: BTreeMap<String, Vec<u8>>,
}

impl Contents {
    pub(super) fn new(folder: impl Into<String>) -> Self {
        Self { folder: folder.into(), files: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), bytes.into());
    }

    /// Writes the archive under a temporary name, then renames it.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644);
        for (name, bytes) in &self.files {
            zip.start_file(format!("{}/{name}", self.folder), options)?;
            zip.write_all(bytes)?;
        }
        write(path, &zip.finish()?.into_inner())
    }
}

/// Writes a file under a temporary name, then renames it.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = path.with_added_extension("part");
    fs::write(&temporary, bytes)
        .with_context(|| format!("cannot write {}", temporary.display()))?;
    fs::rename(&temporary, path).with_context(|| format!("cannot write {}", path.display()))
}

/// Unpacks an archive into `into`, which is made anew, and returns the one folder in it.
pub(super) fn unpack(archive: &Path, into: &Path) -> Result<PathBuf> {
    if into.exists() {
        fs::remove_dir_all(into).with_context(|| format!("cannot remove {}", into.display()))?;
    }
    let file =
        fs::File::open(archive).with_context(|| format!("cannot open {}", archive.display()))?;
    let mut zip = ZipArchive::new(file)?;
    zip.extract(into).with_context(|| format!("cannot unpack {}", archive.display()))?;
    let mut folders = fs::read_dir(into)?;
    let folder = folders.next().with_context(|| format!("{}: empty", archive.display()))??;
    Ok(folder.path())
}

/// The SHA-256 of a file, in hexadecimal.
pub(super) fn sha256(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_give_the_same_bytes_and_come_out_as_they_went_in() {
        let directory = tempfile::tempdir().unwrap();
        let mut contents = Contents::new("folder");
        contents.add("b/two.txt", "two");
        contents.add("one", vec![0_u8; 100_000]);
        let archives = ["a.zip", "b.zip"].map(|name| directory.path().join(name));
        for archive in &archives {
            contents.write(archive).unwrap();
        }
        assert_eq!(sha256(&archives[0]).unwrap(), sha256(&archives[1]).unwrap());
        assert!(fs::metadata(&archives[0]).unwrap().len() < 10_000);
        let folder = unpack(&archives[0], &directory.path().join("out")).unwrap();
        assert!(folder.ends_with("folder"));
        assert_eq!(fs::read(folder.join("one")).unwrap(), [0; 100_000]);
        assert_eq!(fs::read_to_string(folder.join("b/two.txt")).unwrap(), "two");
    }
}
