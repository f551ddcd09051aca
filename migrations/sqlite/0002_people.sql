CREATE TABLE users (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  password_changed_at INTEGER NOT NULL,
  language TEXT CHECK (language IN ('en', 'zh')),
  theme TEXT CHECK (theme IN ('system', 'light', 'dark')),
  created_at INTEGER NOT NULL,
  disabled_at INTEGER,
  hold_until INTEGER
) STRICT;

CREATE TABLE merchants (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  dashboard_allowlist_on INTEGER NOT NULL CHECK (dashboard_allowlist_on IN (0, 1)),
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE members (
  merchant_id TEXT NOT NULL REFERENCES merchants (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'developer', 'finance', 'viewer')),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (merchant_id, user_id)
) STRICT;
CREATE INDEX members_by_user ON members (user_id, created_at, merchant_id);

-- Keys that seal cells, wrapped by a master key that is never stored here.
CREATE TABLE data_keys (
  id TEXT PRIMARY KEY,
  purpose TEXT NOT NULL,
  merchant_id TEXT REFERENCES merchants (id),
  kek_id TEXT NOT NULL,
  wrapped BLOB NOT NULL,
  messages INTEGER NOT NULL CHECK (messages >= 0),
  created_at INTEGER NOT NULL,
  retired_at INTEGER
) STRICT;
CREATE UNIQUE INDEX data_keys_one_active ON data_keys (purpose, (COALESCE(merchant_id, '')))
  WHERE retired_at IS NULL;
