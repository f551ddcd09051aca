//! The life of money that moves out: a transaction is signed and kept before anybody sees it, sent until a block has it,
//! and may be taken back by the chain like every other.

use crate::preferences::named_enum;

named_enum!(
    /// Where an outgoing transaction is in its life.
    OutgoingStatus {
        /// Wanted; nothing is signed.
        Requested => "requested",
        /// Signed and kept; perhaps sent.
        Signed => "signed",
        /// A node has it; in no block yet, or its block was taken back.
        Broadcast => "broadcast",
        /// In a block.
        Mined => "mined",
        /// In a block, with the confirmations it needs.
        Final => "final",
        /// It did nothing and never will: not signed at all, or refused by the chain in a block.
        Failed => "failed",
        /// Somebody else took what it needs; it can never come.
        Overtaken => "overtaken",
    }
);

named_enum!(
    /// What an outgoing transaction is for.
    OutgoingKind {
        /// Deposits go to the collection address.
        Collect => "collect",
        /// What the chain needs once before it can collect.
        Prepare => "prepare",
        /// Coins for the fees of a subaddress.
        TopUp => "top_up",
    }
);

named_enum!(
    /// A deposit's part in one collection.
    Passage {
        /// The collection is on its way with it, or may still be.
        Live => "live",
        /// The collection moved it, or what was left of it.
        Carried => "carried",
        /// A part of it left by somebody else's transaction; the rest is for another collection.
        Part => "part",
        /// The collection did not move it and never will: another one may.
        Released => "released",
    }
);

named_enum!(
    /// Why a merchant's money is not collected although it is due.
    Waiting {
        /// The gas address has too little.
        NotEnough => "not_enough",
        /// The fee is too large a part of the amount.
        FeeShare => "fee_share",
        /// The fee is above the most that is ever paid.
        FeeCap => "fee_cap",
        /// The chain is being prepared for the collection address.
        Preparing => "preparing",
        /// The transaction cannot be made or signed: the log says why.
        Refused => "refused",
    }
);

use OutgoingStatus::{Broadcast, Failed, Final, Mined, Overtaken, Requested, Signed};

impl OutgoingStatus {
    /// Whether this may be next. Signed bytes fail only in a block, and a reorganisation leads back to the same bytes,
    /// also from behind the last confirmation; from failed and overtaken nothing leads back, which is why both are told
    /// only when no reorganisation that is followed can reach them. A transaction that somebody else sent has no bytes of
    /// ours: when its block is gone it has failed, also from behind the last confirmation.
    pub const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Requested, Signed | Failed)
                | (Signed, Broadcast | Mined | Overtaken)
                | (Broadcast, Mined | Overtaken)
                | (Mined, Final | Failed | Broadcast)
                | (Final, Broadcast | Failed)
        )
    }

    /// Whether something is still to be done for it.
    pub const fn is_open(self) -> bool {
        matches!(self, Requested | Signed | Broadcast | Mined)
    }

    /// Whether its bytes may be known to a node, and no block of ours has them.
    pub const fn is_on_its_way(self) -> bool {
        matches!(self, Signed | Broadcast)
    }

    /// Whether what it did stands in the ledger.
    pub const fn counts(self) -> bool {
        matches!(self, Mined | Final)
    }
}

#[cfg(test)]
mod tests {
    use super::OutgoingStatus as Status;

    fn next(status: Status) -> String {
        let next = Status::ALL.iter().filter(|next| status.may_become(**next));
        next.map(|next| next.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn an_outgoing_transaction_goes_along_these_ways_and_no_other() {
        let ways: Vec<_> =
            Status::ALL.iter().map(|status| (status.as_str(), next(*status))).collect();
        let ways: Vec<_> = ways.iter().map(|(from, to)| (*from, to.as_str())).collect();
        assert_eq!(
            ways,
            [
                ("requested", "signed failed"),
                ("signed", "broadcast mined overtaken"),
                ("broadcast", "mined overtaken"),
                ("mined", "broadcast final failed"),
                ("final", "broadcast failed"),
                ("failed", ""),
                ("overtaken", ""),
            ]
        );
    }

    #[test]
    fn what_is_signed_never_becomes_unsigned_and_only_a_block_ends_it_for_good() {
        for from in Status::ALL {
            for to in Status::ALL.iter().filter(|to| from.may_become(**to)) {
                assert_ne!(from, to);
                assert_ne!(*to, Status::Requested);
                // Bytes that a node may have cannot be said to have failed.
                assert!(!(from.is_on_its_way() && *to == Status::Failed), "{from} to {to}");
                // What stands in the ledger leaves it through a compensating line only.
                if from.counts() && !to.counts() {
                    assert!(matches!(to, Status::Broadcast | Status::Failed), "{from} to {to}");
                }
            }
            assert_eq!(Status::from_name(from.as_str()), Some(*from));
            assert!(from.is_open() || !from.is_on_its_way());
        }
    }
}
