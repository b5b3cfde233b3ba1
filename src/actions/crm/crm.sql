-- SPDX-License-Identifier: PostgreSQL
-- Messages as a CRM system wants them, and what it sends back. Mappings are data: nothing in them is run.

CREATE FUNCTION require_crm_object(system text, object text, direction text) RETURNS void
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('crm_objects');
  IF NOT EXISTS (SELECT FROM clientele_data.crm_objects o
                 WHERE (o.system, o.object, o.direction) = (require_crm_object.system, require_crm_object.object, require_crm_object.direction)) THEN
    RAISE EXCEPTION 'object "%" of system "%" is not mapped', left(object, 100), left(system, 100) USING ERRCODE = 'undefined_object',
      HINT = format('Those that are mapped: %s. clientele_data.crm_objects lists them, and rows can be added.',
                    (SELECT string_agg(o.system || ' ' || o.object, ', ' ORDER BY o.system, o.object)
                     FROM clientele_data.crm_objects o WHERE o.direction = require_crm_object.direction));
  END IF;
END $$;
COMMENT ON FUNCTION require_crm_object(text, text, text) IS 'Checks that an object of a CRM system is mapped. Errors: 42704.';

CREATE FUNCTION crm_value(source text, message jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  kind CONSTANT text := split_part(source, ':', 1);
  what CONSTANT text := substr(source, strpos(source, ':') + 1);
  person CONSTANT bigint := (message ->> 'customer_id')::bigint;
BEGIN
  PERFORM clientele.require_store('identities'), clientele.require_store('customer_attributes');
  RETURN CASE kind
    WHEN 'payload' THEN CASE what WHEN '' THEN message -> 'payload' ELSE message -> 'payload' #> string_to_array(what, '.') END
    WHEN 'message' THEN message -> what
    WHEN 'text' THEN to_jsonb(what)
    -- The identifier that was added last.
    WHEN 'identity' THEN (SELECT to_jsonb(i.value) FROM clientele_data.identities i
                          WHERE i.customer_id = person AND i.kind = what AND NOT i.shared ORDER BY i.identity_id DESC LIMIT 1)
    WHEN 'attribute' THEN (SELECT to_jsonb(a.value::text) FROM clientele_data.customer_attributes a
                           WHERE a.customer_id = person AND a.name = what)
    WHEN 'tag' THEN (SELECT to_jsonb(v.value) FROM clientele.template_values('tag:' || what, clientele.ids_to_audience(ARRAY[person])) v
                     WHERE person IS NOT NULL) END;
END $$;
COMMENT ON FUNCTION crm_value(text, jsonb) IS 'Returns what a source of a mapping is for a message; a part of crm_payload().';

CREATE FUNCTION crm_payload(system text, object text, message_id bigint) RETURNS jsonb
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' AS $$
#variable_conflict use_variable
DECLARE
  wrap jsonb;
  message jsonb;
  made jsonb;
BEGIN
  PERFORM clientele.require_store('outbox'), clientele.require_store('crm_mappings'), clientele.require_store('campaigns'),
          clientele.require_store('actions'), clientele.require_crm_object(system, object, 'out');
  SELECT o.wrap INTO wrap FROM clientele_data.crm_objects o
  WHERE (o.system, o.object, o.direction) = (crm_payload.system, crm_payload.object, 'out');
  SELECT jsonb_build_object(
           'message_id', o.message_id, 'key', o.key, 'customer_id', clientele.customer_now(o.customer_id),
           'customer', clientele.customer_now(o.customer_id)::text, 'channel', o.channel, 'due', o.due,
           'due_date', (o.due AT TIME ZONE clientele.store_time_zone())::date, 'payload', o.payload, 'campaign', c.name,
           'action', coalesce(a.name, c.action))
  INTO message
  FROM clientele_data.outbox o
  LEFT JOIN clientele_data.campaigns c ON c.campaign_id = o.campaign_id
  LEFT JOIN clientele_data.actions a ON a.action_id = o.action_id
  WHERE o.message_id = crm_payload.message_id;
  IF message IS NULL THEN
    RAISE EXCEPTION 'message % does not exist', message_id USING ERRCODE = 'undefined_object';
  END IF;
  SELECT jsonb_object_agg(f.field, f.value) INTO made
  FROM (SELECT m.field, (SELECT v.value FROM unnest(m.sources) WITH ORDINALITY s (source, n)
                         CROSS JOIN LATERAL (SELECT clientele.crm_value(s.source, message)) v (value)
                         WHERE v.value IS NOT NULL AND v.value NOT IN ('null', '""') ORDER BY s.n LIMIT 1) AS value
        FROM clientele_data.crm_mappings m
        WHERE (m.system, m.object, m.direction) = (crm_payload.system, crm_payload.object, 'out')) f
  WHERE f.value IS NOT NULL;
  -- A text in JSON that is exactly "$object" is the only place where this can stand.
  RETURN replace(wrap::text, '"$object"', coalesce(made, '{}')::text)::jsonb;
END $$;
COMMENT ON FUNCTION crm_payload(text, text, bigint) IS
  'Returns a message of the outbox as a CRM system wants it, as crm_payload(''zoho'', ''leads'', message_id).
The fields are those of clientele_data.crm_mappings; one without a value is left out. Errors: 42704 for an object that is not mapped and for
an unknown message or tag, 42P01 without a store, 42501 without the right to read clientele_data.outbox.';

CREATE FUNCTION crm_time(value jsonb) RETURNS timestamptz
  LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' AS $$
  SELECT nullif(nullif(clientele.parse_time(value #>> '{}'), 'infinity'), '-infinity')
$$;
COMMENT ON FUNCTION crm_time(jsonb) IS
  'Reads a time as CRM systems write it: ISO 8601, or seconds or milliseconds since 1970; NULL for anything else.';

CREATE FUNCTION receive_crm(system text, object text, body jsonb) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' AS $$
#variable_conflict use_variable
DECLARE
  path text[];
  found jsonb;
  received bigint;
BEGIN
  PERFORM clientele.require_store('crm_records', 'INSERT'), clientele.require_store('crm_mappings'), clientele.require_store('outbox'),
          clientele.require_store('identities'), clientele.require_crm_object(system, object, 'in');
  IF body IS NULL THEN
    RAISE EXCEPTION 'body must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT o.path INTO path FROM clientele_data.crm_objects o
  WHERE (o.system, o.object, o.direction) = (receive_crm.system, receive_crm.object, 'in');
  found := CASE WHEN path = '{}' THEN body ELSE body #> path END;
  found := CASE jsonb_typeof(found) WHEN 'array' THEN found WHEN 'object' THEN jsonb_build_array(found) END;
  IF found IS NULL OR EXISTS (SELECT FROM jsonb_array_elements(found) e WHERE jsonb_typeof(e) <> 'object') THEN
    RAISE EXCEPTION 'body has no object at %', CASE WHEN path = '{}' THEN 'its top' ELSE array_to_string(path, '.') END
      USING ERRCODE = 'invalid_parameter_value', HINT = 'clientele_data.crm_objects.path says where the objects stand.';
  END IF;
  WITH objects AS MATERIALIZED (
    SELECT e.n, e.value AS content, f.fields
    FROM jsonb_array_elements(found) WITH ORDINALITY e (value, n) CROSS JOIN LATERAL (
      SELECT coalesce(jsonb_object_agg(m.field, v.value), '{}')
      FROM clientele_data.crm_mappings m CROSS JOIN LATERAL (
        SELECT e.value #> string_to_array(s.source, '.') FROM unnest(m.sources) WITH ORDINALITY s (source, n)
        WHERE coalesce(e.value #>> string_to_array(s.source, '.'), '') <> '' ORDER BY s.n LIMIT 1) v (value)
      WHERE (m.system, m.object, m.direction) = (receive_crm.system, receive_crm.object, 'in')) f (fields)
  ), named AS MATERIALIZED (
    SELECT o.*, x.message_id,
           coalesce(x.customer_id,
                    (SELECT i.customer_id FROM clientele_data.identities i
                     WHERE i.kind = 'email' AND i.value = coalesce(clientele.clean_email(o.fields ->> 'email'), o.fields ->> 'email') AND NOT i.shared),
                    (SELECT i.customer_id FROM clientele_data.identities i
                     WHERE i.kind = 'phone' AND i.value = o.fields ->> 'phone' AND NOT i.shared)) AS customer_id
    FROM objects o LEFT JOIN clientele_data.outbox x ON x.key = o.fields ->> 'key'
  )
  INSERT INTO clientele_data.crm_records (system, object, external_id, message_id, customer_id, customer, email, phone, status, owner, notes,
                                          at, content, digest)
  SELECT system, object, n.fields ->> 'external_id', n.message_id, n.customer_id, c.customer,
         coalesce(n.fields ->> 'email', c.email), coalesce(n.fields ->> 'phone', c.phone), left(n.fields ->> 'status', 1000),
         left(n.fields ->> 'owner', 1000), left(n.fields ->> 'notes', 100000),
         coalesce(clientele.crm_time(n.fields -> 'at'), now()), n.content, md5(n.content::text)
  FROM named n CROSS JOIN LATERAL (
    SELECT max(i.value) FILTER (WHERE i.kind = 'customer') AS customer, max(i.value) FILTER (WHERE i.kind = 'email') AS email,
           max(i.value) FILTER (WHERE i.kind = 'phone') AS phone
    FROM clientele_data.identities i WHERE i.customer_id = n.customer_id AND NOT i.shared) c
  ORDER BY n.n
  ON CONFLICT ON CONSTRAINT crm_records_system_object_digest_key DO NOTHING;
  GET DIAGNOSTICS received = ROW_COUNT;
  RETURN received;
END $$;
COMMENT ON FUNCTION receive_crm(text, text, jsonb) IS
  'Keeps what a CRM system sends back in clientele_data.crm_records, and returns how many new objects that were.
body is what its webhook posts, or what its interface answers: one object or an array, with status, owner, notes and so on by
clientele_data.crm_mappings. The same object again is kept once, and in another state again. The customer is that of the message whose key
the system returns, else the one who has the e-mail address or the phone number. The table can be a source: add_source() makes events of its
rows. Errors: 42704 for an object that is not mapped, 22023 for a body without objects, 22004 for NULL, 42P01 without a store, 42501 without
the rights.';
