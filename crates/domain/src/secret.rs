//! Types that do not print, do not serialise and wipe themselves.

use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Key material of `N` bytes. It has no `Display`, no `Serialize`, no `PartialEq`: reading it is
/// [`Secret::expose`], which can be searched for.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret<const N: usize>([u8; N]);

impl<const N: usize> Secret<N> {
    /// Takes the bytes in.
    pub const fn new(bytes: [u8; N]) -> Self {
        Self(bytes)
    }

    /// The bytes themselves: only for a primitive that needs them, or for the one page that shows them.
    pub const fn expose(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(..)")
    }
}

/// A secret text: a password, a key's secret, a manual key.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretText(String);

impl SecretText {
    /// Takes the text in.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself: only for a primitive that needs it, or for the one page that shows it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SecretText(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::{Secret, SecretText};

    #[test]
    fn aes_12_a_secret_never_prints_what_it_holds() {
        let shown = format!(
            "{:?} {:?}",
            Secret::new(*b"canary-canary-16"),
            SecretText::new("canary".into())
        );
        assert_eq!(shown, "Secret(..) SecretText(..)");
    }
}
