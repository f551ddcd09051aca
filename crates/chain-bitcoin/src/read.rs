//! Looking at the chain: each question as the trait has it.

use crate::{Bitcoin, check_token, status::coins};
use aio_chain::{
    BlockRef, ChainError, ChainRead, Header, Identity, ScannedBlock, Seen, Tip, TxId, TxStatus,
    Watch,
};
use aio_domain::money::Amount;
use async_trait::async_trait;
use bitcoin::BlockHash;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{json, value::RawValue};
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct ChainInfo {
    chain: String,
    blocks: u64,
    bestblockhash: BlockHash,
}

#[derive(Deserialize)]
struct NetworkInfo {
    subversion: String,
}

#[derive(Deserialize)]
struct Unspent {
    success: bool,
    total_amount: Box<RawValue>,
}

#[async_trait]
impl ChainRead for Bitcoin {
    async fn identity(&self) -> Result<Identity, ChainError> {
        let genesis: BlockHash = self.rpc.ask("getblockhash", json!([0])).await?;
        let info: ChainInfo = self.rpc.ask("getblockchaininfo", json!([])).await?;
        if genesis != self.network.genesis() || info.chain != self.network.word() {
            return Err(ChainError::WrongNetwork {
                wanted: self.network.word().to_owned(),
                found: format!("{} ({genesis})", info.chain),
            });
        }
        let node: NetworkInfo = self.rpc.ask("getnetworkinfo", json!([])).await?;
        let network = self.network.word().to_owned();
        Ok(Identity { network, genesis: genesis.to_string(), node: node.subversion })
    }

    /// Without the index of transactions the node finds only those that wait, and nothing of a block.
    async fn check_abilities(&self) -> Result<(), ChainError> {
        let indexes: BTreeMap<String, IgnoredAny> =
            self.rpc.ask("getindexinfo", json!(["txindex"])).await?;
        if indexes.is_empty() {
            let why = "the node has no index of transactions: start it with txindex=1";
            return Err(ChainError::Unsupported(why.to_owned()));
        }
        Ok(())
    }

    async fn tip(&self) -> Result<Tip, ChainError> {
        let info: ChainInfo = self.rpc.ask("getblockchaininfo", json!([])).await?;
        let block = BlockRef { height: info.blocks, hash: info.bestblockhash.to_string() };
        Ok(Tip { block, finalized: None })
    }

    async fn header_at(&self, height: u64) -> Result<Option<Header>, ChainError> {
        self.head_at(height).await
    }

    async fn scan(
        &self,
        hash: &str,
        watch: &dyn Watch,
    ) -> Result<Option<ScannedBlock>, ChainError> {
        // What is no hash is no block's.
        let Ok(hash) = hash.parse() else { return Ok(None) };
        self.scan_block(hash, watch).await
    }

    async fn pending(&self, watch: &dyn Watch) -> Result<Vec<Seen>, ChainError> {
        self.walk_mempool(watch).await
    }

    async fn status(&self, tx: &TxId, token: Option<&str>) -> Result<TxStatus, ChainError> {
        let Ok(id) = tx.parse() else { return Ok(TxStatus::Unknown) };
        self.status_of(id, token).await
    }

    async fn balance(&self, address: &str, token: &str) -> Result<Amount, ChainError> {
        check_token(token)?;
        let address = self.addresses.read(address)?;
        // Without a wallet the node walks all unspent outputs: on the main network that takes it a minute or two.
        let params = json!(["start", [format!("addr({address})")]]);
        let unspent: Unspent = self.rpc.ask("scantxoutset", params).await?;
        if !unspent.success {
            return Err(ChainError::Unavailable("it stopped to count".to_owned()));
        }
        coins(&unspent.total_amount)
    }
}
