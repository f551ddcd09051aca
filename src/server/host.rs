//! Commands of the operator, each around one service call.

use super::{chains, cli::Failure, config::Config, master_key};
use aio_domain::{Clock, Random, SecretText};
use aio_service::{
    AddressLimits, OsRandom, SeedWords, ServiceError, Services, Settings, Start, SystemClock,
};
use aio_store::{Store, StoreError, StoreSettings};
use std::{io::Write, process::ExitCode, sync::Arc};

/// Opens the database of the settings.
pub async fn open(config: &Config, create: bool) -> Result<Store, Failure> {
    let settings = StoreSettings {
        url: config.database.url.clone(),
        create,
        readers: config.database.readers,
        busy_timeout_ms: config.database.busy_timeout_ms,
    };
    Store::open(&settings).await.map_err(|error| {
        Failure(vec![format!("database.url: {error}. Check that it exists and may be written")])
    })
}

/// Brings the database to this program's schema; a newer one is refused.
pub async fn bring_up(store: &Store) -> Result<(), Failure> {
    let refused = |error: StoreError| {
        format!("database: {error}. Use the program that wrote it, or restore a backup")
    };
    store.migrate().await.map_err(refused)?;
    store.check_schema().await.map_err(refused)?;
    Ok(())
}

/// Starts the use cases with the system's clock and generator.
pub async fn services(config: &Config, store: Store) -> Result<Services, Failure> {
    let master_key = master_key::read(&config.master_key_file)?;
    let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) =
        (Arc::new(SystemClock), Arc::new(OsRandom));
    let settings = Settings {
        network: config.network,
        hash_workers: config.passwords.workers,
        hash_queue: config.passwords.queue,
        addresses: AddressLimits {
            requests: config.limits.address_per_minute,
            refused: config.limits.refused_per_minute,
        },
    };
    let chains = chains::ports(config)?;
    let start = Start { store, clock, random, master_key, settings, chains };
    Services::start(start).await.map_err(|error| match error {
        ServiceError::WrongMasterKey => Failure(vec![format!(
            "master_key_file: {} holds another key than the one this database was sealed with. Put the right \
             key back; a new one cannot open what the old one sealed",
            config.master_key_file.display()
        )]),
        error => error.into(),
    })
}

async fn existing(config: &Config) -> Result<(Store, Services), Failure> {
    let store = open(config, false).await?;
    store.check_schema().await.map_err(|error| format!("database: {error}. Run `aio migrate`"))?;
    let services = services(config, store.clone()).await?;
    Ok((store, services))
}

/// `aio migrate`
pub async fn migrate(config: &Config, out: &mut impl Write) -> Result<(), Failure> {
    let store = open(config, true).await?;
    bring_up(&store).await?;
    store.close().await;
    writeln!(out, "The database has this program's schema.")?;
    Ok(())
}

/// Refuses when the database has data keys: what they sealed would be lost with another master key.
pub async fn refuse_sealed(config: &Config) -> Result<(), Failure> {
    let Ok(store) = open(config, false).await else {
        return Ok(());
    };
    let sealed = store.check_schema().await.is_ok() && !store.data_keys().await?.is_empty();
    store.close().await;
    if sealed {
        return Err(Failure(vec![
            "this database is sealed with a master key already, and a new one could not open it. Put the copy \
             of that key back"
                .to_owned(),
        ]));
    }
    Ok(())
}

/// `aio user reset-authenticator`
pub async fn reset_authenticator(
    config: &Config,
    email: &str,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let (store, services) = existing(config).await?;
    services
        .reset_authenticator(email)
        .await
        .map_err(|error| format!("{error}. Check the e-mail address"))?;
    store.close().await;
    writeln!(
        out,
        "Authenticator and recovery codes of {email} are gone and all sessions ended. At the next sign-in a new \
         one is enrolled; secrets cannot be copied for 24 hours."
    )?;
    Ok(())
}

/// `aio allowlist disable`
pub async fn disable_allowlist(
    config: &Config,
    merchant: &str,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let (store, services) = existing(config).await?;
    services
        .disable_dashboard_allowlist(merchant)
        .await
        .map_err(|error| format!("{error}. Check the merchant's id"))?;
    store.close().await;
    writeln!(out, "The dashboard of {merchant} opens from any address again. Entries are kept.")?;
    Ok(())
}

/// `aio audit verify`
pub async fn verify_audit(config: &Config, out: &mut impl Write) -> Result<ExitCode, Failure> {
    let (store, services) = existing(config).await?;
    let reports = services.verify_audit().await?;
    store.close().await;
    let mut code = ExitCode::SUCCESS;
    for report in reports {
        match report.broken_at {
            None => writeln!(out, "ok     {}: {} entries", report.scope, report.entries)?,
            Some(at) => {
                code = ExitCode::FAILURE;
                writeln!(
                    out,
                    "BROKEN {}: entry {at} was changed, moved or removed. Compare with a backup",
                    report.scope
                )?;
            }
        }
    }
    Ok(code)
}

/// `aio seed export`
pub async fn export_seed(config: &Config, out: &mut impl Write) -> Result<(), Failure> {
    let (store, services) = existing(config).await?;
    let words = services.export_seed().await?;
    store.close().await;
    let Some(words) = words else {
        return Err("there is no seed yet: it is made at the first start with chains".into());
    };
    writeln!(out, "{}", words.expose())?;
    Ok(())
}

/// `aio seed import`
pub async fn import_seed(
    config: &Config,
    words: SecretText,
    first_merchant: u32,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let words = SeedWords::parse(words.expose()).map_err(|error| {
        format!("{error}. Type all of them in their order, as `aio seed export` printed them")
    })?;
    let store = open(config, false).await?;
    store.check_schema().await.map_err(|error| format!("database: {error}. Run `aio migrate`"))?;
    // Without chains no seed is made by starting.
    let bare = Config { chains: Vec::new(), ..config.clone() };
    let services = services(&bare, store.clone()).await?;
    let imported = services.import_seed(&words, first_merchant).await?;
    store.close().await;
    if !imported {
        return Err(
            "this database has a seed already, and it is never replaced. Import into an empty one"
                .into(),
        );
    }
    writeln!(
        out,
        "The seed is kept. Addresses handed out from now on belong to it; the first merchant's number is {first_merchant}."
    )?;
    Ok(())
}

/// `aio chain resume`
pub async fn resume_chain(
    config: &Config,
    chain: &str,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let (store, services) = existing(config).await?;
    let resumed = services.resume_chain(chain).await.map_err(|error| {
        format!("{error}. Check the chain's id in the settings, and that its node answers")
    })?;
    store.close().await;
    if !resumed {
        return Err(format!("{chain} does not stand still: nothing to resume").as_str().into());
    }
    writeln!(
        out,
        "{chain} goes on. Deposits in the blocks that were kept are read anew; compare older ones with the chain."
    )?;
    Ok(())
}
