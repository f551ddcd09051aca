//! Which deposits are collected together.

use aio_chain::{Claim, KeyPath, Place, Purpose, Source};
use aio_domain::{Amount, Timestamp};
use aio_store::{CollectableRow, CollectionSettingsRow};
use std::collections::HashMap;

/// Outputs in one transaction: nodes pass on no more than some 1,470 inputs.
const MOST_OUTPUTS: usize = 500;

/// All that may be collected from one subaddress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pile {
    /// The deposits, the oldest first.
    pub deposits: Vec<CollectableRow>,
    /// Their sum.
    pub sum: Amount,
}

/// What is to be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// Nothing before this instant, unless more comes.
    Wait(Timestamp),
    /// These together.
    Collect(Vec<Pile>),
}

/// Deposits by subaddress, in the order of the oldest of each; those that hold less than the minimum left out.
pub fn piles(rows: Vec<CollectableRow>, minimum: Amount) -> Vec<Pile> {
    let mut piles: Vec<Pile> = Vec::new();
    let mut places = HashMap::new();
    for row in rows {
        let place = *places.entry(row.subaddress).or_insert(piles.len());
        match piles.get_mut(place) {
            Some(pile) if pile.outputs() < MOST_OUTPUTS => {
                // A sum that does not fit is collected in two.
                if let Some(sum) = pile.sum.checked_add(row.amount) {
                    pile.sum = sum;
                    pile.deposits.push(row);
                }
            }
            Some(_) => {}
            None => piles.push(Pile { sum: row.amount, deposits: vec![row] }),
        }
    }
    piles.retain(|pile| pile.sum >= minimum);
    piles
}

/// A batch that is full is collected at once, others when the oldest deposit has waited long enough.
pub fn choose(piles: Vec<Pile>, settings: &CollectionSettingsRow, now: Timestamp) -> Choice {
    let size = usize::try_from(settings.batch_size).unwrap_or(usize::MAX);
    let since = piles.iter().flat_map(|pile| &pile.deposits).filter_map(|row| row.confirmed_at);
    let Some(oldest) = since.min() else { return Choice::Wait(Timestamp::from_millis(i64::MAX)) };
    let due = oldest.plus(settings.max_age);
    if piles.len() < size && due > now {
        return Choice::Wait(due);
    }
    let mut room = MOST_OUTPUTS;
    let mut chosen = Vec::new();
    for pile in piles.into_iter().take(size) {
        let Some(left) = room.checked_sub(pile.outputs()) else { break };
        room = left;
        chosen.push(pile);
    }
    Choice::Collect(chosen)
}

fn claim(row: &CollectableRow) -> Option<(Claim, Amount)> {
    Place::from_cell(&row.place)?.claim(&row.tx).map(|claim| (claim, row.amount))
}

impl Pile {
    /// How many outputs it has; none where addresses have balances, which are moved whole.
    fn outputs(&self) -> usize {
        let has_outputs = self.deposits.first().and_then(claim).is_some();
        if has_outputs { self.deposits.len() } else { 0 }
    }

    /// As the chain is told of it: with the outputs, where it has them.
    pub fn source(&self, account: u32) -> Option<Source> {
        let first = self.deposits.first()?;
        Some(Source {
            path: KeyPath { account, purpose: Purpose::Deposit, index: first.address_index },
            address: first.address.clone(),
            outputs: self.deposits.iter().filter_map(claim).collect(),
            amount: self.sum,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Choice, MOST_OUTPUTS, choose, piles};
    use aio_domain::{
        Amount, MerchantId, Random, RandomFailed, SubaddressId, Timestamp, TransactionId,
    };
    use aio_store::{CollectableRow, CollectionSettingsRow};

    struct Same(u8);

    impl Random for Same {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
            bytes.fill(self.0);
            Ok(())
        }
    }

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    fn row(at: u8, amount: u64, since: i64) -> CollectableRow {
        CollectableRow {
            id: TransactionId::generate(NOW, &Same(at)).unwrap(),
            subaddress: SubaddressId::generate(NOW, &Same(at)).unwrap(),
            address: format!("address {at}"),
            address_index: at.into(),
            tx: "tx".into(),
            place: format!("out:{since}"),
            amount: Amount::from(amount),
            confirmed_at: Some(Timestamp::from_millis(since)),
        }
    }

    fn settings(batch_size: u32, max_age: i64) -> CollectionSettingsRow {
        CollectionSettingsRow {
            chain: "model".into(),
            merchant: MerchantId::generate(NOW, &Same(0)).unwrap(),
            address: "safe".into(),
            next_address: None,
            next_at: None,
            automatic: true,
            batch_size,
            max_age,
            version: 1,
            updated_at: NOW,
        }
    }

    fn amounts(rows: &[CollectableRow], minimum: u64) -> Vec<String> {
        let piles = piles(rows.to_vec(), Amount::from(minimum));
        piles.iter().map(|pile| pile.sum.to_string()).collect()
    }

    #[test]
    fn a_subaddress_is_collected_when_all_that_lies_on_it_reaches_the_minimum() {
        let rows = [row(1, 5, 10), row(2, 9, 20), row(1, 5, 30), row(3, 10, 40)];
        assert_eq!(amounts(&rows, 0), ["10", "9", "10"]);
        assert_eq!(amounts(&rows, 10), ["10", "10"]);
        assert_eq!(amounts(&rows, 11), [""; 0]);
    }

    #[test]
    fn a_batch_begins_when_it_is_full_or_its_oldest_deposit_has_waited_long_enough() {
        let rows = vec![row(1, 5, 900), row(2, 5, 950)];
        let chosen = |size, age| match choose(
            piles(rows.clone(), Amount::ZERO),
            &settings(size, age),
            NOW,
        ) {
            Choice::Wait(until) => (0, until.millis()),
            Choice::Collect(piles) => (piles.len(), 0),
        };
        assert_eq!(chosen(3, 101), (0, 1_001));
        assert_eq!(chosen(3, 100), (2, 0));
        assert_eq!(chosen(2, 5_000), (2, 0));
        assert_eq!(chosen(1, 5_000), (1, 0));
        let nothing = choose(Vec::new(), &settings(1, 0), NOW);
        assert!(matches!(nothing, Choice::Wait(_)));
    }

    #[test]
    fn no_batch_has_more_deposits_than_one_transaction_carries() {
        let many: Vec<_> = (0..700).map(|n| row(u8::from(n % 7 > 4), 1, n)).collect();
        let Choice::Collect(piles) = choose(piles(many, Amount::ZERO), &settings(10, 0), NOW)
        else {
            panic!("nothing is chosen")
        };
        assert_eq!(piles.len(), 1);
        assert_eq!(piles[0].deposits.len(), MOST_OUTPUTS);
        assert_eq!(piles[0].source(7).unwrap().outputs.len(), MOST_OUTPUTS);
    }
}
