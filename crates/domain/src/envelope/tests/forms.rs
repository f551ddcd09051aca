use super::{Counting, ID, context, headers, key};
use crate::envelope::Refused;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;

/// So many bytes leave two signs of padding, so that there is some to take away.
const PLAIN: usize = 399;

/// The two texts of an envelope, from the form that [`seal`] writes.
fn texts(envelope: &str) -> (String, String) {
    let mut parts = envelope.split('"').skip(3).step_by(4);
    (parts.next().unwrap().to_owned(), parts.next().unwrap().to_owned())
}

/// Whether a request opens whose envelope is written like that, out of the two texts of one that opens.
fn opens(write: impl Fn(&str, &str) -> String) -> bool {
    let (key, headers) = (key(), headers(3, 1_795_435_440, ID));
    let context = context(&headers);
    let envelope = key.seal_request(context, &[b'a'; PLAIN], &Counting::default()).unwrap();
    let (iv, data) = texts(&envelope);
    assert!(data.contains('+') && data.contains('/') && data.ends_with("=="), "{data}");
    assert!(key.open_request(context, envelope.as_bytes()).is_ok());
    key.open_request(context, write(&iv, &data).as_bytes()).is_ok()
}

fn canonical(iv: &str, data: &str) -> String {
    format!(r#"{{"iv":"{iv}","encrypted_data":"{data}"}}"#)
}

#[test]
fn aes_07_an_envelope_is_read_in_every_form_that_json_has_for_it() {
    assert!(opens(canonical));
    assert!(opens(|iv, data| format!(r#"{{"encrypted_data":"{data}","iv":"{iv}"}}"#)));
    assert!(opens(|iv, data| format!(
        "\r\n{{ \"iv\" : \"{iv}\",\t\"encrypted_data\":\"{data}\" }}\n"
    )));
    // PHP escapes slashes unless it is told not to.
    assert!(opens(|iv, data| canonical(iv, &data.replace('/', r"\/"))));
    assert!(opens(|iv, data| canonical(iv, data).replace("iv", r"\u0069v")));
}

#[test]
fn aes_07_members_that_are_missing_repeated_unknown_or_of_another_type_are_refused() {
    let wrong: [fn(&str, &str) -> String; 14] = [
        |_, _| String::new(),
        |_, _| "{}".to_owned(),
        |iv, _| format!(r#"{{"iv":"{iv}"}}"#),
        |_, data| format!(r#"{{"encrypted_data":"{data}"}}"#),
        |iv, data| format!(r#"{{"iv":"{iv}","iv":"{iv}","encrypted_data":"{data}"}}"#),
        |iv, data| format!(r#"{{"iv":"{iv}","\u0069v":"{iv}","encrypted_data":"{data}"}}"#),
        |iv, data| {
            format!(r#"{{"iv":"{iv}","encrypted_data":"{data}","encrypted_data":"{data}"}}"#)
        },
        |iv, data| format!(r#"{{"iv":"{iv}","encrypted_data":"{data}","tag":"{iv}"}}"#),
        |iv, data| format!(r#"{{"IV":"{iv}","encrypted_data":"{data}"}}"#),
        |iv, data| format!(r#"["{iv}","{data}"]"#),
        |iv, data| format!("[{}]", canonical(iv, data)),
        |iv, data| format!("{} {{}}", canonical(iv, data)),
        |iv, data| format!("\u{feff}{}", canonical(iv, data)),
        |iv, _| format!(r#"{{"iv":"{iv}","encrypted_data":null}}"#),
    ];
    for (at, write) in wrong.into_iter().enumerate() {
        assert!(!opens(write), "case {at}");
    }
}

#[test]
fn aes_07_only_standard_base64_in_one_piece_and_with_its_padding_is_read() {
    let wrong: [fn(&str, &str) -> String; 10] = [
        |iv, data| canonical(iv, &data.replace('+', "-").replace('/', "_")),
        |iv, data| canonical(iv, data.trim_end_matches('=')),
        |iv, data| canonical(iv, data.strip_suffix('=').unwrap()),
        |iv, data| canonical(iv, &format!("{data}=")),
        |iv, data| canonical(iv, &data.replacen('/', r"/\n", 1)),
        |iv, data| canonical(iv, &data.replacen('/', r"/\r\n", 1)),
        |iv, data| canonical(iv, &format!(" {data}")),
        |iv, data| canonical(&format!("{iv}\\n"), data),
        |iv, data| canonical(iv, &data.replacen('/', "/\n", 1)),
        // The four bits behind the last byte are not zero.
        |iv, data| {
            let (text, padding) = data.split_at(data.len() - 2);
            let (rest, last) = text.split_at(text.len() - 1);
            let last = char::from(last.as_bytes()[0] + 1);
            canonical(iv, &format!("{rest}{last}{padding}"))
        },
    ];
    for (at, write) in wrong.into_iter().enumerate() {
        assert!(!opens(write), "case {at}");
    }
}

#[test]
fn aes_11_only_nonces_of_96_bits_and_tags_of_128_bits_are_taken() {
    let bytes = |text: &str| STANDARD.decode(text).unwrap();
    let text = |bytes: &[u8]| STANDARD.encode(bytes);
    for length in (0..40).filter(|length| *length != 12) {
        assert!(!opens(|iv, data| {
            let mut longer = bytes(iv);
            longer.resize(length, 0);
            canonical(&text(&longer), data)
        }));
    }
    for cut in [1, 3, 4, 8, 12, 16] {
        assert!(!opens(|iv, data| canonical(iv, &text(&bytes(data)[..PLAIN + 16 - cut]))), "{cut}");
    }
    for length in 0..=16 {
        assert!(!opens(|iv, data| canonical(iv, &text(&bytes(data)[PLAIN..PLAIN + length]))));
    }
    assert!(!opens(|iv, data| canonical(iv, &text(&[bytes(data).as_slice(), &[0]].concat()))));
}

proptest! {
    #[test]
    fn aes_07_any_bytes_are_refused_without_a_panic(bytes: Vec<u8>, text: String) {
        let (key, headers) = (key(), headers(3, 1_795_435_440, ID));
        for body in [bytes.as_slice(), text.as_bytes()] {
            prop_assert_eq!(key.open_request(context(&headers), body), Err(Refused));
        }
    }

    #[test]
    fn aes_07_any_one_changed_character_is_refused(plain: Vec<u8>, at: prop::sample::Index, to: char) {
        let (key, headers) = (key(), headers(3, 1_795_435_440, ID));
        let envelope = key.seal_request(context(&headers), &plain, &Counting::default()).unwrap();
        let at = at.index(envelope.len());
        let mut changed = envelope.clone();
        changed.replace_range(at..=at, to.encode_utf8(&mut [0; 4]));
        prop_assume!(changed != envelope);
        prop_assert_eq!(key.open_request(context(&headers), changed.as_bytes()), Err(Refused));
    }
}
