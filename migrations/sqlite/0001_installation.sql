-- The one row that says whether the first owner exists.
CREATE TABLE installation (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  setup_token_hash BLOB CHECK (length(setup_token_hash) = 32),
  created_at INTEGER NOT NULL,
  completed_at INTEGER
) STRICT;

-- Wrong passwords, codes and links, counted per bucket in fixed windows.
CREATE TABLE throttles (
  bucket TEXT PRIMARY KEY,
  window_start INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  hits INTEGER NOT NULL CHECK (hits > 0)
) STRICT;
CREATE INDEX throttles_by_expiry ON throttles (expires_at);
