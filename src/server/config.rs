//! Settings: one `aio.toml` plus `AIO_*` variables, read once at start.
//!
//! Whatever is unknown, missing or weak stops the start, and every message says how to mend it: a setting that
//! is silently ignored is a setting that somebody believes in.

mod chain_kinds;
mod chains;
mod origin;
mod raw;
mod variables;

pub use chain_kinds::Kind as ChainKind;
pub use chains::{Chain, Collection, Node, Token};
pub use origin::Origin;

use aio_domain::{Cidr, Network};
use raw::Raw;
use std::{fmt, net::SocketAddr, path::PathBuf};

/// Everything the server is told from outside.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// What browsers call this server.
    pub origin: Origin,
    /// Real money or test networks.
    pub network: Network,
    /// The file that holds the master key.
    pub master_key_file: PathBuf,
    /// Folder of the built scripts, styles and assets.
    pub site_root: PathBuf,
    /// Proxies whose `X-Forwarded-For` is believed; empty when clients connect directly.
    pub trusted_proxies: Vec<Cidr>,
    /// Where the data is.
    pub database: Database,
    /// What is logged, and how.
    pub log: Log,
    /// How many passwords are hashed at once.
    pub passwords: Passwords,
    /// Caps on connections, requests, times and sizes.
    pub limits: Limits,
    /// The chains whose nodes are asked.
    pub chains: Vec<Chain>,
}

/// Where the data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// `sqlite:path` or `postgres://...`.
    pub url: String,
    /// Connections for reading.
    pub readers: u32,
    /// Milliseconds to wait for a lock.
    pub busy_timeout_ms: u32,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// One JSON object a line, or text for people.
    pub format: LogFormat,
    /// Least severity, or a list like `info,aio=debug`.
    pub level: String,
}

/// The shape of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl LogFormat {
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// How many passwords are hashed at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passwords {
    /// Hashes at the same time; each takes about 50 ms of one core and 19 MiB.
    pub workers: usize,
    /// Hashes that may wait; beyond that the answer is 503.
    pub queue: usize,
}

/// Caps on connections, requests, times and sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Open connections.
    pub connections: usize,
    /// Requests being worked on.
    pub in_flight: usize,
    /// Seconds until a half-sent header ends the connection.
    pub header_s: u64,
    /// Seconds until a request is given up.
    pub request_s: u64,
    /// Bytes of a body sent to the dashboard.
    pub dashboard_body: usize,
    /// Bytes of a body sent to the merchant API.
    pub api_body: usize,
    /// Bytes of all bodies together, from their first piece until they are answered.
    pub bodies: usize,
    /// Requests a minute from one address, with a good key.
    pub address_per_minute: u32,
    /// Requests a minute from one address, with a key that is refused.
    pub refused_per_minute: u32,
}

/// What is wrong with one setting, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The setting, as written in the file; empty when the file as a whole is meant.
    pub setting: String,
    /// What is wrong.
    pub wrong: String,
    /// How to mend it.
    pub mend: String,
}

impl ConfigError {
    fn new(setting: &str, wrong: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { setting: setting.to_owned(), wrong: wrong.into(), mend: mend.into() }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.setting.is_empty() {
            write!(out, "{}: ", self.setting)?;
        }
        write!(out, "{}. {}.", self.wrong, self.mend)
    }
}

impl Config {
    /// Reads the text of `aio.toml` and lets the variables override it. Variables whose names do not begin with
    /// `AIO_` are not looked at.
    pub fn load(
        text: &str,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Vec<ConfigError>> {
        let mut table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            vec![ConfigError::new("", error.message(), "Correct the file: it must be TOML")]
        })?;
        let errors = variables::apply(&mut table, env);
        if !errors.is_empty() {
            return Err(errors);
        }
        let raw = Raw::deserialize(table).map_err(|error| vec![error])?;
        raw.check()
    }
}
