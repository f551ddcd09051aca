//! The only crate that speaks SQL: one text on SQLite and Postgres.
//!
//! [`Store`] reads, and makes small writes in a transaction of their own. [`Tx`] is a transaction
//! that only [`Tx::commit`] makes real; whatever changes money, keys or power goes through one.
//! Every function on a merchant's data takes the [`aio_domain::MerchantId`] first; the one
//! exception is [`Store::api_key_for_auth`], which finds out whose key it is.
//!
//! Absent is `Option` or `false`, wrong is [`StoreError`]. While a task holds a [`Tx`] it must not
//! write through [`Store`]: on SQLite there is one writer, and it would wait for itself.

mod aes_keys;
mod allowlist_rules;
mod api_keys;
mod audit;
mod authenticators;
mod catalogue;
mod cells;
mod chains;
mod change_sets;
mod collection_settings;
mod collections;
mod conn;
mod dashboard_allowlist;
mod data_keys;
mod db;
mod departures;
mod error;
mod events;
mod flashes;
mod idempotency;
mod installation;
mod ledger;
mod many;
mod merchants;
mod migrate;
mod outgoing;
mod outgoing_claims;
mod request_log;
mod seeds;
mod seen_addresses;
mod sessions;
mod statement;
mod step_up;
mod subaddresses;
mod throttles;
mod transaction_files;
mod transaction_lists;
mod transaction_search;
mod transactions;
mod tx;
mod used_request_ids;
mod users;
mod volumes;

pub use aes_keys::{AesKeyRow, AesUse};
pub use allowlist_rules::{RuleStats, RuleUse};
pub use api_keys::{ApiKeyEdit, ApiKeyRow, KeyAuthRow, KeyUse, LiveAes, NewApiKey};
pub use audit::{AuditHead, AuditRow};
pub use authenticators::{AuthenticatorRow, Slot};
pub use catalogue::catalogue;
pub use chains::{ChainRow, Cursor, NewChain};
pub use change_sets::ChangeSetRow;
pub use collection_settings::{CollectionSettingsRow, CollectionTokenRow, GasAddressRow};
pub use collections::{CollectableRow, CollectedRow, CollectionRow, NewCollection};
pub use dashboard_allowlist::{EntryRow, NewEntry};
pub use data_keys::DataKeyRow;
pub use db::{Engine, POSTGRES_SESSION, Store, StoreSettings};
pub use departures::{DepartureRow, LyingRow, PartRow};
pub use error::StoreError;
pub use events::{EventRow, NewEvent};
pub use flashes::FlashRow;
pub use idempotency::{IdempotencyRow, NewIdempotency};
pub use installation::SetupState;
pub use ledger::{BalanceRow, LedgerRow};
pub use merchants::{Membership, Merchant};
pub use migrate::migration_names;
pub use outgoing::{AttemptRow, NewAttempt, NewOutgoing, OutgoingMined, OutgoingRow};
pub use outgoing_claims::{OutgoingClaimRow, TakenRow};
pub use request_log::{RequestFilter, RequestLine, RequestPage};
pub use seeds::SeedRow;
pub use seen_addresses::SeenAddress;
pub use sessions::{NewSession, SessionRow, SessionSummary};
pub use statement::Statement;
pub use step_up::StepCounter;
pub use subaddresses::{NewSubaddress, SubaddressFilter, SubaddressRow, WatchedRow};
pub use transaction_files::{TransactionLine, TransactionsText};
pub use transaction_lists::{By, TransactionFilter, TransactionPage};
pub use transactions::{ClaimRow, MinedIn, TransactionRow};
pub use tx::Tx;
pub use users::{NewUser, User};
pub use volumes::{VolumeChange, VolumeKey, VolumeRow, WaitingRow};

/// A SHA-256 or HMAC-SHA-256 value.
pub type Hash = [u8; 32];
