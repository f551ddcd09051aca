//! Asking every node whether it is the right one, and letting a chain go on that stood still.

use super::{ChainPort, deposits::Work};
use crate::{ServiceError, Services, audit::Line};
use aio_chain::{ChainError, Header};
use aio_domain::{
    Problem,
    audit::{ActorKind, Outcome},
};
use aio_store::{Cursor, Store};
use serde_json::json;

/// What a node is found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeFinding {
    /// It serves the network of the settings and of the database.
    Right {
        /// What it calls itself.
        node: String,
        /// Its newest block.
        height: u64,
    },
    /// It serves another one, or answers what cannot be used.
    Wrong(String),
    /// It answers, but not to us.
    Refused(String),
    /// It does not answer.
    Silent(String),
}

/// Asks the node of a chain who it is; the database says which chain was read before.
pub async fn check_node(store: &Store, port: &ChainPort) -> NodeFinding {
    match check(store, port).await {
        Ok((node, height)) => NodeFinding::Right { node, height },
        Err(error @ ChainError::Refused) => NodeFinding::Refused(error.to_string()),
        Err(error) if error.may_pass() => NodeFinding::Silent(error.to_string()),
        Err(error) => NodeFinding::Wrong(error.to_string()),
    }
}

async fn check(store: &Store, port: &ChainPort) -> Result<(String, u64), ChainError> {
    let identity = port.read.identity().await?;
    port.check_network(&identity.network)?;
    let row = store.chain(&port.id).await;
    let row = row.map_err(|error| ChainError::Unavailable(error.to_string()))?;
    if let Some(row) = row
        && row.genesis != identity.genesis
    {
        return Err(ChainError::WrongNetwork { wanted: row.genesis, found: identity.genesis });
    }
    port.read.check_abilities().await?;
    Ok((identity.node, port.read.tip().await?.block.height))
}

impl Services {
    /// Lets a chain go on that stands still because its node has other blocks than those that were read, deeper than is
    /// followed: everything in the blocks that are kept is taken back, and they are read anew. False when it does not
    /// stand still. Deposits in older blocks stay as they are: a person has to compare those with the chain.
    pub async fn resume_chain(&self, chain: &str) -> Result<bool, ServiceError> {
        let port = self.chain_port(chain).ok_or(Problem::NotFound)?;
        let Some(row) = self.store().chain(&port.id).await? else { return Ok(false) };
        if row.halted.is_none() {
            return Ok(false);
        }
        let lowest = self.store().lowest_chain_block(&port.id).await?.unwrap_or(row.height);
        let height = u64::try_from(lowest).unwrap_or(0).saturating_sub(1);
        let header = port.read.header_at(height).await.map_err(|_| Problem::Unavailable)?;
        let Some(Header { block, .. }) = header else { return Err(Problem::Unavailable.into()) };
        let from = Cursor { height: row.height, hash: row.hash };
        let to = Cursor { height: i64::try_from(height).unwrap_or(0), hash: block.hash };
        let mut tx = self.store().begin().await?;
        if !tx.resume_chain(&port.id, (&from, &to)).await? {
            return Ok(false);
        }
        let mut work = Work::new(self, port);
        work.taken_back(&mut tx, to.height).await?;
        work.finish(&mut tx).await?;
        let line = Line {
            merchant: None,
            actor: (ActorKind::Operator, None),
            action: "chain.resumed",
            target: None,
            outcome: Outcome::Done,
            origin: None,
            detail: &json!({ "chain": port.id, "height": to.height }),
        };
        self.write(&mut tx, line).await?;
        tx.commit().await?;
        Ok(true)
    }
}
