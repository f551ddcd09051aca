CREATE TABLE audit_heads (
  scope TEXT PRIMARY KEY,
  seq BIGINT NOT NULL CHECK (seq >= 1),
  hash BYTEA NOT NULL CHECK (length(hash) = 32)
);

-- Who did what, chained by hash. No reference to other tables: an entry outlives what it speaks of.
CREATE TABLE audit_entries (
  id TEXT PRIMARY KEY,
  scope TEXT NOT NULL,
  merchant_id TEXT,
  seq BIGINT NOT NULL CHECK (seq >= 1),
  at BIGINT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT,
  action TEXT NOT NULL,
  target TEXT,
  outcome TEXT NOT NULL,
  address TEXT,
  request_id TEXT,
  detail TEXT NOT NULL,
  prev_hash BYTEA NOT NULL CHECK (length(prev_hash) = 32),
  hash BYTEA NOT NULL CHECK (length(hash) = 32),
  UNIQUE (scope, seq)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit entries are append-only';
END
$$;
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE OR TRUNCATE ON audit_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE event_heads (
  merchant_id TEXT PRIMARY KEY REFERENCES merchants (id),
  seq BIGINT NOT NULL CHECK (seq >= 1)
);

CREATE TABLE events (
  id TEXT PRIMARY KEY,
  merchant_id TEXT NOT NULL REFERENCES merchants (id),
  seq BIGINT NOT NULL CHECK (seq >= 1),
  kind TEXT NOT NULL,
  object_id TEXT,
  payload TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (merchant_id, seq)
);
