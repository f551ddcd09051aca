use super::{ID, headers};
use crate::{
    Timestamp,
    envelope::{Headers, Refused},
};
use proptest::prelude::*;

#[test]
fn aes_05_a_request_is_fresh_for_three_hundred_seconds_before_and_after() {
    let made = 1_795_435_440_i64;
    let headers = headers(3, made, ID);
    for (offset, fresh) in [(0, true), (299, true), (300, true), (301, false), (86_400, false)] {
        for now in [made + offset, made - offset] {
            let now = Timestamp::from_millis(now * 1000);
            assert_eq!(headers.is_fresh(now), fresh, "{offset}");
        }
    }
    // Whole seconds are compared: 300.999 s after is 300 s, and 300.001 s before is 301 s.
    assert!(headers.is_fresh(Timestamp::from_millis((made + 300) * 1000 + 999)));
    assert!(!headers.is_fresh(Timestamp::from_millis((made - 300) * 1000 - 1)));
    for far in [i64::MIN, i64::MAX] {
        assert!(!headers.is_fresh(Timestamp::from_millis(far)));
    }
    let last = Headers::parse("aes-256-gcm;v=1", "9223372036854775807", ID).unwrap();
    assert!(!last.is_fresh(Timestamp::from_millis(i64::MIN)));
}

#[test]
fn aes_05_the_same_request_id_in_other_letters_is_the_same_number() {
    let lower = headers(1, 1, ID);
    let upper = headers(1, 1, &ID.to_uppercase());
    assert_eq!(lower.request_id(), 0x0f8f_ad5b_d9cb_469f_a165_7086_7728_950e);
    assert_eq!(upper.request_id(), lower.request_id());
    assert_ne!(upper.request_id_text(), lower.request_id_text());
}

#[test]
fn aes_07_headers_of_any_other_form_are_refused() {
    let good = ("aes-256-gcm;v=3", "1795435440", ID);
    assert!(Headers::parse(good.0, good.1, good.2).is_ok());
    for encryption in [
        "",
        "aes-256-gcm",
        "aes-256-gcm;v=",
        "aes-256-gcm;v=0",
        "aes-256-gcm;v=03",
        "aes-256-gcm;v=+3",
        "aes-256-gcm;v=-3",
        "aes-256-gcm;v=3 ",
        " aes-256-gcm;v=3",
        "aes-256-gcm; v=3",
        "aes-256-gcm;v= 3",
        "aes-256-gcm;v=3;v=3",
        "aes-256-gcm;v=3,4",
        "aes-256-gcm;v=3.0",
        "aes-256-gcm;v=3e0",
        "aes-256-gcm;v=0x3",
        "aes-256-gcm;v=３",
        "AES-256-GCM;v=3",
        "aes-256-gcm;V=3",
        "aes-128-gcm;v=3",
        "aes-256-cbc;v=3",
        "none;v=3",
        "aes-256-gcm;v=9223372036854775808",
    ] {
        assert_eq!(Headers::parse(encryption, good.1, good.2), Err(Refused), "{encryption}");
    }
    for timestamp in [
        "",
        "0",
        "01795435440",
        "+1795435440",
        "-1795435440",
        " 1795435440",
        "1795435440 ",
        "1795435440.0",
        "1795435440,1795435440",
        "1_795_435_440",
        "9223372036854775808",
        "now",
    ] {
        assert_eq!(Headers::parse(good.0, timestamp, good.2), Err(Refused), "{timestamp}");
    }
    for id in [
        String::new(),
        format!("{ID} "),
        format!("{{{ID}}}"),
        format!("urn:uuid:{ID}"),
        ID.replace('-', ""),
        ID.replace('-', "0"),
        ID.replacen('-', "_", 1),
        ID.replacen('0', "-", 1),
        ID.replacen('0', "+", 1),
        ID.replacen('0', "g", 1),
        ID.replacen("0f", "é", 1),
        ID[1..].to_owned(),
        ID[..35].to_owned(),
        ID[..8].to_owned(),
        format!("{ID}0"),
    ] {
        assert_eq!(Headers::parse(good.0, good.1, &id), Err(Refused), "{id}");
    }
}

proptest! {
    #[test]
    fn aes_07_headers_come_back_as_they_were_sent(version in 1..i64::MAX, timestamp in 1..i64::MAX, id in "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}") {
        let headers = headers(version, timestamp, &id);
        prop_assert_eq!((headers.version(), headers.timestamp(), headers.request_id_text()), (version, timestamp, id.as_str()));
        let [encryption, timestamp, request_id] = headers.to_pairs().map(|(_, value)| value);
        prop_assert_eq!(Headers::parse(&encryption, &timestamp, &request_id), Ok(headers));
    }

    #[test]
    fn aes_07_headers_are_taken_in_one_form_only(encryption in "(aes-256-gcm;v=)?[0-9+ -]{0,3}", timestamp in "[0-9+ -]{0,12}", id in "[0-9a-fA-F-]{35,37}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}") {
        if let Ok(headers) = Headers::parse(&encryption, &timestamp, &id) {
            prop_assert_eq!(headers.to_pairs().map(|(_, value)| value), [encryption, timestamp, id]);
        }
    }

    #[test]
    fn aes_07_any_headers_are_read_or_refused_without_a_panic(encryption: String, timestamp: String, id: String) {
        let _ = Headers::parse(&encryption, &timestamp, &id);
        let _ = Headers::parse(&format!("aes-256-gcm;v={encryption}"), &timestamp, &id);
    }
}
