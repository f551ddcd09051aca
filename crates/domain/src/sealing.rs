//! Sealed cells: AES-256-GCM under a data key, bound to the one cell they belong to.
//!
//! The master key (KEK) wraps data keys and nothing else; data keys seal cells. A sealed cell carries its
//! format version, the id of the key, the nonce, the ciphertext and the 128-bit tag; table, column, row and
//! merchant are bound as associated data, so a cell pasted into another row does not open.

use crate::{DataKeyId, Random, RandomFailed, Secret, random_array};
use aes_gcm::{
    Aes256Gcm, Nonce,
    aead::{Aead, KeyInit, Payload},
};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// First byte of every sealed cell.
const VERSION: u8 = 1;
/// Bytes of a nonce: 96 bits.
const NONCE: usize = 12;
/// Bytes of a key's id inside a cell.
const KEY_ID: usize = 26;
/// A data key seals at most so many messages before a new one takes over.
pub const MESSAGE_LIMIT: i64 = 1 << 30;

/// Why a cell could not be sealed or opened. Deliberately without detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The bytes are not a sealed cell, belong to another cell or key, or were changed.
    #[error("a sealed cell does not open")]
    Refused,
    /// No nonce could be drawn.
    #[error(transparent)]
    Random(#[from] RandomFailed),
    /// The master key file is not one.
    #[error("not a master key")]
    NotAMasterKey,
}

/// Sealed bytes, as stored. They are not secret, but useless without the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Bytes read from the database.
    pub const fn from_stored(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Bytes to be stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The id of the data key that sealed this cell.
    pub fn key_id(&self) -> Result<DataKeyId, SealError> {
        let (version, rest) = self.0.split_first().ok_or(SealError::Refused)?;
        let id = rest.get(..KEY_ID).ok_or(SealError::Refused)?;
        let body = std::str::from_utf8(id).map_err(|_| SealError::Refused)?;
        if *version != VERSION {
            return Err(SealError::Refused);
        }
        DataKeyId::from_body(body).map_err(|_| SealError::Refused)
    }
}

/// The one cell that a sealed value belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    /// Table.
    pub table: &'static str,
    /// Column.
    pub column: &'static str,
    /// The row's id, as text.
    pub row: &'a str,
    /// The merchant's or user's id, as text.
    pub owner: &'a str,
}

impl Cell<'_> {
    /// Length-prefixed parts, so that no two cells have the same bytes.
    fn associated_data(&self) -> Vec<u8> {
        let mut bytes = b"aio sealed cell v1".to_vec();
        for part in [self.table, self.column, self.row, self.owner] {
            bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes
    }
}

/// A key that seals cells.
#[derive(Clone, Debug)]
pub struct DataKey {
    id: DataKeyId,
    key: Secret<32>,
}

impl DataKey {
    /// A fresh key.
    pub fn generate(id: DataKeyId, random: &dyn Random) -> Result<Self, RandomFailed> {
        Ok(Self { id, key: Secret::new(random_array(random)?) })
    }

    /// The key's id.
    pub const fn id(&self) -> DataKeyId {
        self.id
    }

    /// The key's bytes, for keyed hashing under a purpose of its own.
    pub const fn expose(&self) -> &[u8; 32] {
        self.key.expose()
    }

    /// Seals a value into its cell under a fresh random nonce.
    pub fn seal(
        &self,
        cell: Cell<'_>,
        plain: &[u8],
        random: &dyn Random,
    ) -> Result<Sealed, SealError> {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(self.id.body().as_bytes());
        bytes.extend(encrypt(self.key.expose(), &cell.associated_data(), plain, random)?);
        Ok(Sealed(bytes))
    }

