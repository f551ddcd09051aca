//! The secret of an API key: `aio_live_<id body>_<43 base-62 characters><6 characters of checksum>`.
//!
//! The prefix lets secret scanners find a leaked key, the checksum refuses a typo without a look at the
//! database, the id finds the row, and the rest is 256 random bits.

use crate::{ApiKeyId, Network, Random, RandomFailed, Secret, SecretText, random_array};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_CHARS: usize = 43;
const CHECK_CHARS: usize = 6;

/// What secret scanners may look for.
pub const PATTERN: &str = "aio_(live|test)_[0-7][0-9a-hjkmnp-tv-z]{25}_[0-9A-Za-z]{49}";

/// A well-formed secret of an API key. Well-formed is not valid: only the verifier in the database says so.
#[derive(Debug)]
pub struct ApiKeySecret {
    network: Network,
    id: ApiKeyId,
    text: SecretText,
}

/// HMAC-SHA256 of a whole secret under the installation's pepper: what is stored in its place.
#[derive(Clone, Copy)]
pub struct Verifier([u8; 32]);

impl ApiKeySecret {
    /// A fresh secret for the key of that id.
    pub fn generate(
        network: Network,
        id: ApiKeyId,
        random: &dyn Random,
    ) -> Result<Self, RandomFailed> {
        let bytes: Secret<32> = Secret::new(random_array(random)?);
        let body = format!("aio_{network}_{}_{}", id.body(), base62(bytes.expose()));
        let text = format!("{body}{}", checksum(&body));
        Ok(Self { network, id, text: SecretText::new(text) })
    }

    /// Reads what a client sent: exact form, right checksum, nothing around it.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("aio_")?;
        let (network, rest) = rest.split_once('_')?;
        let (id, random) = rest.split_once('_')?;
        let network = Network::from_name(network)?;
        let id = ApiKeyId::from_body(id).ok()?;
        if random.len() != RANDOM_CHARS + CHECK_CHARS
            || !random.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            return None;
        }
        let (body, check) = text.split_at_checked(text.len() - CHECK_CHARS)?;
        (checksum(body) == check).then(|| Self {
            network,
            id,
            text: SecretText::new(text.to_owned()),
        })
    }

    /// The network the key was made for.
    pub const fn network(&self) -> Network {
        self.network
    }

    /// The key's id.
    pub const fn id(&self) -> ApiKeyId {
        self.id
    }

    /// The whole secret, for the page that shows it and the cell that seals it.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// The last four characters, for lists.
    pub fn last4(&self) -> String {
        let text = self.text.expose();
        text.get(text.len().saturating_sub(4)..).unwrap_or_default().to_owned()
    }

    /// The verifier under a pepper.
    pub fn verifier(&self, pepper: &[u8; 32]) -> Verifier {
        Verifier(keyed_hash(pepper, b"api key verifier v1", self.text.expose().as_bytes()))
    }
}

impl Verifier {
    /// A stored verifier.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to be stored.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether both are the same, in a time that tells nothing.
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// HMAC-SHA256 over a purpose and a message.
pub fn keyed_hash(key: &[u8; 32], purpose: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length; a failure is impossible and would give a hash that matches nothing.
    Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |mut mac| {
        mac.update(purpose);
        mac.update(&[0]);
        mac.update(message);
        mac.finalize().into_bytes().into()
    })
}

/// 43 digits in base 62 hold 256 bits: long division of the big-endian number by 62.
fn base62(bytes: &[u8; 32]) -> String {
    let mut number = *bytes;
    let mut digits = [b'0'; RANDOM_CHARS];
    for digit in digits.iter_mut().rev() {
        let mut rest = 0_u16;
        for byte in &mut number {
            let part = (rest << 8) | u16::from(*byte);
            *byte = u8::try_from(part / 62).unwrap_or(0);
            rest = part % 62;
        }
        *digit = letter(rest.into());
    }
    digits.into_iter().map(char::from).collect()
}

/// CRC-32 in six base-62 digits: it catches every single wrong character.
fn checksum(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut digits = [b'0'; CHECK_CHARS];
    for digit in digits.iter_mut().rev() {
        *digit = letter(rest % 62);
        rest /= 62;
    }
    digits.into_iter().map(char::from).collect()
}

fn letter(digit: u32) -> u8 {
    usize::try_from(digit).ok().and_then(|at| BASE62.get(at)).copied().unwrap_or(b'0')
}

#[cfg(test)]
mod tests {
    use super::{ApiKeySecret, base62};
    use crate::{ApiKeyId, Network, Random, RandomFailed, Timestamp};
    use proptest::prelude::*;

    struct Fixed([u8; 32]);

    impl Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
            bytes.copy_from_slice(&self.0[..bytes.len()]);
            Ok(())
        }
    }

    fn secret(noise: [u8; 32]) -> ApiKeySecret {
        let id =
            ApiKeyId::generate(Timestamp::from_millis(1_795_435_440_000), &Fixed(noise)).unwrap();
        ApiKeySecret::generate(Network::Live, id, &Fixed(noise)).unwrap()
    }

    proptest! {
        #[test]
        fn key_01_a_secret_comes_back_from_its_text(noise: [u8; 32]) {
            let made = secret(noise);
            let read = ApiKeySecret::parse(made.expose()).unwrap();
            prop_assert_eq!((read.id(), read.network(), read.expose()), (made.id(), Network::Live, made.expose()));
        }

        #[test]
        fn key_01_any_changed_character_is_refused(noise: [u8; 32], at: prop::sample::Index, to in "[0-9A-Za-z_ ]") {
            let made = secret(noise);
            let at = at.index(made.expose().len());
            let mut text = made.expose().to_owned();
            text.replace_range(at..=at, &to);
            prop_assume!(text != made.expose());
            prop_assert!(ApiKeySecret::parse(&text).is_none());
        }

        #[test]
        fn key_01_any_text_is_read_or_refused_without_a_panic(text: String) {
            let _ = ApiKeySecret::parse(&text);
        }

        #[test]
        fn key_02_verifiers_are_the_same_only_for_the_same_secret_and_pepper(a: [u8; 32], b: [u8; 32], pepper: [u8; 32], salt: [u8; 32]) {
            prop_assume!(a != b && pepper != salt);
            let verifier = secret(a).verifier(&pepper);
            prop_assert!(verifier.is_same(&secret(a).verifier(&pepper)));
            prop_assert!(!verifier.is_same(&secret(b).verifier(&pepper)));
            prop_assert!(!verifier.is_same(&secret(a).verifier(&salt)));
        }
    }

    #[test]
    fn key_01_white_space_other_case_and_cut_secrets_are_refused() {
        let text = secret([7; 32]).expose().to_owned();
        for wrong in [
            format!(" {text}"),
            format!("{text}\n"),
            text.to_uppercase(),
            text[..text.len() - 1].to_owned(),
            format!("{text}0"),
            text.replacen("live", "test", 1),
        ] {
            assert!(ApiKeySecret::parse(&wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn key_03_all_256_bits_of_the_random_part_are_kept() {
        assert_eq!(base62(&[0; 32]), "0".repeat(43));
        assert_ne!(base62(&[0xff; 32]), base62(&[0xfe; 32]));
        let mut last = [0; 32];
        last[31] = 61;
        assert_eq!(base62(&last), format!("{}z", "0".repeat(42)));
    }
}
