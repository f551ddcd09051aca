-- What an address begins with finds it, however many the merchant has.
CREATE INDEX subaddresses_by_address ON subaddresses (merchant_id, address, id);
