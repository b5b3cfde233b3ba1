-- SPDX-License-Identifier: PostgreSQL
-- The tags of one customer, as quick for many customers of a query as for one.

CREATE FUNCTION customer_tags(customer_id bigint) RETURNS jsonb
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 500 AS 'MODULE_PATHNAME', 'clientele_customer_tags';
COMMENT ON FUNCTION customer_tags(bigint) IS
  'Returns the tags of a customer as a JSON object, such as {"city": "上海", "channel": ["app", "web"], "score": 7.5, "vip": true}.
A flag is true, a tag with several texts an array. Tags that the customer does not have are left out. All tags are read once a query, so
that a query over many customers is quick. Errors: 42P01 without a store, 42501 without the right to read its tables of tags.';

CREATE FUNCTION customer_tag(customer_id bigint, tags text[]) RETURNS text
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_customer_tag';
COMMENT ON FUNCTION customer_tag(bigint, text[]) IS
  'Returns the value of a tag of a customer as text, as in customer_tag(5, ''{value.tier}''); of several tags the first one that the customer
has.
Several texts are separated by a comma; a flag is true. NULL if the customer has none of the tags, and for tags that do not exist or
were never refreshed. Errors: 22004 for a NULL in the array; otherwise as customer_tags().';

CREATE FUNCTION customer_tag_number(customer_id bigint, tags text[]) RETURNS numeric
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_customer_tag_number';
COMMENT ON FUNCTION customer_tag_number(bigint, text[]) IS
  'Returns the number that a customer has by a tag, as in customer_tag_number(5, ''{value.spend}''); of several tags by the first one that
gives one.
NULL if none does; tags that do not hold numbers do not count. Errors: as customer_tag().';

CREATE FUNCTION customer_has_tag(customer_id bigint, tags text[]) RETURNS boolean
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'clientele_customer_has_tag';
COMMENT ON FUNCTION customer_has_tag(bigint, text[]) IS
  'Whether a customer has one of these tags, as in customer_has_tag(5, ''{value.buyer}'').
False for tags that do not exist or were never refreshed. Errors: as customer_tag().';
