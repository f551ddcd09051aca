//! How much gas a transaction may use. The node tries it out; what an address that has not signed yet will name as its
//! code is put in its place for that. A node that cannot do this is not needed: then what can be needed at most is said.

use crate::{Evm, rpc::read_as, wire::Small};
use aio_chain::ChainError;
use alloy_primitives::{Address, Bytes, U256};
use serde_json::{Map, Value, json};

/// For each address that names its code (EIP-7702).
const NAMING: u64 = 25_000;

/// A transaction, and each byte that it is called with, at the highest price for it (EIP-7623).
const TRANSACTION: u64 = 21_000;
const BYTE: u64 = 40;

/// For an address that is swept, and what the contract wants to be left before the last one.
const SWEEP: u64 = 90_000;
const KEPT_BACK: u64 = 165_000;

/// For a byte of a contract that is put on the chain, and for making it.
const CODE_BYTE: u64 = 200;
const CREATION: u64 = 55_000;

/// For coins to an address that may have code.
const TRANSFER: u64 = 30_000;

/// No transaction may use more (EIP-7825).
const MOST: u64 = 1 << 24;

/// What is to be tried out.
pub(crate) struct Trial<'a> {
    pub payer: Address,
    pub to: Address,
    pub value: U256,
    pub data: &'a Bytes,
    /// Addresses that will have this code.
    pub named: &'a [Address],
    pub code: Bytes,
}

/// What a transaction does, for what it can use at most.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Work {
    Collect { sources: usize },
    Deploy,
    Transfer,
}

impl Evm {
    /// The gas that the transaction may use, with a quarter more than it would need now.
    pub(crate) async fn gas(&self, trial: &Trial<'_>, work: Work) -> Result<u64, ChainError> {
        let method = "eth_estimateGas";
        let tried = match self.rpc.raw(method, trial.params()).await? {
            Ok(answer) => {
                let needed: Small = read_as(&answer, method)?;
                // Signatures are not tried out.
                needed.0.saturating_add(NAMING.saturating_mul(count(trial.named.len())))
            }
            Err(refusal) if refusal.message.contains("insufficient funds") => {
                return Err(ChainError::NotEnough(format!("{method}: {}", refusal.words())));
            }
            Err(_) => trial.bound(work),
        };
        let gas = with_spare(tried);
        if gas > MOST {
            return Err(ChainError::Unsupported(format!("{gas} gas at once: collect from fewer")));
        }
        Ok(gas)
    }

    /// How many addresses would be swept now; none where the node cannot try it out.
    pub(crate) async fn swept_now(&self, trial: &Trial<'_>) -> Result<Option<U256>, ChainError> {
        let answer = self.rpc.call::<Bytes>("eth_call", trial.params()).await?;
        Ok(answer.ok().filter(|answer| answer.len() == 32).map(|n| U256::from_be_slice(&n)))
    }
}

impl Trial<'_> {
    fn params(&self) -> Value {
        let call = json!({
            "from": self.payer, "to": self.to, "value": self.value, "input": self.data,
        });
        if self.named.is_empty() {
            return json!([call, "latest"]);
        }
        let code = json!({ "code": self.code });
        let named: Map<_, _> =
            self.named.iter().map(|address| (address.to_string(), code.clone())).collect();
        json!([call, "latest", named])
    }

    /// What can be needed at most.
    fn bound(&self, work: Work) -> u64 {
        let bytes = count(self.data.len());
        let work = match work {
            Work::Collect { sources } => {
                let named = NAMING.saturating_mul(count(self.named.len()));
                SWEEP.saturating_mul(count(sources)).saturating_add(KEPT_BACK + named)
            }
            Work::Deploy => CODE_BYTE.saturating_mul(bytes).saturating_add(CREATION),
            Work::Transfer => TRANSFER,
        };
        BYTE.saturating_mul(bytes).saturating_add(TRANSACTION).saturating_add(work)
    }
}

/// A quarter more.
const fn with_spare(needed: u64) -> u64 {
    needed.saturating_add(needed / 4)
}

/// How much of a limit is that quarter.
pub(crate) const fn spare(limit: u64) -> u64 {
    limit / 5
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
