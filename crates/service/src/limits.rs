//! How often a key and an address may ask. Counted in this server's memory, which has a bound.

use crate::{KeyCaller, Services};
use aio_domain::{
    ApiKeyId,
    rate::{Buckets, Rate, Taken, network_of, wider_network_of},
};
use std::{
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Buckets of each kind that are remembered.
const MOST: usize = 100_000;
/// A wider IPv6 network may do as much as so many of its parts.
const WIDER: u32 = 16;

/// Limits of addresses; that of a key is the key's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressLimits {
    /// Requests with a good key, a minute.
    pub requests: u32,
    /// Requests with a key that is refused, a minute.
    pub refused: u32,
}

impl Default for AddressLimits {
    fn default() -> Self {
        Self { requests: 6000, refused: 120 }
    }
}

/// The buckets.
pub struct Turns {
    limits: AddressLimits,
    keys: Mutex<Buckets<ApiKeyId>>,
    requests: Mutex<Buckets<IpAddr>>,
    refused: Mutex<Buckets<IpAddr>>,
}

impl Turns {
    /// All buckets full.
    pub fn new(limits: AddressLimits) -> Self {
        Self {
            limits,
            keys: Mutex::new(Buckets::new(MOST)),
            requests: Mutex::new(Buckets::new(MOST)),
            refused: Mutex::new(Buckets::new(MOST)),
        }
    }
}

/// A turn at the merchant API: allowed, or to be tried again later.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    /// Whether the request may go on.
    pub allowed: bool,
    /// The key's limit, as published.
    pub rate: Rate,
    /// What is left of it.
    pub left: Taken,
}

impl Services {
    /// Takes a turn for a request with a good key: the address's first, so that one address with many keys is
    /// held back without spending theirs.
    pub fn take_turn(&self, caller: &KeyCaller, address: IpAddr) -> Turn {
        let (turns, now) = (&self.0.turns, self.micros());
        let of_address =
            take_of_address(&mut lock(&turns.requests), address, turns.limits.requests, now);
        if !of_address.allowed {
            return Turn { allowed: false, rate: caller.rate, left: of_address };
        }
        let left = lock(&turns.keys).take(caller.id, caller.rate, now);
        Turn { allowed: left.allowed, rate: caller.rate, left }
    }

    /// Whether an address may still try keys. Asked before a key is looked at.
    pub fn may_try_keys(&self, address: IpAddr) -> bool {
        let (turns, now) = (&self.0.turns, self.micros());
        let refused = lock(&turns.refused);
        names_of(address, turns.limits.refused)
            .all(|(network, rate)| refused.has_room(&network, rate, now))
    }

    /// Counts a refused key against its address.
    pub fn note_refused_key(&self, address: IpAddr) {
        let (turns, now) = (&self.0.turns, self.micros());
        take_of_address(&mut lock(&turns.refused), address, turns.limits.refused, now);
    }

    fn micros(&self) -> i64 {
        self.now().millis().saturating_mul(1000)
    }
}

/// The networks an address is counted in, each with its limit.
fn names_of(address: IpAddr, limit: u32) -> impl Iterator<Item = (IpAddr, Rate)> {
    let wider = wider_network_of(address)
        .map(|network| (network, Rate::per_minute(limit.saturating_mul(WIDER))));
    wider.into_iter().chain([(network_of(address), Rate::per_minute(limit))])
}

/// Takes one request out of each bucket of the address; the last answer is the narrowest network's.
fn take_of_address(buckets: &mut Buckets<IpAddr>, address: IpAddr, limit: u32, now: i64) -> Taken {
    let mut last = Taken { allowed: true, remaining: 0, wait_s: 0 };
    for (network, rate) in names_of(address, limit) {
        last = buckets.take(network, rate, now);
        if !last.allowed {
            break;
        }
    }
    last
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
