-- Every list of a merchant's deposits walks an index that begins with the merchant.
DROP INDEX transactions_of_subaddress;
CREATE INDEX transactions_of_subaddress ON transactions (merchant_id, subaddress_id, id);
