-- The order that has the id which the gateway gave this one as well.
ALTER TABLE orders ADD COLUMN twin text;

-- Whether an id of the gateway's belongs to another order; rows without one are not in it.
CREATE INDEX orders_gateway_ref ON orders (gateway_ref) WHERE gateway_ref IS NOT NULL;
