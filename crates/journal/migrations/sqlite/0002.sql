-- The order that has the id which the gateway gave this one as well.
ALTER TABLE orders ADD COLUMN twin TEXT;

-- Whether an id of the gateway's belongs to another order. Rows without one are not in it, and most ids of gateways grow,
-- so that its end is what is written.
CREATE INDEX orders_gateway_ref ON orders (gateway_ref) WHERE gateway_ref IS NOT NULL;
