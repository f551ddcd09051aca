//! Begins collections: what is due is planned, checked, signed and kept, and only then sent. Nothing is reserved
//! before it is signed, so a crash up to that point leaves nothing behind.

use super::{
    batch::{Choice, Pile, choose, piles},
    sender::Sender,
    strangers::Parts,
};
use crate::{ServiceError, WatchError, chains::Work};
use aio_chain::{ChainError, Intent, Payer, Signed, Unsigned};
use aio_domain::{
    Amount, CollectionId, OutgoingId, OutgoingKind, OutgoingStatus, Timestamp, Waiting,
};
use aio_store::{
    CollectableRow, CollectionSettingsRow, Cursor, NewAttempt, NewCollection, NewOutgoing,
    OutgoingRow, StoreError, Tx,
};
use serde_json::json;

/// Merchants fetched at once.
const PAGE: i64 = 200;
/// Deposits of a merchant that are fetched at once.
const DEPOSITS: i64 = 5_000;

/// What was found the last time, as long as nothing can have changed.
pub struct Looked {
    at: Cursor,
    version: i64,
    until: Timestamp,
}

/// A transaction that is wanted and may be signed.
struct Wanted<'a> {
    settings: &'a CollectionSettingsRow,
    kind: OutgoingKind,
    key: String,
    token: &'a str,
    destination: &'a str,
    intent: Intent,
    amount: Amount,
    piles: &'a [Pile],
}

/// What came of looking at one token of one merchant.
enum Came {
    /// A transaction was made.
    Made,
    /// Nothing to do before this instant.
    Nothing(Timestamp),
    /// It is due, but cannot be.
    Waits(Waiting),
}

impl Sender {
    /// Everything that is due on this chain.
    pub(super) async fn collect(&mut self, at: &Cursor) -> Result<u32, WatchError> {
        let (mut done, mut after) = (0, None);
        loop {
            let store = self.services.store();
            let page = store.automatic_settings(&self.port.id, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(done) };
            after = Some(last.merchant);
            for settings in &page {
                self.watch_gas(settings.merchant).await?;
                for token in self.port.tokens.clone() {
                    done += u32::from(self.look(settings, &token.ticker, at).await?);
                }
            }
        }
    }

    /// Looks at one token of one merchant, unless nothing can have changed since the last time.
    async fn look(
        &mut self,
        settings: &CollectionSettingsRow,
        token: &str,
        at: &Cursor,
    ) -> Result<bool, WatchError> {
        let now = self.services.now();
        let place = (settings.merchant, token.to_owned());
        let is_same =
            |last: &Looked| last.at == *at && last.version == settings.version && now < last.until;
        if self.looked.get(&place).is_some_and(is_same) {
            return Ok(false);
        }
        let until = match self.collect_token(settings, token, at).await? {
            Came::Made => {
                self.looked.remove(&place);
                self.set_waiting(settings, token, None).await?;
                return Ok(true);
            }
            Came::Nothing(until) => {
                self.set_waiting(settings, token, None).await?;
                until
            }
            Came::Waits(why) => {
                self.set_waiting(settings, token, Some(why)).await?;
                now.plus(self.port.outgoing.wait_ms(0))
            }
        };
        self.looked.insert(place, Looked { at: at.clone(), version: settings.version, until });
        Ok(false)
    }

