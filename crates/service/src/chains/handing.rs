//! Requests for addresses that come at the same time share a transaction: whoever has the turn does the work of all who
//! wait, and a commit costs the disk once for all of them.

use super::{ChainPort, Subaddress, SubaddressWish};
use crate::{ServiceError, Services};
use aio_chain::{KeyPath, Purpose};
use aio_domain::{EventId, MerchantId, Problem, SubaddressId, text::CustomerId};
use aio_store::{NewEvent, NewSubaddress, StoreError, Tx};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot::{self, error::TryRecvError};

/// Addresses that one transaction hands out, when it is more than one request's.
const MOST: usize = 200;

const NO_KEY: ServiceError = ServiceError::Broken("a merchant without an account key");

type Told = Result<Vec<Subaddress>, ServiceError>;

/// A customer of a merchant on a chain. In this order locks are taken: two transactions must not wait for each other in
/// a circle.
type Whose = (String, MerchantId, CustomerId);

/// Who waits for addresses, and whose turn it is to hand them out.
#[derive(Default)]
pub struct Handing {
    turn: tokio::sync::Mutex<()>,
    waiting: Mutex<Vec<Asked>>,
}

/// One request.
struct Asked {
    merchant: MerchantId,
    wishes: Vec<SubaddressWish>,
    tell: oneshot::Sender<Told>,
}

impl Asked {
    fn whose(&self, wish: &SubaddressWish) -> Whose {
        (wish.chain.clone(), self.merchant, wish.customer.clone())
    }

    /// In the order of the wishes; what was handed out just now is told so once.
    fn answer(&self, found: &mut BTreeMap<Whose, Subaddress>) -> Told {
        let one = |wish: &SubaddressWish| {
            let found = found.get_mut(&self.whose(wish))?;
            let again = Subaddress { created: false, ..found.clone() };
            Some(std::mem::replace(found, again))
        };
        let found: Option<Vec<_>> = self.wishes.iter().map(one).collect();
        found.ok_or(ServiceError::Broken("an address that was handed out is not there"))
    }
}

impl Handing {
    fn waiting(&self) -> MutexGuard<'_, Vec<Asked>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, merchant: MerchantId, wishes: &[SubaddressWish]) -> oneshot::Receiver<Told> {
        let (tell, told) = oneshot::channel();
        self.waiting().push(Asked { merchant, wishes: wishes.to_vec(), tell });
        told
    }

    /// Those who have waited the longest. Whoever went away gets nothing.
    fn next(&self) -> Vec<Asked> {
        let mut waiting = self.waiting();
        waiting.retain(|asked| !asked.tell.is_closed());
        let mut addresses = 0;
        let fits = |asked: &&Asked| {
            addresses += asked.wishes.len();
            addresses <= MOST
        };
        let count = waiting.iter().take_while(fits).count().max(1).min(waiting.len());
        waiting.drain(..count).collect()
    }
}

impl Services {
    pub(crate) async fn hand_out_for(
        &self,
        merchant: MerchantId,
        wishes: &[SubaddressWish],
    ) -> Told {
        let chains: BTreeSet<&str> = wishes.iter().map(|wish| wish.chain.as_str()).collect();
        for chain in chains {
            let port = self.chain_port(chain).ok_or(Problem::NotFound)?;
            self.ensure_account(merchant, port).await?;
        }
        let handing = &self.0.chains.handing;
        let mut told = handing.ask(merchant, wishes);
        let _turn = handing.turn.lock().await;
        loop {
            match told.try_recv() {
                Ok(told) => return told,
                Err(TryRecvError::Empty) => self.hand_out_all(handing.next()).await,
                // Whoever had the turn went away in the middle of it, and nothing of it happened.
                Err(TryRecvError::Closed) => told = handing.ask(merchant, wishes),
            }
        }
    }

    /// All of these requests in one transaction or, when one of them spoils it, each in its own. Whoever went away
    /// meanwhile finds what was handed out the next time.
    async fn hand_out_all(&self, all: Vec<Asked>) {
        if let [_, _, ..] = all.as_slice()
            && let Ok(mut found) = self.hand_out_once(&all).await
        {
            for asked in all {
                let answer = asked.answer(&mut found);
                let _ = asked.tell.send(answer);
            }
            return;
        }
        for asked in all {
            let found = self.hand_out_once(std::slice::from_ref(&asked)).await;
            let answer = found.and_then(|mut found| asked.answer(&mut found));
            let _ = asked.tell.send(answer);
        }
    }

    async fn hand_out_once(
        &self,
        all: &[Asked],
    ) -> Result<BTreeMap<Whose, Subaddress>, ServiceError> {
        let each =
            |asked: &Asked| asked.wishes.iter().map(|wish| asked.whose(wish)).collect::<Vec<_>>();
        let wanted: BTreeSet<Whose> = all.iter().flat_map(each).collect();
        let mut tries = wanted.len();
        loop {
            match self.try_hand_out(&wanted).await {
                // Another server handed one of them out at this moment: now it is there.
                Err(ServiceError::Store(StoreError::Unique)) if tries > 0 => tries -= 1,
                done => return done,
            }
        }
    }

