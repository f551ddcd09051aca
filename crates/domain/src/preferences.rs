//! What a person chose about the look of the dashboard, and which network an installation serves.

use serde::{Deserialize, Serialize};

macro_rules! named_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident => $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name, as stored and sent.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The value of a stable name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == name)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use named_enum;

named_enum!(
    /// A language of the dashboard.
    Language {
        /// English.
        En => "en",
        /// Simplified Chinese.
        Zh => "zh",
    }
);

named_enum!(
    /// Light, dark, or as the device says.
    Theme {
        /// As the device says.
        System => "system",
        /// Always light.
        Light => "light",
        /// Always dark.
        Dark => "dark",
    }
);

named_enum!(
    /// Whether an installation handles real money; it stands inside each API key's secret.
    Network {
        /// Real money.
        Live => "live",
        /// Test networks.
        Test => "test",
    }
);

impl Language {
    /// The best language for an `Accept-Language` header: the first known one, English when none is.
    pub fn negotiate(header: &str) -> Self {
        header
            .split(',')
            .filter_map(|part| part.split(';').next())
            .filter_map(|tag| tag.trim().split('-').next())
            .find_map(|primary| Self::from_name(&primary.to_ascii_lowercase()))
            .unwrap_or(Self::En)
    }
}

/// Language and theme of one person or browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preferences {
    /// The language.
    pub language: Language,
    /// The theme.
    pub theme: Theme,
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn the_first_known_language_of_a_browser_wins() {
        assert_eq!(Language::negotiate("zh-CN,zh;q=0.9,en;q=0.8"), Language::Zh);
        assert_eq!(Language::negotiate("de-DE, fr;q=0.9, ZH-tw;q=0.1"), Language::Zh);
        assert_eq!(Language::negotiate(""), Language::En);
    }
}
