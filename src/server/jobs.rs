//! Loops beside the requests, each around one service call.

use super::site::Site;
use std::{future::Future, time::Duration};
use tokio::{task::JoinSet, time::MissedTickBehavior};

/// Starts the loops; dropping the set stops them.
pub fn start(site: &Site) -> JoinSet<()> {
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
