//! Addresses: examples that everybody has, and texts that people type.

use crate::harness::{ACCOUNT, deposit, maker, seed};
use aio_chain::{ChainError, Derive, KeyPath, Purpose, Signer};
use aio_chain_evm::{Addresses, SeedSigner, Token};

const FIRST: &str = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";

fn made(account: u32, purpose: Purpose, index: u32) -> String {
    of_chain(1, KeyPath { account, purpose, index }).unwrap()
}

fn of_chain(chain: u64, path: KeyPath) -> Result<String, ChainError> {
    let key = SeedSigner::new(seed(), chain).account_key(path.account).unwrap();
    Addresses::new(chain, &[]).unwrap().address(&key, path)
}

fn token(ticker: &str, contract: Option<&str>) -> Token {
    Token { ticker: ticker.to_owned(), contract: contract.map(str::to_owned), decimals: 6 }
}

#[test]
fn addresses_are_those_of_other_wallets() {
    assert_eq!(made(0, Purpose::Deposit, 0), FIRST.to_lowercase());
    let second = "0x6Fac4D18c912343BF86fa7049364Dd4E424Ab9C0";
    assert_eq!(made(0, Purpose::Deposit, 1), second.to_lowercase());
    assert_ne!(made(0, Purpose::Gas, 0), made(0, Purpose::Deposit, 0));
    assert_ne!(made(1, Purpose::Deposit, 0), made(0, Purpose::Deposit, 0));
}

#[test]
fn no_address_of_one_chain_is_an_address_of_another() {
    let mut seen = std::collections::BTreeSet::new();
    for chain in [1, 2, 10, 137, 31_337] {
        for path in [deposit(0), deposit(1), KeyPath { purpose: Purpose::Gas, ..deposit(0) }] {
            assert!(seen.insert(of_chain(chain, path).unwrap()), "{chain} {path:?}");
        }
    }
    // Chains whose numbers leave no room for branches of their own have no addresses.
    assert!(of_chain(1 << 30, deposit(0)).is_ok());
    for chain in [0, (1 << 30) + 1, u64::MAX] {
        assert!(of_chain(chain, deposit(0)).is_err(), "{chain}");
    }
}

#[test]
fn a_key_makes_no_addresses_of_another_account_or_beyond_the_last_number() {
    let signer = SeedSigner::new(seed(), 1);
    let key = signer.account_key(ACCOUNT).unwrap();
    assert!(key.starts_with("xpub"));
    assert!(maker().address(&key, deposit((1 << 31) - 1)).is_ok());
    let beyond = [
        deposit(1 << 31),
        KeyPath { account: ACCOUNT + 1, ..deposit(0) },
        KeyPath { account: u32::MAX, ..deposit(0) },
    ];
    for path in beyond {
        assert!(maker().address(&key, path).is_err(), "{path:?}");
    }
    let other = key.replacen('x', "t", 1);
    for text in ["", "xpub", &key[1..], &other, FIRST] {
        assert!(maker().address(text, deposit(0)).is_err(), "{text}");
    }
    assert!(signer.account_key(1 << 31).is_err());
    assert!(format!("{signer:?}").starts_with("SeedSigner { seed: Seed(Secret(..)), "));
}

#[test]
fn an_address_is_kept_in_small_letters_and_shown_with_its_checksum() {
    let kept = FIRST.to_lowercase();
    let loud = format!("0x{}", FIRST[2..].to_uppercase());
    for typed in [FIRST.to_owned(), kept.clone(), loud, format!(" {FIRST}\n")] {
        assert_eq!(maker().parse(&typed).unwrap(), kept);
    }
    // The standard's own examples.
    for right in [
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
        "0xde709f2102306220921060314715629080e2fb77",
        "0x27b1fdb04752bbc536007a920d24acb045561c26",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ] {
        let kept = maker().parse(right).unwrap();
        assert_eq!(maker().display(&kept), right);
    }
    assert_eq!(maker().display("nonsense"), "nonsense");
}

