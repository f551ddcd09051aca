CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  merchant_id TEXT NOT NULL REFERENCES merchants (id),
  label TEXT NOT NULL,
  label_key TEXT NOT NULL,
  scopes TEXT NOT NULL,
  verifier BLOB NOT NULL CHECK (length(verifier) = 32),
  sealed_secret BLOB,
  last4 TEXT NOT NULL CHECK (length(last4) = 4),
  allowlist_mode TEXT NOT NULL CHECK (allowlist_mode IN ('any', 'listed', 'nobody')),
  encryption_mode TEXT NOT NULL CHECK (encryption_mode IN ('off', 'optional', 'required')),
  state TEXT NOT NULL CHECK (state IN ('active', 'frozen')),
  expires_at INTEGER,
  aes_version INTEGER NOT NULL CHECK (aes_version >= 0),
  version INTEGER NOT NULL CHECK (version >= 1),
  created_by TEXT NOT NULL REFERENCES users (id),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  last_used_at INTEGER,
  last_used_address TEXT,
  UNIQUE (merchant_id, label_key),
  UNIQUE (merchant_id, id)
) STRICT;
CREATE INDEX api_keys_list ON api_keys (merchant_id, created_at, id);

-- The pair of merchant and key is the reference, so that a rule can never hang on another merchant's key.
CREATE TABLE allowlist_rules (
  id TEXT PRIMARY KEY,
  merchant_id TEXT NOT NULL,
  api_key_id TEXT NOT NULL,
  position INTEGER NOT NULL CHECK (position >= 0),
  cidr TEXT NOT NULL,
  label TEXT,
  UNIQUE (merchant_id, api_key_id, position),
  FOREIGN KEY (merchant_id, api_key_id) REFERENCES api_keys (merchant_id, id) ON DELETE CASCADE
) STRICT;

-- At most one live AES key per API key: the primary key says so.
CREATE TABLE aes_keys (
  api_key_id TEXT PRIMARY KEY,
  merchant_id TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version >= 1),
  sealed BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER,
  FOREIGN KEY (merchant_id, api_key_id) REFERENCES api_keys (merchant_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX aes_keys_by_merchant ON aes_keys (merchant_id, api_key_id);

CREATE TABLE dashboard_allowlist_entries (
  id TEXT PRIMARY KEY,
  merchant_id TEXT NOT NULL REFERENCES merchants (id),
  cidr TEXT NOT NULL,
  label TEXT,
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  created_by TEXT NOT NULL REFERENCES users (id),
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER,
  UNIQUE (merchant_id, cidr)
) STRICT;
CREATE INDEX dashboard_allowlist_list ON dashboard_allowlist_entries (merchant_id, created_at, id);
