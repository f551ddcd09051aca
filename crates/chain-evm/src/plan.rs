//! Plans: collections through the sweeper of their destination, the sweeper itself, and coins for an address.

use crate::{
    Evm,
    addresses::read_address,
    draft::{Draft, Key, Naming, What},
    fees::Offer,
    gas::{Trial, Work},
    read::balanceOfCall,
    sweeper::{DEPLOYER, Sweeper, sweep_many},
    tokens::Asset,
    wire::{Number, Small, number},
};
use aio_chain::{ChainError, ChainSpend, Intent, KeyPath, Payer, Sent, Signed, Source, Unsigned};
use aio_domain::money::Amount;
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use async_trait::async_trait;
use serde_json::json;
use std::collections::BTreeSet;

/// Addresses in one transaction: what they use must stay below what a transaction may use.
const MOST_SOURCES: usize = 100;

#[async_trait]
impl ChainSpend for Evm {
    async fn needs_preparation(&self, to: &str) -> Result<bool, ChainError> {
        let sweeper = Sweeper::of(read_address(to)?)?;
        Ok(self.code(sweeper.address).await?.is_empty())
    }

    async fn plan(&self, intent: &Intent, payer: Option<&Payer>) -> Result<Unsigned, ChainError> {
        let payer = payer.ok_or_else(|| unsupported("a gas address pays, and there is none"))?;
        let paying = Key { path: payer.path, address: read_address(&payer.address)? };
        let job = match intent {
            Intent::Collect { from, token, to } => self.collect(from, token, to).await?,
            Intent::Prepare { to } => self.prepare(to).await?,
            Intent::TopUp { to, address, amount } => top_up(*to, address, *amount)?,
        };
        let (draft, now) = self.put_together(paying, payer.number, job).await?;
        self.check_means(&draft).await?;
        draft.write(now).map_err(unsupported)
    }

    async fn next_number(&self, address: &str) -> Result<Option<u64>, ChainError> {
        let address = read_address(address)?;
        let next: Small =
            self.rpc.ask("eth_getTransactionCount", json!([address, "latest"])).await?;
        Ok(Some(next.0))
    }

    async fn bump(&self, unsigned: &Unsigned) -> Result<Unsigned, ChainError> {
        let mut draft = Draft::read(&unsigned.payload, self.chain_id).map_err(unsupported)?;
        let offer = self.price().await?;
        draft.price = self.fees.raised(draft.price, offer.price)?;
        self.check_means(&draft).await?;
        // The base stays what it is, the tip is raised.
        let now = (offer.now - offer.price.tip).saturating_add(draft.price.tip);
        draft.write(now).map_err(unsupported)
    }

    async fn broadcast(&self, signed: &Signed) -> Result<Sent, ChainError> {
        self.send(signed).await
    }
}

/// What a transaction shall do, apart from who pays.
struct Job {
    to: Address,
    value: U256,
    data: Bytes,
    what: What,
    /// The code that addresses name, and which of them.
    code: Bytes,
    named: Vec<Address>,
    work: Work,
}

impl Evm {
    async fn collect(&self, from: &[Source], token: &str, to: &str) -> Result<Job, ChainError> {
        let asset = self.tokens.asset(token)?;
        let sweeper = Sweeper::of(read_address(to)?)?;
        let sources = sources(from)?;
        if self.code(sweeper.address).await?.is_empty() {
            return Err(unsupported(format!("{to} has no sweeper yet: it must be prepared")));
        }
        self.check_balances(&sources, asset, token).await?;
        let namings = self.namings(&sources, &sweeper).await?;
        let amounts: Vec<_> = sources.iter().map(|(key, value)| (key.address, *value)).collect();
        Ok(Job {
            to: sweeper.address,
            value: U256::ZERO,
            data: sweep_many(asset.to_argument(), &amounts),
            code: sweeper.delegation(),
            named: namings.iter().map(|naming| naming.address).collect(),
            work: Work::Collect { sources: sources.len() },
            what: What::Collect {
                sources: sources.into_iter().map(|(key, _)| key).collect(),
                namings,
            },
        })
    }

    async fn prepare(&self, to: &str) -> Result<Job, ChainError> {
        let sweeper = Sweeper::of(read_address(to)?)?;
        if !self.code(sweeper.address).await?.is_empty() {
            return Err(unsupported(format!("{to} has its sweeper already")));
        }
        if self.code(DEPLOYER).await?.is_empty() {
            let why = format!("this chain has no deployer of contracts at {DEPLOYER}");
            return Err(unsupported(why));
        }
        Ok(Job {
            to: DEPLOYER,
            value: U256::ZERO,
            data: sweeper.deployment,
            code: Bytes::new(),
            named: Vec::new(),
            work: Work::Deploy,
            what: What::Prepare,
        })
    }