    async fn collect_token(
        &self,
        settings: &CollectionSettingsRow,
        token: &str,
        at: &Cursor,
    ) -> Result<Came, WatchError> {
        let (merchant, now) = (settings.merchant, self.services.now());
        let store = self.services.store().clone();
        let Some(to) = settings.address_at(now) else {
            return Ok(Came::Nothing(settings.next_at.unwrap_or(now)));
        };
        let place = (self.port.id.as_str(), token);
        let dust = self.port.token(token).map_or(Amount::ZERO, |token| token.dust);
        let mut rows: Vec<CollectableRow> = Vec::new();
        loop {
            let after = rows.last().map(|row| row.id);
            let page = store.to_collect(merchant, place, dust, after, DEPOSITS).await?;
            if page.is_empty() {
                break;
            }
            rows.extend(page);
        }
        if !rows.is_empty() {
            rows = Parts::of(store.parts(merchant, place.0, token).await?)?.without(rows);
        }
        let minimum = store.collection_token(merchant, place.0, token).await?;
        let minimum = minimum.map_or(Amount::ZERO, |row| row.minimum);
        let chosen = match self.choose_there(piles(rows, minimum), settings, token).await? {
            Ok(chosen) => chosen,
            Err(came) => return Ok(came),
        };
        fail::fail_point!("outgoing-before-plan");
        if self.port.spend.needs_preparation(to).await? {
            return self.prepare(settings, token, to, at).await;
        }
        let account = self.policy(merchant, to).await?.account;
        let from = chosen.iter().filter_map(|pile| pile.source(account)).collect();
        let amount = Amount::sum(chosen.iter().map(|pile| pile.sum));
        let amount = amount.ok_or(ServiceError::Broken("a sum of deposits that does not fit"))?;
        let first = chosen.first().and_then(|pile| pile.deposits.first());
        let first = first.ok_or(ServiceError::Broken("a pile without deposits"))?.id;
        // The same deposits are asked for with the same key, unless a collection let them go.
        let key = format!("collect {first} {}", store.times_collected(first).await?);
        let (token_name, destination) = (token.to_owned(), to.to_owned());
        let intent = Intent::Collect { from, token: token_name, to: destination };
        let kind = OutgoingKind::Collect;
        let wanted =
            Wanted { settings, kind, key, token, destination: to, intent, amount, piles: &chosen };
        self.make(wanted, at).await
    }

    /// What is collected now, out of piles whose money lies where our books say: the others stand in nobody's way.
    async fn choose_there(
        &self,
        mut piles: Vec<Pile>,
        settings: &CollectionSettingsRow,
        token: &str,
    ) -> Result<Result<Vec<Pile>, Came>, WatchError> {
        let mut is_missing = false;
        loop {
            let chosen = match choose(piles.clone(), settings, self.services.now()) {
                Choice::Wait(_) if is_missing => return Ok(Err(Came::Waits(Waiting::Refused))),
                Choice::Wait(until) => return Ok(Err(Came::Nothing(until))),
                Choice::Collect(chosen) => chosen,
            };
            let there = self.really_there(&chosen, token).await?;
            if there.len() == chosen.len() {
                return Ok(Ok(there));
            }
            is_missing = true;
            piles.retain(|pile| !chosen.contains(pile) || there.contains(pile));
        }
    }

    /// Piles whose money lies where our books say. Outputs are looked at by whoever plans; an address says itself what
    /// is on it.
    async fn really_there(&self, piles: &[Pile], token: &str) -> Result<Vec<Pile>, WatchError> {
        let mut there = Vec::with_capacity(piles.len());
        for pile in piles {
            let source = pile.source(0);
            let has_outputs = source.as_ref().is_some_and(|source| !source.outputs.is_empty());
            let is_there = has_outputs
                || match &source {
                    Some(source) => self.has(&source.address, token, pile.sum).await?,
                    None => false,
                };
            if is_there {
                there.push(pile.clone());
            }
        }
        Ok(there)
    }

    /// Whether an address has at least so much.
    async fn has(&self, address: &str, token: &str, amount: Amount) -> Result<bool, WatchError> {
        let held = self.port.read.balance(address, token).await?;
        if held < amount {
            let why = "needs attention: an address holds less than our books say";
            tracing::warn!(chain = self.port.id, address, token, %held, %amount, why);
        }
        Ok(held >= amount)
    }

