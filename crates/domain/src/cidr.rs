//! Address ranges as people may write them, and as they are stored: canonical, without host bits.

use crate::problem::FieldCode;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::{fmt, net::IpAddr};

/// A range of IPv4 or IPv6 addresses; an IPv4 range is never written in its IPv6-mapped form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cidr(IpNet);

impl Cidr {
    /// Reads `203.0.113.7`, `203.0.113.0/24`, `2001:db8::1` or `2001:db8::/48`.
    ///
    /// Leading zeros, zones, inner spaces and netmask forms are refused; host bits are cleared, so what is
    /// stored and shown is what will be matched.
    pub fn parse(text: &str) -> Result<Self, FieldCode> {
        let text = text.trim();
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| FieldCode::NotACidr)?;
        let full = if address.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(Ok(full), |digits| prefix_length(digits, full))?;
        let (address, length) = match (address.to_canonical(), address) {
            // `::ffff:a.b.c.d/n` with n under 96 would be wider than all of IPv4.
            (IpAddr::V4(_), IpAddr::V6(_)) if length < 96 => return Err(FieldCode::NotACidr),
            (canonical @ IpAddr::V4(_), IpAddr::V6(_)) => (canonical, length - 96),
            (canonical, _) => (canonical, length),
        };
        IpNet::new(address, length).map(|net| Self(net.trunc())).map_err(|_| FieldCode::NotACidr)
    }

    /// Whether the range holds the address, which may come in its IPv6-mapped form.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }

    /// Whether the range is wider than /8 (IPv4) or /32 (IPv6), so that a person must say they mean it.
    pub const fn is_broad(&self) -> bool {
        match self.0 {
            IpNet::V4(net) => net.prefix_len() < 8,
            IpNet::V6(net) => net.prefix_len() < 32,
        }
    }

    /// How many addresses the range holds, as a power of two.
    pub fn size_log2(&self) -> u8 {
        self.0.max_prefix_len() - self.0.prefix_len()
    }

    /// The first and the last address of the range.
    pub fn bounds(&self) -> (IpAddr, IpAddr) {
        (self.0.network(), self.0.broadcast())
    }
}

/// Decimal digits without sign or leading zero, at most `full`.
fn prefix_length(digits: &str, full: u8) -> Result<u8, FieldCode> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'));
    let length = digits.parse::<u8>().ok().filter(|length| plain && *length <= full);
    length.ok_or(FieldCode::NotACidr)
}

impl fmt::Display for Cidr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}

impl TryFrom<String> for Cidr {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).map_err(|code| format!("{code:?}"))
    }
}

impl From<Cidr> for String {
    fn from(cidr: Cidr) -> Self {
        cidr.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::Cidr;
    use crate::problem::FieldCode;
    use proptest::prelude::*;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    fn shown(text: &str) -> Result<String, FieldCode> {
        Cidr::parse(text).map(|cidr| cidr.to_string())
    }

    /// Compares bit by bit, without a shift or a mask.
    fn slow_contains(net: &[u8], length: usize, address: &[u8]) -> bool {
        let bit = |bytes: &[u8], at: usize| bytes[at / 8] & (128 >> (at % 8)) != 0;
        net.len() == address.len() && (0..length).all(|at| bit(net, at) == bit(address, at))
    }

    proptest! {
        #[test]
        fn ipa_04_a_range_comes_back_from_what_is_shown(bytes: u128, length in 0_u8..=128) {
            let first = Cidr::parse(&format!("{}/{length}", Ipv6Addr::from(bytes)));
            prop_assume!(first.is_ok());
            prop_assert_eq!(Cidr::parse(&first.unwrap().to_string()), first);
        }

        #[test]
        fn ipa_04_containment_agrees_with_a_slow_reference_for_ipv4(net: u32, length in 0_u8..=32, address: u32, near: bool) {
            let address = if near && length > 0 { (net & (u32::MAX << (32 - length))) | (address & !(u32::MAX << (32 - u32::from(length)).min(31))) } else { address };
            let cidr = Cidr::parse(&format!("{}/{length}", Ipv4Addr::from(net))).unwrap();
            let expected = slow_contains(&net.to_be_bytes(), length.into(), &address.to_be_bytes());
            prop_assert_eq!(cidr.contains(IpAddr::V4(address.into())), expected);
            prop_assert_eq!(cidr.contains(IpAddr::V6(Ipv4Addr::from(address).to_ipv6_mapped())), expected);
        }

        #[test]
        fn ipa_04_containment_agrees_with_a_slow_reference_for_ipv6(net: u128, length in 0_u8..=128, flip in 0_u32..128) {
            let net = net | (0x2001 << 112);
            let cidr = Cidr::parse(&format!("{}/{length}", Ipv6Addr::from(net))).unwrap();
            let address = net ^ (1 << flip);
            let expected = slow_contains(&net.to_be_bytes(), length.into(), &address.to_be_bytes());
            prop_assert_eq!(cidr.contains(IpAddr::V6(address.into())), expected);
        }

        #[test]
        fn ipa_04_any_text_is_parsed_or_refused_without_a_panic(text: String) {
            let _ = Cidr::parse(&text);
        }
    }

    #[test]
    fn ipa_04_host_bits_are_cleared_and_shown() {
        assert_eq!(shown("10.0.0.5/8"), Ok("10.0.0.0/8".into()));
        assert_eq!(shown(" 203.0.113.7 "), Ok("203.0.113.7/32".into()));
        assert_eq!(shown("2001:DB8::5/48"), Ok("2001:db8::/48".into()));
    }

    #[test]
    fn ipa_04_forms_that_could_mean_something_else_are_refused() {
        for text in [
            "",
            "10.0.0.0/08",
            "10.0.0.0/8 ,",
            "010.0.0.1",
            "10.0.0/8",
            "10.0.0.0/255.0.0.0",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "10.0.0.0/",
            "fe80::1%eth0",
            "fe80::1%1/64",
            "10.0.0.0 /8",
            "10.0.0.0/ 8",
            "::/129",
            "1.2.3.4/8/9",
            "0x0a.0.0.1",
            "167772161",
            "１０.0.0.1",
            "10.0.0.0/٨",
            "::ffff:1.2.3.4/95",
            "localhost",
        ] {
            assert_eq!(shown(text), Err(FieldCode::NotACidr), "{text}");
        }
    }

    #[test]
    fn ipa_03_a_mapped_rule_is_its_ipv4_rule() {
        assert_eq!(shown("::ffff:1.2.3.4"), Ok("1.2.3.4/32".into()));
        assert_eq!(shown("::ffff:10.1.2.3/104"), Ok("10.0.0.0/8".into()));
    }

    #[test]
    fn ipa_03_a_mapped_client_is_matched_as_its_ipv4_address() {
        let cidr = Cidr::parse("10.0.0.0/8").unwrap();
        assert!(cidr.contains("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!cidr.contains("::ffff:11.1.2.3".parse().unwrap()));
    }

    #[test]
    fn ipa_04_only_ranges_wider_than_a_provider_are_broad() {
        let broad = |text| Cidr::parse(text).unwrap().is_broad();
        assert!(broad("0.0.0.0/0") && broad("10.0.0.0/7") && broad("::/0") && broad("2000::/31"));
        assert!(!broad("10.0.0.0/8") && !broad("2001:db8::/32") && !broad("1.2.3.4"));
    }
}
