//! A shop whose money is collected, on a model.

use super::{Model, Scene, Shop, catch_up, deposits};
use crate::support::World;
use aio_domain::{Amount, MerchantId, OutgoingId, OutgoingStatus};
use aio_service::{SendProgress, Sender, Watcher};
use aio_store::{
    AttemptRow, CollectionRow, CollectionSettingsRow, NewOutgoing, OutgoingRow, StoreError,
};
use std::sync::Arc;

/// Where the shop's money goes.
pub const SAFE: &str = "safe";

/// A chain that is read, a customer's address on it, and somebody who moves the money.
pub struct Flow {
    pub model: Arc<Model>,
    pub world: World,
    pub shop: Shop,
    pub watcher: Watcher,
    pub sender: Sender,
    pub to: String,
}

/// Collects to the safe: this many subaddresses at once, or after so many milliseconds.
pub async fn collects(world: &World, shop: MerchantId, chain: &str, batch: u32, max_age: i64) {
    collects_to(world, shop, (chain, SAFE), batch, max_age).await;
}

/// The same to an address.
pub async fn collects_to(
    world: &World,
    shop: MerchantId,
    (chain, address): (&str, &str),
    batch: u32,
    max_age: i64,
) {
    let old = world.store.collection_settings(shop, chain).await.unwrap();
    let row = CollectionSettingsRow {
        chain: chain.into(),
        merchant: shop,
        address: address.into(),
        next_address: None,
        next_at: None,
        automatic: true,
        batch_size: batch,
        max_age,
        version: old.map_or(0, |row| row.version),
        updated_at: world.now(),
    };
    let mut tx = world.store.begin().await.unwrap();
    assert!(tx.set_collection_settings(&row).await.unwrap());
    tx.commit().await.unwrap();
}

impl Flow {
    /// Collects whatever counts at once.
    pub async fn begin(model: Arc<Model>) -> Self {
        let Scene { model, world, shop, watcher, to } = Scene::begin(model).await;
        collects(&world, shop.caller.merchant, &model.id, 50, 0).await;
        let sender = world.services.sender(&model.id, "one").unwrap();
        Self { model, world, shop, watcher, sender, to }
    }

    /// A shop that has not said yet where its money goes.
    pub async fn begin_on(world: World, model: Arc<Model>) -> Self {
        let Scene { model, world, shop, watcher, to } = Scene::begin_on(world, model).await;
        let sender = world.services.sender(&model.id, "one").unwrap();
        Self { model, world, shop, watcher, sender, to }
    }

    pub const fn merchant(&self) -> MerchantId {
        self.shop.caller.merchant
    }

    /// Reads and sends until there is nothing more to do.
    pub async fn settle(&mut self) {
        for _ in 0..100 {
            catch_up(&mut self.watcher).await;
            if self.sender.step().await.unwrap() == SendProgress::Done(0) {
                return;
            }
        }
        panic!("the sender does not come to an end");
    }

    /// A payment to the customer, with the blocks that it needs.
    pub async fn deposit(&mut self, amount: u64, coin: &str) {
        // Ids of one instant have no order.
        self.world.clock.advance(1);
        self.model.pay(&self.to, amount, coin);
        self.model.mine();
        self.model.mine_empty(usize::try_from(self.model.needed).unwrap() - 1);
        catch_up(&mut self.watcher).await;
    }

    pub async fn mine(&mut self, blocks: usize) {
        for _ in 0..blocks {
            self.model.mine();
        }
        self.settle().await;
    }

    /// All collections, the oldest first.
    pub async fn collections(&self) -> Vec<CollectionRow> {
        let mut rows = self.world.store.collections(self.merchant(), None, 100).await.unwrap();
        rows.reverse();
        rows
    }

    /// How far each is.
    pub async fn told(&self) -> Vec<&'static str> {
        self.collections().await.iter().map(|row| row.status.as_str()).collect()
    }

    pub async fn outgoing(&self, id: OutgoingId) -> OutgoingRow {
        self.world.store.outgoing(self.merchant(), id).await.unwrap().unwrap()
    }

    /// The signed forms of the newest collection.
    pub async fn attempts(&self) -> Vec<AttemptRow> {
        let newest = self.collections().await.pop().unwrap();
        self.world.store.attempts(newest.outgoing).await.unwrap()
    }

    /// The status of each deposit, in the order in which they were seen.
    pub async fn statuses(&self) -> Vec<&'static str> {
        let rows = deposits(&self.world, self.merchant(), &self.model.id).await;
        rows.iter().map(|row| row.status.as_str()).collect()
    }

    /// What each account holds, `account token amount`.
    pub async fn books(&self) -> Vec<String> {
        books(&self.world, self.merchant(), &self.model.id).await
    }

    /// Kinds of the events about collections, in order.
    pub async fn events(&self) -> Vec<String> {
        let events = self.world.store.events_after(self.merchant(), 0, 1000).await.unwrap();
        let kinds = events.into_iter().map(|row| row.kind);
        kinds.filter(|kind| kind.starts_with("collection") || kind.ends_with("collected")).collect()
    }

    /// What lies on the safe in the chain as it is now.
    pub fn arrived(&self) -> u64 {
        self.model.inside().balance(SAFE)
    }
}

/// Wants what an outgoing transaction did once more: its key is known, and nothing is made.
pub async fn key_is_known(world: &World, shop: MerchantId, id: OutgoingId) {
    let row = world.store.outgoing(shop, id).await.unwrap().unwrap();
    let again = NewOutgoing {
        id: OutgoingId::generate(world.now(), world.random.as_ref()).unwrap(),
        chain: row.chain,
        kind: row.kind,
        key: row.key,
        token: row.token,
        destination: row.destination,
        amount: row.amount,
        status: OutgoingStatus::Signed,
        sender: None,
        at: row.created_at,
    };
    let mut tx = world.store.begin().await.unwrap();
    let refused = tx.insert_outgoing(shop, &again).await;
    assert!(matches!(refused, Err(StoreError::Unique)), "{refused:?}");
}

/// What each account of a merchant holds on a chain, token by token. The sum over all accounts is zero.
pub async fn books(world: &World, shop: MerchantId, chain: &str) -> Vec<String> {
    let rows = world.store.balances(shop).await.unwrap();
    let rows: Vec<_> = rows.into_iter().filter(|row| row.chain == chain).collect();
    let mut tokens: Vec<_> = rows.iter().map(|row| row.token.clone()).collect();
    tokens.dedup();
    let mut lines = Vec::new();
    for token in tokens {
        let of_token = || rows.iter().filter(|row| row.token == token);
        let all =
            |side: fn(&aio_store::BalanceRow) -> Amount| Amount::sum(of_token().map(side)).unwrap();
        assert_eq!(all(|row| row.debits), all(|row| row.credits), "{token} sums to zero");
        for row in of_token() {
            let net = match row.credits.checked_sub(row.debits) {
                Some(held) => held.to_string(),
                None => format!("-{}", row.debits.checked_sub(row.credits).unwrap()),
            };
            if net != "0" {
                lines.push(format!("{} {token} {net}", row.account));
            }
        }
    }
    lines.sort_unstable();
    lines
}
