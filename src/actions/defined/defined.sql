-- SPDX-License-Identifier: PostgreSQL
-- define_action() and drop_action().

CREATE FUNCTION check_action_name(what text, name text) RETURNS void
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF name = '' OR length(name) > 500 THEN
    RAISE EXCEPTION '% cannot have the name "%"', what, left(name, 100) USING ERRCODE = 'invalid_parameter_value',
      HINT = 'A name has from 1 to 500 characters.';
  END IF;
END $$;
COMMENT ON FUNCTION check_action_name(text, text) IS 'Checks the name of an action or a campaign. Errors: 22023.';

CREATE FUNCTION require_action(name text) RETURNS bigint
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  id bigint;
BEGIN
  PERFORM clientele.require_store('actions');
  SELECT a.action_id INTO id FROM clientele_data.actions a WHERE a.name = require_action.name;
  IF id IS NULL THEN
    RAISE EXCEPTION 'action "%" does not exist', left(name, 100) USING ERRCODE = 'undefined_object',
      HINT = clientele.nearest_names(name, ARRAY(SELECT a.name FROM clientele_data.actions a)) || 'clientele_bi.actions lists them.';
  END IF;
  RETURN id;
END $$;
COMMENT ON FUNCTION require_action(text) IS 'Returns the number of an action. Errors: 42704, with the nearest names.';

CREATE FUNCTION require_tags(of tag_query) RETURNS void
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  unknown text;
BEGIN
  PERFORM clientele.require_store('tags');
  unknown := (SELECT u FROM unnest(clientele.tag_query_names(of)) u
              WHERE u !~ '[.][*]$' AND NOT EXISTS (SELECT FROM clientele_data.tags t WHERE t.name = u) LIMIT 1);
  IF unknown IS NOT NULL THEN
    RAISE EXCEPTION 'tag "%" does not exist', unknown USING ERRCODE = 'undefined_object',
      HINT = clientele.nearest_names(unknown, ARRAY(SELECT t.name FROM clientele_data.tags t)) || 'clientele_data.tags lists them.';
  END IF;
END $$;
COMMENT ON FUNCTION require_tags(tag_query) IS 'Checks that the tags of a query are defined. Errors: 42704, with the nearest names.';

CREATE FUNCTION warning_query(warning text, level text) RETURNS tag_query
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  -- The levels of a warning are the values of the tag of its name.
  SELECT string_agg(format('"%s=%s"', replace(warning, '"', '""'), l.name), ' | ' ORDER BY l.n)::clientele.tag_query
  FROM unnest('{attention,warning,critical}'::text[]) WITH ORDINALITY l (name, n)
  WHERE warning IS NOT NULL AND l.n >= array_position('{attention,warning,critical}'::text[], coalesce(level, 'attention'))
$$;
COMMENT ON FUNCTION warning_query(text, text) IS
  'Returns the tag query of the customers of a warning who are at a level or a higher one: attention, warning, critical.';

