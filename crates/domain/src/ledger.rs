//! The accounts of the double-entry ledger. Money never appears or disappears: each entry moves it from one of these
//! to another, so that over all of them the sum is zero for each token.

use crate::preferences::named_enum;

named_enum!(
    /// An account that each merchant has for each token.
    LedgerAccount {
        /// Everybody else: where deposits come from.
        World => "world",
        /// On the merchant's subaddresses.
        Uncollected => "uncollected",
        /// On the merchant's collection address.
        Collected => "collected",
        /// Paid to the network.
        Fees => "fees",
    }
);

named_enum!(
    /// Why money moved.
    LedgerReason {
        /// A deposit counts.
        Deposit => "deposit",
        /// A deposit that counted was taken back by the chain.
        Reversal => "reversal",
        /// Deposits were moved to the collection address.
        Collection => "collection",
        /// A collection was taken back by the chain.
        CollectionReversal => "collection_reversal",
        /// The network was paid for a transaction of ours.
        Fee => "fee",
        /// That transaction was taken back by the chain, and its fee with it.
        FeeReversal => "fee_reversal",
    }
);