    /// Opens a value of its cell, or refuses without a reason.
    pub fn open(&self, cell: Cell<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, SealError> {
        if sealed.key_id()? != self.id {
            return Err(SealError::Refused);
        }
        decrypt(
            self.key.expose(),
            &cell.associated_data(),
            sealed.0.get(1 + KEY_ID..).unwrap_or_default(),
        )
    }
}

/// The key that wraps data keys. It comes from a file of mode 0600 and never enters the database.
#[derive(Clone, Debug)]
pub struct MasterKey {
    id: String,
    key: Secret<32>,
}

impl MasterKey {
    const HEADER: &'static str = "aio-master-key-v1:";

    /// A fresh key.
    pub fn generate(random: &dyn Random) -> Result<Self, RandomFailed> {
        Ok(Self::from_bytes(random_array(random)?))
    }

    fn from_bytes(bytes: [u8; 32]) -> Self {
        let digest =
            Sha256::new().chain_update(b"aio master key id").chain_update(bytes).finalize();
        let id = hex::encode(digest.get(..8).unwrap_or_default());
        Self { id, key: Secret::new(bytes) }
    }

    /// Reads the text of a key file.
    pub fn from_text(text: &str) -> Result<Self, SealError> {
        let hex = text.trim().strip_prefix(Self::HEADER).ok_or(SealError::NotAMasterKey)?;
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(hex, bytes.as_mut_slice()).map_err(|_| SealError::NotAMasterKey)?;
        if bytes.iter().all(|byte| *byte == 0) {
            return Err(SealError::NotAMasterKey);
        }
        Ok(Self::from_bytes(*bytes))
    }

    /// The text of a key file.
    pub fn to_text(&self) -> Zeroizing<String> {
        let hex = Zeroizing::new(hex::encode(self.key.expose()));
        Zeroizing::new(format!("{}{}\n", Self::HEADER, *hex))
    }

    /// Names the key without telling it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Wraps a data key for storage, bound to its id, purpose and owner.
    pub fn wrap(
        &self,
        key: &DataKey,
        purpose: &str,
        owner: &str,
        random: &dyn Random,
    ) -> Result<Sealed, SealError> {
        encrypt(self.key.expose(), &wrapping_data(key.id, purpose, owner), key.expose(), random)
            .map(Sealed)
    }

    /// Opens a wrapped data key.
    pub fn unwrap_key(
        &self,
        id: DataKeyId,
        purpose: &str,
        owner: &str,
        wrapped: &Sealed,
    ) -> Result<DataKey, SealError> {
        let bytes =
            decrypt(self.key.expose(), &wrapping_data(id, purpose, owner), wrapped.as_bytes())?;
        let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| SealError::Refused)?;
        Ok(DataKey { id, key: Secret::new(key) })
    }
}

fn wrapping_data(id: DataKeyId, purpose: &str, owner: &str) -> Vec<u8> {
    Cell { table: "data_keys", column: "wrapped", row: &format!("{id} {purpose}"), owner }
        .associated_data()
}

/// Nonce, ciphertext and tag.
fn encrypt(
    key: &[u8; 32],
    associated: &[u8],
    plain: &[u8],
    random: &dyn Random,
) -> Result<Vec<u8>, SealError> {
    let nonce: [u8; NONCE] = random_array(random)?;
    let sealed = Aes256Gcm::new(key.into())
        .encrypt(&Nonce::from(nonce), Payload { msg: plain, aad: associated })
        .map_err(|_| SealError::Refused)?;
    Ok([nonce.as_slice(), sealed.as_slice()].concat())
}

fn decrypt(
    key: &[u8; 32],
    associated: &[u8],
    bytes: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let (nonce, sealed) = bytes.split_at_checked(NONCE).ok_or(SealError::Refused)?;
    let nonce = <[u8; NONCE]>::try_from(nonce).map_err(|_| SealError::Refused)?;
    Aes256Gcm::new(key.into())
        .decrypt(&Nonce::from(nonce), Payload { msg: sealed, aad: associated })
        .map(Zeroizing::new)
        .map_err(|_| SealError::Refused)
}

#[cfg(test)]
mod tests;
