-- SPDX-License-Identifier: PostgreSQL
-- A deliverer takes messages, sends them, and says so. Prints who got one when, for the simulation.
CREATE TEMP TABLE taken AS SELECT * FROM clientele.claim_messages('email', 1000);
SELECT i.customer, to_char((t.due + t.message_id * interval '1 second') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
FROM taken t
JOIN (SELECT customer_id, min(value) AS customer FROM clientele_data.identities WHERE kind = 'customer' GROUP BY customer_id) i USING (customer_id)
ORDER BY t.message_id;
SELECT count(clientele.report_message(message_id, 'delivered', attempt => attempt)) AS delivered FROM taken \gset
