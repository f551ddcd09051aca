//! Money that somebody else sent to the collection address: anybody may call the contract that subaddresses name as
//! their code, and it knows no other way. What left is noted with its block, and booked as a collection without a fee
//! when each deposit that lay there counts. Such a collection has no bytes of ours: its block taken back, it has failed.

use super::books::Found;
use crate::{ServiceError, chains::Work};
use aio_chain::{BlockRef, Moved, Payment};
use aio_domain::{
    Amount, CollectionId, DepositStatus, OutgoingId, OutgoingKind, OutgoingStatus, Passage,
    TransactionId,
};
use aio_store::{
    CollectableRow, Cursor, DepartureRow, LyingRow, NewCollection, NewOutgoing, OutgoingRow,
    PartRow, Tx,
};
use std::collections::HashMap;

/// Departures that are looked at with one block.
const AT_ONCE: i64 = 500;

/// What left before of deposits, by deposit.
pub struct Parts(HashMap<TransactionId, Amount>);

impl Parts {
    pub fn of(rows: Vec<PartRow>) -> Result<Self, ServiceError> {
        let mut parts: HashMap<_, Amount> = HashMap::new();
        for row in rows {
            let before = parts.entry(row.id).or_default();
            *before = before.checked_add(row.amount).ok_or(TOO_MUCH)?;
        }
        Ok(Self(parts))
    }

    /// How much of a deposit still lies where it was paid to.
    fn rest(&self, id: TransactionId, amount: Amount) -> Amount {
        let gone = self.0.get(&id).copied().unwrap_or_default();
        amount.checked_sub(gone).unwrap_or_default()
    }

    /// The same deposits with what is left of each.
    pub fn without(&self, mut rows: Vec<CollectableRow>) -> Vec<CollectableRow> {
        for row in &mut rows {
            row.amount = self.rest(row.id, row.amount);
        }
        rows.retain(|row| !row.amount.is_zero());
        rows
    }
}

const TOO_MUCH: ServiceError = ServiceError::Broken("a sum of deposits that does not fit");

/// What a departure carried away: deposits, or what was left of them, and a part of one more.
struct Taken<'a> {
    whole: Vec<(&'a LyingRow, Amount)>,
    part: Option<(&'a LyingRow, Amount)>,
}

/// The oldest deposits first.
fn share_out<'a>(rows: &'a [LyingRow], parts: &Parts, mut amount: Amount) -> Taken<'a> {
    let mut taken = Taken { whole: Vec::new(), part: None };
    for row in rows {
        let rest = parts.rest(row.id, row.amount);
        let Some(left) = amount.checked_sub(rest) else {
            taken.part = Some((row, amount)).filter(|(_, amount)| !amount.is_zero());
            break;
        };
        taken.whole.push((row, rest));
        amount = left;
    }
    taken.whole.retain(|(_, rest)| !rest.is_zero());
    taken
}