CREATE FUNCTION define_action(
    name text, channel text, template jsonb, audience tag_query DEFAULT NULL, warning text DEFAULT NULL, level text DEFAULT NULL,
    strategy text DEFAULT NULL, priority integer DEFAULT 100, cool_down interval DEFAULT '30 days', cap integer DEFAULT NULL,
    cap_period interval DEFAULT '7 days', purpose text DEFAULT 'marketing', control_share double precision DEFAULT 0,
    active boolean DEFAULT true, description text DEFAULT NULL)
  RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  PERFORM clientele.require_store('actions', 'INSERT'), clientele.require_store('actions', 'UPDATE');
  IF num_nulls(name, channel, template, priority, cool_down, cap_period, purpose, control_share, active) > 0 THEN
    RAISE EXCEPTION 'name, channel, template, priority, cool_down, cap_period, purpose, control_share and active must not be NULL'
      USING ERRCODE = 'null_value_not_allowed';
  END IF;
  PERFORM clientele.check_action_name('an action', name), clientele.check_channel(channel), clientele.require_purpose(purpose);
  IF warning IS NOT NULL AND audience IS NOT NULL THEN
    RAISE EXCEPTION 'an action is for a warning or for an audience, not for both' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'The levels of a warning are values of the tag of its name: write audience => ''risk=critical & vip''.';
  ELSIF level IS NOT NULL AND (warning IS NULL OR level NOT IN ('attention', 'warning', 'critical')) THEN
    RAISE EXCEPTION 'an action cannot have the level "%"', left(level, 100) USING ERRCODE = 'invalid_parameter_value',
      HINT = 'The levels of a warning are attention, warning and critical.';
  ELSIF cool_down < '0' OR cool_down > '100 years' OR cap_period <= '0' OR cap_period > '100 years' THEN
    RAISE EXCEPTION 'cool_down and cap_period must be between 0 and 100 years' USING ERRCODE = 'invalid_parameter_value';
  ELSIF cap < 1 THEN
    RAISE EXCEPTION 'cap must be positive: %', cap USING ERRCODE = 'invalid_parameter_value';
  ELSIF NOT (control_share >= 0 AND control_share < 1) THEN
    RAISE EXCEPTION 'control_share must be at least 0 and less than 1: %', control_share USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM clientele.require_tags(coalesce(audience, clientele.warning_query(warning, level))),
          clientele.check_template(template, warning IS NOT NULL);
  INSERT INTO clientele_data.actions AS a (
    name, warning, level, audience, strategy, channel, template, purpose, priority, cool_down, cap, cap_period, control_share, active, description)
  VALUES (name, warning, level, audience::text, strategy, channel, template, purpose, priority, cool_down, cap, cap_period, control_share,
          active, description)
  ON CONFLICT ON CONSTRAINT actions_name_key DO UPDATE SET
    warning = excluded.warning, level = excluded.level, audience = excluded.audience, strategy = excluded.strategy,
    channel = excluded.channel, template = excluded.template, purpose = excluded.purpose, priority = excluded.priority,
    cool_down = excluded.cool_down, cap = excluded.cap, cap_period = excluded.cap_period, control_share = excluded.control_share,
    active = excluded.active, description = coalesce(excluded.description, a.description), defined_at = now();
END $$;
COMMENT ON FUNCTION define_action(
    text, text, jsonb, tag_query, text, text, text, integer, interval, integer, interval, text, double precision, boolean, text) IS
  'Says what is sent to which customers, or changes it: run_actions() sends it, or a campaign does.
audience: a tag query; its customers get a message when they match. warning and level: the customers of a warning at this level or a
higher one. With neither, only campaigns use the action. channel and template: how it is sent, and the payload; in the texts of the
template {name} stands for a tag or an attribute of the customer, and {name|text} for text if there is none (see render_messages()).
strategy: a name for people and templates; NULL is that of the warning. These get none: customers who do not consent to purpose; those of
the global control group, and a share control_share, who never get one; those who got one of this action within cool_down; those who got cap
messages for the purpose within cap_period, of all actions and campaigns. priority: which action comes first, that of the smaller number.
active => false pauses it. Errors: 42704 for an unknown tag, attribute or purpose (with the nearest names), 22023 for values out of range,
22004 for NULL, 54000 for a template of more than 100,000 bytes, 42P01 without a store, 42501 without the right to change
clientele_data.actions.';

CREATE FUNCTION drop_action(name text) RETURNS bigint
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  id bigint;
  dropped bigint;
BEGIN
  PERFORM clientele.require_store('actions', 'DELETE'), clientele.require_store('outbox', 'UPDATE');
  -- run_actions() holds it while it queues messages.
  LOCK TABLE clientele_data.actions IN SHARE ROW EXCLUSIVE MODE;
  id := clientele.require_action(name);
  DELETE FROM clientele_data.actions a WHERE a.action_id = id;
  -- What is being claimed now is dropped then.
  WITH waiting AS (
    SELECT o.message_id FROM clientele_data.outbox o
    WHERE o.action_id = id AND o.campaign_id IS NULL AND o.status = 'queued' ORDER BY o.message_id FOR UPDATE SKIP LOCKED
  )
  UPDATE clientele_data.outbox o SET status = 'dropped', detail = 'the action was dropped', changed_at = clock_timestamp()
  FROM waiting w WHERE o.message_id = w.message_id;
  GET DIAGNOSTICS dropped = ROW_COUNT;
  RETURN dropped;
END $$;
COMMENT ON FUNCTION drop_action(text) IS
  'Deletes an action, drops those of its messages that wait, and returns how many. Campaigns that used it go on.
Errors: 42704 for an unknown action, 42P01 without a store, 42501 without the right to delete from clientele_data.actions.';
