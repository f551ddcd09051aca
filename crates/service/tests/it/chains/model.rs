//! A chain that does what a test tells it: blocks, reorganisations, payments, nodes that lie or are away.

use super::{TOKEN, model_spend::ModelKeys};
use aio_chain::{
    BlockRef, ChainError, ChainRead, Header, Identity, Payment, Place, ScannedBlock, Seen, Tip,
    TxId, TxStatus, Watch,
};
use aio_domain::{Amount, Timestamp, deposit::Confirmations};
use aio_service::{ChainPort, Coin, OutgoingRules, TokenRules};
use async_trait::async_trait;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard},
};

/// A transaction of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tx {
    pub id: TxId,
    pub pays: Vec<(String, u64)>,
    pub takes: Vec<String>,
    /// On a model with accounts: addresses of which everything goes to the first that it pays.
    pub sweeps: Vec<String>,
    pub fee: u64,
}

#[derive(Debug, Clone)]
pub struct Block {
    pub hash: String,
    pub txs: Vec<Tx>,
    /// Addresses that could not be swept in it, and transactions that did nothing.
    pub stuck: HashSet<String>,
    pub reverted: HashSet<TxId>,
}

#[derive(Default)]
pub struct Inside {
    pub blocks: Vec<Block>,
    pub mempool: Vec<Tx>,
    /// Blocks that no longer belong to the chain but can still be asked for.
    pub stale: Vec<(String, u64, Block)>,
    pub network: String,
    pub genesis: String,
    /// The node is away after so many more answers.
    pub answers_left: Option<u32>,
    /// It tells of no block above this height.
    pub visible: Option<usize>,
    /// Addresses that cannot be swept.
    pub stuck: HashSet<String>,
    /// Whether sweeps do nothing at all.
    pub reverts: bool,
    /// What each input costs.
    pub fee_rate: u64,
    /// When bytes are sent again, and when with a higher fee, in milliseconds.
    pub patience: Option<(i64, i64)>,
    /// Payments below this are dust.
    pub dust: u64,
    /// Whether the chain must be prepared before it can collect.
    pub unprepared: bool,
    minted: u64,
}

pub struct Model {
    pub id: String,
    pub needed: u32,
    pub max_reorg: u32,
    /// Whether its addresses have balances, and senders count; else it has outputs.
    pub has_accounts: bool,
    inside: Mutex<Inside>,
}

impl Model {
    pub fn new(id: &str) -> Arc<Self> {
        Self::with(id, 3, 20)
    }

    pub fn with(id: &str, needed: u32, max_reorg: u32) -> Arc<Self> {
        Arc::new(Self::plain(id, needed, max_reorg))
    }

    pub fn with_accounts(id: &str, needed: u32, max_reorg: u32) -> Arc<Self> {
        Arc::new(Self { has_accounts: true, ..Self::plain(id, needed, max_reorg) })
    }

    fn plain(id: &str, needed: u32, max_reorg: u32) -> Self {
        let inside = Inside {
            network: "model".into(),
            genesis: "genesis".into(),
            blocks: vec![Block::of("genesis".into(), Vec::new())],
            fee_rate: 1,
            ..Inside::default()
        };
        let inside = Mutex::new(inside);
        Self { id: id.into(), needed, max_reorg, has_accounts: false, inside }
    }

