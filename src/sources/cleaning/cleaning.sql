-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION clean_email(value text, gmail text DEFAULT 'keep', absent_words text[] DEFAULT NULL) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_clean_email';
COMMENT ON FUNCTION clean_email(text, text, text[]) IS
  'The normal form of an e-mail address, or NULL if the value is not one.
A name around the address and mailto: are removed, the part before the @ is case-folded, and the domain becomes ASCII by UTS 46,
non-transitional. gmail => ''fold'' removes dots and +tags at gmail.com and googlemail.com, which become gmail.com. Quoted parts, address
literals and domains without a dot are not accepted. At most 64 bytes may stand before the @, and 254 in all. absent_words takes the place
of the words that stand for an absent value. clean_email_reason says why there is no normal form. Errors: 22023 for another gmail; 0A000
for a domain beyond ASCII if libidn2 is not installed, and for text beyond ASCII in a database that is not in UTF8.';
CREATE FUNCTION clean_email_reason(value text, gmail text DEFAULT 'keep', absent_words text[] DEFAULT NULL) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_clean_email_reason';
COMMENT ON FUNCTION clean_email_reason(text, text, text[]) IS
  'Why clean_email returns NULL for the same arguments: blank, placeholder, bad_email or text_too_long; NULL if it does not.
A placeholder is a word such as null, n/a or unknown. Errors: as clean_email.';

CREATE FUNCTION clean_key(value text, normal text DEFAULT 'key', absent_words text[] DEFAULT NULL) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_clean_key';
COMMENT ON FUNCTION clean_key(text, text, text[]) IS
  'The normal form of a customer number or another identifier, or NULL if the value is absent.
normal is key (NFKC, without invisible and control characters, trimmed, one blank for each run of white space; case and leading zeros
stay), nocase (the same, case-folded by NFKC_Casefold), exact (only trimmed) or uuid (as PostgreSQL writes it). Blank values and words such
as null, n/a, unknown, 0 and -1 are absent; absent_words takes the place of these words. clean_key_reason says why there is no normal form.
Errors: 22023 for another normal form; 0A000 for text beyond ASCII in a database that is not in UTF8.';
CREATE FUNCTION clean_key_reason(value text, normal text DEFAULT 'key', absent_words text[] DEFAULT NULL) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_clean_key_reason';
COMMENT ON FUNCTION clean_key_reason(text, text, text[]) IS
  'Why clean_key returns NULL for the same arguments: blank, placeholder, bad_uuid or text_too_long; NULL if it does not.
A placeholder is a word such as null, n/a or unknown. Errors: as clean_key.';

CREATE FUNCTION clean_phone(value text, country text DEFAULT NULL, absent_words text[] DEFAULT NULL) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_clean_phone';
COMMENT ON FUNCTION clean_phone(text, text, text[]) IS
  'The normal form of a phone number, such as +4930901820, or NULL if the value is not a valid number.
The form is E.164, by libphonenumber; the number must be valid, not only possible. country, such as DE, is that of numbers without a +.
An extension, after ext, x, 转 or 分机, makes another number: +861065541234;ext=801. absent_words takes the place of the words that stand
for an absent value. clean_phone_reason says why there is no normal form.
Errors: 22023 for an unknown country; 0A000 if the extension was built without libphonenumber, and for text beyond ASCII in a database
that is not in UTF8.';
CREATE FUNCTION clean_phone_reason(value text, country text DEFAULT NULL, absent_words text[] DEFAULT NULL) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_clean_phone_reason';
COMMENT ON FUNCTION clean_phone_reason(text, text, text[]) IS
  'Why clean_phone returns NULL for the same arguments: blank, placeholder, bad_phone or text_too_long; NULL if it does not.
A placeholder is a word such as null, n/a or unknown. Errors: as clean_phone.';

CREATE FUNCTION clean_event(value text) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_clean_event';
COMMENT ON FUNCTION clean_event(text) IS
  'The normal form of the name of an event, or NULL if it is blank: trimmed and in NFC; case stays.
Errors: 0A000 for text beyond ASCII in a database that is not in UTF8.';
CREATE FUNCTION clean_event_reason(value text) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_clean_event_reason';
COMMENT ON FUNCTION clean_event_reason(text) IS
  'Why clean_event returns NULL for the same argument: missing_event or text_too_long; NULL if it does not.
Errors: as clean_event.';

CREATE FUNCTION clean_currency(value text, currency text DEFAULT NULL, absent_words text[] DEFAULT NULL) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_clean_currency';
COMMENT ON FUNCTION clean_currency(text, text, text[]) IS
  'The code of a currency, such as CNY, of a code, name or symbol; NULL if it cannot be known.
