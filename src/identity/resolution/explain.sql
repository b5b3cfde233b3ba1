-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION explain_identity(customer_id bigint)
  RETURNS TABLE (kind text, value text, other_kind text, other_value text, followed boolean, because text, run_id bigint, decision_id bigint)
  LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  now_id bigint;
BEGIN
  PERFORM clientele.require_store('identities'), clientele.require_store('identity_links'), clientele.require_store('identity_decisions');
  now_id := clientele.customer_now(explain_identity.customer_id);
  RETURN QUERY
    WITH member AS (
      SELECT i.identity_id, i.kind, i.value, i.shared, i.customer_id FROM clientele_data.identities i WHERE i.customer_id = now_id
    ), link AS (
      SELECT l.* FROM member m JOIN clientele_data.identity_links l ON l.home_id = m.identity_id
      UNION
      SELECT l.* FROM member m JOIN clientele_data.identity_links l ON l.other_id = m.identity_id
    ), decision AS (
      SELECT d.* FROM member m JOIN clientele_data.identity_decisions d ON d.a_id = m.identity_id WHERE d.withdrawn_at IS NULL
      UNION
      SELECT d.* FROM member m JOIN clientele_data.identity_decisions d ON d.b_id = m.identity_id WHERE d.withdrawn_at IS NULL
    )
    SELECT e.* FROM (
      SELECT h.kind, h.value, o.kind AS other_kind, o.value AS other_value, c.followed,
             CASE WHEN c.followed THEN 'a row has both'
                  WHEN l.withdrawn THEN 'a row has both, but the link was withdrawn'
                  WHEN o.shared OR h.shared THEN
                    format('a row has both, but the %s is shared', CASE WHEN o.shared THEN o.kind ELSE h.kind END)
                  ELSE 'a row has both, but the customers must not become one' END AS because,
             l.run_id, NULL::bigint AS decision_id
      FROM link l JOIN clientele_data.identities h ON h.identity_id = l.home_id
      JOIN clientele_data.identities o ON o.identity_id = l.other_id
      CROSS JOIN LATERAL (SELECT h.customer_id = o.customer_id AND NOT l.withdrawn AND NOT h.shared AND NOT o.shared AS followed) c
      UNION ALL
      SELECT a.kind, a.value, b.kind, b.value, d.verdict = 'same',
             concat_ws(': ', format('decision of %s on %s, %s', quote_ident(d.decided_by), (d.decided_at AT TIME ZONE 'UTC')::date, d.verdict),
                       d.note),
             NULL, d.decision_id
      FROM decision d JOIN clientele_data.identities a ON a.identity_id = d.a_id
      LEFT JOIN clientele_data.identities b ON b.identity_id = d.b_id
      WHERE d.verdict <> 'unlinked') e
    ORDER BY e.followed DESC, e.decision_id, e.kind COLLATE "C", e.value COLLATE "C", e.other_kind COLLATE "C", e.other_value COLLATE "C";
END $$;
COMMENT ON FUNCTION explain_identity(bigint) IS
  'Shows why the identifiers of a customer are one customer: the links that rows have brought, and the decisions.
One row for each link and decision of an identifier that the customer has. followed says whether it joins the two identifiers; because
says why it does or does not. run_id is the run of clientele_data.load_runs that brought the first such row. A customer that was merged is
shown as the one that it is now. Errors: 42P01 without a store, 42501 without the right to read clientele_data.identities.';
