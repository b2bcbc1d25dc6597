//! Files of keys: PEM as of RFC 8410, which other programs read and write, too.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{
    DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _,
};
use ed25519_dalek::{SigningKey, VerifyingKey};
use mild::signed::{PublicKey, SecretKey};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::files::{self, Readers};
use crate::judge::report::hex;

const SECRET: &str = "-----BEGIN PRIVATE KEY-----";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----";

/// A pair of keys that nobody has had before.
pub(crate) struct NewKey {
    key: SigningKey,
}

/// Where a new pair of keys was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyFiles {
    /// The secret key.
    pub(crate) secret: PathBuf,
    /// The public key.
    pub(crate) public: PathBuf,
    /// The public key as Rust source.
    pub(crate) rust: PathBuf,
    /// The public key as C source.
    pub(crate) c: PathBuf,
}

impl KeyFiles {
    /// The files of this name.
    pub(crate) fn of(name: &Path) -> Self {
        let with = |ending| name.with_added_extension(ending);
        Self {
            secret: with("secret.pem"),
            public: with("public.pem"),
            rust: with("rs"),
            c: with("h"),
        }
    }
}

impl NewKey {
    /// Draws a key from the operating system's random numbers.
    ///
    /// # Errors
    /// [`Error::Io`] if it has none.
    pub(crate) fn draw() -> Result<Self> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed).map_err(|error| failed(Path::new("random numbers"), &error))?;
        Ok(Self { key: SigningKey::from_bytes(&seed) })
    }

    /// The public key.
    pub(crate) fn public(&self) -> PublicKey {
        PublicKey::new(self.key.verifying_key().to_bytes())
    }

    /// Writes all files. None of them may exist.
    ///
    /// # Errors
    /// [`Error::KeyExists`] or [`Error::Io`].
    pub(crate) fn write(&self, files: &KeyFiles) -> Result<()> {
        let all = [&files.secret, &files.public, &files.rust, &files.c];
        if let Some(path) = all.into_iter().find(|path| path.exists()) {
            return Err(Error::KeyExists { path: path.clone() });
        }
        let secret = self.key.to_pkcs8_pem(LineEnding::LF);
        let secret = secret.map_err(|error| failed(&files.secret, &error))?;
        let public = self.key.verifying_key().to_public_key_pem(LineEnding::LF);
        let public = public.map_err(|error| failed(&files.public, &error))?;
        let key = self.public();
        // The secret last: where it is, all of the rest is.
        create(&files.public, public.as_bytes(), Readers::All)?;
        create(&files.rust, rust_source(&key).as_bytes(), Readers::All)?;
        create(&files.c, c_source(&key).as_bytes(), Readers::All)?;
        create(&files.secret, secret.as_bytes(), Readers::Owner)
    }
}

fn create(path: &Path, bytes: &[u8], readers: Readers) -> Result<()> {
    match files::create(path, bytes, readers) {
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(Error::KeyExists { path: path.to_path_buf() })
        }
        other => other,
    }
}

fn failed(path: &Path, error: &impl ToString) -> Error {
    Error::io(path)(std::io::Error::other(error.to_string()))
}

/// Reads the file of a secret key.
///
/// # Errors
/// [`Error::Io`], or [`Error::Key`] if it is no such file.
pub(crate) fn read_secret_key(path: &Path) -> Result<SecretKey> {
    let text = read(path)?;
    let expected = "a secret key of Ed25519, as `mild keygen` writes it (`NAME.secret.pem`)";
    must_begin(path, &text, SECRET, expected)?;
    match SigningKey::from_pkcs8_pem(&text) {
        Ok(key) => {
            SecretKey::from_seed(&Zeroizing::new(key.to_bytes())).ok_or_else(|| Error::Key {
                path: path.to_path_buf(),
                found: "a key of nothing but zeros".to_owned(),
                expected,
            })
        }
        Err(error) => Err(unreadable(path, &error, expected)),
    }
}

/// Reads the file of a public key.
///
/// # Errors
/// [`Error::Io`], or [`Error::Key`] if it is no such file.
pub(crate) fn read_public_key(path: &Path) -> Result<PublicKey> {
    let text = read(path)?;
    let expected = "a public key of Ed25519, as `mild keygen` writes it (`NAME.public.pem`)";
    must_begin(path, &text, PUBLIC, expected)?;
    match VerifyingKey::from_public_key_pem(&text) {
        Ok(key) if key.is_weak() => Err(Error::Key {
            path: path.to_path_buf(),
            found: "a key of small order, with which anybody can sign".to_owned(),
            expected,
        }),
        Ok(key) => Ok(PublicKey::new(key.to_bytes())),
        Err(error) => Err(unreadable(path, &error, expected)),
    }
}

