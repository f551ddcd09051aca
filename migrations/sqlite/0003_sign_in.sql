-- One signed-in browser; the id itself is only in the cookie.
CREATE TABLE sessions (
  id_hash BLOB PRIMARY KEY CHECK (length(id_hash) = 32),
  handle TEXT NOT NULL UNIQUE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  merchant_id TEXT REFERENCES merchants (id) ON DELETE CASCADE,
  auth_level TEXT NOT NULL
    CHECK (auth_level IN ('code_pending', 'enrolling', 'recovering', 'full')),
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  address TEXT NOT NULL,
  user_agent TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id, created_at, handle);
CREATE INDEX sessions_by_age ON sessions (created_at);
CREATE INDEX sessions_by_use ON sessions (seen_at);

CREATE TABLE authenticators (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  slot TEXT NOT NULL CHECK (slot IN ('active', 'pending')),
  sealed BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  PRIMARY KEY (user_id, slot),
  CHECK ((slot = 'pending') = (expires_at IS NOT NULL))
) STRICT;

CREATE TABLE recovery_codes (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  created_at INTEGER NOT NULL,
  used_at INTEGER,
  PRIMARY KEY (user_id, hash)
) STRICT;

-- The last code spent and the wrong ones since the last right one, over all purposes.
CREATE TABLE step_up_counters (
  user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  last_step INTEGER NOT NULL,
  misses INTEGER NOT NULL CHECK (misses >= 0),
  locked_until INTEGER
) STRICT;