    pub fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }

    pub fn port(self: &Arc<Self>) -> ChainPort {
        let (resend_after_ms, bump_after_ms) =
            self.inside().patience.unwrap_or((60_000, 30 * 60_000));
        ChainPort {
            id: self.id.clone(),
            network: "model".into(),
            read: self.clone(),
            derive: Arc::new(ModelKeys),
            signer: Arc::new(|_| Ok(Arc::new(ModelKeys))),
            spend: self.clone(),
            coin: Coin {
                ticker: if self.has_accounts { "GAS" } else { TOKEN }.into(),
                decimals: 2,
            },
            outgoing: OutgoingRules {
                fee_share_percent: 50,
                needs_gas: self.has_accounts,
                resend_after_ms,
                bump_after_ms,
                ..OutgoingRules::capped(Amount::from(1_000_u64))
            },
            tokens: vec![TokenRules {
                ticker: TOKEN.into(),
                decimals: 2,
                confirmations: Confirmations {
                    least: self.needed,
                    tiers: vec![(Amount::from(1_000_u64), self.needed * 2)],
                },
                dust: Amount::from(self.inside().dust),
            }],
            max_reorg: self.max_reorg,
            explorer: None,
        }
    }

    /// A payment that waits to be mined; transactions that take the same can not both be mined.
    pub fn pay(&self, to: &str, amount: u64, takes: &str) -> Tx {
        self.pay_many(&[(to, amount)], takes)
    }

    pub fn pay_many(&self, pays: &[(&str, u64)], takes: &str) -> Tx {
        let mut inside = self.inside();
        inside.minted += 1;
        let pays = pays.iter().map(|(to, amount)| ((*to).to_owned(), *amount)).collect();
        let id = format!("tx{}", inside.minted);
        let tx = Tx { id, pays, takes: vec![takes.into()], sweeps: Vec::new(), fee: 0 };
        inside.mempool.push(tx.clone());
        tx
    }

    /// A block with everything that waits and can be mined.
    pub fn mine(&self) {
        let txs = self.inside().minable(|_| true);
        self.mine_only(txs);
    }

    /// A block with these transactions; what takes the same leaves the pool.
    pub fn mine_only(&self, txs: Vec<Tx>) {
        let mut inside = self.inside();
        inside.minted += 1;
        let hash = format!("block{}", inside.minted);
        inside.mempool.retain(|waits| !txs.iter().any(|tx| tx.shares(&waits.takes)));
        let mut block = Block::of(hash, txs);
        block.stuck.clone_from(&inside.stuck);
        let sweeps = block.txs.iter().filter(|tx| inside.reverts && !tx.sweeps.is_empty());
        block.reverted = sweeps.map(|tx| tx.id.clone()).collect();
        inside.blocks.push(block);
    }

    pub fn mine_empty(&self, blocks: usize) {
        for _ in 0..blocks {
            self.mine_only(Vec::new());
        }
    }

    /// Takes blocks back; their transactions wait again.
    pub fn take_back(&self, blocks: usize) {
        let mut inside = self.inside();
        for _ in 0..blocks.min(inside.blocks.len() - 1) {
            let block = inside.blocks.pop().unwrap();
            let height = inside.blocks.len();
            let parent = inside.blocks.last().unwrap().hash.clone();
            inside.stale.push((parent, u64::try_from(height).unwrap(), block.clone()));
            inside.mempool.extend(block.txs);
        }
    }

    pub fn answer(&self) -> Result<MutexGuard<'_, Inside>, ChainError> {
        let mut inside = self.inside();
        inside.prune();
        match inside.answers_left {
            Some(0) => Err(ChainError::Unavailable("the model is away".into())),
            Some(left) => {
                inside.answers_left = Some(left - 1);
                Ok(inside)
            }
            None => Ok(inside),
        }
    }
}

impl Block {
    fn of(hash: String, txs: Vec<Tx>) -> Self {
        Self { hash, txs, stuck: HashSet::new(), reverted: HashSet::new() }
    }
}

impl Tx {
    pub fn shares(&self, takes: &[String]) -> bool {
        self.takes.iter().any(|take| takes.contains(take))
    }
}

impl Inside {
    /// What waits and is chosen, as far as nothing that it takes is taken or not there.
    pub fn minable(&self, mut is_chosen: impl FnMut(&Tx) -> bool) -> Vec<Tx> {
        let mut txs: Vec<Tx> = Vec::new();
        for tx in &self.mempool {
            let mined = self.blocks.iter().flat_map(|block| &block.txs);
            let is_taken = mined.chain(&txs).any(|one| one.shares(&tx.takes));
            let is_there = |take: &String| self.output(take, &txs).is_some();
            if !is_taken && tx.takes.iter().all(is_there) && is_chosen(tx) {
                txs.push(tx.clone());
            }
        }
        txs
    }

    /// Nodes forget what takes something that is not there any more.
    fn prune(&mut self) {
        loop {
            let pool = self.mempool.clone();
            let is_there = |take: &String| self.output(take, &pool).is_some();
            let kept: Vec<_> =
                pool.iter().filter(|tx| tx.takes.iter().all(is_there)).cloned().collect();
            let is_done = kept.len() == pool.len();
            self.mempool = kept;
            if is_done {
                return;
            }
        }
    }

    /// How much lies in what is taken; coins and numbers of senders are always there.
    pub fn output(&self, take: &str, more: &[Tx]) -> Option<u64> {
        let Some((id, n)) = take.split_once(':').filter(|(id, _)| !id.starts_with("gas")) else {
            return Some(0);
        };
        let mut mined = self.blocks.iter().flat_map(|block| &block.txs).chain(more);
        let tx = mined.find(|tx| tx.id == id)?;
        Some(tx.pays.get(n.parse::<usize>().ok()?)?.1)
    }

