//! Money that moves out: planned, signed, kept, sent, followed until no block can take it back.

mod batch;
mod books;
mod collect;
mod follow;
mod gas;
mod reads;
mod rules;
mod sender;
mod settings;
mod settings_form;
mod strangers;

pub use gas::GasAddress;
pub use reads::{Collected, Collection, CollectionSettings, TokenSettings, Uncollected};
pub use rules::OutgoingRules;
pub use sender::{SendProgress, Sender};
pub use settings_form::{AddressPlan, CollectionRules, RulesInput, RulesPlan};
