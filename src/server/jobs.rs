//! Loops beside the requests, each around one service call.

use super::site::Site;
use aio_domain::random_array;
use aio_service::{Progress, SendProgress, Sender, WatchError, Watcher};
use std::{future::Future, time::Duration};
use tokio::{sync::watch, task::JoinSet, time::MissedTickBehavior};

/// Between two looks at a node that has no more blocks.
const LOOK: Duration = Duration::from_secs(1);
/// Between two tries with a node or database that fails, and with a chain that stands still.
const RETRY: Duration = Duration::from_secs(5);
/// What a chain may take to give its lease back.
const RELEASE: Duration = Duration::from_secs(2);

/// The running loops.
pub struct Jobs {
    loops: JoinSet<()>,
    chains: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Jobs {
    /// Stops the loops; what a chain was doing is undone, and its lease is given back.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        self.loops.shutdown().await;
        while self.chains.join_next().await.is_some() {}
    }
}

/// Starts the loops; dropping them stops them too.
pub fn start(site: &Site) -> Jobs {
    let (stop, _) = watch::channel(false);
    Jobs { loops: loops(site), chains: chains(site, &stop), stop }
}

/// One loop for each chain.
fn chains(site: &Site, stop: &watch::Sender<bool>) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    let Ok(number) = random_array::<16>(site.random.as_ref()) else {
        tracing::error!("the random generator failed: no chain is read");
        return jobs;
    };
    // Tells this run of this server from all others.
    let holder = format!("{:032x}", u128::from_be_bytes(number));
    for port in site.services.chain_ports() {
        let watcher = site.services.watcher(&port.id, &holder);
        let Some((watcher, sender)) = watcher.zip(site.services.sender(&port.id, &holder)) else {
            continue;
        };
        jobs.spawn(follow(port.id.clone(), watcher, sender, stop.subscribe()));
    }
    jobs
}

/// Follows a chain until it is told to stop.
async fn follow(
    chain: String,
    mut watcher: Watcher,
    mut sender: Sender,
    mut stop: watch::Receiver<bool>,
) {
    tokio::select! {
        () = walk(&chain, &mut watcher, &mut sender) => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
    match tokio::time::timeout(RELEASE, watcher.release()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(chain, %error, "the lease was not given back"),
        Err(_) => tracing::warn!(chain, "the lease was not given back in time"),
    }
}

async fn walk(chain: &str, watcher: &mut Watcher, sender: &mut Sender) {
    // What was said last: the same trouble is told once.
    let mut said = String::new();
    loop {
        let (pause, trouble) = match watcher.step().await {
            Ok(Progress::Read { at_tip: false, .. } | Progress::Rewound { .. }) => {
                (Duration::ZERO, None)
            }
            Ok(Progress::Read { .. } | Progress::Elsewhere) => (LOOK, None),
            Ok(Progress::NodeBehind) => {
                (RETRY, Some("the node has not the blocks yet that were read".to_owned()))
            }
            Ok(Progress::Halted { why }) => (RETRY, Some(why)),
            Err(error) => (RETRY, Some(error.to_string())),
        };
        let trouble = match trouble {
            Some(trouble) => trouble,
            None => send(sender).await.unwrap_or_default(),
        };
        if trouble != said {
            if trouble.is_empty() {
                tracing::info!(chain, "the chain is followed again");
            } else {
                tracing::warn!(chain, trouble, "the chain is not followed");
            }
            said = trouble;
        }
        // Also without a pause others get their turn.
        tokio::time::sleep(pause).await;
    }
}

/// Moves what is due; what went wrong, if anything.
async fn send(sender: &mut Sender) -> Option<String> {
    match sender.step().await {
        // Overtaken: another server was faster, or the chain moved on; the next step looks again.
        Ok(SendProgress::Elsewhere | SendProgress::Halted | SendProgress::Done(_))
        | Err(WatchError::Overtaken) => None,
        Err(error) => Some(format!("money is not moved: {error}")),
    }
}

fn loops(site: &Site) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    let services = site.services.clone();
    jobs.spawn(every(Duration::from_secs(5), "write last uses of keys", move || {
        let services = services.clone();
        async move { services.flush_key_uses().await }
    }));
    let services = site.services.clone();
    jobs.spawn(every(Duration::from_secs(1), "write the request log", move || {
        let services = services.clone();
        async move { services.flush_requests().await }
    }));
    let services = site.services.clone();
    jobs.spawn(every(Duration::from_mins(10), "drop what expired", move || {
        let services = services.clone();
        async move { services.purge().await }
    }));
    jobs
}

/// Does the work now and then again after each pause; a failure is logged and the next turn tries again.
async fn every<F, E>(pause: Duration, what: &'static str, work: impl Fn() -> F + Send)
where
    F: Future<Output = Result<(), E>> + Send,
    E: std::fmt::Display,
{
    let mut turns = tokio::time::interval(pause);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        if let Err(error) = work().await {
            tracing::warn!(job = what, error = %error, "job failed");
        }
    }
}