    /// All of them, those that are there and those that are new.
    async fn try_hand_out(
        &self,
        wanted: &BTreeSet<Whose>,
    ) -> Result<BTreeMap<Whose, Subaddress>, ServiceError> {
        let mut by_account: BTreeMap<(&str, MerchantId), Vec<&CustomerId>> = BTreeMap::new();
        for (chain, merchant, customer) in wanted {
            by_account.entry((chain, *merchant)).or_default().push(customer);
        }
        let (mut found, mut missing) = (BTreeMap::new(), Vec::new());
        for ((chain, merchant), mut customers) in by_account {
            let rows = self.store().subaddresses_of(merchant, chain, customers.iter().copied());
            for row in rows.await? {
                customers.retain(|customer| **customer != row.customer);
                let whose = (row.chain.clone(), merchant, row.customer.clone());
                found.insert(whose, self.shown_subaddress(row, false));
            }
            if !customers.is_empty() {
                missing.push(self.account(merchant, chain, customers).await?);
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for account in &missing {
            *counts.entry(&account.port.id).or_default() += account.count();
        }
        let mut tx = self.store().begin().await?;
        let mut numbers = BTreeMap::new();
        for (chain, count) in counts {
            // Nobody reads the chain yet: what is paid now might never be seen.
            let first = tx.take_watch_numbers(chain, count).await?.ok_or(Problem::Unavailable)?;
            numbers.insert(chain, first..);
        }
        let mut events: BTreeMap<MerchantId, Vec<NewEvent>> = BTreeMap::new();
        for account in &missing {
            let numbers = numbers.get_mut(account.port.id.as_str()).ok_or(NO_KEY)?;
            let new = self.derive(&mut tx, account, numbers).await?;
            tx.insert_subaddresses(account.merchant, &new).await?;
            for new in new {
                let whose = (new.chain.clone(), account.merchant, new.customer.clone());
                let shown = self.shown_subaddress(new.of(account.merchant), true);
                events.entry(account.merchant).or_default().push(self.created(&shown)?);
                found.insert(whose, shown);
            }
        }
        for (merchant, events) in &events {
            tx.append_events(*merchant, events).await?;
        }
        tx.commit().await?;
        Ok(found)
    }

    async fn account<'a>(
        &'a self,
        merchant: MerchantId,
        chain: &str,
        customers: Vec<&'a CustomerId>,
    ) -> Result<Account<'a>, ServiceError> {
        let port = self.chain_port(chain).ok_or(Problem::NotFound)?;
        let number = self.store().merchant_account(merchant).await?.ok_or(NO_KEY)?;
        let key = self.store().account_key(merchant, chain).await?.ok_or(NO_KEY)?;
        Ok(Account { merchant, port, number, key, customers })
    }

    /// The next addresses of an account, one for each customer.
    async fn derive(
        &self,
        tx: &mut Tx,
        account: &Account<'_>,
        numbers: &mut impl Iterator<Item = i64>,
    ) -> Result<Vec<NewSubaddress>, ServiceError> {
        let (merchant, port) = (account.merchant, account.port);
        let first = tx.take_address_indexes(merchant, &port.id, account.count()).await?;
        let indexes = first.ok_or(NO_KEY)?..;
        let new = account.customers.iter().zip(indexes.zip(numbers)).map(|(customer, given)| {
            let (index, number) = given;
            let path = KeyPath { account: account.number, purpose: Purpose::Deposit, index };
            let address = port.derive.address(&account.key, path);
            Ok(NewSubaddress {
                id: SubaddressId::generate(self.now(), self.random())?,
                chain: port.id.clone(),
                customer: (*customer).clone(),
                address: address.map_err(|_| ServiceError::Broken("no address from the key"))?,
                address_index: index,
                number,
                at: self.now(),
            })
        });
        new.collect()
    }

    fn created(&self, new: &Subaddress) -> Result<NewEvent, ServiceError> {
        let payload = json!({
            "chain": new.row.chain,
            "customer_id": new.row.customer,
            "address": new.display,
        });
        Ok(NewEvent {
            id: EventId::generate(self.now(), self.random())?,
            kind: "subaddress.created".to_owned(),
            object_id: Some(new.row.id.to_string()),
            payload: payload.to_string(),
            at: self.now(),
        })
    }
}

/// Who gets new addresses of a merchant on a chain, and what they are derived from.
struct Account<'a> {
    merchant: MerchantId,
    port: &'a ChainPort,
    /// The merchant's number in the keys' paths.
    number: u32,
    key: String,
    customers: Vec<&'a CustomerId>,
}

impl Account<'_> {
    fn count(&self) -> u32 {
        u32::try_from(self.customers.len()).unwrap_or(u32::MAX)
    }
}