#[test]
fn mistyped_addresses_and_those_of_other_kinds_of_chains_are_refused() {
    let long = format!("0x{}", "1".repeat(100_000));
    for (bad, why) in [
        ("", "0x"),
        ("0x", "40 digits"),
        // One letter is another, or only of another size.
        ("0x9858EfFD232B4033E47d90003D41EC34EcaEda95", "checksum"),
        ("0x9858effD232B4033E47d90003D41EC34EcaEda94", "checksum"),
        ("0X9858EFFD232B4033E47D90003D41EC34ECAEDA94", "0x"),
        ("9858EfFD232B4033E47d90003D41EC34EcaEda94", "0x"),
        ("0x9858EfFD232B4033E47d90003D41EC34EcaEda9", "40 digits"),
        ("0x9858EfFD232B4033E47d90003D41EC34EcaEda944", "40 digits"),
        ("0x9858EfFD232B4033E47d90003D41EC34EcaEda9g", "digits"),
        ("0x0x58EfFD232B4033E47d90003D41EC34EcaEda94", "digits"),
        ("0x0000000000000000000000000000000000000000", "zero"),
        ("bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu", "0x"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "0x"),
        ("TNPeeaaFB7K9cmo4uQpcU32zGK8G1NYqeL", "0x"),
        (long.as_str(), "40 digits"),
    ] {
        let read = maker().parse(bad);
        let Err(ChainError::NotAnAddress(told)) = &read else { panic!("{bad}: {read:?}") };
        assert!(told.contains(why), "{bad}: {told}");
        assert!(told.len() < 300, "{told}");
    }
}

#[test]
fn the_contracts_of_tokens_and_the_chains_own_functions_have_no_owner() {
    let usdt = "0xdAC17F958D2ee523a2206206994597C13D831ec7";
    let maker = Addresses::new(1, &[token("ETH", None), token("USDT", Some(usdt))]).unwrap();
    for (address, is_owned) in [
        ("0x9858EfFD232B4033E47d90003D41EC34EcaEda94", true),
        (usdt, false),
        ("0x0000000000000000000000000000000000000001", false),
        ("0x0000000000000000000000000000000000000100", false),
        ("0x0000000000000000000000000000000000010000", true),
    ] {
        let kept = maker.parse(address).unwrap();
        assert_eq!(maker.has_owner(&kept), is_owned, "{address}");
    }
}

#[test]
fn links_name_the_chain_and_the_tokens_contract() {
    let usdt = "0xdAC17F958D2ee523a2206206994597C13D831ec7";
    let tokens = [token("ETH", None), token("USDT", Some(usdt))];
    let maker = Addresses::new(10, &tokens).unwrap();
    let to = FIRST.to_lowercase();
    assert_eq!(maker.payment_uri(&to, "ETH"), format!("ethereum:{FIRST}@10"));
    let link = format!("ethereum:{usdt}@10/transfer?address={FIRST}");
    assert_eq!(maker.payment_uri(&to, "USDT"), link);
}

#[test]
fn tokens_that_cannot_be_told_apart_are_refused() {
    let usdt = "0xdAC17F958D2ee523a2206206994597C13D831ec7";
    let small = usdt.to_lowercase();
    for bad in [
        vec![token("ETH", None), token("WEI", None)],
        vec![token("USDT", Some(usdt)), token("USDT", None)],
        vec![token("USDT", Some(usdt)), token("USDC", Some(&small))],
        vec![token("USDT", Some("0xdAC17F958D2ee523a2206206994597C13D831ec8"))],
        vec![token("USDT", Some(""))],
    ] {
        assert!(Addresses::new(1, &bad).is_err(), "{bad:?}");
    }
    assert!(Addresses::new(1, &[token("ETH", None), token("USDT", Some(usdt))]).is_ok());
}
