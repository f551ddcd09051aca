//! What of a transaction can matter to anybody, apart from who watches.

use crate::{Network, TOKEN};
use aio_chain::{Claim, Payment, Place, Seen, TxId};
use aio_domain::money::Amount;
use bitcoin::{Address, OutPoint, Transaction, Txid};
use std::iter::zip;

/// Outputs with an address, and the outputs that are spent.
#[derive(Debug)]
pub(crate) struct Facts {
    tx: Txid,
    outputs: Vec<(u32, String, u64)>,
    spent: Vec<OutPoint>,
}

impl Facts {
    pub fn of(tx: &Transaction, network: Network) -> Self {
        let outputs = zip(0_u32.., &tx.output).filter_map(|(n, output)| {
            let address = Address::from_script(&output.script_pubkey, network.library()).ok()?;
            // Nothing was paid with an output of nothing.
            let satoshis = output.value.to_sat();
            (satoshis > 0).then(|| (n, address.to_string(), satoshis))
        });
        // All coinbases spend the same nothing; as a claim it would make each the rival of all others.
        let spent = tx.input.iter().map(|input| input.previous_output).filter(|out| !out.is_null());
        Self { tx: tx.compute_txid(), outputs: outputs.collect(), spent: spent.collect() }
    }

    pub fn tx(&self) -> TxId {
        self.tx.to_string()
    }

    pub fn claims(&self) -> impl Iterator<Item = Claim> {
        self.spent.iter().map(ToString::to_string)
    }

    /// The transaction with its payments to addresses that this takes; there may be none.
    pub fn seen(&self, wanted: impl Fn(&str) -> bool) -> Seen {
        let paid = self.outputs.iter().filter(|(_, address, _)| wanted(address));
        let payments = paid.map(|(n, address, satoshis)| Payment {
            tx: self.tx(),
            place: Place::Output(*n),
            to: address.clone(),
            from: None,
            token: TOKEN.to_owned(),
            amount: Amount::from(*satoshis),
        });
        let payments: Vec<_> = payments.collect();
        Seen { payments, claims: self.claims().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::Facts;
    use crate::Network;
    use aio_chain::Place;
    use bitcoin::{Amount, ScriptBuf, WPubkeyHash, constants::genesis_block, hashes::Hash};

    #[test]
    fn an_output_of_nothing_is_no_payment_and_one_without_an_address_is_nobodys() {
        let mut tx = genesis_block(bitcoin::Network::Regtest).txdata.remove(0);
        let mut output = tx.output[0].clone();
        output.script_pubkey = ScriptBuf::new_p2wpkh(&WPubkeyHash::all_zeros());
        for satoshis in [0, 1] {
            output.value = Amount::from_sat(satoshis);
            tx.output.push(output.clone());
        }
        let seen = Facts::of(&tx, Network::Regtest).seen(|_| true);
        let [payment] = seen.payments.as_slice() else { panic!("{seen:?}") };
        assert_eq!((payment.place, payment.amount), (Place::Output(2), 1_u64.into()));
        assert!(seen.claims.is_empty());
    }
}
