//! How often somebody may ask: buckets that fill up again, in a table that cannot grow without end.
//!
//! Each bucket is one instant: the moment at which it will be full again (the "generic cell rate algorithm"). A
//! bucket that is full is as good as none, so it may be forgotten at any time without giving anything away.

use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
};

/// Microseconds in a minute.
const MINUTE: i64 = 60_000_000;

/// Requests a minute of a key whose merchant chose nothing.
pub const USUAL_PER_MINUTE: u32 = 3000;
/// The most a merchant can choose.
pub const MOST_PER_MINUTE: u32 = 6_000_000;

/// Reads a number of requests a minute as people write it, with or without separators; nothing is the usual one.
pub fn parse_per_minute(text: &str) -> Option<u32> {
    let digits: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, ',' | '_' | '\u{2019}'))
        .collect();
    if digits.is_empty() {
        return Some(USUAL_PER_MINUTE);
    }
    let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok());
    number.flatten().filter(|number| (1..=MOST_PER_MINUTE).contains(number))
}

/// So many requests a minute, of which a part may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests a minute, at least one.
    per_minute: u32,
}

/// What a bucket answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Whether the request may go on.
    pub allowed: bool,
    /// Requests that may follow at once.
    pub remaining: u32,
    /// Seconds until the bucket is full again; when refused, until the next request may come. At least one when
    /// refused.
    pub wait_s: u32,
}

impl Rate {
    /// That many requests a minute; zero counts as one.
    pub const fn per_minute(per_minute: u32) -> Self {
        Self { per_minute: if per_minute == 0 { 1 } else { per_minute } }
    }

    /// Requests a minute.
    pub const fn get(self) -> u32 {
        self.per_minute
    }

    /// Requests that may come at once: what ten seconds allow, at least one.
    pub const fn burst(self) -> u32 {
        let tenth = self.per_minute / 6;
        if tenth == 0 { 1 } else { tenth }
    }

    /// Microseconds that one request costs.
    fn cost(self) -> i64 {
        MINUTE / i64::from(self.per_minute)
    }

    /// Takes one request out of a bucket that will be full at `full_at`, and tells when it will be full then.
    fn take(self, full_at: i64, now: i64) -> (i64, Taken) {
        let (cost, room) = (self.cost().max(1), self.cost().max(1) * i64::from(self.burst()));
        let next = full_at.max(now).saturating_add(cost);
        let over = next.saturating_sub(now).saturating_sub(room);
        if over > 0 {
            let taken = Taken { allowed: false, remaining: 0, wait_s: seconds(over).max(1) };
            return (full_at, taken);
        }
        let remaining = u32::try_from(-over / cost).unwrap_or(u32::MAX);
        (next, Taken { allowed: true, remaining, wait_s: seconds(next - now) })
    }

    /// What is left in a bucket, without taking anything.
    fn look(self, full_at: i64, now: i64) -> bool {
        self.take(full_at, now).1.allowed
    }
}

/// Whole seconds, rounded up.
fn seconds(micros: i64) -> u32 {
    u32::try_from(micros.div_euclid(1_000_000) + i64::from(micros.rem_euclid(1_000_000) > 0))
        .unwrap_or(u32::MAX)
}

/// Buckets by name, at most so many. When there is no room for another one and none is full, all newcomers share
/// one bucket: memory stays flat and the limit holds, whoever comes with however many names.
#[derive(Debug)]
pub struct Buckets<K> {
    full_at: HashMap<K, i64>,
    most: usize,
    crowd: i64,
    swept_at: i64,
}

impl<K: Hash + Eq> Buckets<K> {
    /// An empty table for at most that many buckets.
    pub fn new(most: usize) -> Self {
        Self { full_at: HashMap::new(), most, crowd: i64::MIN, swept_at: i64::MIN }
    }

    /// Takes one request out of the bucket of that name. `now` is in microseconds.
    pub fn take(&mut self, name: K, rate: Rate, now: i64) -> Taken {
        if let Some(full_at) = self.full_at.get_mut(&name) {
            let (next, taken) = rate.take(*full_at, now);
            *full_at = next;
            return taken;
        }
        if self.full_at.len() >= self.most && !self.sweep(now) {
            let (next, taken) = rate.take(self.crowd, now);
            self.crowd = next;
            return taken;
        }
        let (next, taken) = rate.take(i64::MIN, now);
        self.full_at.insert(name, next);
        taken
    }

    /// Whether the bucket of that name has room for one request; nothing is taken.
    pub fn has_room(&self, name: &K, rate: Rate, now: i64) -> bool {
        let missing = if self.full_at.len() >= self.most { self.crowd } else { i64::MIN };
        rate.look(self.full_at.get(name).copied().unwrap_or(missing), now)
    }

    /// Buckets that are remembered.
    pub fn len(&self) -> usize {
        self.full_at.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.full_at.is_empty()
    }

