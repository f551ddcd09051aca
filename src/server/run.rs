//! `aio serve`: from settings to a listening server, and down again.

use super::{
    chains,
    cli::Failure,
    config::Config,
    host, jobs, router,
    serve::{self, Ended, Signals},
    site::{Site, leptos_options},
    telemetry,
};
use aio_service::{OsRandom, Services, SystemClock};
use std::{
    io::{self, Write as _},
    net::SocketAddr,
    process::ExitCode,
    sync::Arc,
};
use tokio::sync::oneshot;

/// Serves until it is told to stop.
pub async fn serve(config: &Config) -> Result<ExitCode, Failure> {
    telemetry::start(&config.log)?;
    // Before the database is touched: without the key nothing of it may be used, and none is made here.
    super::master_key::read(&config.master_key_file)?;
    let store = host::open(config, true).await?;
    host::bring_up(&store).await?;
    chains::refuse_wrong_nodes(&store, &chains::ports(config)?).await?;
    let services = host::services(config, store.clone()).await?;
    let leptos = leptos_options(&config.site_root)?;
    let (clock, random) = (Arc::new(SystemClock), Arc::new(OsRandom));
    let site = Site::new(config, leptos, services.clone(), clock, random);
    let router = router::build(&site).map_err(Failure)?;
    let listener = serve::listen(config.listen).map_err(|error| {
        format!("listen: {}: {error}. Is another server running there?", config.listen)
    })?;
    let (stop, force) = watch_signals()?;
    announce(config, listener.local_addr()?, &services).await?;
    let jobs = jobs::start(&site);
    let ended = serve::serve(listener, router, &site, stop, force).await;
    jobs.stop().await;
    if let Err(error) = services.flush_key_uses().await {
        tracing::warn!(%error, "last uses of keys were not written");
    }
    if let Err(error) = services.flush_requests().await {
        tracing::warn!(%error, "the end of the request log was not written");
    }
    if let Err(error) = store.scrub().await {
        tracing::warn!(%error, "the database was not checkpointed");
    }
    store.close().await;
    tracing::info!(?ended, "stopped");
    Ok(if ended == Ended::Drained { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Two futures: the first signal, and the second.
fn watch_signals() -> io::Result<(impl Future<Output = ()>, impl Future<Output = ()>)> {
    let mut signals = Signals::listen()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let (force, forced) = oneshot::channel::<()>();
    tokio::spawn(async move {
        signals.next().await;
        drop(stop);
        signals.next().await;
        drop(force);
    });
    // A dropped sender is the signal; nothing is ever sent.
    Ok((async { drop(stopped.await) }, async { drop(forced.await) }))
}

/// Says where the server is; and, while there is no owner, how to become it.
async fn announce(
    config: &Config,
    address: SocketAddr,
    services: &Services,
) -> Result<(), Failure> {
    let token = services.issue_setup_token().await?;
    let mut out = io::stdout().lock();
    writeln!(out, "AIO serves {} on {address}", config.origin)?;
    if let Some(token) = token {
        writeln!(
            out,
            "Set up the first merchant with this link. It works once and is replaced at each start:\n\n    \
             {}/setup?token={}\n",
            config.origin,
            token.expose()
        )?;
    }
    out.flush()?;
    Ok(())
}
