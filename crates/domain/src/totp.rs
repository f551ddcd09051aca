//! Time-based codes (RFC 6238): SHA-1, six digits, thirty seconds, as every authenticator app knows them.

use crate::{Random, RandomFailed, Secret, SecretText, Timestamp, code::Code, random_array};
use totp_rs::{Algorithm, Builder, Totp};

/// Seconds one code is shown.
pub const STEP: i64 = 30;
/// The name apps show above the code.
pub const ISSUER: &str = "AIO";

/// The shared secret of an authenticator: 160 bits, as RFC 4226 recommends.
#[derive(Clone, Debug)]
pub struct TotpSecret(Secret<20>);

impl TotpSecret {
    /// A fresh secret.
    pub fn generate(random: &dyn Random) -> Result<Self, RandomFailed> {
        Ok(Self(Secret::new(random_array(random)?)))
    }

    /// A stored secret.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(Secret::new(bytes)))
    }

    /// The bytes to be sealed.
    pub const fn expose(&self) -> &[u8; 20] {
        self.0.expose()
    }

    /// The step of the code, when it is the code of this moment or of the step before.
    ///
    /// It says nothing about reuse: spending the step is the caller's next statement.
    pub fn matching_step(&self, code: Code, now: Timestamp) -> Option<i64> {
        let text = std::str::from_utf8(code.as_bytes()).ok()?.to_owned();
        let totp = self.totp("");
        let current = now.seconds().div_euclid(STEP);
        // Both are computed and compared whatever the first says: equal time for both.
        let hits = [current, current - 1].map(|step| {
            u64::try_from(step * STEP).ok().filter(|at| matches(&totp, &text, *at)).map(|_| step)
        });
        hits.into_iter().flatten().next()
    }

    /// The code of an instant: what an app would show. For tests and tools.
    pub fn code_at(&self, now: Timestamp) -> Option<Code> {
        let at = u64::try_from(now.seconds()).ok()?;
        Code::parse(&self.totp("").generate(at).to_string())
    }

    /// The `otpauth://` address for the QR code.
    pub fn uri(&self, account: &str) -> SecretText {
        // A colon separates issuer and account in the address, so an account may not have one.
        let account = account.replace(':', " ");
        SecretText::new(self.totp(&account).to_url().unwrap_or_default())
    }

    /// The key for people who cannot scan: base 32 in groups of four.
    pub fn manual_key(&self) -> SecretText {
        let text = totp_rs::Secret::from(*self.0.expose()).to_base32();
        let letters: Vec<char> = text.chars().collect();
        SecretText::new(
            letters
                .chunks(4)
                .map(|group| group.iter().collect::<String>())
                .collect::<Vec<_>>()
                .join(" "),
        )
    }

    fn totp(&self, account: &str) -> Totp {
        // All values are constants that the standard allows, so the unchecked builder cannot be wrong.
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_skew(0)
            .with_step_duration(STEP.unsigned_abs())
            .with_secret(*self.0.expose())
            .with_issuer(Some(ISSUER))
            .with_account_name(account)
            .build_noncompliant()
    }
}

/// The one place that compares a code; the library does so in constant time.
#[expect(clippy::disallowed_methods, reason = "the one place that may compare a code")]
fn matches(totp: &Totp, text: &str, at: u64) -> bool {
    totp.check(text, at).is_some()
}

/// Seconds until the app shows the next code.
pub fn seconds_to_next(now: Timestamp) -> u32 {
    u32::try_from(STEP - now.seconds().rem_euclid(STEP)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::TotpSecret;
    use crate::{Timestamp, code::Code};

    fn rfc_secret() -> TotpSecret {
        TotpSecret::from_bytes(b"12345678901234567890").unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn aut_04_the_vectors_of_rfc_6238_appendix_b_hold() {
        // The appendix prints eight digits; six-digit codes are their last six.
        let vectors = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (seconds, code) in vectors {
            let code = Code::parse(code).unwrap();
            assert_eq!(rfc_secret().code_at(at(seconds)), Some(code));
            assert_eq!(rfc_secret().matching_step(code, at(seconds)), Some(seconds / 30));
        }
    }

    #[test]
    fn aut_04_the_window_is_the_current_and_the_previous_step() {
        let code = rfc_secret().code_at(at(30)).unwrap();
        let step = |seconds| rfc_secret().matching_step(code, at(seconds));
        assert_eq!(
            (step(29), step(30), step(59), step(60), step(89), step(90)),
            (None, Some(1), Some(1), Some(1), Some(1), None)
        );
    }

    #[test]
    fn the_manual_key_and_the_address_carry_the_same_secret() {
        let key = rfc_secret().manual_key();
        assert_eq!(key.expose(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        let uri = rfc_secret().uri("ann@shop.example");
        assert!(
            uri.expose().starts_with(
                "otpauth://totp/AIO:ann%40shop.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
            ),
            "{}",
            uri.expose()
        );
    }
}
