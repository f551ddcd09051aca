//! Reads one chain, block by block, and follows its reorganisations. Polling is the truth: whatever a node pushes
//! could be lost. All that a block changes is changed in one transaction together with the cursor, so that a crash
//! anywhere replays harmlessly, and the cursor moves only from where this watcher saw it, so that of two watchers
//! one changes nothing.

use super::{ChainPort, deposits::Work, watch_set::WatchSet};
use crate::{ServiceError, Services};
use aio_chain::{BlockRef, ChainError, Header, ScannedBlock, Seen, TxStatus};
use aio_domain::{DepositStatus, time::SECOND};
use aio_store::{ChainRow, Cursor, NewChain, TransactionRow, Tx};
use std::collections::HashSet;

/// How long a watcher keeps a chain without a sign of life, in milliseconds.
const LEASE: i64 = 30 * SECOND;
/// Blocks read in one step; the lease is renewed in between.
const BLOCKS: u64 = 100;
/// Deposits in no block that are looked at in one go.
const WAITING: i64 = 500;
/// Every so many blocks, claims that can no longer matter are forgotten.
const FORGET_EVERY: u64 = 64;

/// What a step did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Another server reads this chain.
    Elsewhere,
    /// So many blocks were read.
    Read {
        /// How many.
        blocks: u64,
        /// Whether the node has no more.
        at_tip: bool,
    },
    /// The node does not have the blocks yet that were read already.
    NodeBehind,
    /// So many blocks were taken back.
    Rewound {
        /// How many.
        blocks: u64,
    },
    /// The chain stands still until a person has looked.
    Halted {
        /// Why.
        why: String,
    },
}

