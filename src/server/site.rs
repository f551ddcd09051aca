//! What every request can reach: services, settings, clock, random generator.

use super::config::{Config, Limits, Origin};
use aio_domain::{Cidr, Clock, Random};
use aio_service::Services;
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use std::{
    ops::Deref,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::Semaphore;

/// Pages that are told of changes at the same time; others ask by themselves.
const LIVE: usize = 1024;

/// The running server's shared state; cheap to clone.
#[derive(Clone)]
pub struct Site(Arc<Shared>);

/// The parts of a [`Site`].
pub struct Shared {
    /// The use cases.
    pub services: Services,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes request ids and nonces.
    pub random: Arc<dyn Random>,
    /// What browsers call this server.
    pub origin: Origin,
    /// Proxies whose word about the client is taken.
    pub trusted_proxies: Vec<Cidr>,
    /// Caps on times and sizes.
    pub limits: Limits,
    /// Where scripts and styles are and what they are called.
    pub leptos: LeptosOptions,
    /// One permit for each request that is being worked on.
    pub in_flight: Semaphore,
    /// Bytes that bodies may still take, from their first piece until they are answered.
    pub body_bytes: Semaphore,
    /// One permit for each page that is told of changes while it is open.
    pub live: Arc<Semaphore>,
    /// Set when the server is about to stop.
    draining: AtomicBool,
}

impl Deref for Site {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl FromRef<Site> for LeptosOptions {
    fn from_ref(site: &Site) -> Self {
        site.leptos.clone()
    }
}

impl Site {
    /// Puts a server together.
    pub fn new(
        config: &Config,
        leptos: LeptosOptions,
        services: Services,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        Self(Arc::new(Shared {
            services,
            clock,
            random,
            origin: config.origin.clone(),
            trusted_proxies: config.trusted_proxies.clone(),
            limits: config.limits,
            leptos,
            in_flight: Semaphore::new(config.limits.in_flight),
            body_bytes: Semaphore::new(config.limits.bodies),
            live: Arc::new(Semaphore::new(LIVE)),
            draining: AtomicBool::new(false),
        }))
    }

    /// From now on health checks say that no new work should be sent here.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Whether the server is about to stop.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Whether new work is welcome and the database answers.
    pub async fn is_ready(&self) -> bool {
        !self.draining.load(Ordering::Acquire) && self.services.ready().await
    }
}

/// What the build tool was told, from the same table it read, with the folder from the settings. File names carry
/// hashes exactly when the list of hashes lies beside the program.
pub fn leptos_options(site_root: &Path) -> Result<LeptosOptions, String> {
    let table = include_str!("../../Leptos.toml");
    let mut options =
        leptos::config::get_config_from_str(table).map_err(|error| error.to_string())?;
    options.site_root = site_root.to_string_lossy().into();
    let hashes = std::env::current_exe()
        .ok()
        .and_then(|program| program.parent().map(|folder| folder.join(&*options.hash_file)));
    options.hash_files = hashes.is_some_and(|path| path.is_file());
    Ok(options)
}