    /// The transaction, and what a unit of its gas costs now.
    async fn put_together(
        &self,
        payer: Key,
        number: u64,
        job: Job,
    ) -> Result<(Draft, u64), ChainError> {
        let trial = Trial {
            payer: payer.address,
            to: job.to,
            value: job.value,
            data: &job.data,
            named: &job.named,
            code: job.code,
        };
        if matches!(job.work, Work::Collect { .. })
            && self.swept_now(&trial).await? == Some(U256::ZERO)
        {
            return Err(unsupported("none of these addresses can pay: the token refuses"));
        }
        let gas = self.gas(&trial, job.work).await?;
        let Offer { price, now } = self.price().await?;
        let draft = Draft {
            chain_id: self.chain_id,
            payer,
            number,
            gas,
            price,
            to: job.to,
            value: job.value,
            data: job.data,
            what: job.what,
        };
        Ok((draft, now))
    }

    /// Whether the gas address can pay the most that it may cost.
    async fn check_means(&self, draft: &Draft) -> Result<(), ChainError> {
        let payer = draft.payer.address;
        let held: Number = self.rpc.ask("eth_getBalance", json!([payer, "latest"])).await?;
        let cost = number(draft.max_fee()).saturating_add(draft.value);
        if held.0 < cost {
            let why = format!("the gas address {payer} has {}, it can cost {cost}", held.0);
            return Err(ChainError::NotEnough(why));
        }
        Ok(())
    }

    /// Whether each address holds at least what our books say.
    async fn check_balances(
        &self,
        sources: &[(Key, U256)],
        asset: Asset,
        token: &str,
    ) -> Result<(), ChainError> {
        let owners = sources.iter().map(|(key, _)| key.address);
        let held: Vec<U256> = match asset {
            Asset::Coin => {
                let params: Vec<_> = owners.map(|owner| json!([owner, "latest"])).collect();
                let held: Vec<Number> = self.rpc.many("eth_getBalance", &params).await?;
                held.into_iter().map(|held| held.0).collect()
            }
            Asset::Contract(contract) => {
                let params = owners.map(|owner| {
                    let call = Bytes::from(balanceOfCall { owner }.abi_encode());
                    json!([{ "to": contract, "input": call }, "latest"])
                });
                let held: Vec<Bytes> =
                    self.rpc.many("eth_call", &params.collect::<Vec<_>>()).await?;
                let words = held.iter().map(|word| {
                    let is_word = (word.len() == 32).then(|| U256::from_be_slice(word));
                    is_word.ok_or_else(|| unsupported(format!("{token}: there is no such token")))
                });
                words.collect::<Result<_, _>>()?
            }
        };
        for ((key, amount), held) in sources.iter().zip(held) {
            if held < *amount {
                let address = key.address;
                let why = format!("{address} has {held} {token}, our books say {amount}");
                return Err(ChainError::NotEnough(why));
            }
        }
        Ok(())
    }

    /// Which addresses must still name the sweeper as their code.
    async fn namings(
        &self,
        sources: &[(Key, U256)],
        sweeper: &Sweeper,
    ) -> Result<Vec<Naming>, ChainError> {
        let latest = |address: Address| json!([address, "latest"]);
        let params: Vec<_> = sources.iter().map(|(key, _)| latest(key.address)).collect();
        let codes: Vec<Bytes> = self.rpc.many("eth_getCode", &params).await?;
        let ours = sweeper.delegation();
        let unnamed = sources.iter().zip(codes).filter(|(_, code)| *code != ours);
        let unnamed: Vec<_> = unnamed.map(|((key, _), _)| key.address).collect();
        let params: Vec<_> = unnamed.iter().copied().map(latest).collect();
        let numbers: Vec<Small> = self.rpc.many("eth_getTransactionCount", &params).await?;
        let namings = unnamed.into_iter().zip(numbers).map(|(address, number)| Naming {
            address,
            chain_id: self.chain_id,
            code: sweeper.address,
            number: number.0,
        });
        Ok(namings.collect())
    }

    pub(crate) async fn code(&self, of: Address) -> Result<Bytes, ChainError> {
        self.rpc.ask("eth_getCode", json!([of, "latest"])).await
    }
}

fn top_up(path: KeyPath, address: &str, amount: Amount) -> Result<Job, ChainError> {
    let receiver = Key { path, address: read_address(address)? };
    Ok(Job {
        to: receiver.address,
        value: number(amount),
        data: Bytes::new(),
        what: What::TopUp { receiver },
        code: Bytes::new(),
        named: Vec::new(),
        work: Work::Transfer,
    })
}

/// Each address once, with the key and what it pays.
fn sources(from: &[Source]) -> Result<Vec<(Key, U256)>, ChainError> {
    if from.is_empty() || from.len() > MOST_SOURCES {
        return Err(unsupported(format!("{} addresses at once", from.len())));
    }
    let mut there = BTreeSet::new();
    let each = from.iter().map(|source| {
        let wrong = |why: &str| unsupported(format!("{}: {why}", source.address));
        let address = read_address(&source.address)?;
        if !there.insert(address) {
            return Err(wrong("it is there twice"));
        }
        if source.amount.is_zero() || !source.outputs.is_empty() {
            return Err(wrong("it has outputs, or nothing"));
        }
        Ok((Key { path: source.path, address }, number(source.amount)))
    });
    each.collect()
}

fn unsupported(why: impl Into<String>) -> ChainError {
    ChainError::Unsupported(why.into())
}
