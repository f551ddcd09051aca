//! Blocks and payments as every chain has them.

use aio_domain::{Timestamp, money::Amount};

/// A block's place: its height and its hash, as the chain writes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BlockRef {
    /// Blocks below it.
    pub height: u64,
    /// Its hash. The height alone says nothing: a reorganisation puts another block there.
    pub hash: String,
}

/// A block's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Which block.
    pub block: BlockRef,
    /// Hash of the block below: must be the one that was scanned before.
    pub parent: String,
    /// When it was made, as its maker says.
    pub time: Timestamp,
}

/// Id of a transaction, as the chain writes it.
pub type TxId = String;

/// The place of a payment in its transaction. Never a place in the block, which a reorganisation changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// What the transaction itself carries: coins of the chain to its receiver.
    Top,
    /// The n-th output.
    Output(u32),
    /// The n-th log that the transaction wrote.
    Log(u32),
    /// The n-th call inside the transaction that carried coins of the chain.
    Call(u32),
}

/// What two transactions cannot both take: an output that is spent, or a sender's number. A transaction whose claim
/// another one took in a block can never come.
pub type Claim = String;

/// A payment to an address that is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The transaction.
    pub tx: TxId,
    /// Where in it. Both together name the payment for ever.
    pub place: Place,
    /// To whom, in the form in which addresses are kept.
    pub to: String,
    /// From whom, where the chain says.
    pub from: Option<String>,
    /// Which token, by its ticker in the settings.
    pub token: String,
    /// How much arrived. What the chain's books say, never what the sender says he sent.
    pub amount: Amount,
}

/// A transaction with payments to watched addresses, in a block or on its way into one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The payments, in the order of their places.
    pub payments: Vec<Payment>,
    /// What the transaction takes.
    pub claims: Vec<Claim>,
}

/// A block, read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedBlock {
    /// Its head.
    pub header: Header,
    /// Transactions that pay watched addresses.
    pub seen: Vec<Seen>,
    /// Payments from watched addresses, whoever sent the transaction. Empty on chains with outputs, where what is spent
    /// is a claim.
    pub left: Vec<Payment>,
    /// Watched claims that this block's transactions took, each with the transaction that took it.
    pub taken: Vec<(Claim, TxId)>,
}

impl Seen {
    /// The transaction.
    pub fn tx(&self) -> Option<&TxId> {
        self.payments.first().map(|paid| &paid.tx)
    }
}

impl Place {
    /// The form in the database: `top`, `out:1`, `log:0`, `call:2`.
    pub fn to_cell(self) -> String {
        match self {
            Self::Top => "top".to_owned(),
            Self::Output(n) => format!("out:{n}"),
            Self::Log(n) => format!("log:{n}"),
            Self::Call(n) => format!("call:{n}"),
        }
    }

    /// What whoever spends this payment takes, on chains with outputs; none where addresses have balances.
    pub fn claim(self, tx: &str) -> Option<Claim> {
        match self {
            Self::Output(n) => Some(format!("{tx}:{n}")),
            Self::Top | Self::Log(_) | Self::Call(_) => None,
        }
    }

    /// The place of such a form.
    pub fn from_cell(text: &str) -> Option<Self> {
        if text == "top" {
            return Some(Self::Top);
        }
        let (kind, number) = text.split_once(':')?;
        let place = match (kind, number.parse().ok()?) {
            ("out", n) => Self::Output(n),
            ("log", n) => Self::Log(n),
            ("call", n) => Self::Call(n),
            _ => return None,
        };
        // One form for each place: no sign, no zeros before it.
        (place.to_cell() == text).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_place_has_one_form() {
        for place in [Place::Top, Place::Output(0), Place::Log(7), Place::Call(u32::MAX)] {
            assert_eq!(Place::from_cell(&place.to_cell()), Some(place));
        }
        assert_eq!(Place::Output(3).claim("tx"), Some("tx:3".to_owned()));
        assert_eq!(Place::Log(3).claim("tx"), None);
        for bad in [
            "",
            "Top",
            "out",
            "out:",
            "out:01",
            "out:+1",
            "out:-1",
            "log:4294967296",
            "x:1",
            "out:1 ",
        ] {
            assert_eq!(Place::from_cell(bad), None, "{bad}");
        }
    }
}
