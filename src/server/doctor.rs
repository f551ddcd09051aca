//! `aio doctor`: one line per check, with what is wrong and how to mend it.

use super::{chains, cli::Failure, config::Config, host, master_key, site::leptos_options};
use aio_domain::{Clock as _, Timestamp, sealing::MasterKey, time::MINUTE};
use aio_service::SystemClock;
use aio_store::{Engine, Store};
use std::{fs, io::Write, os::unix::fs::MetadataExt as _, path::Path, process::ExitCode};

/// The oldest SQLite whose write-ahead log can be trusted with several connections.
const OLDEST_SQLITE: [u32; 3] = [3, 51, 3];
/// No clock that is right shows an earlier instant: 1 January 2026.
const BUILT_AFTER: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// What a check found: a remark, or what is wrong and how to mend it.
type Finding = Result<String, String>;

/// Runs all checks; the exit code says whether something is wrong.
pub async fn run(
    path: &Path,
    config: Result<Config, Failure>,
    out: &mut impl Write,
) -> Result<ExitCode, Failure> {
    let mut findings: Vec<(String, Finding)> = Vec::new();
    match config {
        Err(Failure(lines)) => {
            findings.extend(lines.into_iter().map(|line| ("settings".to_owned(), Err(line))));
        }
        Ok(config) => {
            findings.push(("settings".to_owned(), Ok(path.display().to_string())));
            findings.push(("site".to_owned(), site(&config.site_root)));
            let key = master_key::read(&config.master_key_file);
            findings.push(("master key".to_owned(), master_key_file(&key)));
            findings.extend(database(&config, key.ok().as_ref()).await);
        }
    }
    let mut code = ExitCode::SUCCESS;
    for (name, finding) in findings {
        match finding {
            Ok(remark) => writeln!(out, "ok    {name:<12} {remark}")?,
            Err(wrong) => {
                code = ExitCode::FAILURE;
                writeln!(out, "WRONG {name:<12} {wrong}")?;
            }
        }
    }
    Ok(code)
}

fn site(root: &Path) -> Finding {
    let options = leptos_options(root)?;
    let folder = root.join(&*options.site_pkg_dir);
    let mend = "Build it with `scripts/build`, or correct site_root";
    let files =
        fs::read_dir(&folder).map_err(|error| format!("{}: {error}. {mend}", folder.display()))?;
    let names: Vec<String> =
        files.flatten().map(|file| file.file_name().to_string_lossy().into_owned()).collect();
    for ending in [".js", ".wasm", ".css"] {
        let hashed = |name: &&String| name.matches('.').count() >= 2 || !options.hash_files;
        if !names.iter().filter(|name| name.ends_with(ending)).any(|name| hashed(&name)) {
            return Err(format!("{} has no *{ending} of this build. {mend}", folder.display()));
        }
    }
    Ok(folder.display().to_string())
}

fn master_key_file(key: &Result<MasterKey, master_key::MasterKeyError>) -> Finding {
    key.as_ref().map(|key| format!("key {}", key.id())).map_err(ToString::to_string)
}

async fn database(config: &Config, key: Option<&MasterKey>) -> Vec<(String, Finding)> {
    let store = match host::open(config, false).await {
        Ok(store) => store,
        Err(Failure(lines)) => {
            let mend = "`aio migrate` makes a new one";
            return vec![("database".to_owned(), Err(format!("{}; {mend}", lines.join(" "))))];
        }
    };
    let mut findings = vec![
        ("database".to_owned(), engine(&store).await),
        ("file modes".to_owned(), modes(config)),
    ];
    let schema = store.check_schema().await;
    let is_ready = schema.is_ok();
    findings.push((
        "schema".to_owned(),
        schema.map(|()| "as this program expects".to_owned()).map_err(|error| {
            format!("{error}. Run `aio migrate`, or use the program that wrote it")
        }),
    ));
    if is_ready {
        if let Some(key) = key {
            findings.push(("sealing".to_owned(), sealing(&store, key).await));
        }
        findings.push(("clock".to_owned(), clock(&store, SystemClock.now()).await));
        findings.extend(chains::findings(&store, config).await);
    }
    store.close().await;
    findings
}

async fn engine(store: &Store) -> Finding {
    store.ping().await.map_err(|error| format!("{error}. Is the server running?"))?;
    if store.engine() == Engine::Postgres {
        return Ok("PostgreSQL answers".to_owned());
    }
    let version = store.sqlite_version().await.map_err(|error| error.to_string())?;
    let version = version.unwrap_or_default();
    let numbers: Vec<u32> = version.split('.').filter_map(|part| part.parse().ok()).collect();
    if numbers.as_slice() < OLDEST_SQLITE.as_slice() {
        return Err(format!("SQLite {version} can damage its log. Build with 3.51.3 or newer"));
    }
    Ok(format!("SQLite {version} answers"))
}

/// Files with secrets or sealed cells are for their owner only.
fn modes(config: &Config) -> Finding {
    let Some(path) = config.database.url.strip_prefix("sqlite:") else {
        return Ok("not a file".to_owned());
    };
    let path = path.trim_start_matches("//");
    for path in ["", "-wal", "-shm"].map(|ending| format!("{path}{ending}")) {
        let Ok(file) = fs::metadata(&path) else { continue };
        if file.mode() & 0o077 != 0 {
            return Err(format!("{path} can be read by others. Run `chmod 600 {path}`"));
        }
    }
    Ok("for their owner only".to_owned())
}

async fn sealing(store: &Store, key: &MasterKey) -> Finding {
    let rows = store.data_keys().await.map_err(|error| error.to_string())?;
    match rows.iter().find(|row| row.kek_id != key.id()) {
        Some(row) => Err(format!(
            "the database is sealed with master key {}, but the file holds {}. Put the right key back",
            row.kek_id,
            key.id()
        )),
        None if rows.is_empty() => Ok("nothing is sealed yet".to_owned()),
        None => Ok("the master key fits the database".to_owned()),
    }
}

/// A clock that went back would refuse good codes and keep sessions alive.
async fn clock(store: &Store, now: Timestamp) -> Finding {
    let mend = "Set the clock, and let it be kept by NTP";
    if now < BUILT_AFTER {
        return Err(format!("it shows {}. {mend}", now.rfc3339()));
    }
    let mut last = BUILT_AFTER;
    for head in store.audit_scopes().await.map_err(|error| error.to_string())? {
        let page = store.audit_page(&head.scope, head.seq - 1, 1).await;
        for row in page.map_err(|error| error.to_string())? {
            last = last.max(row.entry.at);
        }
    }
    if last > now.plus(MINUTE) {
        return Err(format!(
            "it shows {}, but an audit entry was written at {}. {mend}",
            now.rfc3339(),
            last.rfc3339()
        ));
    }
    Ok(now.rfc3339())
}
