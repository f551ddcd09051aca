//! The query of a call: only names that the endpoint knows, each once, each with a value that can be read.

use super::problem::Code;
use crate::server::layers::decoded;
use std::str::FromStr;

/// The parameters of one call.
#[derive(Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads what stands behind the `?`.
    pub fn read(text: &str, known: &[&str]) -> Result<Self, Code> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (Some(name), Some(value)) = (decoded(name), decoded(value)) else {
                return Err(Code::InvalidQuery);
            };
            let is_twice = pairs.iter().any(|(other, _)| *other == name);
            if is_twice || !known.contains(&name.as_str()) {
                return Err(Code::InvalidQuery);
            }
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    /// The parameter of that name, if it was sent.
    pub fn get<T: FromStr>(&self, name: &str) -> Result<Option<T>, Code> {
        let found = self.0.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.parse().map_err(|_| Code::InvalidQuery)).transpose()
    }

    /// The parameter of that name, read by `read`, if it was sent.
    pub fn with<T>(&self, name: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Code> {
        let found = self.0.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| read(value).ok_or(Code::InvalidQuery)).transpose()
    }

    /// A whole number within bounds; `usual` when it was not sent.
    pub fn number(&self, name: &str, least: i64, most: i64, usual: i64) -> Result<i64, Code> {
        let plain = |(_, text): &&(String, String)| text.bytes().all(|byte| byte.is_ascii_digit());
        let Some(found) = self.0.iter().find(|(other, _)| other == name) else {
            return Ok(usual);
        };
        let number = Some(found).filter(plain).and_then(|(_, text)| text.parse::<i64>().ok());
        number.filter(|number| (least..=most).contains(number)).ok_or(Code::InvalidQuery)
    }
}

#[cfg(test)]
mod tests {
    use super::{Code, Query};

    fn read(text: &str) -> Result<Query, Code> {
        Query::read(text, &["limit", "after"])
    }

    #[test]
    fn api_03_unknown_and_repeated_parameters_are_refused() {
        assert!(read("").is_ok() && read("limit=1&after=2").is_ok());
        for bad in
            ["x=1", "limit=1&limit=2", "limit=1&%6cimit=2", "limit=%", "limit=%ff", "Limit=1"]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn api_06_a_page_size_is_a_plain_number_within_bounds() {
        let number = |text: &str| read(text).unwrap().number("limit", 1, 200, 50);
        assert_eq!((number(""), number("limit=1"), number("limit=200")), (Ok(50), Ok(1), Ok(200)));
        for bad in [
            "limit=0",
            "limit=201",
            "limit=-1",
            "limit=",
            "limit=1e2",
            "limit=%2B5",
            "limit=99999999999999999999",
        ] {
            assert_eq!(number(bad), Err(Code::InvalidQuery), "{bad}");
        }
    }
}