    /// What the chain needs once before it can collect to this address.
    async fn prepare(
        &self,
        settings: &CollectionSettingsRow,
        token: &str,
        to: &str,
        at: &Cursor,
    ) -> Result<Came, WatchError> {
        for n in 0_u32.. {
            let key = format!("prepare {} {to} {n}", self.port.id);
            let known = self.services.store().outgoing_by_key(settings.merchant, &key).await?;
            match known.map(|row| row.status) {
                // This one never happened: once more.
                Some(OutgoingStatus::Failed | OutgoingStatus::Overtaken) => {}
                Some(_) => break,
                None => {
                    let wanted = Wanted {
                        settings,
                        kind: OutgoingKind::Prepare,
                        key,
                        token: &self.port.coin.ticker.clone(),
                        destination: to,
                        intent: Intent::Prepare { to: to.to_owned() },
                        amount: Amount::ZERO,
                        piles: &[],
                    };
                    return Ok(match self.make(wanted, at).await? {
                        Came::Made | Came::Nothing(_) => Came::Waits(Waiting::Preparing),
                        waits @ Came::Waits(_) => waits,
                    });
                }
            }
        }
        tracing::debug!(chain = self.port.id, token, "waits for its preparation");
        Ok(Came::Waits(Waiting::Preparing))
    }

    /// Plans, checks and signs it, keeps it, and sends it.
    async fn make(&self, wanted: Wanted<'_>, at: &Cursor) -> Result<Came, WatchError> {
        let merchant = wanted.settings.merchant;
        let payer = self.payer(merchant).await?;
        let unsigned = match self.port.spend.plan(&wanted.intent, payer.as_ref()).await {
            Ok(unsigned) => unsigned,
            Err(error) if error.is_of_the_node() => return Err(error.into()),
            Err(ChainError::NotEnough(why)) => {
                tracing::info!(chain = self.port.id, %merchant, why, "not collected");
                return Ok(Came::Waits(Waiting::NotEnough));
            }
            Err(error) => {
                tracing::warn!(chain = self.port.id, %merchant, %error, "not collected");
                return Ok(Came::Waits(Waiting::Refused));
            }
        };
        fail::fail_point!("outgoing-after-plan");
        let rules = &self.port.outgoing;
        if unsigned.max_fee > rules.max_fee {
            return Ok(Came::Waits(Waiting::FeeCap));
        }
        let is_collected = wanted.kind == OutgoingKind::Collect;
        let is_same_token = wanted.token == self.port.coin.ticker;
        if is_collected && is_same_token && rules.is_too_large(unsigned.likely_fee, wanted.amount) {
            return Ok(Came::Waits(Waiting::FeeShare));
        }
        let policy = self.policy(merchant, wanted.destination).await?;
        let signed = match self.signer.sign(&unsigned, &policy) {
            Ok(signed) => signed,
            Err(error) => {
                tracing::error!(chain = self.port.id, %merchant, %error, "not signed");
                return Ok(Came::Waits(Waiting::Refused));
            }
        };
        fail::fail_point!("outgoing-after-sign");
        let row = self.keep(&wanted, (unsigned, signed), payer.as_ref(), at).await?;
        fail::fail_point!("outgoing-after-store");
        let attempts = self.services.store().attempts(row.id).await?;
        if let Some(attempt) = attempts.last() {
            self.send(&row, attempt, at).await?;
        }
        Ok(Came::Made)
    }

    /// Keeps what is signed, in one transaction with everything it takes: the number, the claims, the deposits.
    async fn keep(
        &self,
        wanted: &Wanted<'_>,
        (unsigned, signed): (Unsigned, Signed),
        payer: Option<&Payer>,
        at: &Cursor,
    ) -> Result<OutgoingRow, WatchError> {
        let mut tx = self.fenced(at).await?;
        match self.keep_in(&mut tx, wanted, (unsigned, signed), payer).await {
            Ok(row) => {
                tx.commit().await?;
                Ok(row)
            }
            // Somebody else was faster with the key, the number, or a deposit.
            Err(WatchError::Service(ServiceError::Store(StoreError::Unique))) => {
                Err(WatchError::Overtaken)
            }
            Err(error) => Err(error),
        }
    }

