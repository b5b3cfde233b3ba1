-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION partition_identities(
    one_per_customer boolean[], max_links integer[], max_identities bigint,
    nodes bigint[], kinds integer[], ignored boolean[], owned bigint[], fresh boolean[],
    links_a bigint[], links_b bigint[], same_a bigint[], same_b bigint[], different_a bigint[], different_b bigint[],
    OUT customers bigint[], OUT shared boolean[], OUT new_owners bigint[], OUT taken bigint[], OUT takers bigint[])
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_partition_identities';
COMMENT ON FUNCTION partition_identities(boolean[], integer[], bigint, bigint[], integer[], boolean[], bigint[], boolean[], bigint[], bigint[],
                                         bigint[], bigint[], bigint[], bigint[]) IS
  'Computes which identifiers are one customer, and the numbers of the customers; a part of resolve_identities().
one_per_customer and max_links are of the kinds, from the strongest to the weakest; kinds are places among them, from 1 on. nodes are the
numbers of the identifiers, in the order of kind and value; owned are the numbers of customers that they own, or 0; fresh says which of
them are new in this batch. Pairs with an end that is not in nodes are not followed.
customers are the numbers of their customers; -1, -2 and so on are new ones, whose owners are new_owners. taken are numbers of customers
that have other owners now, and takers are these. Errors: 22023 for arrays that do not fit together, 54000 for more than 64 kinds that are
one_per_customer.';