impl Work<'_> {
    /// Money left a subaddress in a block. What our own transactions moved is found by whoever follows them.
    pub async fn left(
        &mut self,
        tx: &mut Tx,
        paid: &Payment,
        block: &Cursor,
    ) -> Result<(), ServiceError> {
        let chain = self.port.id.clone();
        let Some(from) = &paid.from else { return Ok(()) };
        if tx.is_ours(&chain, &paid.tx).await? {
            return Ok(());
        }
        let Some(subaddress) = tx.subaddress_by_address(&chain, from).await? else { return Ok(()) };
        let merchant = subaddress.merchant;
        if !tx.was_destination(merchant, &chain, &paid.to).await? {
            let (tx, to, token) = (&paid.tx, &paid.to, &paid.token);
            let why = "needs attention: money left a subaddress for an address that is not the merchant's";
            tracing::error!(chain, %merchant, tx, from, to, token, amount = %paid.amount, why);
            return Ok(());
        }
        let row = DepartureRow {
            merchant,
            chain,
            tx: paid.tx.clone(),
            place: paid.place.to_cell(),
            subaddress: subaddress.id,
            token: paid.token.clone(),
            destination: paid.to.clone(),
            amount: paid.amount,
            block_height: block.height,
            block_hash: block.hash.clone(),
        };
        Ok(tx.insert_departure(&row).await?)
    }

    /// Books what left, as far as all deposits count that lay there and none of them is on its way with one of our own
    /// transactions: that one says first what it moved.
    pub async fn book_departures(&mut self, tx: &mut Tx, height: i64) -> Result<(), ServiceError> {
        for gone in tx.departures(&self.port.id, AT_ONCE).await? {
            let rows = tx.lying(gone.merchant, gone.subaddress, &gone.token, gone.block_height);
            let rows = rows.await?;
            let is_open =
                |row: &LyingRow| row.status != DepositStatus::Confirmed || row.holder.is_some();
            if rows.iter().any(is_open) {
                continue;
            }
            let parts = tx.parts(gone.merchant, &gone.chain, &gone.token).await?;
            let taken = share_out(&rows, &Parts::of(parts)?, gone.amount);
            if taken.whole.is_empty() && taken.part.is_none() {
                // A deposit may still come back from a reorganisation.
                if height - gone.block_height > i64::from(self.port.max_reorg) {
                    let (chain, hash) = (&gone.chain, &gone.tx);
                    tracing::warn!(
                        chain,
                        tx = hash,
                        "what left a subaddress is in no books of ours"
                    );
                    tx.delete_departure(&gone).await?;
                }
                continue;
            }
            self.book(tx, &gone, &taken).await?;
            tx.delete_departure(&gone).await?;
        }
        Ok(())
    }

    async fn book(
        &mut self,
        tx: &mut Tx,
        gone: &DepartureRow,
        taken: &Taken<'_>,
    ) -> Result<(), ServiceError> {
        let (now, random) = (self.services.now(), self.services.random());
        let whole = Amount::sum(taken.whole.iter().map(|(_, amount)| *amount)).ok_or(TOO_MUCH)?;
        let all = taken.whole.iter().chain(&taken.part);
        let part = taken.part.map(|(_, amount)| amount).unwrap_or_default();
        let amount = whole.checked_add(part).ok_or(TOO_MUCH)?;
        let new = NewOutgoing {
            id: OutgoingId::generate(now, random)?,
            chain: gone.chain.clone(),
            kind: OutgoingKind::Collect,
            key: format!("stranger {} {} {}", gone.tx, gone.place, gone.block_hash),
            token: gone.token.clone(),
            destination: gone.destination.clone(),
            amount,
            status: OutgoingStatus::Broadcast,
            sender: None,
            at: now,
        };
        let collection = NewCollection {
            id: CollectionId::generate(now, random)?,
            outgoing: new.id,
            chain: gone.chain.clone(),
            token: gone.token.clone(),
            destination: gone.destination.clone(),
            amount,
            deposits: all.map(|(row, amount)| (row.id, gone.subaddress, *amount)).collect(),
            at: now,
        };
        tx.insert_outgoing(gone.merchant, &new).await?;
        tx.insert_collection(gone.merchant, &collection).await?;
        if let Some((part, _)) = taken.part {
            let rows = tx.collected(gone.merchant, collection.id).await?;
            for row in rows.iter().filter(|row| row.id == part.id) {
                tx.set_passage(collection.id, row, Passage::Part).await?;
            }
        }
        let row = tx.outgoing(gone.merchant, new.id).await?;
        let row = row.ok_or(ServiceError::Broken("a new outgoing transaction is not there"))?;
        let from = taken.whole.first().map(|(row, _)| row.address.clone());
        let height = u64::try_from(gone.block_height).unwrap_or(0);
        let found = Found {
            tx: gone.tx.clone(),
            block: BlockRef { height, hash: gone.block_hash.clone() },
            succeeded: true,
            // Somebody else paid it.
            fee: Amount::ZERO,
            moved: from
                .map(|from| Moved { from, amount: whole, went: Vec::new() })
                .into_iter()
                .collect(),
        };
        let (chain, hash) = (&gone.chain, &gone.tx);
        tracing::info!(chain, tx = hash, outgoing = %row.id, %amount, "collected by somebody else");
        if self.outgoing_mined(tx, &row, &found).await? {
            Ok(())
        } else {
            Err(ServiceError::Broken("a deposit that counts and does not"))
        }
    }

    /// Whether a transaction that is followed was sent by somebody else: then nothing of it was kept to be sent.
    pub async fn is_strangers(&self, tx: &mut Tx, row: &OutgoingRow) -> Result<bool, ServiceError> {
        Ok(tx.attempts(row.id).await?.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::{Parts, share_out};
    use aio_domain::{Amount, DepositStatus, Random, RandomFailed, Timestamp, TransactionId};
    use aio_store::{LyingRow, PartRow};

    struct Same(u8);

    impl Random for Same {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
            bytes.fill(self.0);
            Ok(())
        }
    }

    fn id(n: u8) -> TransactionId {
        TransactionId::generate(Timestamp::from_millis(1), &Same(n)).unwrap()
    }

    fn lying(n: u8, amount: u64) -> LyingRow {
        LyingRow {
            id: id(n),
            amount: Amount::from(amount),
            status: DepositStatus::Confirmed,
            address: "address".into(),
            holder: None,
        }
    }

    /// Whole deposits and the part of one more, of 10, 20 and 30 of which 4 of the second left before.
    fn shared(amount: u64) -> (Vec<String>, Option<String>) {
        let rows = [lying(1, 10), lying(2, 20), lying(3, 30)];
        let parts = [1_u64, 3].map(|n| PartRow { id: id(2), amount: Amount::from(n) });
        let parts = Parts::of(parts.to_vec()).unwrap();
        let taken = share_out(&rows, &parts, Amount::from(amount));
        let whole = taken.whole.iter().map(|(_, amount)| amount.to_string());
        (whole.collect(), taken.part.map(|(_, amount)| amount.to_string()))
    }

    #[test]
    fn what_left_is_the_oldest_deposits_what_was_left_of_them_and_a_part_of_one_more() {
        let told = |whole: &[&str], part: Option<&str>| {
            (whole.iter().map(|one| (*one).to_owned()).collect(), part.map(str::to_owned))
        };
        assert_eq!(shared(0), told(&[], None));
        assert_eq!(shared(9), told(&[], Some("9")));
        assert_eq!(shared(10), told(&["10"], None));
        assert_eq!(shared(25), told(&["10"], Some("15")));
        assert_eq!(shared(26), told(&["10", "16"], None));
        assert_eq!(shared(56), told(&["10", "16", "30"], None));
        assert_eq!(shared(99), told(&["10", "16", "30"], None));
    }
}