/// Why a step failed. Nothing of it was done, or whole blocks of it were.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The node.
    #[error("{0}")]
    Node(#[from] ChainError),
    /// The database, or a rule.
    #[error("{0}")]
    Service(#[from] ServiceError),
    /// Another watcher moved the cursor, or took the lease.
    #[error("another watcher was faster")]
    Overtaken,
}

impl From<aio_store::StoreError> for WatchError {
    fn from(error: aio_store::StoreError) -> Self {
        Self::Service(error.into())
    }
}

/// Reads one chain.
pub struct Watcher {
    services: Services,
    port: ChainPort,
    holder: String,
    set: WatchSet,
    /// Whether the node serves the network that the chain was begun on; asked again after a failure.
    known: bool,
}

impl Services {
    /// The watcher of a chain; `holder` tells this server from others.
    pub fn watcher(&self, chain: &str, holder: &str) -> Option<Watcher> {
        let port = self.chain_port(chain)?.clone();
        let (services, holder) = (self.clone(), holder.to_owned());
        Some(Watcher { services, port, holder, set: WatchSet::default(), known: false })
    }
}

impl Watcher {
    /// Goes on as far as it can in one step.
    pub async fn step(&mut self) -> Result<Progress, WatchError> {
        let done = self.try_step().await;
        if done.is_err() {
            self.known = false;
            self.set.forget_claims();
        }
        done
    }

    /// Lets another server go on at once.
    pub async fn release(&self) -> Result<(), WatchError> {
        Ok(self.services.store().release_lease(&self.port.id, &self.holder).await?)
    }

    async fn try_step(&mut self) -> Result<Progress, WatchError> {
        let row = match self.chain().await? {
            Some(row) => row,
            None => self.begin().await?,
        };
        if !self.has_lease(&row).await? {
            // Whoever reads now notes claims that are not known here.
            self.set.forget_claims();
            return Ok(Progress::Elsewhere);
        }
        if !self.known {
            self.check_identity(&row).await?;
            self.known = true;
        }
        let tip = self.port.read.tip().await?.block;
        self.note_tip(&row, signed(tip.height)).await?;
        let cursor = Cursor { height: row.height, hash: row.hash.clone() };
        let progress = match self.common(&cursor, &tip).await? {
            Common::Here => self.go_on(cursor, &tip).await?,
            Common::NodeBehind => Progress::NodeBehind,
            Common::At(block) => self.rewind(&cursor, &block).await?,
            Common::Nowhere => {
                let why = format!(
                    "the node's blocks differ from those that were read, deeper than {} blocks",
                    self.port.max_reorg
                );
                Progress::Halted { why }
            }
        };
        let halted = match &progress {
            Progress::Halted { why } => Some(why.as_str()),
            _ => None,
        };
        if halted != row.halted.as_deref() {
            self.services.store().halt_chain(&self.port.id, halted).await?;
        }
        Ok(progress)
    }

    /// Takes the lease, or renews it when half of it is over.
    async fn has_lease(&self, row: &ChainRow) -> Result<bool, WatchError> {
        let now = self.services.now();
        let is_ours = row.lease_holder.as_ref() == Some(&self.holder);
        // A clock that was set back must not make a lease of hours.
        let left = row.lease_until.millis() - now.millis();
        if is_ours && (LEASE / 2..=LEASE).contains(&left) {
            return Ok(true);
        }
        let until = now.plus(LEASE);
        Ok(self.services.store().take_lease(&self.port.id, &self.holder, now, until).await?)
    }

    /// Notes how far the node is, when that is news.
    async fn note_tip(&self, row: &ChainRow, tip: i64) -> Result<(), WatchError> {
        let now = self.services.now();
        let age = now.millis() - row.read_at.millis();
        if tip != row.tip || !(0..LEASE / 2).contains(&age) {
            self.services.store().note_tip(&self.port.id, tip, now).await?;
        }
        Ok(())
    }

    async fn chain(&self) -> Result<Option<ChainRow>, WatchError> {
        Ok(self.services.store().chain(&self.port.id).await?)
    }

    /// Begins so far below the newest block that a reorganisation right after it finds a common block. No address was
    /// handed out before, so nothing is missed and nothing is found there.
    async fn begin(&self) -> Result<ChainRow, WatchError> {
        let identity = self.port.read.identity().await?;
        self.port.check_network(&identity.network)?;
        let tip = self.port.read.tip().await?.block;
        let first = tip.height.saturating_sub(self.port.max_reorg.into());
        let Some(Header { block, .. }) = self.port.read.header_at(first).await? else {
            return Err(missing().into());
        };
        let chain = NewChain {
            id: self.port.id.clone(),
            network: identity.network,
            genesis: identity.genesis,
            cursor: Cursor { height: signed(block.height), hash: block.hash },
            at: self.services.now(),
        };
        let mut tx = self.services.store().begin().await?;
        tx.begin_chain(&chain).await?;
        tx.commit().await?;
        tracing::info!(chain = chain.id, height = chain.cursor.height, "reading begins");
        self.chain().await?.ok_or(WatchError::Overtaken)
    }

    async fn check_identity(&self, row: &ChainRow) -> Result<(), ChainError> {
        let identity = self.port.read.identity().await?;
        self.port.check_network(&identity.network)?;
        if identity.genesis == row.genesis {
            return Ok(());
        }
        let (wanted, found) = (row.genesis.clone(), identity.genesis);
        Err(ChainError::WrongNetwork { wanted, found })
    }

    /// The highest block that was read and that the node has too.
    async fn common(&self, cursor: &Cursor, tip: &BlockRef) -> Result<Common, WatchError> {
        if unsigned(cursor.height) > tip.height {
            let kept = self.kept(tip.height).await?;
            return Ok(match kept {
                // One with another history has other blocks where ours are kept.
                Some(hash) if hash != tip.hash => self.walk_back(tip.height).await?,
                // It has a block that was read, or is so far behind that it cannot be told yet.
                _ => Common::NodeBehind,
            });
        }
        match self.port.read.header_at(unsigned(cursor.height)).await? {
            Some(header) if header.block.hash == cursor.hash => Ok(Common::Here),
            _ => self.walk_back(unsigned(cursor.height).saturating_sub(1)).await,
        }
    }

    /// From here downwards through the blocks that are kept.
    async fn walk_back(&self, from: u64) -> Result<Common, WatchError> {
        let mut height = from;
        while let Some(kept) = self.kept(height).await? {
            let Some(header) = self.port.read.header_at(height).await? else {
                return Err(missing().into());
            };
            if header.block.hash == kept {
                return Ok(Common::At(Cursor { height: signed(height), hash: kept }));
            }
            let Some(below) = height.checked_sub(1) else { break };
            height = below;
        }
        Ok(Common::Nowhere)
    }

    async fn kept(&self, height: u64) -> Result<Option<String>, WatchError> {
        Ok(self.services.store().chain_block(&self.port.id, signed(height)).await?)
    }

    /// Reads the blocks behind the cursor and, when there are no more, what waits to be mined.
    async fn go_on(&mut self, mut cursor: Cursor, tip: &BlockRef) -> Result<Progress, WatchError> {
        let first = unsigned(cursor.height);
        let last = tip.height.min(first.saturating_add(BLOCKS));
        for height in first.saturating_add(1)..=last {
            let Some(Header { block, .. }) = self.port.read.header_at(height).await? else {
                break;
            };
            self.set.refresh(self.services.store(), &self.port.id).await?;
            let Some(scanned) = self.port.read.scan(&block.hash, &self.set).await? else { break };
            if scanned.header.parent != cursor.hash {
                // It changed under our eyes; the next step looks for the common block.
                break;
            }
            cursor = self.apply(&cursor, &scanned).await?;
        }
        let at_tip = unsigned(cursor.height) == tip.height;
        if at_tip {
            self.look_at_pending(&cursor).await?;
        }
        Ok(Progress::Read { blocks: unsigned(cursor.height) - first, at_tip })
    }

    /// Does everything that a block says, and moves the cursor behind it.
    async fn apply(&mut self, from: &Cursor, block: &ScannedBlock) -> Result<Cursor, WatchError> {
        let BlockRef { height, hash } = &block.header.block;
        let to = Cursor { height: signed(*height), hash: hash.clone() };
        let began = self.services.0.clock.micros();
        let mut tx = self.fenced(from, &to).await?;
        let oldest = to.height - i64::from(self.port.max_reorg);
        tx.keep_block(&self.port.id, &to, oldest).await?;
        let mut work = Work::new(&self.services, &self.port);
        let seen: Vec<_> = block.seen.iter().collect();
        work.seen(&mut tx, &seen, Some(&to)).await?;
        let here: HashSet<_> = block.seen.iter().filter_map(Seen::tx).collect();
        for (claim, taker) in &block.taken {
            work.taken(&mut tx, (claim, taker), to.height, &here).await?;
        }
        for paid in &block.left {
            work.left(&mut tx, paid, &to).await?;
        }
        work.ready(&mut tx, to.height).await?;
        work.book_departures(&mut tx, to.height).await?;
        if height.is_multiple_of(FORGET_EVERY) {
            tx.forget_claims(&self.port.id, oldest).await?;
            tx.forget_outgoing_claims(&self.port.id, oldest).await?;
        }
        work.finish(&mut tx).await?;
        tx.commit().await?;
        let payments: usize = block.seen.iter().map(|seen| seen.payments.len()).sum();
        if payments > 0 {
            let took_us = self.services.0.clock.micros().saturating_sub(began);
            tracing::info!(chain = self.port.id, height, payments, took_us, "block applied");
        }
        for seen in &block.seen {
            self.set.add_claims(&seen.claims);
        }
        Ok(to)
    }

    /// Takes back everything above a block.
    async fn rewind(&self, from: &Cursor, to: &Cursor) -> Result<Progress, WatchError> {
        let mut tx = self.fenced(from, to).await?;
        tx.forget_blocks(&self.port.id, to.height).await?;
        let mut work = Work::new(&self.services, &self.port);
        work.taken_back(&mut tx, to.height).await?;
        work.finish(&mut tx).await?;
        tx.commit().await?;
        let blocks = unsigned(from.height - to.height);
        tracing::warn!(chain = self.port.id, blocks, height = to.height, "reorganisation");
        Ok(Progress::Rewound { blocks })
    }

    /// Notes payments that wait to be mined, and gives those up that nobody knows any more.
    async fn look_at_pending(&mut self, cursor: &Cursor) -> Result<(), WatchError> {
        self.set.refresh(self.services.store(), &self.port.id).await?;
        let pending = self.port.read.pending(&self.set).await?;
        let waiting = self.waiting().await?;
        let known: HashSet<_> =
            waiting.iter().map(|row| (row.tx.as_str(), row.place.as_str())).collect();
        let is_new = |seen: &&Seen| {
            let places = seen.payments.iter().map(|paid| (paid.tx.as_str(), paid.place.to_cell()));
            places.into_iter().any(|(tx, place)| !known.contains(&(tx, place.as_str())))
        };
        let fresh: Vec<_> = pending.iter().filter(is_new).collect();
        let still: HashSet<_> = pending.iter().filter_map(Seen::tx).collect();
        let mut lost = Vec::new();
        for row in &waiting {
            if !still.contains(&row.tx) && self.is_lost(row, cursor).await? {
                lost.push(row);
            }
        }
        if fresh.is_empty() && lost.is_empty() {
            return Ok(());
        }
        let mut tx = self.fenced(cursor, cursor).await?;
        let mut work = Work::new(&self.services, &self.port);
        work.seen(&mut tx, &fresh, None).await?;
        for row in lost {
            work.given_up(&mut tx, row, DepositStatus::Dropped).await?;
        }
        work.finish(&mut tx).await?;
        tx.commit().await?;
        for seen in fresh {
            self.set.add_claims(&seen.claims);
        }
        Ok(())
    }

    async fn waiting(&self) -> Result<Vec<TransactionRow>, WatchError> {
        let mut rows: Vec<TransactionRow> = Vec::new();
        loop {
            let after = rows.last().map(|row| row.id);
            let page =
                self.services.store().transactions_waiting(&self.port.id, after, WAITING).await?;
            if page.is_empty() {
                return Ok(rows);
            }
            rows.extend(page);
        }
    }

    /// Whether the node knows nothing of a deposit's transaction, or has it in a block that was read without finding
    /// the deposit in it.
    async fn is_lost(&self, row: &TransactionRow, cursor: &Cursor) -> Result<bool, WatchError> {
        Ok(match self.port.read.status(&row.tx, None).await? {
            TxStatus::Unknown => true,
            TxStatus::Pending => false,
            TxStatus::Mined { block, .. } => signed(block.height) <= cursor.height,
        })
    }

    /// A transaction in which the cursor has moved, as far as it still stood where this watcher saw it.
    async fn fenced(&self, from: &Cursor, to: &Cursor) -> Result<Tx, WatchError> {
        self.services.fenced((&self.port.id, &self.holder), from, to).await
    }
}

enum Common {
    Here,
    NodeBehind,
    At(Cursor),
    Nowhere,
}

fn missing() -> ChainError {
    ChainError::Unavailable("a block is missing".to_owned())
}

/// Heights are far below 2^63; one that is not stands still at the end.
fn signed(height: u64) -> i64 {
    i64::try_from(height).unwrap_or(i64::MAX)
}

fn unsigned(height: i64) -> u64 {
    u64::try_from(height).unwrap_or(0)
}
