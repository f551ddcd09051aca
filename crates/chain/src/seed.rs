//! The seed behind all keys, and the words that people write down for it (BIP-39, English, no passphrase).

use aio_domain::{Random, RandomFailed, Secret, SecretText, random_array};
use bip39::{Language, Mnemonic};

/// Bytes of a seed.
pub const SEED_BYTES: usize = 64;

/// Why there is no seed.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The words are not a seed's: one is unknown, missing, or out of its place.
    #[error("these are not the words of a seed")]
    NotWords,
    /// The random generator failed.
    #[error(transparent)]
    Random(#[from] RandomFailed),
}

/// What every key is derived from. It leaves no copy in memory.
#[derive(Debug, Clone)]
pub struct Seed(Secret<SEED_BYTES>);

/// Words that a seed can be made of again, on paper or in a sealed cell. They leave no copy in memory.
#[derive(Debug, Clone)]
pub struct SeedWords(SecretText);

impl Seed {
    /// Takes the bytes in.
    pub const fn from_bytes(bytes: [u8; SEED_BYTES]) -> Self {
        Self(Secret::new(bytes))
    }

    /// The bytes themselves: only for a signer.
    pub const fn expose(&self) -> &[u8; SEED_BYTES] {
        self.0.expose()
    }
}

impl SeedWords {
    /// 24 new words out of 32 random bytes.
    pub fn generate(random: &dyn Random) -> Result<Self, SeedError> {
        let entropy = Secret::new(random_array::<32>(random)?);
        let words = Mnemonic::from_entropy_in(Language::English, entropy.expose());
        Ok(Self::of(&words.map_err(|_| SeedError::NotWords)?))
    }

    /// Reads words that somebody typed: 12 to 24 of the English list with a valid checksum.
    pub fn parse(text: &str) -> Result<Self, SeedError> {
        let text = SecretText::new(text.to_lowercase());
        read(text.expose()).map(|words| Self::of(&words))
    }

    /// The words, with one space between them: only for the one page that shows them, or to be sealed.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The seed of these words. It takes some milliseconds, on purpose of BIP-39.
    pub fn seed(&self) -> Result<Seed, SeedError> {
        Ok(Seed::from_bytes(read(self.expose())?.to_seed_normalized("")))
    }

    fn of(words: &Mnemonic) -> Self {
        let mut text = String::with_capacity(24 * 9);
        for word in words.words() {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
        }
        Self(SecretText::new(text))
    }
}

fn read(text: &str) -> Result<Mnemonic, SeedError> {
    Mnemonic::parse_in_normalized(Language::English, text).map_err(|_| SeedError::NotWords)
}

#[cfg(test)]
mod tests {
    use super::{SeedError, SeedWords};
    use aio_domain::{Random, RandomFailed};

    struct Same(Option<u8>);

    impl Random for Same {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
            bytes.fill(self.0.ok_or(RandomFailed)?);
            Ok(())
        }
    }

    #[test]
    fn words_and_seed_are_those_of_the_standard() {
        let words = SeedWords::generate(&Same(Some(0))).unwrap();
        assert_eq!(words.expose(), ["abandon "; 23].concat() + "art");
        let words = SeedWords::parse(&(["abandon "; 11].concat() + "about")).unwrap();
        // A vector of BIP-39 without a passphrase.
        let bytes = words.seed().unwrap();
        assert_eq!(bytes.expose()[..8], [0x5e, 0xb0, 0x0b, 0xbd, 0xdc, 0xf0, 0x69, 0x08]);
    }

    #[test]
    fn words_are_read_however_they_are_spaced_and_refused_with_one_mistake() {
        let words = SeedWords::generate(&Same(Some(7))).unwrap();
        let loud = format!("  {}\n", words.expose().to_uppercase().replace(' ', "  "));
        let again = SeedWords::parse(&loud).unwrap();
        assert_eq!(again.expose(), words.expose());
        assert_eq!(again.seed().unwrap().expose(), words.seed().unwrap().expose());
        let swapped = words.expose().replacen(words.expose().split(' ').next().unwrap(), "zoo", 1);
        for bad in ["", "zoo", &swapped, &["abandon "; 24].concat(), "абрикос"] {
            assert!(matches!(SeedWords::parse(bad), Err(SeedError::NotWords)), "{bad}");
        }
    }

    #[test]
    fn no_seed_is_made_when_the_generator_fails_and_none_is_printed() {
        assert!(matches!(SeedWords::generate(&Same(None)), Err(SeedError::Random(_))));
        let words = SeedWords::generate(&Same(Some(1))).unwrap();
        let printed = format!("{words:?} {:?}", words.seed().unwrap());
        assert_eq!(printed, "SeedWords(SecretText(..)) Seed(Secret(..))");
    }
}
