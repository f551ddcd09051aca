//! The public address of the server.

use std::{fmt, net::IpAddr};

/// Scheme, host and port as browsers write them in `Origin`: lower case, without the scheme's own port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    text: String,
    secure: bool,
    loopback: bool,
}

impl Origin {
    /// Reads `https://pay.example` or `http://127.0.0.1:3000`; `None` for anything with a path, a user or
    /// another scheme.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let (scheme, rest) = text.split_once("://")?;
        let secure = match scheme {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority: http::uri::Authority = rest.parse().ok()?;
        let host = authority.host();
        if host.is_empty() || rest.contains(['@', '/', '?', '#']) {
            return None;
        }
        // A port that is not a number between 1 and 65535 is an authority without a port to the parser.
        let port = match rest.strip_prefix(host)? {
            "" => None,
            port => Some(port.strip_prefix(':')?.parse::<u16>().ok().filter(|port| *port > 0)?),
        };
        let own_port = if secure { 443 } else { 80 };
        let text = match port.filter(|port| *port != own_port) {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        };
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
        Some(Self { text, secure, loopback })
    }

    /// `https://pay.example`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the scheme is https.
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether only this machine can mean it.
    pub const fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// The path and query of an address on this origin: `https://pay.example/a?b` is `/a?b`.
    pub fn path_of<'a>(&self, address: &'a str) -> Option<&'a str> {
        let rest = address.strip_prefix(self.as_str())?;
        match rest {
            "" => Some("/"),
            rest if rest.starts_with('/') => Some(rest),
            _ => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::Origin;

    fn read(text: &str) -> Option<String> {
        Origin::parse(text).map(|origin| origin.to_string())
    }

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        assert_eq!(read("https://Pay.Example").as_deref(), Some("https://pay.example"));
        assert_eq!(read("https://pay.example:443").as_deref(), Some("https://pay.example"));
        assert_eq!(read("http://127.0.0.1:3000").as_deref(), Some("http://127.0.0.1:3000"));
        assert_eq!(read("http://[::1]:80").as_deref(), Some("http://[::1]"));
    }

    #[test]
    fn anything_more_than_an_origin_is_refused() {
        for text in [
            "",
            "pay.example",
            "https://",
            "https://pay.example/",
            "https://pay.example/x",
            "https://me@pay.example",
            "ftp://pay.example",
            "https://pay.example:0",
            "https://pay.example:99999",
            "https://pay.example:x",
            "https://pay example",
            "https://pay.example?x",
            "https://pay.example#x",
            "https://支付.example",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        let loopback = |text| Origin::parse(text).is_some_and(|origin| origin.is_loopback());
        for text in ["http://localhost:1", "http://127.9.9.9", "http://[::1]:3000"] {
            assert!(loopback(text), "{text}");
        }
        for text in ["http://localhost.example", "http://10.0.0.1", "http://127.0.0.1.example"] {
            assert!(!loopback(text), "{text}");
        }
    }

    #[test]
    fn the_path_of_an_address_elsewhere_is_none() {
        let origin = Origin::parse("https://pay.example").unwrap();
        assert_eq!(origin.path_of("https://pay.example/a?b"), Some("/a?b"));
        assert_eq!(origin.path_of("https://pay.example"), Some("/"));
        for text in
            ["https://pay.example.evil/a", "https://pay.example:444/", "/a", "http://pay.example/"]
        {
            assert_eq!(origin.path_of(text), None, "{text}");
        }
    }
}
