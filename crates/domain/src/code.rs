//! The six digits of an authenticator app, as people type them.

use std::fmt;

/// Six ASCII digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Code([u8; 6]);

impl Code {
    /// Reads six digits; white space and hyphens between them are dropped and the full-width digits of
    /// Chinese and Japanese input methods are taken as digits. Five, seven, or anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 64 {
            return None;
        }
        let mut digits = [0; 6];
        let mut filled = 0;
        for letter in text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-') {
            *digits.get_mut(filled)? = ascii_digit(letter)?;
            filled += 1;
        }
        (filled == digits.len()).then_some(Self(digits))
    }

    /// The digits as ASCII bytes.
    pub const fn as_bytes(&self) -> &[u8; 6] {
        &self.0
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Code(..)")
    }
}

fn ascii_digit(letter: char) -> Option<u8> {
    let offset = match letter {
        '0'..='9' => u32::from(letter) - u32::from('0'),
        '０'..='９' => u32::from(letter) - u32::from('０'),
        _ => return None,
    };
    u8::try_from(offset).ok().map(|digit| b'0' + digit)
}

#[cfg(test)]
mod tests {
    use super::Code;
    use proptest::prelude::*;

    #[test]
    fn spaces_hyphens_and_full_width_digits_are_read() {
        for text in
            ["123456", " 123 456 ", "123-456", "１２３４５６", "12３ ４56", "1\u{3000}23456"]
        {
            assert_eq!(Code::parse(text).map(|code| *code.as_bytes()), Some(*b"123456"), "{text}");
        }
    }

    #[test]
    fn anything_but_six_digits_is_refused() {
        for text in ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "+12345", "12345.", "①②③④⑤⑥"]
        {
            assert_eq!(Code::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text: String) {
            let _ = Code::parse(&text);
        }
    }
}
