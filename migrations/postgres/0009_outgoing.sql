-- Where a merchant's money goes by itself, chain by chain. A changed address waits until `next_at`; nothing is
-- collected meanwhile.
CREATE TABLE collection_settings (
  merchant_id TEXT NOT NULL REFERENCES merchants (id),
  chain TEXT NOT NULL REFERENCES chains (id),
  address TEXT NOT NULL,
  next_address TEXT,
  next_at BIGINT,
  automatic BOOLEAN NOT NULL,
  batch_size BIGINT NOT NULL CHECK (batch_size > 0),
  max_age BIGINT NOT NULL CHECK (max_age >= 0),
  version BIGINT NOT NULL CHECK (version > 0),
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, chain),
  CHECK ((next_address IS NULL) = (next_at IS NULL))
);
CREATE INDEX collection_settings_of_chain ON collection_settings (chain, merchant_id);

-- The least that a subaddress must hold of a token, and why it is not collected although it is due.
CREATE TABLE collection_tokens (
  merchant_id TEXT NOT NULL REFERENCES merchants (id),
  chain TEXT NOT NULL REFERENCES chains (id),
  token TEXT NOT NULL,
  minimum TEXT COLLATE "C" NOT NULL CHECK (length(minimum) = 78),
  waiting TEXT,
  PRIMARY KEY (merchant_id, chain, token)
);

-- Who pays the network on chains whose subaddresses cannot. Each sender has one lane of numbers, given out here.
CREATE TABLE gas_addresses (
  merchant_id TEXT NOT NULL REFERENCES merchants (id),
  chain TEXT NOT NULL REFERENCES chains (id),
  address TEXT NOT NULL,
  key_index BIGINT NOT NULL CHECK (key_index >= 0),
  -- Not known until the node was asked.
  next_number BIGINT CHECK (next_number >= 0),
  low_amount TEXT COLLATE "C" NOT NULL CHECK (length(low_amount) = 78),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, chain),
  UNIQUE (chain, address)
);

-- Transactions of ours, each wanted once: whoever asks with the same key again gets the first.
CREATE TABLE outgoing (
  id TEXT COLLATE "C" PRIMARY KEY,
  merchant_id TEXT NOT NULL REFERENCES merchants (id),
  chain TEXT NOT NULL REFERENCES chains (id),
  kind TEXT NOT NULL,
  request_key TEXT NOT NULL,
  token TEXT NOT NULL,
  destination TEXT NOT NULL,
  amount TEXT COLLATE "C" NOT NULL CHECK (length(amount) = 78),
  status TEXT NOT NULL,
  sender TEXT,
  number BIGINT CHECK (number >= 0),
  -- Of the attempt that is in a block: what it paid, and whether it did what it should.
  mined_tx TEXT,
  fee TEXT COLLATE "C" CHECK (length(fee) = 78),
  failure TEXT,
  block_height BIGINT,
  block_hash TEXT,
  -- The height at which it is final.
  final_height BIGINT,
  tries BIGINT NOT NULL DEFAULT 0 CHECK (tries >= 0),
  next_try_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  CHECK ((sender IS NULL) = (number IS NULL)),
  CHECK ((block_height IS NULL) = (block_hash IS NULL) AND (block_height IS NULL) = (mined_tx IS NULL)
    AND (block_height IS NULL) = (fee IS NULL) AND (block_height IS NULL) = (final_height IS NULL)),
  CHECK (block_height IS NOT NULL OR status NOT IN ('mined', 'final')),
  CHECK (block_height IS NULL OR status IN ('mined', 'final', 'failed')),
  UNIQUE (merchant_id, request_key)
);
-- A number of a lane is given out once.
CREATE UNIQUE INDEX outgoing_numbers ON outgoing (chain, sender, number) WHERE sender IS NOT NULL;
CREATE INDEX outgoing_open ON outgoing (chain, id) WHERE status IN ('requested', 'signed', 'broadcast', 'mined');
CREATE INDEX outgoing_by_block ON outgoing (chain, block_height) WHERE status IN ('mined', 'final');

