//! Sending signed bytes, and what the node's answer means.

use crate::{Bitcoin, rpc::Refusal};
use aio_chain::{ChainError, Sent, Signed, TxStatus};
use bitcoin::{Transaction, Txid, consensus::encode::deserialize, hex::DisplayHex};
use serde_json::json;

/// The node has the transaction in its chain.
const ALREADY_MINED: i64 = -27;

/// Words in a refusal, and what they mean. Their codes say little: most refusals have -26.
const WORDS: [(&str, Sent); 11] = [
    ("txn-already-in-mempool", Sent::Known),
    ("txn-already-known", Sent::Known),
    ("txn-same-nonwitness-data-in-mempool", Sent::Known),
    ("min relay fee not met", Sent::Underpriced),
    ("mempool min fee not met", Sent::Underpriced),
    ("mempool full", Sent::Underpriced),
    ("insufficient fee", Sent::Underpriced),
    ("txn-mempool-conflict", Sent::Conflict),
    ("missingorspent", Sent::Conflict),
    ("missing-inputs", Sent::Conflict),
    ("bad-txns-spends-conflicting-tx", Sent::Conflict),
];

impl Bitcoin {
    pub(crate) async fn send(&self, signed: &Signed) -> Result<Sent, ChainError> {
        let Ok(tx) = deserialize::<Transaction>(&signed.bytes) else {
            return Ok(Sent::Rejected("the bytes are no transaction".to_owned()));
        };
        let id = tx.compute_txid();
        if id.to_string() != signed.tx {
            return Ok(Sent::Rejected(format!("the bytes are transaction {id}")));
        }
        let hex = signed.bytes.to_lower_hex_string();
        let answer = self.rpc.call::<Txid>("sendrawtransaction", json!([hex])).await?;
        match answer {
            Ok(sent) if sent == id => Ok(Sent::Accepted),
            Ok(other) => Err(ChainError::Garbage(format!("sent {id}, it answers {other}"))),
            Err(refusal) => self.refused(id, refusal).await,
        }
    }

    async fn refused(&self, id: Txid, refusal: Refusal) -> Result<Sent, ChainError> {
        let sent = meaning(&refusal)?;
        if sent != Sent::Conflict {
            return Ok(sent);
        }
        // Its own outputs may be spent already: then what it took seems taken, by itself.
        match self.status_of(id, None).await {
            Ok(TxStatus::Unknown) | Err(ChainError::Unsupported(_)) => Ok(Sent::Conflict),
            Ok(TxStatus::Pending | TxStatus::Mined { .. }) => Ok(Sent::Known),
            Err(error) => Err(error),
        }
    }
}

fn meaning(refusal: &Refusal) -> Result<Sent, ChainError> {
    if refusal.code == ALREADY_MINED {
        return Ok(Sent::Known);
    }
    let found = WORDS.iter().find(|(words, _)| refusal.message.contains(words));
    if let Some((_, sent)) = found {
        return Ok(sent.clone());
    }
    match refusal.code {
        // The transaction was looked at and refused.
        -22 | -25 | -26 => Ok(Sent::Rejected(refusal.words())),
        _ => Err(ChainError::Unavailable(format!("sendrawtransaction: {}", refusal.words()))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Refusal, meaning};
    use aio_chain::{ChainError, Sent};

    #[test]
    fn each_refusal_has_its_meaning() {
        let of = |code, message: &str| meaning(&Refusal { code, message: message.to_owned() });
        let told = [
            (-27, "Transaction outputs already in utxo set", Sent::Known),
            (-26, "txn-already-in-mempool", Sent::Known),
            (-26, "min relay fee not met, 100 < 141", Sent::Underpriced),
            (-26, "insufficient fee, rejecting replacement 00, not enough", Sent::Underpriced),
            (-26, "txn-mempool-conflict", Sent::Conflict),
            (-25, "bad-txns-inputs-missingorspent", Sent::Conflict),
        ];
        for (code, message, sent) in told {
            assert_eq!(of(code, message).unwrap(), sent, "{message}");
        }
        for (code, message) in [(-26, "dust"), (-22, "TX decode failed"), (-25, "else")] {
            assert!(matches!(of(code, message), Ok(Sent::Rejected(_))), "{message}");
        }
        assert!(matches!(of(-28, "Loading block index"), Err(ChainError::Unavailable(_))));
    }
}
