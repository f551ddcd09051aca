//! Looking: which chain, how far it is, what waits, and what an address holds.

use crate::{
    Evm,
    addresses::{kept, read_address},
    facts::Facts,
    tokens::Asset,
    trace,
    wire::{Block, Number, Small, Transaction, amount},
};
use aio_chain::{
    ChainError, ChainRead, Header, Identity, ScannedBlock, Seen, Tip, TxId, TxStatus, Watch,
};
use aio_domain::money::Amount;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, sol};
use async_trait::async_trait;
use serde::de::IgnoredAny;
use serde_json::json;

sol! {
    function balanceOf(address owner) external view returns (uint256);
    function decimals() external view returns (uint8);
}

#[async_trait]
impl ChainRead for Evm {
    async fn identity(&self) -> Result<Identity, ChainError> {
        let chain: Small = self.rpc.ask("eth_chainId", json!([])).await?;
        if chain.0 != self.chain_id {
            return Err(ChainError::WrongNetwork {
                wanted: self.chain_id.to_string(),
                found: chain.0.to_string(),
            });
        }
        let first = self.head_at(0).await?.ok_or_else(no_block)?;
        let node: String = self.rpc.ask("web3_clientVersion", json!([])).await?;
        Ok(Identity { network: chain.0.to_string(), genesis: first.block.hash, node })
    }

    async fn check_abilities(&self) -> Result<(), ChainError> {
        let latest = self.head("latest").await?.ok_or_else(no_block)?.block.hash;
        self.check_method("eth_getBlockReceipts", json!([latest]), "list the receipts of a block")
            .await?;
        if self.traces {
            let params = json!([latest, trace::kind()]);
            let what = "trace calls within a block, which finds coins that contracts send: give it \
                        its debug API, or switch traces off";
            self.check_method(trace::BLOCK, params, what).await?;
        }
        for (contract, token) in self.tokens.contracts() {
            let ticker = &token.ticker;
            let answer = self.view(contract, &decimalsCall {}.abi_encode()).await?;
            let Some(decimals) = answer else {
                let why = format!("{ticker}: there is no token at {}", kept(contract));
                return Err(ChainError::Unsupported(why));
            };
            if decimals != U256::from(token.decimals) {
                let said = token.decimals;
                let why = format!("{ticker} has {decimals} decimals, the settings say {said}");
                return Err(ChainError::Unsupported(why));
            }
        }
        Ok(())
    }

    async fn tip(&self) -> Result<Tip, ChainError> {
        let latest = self.head("latest").await?.ok_or_else(no_block)?;
        // Nodes of chains that call nothing final know no such word.
        let params = json!(["finalized", false]);
        let finalized = self.rpc.call::<Option<crate::block::Head>>("eth_getBlockByNumber", params);
        let finalized = finalized.await?.ok().flatten();
        let finalized = finalized.map(|head| head.header()).transpose()?;
        Ok(Tip { block: latest.block, finalized: finalized.map(|head| head.block.height) })
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
        let Some(hash) = read_hash(hash) else { return Ok(None) };
        self.scan_block(hash, watch).await
    }

    /// Only coins that transactions themselves carry, out of the block that the node would make now. The place of a
    /// token's payment is the number of its log, and of a contract's payment that of its call: nobody knows them before
    /// the transaction was run in its block, and a payment under another name would be counted twice.
    async fn pending(&self, watch: &dyn Watch) -> Result<Vec<Seen>, ChainError> {
        let latest = self.head("latest").await?.ok_or_else(no_block)?.block.height;
        let method = "eth_getBlockByNumber";
        let found = self.rpc.call::<Option<Block<Transaction>>>(method, json!(["pending", true]));
        let found = match found.await? {
            Ok(found) => found,
            // Some nodes make no such block, and say so.
            Err(refusal) if refusal.message.contains("pending block") => None,
            Err(refusal) => return Err(refusal.into_error(method)),
        };
        // Others give their newest block for it.
        let Some(block) = found.filter(|block| block.number.is_none_or(|n| n.0 > latest)) else {
            return Ok(Vec::new());
        };
        let seen = block.transactions.iter().filter_map(|tx| {
            let facts = Facts { tx, tokens: &self.tokens, watch };
            let top = facts.top().filter(|paid| facts.has_arrived(paid));
            let (payments, claim) = (Vec::from_iter(top), facts.claim());
            let concerns = !payments.is_empty() || watch.has_claim(&claim);
            concerns.then(|| Seen { payments, claims: vec![claim] })
        });
        Ok(seen.collect())
    }

    async fn status(&self, tx: &TxId, token: Option<&str>) -> Result<TxStatus, ChainError> {
        let asset = token.map(|token| self.tokens.asset(token)).transpose()?;
        let Some(hash) = read_hash(tx) else { return Ok(TxStatus::Unknown) };
        self.status_of(hash, asset).await
    }

    async fn balance(&self, address: &str, token: &str) -> Result<Amount, ChainError> {
        let asset = self.tokens.asset(token)?;
        let address = read_address(address)?;
        match asset {
            Asset::Coin => {
                let held: Number =
                    self.rpc.ask("eth_getBalance", json!([address, "latest"])).await?;
                Ok(amount(held.0))
            }
            Asset::Contract(contract) => {
                let call = balanceOfCall { owner: address }.abi_encode();
                let held = self.view(contract, &call).await?;
                let none = || ChainError::Unsupported(format!("{token}: there is no such token"));
                held.map(amount).ok_or_else(none)
            }
        }
    }
}

impl Evm {
    /// Whether the node has this method and lets us use it.
    async fn check_method(
        &self,
        method: &str,
        params: serde_json::Value,
        what: &str,
    ) -> Result<(), ChainError> {
        match self.rpc.call::<Vec<IgnoredAny>>(method, params).await? {
            Ok(_) => Ok(()),
            Err(refusal) if refusal.is_no_method() => {
                let why = format!("the node cannot {what}: {}", refusal.words());
                Err(ChainError::Unsupported(why))
            }
            // The first block was not made by transactions; a chain that has just begun has no other.
            Err(refusal) if refusal.message.contains("genesis") => Ok(()),
            Err(refusal) => Err(refusal.into_error(method)),
        }
    }

    /// What a contract answers where that is one number; none where it answers nothing or is not there.
    pub(crate) async fn view(
        &self,
        contract: Address,
        call: &[u8],
    ) -> Result<Option<U256>, ChainError> {
        let call = Bytes::copy_from_slice(call);
        let params = json!([{ "to": contract, "input": call }, "latest"]);
        let answer: Bytes = match self.rpc.call("eth_call", params).await? {
            Ok(answer) => answer,
            Err(refusal) if refusal.message.contains("revert") => return Ok(None),
            Err(refusal) => return Err(refusal.into_error("eth_call")),
        };
        match answer.len() {
            0 => Ok(None),
            32 => Ok(Some(U256::from_be_slice(&answer))),
            n => Err(ChainError::Garbage(format!("eth_call: {n} bytes for a number"))),
        }
    }
}

/// A hash as it is kept.
pub(crate) fn read_hash(text: &str) -> Option<B256> {
    text.strip_prefix("0x").filter(|digits| digits.len() == 64)?.parse().ok()
}

pub(crate) fn no_block() -> ChainError {
    ChainError::Garbage("the node has no first or no newest block".to_owned())
}
