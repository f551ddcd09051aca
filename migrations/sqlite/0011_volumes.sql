-- What deposits came to, hour by hour and day by day in UTC, by when each was first seen. Kept with every change of a
-- deposit, so that nobody ever adds deposits up. An amount leaves the hour and the day that it was added to. Nothing is
-- filled in for deposits of before: there is no release yet, so that only empty tables meet this migration.
CREATE TABLE volumes (
  merchant_id TEXT NOT NULL REFERENCES merchants (id),
  span TEXT NOT NULL CHECK (span IN ('hour', 'day')),
  start_at INTEGER NOT NULL,
  chain TEXT NOT NULL REFERENCES chains (id),
  token TEXT NOT NULL,
  deposits INTEGER NOT NULL CHECK (deposits >= 0),
  amount TEXT NOT NULL CHECK (length(amount) = 78),
  PRIMARY KEY (merchant_id, span, start_at, chain, token)
) STRICT;

-- Whether a deposit's amount is in there now. The settings may call another amount dust tomorrow; what was added is
-- taken away all the same.
ALTER TABLE transactions ADD COLUMN counted INTEGER NOT NULL DEFAULT 0
  CHECK (counted IN (0, 1) AND (counted = 0 OR status IN ('detected', 'confirming', 'confirmed', 'collected')));
