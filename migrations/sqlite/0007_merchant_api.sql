-- How many requests a minute a key may make.
ALTER TABLE api_keys ADD COLUMN rate_per_minute INTEGER NOT NULL DEFAULT 3000
  CHECK (rate_per_minute BETWEEN 1 AND 6000000);

-- How often a rule let a request in, and when it last did.
ALTER TABLE allowlist_rules ADD COLUMN hits INTEGER NOT NULL DEFAULT 0 CHECK (hits >= 0);
ALTER TABLE allowlist_rules ADD COLUMN last_match_at INTEGER;

-- What was asked with a key and how it was answered. No reference to the key: its lines outlive it.
CREATE TABLE request_log (
  merchant_id TEXT NOT NULL REFERENCES merchants (id),
  api_key_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  request_id TEXT NOT NULL CHECK (length(request_id) = 32),
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  status INTEGER NOT NULL,
  took_us INTEGER NOT NULL CHECK (took_us >= 0),
  address TEXT NOT NULL,
  encrypted INTEGER NOT NULL CHECK (encrypted IN (0, 1)),
  code TEXT,
  reason TEXT,
  outcome TEXT NOT NULL CHECK (outcome IN ('ok', 'refused', 'failed')),
  PRIMARY KEY (merchant_id, api_key_id, at, request_id)
) STRICT;
-- The status stands last so that the lines of one status are told apart in the index.
CREATE INDEX request_log_by_outcome
  ON request_log (merchant_id, api_key_id, outcome, at, request_id, status);
CREATE INDEX request_log_by_age ON request_log (at);

-- From where a key was used, counted by UTC day when its lines are written: few rows, however long the log.
CREATE TABLE seen_addresses (
  merchant_id TEXT NOT NULL REFERENCES merchants (id),
  api_key_id TEXT NOT NULL,
  address TEXT NOT NULL,
  day INTEGER NOT NULL,
  hits INTEGER NOT NULL CHECK (hits > 0),
  last_at INTEGER NOT NULL,
  PRIMARY KEY (merchant_id, api_key_id, address, day)
) STRICT;
CREATE INDEX seen_addresses_by_age ON seen_addresses (last_at);

-- Ids of encrypted requests that were used, until their time is over. No reference to the key, whose row every
-- request would have to hold.
CREATE TABLE used_request_ids (
  api_key_id TEXT NOT NULL,
  request_id BLOB NOT NULL CHECK (length(request_id) = 16),
  merchant_id TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (api_key_id, request_id)
) STRICT;
CREATE INDEX used_request_ids_by_expiry ON used_request_ids (expires_at);
