//! The seed of all keys: 24 words (BIP-39), wiped from memory when it is dropped.

use bip39::Mnemonic;
use std::fmt;
use zeroize::Zeroizing;

/// The text is not such a list of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 24 words of a BIP-39 seed")]
pub struct NotASeed;

/// The seed of all keys.
#[derive(Clone)]
pub struct Seed {
    entropy: Zeroizing<[u8; 32]>,
    bytes: Zeroizing<[u8; 64]>,
}

impl Seed {
    /// Makes a seed of random bytes.
    pub fn from_entropy(entropy: Zeroizing<[u8; 32]>) -> Result<Self, NotASeed> {
        let words = Mnemonic::from_entropy(entropy.as_ref()).map_err(|_| NotASeed)?;
        let bytes = Zeroizing::new(words.to_seed_normalized(""));
        Ok(Self { entropy, bytes })
    }

    /// Reads the words, in any case and spacing; their checksum must hold.
    pub fn from_words(text: &str) -> Result<Self, NotASeed> {
        let text = Zeroizing::new(text.to_lowercase());
        let text = Zeroizing::new(text.split_whitespace().collect::<Vec<_>>().join(" "));
        let words = Mnemonic::parse_normalized(&text).map_err(|_| NotASeed)?;
        let (entropy, length) = words.to_entropy_array();
        let entropy = Zeroizing::new(entropy);
        let first = entropy.first_chunk::<32>().filter(|_| length == 32).ok_or(NotASeed)?;
        Self::from_entropy(Zeroizing::new(*first))
    }

    /// The random bytes.
    pub fn entropy(&self) -> &[u8; 32] {
        &self.entropy
    }

    /// The 64 bytes that keys are derived from; no passphrase.
    pub fn bytes(&self) -> &[u8; 64] {
        &self.bytes
    }

    /// The words, for the paper in the safe.
    pub fn words(&self) -> Result<Zeroizing<String>, NotASeed> {
        let words = Mnemonic::from_entropy(self.entropy.as_ref()).map_err(|_| NotASeed)?;
        Ok(Zeroizing::new(words.to_string()))
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Seed(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::Seed;
    use zeroize::Zeroizing;

    /// The test vector of BIP-39 for 32 zero bytes, without a passphrase as it is used here.
    const WORDS: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon \
        abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon \
        abandon abandon abandon art";

    #[test]
    fn a_seed_is_written_as_24_words_and_read_back() {
        let seed = Seed::from_entropy(Zeroizing::new([0; 32])).unwrap();
        assert_eq!(seed.words().unwrap().as_str(), WORDS);
        let read = Seed::from_words(&format!("  {}\n", WORDS.to_uppercase())).unwrap();
        assert_eq!((read.entropy(), read.bytes()), (seed.entropy(), seed.bytes()));
        assert_eq!(read.bytes()[..4], [0x40, 0x8b, 0x28, 0x5c]);
        assert_eq!(format!("{seed:?}"), "Seed(..)");
    }

    #[test]
    fn a_wrong_word_a_missing_one_and_a_wrong_checksum_are_refused() {
        let last = WORDS.replace(" art", " abandon");
        let short = "abandon ".repeat(11) + "about";
        for bad in ["", "abandon", &last, &short, &WORDS.replace("art", "arte")] {
            assert!(Seed::from_words(bad).is_err(), "{bad}");
        }
    }
}
