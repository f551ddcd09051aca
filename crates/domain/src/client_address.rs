//! Who is calling: the socket's address, or what trusted proxies say.

use crate::Cidr;
use std::net::{IpAddr, SocketAddr};

/// Why a caller's address could not be told; the request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefused {
    /// Proxies are configured and the peer is none of them.
    #[error("the peer is not a trusted proxy")]
    NotAProxy,
    /// A trusted proxy sent a forwarding line that holds something else than addresses.
    #[error("the forwarding header cannot be read")]
    Unreadable,
    /// Every hop is a trusted proxy, or the header is missing: nobody is left to be the client.
    #[error("the forwarding header names no client")]
    NoClient,
}

/// The canonical address of the client.
///
/// Without trusted proxies it is the socket's peer and headers mean nothing. With them the peer must be one,
/// and the lines of `X-Forwarded-For`, joined in order, are walked from right to left: trusted proxies are
/// skipped and the first other address is the client. Whatever cannot be parsed ends the walk with a refusal.
pub fn resolve<'a>(
    peer: IpAddr,
    forwarded_for: impl DoubleEndedIterator<Item = &'a str>,
    trusted: &[Cidr],
) -> Result<IpAddr, AddressRefused> {
    let peer = peer.to_canonical();
    if trusted.is_empty() {
        return Ok(peer);
    }
    let is_trusted = |address| trusted.iter().any(|range| range.contains(address));
    if !is_trusted(peer) {
        return Err(AddressRefused::NotAProxy);
    }
    for hop in forwarded_for.rev().flat_map(|line| line.rsplit(',')) {
        let address = parse_hop(hop.trim()).ok_or(AddressRefused::Unreadable)?;
        if !is_trusted(address) {
            return Ok(address);
        }
    }
    Err(AddressRefused::NoClient)
}

/// An address, or an address with a port as some proxies write it.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let plain = hop.parse::<IpAddr>().ok();
    plain
        .or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::{AddressRefused, resolve};
    use crate::Cidr;
    use proptest::prelude::*;
    use std::net::IpAddr;

    fn trusted(ranges: &[&str]) -> Vec<Cidr> {
        ranges.iter().map(|range| Cidr::parse(range).unwrap()).collect()
    }

    fn who(peer: &str, lines: &[&str], proxies: &[&str]) -> Result<String, AddressRefused> {
        resolve(peer.parse().unwrap(), lines.iter().copied(), &trusted(proxies))
            .map(|address| address.to_string())
    }

    #[test]
    fn ipa_02_without_proxies_headers_mean_nothing() {
        assert_eq!(who("192.0.2.1", &["10.0.0.1"], &[]), Ok("192.0.2.1".into()));
        assert_eq!(who("::ffff:192.0.2.1", &["junk"], &[]), Ok("192.0.2.1".into()));
    }

    #[test]
    fn ipa_02_in_proxy_mode_a_direct_caller_is_refused() {
        assert_eq!(
            who("192.0.2.1", &["10.0.0.1"], &["127.0.0.0/8"]),
            Err(AddressRefused::NotAProxy)
        );
    }

    #[test]
    fn ipa_01_the_first_untrusted_hop_from_the_right_is_the_client() {
        let proxies = ["127.0.0.1", "10.0.0.0/8"];
        assert_eq!(
            who("127.0.0.1", &["6.6.6.6, 203.0.113.9, 10.0.0.2"], &proxies),
            Ok("203.0.113.9".into())
        );
        assert_eq!(
            who("127.0.0.1", &["6.6.6.6", "203.0.113.9", "10.0.0.2"], &proxies),
            Ok("203.0.113.9".into())
        );
        assert_eq!(who("127.0.0.1", &["[2001:db8::7]:4711"], &proxies), Ok("2001:db8::7".into()));
        assert_eq!(who("127.0.0.1", &["::ffff:203.0.113.9"], &proxies), Ok("203.0.113.9".into()));
    }

    #[test]
    fn ipa_01_what_cannot_be_parsed_is_refused() {
        for line in [
            "unknown",
            "203.0.113.9, ",
            "",
            "1.2.3",
            "fe80::1%eth0",
            "<script>",
            "203.0.113.9;10.0.0.2",
            "203.0.113.9\u{0}",
        ] {
            assert_eq!(
                who("127.0.0.1", &[line], &["127.0.0.1"]),
                Err(AddressRefused::Unreadable),
                "{line:?}"
            );
        }
        assert_eq!(who("127.0.0.1", &[], &["127.0.0.1"]), Err(AddressRefused::NoClient));
        assert_eq!(who("127.0.0.1", &["127.0.0.1"], &["127.0.0.1"]), Err(AddressRefused::NoClient));
    }

    /// Reads everything first, then walks an array by index.
    fn slow_reference(lines: &[String], proxies: &[Cidr]) -> Option<IpAddr> {
        let hops: Vec<_> = lines.join(",").split(',').map(|hop| hop.trim().to_owned()).collect();
        let mut at = hops.len();
        while at > 0 {
            at -= 1;
            let address: IpAddr = hops[at].parse().ok()?;
            if !proxies.iter().any(|proxy| proxy.contains(address)) {
                return Some(address);
            }
        }
        None
    }

    proptest! {
        #[test]
        fn ipa_01_the_walk_agrees_with_a_slow_reference(
            hops in proptest::collection::vec(proptest::collection::vec("(10\\.0\\.0\\.[1-9]|192\\.0\\.2\\.[1-9]|x| )", 1..4), 1..4)
        ) {
            let proxies = trusted(&["10.0.0.0/8"]);
            let lines: Vec<String> = hops.iter().map(|line| line.join(",")).collect();
            let ours = resolve("10.0.0.1".parse().unwrap(), lines.iter().map(String::as_str), &proxies).ok();
            prop_assert_eq!(ours, slow_reference(&lines, &proxies));
        }
    }
}