/// The text of a file, which is forgotten after use.
fn read(path: &Path) -> Result<Zeroizing<String>> {
    let bytes = Zeroizing::new(std::fs::read(path).map_err(Error::io(path))?);
    Ok(Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Checks the first line: it says what kind of key this is.
fn must_begin(path: &Path, text: &str, line: &str, expected: &'static str) -> Result<()> {
    let first = text.lines().next().unwrap_or_default().trim_end();
    if first == line {
        return Ok(());
    }
    // Of anything else no more than its kind is shown: it may be secret.
    let found = match first {
        SECRET => "a secret key".to_owned(),
        PUBLIC => "a public key".to_owned(),
        "-----BEGIN ENCRYPTED PRIVATE KEY-----" => "a secret key behind a password".to_owned(),
        "" => "no text".to_owned(),
        _ if first.starts_with("-----BEGIN ") => format!("`{first}`"),
        _ => format!("another first line than `{line}`"),
    };
    Err(Error::Key { path: path.to_path_buf(), found, expected })
}

fn unreadable(path: &Path, error: &impl ToString, expected: &'static str) -> Error {
    let found = format!("a damaged key, or one of another kind ({})", error.to_string());
    Error::Key { path: path.to_path_buf(), found, expected }
}

/// The key's bytes in lines of eight.
fn rows(key: &PublicKey) -> String {
    let mut text = String::new();
    for row in key.bytes().chunks(8) {
        let row: Vec<String> = row.iter().map(|byte| format!("{byte:#04x}")).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "    {},", row.join(", "));
    }
    text
}

fn rust_source(key: &PublicKey) -> String {
    format!(
        "/// Public key {}, of images that may run here. By `mild keygen`.\n\
         pub const PUBLIC_KEY: ::mild::signed::PublicKey = ::mild::signed::PublicKey::new([\n{}]);\n",
        key.id(),
        rows(key)
    )
}

fn c_source(key: &PublicKey) -> String {
    format!(
        "/* Public key {} ({}), of images that may run here. By `mild keygen`. */\n\
         #include <stdint.h>\n\n\
         static const uint8_t mild_public_key[32] = {{\n{}}};\n",
        key.id(),
        hex(key.bytes()),
        rows(key)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 8410, section 10.
    const RFC_SECRET: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
        -----END PRIVATE KEY-----\n";
    const RFC_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
        -----END PUBLIC KEY-----\n";

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn keys_of_other_programs_are_read() {
        let secret = read_secret_key(file(RFC_SECRET).path()).unwrap();
        let public = read_public_key(file(RFC_PUBLIC).path()).unwrap();
        assert_eq!(secret.public(), public);
        assert_eq!(public.id().to_string(), "19bf4409");
    }

    #[test]
    fn another_file_is_refused_and_not_shown() {
        let long = format!("seed = {}", "5".repeat(64));
        for (text, found) in [
            (RFC_PUBLIC, "found a public key"),
            (long.as_str(), "found another first line"),
            ("", "found no text"),
            (&RFC_SECRET.replace("MC4CAQAw", "MC4CAQAx"), "found a damaged key"),
            ("-----BEGIN EC PRIVATE KEY-----\n", "found `-----BEGIN EC PRIVATE KEY-----`"),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\n", "behind a password"),
        ] {
            let error = read_secret_key(file(text).path()).unwrap_err().to_string();
            assert!(error.contains(found) && error.contains("expected a secret key"), "{error}");
            assert!(!error.contains("5555") && !error.contains("MC4C"), "{error}");
        }
        let error = read_public_key(file(RFC_SECRET).path()).unwrap_err().to_string();
        assert!(error.contains("found a secret key, expected a public key"), "{error}");
    }

    #[test]
    fn a_key_of_small_order_is_refused() {
        // The point of order 1.
        let weak = "-----BEGIN PUBLIC KEY-----\n\
            MCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\
            -----END PUBLIC KEY-----\n";
        let error = read_public_key(file(weak).path()).unwrap_err().to_string();
        assert!(error.contains("small order"), "{error}");
    }

    #[test]
    fn a_new_key_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let files = KeyFiles::of(&folder.path().join("v1.2"));
        let new = NewKey::draw().unwrap();
        new.write(&files).unwrap();
        assert!(files.secret.ends_with("v1.2.secret.pem"));
        assert_eq!(read_secret_key(&files.secret).unwrap().public(), new.public());
        assert_eq!(read_public_key(&files.public).unwrap(), new.public());
        assert_ne!(NewKey::draw().unwrap().public(), new.public());
    }
}
