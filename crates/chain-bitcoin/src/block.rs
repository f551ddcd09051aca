//! Blocks, raw: what is used of them hangs on the hash that was asked for.

use crate::{Bitcoin, Network, facts::Facts};
use aio_chain::{BlockRef, ChainError, Header, ScannedBlock, Watch};
use aio_domain::Timestamp;
use bitcoin::{Block, BlockHash, block, consensus::encode::deserialize_hex};
use serde::Deserialize;
use serde_json::json;

/// The node has no such block, or none at that height.
const NOT_FOUND: i64 = -5;
const OUT_OF_RANGE: i64 = -8;

/// What the node adds to a block's head.
#[derive(Debug, Deserialize)]
pub(crate) struct About {
    hash: BlockHash,
    pub height: u64,
    /// -1 beside the chain.
    pub confirmations: i64,
    previousblockhash: Option<BlockHash>,
}

impl Bitcoin {
    pub(crate) async fn about(&self, hash: BlockHash) -> Result<Option<About>, ChainError> {
        let found: Option<About> =
            self.rpc.find("getblockheader", json!([hash, true]), &[NOT_FOUND]).await?;
        match found {
            Some(about) if about.hash != hash => Err(other_block(hash)),
            found => Ok(found),
        }
    }

    pub(crate) async fn head_at(&self, height: u64) -> Result<Option<Header>, ChainError> {
        // The node counts in 32 bits with a sign.
        if i32::try_from(height).is_err() {
            return Ok(None);
        }
        let found = self.rpc.find("getblockhash", json!([height]), &[OUT_OF_RANGE]).await?;
        let Some(hash) = found else { return Ok(None) };
        let found = self.rpc.find("getblockheader", json!([hash, false]), &[NOT_FOUND]).await?;
        let Some(hex): Option<String> = found else { return Ok(None) };
        let head: block::Header = deserialize_hex(&hex)
            .map_err(|error| ChainError::Garbage(format!("a block's head: {error}")))?;
        if head.block_hash() != hash {
            return Err(other_block(hash));
        }
        Ok(Some(header(&head, height)))
    }

    pub(crate) async fn scan_block(
        &self,
        hash: BlockHash,
        watch: &dyn Watch,
    ) -> Result<Option<ScannedBlock>, ChainError> {
        let Some(about) = self.about(hash).await? else { return Ok(None) };
        let found = self.rpc.find("getblock", json!([hash, 0]), &[NOT_FOUND]).await?;
        let Some(hex): Option<String> = found else { return Ok(None) };
        let block: Block = deserialize_hex(&hex)
            .map_err(|error| ChainError::Garbage(format!("block {hash}: {error}")))?;
        check(&block, &about)?;
        Ok(Some(scan(&block, about.height, self.network, watch)))
    }
}

/// Whether the block is the one, whole and unchanged: the hash covers the head, the head covers the transactions.
fn check(block: &Block, about: &About) -> Result<(), ChainError> {
    if block.block_hash() != about.hash {
        return Err(other_block(about.hash));
    }
    let parent = block.header.prev_blockhash;
    if about.previousblockhash.is_some_and(|said| said != parent) {
        return Err(ChainError::Garbage(format!("block {}: two parents", about.hash)));
    }
    if !block.check_merkle_root() || !block.check_witness_commitment() {
        return Err(ChainError::Garbage(format!("block {}: other transactions", about.hash)));
    }
    Ok(())
}

fn scan(block: &Block, height: u64, network: Network, watch: &dyn Watch) -> ScannedBlock {
    let mut seen = Vec::new();
    let mut taken = Vec::new();
    for tx in &block.txdata {
        let facts = Facts::of(tx, network);
        let claims = facts.claims().filter(|claim| watch.has_claim(claim));
        taken.extend(claims.map(|claim| (claim, facts.tx())));
        let found = facts.seen(|address| watch.has_address(address));
        if !found.payments.is_empty() {
            seen.push(found);
        }
    }
    ScannedBlock { header: header(&block.header, height), seen, left: Vec::new(), taken }
}

fn header(head: &block::Header, height: u64) -> Header {
    Header {
        block: BlockRef { height, hash: head.block_hash().to_string() },
        parent: head.prev_blockhash.to_string(),
        time: Timestamp::from_millis(i64::from(head.time) * 1000),
    }
}

fn other_block(hash: BlockHash) -> ChainError {
    ChainError::Garbage(format!("asked for block {hash}, got another"))
}

#[cfg(test)]
mod tests {
    use super::{About, check};
    use bitcoin::{Amount, Block, BlockHash, constants::genesis_block, hashes::Hash};

    fn first() -> (Block, About) {
        let block = genesis_block(bitcoin::Network::Regtest);
        let hash = block.block_hash();
        (block, About { hash, height: 0, confirmations: 1, previousblockhash: None })
    }

    #[test]
    fn a_block_is_taken_as_it_was_made_and_with_no_change_at_all() {
        let (block, about) = first();
        assert!(check(&block, &about).is_ok());
        let mut richer = block.clone();
        richer.txdata[0].output[0].value = Amount::from_sat(1);
        let mut longer = block.clone();
        longer.txdata.push(block.txdata[0].clone());
        let mut later = block.clone();
        later.header.time += 1;
        for (case, changed) in [("richer", richer), ("longer", longer), ("later", later)] {
            assert!(check(&changed, &about).is_err(), "{case}");
        }
        let parent = Some(BlockHash::from_byte_array([1; 32]));
        assert!(check(&block, &About { previousblockhash: parent, ..about }).is_err());
    }
}
