//! Bodies as this API takes them: JSON in UTF-8 in which every member stands once, not nested without end.

use super::problem::Code;
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use std::{borrow::Cow, collections::HashSet, fmt};

/// Arrays and objects inside each other.
const DEPTH: usize = 32;
/// Values of all kinds together.
const NODES: usize = 20_000;

/// Reads a body into its wire type, which refuses members that it does not know.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Code> {
    check(body)?;
    serde_json::from_slice(body).map_err(|_| Code::InvalidBody)
}

/// Whether the bytes are JSON that every reader understands alike.
pub fn check(body: &[u8]) -> Result<(), Code> {
    let text = std::str::from_utf8(body).map_err(|_| Code::InvalidJson)?;
    let mut nodes = NODES;
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Strict { depth: DEPTH, nodes: &mut nodes }.deserialize(&mut reader);
    read.and_then(|()| reader.end()).map_err(|_| Code::InvalidJson)
}

/// Walks a value and keeps nothing of it but the names of the object it is in.
struct Strict<'a> {
    depth: usize,
    nodes: &'a mut usize,
}

impl Strict<'_> {
    /// What stands in this array or object.
    fn inside<E: serde::de::Error>(&mut self) -> Result<Strict<'_>, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom("too deep"))?;
        Ok(Strict { depth, nodes: self.nodes })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        let left = self.nodes.checked_sub(1);
        *self.nodes = left.ok_or_else(|| D::Error::custom("too much"))?;
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(self.inside()?)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<Cow<'de, str>>()? {
            if !names.insert(name) {
                return Err(A::Error::custom("a member stands twice"));
            }
            members.next_value_seed(self.inside()?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Code, DEPTH, NODES, check, parse};
    use proptest::prelude::*;
    use serde::Deserialize;

    fn nested(depth: usize) -> String {
        format!("{}{}", "[".repeat(depth), "]".repeat(depth))
    }

    #[test]
    fn api_03_a_member_that_stands_twice_is_refused_however_it_is_written_and_wherever_it_is() {
        for bad in [r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":2}"#, r#"[{"b":{"a":1,"c":2,"a":3}}]"#] {
            assert_eq!(check(bad.as_bytes()), Err(Code::InvalidJson), "{bad}");
        }
        assert_eq!(check(br#"[{"a":1},{"a":1},{"A":{"a":1}}]"#), Ok(()));
    }

    #[test]
    fn api_03_depth_and_number_have_a_bound() {
        assert_eq!(check(nested(DEPTH).as_bytes()), Ok(()));
        assert_eq!(check(nested(DEPTH + 1).as_bytes()), Err(Code::InvalidJson));
        assert_eq!(check(nested(100_000).as_bytes()), Err(Code::InvalidJson));
        let list = |count| format!("[{}0]", "0,".repeat(count - 1));
        // The list itself counts too.
        assert_eq!(check(list(NODES - 1).as_bytes()), Ok(()));
        assert_eq!(check(list(NODES).as_bytes()), Err(Code::InvalidJson));
    }

    #[test]
    fn api_03_what_is_not_json_in_utf_8_is_refused() {
        for bad in [
            &b""[..],
            b" ",
            b"{",
            b"{}x",
            b"{'a':1}",
            b"\xff",
            b"\"\xc3\"",
            b"\xef\xbb\xbf{}",
            b"NaN",
            b"[1,]",
            b"\"\\ud800\"",
        ] {
            assert_eq!(check(bad), Err(Code::InvalidJson), "{bad:?}");
        }
        assert_eq!(check("{\"名\":\"商店\"}".as_bytes()), Ok(()));
    }

    #[test]
    fn acc_02_an_unknown_member_is_refused() {
        #[derive(Debug, PartialEq, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Body {
            label: String,
        }
        let read = |text: &str| parse::<Body>(text.as_bytes());
        assert_eq!(read(r#"{"label":"a"}"#), Ok(Body { label: "a".into() }));
        for bad in [r#"{"label":"a","merchant_id":"b"}"#, r#"{"label":1}"#, "{}", "[]"] {
            assert_eq!(read(bad), Err(Code::InvalidBody), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = check(&bytes);
        }
    }
}
