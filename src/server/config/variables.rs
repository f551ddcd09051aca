//! `AIO_*` variables: which setting each one overrides.

use super::ConfigError;
use toml::{Table, Value};

/// How the text of a variable is read.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    /// Separated by commas.
    List,
}

/// Variable, section (empty for the top), setting, kind.
const VARIABLES: &[(&str, &str, &str, Kind)] = &[
    ("AIO_LISTEN", "", "listen", Kind::Text),
    ("AIO_ORIGIN", "", "origin", Kind::Text),
    ("AIO_NETWORK", "", "network", Kind::Text),
    ("AIO_MASTER_KEY_FILE", "", "master_key_file", Kind::Text),
    ("AIO_SITE_ROOT", "", "site_root", Kind::Text),
    ("AIO_TRUSTED_PROXIES", "", "trusted_proxies", Kind::List),
    ("AIO_DATABASE_URL", "database", "url", Kind::Text),
    ("AIO_DATABASE_READERS", "database", "readers", Kind::Number),
    ("AIO_DATABASE_BUSY_TIMEOUT_MS", "database", "busy_timeout_ms", Kind::Number),
    ("AIO_LOG_FORMAT", "log", "format", Kind::Text),
    ("AIO_LOG_LEVEL", "log", "level", Kind::Text),
    ("AIO_PASSWORDS_WORKERS", "passwords", "workers", Kind::Number),
    ("AIO_PASSWORDS_QUEUE", "passwords", "queue", Kind::Number),
    ("AIO_LIMITS_CONNECTIONS", "limits", "connections", Kind::Number),
    ("AIO_LIMITS_IN_FLIGHT", "limits", "in_flight", Kind::Number),
    ("AIO_LIMITS_HEADER_S", "limits", "header_s", Kind::Number),
    ("AIO_LIMITS_REQUEST_S", "limits", "request_s", Kind::Number),
    ("AIO_LIMITS_DASHBOARD_BODY_KIB", "limits", "dashboard_body_kib", Kind::Number),
    ("AIO_LIMITS_API_BODY_KIB", "limits", "api_body_kib", Kind::Number),
    ("AIO_LIMITS_BODIES_MIB", "limits", "bodies_mib", Kind::Number),
    ("AIO_LIMITS_ADDRESS_PER_MINUTE", "limits", "address_per_minute", Kind::Number),
    ("AIO_LIMITS_REFUSED_PER_MINUTE", "limits", "refused_per_minute", Kind::Number),
];

/// Variables of the project's own scripts and tests; a server started by them sees them too.
const OF_SCRIPTS: [&str; 4] = ["AIO_CACHE", "AIO_TEST_", "AIO_REQUIRE_", "AIO_E2E_"];

/// Writes the variables into the table; returns what is wrong with them.
pub fn apply(
    table: &mut Table,
    env: impl IntoIterator<Item = (String, String)>,
) -> Vec<ConfigError> {
    let ours = env.into_iter().filter(|(name, _)| {
        name.starts_with("AIO_") && !OF_SCRIPTS.iter().any(|other| name.starts_with(other))
    });
    let mut errors = Vec::new();
    for (name, text) in ours {
        if let Err(error) = apply_one(table, &name, &text) {
            errors.push(error);
        }
    }
    errors.sort_by(|a, b| a.setting.cmp(&b.setting));
    errors
}

fn apply_one(table: &mut Table, name: &str, text: &str) -> Result<(), ConfigError> {
    let Some((_, section, setting, kind)) = VARIABLES.iter().find(|known| known.0 == name) else {
        let mend = "Remove it, or correct its name: aio.example.toml lists them all";
        return Err(ConfigError::new(name, "There is no such setting", mend));
    };
    let value = match kind {
        Kind::Text => Value::String(text.to_owned()),
        Kind::List => list(text),
        Kind::Number => text.parse().map(Value::Integer).map_err(|_| {
            ConfigError::new(name, "This is not a whole number", "Write digits only")
        })?,
    };
    let target = if section.is_empty() {
        table
    } else {
        let entry = table.entry(*section).or_insert_with(|| Value::Table(Table::new()));
        entry.as_table_mut().ok_or_else(|| {
            ConfigError::new(
                section,
                "This must be a section",
                format!("Write [{section}] in the file"),
            )
        })?
    };
    target.insert((*setting).to_owned(), value);
    Ok(())
}

fn list(text: &str) -> Value {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    Value::Array(parts.map(|part| Value::String(part.to_owned())).collect())
}
