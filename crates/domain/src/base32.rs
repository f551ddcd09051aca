//! Crockford base 32 of 128 bits in 26 characters, as TypeID writes them.

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// 26 lower-case characters; the first one carries three bits only.
pub(crate) fn encode(value: u128) -> String {
    (0..26)
        .rev()
        .map(|place| {
            let digit = (value >> (place * 5)) & 31;
            usize::try_from(digit)
                .ok()
                .and_then(|at| ALPHABET.get(at))
                .map_or('0', |byte| char::from(*byte))
        })
        .collect()
}

/// The value of exactly 26 characters of the alphabet; anything else, upper case included, is `None`.
pub(crate) fn decode(text: &str) -> Option<u128> {
    if text.len() != 26 || text.as_bytes().first().is_none_or(|first| *first > b'7') {
        return None;
    }
    text.bytes().try_fold(0_u128, |value, byte| {
        let digit = ALPHABET.iter().position(|known| *known == byte)?;
        Some((value << 5) | u128::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_value_comes_back(value: u128) {
            prop_assert_eq!(decode(&encode(value)), Some(value));
        }

        #[test]
        fn order_of_values_is_order_of_texts(a: u128, b: u128) {
            prop_assert_eq!(a.cmp(&b), encode(a).cmp(&encode(b)));
        }
    }

    #[test]
    fn letters_outside_the_alphabet_upper_case_and_overflow_are_refused() {
        for text in [
            "",
            "0",
            "8zzzzzzzzzzzzzzzzzzzzzzzzz",
            "0000000000000000000000000u",
            "0000000000000000000000000A",
        ] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
