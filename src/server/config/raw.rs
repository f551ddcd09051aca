//! The settings as written, and the checks that make them a [`Config`].

use super::{
    Config, ConfigError, Database, Limits, Log, LogFormat, Origin, Passwords,
    chains::{self, RawChain},
};
use aio_domain::{Cidr, Network};
use serde::Deserialize;
use std::{net::SocketAddr, path::PathBuf};

/// The file as written. Every level refuses unknown keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    #[serde(default = "listen")]
    listen: String,
    origin: Option<String>,
    network: Option<String>,
    master_key_file: Option<PathBuf>,
    #[serde(default = "site_root")]
    site_root: PathBuf,
    #[serde(default)]
    trusted_proxies: Vec<String>,
    #[serde(default)]
    database: RawDatabase,
    #[serde(default)]
    log: RawLog,
    #[serde(default)]
    passwords: RawPasswords,
    #[serde(default)]
    limits: RawLimits,
    #[serde(default)]
    chains: Vec<RawChain>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawDatabase {
    url: String,
    readers: u32,
    busy_timeout_ms: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawLog {
    format: String,
    level: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawPasswords {
    workers: usize,
    queue: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawLimits {
    connections: usize,
    in_flight: usize,
    header_s: u64,
    request_s: u64,
    dashboard_body_kib: usize,
    api_body_kib: usize,
    bodies_mib: usize,
    address_per_minute: u32,
    refused_per_minute: u32,
}

impl Default for RawDatabase {
    fn default() -> Self {
        Self { url: String::new(), readers: 4, busy_timeout_ms: 5000 }
    }
}

impl Default for RawLog {
    fn default() -> Self {
        Self { format: "text".to_owned(), level: "info".to_owned() }
    }
}

impl Default for RawPasswords {
    fn default() -> Self {
        // One core stays free for everything else.
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self { workers: cores.saturating_sub(1).max(1), queue: 16 }
    }
}

impl Default for RawLimits {
    fn default() -> Self {
        Self {
            connections: 8192,
            in_flight: 512,
            header_s: 10,
            request_s: 30,
            dashboard_body_kib: 64,
            api_body_kib: 1024,
            bodies_mib: 128,
            address_per_minute: 6000,
            refused_per_minute: 120,
        }
    }
}

fn listen() -> String {
    "127.0.0.1:3000".to_owned()
}

fn site_root() -> PathBuf {
    PathBuf::from("target/site")
}

/// Collects what is wrong, so that one start shows all of it.
#[derive(Default)]
struct Faults(Vec<ConfigError>);

impl Faults {
    fn add(&mut self, setting: &str, wrong: &str, mend: &str) {
        self.0.push(ConfigError::new(setting, wrong, mend));
    }

    fn take<T>(&mut self, value: Option<T>, setting: &str, wrong: &str, mend: &str) -> Option<T> {
        if value.is_none() {
            self.add(setting, wrong, mend);
        }
        value
    }

    fn within<T: PartialOrd + Copy + std::fmt::Display>(
        &mut self,
        setting: &str,
        value: T,
        least: T,
        most: T,
    ) {
        if value < least || value > most {
            self.add(
                setting,
                &format!("{value} is out of bounds"),
                &format!("Use a number from {least} to {most}"),
            );
        }
    }
}

impl Raw {
    /// Reads the table; unknown keys and wrong types are refused.
    pub fn deserialize(table: toml::Table) -> Result<Self, ConfigError> {
        table.try_into().map_err(|error: toml::de::Error| {
            ConfigError::new("", error.message(), "See aio.example.toml for names and forms")
        })
    }

    /// Checks every value and how they fit together.
    pub fn check(self) -> Result<Config, Vec<ConfigError>> {
        let mut faults = Faults::default();
        let listen = faults.take(
            self.listen.parse::<SocketAddr>().ok(),
            "listen",
            "This is not an address with a port",
            "Write for example \"127.0.0.1:3000\"",
        );
        let origin = self.origin(&mut faults);
        let network = self.network(&mut faults);
        let master_key_file = faults.take(
            self.master_key_file.clone().filter(|path| !path.as_os_str().is_empty()),
            "master_key_file",
            "It is missing",
            "Name the file that `aio key init --file PATH` made",
        );
        let trusted_proxies = self.trusted_proxies(&mut faults);
        let format = faults.take(
            LogFormat::from_name(&self.log.format),
            "log.format",
            "There is no such format",
            "Write \"text\" or \"json\"",
        );
        check_database(&self.database, &mut faults);
        self.check_numbers(&mut faults);
        let chains = chains::check(&self.chains, network, |fault| faults.0.push(fault));
        if let Some(listen) = listen {
            check_exposure(listen, origin.as_ref(), &self.trusted_proxies, &mut faults);
        }
        match (listen, origin, network, master_key_file, format) {
            (Some(listen), Some(origin), Some(network), Some(master_key_file), Some(format))
                if faults.0.is_empty() =>
            {
                Ok(Config {
                    listen,
                    origin,
                    network,
                    master_key_file,
                    site_root: self.site_root,
                    trusted_proxies,
                    database: Database {
                        url: self.database.url,
                        readers: self.database.readers,
                        busy_timeout_ms: self.database.busy_timeout_ms,
                    },
                    log: Log { format, level: self.log.level },
                    passwords: Passwords {
                        workers: self.passwords.workers,
                        queue: self.passwords.queue,
                    },
                    limits: Limits {
                        connections: self.limits.connections,
                        in_flight: self.limits.in_flight,
                        header_s: self.limits.header_s,
                        request_s: self.limits.request_s,
                        dashboard_body: self.limits.dashboard_body_kib * 1024,
                        api_body: self.limits.api_body_kib * 1024,
                        bodies: self.limits.bodies_mib * 1024 * 1024,
                        address_per_minute: self.limits.address_per_minute,
                        refused_per_minute: self.limits.refused_per_minute,
                    },
                    chains,
                })
            }
            _ => Err(faults.0),
        }
    }

    fn origin(&self, faults: &mut Faults) -> Option<Origin> {
        let mend = "Write the address people open, without a path: \"https://pay.example.com\"";
        let text = faults.take(self.origin.as_deref(), "origin", "It is missing", mend)?;
        let origin = faults.take(Origin::parse(text), "origin", "This is not an origin", mend)?;
        if !origin.is_secure() && !origin.is_loopback() {
            faults.add(
                "origin",
                "Plain http sends passwords and sessions readable through the network",
                "Use https; http is taken for 127.0.0.1, [::1] and localhost only",
            );
        }
        Some(origin)
    }

    fn network(&self, faults: &mut Faults) -> Option<Network> {
        let known = self.network.as_deref().map(Network::from_name);
        let mend = "Write \"test\" or \"live\"; it cannot be changed once keys exist";
        match known {
            None => faults.take(None, "network", "It is missing", mend),
            Some(known) => faults.take(known, "network", "There is no such network", mend),
        }
    }

    fn trusted_proxies(&self, faults: &mut Faults) -> Vec<Cidr> {
        let mut ranges = Vec::new();
        for text in &self.trusted_proxies {
            let mend = "Write addresses or ranges such as \"127.0.0.1\" or \"10.0.0.0/24\"";
            match Cidr::parse(text) {
                Err(_) => faults.add("trusted_proxies", &format!("`{text}` is not a range"), mend),
                Ok(range) if range.is_broad() => faults.add(
                    "trusted_proxies",
                    &format!("`{text}` lets nearly anybody choose the address we see"),
                    "Name the proxies themselves",
                ),
                Ok(range) => ranges.push(range),
            }
        }
        ranges
    }

    fn check_numbers(&self, faults: &mut Faults) {
        let (limits, passwords) = (&self.limits, self.passwords.workers);
        faults.within("database.readers", self.database.readers, 1, 64);
        faults.within("database.busy_timeout_ms", self.database.busy_timeout_ms, 100, 60_000);
        faults.within("passwords.workers", passwords, 1, 64);
        faults.within("passwords.queue", self.passwords.queue, 1, 1024);
        faults.within("limits.connections", limits.connections, 16, 1_000_000);
        faults.within("limits.in_flight", limits.in_flight, 4, 100_000);
        faults.within("limits.header_s", limits.header_s, 1, 60);
        faults.within("limits.request_s", limits.request_s, 1, 120);
        faults.within("limits.dashboard_body_kib", limits.dashboard_body_kib, 16, 1024);
        faults.within("limits.api_body_kib", limits.api_body_kib, 16, 16_384);
        faults.within("limits.bodies_mib", limits.bodies_mib, 1, 4096);
        faults.within("limits.address_per_minute", limits.address_per_minute, 1, 6_000_000);
        faults.within("limits.refused_per_minute", limits.refused_per_minute, 1, 6_000_000);
    }
}

fn check_database(database: &RawDatabase, faults: &mut Faults) {
    let mend = "Write \"sqlite:var/aio.db\" or \"postgres://user@host/name\"";
    if database.url.is_empty() {
        faults.add("database.url", "It is missing", mend);
    } else if database.url.starts_with("sqlite::memory:") {
        faults.add("database.url", "A database in memory loses everything at each stop", mend);
    } else if !["sqlite:", "postgres://", "postgresql://"]
        .iter()
        .any(|scheme| database.url.starts_with(scheme))
    {
        // The value is not repeated: it may hold a password.
        faults.add("database.url", "This is neither SQLite nor PostgreSQL", mend);
    }
}

/// The server speaks plain HTTP, so it is either on the loopback interface for one machine, or behind a proxy
/// that is named.
fn check_exposure(
    listen: SocketAddr,
    origin: Option<&Origin>,
    proxies: &[String],
    faults: &mut Faults,
) {
    let Some(origin) = origin else { return };
    if !origin.is_secure() && !listen.ip().to_canonical().is_loopback() {
        faults.add(
            "listen",
            "With an http origin other machines could connect without encryption",
            "Listen on 127.0.0.1, or set an https origin and stand a TLS proxy in front",
        );
    }
    if origin.is_secure() && proxies.is_empty() {
        faults.add(
            "trusted_proxies",
            "With an https origin a TLS proxy stands in front, and unnamed it would look like every client",
            "Name the proxy's address, for example [\"127.0.0.1\"]",
        );
    }
}
