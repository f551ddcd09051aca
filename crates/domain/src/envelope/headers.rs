//! The three headers of an encrypted request: read strictly, bound to its body, repeated by its response.

use super::Refused;
use crate::Timestamp;

/// Names the algorithm and the version of the AES key: `aes-256-gcm;v=3`.
pub const ENCRYPTION: &str = "aio-encryption";
/// When the request was made, in unix seconds.
pub const TIMESTAMP: &str = "aio-timestamp";
/// A UUID that is used for one request and never again.
pub const REQUEST_ID: &str = "aio-request-id";
/// A request may be so many seconds older or newer than the server's clock.
pub const WINDOW_S: i64 = 300;

/// What stands in [`ENCRYPTION`] before the version.
const ALGORITHM: &str = "aes-256-gcm;v=";
/// Where a UUID has its dashes.
const DASHES: [usize; 4] = [8, 13, 18, 23];

/// The headers of one encrypted request. Well-formed is not valid: nothing here has been proven yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headers {
    version: i64,
    timestamp: i64,
    request_id: u128,
    request_id_text: String,
}

impl Headers {
    /// Reads the values of the three headers: exact form, nothing around it.
    pub fn parse(encryption: &str, timestamp: &str, request_id: &str) -> Result<Self, Refused> {
        Ok(Self {
            version: decimal(encryption.strip_prefix(ALGORITHM).ok_or(Refused)?)?,
            timestamp: decimal(timestamp)?,
            request_id: uuid(request_id)?,
            request_id_text: request_id.to_owned(),
        })
    }

    /// The version of the AES key that the client used.
    pub const fn version(&self) -> i64 {
        self.version
    }

    /// When the client says it made the request, in unix seconds.
    pub const fn timestamp(&self) -> i64 {
        self.timestamp
    }

    /// The request id as a number, so that the same id in other letters is the same row of the replay table.
    pub const fn request_id(&self) -> u128 {
        self.request_id
    }

    /// The request id as it was sent, which is what the associated data holds.
    pub fn request_id_text(&self) -> &str {
        &self.request_id_text
    }

    /// Whether the request was made within [`WINDOW_S`] seconds of now, before or after, both ends included.
    pub const fn is_fresh(&self, now: Timestamp) -> bool {
        self.timestamp.abs_diff(now.seconds()) <= WINDOW_S.unsigned_abs()
    }

    /// Names and values, as the response repeats them.
    pub fn to_pairs(&self) -> [(&'static str, String); 3] {
        [
            (ENCRYPTION, format!("{ALGORITHM}{}", self.version)),
            (TIMESTAMP, self.timestamp.to_string()),
            (REQUEST_ID, self.request_id_text.clone()),
        ]
    }
}

/// A number above zero in its only decimal form: no sign, no space, no leading zero.
fn decimal(text: &str) -> Result<i64, Refused> {
    if text.starts_with('0') || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refused);
    }
    text.parse().map_err(|_| Refused)
}

/// A UUID of 36 characters in either case; its version does not matter.
fn uuid(text: &str) -> Result<u128, Refused> {
    let formed = text.bytes().enumerate().all(|(at, byte)| {
        if DASHES.contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() }
    });
    if text.len() != 36 || !formed {
        return Err(Refused);
    }
    u128::from_str_radix(&text.replace('-', ""), 16).map_err(|_| Refused)
}
