-- SPDX-License-Identifier: PostgreSQL
-- Phone numbers. expected/phone_1.out is that of an extension built without libphonenumber.
\set SHOW_CONTEXT never
\pset null '(null)'
SET search_path = clientele, public;

SELECT v AS value, c AS country, clean_phone(v, c), clean_phone_reason(v, c) FROM (VALUES
  ('138 0013 8000', 'CN'), ('（010）6554 1234', 'CN'), ('8613800138000', 'cn'), ('+49 (0)30 901820', NULL), ('030/90 18-20', 'DE'), ('030 901820', NULL),
  ('1-800-FLOWERS', 'US'), ('tel:+1-415-555-2671', NULL), ('+39 02 3661 8300', NULL), ('110', 'CN'), ('+999 123456789', NULL),
  ('13800138000,13900139000', 'CN'), ('1.38E+10', 'CN'), (' ', 'CN'), ('N/A', 'CN'), (NULL, NULL)) x (v, c);
-- An extension is a part of the number, and its normal form is its own.
SELECT v AS value, clean_phone(v, 'CN') AS phone, clean_phone(clean_phone(v, 'CN')) = clean_phone(v, 'CN') AS stable
FROM unnest(ARRAY['010-65541234 ext 801', '010-65541234 x801', '010-65541234转801', '010-65541234 分机 801', '010-65541234 轉 801',
  '010-65541234;ext=801']) v;
-- The library of one country takes a prefix off that it has left there at first.
SELECT clean_phone(f, 'MX') = f AS stable FROM clean_phone('011873*AAQ*0~9A-5', 'MX') f;
SELECT clean_phone(v, 'DE', ARRAY['030 901820', 'keine']), clean_phone_reason(v, 'DE', ARRAY['030 901820', 'keine'])
FROM unnest(ARRAY['030 901820', '030/901820', 'Keine', 'n/a']) v;
-- Long and hostile values are refused before or by the library, in no time.
SELECT clean_phone_reason(repeat(v, n), 'US') FROM (VALUES ('1', 1000000), ('1', 10000), ('+', 250), (' ext', 60), ('(', 249), (',', 249), ('x1', 120),
  (';phone-context=', 16), ('٣', 100), (U&'\+01D7CE', 60)) x (v, n);
SELECT clean_phone('+1 415 555 2671' || repeat(' ', 9000) || 'x5');
SELECT clean_phone('110', 'XX');
SELECT clean_phone('110', 'China');
SELECT clean_phone('110', '');
SELECT clean_phone('110', absent_words => ARRAY[NULL]);
