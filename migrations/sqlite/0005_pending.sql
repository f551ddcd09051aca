-- A change shown to a person and waiting for a code; it ends with its session.
CREATE TABLE change_sets (
  id TEXT PRIMARY KEY,
  merchant_id TEXT NOT NULL REFERENCES merchants (id),
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  session_hash BLOB NOT NULL REFERENCES sessions (id_hash) ON DELETE CASCADE,
  action TEXT NOT NULL,
  target TEXT,
  params TEXT NOT NULL,
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX change_sets_by_user ON change_sets (user_id);
CREATE INDEX change_sets_by_session ON change_sets (session_hash);
CREATE INDEX change_sets_by_expiry ON change_sets (expires_at);

-- Something a page shows once; it ends with its session.
CREATE TABLE flashes (
  id TEXT PRIMARY KEY,
  session_hash BLOB NOT NULL REFERENCES sessions (id_hash) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  target TEXT NOT NULL,
  sealed BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  UNIQUE (session_hash, kind, target)
) STRICT;
CREATE INDEX flashes_by_expiry ON flashes (expires_at);

CREATE TABLE idempotency_keys (
  merchant_id TEXT NOT NULL REFERENCES merchants (id),
  path TEXT NOT NULL,
  idem_key TEXT NOT NULL,
  request_hash BLOB NOT NULL CHECK (length(request_hash) = 32),
  status INTEGER,
  body TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (merchant_id, path, idem_key)
) STRICT;
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);