    /// Forgets the full buckets; true when there is room afterwards. Looks through all of them at most once a
    /// second, since a flood of names must not cost more than it is worth.
    fn sweep(&mut self, now: i64) -> bool {
        if now < self.swept_at.saturating_add(1_000_000) && now >= self.swept_at {
            return false;
        }
        self.swept_at = now;
        self.full_at.retain(|_, full_at| *full_at > now);
        self.full_at.len() < self.most
    }
}

/// Whom an address counts as: an IPv4 address as itself, an IPv6 address as its /64, which one customer of a
/// provider has to himself.
pub fn network_of(address: IpAddr) -> IpAddr {
    cut(address, 64)
}

/// The wider network an IPv6 address counts as too: its /48, so that whoever has many /64s does not have as many
/// limits.
pub fn wider_network_of(address: IpAddr) -> Option<IpAddr> {
    matches!(address.to_canonical(), IpAddr::V6(_)).then(|| cut(address, 48))
}

fn cut(address: IpAddr, bits: u32) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Buckets, Rate, network_of, parse_per_minute, wider_network_of};
    use proptest::prelude::*;
    use std::net::IpAddr;

    const SECOND: i64 = 1_000_000;

    #[test]
    fn a_rate_is_read_as_people_write_it() {
        for (text, rate) in [("", 3000), (" 60 ", 60), ("6,000,000", 6_000_000), ("1 200", 1200)] {
            assert_eq!(parse_per_minute(text), Some(rate), "{text}");
        }
        for bad in ["0", "-1", "1.5", "6000001", "many", "1e3", "99999999999"] {
            assert_eq!(parse_per_minute(bad), None, "{bad}");
        }
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_burst_passes_and_then_one_request_for_each_interval() {
        let rate = Rate::per_minute(60);
        let mut buckets = Buckets::new(10);
        for left in (0..10).rev() {
            let taken = buckets.take("a", rate, 0);
            assert_eq!((taken.allowed, taken.remaining), (true, left));
        }
        let refused = buckets.take("a", rate, 0);
        assert_eq!((refused.allowed, refused.wait_s), (false, 1));
        assert!(!buckets.take("a", rate, SECOND - 1).allowed);
        assert!(buckets.take("a", rate, SECOND).allowed);
        assert!(!buckets.take("a", rate, SECOND).allowed);
        assert!(buckets.take("b", rate, 0).allowed, "another name has a bucket of its own");
    }

    #[test]
    fn a_refused_request_costs_nothing() {
        let rate = Rate::per_minute(6);
        let mut buckets = Buckets::new(10);
        assert!(buckets.take("a", rate, 0).allowed);
        for _ in 0..1000 {
            assert_eq!(buckets.take("a", rate, 0).wait_s, 10);
        }
        assert!(buckets.take("a", rate, 10 * SECOND).allowed);
    }

    #[test]
    fn a_clock_that_steps_back_opens_nothing() {
        let rate = Rate::per_minute(6);
        let mut buckets = Buckets::new(10);
        assert!(buckets.take("a", rate, 100 * SECOND).allowed);
        assert!(!buckets.take("a", rate, 0).allowed);
    }

    #[test]
    fn ipa_09_a_million_names_take_no_more_room_than_the_table_has_and_the_limit_holds() {
        let rate = Rate::per_minute(60);
        let mut buckets = Buckets::new(1000);
        let allowed = (0..1_000_000_u32).filter(|n| buckets.take(*n, rate, 0).allowed).count();
        assert_eq!(buckets.len(), 1000);
        // A bucket for each of the first thousand, and one for all the others together.
        assert_eq!(allowed, 1000 + 10);
        // A minute later the old ones are full and make room.
        assert!(buckets.take(1_000_001, rate, 60 * SECOND).allowed);
        assert_eq!(buckets.len(), 1);
    }

    #[test]
    fn ipa_09_addresses_of_one_ipv6_network_are_one_caller() {
        assert_eq!(network_of(ip("2001:db8:1:2:aaaa::1")), network_of(ip("2001:db8:1:2::ffff")));
        assert_ne!(network_of(ip("2001:db8:1:2::1")), network_of(ip("2001:db8:1:3::1")));
        assert_eq!(
            wider_network_of(ip("2001:db8:1:2::1")),
            wider_network_of(ip("2001:db8:1:3::1"))
        );
        assert_eq!(network_of(ip("::ffff:203.0.113.7")), ip("203.0.113.7"));
        assert_eq!(wider_network_of(ip("203.0.113.7")), None);
    }

    proptest! {
        /// However requests are spread, in any span no more pass than a burst and what the span allows.
        #[test]
        fn never_more_than_the_burst_and_the_rate(
            per_minute in 1_u32..10_000,
            steps in proptest::collection::vec(0_i64..2_000_000, 1..200),
        ) {
            let rate = Rate::per_minute(per_minute);
            let mut buckets = Buckets::new(10);
            let (mut now, mut passed) = (0_i64, 0_i64);
            for step in steps {
                now += step;
                passed += i64::from(buckets.take((), rate, now).allowed);
            }
            let cost = 60_000_000 / i64::from(per_minute);
            prop_assert!(passed <= i64::from(rate.burst()) + now / cost + 1);
        }
    }
}