    async fn keep_in(
        &self,
        tx: &mut Tx,
        wanted: &Wanted<'_>,
        (unsigned, signed): (Unsigned, Signed),
        payer: Option<&Payer>,
    ) -> Result<OutgoingRow, WatchError> {
        let (merchant, chain) = (wanted.settings.merchant, self.port.id.as_str());
        let (now, random) = (self.services.now(), self.services.random());
        // The destination that was signed must still be the one of the settings.
        let settings = tx.collection_settings(merchant, chain).await?;
        if settings.is_none_or(|row| row.version != wanted.settings.version) {
            return Err(WatchError::Overtaken);
        }
        let mut sender = None;
        if let Some(payer) = payer {
            let number = i64::try_from(payer.number).unwrap_or(i64::MAX);
            if !tx.take_number(merchant, chain, number).await? {
                return Err(WatchError::Overtaken);
            }
            sender = Some((payer.address.clone(), number));
        }
        let id = OutgoingId::generate(now, random).map_err(ServiceError::from)?;
        let new = NewOutgoing {
            id,
            chain: chain.to_owned(),
            kind: wanted.kind,
            key: wanted.key.clone(),
            token: wanted.token.to_owned(),
            destination: wanted.destination.to_owned(),
            amount: wanted.amount,
            status: OutgoingStatus::Signed,
            sender,
            at: now,
        };
        tx.insert_outgoing(merchant, &new).await?;
        let attempt = NewAttempt {
            n: 1,
            tx: signed.tx,
            payload: unsigned.payload,
            bytes: signed.bytes,
            max_fee: unsigned.max_fee,
            at: now,
        };
        tx.insert_attempt(id, chain, &attempt).await?;
        for claim in &unsigned.claims {
            tx.insert_outgoing_claim(chain, claim, id).await?;
        }
        if wanted.kind == OutgoingKind::Collect {
            let deposits = wanted.piles.iter().flat_map(|pile| &pile.deposits);
            let collection = NewCollection {
                id: CollectionId::generate(now, random).map_err(ServiceError::from)?,
                outgoing: id,
                chain: chain.to_owned(),
                token: wanted.token.to_owned(),
                destination: wanted.destination.to_owned(),
                amount: wanted.amount,
                deposits: deposits.map(|row| (row.id, row.subaddress, row.amount)).collect(),
                at: now,
            };
            tx.insert_collection(merchant, &collection).await?;
        }
        let row = tx.outgoing(merchant, id).await?;
        let row = row.ok_or(ServiceError::Broken("a new outgoing transaction is not there"))?;
        let mut work = Work::new(&self.services, &self.port);
        work.tell_batch(tx, &row, "created").await?;
        work.finish(tx).await?;
        Ok(row)
    }

    /// Notes why a token is not collected, and tells of it once.
    async fn set_waiting(
        &self,
        settings: &CollectionSettingsRow,
        token: &str,
        why: Option<Waiting>,
    ) -> Result<(), WatchError> {
        let (merchant, chain) = (settings.merchant, self.port.id.as_str());
        let known = self.services.store().collection_token(merchant, chain, token).await?;
        let known = known.and_then(|row| row.waiting);
        if known.as_deref() == why.map(Waiting::as_str) {
            return Ok(());
        }
        let mut tx = self.services.store().begin().await?;
        let text = why.map(Waiting::as_str);
        tx.set_collection_waiting(merchant, (chain, token), text).await?;
        if let Some(why) = why {
            let mut work = Work::new(&self.services, &self.port);
            let payload = json!({ "chain": chain, "token": token, "reason": why });
            work.tell_of(merchant, "collection.waiting".into(), chain.to_owned(), &payload)?;
            work.finish(&mut tx).await?;
        }
        Ok(tx.commit().await?)
    }
}
