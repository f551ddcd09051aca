//! The log of the merchant API's requests, as a merchant reads it.

use crate::{Timestamp, preferences::named_enum};
use std::fmt;

named_enum!(
    /// How a request ended, as its status tells.
    RequestOutcome {
        /// It was done.
        Ok => "ok",
        /// The caller was told no: a status of the four hundreds.
        Refused => "refused",
        /// We could not do it: a status of the five hundreds.
        Failed => "failed",
    }
);

impl RequestOutcome {
    /// What a status tells.
    pub const fn of(status: u16) -> Self {
        match status {
            ..400 => Self::Ok,
            400..500 => Self::Refused,
            500.. => Self::Failed,
        }
    }
}

/// The place of a line in its key's log, as it stands in addresses: `1795000000000-<request id>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// When the request came.
    pub at: Timestamp,
    /// Its id: 32 hexadecimal digits.
    pub request_id: String,
}

impl Place {
    /// Reads a place; only what [`Place`] writes is one.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('-')?;
        let is_id = id.len() == 32
            && id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        let is_plain = at == "0" || (at.len() <= 15 && !at.starts_with('0'));
        let digits = !at.is_empty() && at.bytes().all(|byte| byte.is_ascii_digit());
        if !(is_id && is_plain && digits) {
            return None;
        }
        let at = Timestamp::from_millis(at.parse().ok()?);
        Some(Self { at, request_id: id.to_owned() })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}", self.at.millis(), self.request_id)
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, RequestOutcome};

    #[test]
    fn a_place_comes_back_from_its_text_and_nothing_else_is_one() {
        let id = "0123456789abcdef0123456789abcdef";
        for good in [format!("1795000000000-{id}"), format!("0-{id}")] {
            assert_eq!(Place::parse(&good).map(|place| place.to_string()), Some(good));
        }
        let upper = format!("1-{}", id.to_uppercase());
        let bad = ["", "1", "1-", &upper, "-1-0123456789abcdef0123456789abcdef"];
        for bad in bad {
            assert_eq!(Place::parse(bad), None, "{bad}");
        }
        for at in ["01", "+1", "1e3", "9999999999999999", ""] {
            assert_eq!(Place::parse(&format!("{at}-{id}")), None, "{at}");
        }
    }

    #[test]
    fn a_status_tells_how_a_request_ended() {
        let of = [200, 304, 399, 400, 499, 500, 503].map(RequestOutcome::of);
        let expected = ["ok", "ok", "ok", "refused", "refused", "failed", "failed"];
        assert_eq!(of.map(RequestOutcome::as_str), expected);
    }
}
