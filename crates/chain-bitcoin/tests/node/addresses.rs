//! Addresses: the standard's own examples, and texts that people type.

use crate::harness::{ACCOUNT, deposit, seed};
use aio_chain::{ChainError, Derive, KeyPath, Purpose, Signer};
use aio_chain_bitcoin::{Addresses, Network, SeedSigner};

const MAIN_FIRST: &str = "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu";

fn made(network: Network, account: u32, purpose: Purpose, index: u32) -> String {
    let key = SeedSigner::new(seed(), network).account_key(account).unwrap();
    Addresses::new(network).address(&key, KeyPath { account, purpose, index }).unwrap()
}

#[test]
fn addresses_are_those_of_bip_84() {
    assert_eq!(made(Network::Main, 0, Purpose::Deposit, 0), MAIN_FIRST);
    let second = "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g";
    assert_eq!(made(Network::Main, 0, Purpose::Deposit, 1), second);
    let other_branch = "bc1q8c6fshw2dlwun7ekn9qwf37cu2rn755upcp6el";
    assert_eq!(made(Network::Main, 0, Purpose::Gas, 0), other_branch);
}

#[test]
fn the_account_key_is_the_one_of_bip_84() {
    // The standard writes it with another prefix; the 74 bytes behind the prefix are the key.
    let standard = "zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUkgDKf31mGDtKsAYz2oz2AGutZYs";
    let ours = SeedSigner::new(seed(), Network::Main).account_key(0).unwrap();
    let bytes = |text: &str| bitcoin::base58::decode_check(text).unwrap()[4..].to_vec();
    assert!(ours.starts_with("xpub"));
    assert_eq!(bytes(&ours), bytes(standard));
}

#[test]
fn networks_have_addresses_and_keys_of_their_own() {
    let test = made(Network::Test, 0, Purpose::Deposit, 0);
    assert_eq!(test, "tb1q6rz28mcfaxtmd6v789l9rrlrusdprr9pqcpvkl");
    assert!(made(Network::Regtest, 0, Purpose::Deposit, 0).starts_with("bcrt1q"));
    let key = SeedSigner::new(seed(), Network::Main).account_key(ACCOUNT).unwrap();
    let wrong = Addresses::new(Network::Regtest).address(&key, deposit(0));
    assert!(matches!(wrong, Err(ChainError::Unsupported(_))), "{wrong:?}");
}

#[test]
fn a_key_makes_no_addresses_of_another_account_or_beyond_the_last_number() {
    let key = SeedSigner::new(seed(), Network::Regtest).account_key(ACCOUNT).unwrap();
    let maker = Addresses::new(Network::Regtest);
    assert!(maker.address(&key, deposit((1 << 31) - 1)).is_ok());
    let beyond = [
        deposit(1 << 31),
        KeyPath { account: ACCOUNT + 1, ..deposit(0) },
        KeyPath { account: u32::MAX, ..deposit(0) },
    ];
    for path in beyond {
        assert!(maker.address(&key, path).is_err(), "{path:?}");
    }
    for text in ["", "xpub", &key[1..], MAIN_FIRST] {
        assert!(maker.address(text, deposit(0)).is_err(), "{text}");
    }
    let signer = SeedSigner::new(seed(), Network::Regtest);
    assert!(signer.account_key(1 << 31).is_err());
    assert!(format!("{signer:?}").starts_with("SeedSigner { seed: Seed(Secret(..)), "));
}

#[test]
fn an_address_has_one_form_however_it_is_typed() {
    let maker = Addresses::new(Network::Main);
    for typed in [MAIN_FIRST.to_owned(), MAIN_FIRST.to_uppercase(), format!(" {MAIN_FIRST}\n")] {
        assert_eq!(maker.parse(&typed).unwrap(), MAIN_FIRST);
    }
    for other in [
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "3P14159f73E4gFr7JterCCQh9QjiTjiZrG",
        "bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
    ] {
        assert_eq!(maker.parse(other).unwrap(), other);
    }
    assert_eq!(maker.display(MAIN_FIRST), MAIN_FIRST);
    assert_eq!(maker.payment_uri(MAIN_FIRST, "BTC"), format!("bitcoin:{MAIN_FIRST}"));
}

#[test]
fn addresses_of_other_networks_and_mistyped_ones_are_refused() {
    let maker = Addresses::new(Network::Main);
    let long = "1".repeat(100_000);
    let regtest = made(Network::Regtest, 0, Purpose::Deposit, 0);
    for (bad, why) in [
        ("", ""),
        ("bitcoin", ""),
        ("tb1q6rz28mcfaxtmd6v789l9rrlrusdprr9pqcpvkl", "network main"),
        (&regtest, "network main"),
        ("mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", "network main"),
        ("2MzQwSSnBHWHqSAqtTVQ6v47XtaisrJa1Vc", "network main"),
        // One letter is another.
        ("bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyv", ""),
        ("Bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu", ""),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", ""),
        ("0x71C7656EC7ab88b098defB751B7401B5f6d8976F", ""),
        // Kinds that anybody can spend today: an anchor, a future version.
        ("bc1pfeessrawgf", "without an owner"),
        ("bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", "without an owner"),
        (long.as_str(), "too long"),
    ] {
        let read = maker.parse(bad);
        let Err(ChainError::NotAnAddress(told)) = &read else { panic!("{bad}: {read:?}") };
        assert!(told.ends_with(why), "{bad}: {told}");
        assert!(told.len() < 300, "{told}");
    }
    for network in [Network::Test, Network::Signet, Network::Regtest, Network::Testnet4] {
        assert!(Addresses::new(network).parse(MAIN_FIRST).is_err(), "{network:?}");
        assert_eq!(Network::from_word(network.word()), Some(network));
    }
}
