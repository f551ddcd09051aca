//! What the services do with chains: on a model that can be made to do anything at any moment, and on a real node.

mod accounts;
mod bitcoin;
mod bitcoin_collect;
mod collecting;
mod evm;
mod evm_collect;
mod evm_gas;
mod evm_kills;
mod evm_strangers;
mod faults;
mod flow;
mod histories;
mod kills;
mod model;
mod model_spend;
mod overview;
mod resending;
mod seeds;
mod settings;
mod subaddresses;
mod volumes;
mod watching;

use crate::support::{Person, World};
use aio_domain::{
    Amount, DepositStatus, LedgerId, MerchantId,
    ledger::{LedgerAccount, LedgerReason},
    text::CustomerId,
};
use aio_service::{KeyCaller, Progress, Subaddress, SubaddressWish, Watcher};
use aio_store::{LedgerRow, TransactionFilter, TransactionRow};
use model::Model;
use std::{collections::BTreeMap, sync::Arc};

/// The token of the model.
const TOKEN: &str = "COIN";

/// A shop on a world with model chains.
struct Shop {
    caller: KeyCaller,
    owner: Person,
}

async fn shop(world: &World) -> Shop {
    let owner = world.owner().await;
    let (_, secret) = owner.key_and_secret("Shop").await;
    let caller = owner.call(&secret).await.unwrap();
    Shop { caller, owner }
}

fn wish(chain: &str, customer: &str) -> SubaddressWish {
    SubaddressWish { chain: chain.into(), customer: CustomerId::parse(customer).unwrap() }
}

impl Shop {
    async fn address(&self, world: &World, chain: &str, customer: &str) -> Subaddress {
        let wishes = [wish(chain, customer)];
        world.services.hand_out(&self.caller, &wishes).await.unwrap().remove(0)
    }

    /// Everything about the shop's deposits on a chain that a replay must find again.
    async fn state(&self, world: &World, chain: &str) -> State {
        let deposits = deposits(world, self.caller.merchant, chain).await;
        let counted = deposits.iter().filter(|row| row.status.is_mined());
        let counted = counted.map(|row| {
            let place = (row.tx.clone(), row.place.clone());
            let block = (row.block_height.unwrap(), row.block_hash.clone().unwrap());
            (place, (row.status, row.amount.to_string(), row.address.clone(), block))
        });
        State { counted: counted.collect(), balances: self.balances(world, chain).await }
    }

    /// The status of each deposit on a chain, in the order in which they were seen.
    async fn statuses(&self, world: &World, chain: &str) -> Vec<&'static str> {
        let rows = deposits(world, self.caller.merchant, chain).await;
        rows.iter().map(|row| row.status.as_str()).collect()
    }

    /// The ids of those deposits.
    async fn ids(&self, world: &World, chain: &str) -> Vec<String> {
        let rows = deposits(world, self.caller.merchant, chain).await;
        rows.iter().map(|row| row.id.to_string()).collect()
    }

    /// What happened with addresses and deposits, in order.
    async fn kinds(&self, world: &World) -> Vec<String> {
        let events = world.store.events_after(self.caller.merchant, 0, 1000).await.unwrap();
        let kinds = events.into_iter().map(|row| row.kind);
        let told =
            |kind: &String| kind.starts_with("transaction") || kind.starts_with("subaddress");
        kinds.filter(told).collect()
    }

    /// What each account holds: the negative side in front.
    async fn balances(&self, world: &World, chain: &str) -> BTreeMap<&'static str, String> {
        let rows = world.store.balances(self.caller.merchant).await.unwrap();
        let rows: Vec<_> = rows.iter().filter(|row| row.chain == chain).collect();
        let all = |side: fn(&aio_store::BalanceRow) -> Amount| {
            Amount::sum(rows.iter().map(|row| side(row))).unwrap()
        };
        assert_eq!(all(|row| row.debits), all(|row| row.credits), "the ledger sums to zero");
        let net = |row: &&aio_store::BalanceRow| match row.credits.checked_sub(row.debits) {
            Some(zero) if zero.is_zero() => None,
            Some(held) => Some((row.account.as_str(), held.to_string())),
            None => {
                Some((row.account.as_str(), format!("-{}", row.debits.checked_sub(row.credits)?)))
            }
        };
        rows.iter().filter_map(net).collect()
    }
}

#[derive(Debug, PartialEq, Eq)]
struct State {
    counted: BTreeMap<(String, String), Counted>,
    balances: BTreeMap<&'static str, String>,
}

/// Status, amount, address, and the block.
type Counted = (DepositStatus, String, String, (i64, String));

/// All deposits on a chain, in the order in which they were seen.
async fn deposits(world: &World, shop: MerchantId, chain: &str) -> Vec<TransactionRow> {
    let filter = TransactionFilter { chain: Some(chain.into()), ..TransactionFilter::default() };
    let mut rows = world.store.transactions(shop, &filter, 10_000).await.unwrap().rows;
    rows.reverse();
    rows
}

fn watcher(world: &World, chain: &str) -> Watcher {
    world.services.watcher(chain, "one").unwrap()
}

/// Steps until the watcher has nothing more to do.
async fn catch_up(watcher: &mut Watcher) {
    for _ in 0..1000 {
        if let Progress::Read { blocks: 0, at_tip: true } = watcher.step().await.unwrap() {
            return;
        }
    }
    panic!("the watcher does not come to an end");
}

/// A chain that is read, and a customer's address on it.
struct Scene {
    model: Arc<Model>,
    world: World,
    shop: Shop,
    watcher: Watcher,
    to: String,
}

impl Scene {
    async fn begin(model: Arc<Model>) -> Self {
        Self::begin_on(World::sqlite().await, model).await
    }

    async fn begin_on(world: World, model: Arc<Model>) -> Self {
        let world = world.with_chains(vec![model.port()]).await;
        let shop = shop(&world).await;
        let mut watcher = watcher(&world, &model.id);
        catch_up(&mut watcher).await;
        let to = shop.address(&world, &model.id, "ann").await.row.address;
        Self { model, world, shop, watcher, to }
    }
}

async fn world_of(models: &[&Arc<Model>]) -> World {
    World::sqlite().await.with_chains(models.iter().map(|model| model.port()).collect()).await
}

/// A line of the ledger, for what the watcher cannot be made to do.
fn line(amount: Amount) -> LedgerRow {
    LedgerRow {
        id: LedgerId::from_body("01h455vb4pex5vsknk084sn02q").unwrap(),
        chain: "model".into(),
        token: TOKEN.into(),
        debit: LedgerAccount::World,
        credit: LedgerAccount::Uncollected,
        amount,
        reason: LedgerReason::Deposit,
        reference: "txn".into(),
        at: crate::support::START,
    }
}
