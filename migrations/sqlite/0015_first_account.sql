-- The first merchant's number in the paths of keys. Words of an older installation go on behind the numbers that it gave out.
ALTER TABLE seeds ADD COLUMN first_account INTEGER NOT NULL DEFAULT 0 CHECK (first_account BETWEEN 0 AND 1000000000);
