-- The one row that says whether the first owner exists.
CREATE TABLE installation (
  id BIGINT PRIMARY KEY CHECK (id = 1),
  setup_token_hash BYTEA CHECK (length(setup_token_hash) = 32),
  created_at BIGINT NOT NULL,
  completed_at BIGINT
);

-- Wrong passwords, codes and links, counted per bucket in fixed windows.
CREATE TABLE throttles (
  bucket TEXT PRIMARY KEY,
  window_start BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  hits BIGINT NOT NULL CHECK (hits > 0)
);
CREATE INDEX throttles_by_expiry ON throttles (expires_at);
