-- Money that left a subaddress for one of the merchant's collection addresses by somebody else's transaction, until it is
-- booked: that is when each deposit that lay there counts.
CREATE TABLE departures (
  chain TEXT NOT NULL REFERENCES chains (id),
  tx TEXT NOT NULL,
  place TEXT NOT NULL,
  merchant_id TEXT NOT NULL REFERENCES merchants (id),
  subaddress_id TEXT NOT NULL REFERENCES subaddresses (id),
  token TEXT NOT NULL,
  destination TEXT NOT NULL,
  amount TEXT NOT NULL CHECK (length(amount) = 78),
  block_height INTEGER NOT NULL,
  block_hash TEXT NOT NULL,
  PRIMARY KEY (chain, tx, place)
) STRICT;
CREATE INDEX departures_by_block ON departures (chain, block_height, tx, place);

-- A deposit is in at most one collection that moved the last of it or still may. Parts of it can have left before.
DROP INDEX collection_deposits_once;
CREATE UNIQUE INDEX collection_deposits_once ON collection_deposits (transaction_id)
  WHERE state NOT IN ('released', 'part');
CREATE INDEX collection_deposits_parts ON collection_deposits (transaction_id) WHERE state = 'part';

-- Whether money went to a merchant's own address before.
CREATE INDEX collections_by_destination ON collections (merchant_id, chain, destination);
