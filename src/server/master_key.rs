//! The master key's file: read with suspicion, made only when asked for.

use aio_domain::{Random, sealing::MasterKey};
use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// There is no such file.
    #[error(
        "{0} does not exist. If this is a new installation, make it with `aio key init --file {0}`; if not, put \
         the copy of the old key back: a new key cannot open what the old one sealed"
    )]
    Missing(PathBuf),
    /// Other users of this machine can read the file.
    #[error("{0} can be read by others (mode {1:03o}). Run `chmod 600 {0}`")]
    Exposed(PathBuf, u32),
    /// The file holds something else.
    #[error("{0} is not a master key as `aio key init` writes it. Put the copy of the key back")]
    Unreadable(PathBuf),
    /// A file must never be overwritten: it may be the only copy.
    #[error("{0} exists already and is left as it is. Name another file")]
    Exists(PathBuf),
    /// The generator gave no bytes.
    #[error("the operating system's random generator failed: no key was made")]
    Random,
    /// Anything else the file system says.
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
}

/// Reads the key. The file must be for its owner only.
pub fn read(path: &Path) -> Result<MasterKey, MasterKeyError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => MasterKeyError::Missing(path.to_owned()),
        _ => MasterKeyError::Io(path.to_owned(), error),
    };
    let mode = fs::metadata(path).map_err(failed)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(MasterKeyError::Exposed(path.to_owned(), mode));
    }
    let text = zeroize_on_drop(fs::read_to_string(path).map_err(failed)?);
    MasterKey::from_text(text.expose()).map_err(|_| MasterKeyError::Unreadable(path.to_owned()))
}

/// Makes a key in a new file of mode 0600 and waits until it is on the disk.
pub fn create(path: &Path, random: &dyn Random) -> Result<MasterKey, MasterKeyError> {
    let key = MasterKey::generate(random).map_err(|_| MasterKeyError::Random)?;
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => MasterKeyError::Exists(path.to_owned()),
        _ => MasterKeyError::Io(path.to_owned(), error),
    };
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    file.write_all(key.to_text().as_bytes()).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    Ok(key)
}

fn zeroize_on_drop(text: String) -> aio_domain::SecretText {
    aio_domain::SecretText::new(text)
}
