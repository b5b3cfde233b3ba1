-- SPDX-License-Identifier: PostgreSQL
\echo
\echo :title'What one order, and what the web site and the service desk know, looks like as it arrives':plain
SELECT id, line, customer_no, email, phone, ordered_at, shop, status, sku, amount, currency FROM demo.orders
WHERE name = (SELECT name FROM demo.orders WHERE id = 1) ORDER BY id LIMIT 8;
SELECT * FROM demo.web WHERE login IS NOT NULL ORDER BY id LIMIT 4;
SELECT * FROM demo.service ORDER BY id LIMIT 4;