    fn top(&self) -> usize {
        let top = self.blocks.len() - 1;
        self.visible.map_or(top, |visible| visible.min(top))
    }

    fn header(&self, height: usize) -> Option<Header> {
        let block = self.blocks.get(height).filter(|_| height <= self.top())?;
        let parent = height.checked_sub(1).map_or("none", |below| &self.blocks[below].hash);
        Some(header(height, &block.hash, parent))
    }
}

fn header(height: usize, hash: &str, parent: &str) -> Header {
    let block = BlockRef { height: u64::try_from(height).unwrap(), hash: hash.into() };
    Header { block, parent: parent.into(), time: Timestamp::from_millis(0) }
}

fn seen(tx: &Tx, has_accounts: bool, watch: &dyn Watch) -> Option<Seen> {
    let pays = tx.pays.iter().enumerate().filter(|(_, (to, _))| watch.has_address(to));
    let payments: Vec<_> = pays
        .map(|(at, (to, amount))| Payment {
            tx: tx.id.clone(),
            place: match u32::try_from(at).unwrap() {
                n if has_accounts => Place::Log(n),
                n => Place::Output(n),
            },
            to: to.clone(),
            from: None,
            token: TOKEN.into(),
            amount: Amount::from(*amount),
        })
        .collect();
    (!payments.is_empty()).then(|| Seen { payments, claims: tx.takes.clone() })
}

#[async_trait]
impl ChainRead for Model {
    async fn identity(&self) -> Result<Identity, ChainError> {
        let inside = self.answer()?;
        let (network, genesis) = (inside.network.clone(), inside.genesis.clone());
        Ok(Identity { network, genesis, node: "model".into() })
    }

    async fn tip(&self) -> Result<Tip, ChainError> {
        let inside = self.answer()?;
        let block = inside.header(inside.top()).unwrap().block;
        Ok(Tip { block, finalized: None })
    }

    async fn header_at(&self, height: u64) -> Result<Option<Header>, ChainError> {
        Ok(self.answer()?.header(usize::try_from(height).unwrap()))
    }

    async fn scan(
        &self,
        hash: &str,
        watch: &dyn Watch,
    ) -> Result<Option<ScannedBlock>, ChainError> {
        let inside = self.answer()?;
        let found = inside.blocks.iter().position(|block| block.hash == hash);
        let (header, block) = match found {
            Some(height) => (inside.header(height).unwrap(), &inside.blocks[height]),
            None => match inside.stale.iter().find(|(_, _, block)| block.hash == hash) {
                Some((parent, height, block)) => {
                    (header(usize::try_from(*height).unwrap(), hash, parent), block)
                }
                None => return Ok(None),
            },
        };
        let taken = block.txs.iter().flat_map(|tx| tx.takes.iter().map(|take| (take, &tx.id)));
        let taken = taken.filter(|(take, _)| watch.has_claim(take));
        Ok(Some(ScannedBlock {
            header,
            seen: block.txs.iter().filter_map(|tx| seen(tx, self.has_accounts, watch)).collect(),
            left: Vec::new(),
            taken: taken.map(|(take, id)| (take.clone(), id.clone())).collect(),
        }))
    }

    async fn pending(&self, watch: &dyn Watch) -> Result<Vec<Seen>, ChainError> {
        let inside = self.answer()?;
        let seen = |tx| seen(tx, self.has_accounts, watch);
        Ok(inside.mempool.iter().filter_map(seen).collect())
    }

    async fn status(&self, tx: &TxId, token: Option<&str>) -> Result<TxStatus, ChainError> {
        let inside = self.answer()?;
        let at = |block: &Block| block.txs.iter().position(|one| one.id == *tx);
        let found = inside.blocks.iter().enumerate().rev();
        if let Some((height, at)) = found.map(|(h, b)| (h, at(b))).find(|(_, at)| at.is_some()) {
            // A block that the node does not tell of yet has nothing in it.
            let Some(header) = inside.header(height) else { return Ok(TxStatus::Unknown) };
            let block = &inside.blocks[height];
            let fee = Amount::from(block.txs[at.unwrap()].fee);
            let moved = if token.is_some() { inside.moved(tx) } else { Vec::new() };
            let succeeded = !block.reverted.contains(tx);
            return Ok(TxStatus::Mined { block: header.block, succeeded, fee, moved });
        }
        let waits = inside.mempool.iter().any(|one| one.id == *tx);
        Ok(if waits { TxStatus::Pending } else { TxStatus::Unknown })
    }

    async fn balance(&self, address: &str, _: &str) -> Result<Amount, ChainError> {
        Ok(Amount::from(self.answer()?.balance(address)))
    }
}
