//! A chain that does what a test tells it: blocks, reorganisations, payments, nodes that lie or are away.

use super::TOKEN;
use aio_chain::{
    BlockRef, ChainError, ChainRead, Derive, Header, Identity, KeyPath, Payment, Place,
    ScannedBlock, Seen, SignError, Signed, Signer, SigningPolicy, Tip, TxId, TxStatus, Unsigned,
    Watch,
};
use aio_domain::{Amount, Timestamp, deposit::Confirmations};
use aio_service::{ChainPort, TokenRules};
use async_trait::async_trait;
use std::sync::{Arc, Mutex, MutexGuard};

/// A transaction of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tx {
    pub id: TxId,
    pub pays: Vec<(String, u64)>,
    pub takes: String,
}

#[derive(Debug, Clone)]
pub struct Block {
    pub hash: String,
    pub txs: Vec<Tx>,
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
    minted: u64,
}

pub struct Model {
    pub id: String,
    pub needed: u32,
    pub max_reorg: u32,
    inside: Mutex<Inside>,
}

impl Model {
    pub fn new(id: &str) -> Arc<Self> {
        Self::with(id, 3, 20)
    }

    pub fn with(id: &str, needed: u32, max_reorg: u32) -> Arc<Self> {
        let inside = Inside {
            network: "model".into(),
            genesis: "genesis".into(),
            blocks: vec![Block { hash: "genesis".into(), txs: Vec::new() }],
            ..Inside::default()
        };
        Arc::new(Self { id: id.into(), needed, max_reorg, inside: Mutex::new(inside) })
    }

    pub fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }

    pub fn port(self: &Arc<Self>) -> ChainPort {
        ChainPort {
            id: self.id.clone(),
            network: "model".into(),
            read: self.clone(),
            derive: Arc::new(ModelKeys),
            signer: Arc::new(|_| Ok(Arc::new(ModelKeys))),
            tokens: vec![TokenRules {
                ticker: TOKEN.into(),
                decimals: 2,
                confirmations: Confirmations {
                    least: self.needed,
                    tiers: vec![(Amount::from(1_000_u64), self.needed * 2)],
                },
                dust: Amount::ZERO,
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
        let tx = Tx { id: format!("tx{}", inside.minted), pays, takes: takes.into() };
        inside.mempool.push(tx.clone());
        tx
    }

    /// A block with everything that waits.
    pub fn mine(&self) {
        let txs = self.inside().mempool.clone();
        self.mine_only(txs);
    }

    /// A block with these transactions; what takes the same leaves the pool.
    pub fn mine_only(&self, txs: Vec<Tx>) {
        let mut inside = self.inside();
        inside.minted += 1;
        let hash = format!("block{}", inside.minted);
        inside.mempool.retain(|waits| !txs.iter().any(|tx| tx.takes == waits.takes));
        inside.blocks.push(Block { hash, txs });
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

    fn answer(&self) -> Result<MutexGuard<'_, Inside>, ChainError> {
        let mut inside = self.inside();
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

impl Inside {
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

fn seen(tx: &Tx, watch: &dyn Watch) -> Option<Seen> {
    let pays = tx.pays.iter().enumerate().filter(|(_, (to, _))| watch.has_address(to));
    let payments: Vec<_> = pays
        .map(|(at, (to, amount))| Payment {
            tx: tx.id.clone(),
            place: Place::Output(u32::try_from(at).unwrap()),
            to: to.clone(),
            from: None,
            token: TOKEN.into(),
            amount: Amount::from(*amount),
        })
        .collect();
    (!payments.is_empty()).then(|| Seen { payments, claims: vec![tx.takes.clone()] })
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
        let taken = block.txs.iter().filter(|tx| watch.has_claim(&tx.takes));
        Ok(Some(ScannedBlock {
            header,
            seen: block.txs.iter().filter_map(|tx| seen(tx, watch)).collect(),
            taken: taken.map(|tx| (tx.takes.clone(), tx.id.clone())).collect(),
        }))
    }

    async fn pending(&self, watch: &dyn Watch) -> Result<Vec<Seen>, ChainError> {
        Ok(self.answer()?.mempool.iter().filter_map(|tx| seen(tx, watch)).collect())
    }

    async fn status(&self, tx: &TxId, _: Option<&str>) -> Result<TxStatus, ChainError> {
        let inside = self.answer()?;
        let has = |block: &Block| block.txs.iter().any(|one| one.id == *tx);
        if let Some(height) = inside.blocks.iter().position(has) {
            let block = inside.header(height).unwrap().block;
            return Ok(TxStatus::Mined {
                block,
                succeeded: true,
                fee: Amount::ZERO,
                moved: vec![],
            });
        }
        let waits = inside.mempool.iter().any(|one| one.id == *tx);
        Ok(if waits { TxStatus::Pending } else { TxStatus::Unknown })
    }

    async fn balance(&self, _: &str, _: &str) -> Result<Amount, ChainError> {
        Ok(Amount::ZERO)
    }
}

/// Addresses that say what they are derived from.
pub struct ModelKeys;

impl Derive for ModelKeys {
    fn address(&self, key: &str, path: KeyPath) -> Result<String, ChainError> {
        Ok(format!("{key}/{}/{}", path.purpose.branch(), path.index))
    }

    fn parse(&self, text: &str) -> Result<String, ChainError> {
        Ok(text.to_owned())
    }

    fn display(&self, address: &str) -> String {
        address.to_uppercase()
    }

    fn payment_uri(&self, address: &str, _: &str) -> String {
        format!("model:{address}")
    }
}

impl Signer for ModelKeys {
    fn account_key(&self, account: u32) -> Result<String, SignError> {
        Ok(format!("account{account}"))
    }

    fn sign(&self, _: &Unsigned, _: &SigningPolicy) -> Result<Signed, SignError> {
        Err(SignError::NoKey)
    }
}
