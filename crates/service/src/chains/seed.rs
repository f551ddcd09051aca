//! The seed of all addresses: made once, sealed under the master key, opened when the program starts.

use super::{ChainPort, handing::Handing};
use crate::{
    ServiceError, Services,
    audit::Line,
    vault::{Owner, Vault},
};
use aio_chain::Signer;
pub use aio_chain::seed::{Seed, SeedWords};
use aio_domain::{
    Clock, Random, SeedId,
    audit::{ActorKind, Outcome},
    sealing::{Cell, Sealed},
};
use aio_store::{Store, StoreError};
use serde_json::{Value as Json, json};
use std::{collections::HashMap, sync::Arc};

/// Chains by id, each with who signs on it.
#[derive(Default)]
pub struct Chains {
    ports: Vec<ChainPort>,
    signers: HashMap<String, Arc<dyn Signer>>,
    /// Who waits for addresses.
    pub(super) handing: Handing,
}

impl Chains {
    /// Opens the seed, or makes it in an installation that has chains and no seed yet, and makes the signers.
    pub(crate) async fn open(
        (store, vault): (&Store, &Vault),
        (clock, random): (&dyn Clock, &dyn Random),
        ports: Vec<ChainPort>,
    ) -> Result<Self, ServiceError> {
        if ports.is_empty() {
            return Ok(Self::default());
        }
        let words = match open(store, vault).await? {
            Some(words) => words,
            None => make((store, vault), (clock, random)).await?,
        };
        let seed = words.seed().map_err(|_| ServiceError::Broken("no seed from its words"))?;
        let mut signers = HashMap::new();
        for port in &ports {
            let signer = (port.signer)(&seed);
            signers.insert(
                port.id.clone(),
                signer.map_err(|_| ServiceError::Broken("no keys from the seed"))?,
            );
        }
        Ok(Self { ports, signers, handing: Handing::default() })
    }

    /// A chain by its id.
    pub fn port(&self, chain: &str) -> Option<&ChainPort> {
        self.ports.iter().find(|port| port.id == chain)
    }

    /// All of them.
    pub fn ports(&self) -> &[ChainPort] {
        &self.ports
    }

    /// Who signs on a chain.
    pub fn signer(&self, chain: &str) -> Option<&Arc<dyn Signer>> {
        self.signers.get(chain)
    }
}

fn cell(id: &str) -> Cell<'_> {
    Cell { table: "seeds", column: "sealed", row: id, owner: "installation" }
}

async fn open(store: &Store, vault: &Vault) -> Result<Option<SeedWords>, ServiceError> {
    let Some(row) = store.seed().await? else { return Ok(None) };
    let plain = vault.unseal(store, cell(&row.id.to_string()), &row.sealed).await?;
    let words = std::str::from_utf8(&plain).ok().and_then(|text| SeedWords::parse(text).ok());
    words.map(Some).ok_or(ServiceError::Broken("the seed cannot be read"))
}

async fn make(
    (store, vault): (&Store, &Vault),
    (clock, random): (&dyn Clock, &dyn Random),
) -> Result<SeedWords, ServiceError> {
    let words = SeedWords::generate(random).map_err(|_| ServiceError::Broken("no new seed"))?;
    match keep((store, vault), (clock, random), &words, 0).await {
        Ok(()) => Ok(words),
        // Another server was faster: its seed counts.
        Err(ServiceError::Store(StoreError::Unique)) => {
            open(store, vault).await?.ok_or(ServiceError::Broken("no seed"))
        }
        Err(error) => Err(error),
    }
}

async fn keep(
    (store, vault): (&Store, &Vault),
    (clock, random): (&dyn Clock, &dyn Random),
    words: &SeedWords,
    first_account: u32,
) -> Result<(), ServiceError> {
    let now = clock.now();
    let id = SeedId::generate(now, random)?;
    let mut tx = store.begin().await?;
    let (name, plain) = (id.to_string(), words.expose().as_bytes());
    let sealed: Sealed =
        vault.seal(&mut tx, (now, random), Owner::Installation, cell(&name), plain).await?;
    tx.insert_seed(id, &sealed, first_account, now).await?;
    Ok(tx.commit().await?)
}

impl Services {
    /// The words of the seed, for the operator's safe. Who has them has all money that is not collected yet; the audit
    /// log tells that they were read.
    pub async fn export_seed(&self) -> Result<Option<SeedWords>, ServiceError> {
        let Some(words) = open(self.store(), &self.0.vault).await? else { return Ok(None) };
        self.note_seed("seed.exported", &json!({})).await?;
        Ok(Some(words))
    }

    /// Keeps the seed of these words in an installation that has none yet: after a disaster, with an empty database.
    /// Merchants are numbered from `first_account` on: whoever takes a number that the lost installation gave to one of its
    /// merchants hands out addresses that other customers had. False when there is a seed already; it is never replaced.
    pub async fn import_seed(
        &self,
        words: &SeedWords,
        first_account: u32,
    ) -> Result<bool, ServiceError> {
        let parts = (self.0.clock.as_ref(), self.0.random.as_ref());
        match keep((self.store(), &self.0.vault), parts, words, first_account).await {
            Ok(()) => {
                let detail = json!({ "first_merchant": first_account });
                self.note_seed("seed.imported", &detail).await?;
                Ok(true)
            }
            Err(ServiceError::Store(StoreError::Unique)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn note_seed(&self, action: &str, detail: &Json) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        let line = Line {
            merchant: None,
            actor: (ActorKind::Operator, None),
            action,
            target: None,
            outcome: Outcome::Done,
            origin: None,
            detail,
        };
        self.write(&mut tx, line).await?;
        Ok(tx.commit().await?)
    }

    /// A chain by its id.
    pub(crate) fn chain_port(&self, chain: &str) -> Option<&ChainPort> {
        self.0.chains.port(chain)
    }

    /// All chains of the settings.
    pub fn chain_ports(&self) -> &[ChainPort] {
        self.0.chains.ports()
    }
}
