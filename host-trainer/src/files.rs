//! Writes files whole or not at all.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Whoever may read new files in general.
    All,
    /// Its owner.
    Owner,
}

/// A file that is being written. Dropped before [`finish`](Self::finish) it leaves nothing behind.
pub(crate) struct Unfinished {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
}

impl Unfinished {
    /// Begins a temporary file beside `path`. Creates missing directories.
    ///
    /// # Errors
    /// [`Error::Io`] with the path that failed.
    pub(crate) fn new(path: &Path) -> Result<Self> {
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(directory).map_err(Error::io(directory))?;
        let file = tempfile::Builder::new()
            .prefix(".mild-")
            .tempfile_in(directory)
            .map_err(Error::io(directory))?;
        Ok(Self { path: path.to_path_buf(), file: BufWriter::new(file) })
    }

    /// Gives the file its name, in place of a file that may have it.
    ///
    /// # Errors
    /// [`Error::Io`] with the path that failed.
    pub(crate) fn finish(self) -> Result<()> {
        let (path, file) = self.whole(Readers::All)?;
        file.persist(&path).map_err(|error| Error::io(&path)(error.error))?;
        Ok(())
    }

    /// The same, but for a name that no file may have.
    fn finish_new(self, readers: Readers) -> Result<()> {
        let (path, file) = self.whole(readers)?;
        file.persist_noclobber(&path).map_err(|error| Error::io(&path)(error.error))?;
        Ok(())
    }

    /// The file with all of its bytes on the disk.
    fn whole(self, readers: Readers) -> Result<(PathBuf, NamedTempFile)> {
        let Self { path, file } = self;
        let file = file.into_inner().map_err(|error| Error::io(&path)(error.into_error()))?;
        // A temporary file is private. A finished one gets the permissions of any new file.
        #[cfg(unix)]
        if readers == Readers::All {
            use std::os::unix::fs::PermissionsExt as _;
            let permissions = std::fs::Permissions::from_mode(0o644);
            file.as_file().set_permissions(permissions).map_err(Error::io(&path))?;
        }
        file.as_file().sync_all().map_err(Error::io(&path))?;
        Ok((path, file))
    }
}

impl Write for Unfinished {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes a file at once.
///
/// # Errors
/// [`Error::Io`] with the path that failed.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = Unfinished::new(path)?;
    file.write_all(bytes).map_err(Error::io(path))?;
    file.finish()
}

/// Writes a new file at once.
///
/// # Errors
/// [`Error::Io`] with the path that failed; of the kind `AlreadyExists` if it has a file.
pub(crate) fn create(path: &Path, bytes: &[u8], readers: Readers) -> Result<()> {
    let mut file = Unfinished::new(path)?;
    file.write_all(bytes).map_err(Error::io(path))?;
    file.finish_new(readers)
}

/// Removes a file, if it is there.
///
/// # Errors
/// [`Error::Io`] with the path.
pub(crate) fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io(path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_existing_file_is_replaced_and_nothing_else_is_left() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new/file");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_new_file_replaces_none_and_may_be_private() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        create(&path, b"one", Readers::Owner).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let error = create(&path, b"two", Readers::All).unwrap_err();
        assert!(
            matches!(error, Error::Io { source, .. } if source.kind() == io::ErrorKind::AlreadyExists)
        );
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_error_names_the_path() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("file"), "").unwrap();
        let error = write(&directory.path().join("file/inside"), b"").unwrap_err();
        assert!(error.to_string().contains("file"), "{error}");
    }
}
