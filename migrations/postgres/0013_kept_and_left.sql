-- What a token kept of a collection on its way to the collection address; NULL when all of it came.
ALTER TABLE outgoing ADD COLUMN kept TEXT COLLATE "C" CHECK (length(kept) = 78 AND (kept IS NULL OR fee IS NOT NULL));

-- What was on a gas address when a server last looked. With how little on it people are told is a setting of the chain.
ALTER TABLE gas_addresses DROP COLUMN low_amount;
ALTER TABLE gas_addresses ADD COLUMN balance TEXT COLLATE "C" CHECK (length(balance) = 78);