-- Signed bytes, kept before they are sent. Each raise of the fee is one more; of several only one can be mined.
CREATE TABLE outgoing_attempts (
  outgoing_id TEXT NOT NULL REFERENCES outgoing (id),
  n BIGINT NOT NULL CHECK (n > 0),
  chain TEXT NOT NULL,
  tx TEXT COLLATE "C" NOT NULL,
  payload TEXT NOT NULL,
  bytes BYTEA NOT NULL,
  max_fee TEXT COLLATE "C" NOT NULL CHECK (length(max_fee) = 78),
  created_at BIGINT NOT NULL,
  sent_at BIGINT,
  PRIMARY KEY (outgoing_id, n),
  UNIQUE (chain, tx)
);

-- What our transactions take, all attempts of one the same, and who else took it in which block. The watcher looks
-- for what has a higher number than it knows.
CREATE TABLE outgoing_claims (
  chain TEXT NOT NULL REFERENCES chains (id),
  claim TEXT NOT NULL,
  outgoing_id TEXT NOT NULL REFERENCES outgoing (id),
  number BIGINT NOT NULL CHECK (number > 0),
  taken_by TEXT,
  taken_height BIGINT,
  PRIMARY KEY (chain, claim, outgoing_id),
  UNIQUE (chain, number),
  CHECK ((taken_by IS NULL) = (taken_height IS NULL))
);
CREATE INDEX outgoing_claims_of ON outgoing_claims (outgoing_id);
CREATE INDEX outgoing_claims_taken ON outgoing_claims (chain, taken_height) WHERE taken_height IS NOT NULL;

CREATE TABLE collections (
  id TEXT COLLATE "C" PRIMARY KEY,
  outgoing_id TEXT NOT NULL UNIQUE REFERENCES outgoing (id),
  merchant_id TEXT NOT NULL REFERENCES merchants (id),
  chain TEXT NOT NULL REFERENCES chains (id),
  token TEXT NOT NULL,
  destination TEXT NOT NULL,
  amount TEXT COLLATE "C" NOT NULL CHECK (length(amount) = 78),
  deposits BIGINT NOT NULL CHECK (deposits > 0),
  created_at BIGINT NOT NULL
);
CREATE INDEX collections_of_merchant ON collections (merchant_id, id);

CREATE TABLE collection_deposits (
  collection_id TEXT NOT NULL REFERENCES collections (id),
  transaction_id TEXT NOT NULL REFERENCES transactions (id),
  subaddress_id TEXT NOT NULL REFERENCES subaddresses (id),
  amount TEXT COLLATE "C" NOT NULL CHECK (length(amount) = 78),
  state TEXT NOT NULL,
  PRIMARY KEY (collection_id, transaction_id)
);
-- A deposit is in at most one collection that moved it or still may.
CREATE UNIQUE INDEX collection_deposits_once ON collection_deposits (transaction_id) WHERE state <> 'released';
CREATE INDEX collection_deposits_of ON collection_deposits (transaction_id, collection_id);

-- What waits to be collected.
CREATE INDEX transactions_to_collect ON transactions (merchant_id, chain, token, id) WHERE status = 'confirmed';

CREATE FUNCTION refuse_attempt_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'signed bytes are append-only';
END
$$;
CREATE TRIGGER outgoing_attempts_no_update
BEFORE UPDATE OF outgoing_id, n, chain, tx, payload, bytes, max_fee, created_at ON outgoing_attempts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_attempt_change();
CREATE TRIGGER outgoing_attempts_no_delete BEFORE DELETE OR TRUNCATE ON outgoing_attempts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_attempt_change();

-- Lists of one chain's subaddresses, newest first.
CREATE INDEX subaddresses_of_chain ON subaddresses (merchant_id, chain, id);
