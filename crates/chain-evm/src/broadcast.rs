//! Sending signed bytes, and what the node's answer means.

use crate::{Evm, facts::id, rpc::Refusal};
use aio_chain::{ChainError, Sent, Signed, TxStatus};
use alloy_primitives::{B256, Bytes, keccak256};
use serde_json::json;

/// Its sender's number is used: by itself or by another one.
const TAKEN: &str = "nonce too low";

/// Words in a refusal, in small letters, and what they mean. Codes say nothing: nearly all refusals have -32000.
const WORDS: [(&str, Sent); 9] = [
    ("already known", Sent::Known),
    ("already imported", Sent::Known),
    ("known transaction", Sent::Known),
    ("alreadyknown", Sent::Known),
    ("underpriced", Sent::Underpriced),
    ("fee per gas less than block base fee", Sent::Underpriced),
    ("fee too low", Sent::Underpriced),
    ("feetoolow", Sent::Underpriced),
    (TAKEN, Sent::Conflict),
];

/// The node could not read the bytes.
const NOT_READ: i64 = -32602;

/// Words of a refusal that stays one as long as the bytes, or what the sender has, are the same.
const REJECTED: [&str; 9] = [
    "insufficient funds",
    "intrinsic gas",
    "exceeds block gas limit",
    "gas limit too high",
    "invalid sender",
    "invalid chain id",
    "not supported",
    "decode",
    "rlp",
];

impl Evm {
    pub(crate) async fn send(&self, signed: &Signed) -> Result<Sent, ChainError> {
        let hash = keccak256(&signed.bytes);
        if id(hash) != signed.tx {
            return Ok(Sent::Rejected(format!("the bytes are transaction {hash}")));
        }
        let bytes = Bytes::copy_from_slice(&signed.bytes);
        let answer = self.rpc.call::<B256>("eth_sendRawTransaction", json!([bytes])).await?;
        match answer {
            Ok(sent) if sent == hash => Ok(Sent::Accepted),
            Ok(other) => Err(ChainError::Garbage(format!("sent {hash}, it answers {other}"))),
            Err(refusal) => self.refused(hash, refusal).await,
        }
    }

    async fn refused(&self, hash: B256, refusal: Refusal) -> Result<Sent, ChainError> {
        let sent = meaning(&refusal)?;
        if sent != Sent::Conflict {
            return Ok(sent);
        }
        // Mined, it took its number itself.
        match self.status_of(hash, None).await? {
            TxStatus::Unknown => Ok(Sent::Conflict),
            TxStatus::Pending | TxStatus::Mined { .. } => Ok(Sent::Known),
        }
    }
}

fn meaning(refusal: &Refusal) -> Result<Sent, ChainError> {
    let told = refusal.message.to_lowercase();
    if let Some((_, sent)) = WORDS.iter().find(|(words, _)| told.contains(words)) {
        return Ok(sent.clone());
    }
    if refusal.code == NOT_READ || REJECTED.iter().any(|words| told.contains(words)) {
        return Ok(Sent::Rejected(refusal.words()));
    }
    // Its pool is full, another one of the same sender waits, or it means something that is not known here.
    Err(ChainError::Unavailable(format!("eth_sendRawTransaction: {}", refusal.words())))
}

#[cfg(test)]
mod tests {
    use super::{Refusal, meaning};
    use aio_chain::{ChainError, Sent};

    #[test]
    fn each_refusal_has_its_meaning() {
        let of = |message: &str| meaning(&Refusal { code: -32000, message: message.to_owned() });
        let told = [
            ("already known", Sent::Known),
            ("transaction already imported", Sent::Known),
            ("nonce too low: next nonce 2, tx nonce 1", Sent::Conflict),
            ("replacement transaction underpriced", Sent::Underpriced),
            ("transaction underpriced: tip needed 1, tip permitted 0", Sent::Underpriced),
            ("max fee per gas less than block base fee", Sent::Underpriced),
        ];
        for (message, sent) in told {
            assert_eq!(of(message).unwrap(), sent, "{message}");
        }
        for message in [
            "insufficient funds for gas * price + value: balance 0, tx cost 1",
            "Insufficient funds for gas * price + value",
            "intrinsic gas too low",
            "Failed to decode transaction",
            "rlp: expected input list",
        ] {
            assert!(matches!(of(message), Ok(Sent::Rejected(_))), "{message}");
        }
        for message in [
            "txpool is full",
            "in-flight transaction limit reached",
            "authority already reserved",
            "",
        ] {
            assert!(matches!(of(message), Err(ChainError::Unavailable(_))), "{message}");
        }
    }
}
