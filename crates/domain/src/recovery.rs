//! Recovery codes: 80 random bits as `xxxx-xxxx-xxxx-xxxx`, each used once in place of an authenticator.

use crate::{Random, RandomFailed, SecretText, api_key::keyed_hash, base32, random_array};

/// How many codes a person gets.
pub const COUNT: usize = 10;
/// Letters of a code without its hyphens, five bits each.
const LETTERS: usize = 16;

/// One code, in its written form.
#[derive(Debug, Clone)]
pub struct RecoveryCode(SecretText);

impl RecoveryCode {
    /// A fresh code.
    pub fn generate(random: &dyn Random) -> Result<Self, RandomFailed> {
        let bytes: [u8; 10] = random_array(random)?;
        let number = bytes.iter().fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
        let text = base32::encode(number);
        // 80 bits fill exactly the last 16 of the 26 digits.
        Ok(Self(SecretText::new(grouped(text.get(text.len() - LETTERS..).unwrap_or_default()))))
    }

    /// Reads what a person typed: any case, with or without hyphens and spaces; `o` is taken as zero, `i` and
    /// `l` as one.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 128 {
            return None;
        }
        let letters: String = text
            .chars()
            .filter(|letter| !letter.is_whitespace() && *letter != '-')
            .map(|letter| match letter.to_ascii_lowercase() {
                'o' => '0',
                'i' | 'l' => '1',
                other => other,
            })
            .collect();
        let known = letters.len() == LETTERS
            && base32::decode(&format!("{}{letters}", "0".repeat(26 - LETTERS))).is_some();
        known.then(|| Self(SecretText::new(grouped(&letters))))
    }

    /// The code as written: `xxxx-xxxx-xxxx-xxxx`.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What is stored in the code's place.
    pub fn hash(&self, pepper: &[u8; 32]) -> [u8; 32] {
        keyed_hash(pepper, b"recovery code v1", self.expose().as_bytes())
    }
}

fn grouped(letters: &str) -> String {
    let letters: Vec<char> = letters.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::RecoveryCode;
    use crate::{Random, RandomFailed};
    use proptest::prelude::*;

    struct Fixed([u8; 10]);

    impl Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
            bytes.copy_from_slice(&self.0[..bytes.len()]);
            Ok(())
        }
    }

    proptest! {
        #[test]
        fn aut_11_a_code_comes_back_however_it_is_typed(noise: [u8; 10]) {
            let code = RecoveryCode::generate(&Fixed(noise)).unwrap();
            let typed = [code.expose().to_uppercase(), code.expose().replace('-', ""), code.expose().replace('-', " "), code.expose().replace('0', "O").replace('1', "l")];
            for text in typed {
                let read = RecoveryCode::parse(&text);
                prop_assert_eq!(read.map(|read| read.hash(&[1; 32])), Some(code.hash(&[1; 32])));
            }
        }

        #[test]
        fn aut_11_two_codes_of_eighty_bits_differ(a: [u8; 10], b: [u8; 10]) {
            prop_assume!(a != b);
            let (a, b) = (RecoveryCode::generate(&Fixed(a)).unwrap(), RecoveryCode::generate(&Fixed(b)).unwrap());
            prop_assert_ne!(a.expose(), b.expose());
        }
    }

    #[test]
    fn nonsense_is_no_recovery_code() {
        for text in [
            "",
            "abcd-efgh",
            "uuuu-uuuu-uuuu-uuuu",
            "0000-0000-0000-00000",
            "零零零零-0000-0000-0000",
        ] {
            assert!(RecoveryCode::parse(text).is_none(), "{text}");
        }
    }
}
