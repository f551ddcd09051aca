//! How often a secret may be tried: per account and network, per network, per account.

use crate::{ServiceError, Services, step_up::wait_s};
use aio_domain::{
    Problem,
    api_key::keyed_hash,
    time::{HOUR, MINUTE},
};
use std::net::IpAddr;

/// What is counted together, and how much of it is allowed.
pub struct Limit {
    bucket: String,
    most: i64,
    window: i64,
}

impl Services {
    /// The limits of a sign-in try. Only the first can be filled by one visitor alone, so a visitor cannot
    /// lock somebody else out from another network.
    pub(crate) fn sign_in_limits(&self, email: &str, address: IpAddr) -> [Limit; 3] {
        let (account, network) = (self.digest(email), network(address));
        [
            Limit { bucket: format!("sign-in {account} {network}"), most: 10, window: 15 * MINUTE },
            Limit { bucket: format!("sign-in {network}"), most: 100, window: 15 * MINUTE },
            Limit { bucket: format!("sign-in {account}"), most: 500, window: HOUR },
        ]
    }

    /// The limit of a secret that one person or visitor tests.
    pub(crate) fn secret_limit(&self, what: &str, who: &str, most: i64) -> [Limit; 1] {
        [Limit { bucket: format!("{what} {}", self.digest(who)), most, window: 15 * MINUTE }]
    }

    /// Counts a try in a committed write before the secret is looked at; refuses the one too many.
    pub(crate) async fn count_try(&self, limits: &[Limit]) -> Result<(), ServiceError> {
        let now = self.now();
        for limit in limits {
            if self.store().hit(&limit.bucket, now, limit.window).await? > limit.most {
                return Err(
                    Problem::TooManyTries { wait_s: wait_s(now.plus(limit.window), now) }.into()
                );
            }
        }
        Ok(())
    }

    /// Forgets the tries of whoever knew the secret after all.
    pub(crate) async fn forgive(&self, limits: &[Limit]) -> Result<(), ServiceError> {
        for limit in limits {
            self.store().forgive(&limit.bucket).await?;
        }
        Ok(())
    }

    /// E-mail addresses do not stand in the throttle table in the clear.
    fn digest(&self, text: &str) -> String {
        let hash = keyed_hash(
            self.0.vault.pepper(),
            b"throttle v1",
            text.trim().to_lowercase().as_bytes(),
        );
        hex::encode(hash.get(..12).unwrap_or_default())
    }
}

/// What one visitor can come from: an IPv4 address, or an IPv6 /64.
pub fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn ipa_09_a_visitor_cannot_multiply_by_addresses_of_one_ipv6_network() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
