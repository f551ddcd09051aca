-- What a token kept of a collection on its way to the collection address; NULL when all of it came.
ALTER TABLE outgoing ADD COLUMN kept TEXT COLLATE "C" CHECK (length(kept) = 78 AND (kept IS NULL OR fee IS NOT NULL));