currency is that of the source. It takes the place of an absent value, and decides what the signs of dollar and yen mean. Codes are those
of ISO 4217 in any case. absent_words takes the place of the words that stand for an absent value. clean_currency_reason says why there is
no code. Errors: 22023 for a currency that is not a code; 0A000 for text beyond ASCII in a database that is not in UTF8.';
CREATE FUNCTION clean_currency_reason(value text, currency text DEFAULT NULL, absent_words text[] DEFAULT NULL) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_clean_currency_reason';
COMMENT ON FUNCTION clean_currency_reason(text, text, text[]) IS
  'Why clean_currency returns NULL for the same arguments: blank, bad_currency or text_too_long; NULL if it does not.
Errors: as clean_currency.';

CREATE FUNCTION clean_amount(value text, "decimal" text DEFAULT '.', currency text DEFAULT NULL, reporting text DEFAULT NULL,
                             rate numeric DEFAULT NULL, absent_words text[] DEFAULT NULL) RETURNS numeric
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_clean_amount';
COMMENT ON FUNCTION clean_amount(text, text, text, text, numeric, text[]) IS
  'The amount that a text says, or NULL if the text is not an amount.
decimal, which SQL wants in double quotes, is the decimal mark: ''.'', '','' or auto. Groups of three digits (or 12,34,567) may be parted
by the other mark, a blank or an apostrophe; a wrong group is an error of the value and is never repaired. auto takes the last of both
marks; 1,299 could be either and is not accepted. One sign may stand before or after, and (12.50) is negative. A code or symbol must fit
currency: the sign of the dollar fits any dollar, that of the yen CNY and JPY, that of the yuan CNY, TWD and HKD. An amount in a currency
other than reporting is multiplied by rate and rounded to six decimals, half away from zero. An amount is below 10^12 and has at most six
decimals. absent_words takes the place of the words that stand for an absent value; 0, -1, nan and the dot never do. clean_amount_reason
says why there is no amount. Errors: 22023 for another decimal mark, unknown currencies, and a rate that is not above 0 and below 10^12;
0A000 for text beyond ASCII in a database that is not in UTF8.';
CREATE FUNCTION clean_amount_reason(value text, "decimal" text DEFAULT '.', currency text DEFAULT NULL, reporting text DEFAULT NULL,
                                    rate numeric DEFAULT NULL, absent_words text[] DEFAULT NULL) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_clean_amount_reason';
COMMENT ON FUNCTION clean_amount_reason(text, text, text, text, numeric, text[]) IS
  'Why clean_amount returns NULL for the same arguments: blank, bad_amount, amount_out_of_range, bad_currency, no_rate or text_too_long;
NULL if it does not. Errors: as clean_amount.';

CREATE FUNCTION clean_time(value text, time_zone text DEFAULT 'UTC', date_order text DEFAULT NULL, unit text DEFAULT NULL,
                           oldest timestamptz DEFAULT '1970-01-02 00:00:00+00', future interval DEFAULT '1 day',
                           as_of timestamptz DEFAULT now(), absent_words text[] DEFAULT NULL) RETURNS timestamptz
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_clean_time';
COMMENT ON FUNCTION clean_time(text, text, text, text, timestamptz, interval, timestamptz, text[]) IS
  'The time that a text says, or NULL if the text is not a time; the session''s settings do not matter.
10, 13 and 16 digits are seconds, milliseconds and microseconds since 1970; 8 and 14 are YYYYMMDD and YYYYMMDDhhmmss. Other numbers need a
unit, which reads all numbers: s, ms, us, excel, excel1904 (days, as spreadsheets count them in time_zone), or epoch (seconds, milliseconds
from 10^11, microseconds from 10^14, as columns of numbers are loaded). A date begins with a year of four digits or names its month, unless
date_order is dmy, mdy or ymd. Chinese dates are read. A time may end with an offset, Z, UTC, GMT or a zone such as Asia/Shanghai; without
one it is a local time of time_zone. A local time that the clock skips has the offset before, and one that comes twice is standard time, as
in PostgreSQL. Times before oldest and after as_of + future (with a NULL as_of: no limit) are not accepted, nor those after the year 9999.
absent_words takes the place of the words that stand for an absent value. clean_time_reason says why there is no time. Errors: 22023 for an
unknown time zone, date order or unit, and for a future that is negative or has months; 0A000 for text beyond ASCII in a database that is
not in UTF8.';
CREATE FUNCTION clean_time_reason(value text, time_zone text DEFAULT 'UTC', date_order text DEFAULT NULL, unit text DEFAULT NULL,
                                  oldest timestamptz DEFAULT '1970-01-02 00:00:00+00', future interval DEFAULT '1 day',
                                  as_of timestamptz DEFAULT now(), absent_words text[] DEFAULT NULL) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_clean_time_reason';
COMMENT ON FUNCTION clean_time_reason(text, text, text, text, timestamptz, interval, timestamptz, text[]) IS
  'Why clean_time returns NULL for the same arguments: missing_time, bad_time, time_out_of_range, time_too_old, time_in_future or
text_too_long; NULL if it does not. Errors: as clean_time.';
