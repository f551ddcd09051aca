//! The client's own name for a request that is to be done once.

/// The most characters.
pub const MOST: usize = 255;

/// What stands in an `Idempotency-Key` header: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Reads the header's text.
    pub fn parse(text: &str) -> Option<Self> {
        let is_good =
            (1..=MOST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_good.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{IdempotencyKey, MOST};

    #[test]
    fn api_05_an_idempotency_key_is_short_and_visible() {
        let good = |text: &str| IdempotencyKey::parse(text).is_some();
        assert!(good("order-17") && good("!") && good(&"x".repeat(MOST)));
        for bad in ["", " ", "a b", "a\tb", "订单", "\u{7f}", &"x".repeat(MOST + 1)] {
            assert!(!good(bad), "{bad:?}");
        }
    }
}
