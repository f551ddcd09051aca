-- How far each chain was read. One server at a time holds the lease; whoever moves the cursor names where it stood.
CREATE TABLE chains (
  id TEXT PRIMARY KEY,
  network TEXT NOT NULL,
  genesis TEXT NOT NULL,
  height BIGINT NOT NULL CHECK (height >= 0),
  hash TEXT NOT NULL,
  tip BIGINT NOT NULL CHECK (tip >= 0),
  -- Addresses handed out; each has its number, and they become visible in that order.
  handed_out BIGINT NOT NULL DEFAULT 0 CHECK (handed_out >= 0),
  halted TEXT,
  read_at BIGINT NOT NULL,
  lease_holder TEXT,
  lease_until BIGINT NOT NULL DEFAULT 0
);

-- The last blocks that were read: where a reorganisation is looked for.
CREATE TABLE chain_blocks (
  chain TEXT NOT NULL REFERENCES chains (id),
  height BIGINT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (chain, height)
);

-- The seed of all addresses, sealed. There is one.
CREATE TABLE seeds (
  id TEXT PRIMARY KEY,
  only_one BIGINT NOT NULL UNIQUE CHECK (only_one = 1),
  sealed BYTEA NOT NULL,
  created_at BIGINT NOT NULL
);

-- A merchant's number in the derivation path of its keys. Given out once, never again.
CREATE TABLE merchant_accounts (
  merchant_id TEXT PRIMARY KEY REFERENCES merchants (id),
  number BIGINT NOT NULL UNIQUE CHECK (number >= 0)
);

-- What a merchant's addresses on a chain are derived from, and how many were.
CREATE TABLE account_keys (
  merchant_id TEXT NOT NULL REFERENCES merchants (id),
  chain TEXT NOT NULL REFERENCES chains (id),
  public_key TEXT NOT NULL,
  addresses BIGINT NOT NULL DEFAULT 0 CHECK (addresses >= 0),
  PRIMARY KEY (merchant_id, chain)
);

CREATE TABLE subaddresses (
  id TEXT COLLATE "C" PRIMARY KEY,
  merchant_id TEXT NOT NULL REFERENCES merchants (id),
  chain TEXT NOT NULL REFERENCES chains (id),
  customer_id TEXT COLLATE "C" NOT NULL CHECK (length(customer_id) BETWEEN 1 AND 128),
  address TEXT COLLATE "C" NOT NULL,
  address_index BIGINT NOT NULL CHECK (address_index >= 0),
  number BIGINT NOT NULL CHECK (number > 0),
  created_at BIGINT NOT NULL,
  archived_at BIGINT,
  UNIQUE (merchant_id, chain, customer_id),
  UNIQUE (merchant_id, chain, address_index),
  UNIQUE (chain, address),
  UNIQUE (chain, number)
);
CREATE INDEX subaddresses_by_customer ON subaddresses (merchant_id, customer_id, id);
CREATE INDEX subaddresses_of_merchant ON subaddresses (merchant_id, id);

-- Deposits. A payment is named by its transaction and its place in it; the block is where it is now.
CREATE TABLE transactions (
  id TEXT COLLATE "C" PRIMARY KEY,
  merchant_id TEXT NOT NULL REFERENCES merchants (id),
  subaddress_id TEXT NOT NULL REFERENCES subaddresses (id),
  customer_id TEXT COLLATE "C" NOT NULL,
  chain TEXT NOT NULL REFERENCES chains (id),
  token TEXT NOT NULL,
  tx TEXT COLLATE "C" NOT NULL,
  place TEXT NOT NULL,
  address TEXT COLLATE "C" NOT NULL,
  sender TEXT,
  amount TEXT COLLATE "C" NOT NULL CHECK (length(amount) = 78),
  status TEXT NOT NULL,
  needed BIGINT NOT NULL CHECK (needed > 0),
  block_height BIGINT,
  block_hash TEXT,
  -- The height at which it has the confirmations it needs.
  ready_height BIGINT,
  received_at BIGINT NOT NULL,
  confirmed_at BIGINT,
  updated_at BIGINT NOT NULL,
  CHECK ((block_height IS NULL) = (block_hash IS NULL) AND (block_height IS NULL) = (ready_height IS NULL)),
  CHECK ((block_height IS NOT NULL) = (status IN ('confirming', 'confirmed', 'collected'))),
  UNIQUE (chain, tx, place)
);
CREATE INDEX transactions_of_merchant ON transactions (merchant_id, id);
CREATE INDEX transactions_by_status ON transactions (merchant_id, status, id);
CREATE INDEX transactions_by_token ON transactions (merchant_id, chain, token, id);
CREATE INDEX transactions_by_customer ON transactions (merchant_id, customer_id, id);
CREATE INDEX transactions_by_tx ON transactions (merchant_id, tx, id);
CREATE INDEX transactions_of_subaddress ON transactions (subaddress_id, id);
-- What the watcher asks: what becomes ready at a height, and what a reorganisation takes back.
CREATE INDEX transactions_ready ON transactions (chain, ready_height) WHERE status = 'confirming';
CREATE INDEX transactions_by_block ON transactions (chain, block_height) WHERE block_height IS NOT NULL;
CREATE INDEX transactions_waiting ON transactions (chain, id) WHERE status IN ('detected', 'orphaned', 'reversed');

-- What the transactions of deposits that may still be replaced take.
CREATE TABLE transaction_claims (
  chain TEXT NOT NULL REFERENCES chains (id),
  claim TEXT NOT NULL,
  tx TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (chain, claim, tx)
);
CREATE INDEX transaction_claims_of_tx ON transaction_claims (chain, tx);

-- Double entry: each line takes an amount from one account of a merchant and gives it to another.
CREATE TABLE ledger_entries (
  id TEXT PRIMARY KEY,
  merchant_id TEXT NOT NULL REFERENCES merchants (id),
  chain TEXT NOT NULL,
  token TEXT NOT NULL,
  debit TEXT NOT NULL,
  credit TEXT NOT NULL CHECK (credit <> debit),
  amount TEXT COLLATE "C" NOT NULL CHECK (length(amount) = 78),
  reason TEXT NOT NULL,
  reference TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX ledger_entries_by_reference ON ledger_entries (merchant_id, reference, at, id);

-- The sums of those lines, kept with them.
CREATE TABLE ledger_accounts (
  merchant_id TEXT NOT NULL REFERENCES merchants (id),
  chain TEXT NOT NULL,
  token TEXT NOT NULL,
  account TEXT NOT NULL,
  debits TEXT COLLATE "C" NOT NULL CHECK (length(debits) = 78),
  credits TEXT COLLATE "C" NOT NULL CHECK (length(credits) = 78),
  PRIMARY KEY (merchant_id, chain, token, account)
);

CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ledger entries are append-only';
END
$$;
CREATE TRIGGER ledger_entries_no_update BEFORE UPDATE ON ledger_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();
CREATE TRIGGER ledger_entries_no_delete BEFORE DELETE OR TRUNCATE ON ledger_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();
