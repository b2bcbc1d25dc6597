//! Unix sockets, in place of those that an earlier gateway left behind, and of nothing else.

use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use tokio::net::UnixListener;

/// Listens at a path. A socket at which nobody listens is replaced; any other file stays.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] if something else is there, [`io::ErrorKind::AddrInUse`] if
/// another process listens there, and what the operating system says.
pub(super) fn bind(path: &Path) -> io::Result<UnixListener> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
        Ok(metadata) if !metadata.file_type().is_socket() => {
            let text = "found a file that is not a socket, expected none; it was left alone";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
        }
        Ok(_) => match std::os::unix::net::UnixStream::connect(path) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                std::fs::remove_file(path)?;
            }
            Err(error) => return Err(error),
            Ok(_) => {
                let text = "another process listens at this socket";
                return Err(io::Error::new(io::ErrorKind::AddrInUse, text));
            }
        },
    }
    UnixListener::bind(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The old gateway deleted the file.
    #[tokio::test]
    async fn only_a_socket_without_a_listener_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("notes.txt");
        std::fs::write(&file, "precious").unwrap();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        for path in [&file, &link] {
            let error = bind(path).unwrap_err();
            assert!(error.to_string().contains("not a socket"), "{error}");
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");

        let path = directory.path().join("mild.sock");
        let first = bind(&path).unwrap();
        assert_eq!(bind(&path).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(first);
        bind(&path).unwrap();
    }
}
