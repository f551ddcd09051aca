//! Coins that contracts send: calls within a transaction, as a node that traces tells them. A call that failed took
//! back all that was within it, and a call of code in somebody else's name moves nothing.
//!
//! Anybody can make a transaction whose trace is longer than memory, or takes longer than a node allows. That must not
//! keep a chain from being read: then each transaction is asked for alone, and of one that cannot be traced even so
//! only what is in its logs and on its face is known.

use crate::{
    Evm,
    rpc::{Refusal, read_as},
    wire::{Frame, Receipt, Trace},
};
use aio_chain::ChainError;
use alloy_primitives::{Address, B256, U256};
use serde_json::{Value, json, value::RawValue};

pub(crate) const BLOCK: &str = "debug_traceBlockByHash";
const ONE: &str = "debug_traceTransaction";

/// What a transaction without calls uses.
const NO_CALLS: u64 = 21_000;

/// A call that carried coins.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Carried {
    pub from: Address,
    pub to: Address,
    pub value: U256,
}

/// The kind of trace: calls within calls. A node stops after five seconds, so that it answers while we still wait.
pub(crate) fn kind() -> Value {
    json!({ "tracer": "callTracer", "timeout": "5s" })
}

impl Evm {
    /// The calls that carried coins, for each transaction of a block, without the transactions themselves.
    pub(crate) async fn calls(
        &self,
        hash: B256,
        receipts: &[Receipt],
    ) -> Result<Vec<Vec<Carried>>, ChainError> {
        let of: Vec<_> = receipts.iter().map(|receipt| receipt.transaction_hash).collect();
        let read = match self.rpc.raw(BLOCK, json!([hash, kind()])).await? {
            Ok(answer) => read_block(&answer, &of)?,
            Err(refusal) if is_too_much(&refusal) => of.iter().map(|_| None).collect(),
            Err(refusal) => return Err(refusal.into_error(BLOCK)),
        };
        let mut all = Vec::with_capacity(read.len());
        for (calls, receipt) in read.into_iter().zip(receipts) {
            all.push(match calls {
                Some(calls) => calls,
                None if receipt.gas_used.0 <= NO_CALLS => Vec::new(),
                None => self.calls_of(receipt.transaction_hash).await?,
            });
        }
        Ok(all)
    }

    async fn calls_of(&self, tx: B256) -> Result<Vec<Carried>, ChainError> {
        match self.rpc.raw(ONE, json!([tx, kind()])).await? {
            Ok(answer) => read_calls(read_as(&answer, ONE)?),
            Err(refusal) if is_too_much(&refusal) => {
                let why = refusal.words();
                tracing::warn!(%tx, why, "not traced: coins that contracts sent in it are not seen");
                Ok(Vec::new())
            }
            Err(refusal) => Err(refusal.into_error(ONE)),
        }
    }
}

/// Whether there is too much to be told, or it took too long.
fn is_too_much(refusal: &Refusal) -> bool {
    let told = refusal.message.to_lowercase();
    refusal.is_too_large() || told.contains("timeout") || told.contains("timed out")
}

/// Of each transaction what was traced; none where it was not.
fn read_block(answer: &RawValue, of: &[B256]) -> Result<Vec<Option<Vec<Carried>>>, ChainError> {
    let garbage = |why: &str| ChainError::Garbage(format!("{BLOCK}: {why}"));
    let traces: Vec<Trace<'_>> = read_as(answer, BLOCK)?;
    if traces.len() != of.len() {
        return Err(garbage("not as many as the block has transactions"));
    }
    let each = traces.iter().zip(of).map(|(trace, tx)| {
        if trace.tx_hash.is_some_and(|hash| hash != *tx) {
            return Err(garbage("of another transaction"));
        }
        trace.result.map(|top| read_calls(read_as(top, BLOCK)?)).transpose()
    });
    each.collect()
}

