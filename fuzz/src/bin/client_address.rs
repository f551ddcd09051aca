//! `X-Forwarded-For` lines: whatever they say, the answer is the peer's or an address that a trusted proxy saw.
#![no_main]

use aio_domain::{Cidr, client_address::resolve};
use libfuzzer_sys::fuzz_target;
use std::net::IpAddr;

fuzz_target!(|input: (u32, &str)| {
    let (peer, text) = input;
    let peer = IpAddr::from(peer.to_be_bytes());
    let Ok(proxy) = Cidr::parse("10.0.0.0/8") else { return };
    let lines = || text.split('\n');
    // Without trusted proxies nothing that is written counts.
    assert_eq!(resolve(peer, lines(), &[]).ok(), Some(peer));
    match resolve(peer, lines(), &[proxy]) {
        Ok(address) => {
            assert!(proxy.contains(peer), "a stranger was believed");
            assert!(!proxy.contains(address), "a proxy is no client");
            assert!(text.contains(&address.to_string()) || text.contains(':'));
        }
        Err(_) => {}
    }
});