/// Walks in the order in which calls were made, level by level with a list of its own: there may be a thousand levels.
fn read_calls(top: Frame<'_>) -> Result<Vec<Carried>, ChainError> {
    let mut found = Vec::new();
    if top.error.is_some() {
        return Ok(found);
    }
    let mut open = top.calls;
    open.reverse();
    while let Some(text) = open.pop() {
        let frame: Frame<'_> = read_as(text, ONE)?;
        if frame.error.is_some() {
            continue;
        }
        if let Some(carried) = carried(&frame) {
            found.push(carried);
        }
        open.extend(frame.calls.into_iter().rev());
    }
    Ok(found)
}

fn carried(frame: &Frame<'_>) -> Option<Carried> {
    // Code that is called in the caller's own name shows the caller's coins, which go nowhere.
    if !matches!(frame.kind.as_str(), "CALL" | "CREATE" | "CREATE2" | "SELFDESTRUCT") {
        return None;
    }
    let value = frame.value.map(|value| value.0).filter(|value| !value.is_zero())?;
    Some(Carried { from: frame.from, to: frame.to?, value })
}

#[cfg(test)]
mod tests {
    use super::read_block;
    use alloy_primitives::B256;
    use serde_json::{Value, json, value::RawValue};

    fn call(kind: &str, value: u8, calls: Value) -> Value {
        let (from, to) = (format!("0x{:040x}", 1), format!("0x{value:040x}"));
        json!({ "type": kind, "from": from, "to": to, "value": format!("{value:#x}"), "calls": calls })
    }

    fn values(top: &Value) -> Option<Vec<u64>> {
        let text = RawValue::from_string(json!([{ "result": top }]).to_string()).unwrap();
        let mut calls = read_block(&text, &[B256::ZERO]).ok()?;
        Some(calls.remove(0)?.iter().map(|call| call.value.to()).collect())
    }

    #[test]
    fn calls_are_found_in_their_order_without_those_that_failed_or_moved_nothing() {
        let mut failed = call("CALL", 9, json!([call("CALL", 9, json!([]))]));
        failed["error"] = json!("execution reverted");
        let calls = json!([
            call("CALL", 2, json!([call("CALL", 3, json!([])), call("CALL", 0, json!([]))])),
            failed,
            call("DELEGATECALL", 9, json!([call("CALL", 4, json!([]))])),
            call("STATICCALL", 0, json!([])),
            call("CALLCODE", 9, json!([])),
            call("CREATE", 5, json!([])),
            call("SELFDESTRUCT", 6, json!([])),
        ]);
        assert_eq!(values(&call("CALL", 1, calls.clone())), Some(vec![2, 3, 4, 5, 6]));
        let mut top = call("CALL", 1, calls);
        top["error"] = json!("out of gas");
        assert_eq!(values(&top), Some(vec![]));
    }

    #[test]
    fn a_thousand_levels_are_read_and_nonsense_is_not() {
        let mut text = call("CALL", 7, json!([])).to_string();
        for _ in 0..1024 {
            let outer = call("CALL", 0, json!([]));
            text = outer.to_string().replace("[]", &format!("[{text}]"));
        }
        let text = RawValue::from_string(format!("[{{\"result\":{text}}}]")).unwrap();
        let calls = read_block(&text, &[B256::ZERO]).unwrap();
        assert_eq!(calls[0].as_ref().unwrap()[0].value.to::<u64>(), 7);
        for bad in ["{}", "[]", "[{\"result\":1}]", "[{\"result\":{}}]"] {
            let text = RawValue::from_string(bad.to_owned()).unwrap();
            assert!(read_block(&text, &[B256::ZERO]).is_err(), "{bad}");
        }
        let other =
            json!([{ "txHash": B256::repeat_byte(1), "result": call("CALL", 1, json!([])) }]);
        let text = RawValue::from_string(other.to_string()).unwrap();
        assert!(read_block(&text, &[B256::ZERO]).is_err());
    }
}
