-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION complaint_answers(
  journey, complaint text, answer text, within interval DEFAULT '24 hours', since timestamptz DEFAULT NULL,
  until timestamptz DEFAULT NULL, OUT complained_at timestamptz, OUT answered_at timestamptz, OUT waited interval, OUT state text
) RETURNS SETOF record
  LANGUAGE c STABLE PARALLEL SAFE ROWS 3 COST 50 AS 'MODULE_PATHNAME', 'clientele_complaint_answers';
COMMENT ON FUNCTION complaint_answers(journey, text, text, interval, timestamptz, timestamptz) IS
  'Lists the complaints of a customer, each with the first answer after it and the time between them.
complaint, answer: selectors of the events. One answer answers all complaints that wait for one; of events of one instant those that are
only complaints come first, then those that are both, then answers. within: how long an answer may take; NULL means any time. A day is 24
hours. since, until: complaints from since on, and events before until; NULL means no limit, and the start of the transaction.
state: in time, late (answered after within), waiting (no answer yet, within is not over), overdue (no answer, and within is over).
event_intervals() measures the same times where repeated complaints before an answer count as one. NULL for the journey or a selector gives
no rows. Errors: 22023 for a selector''s syntax, a negative length or one with months; 22008 for an infinite time; 42704 for an unknown
event.';

-- What counts as a complaint and as an answer

CREATE PROCEDURE create_complaint_tables()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  CREATE TABLE IF NOT EXISTS clientele_data.complaint_kinds (
    name text COLLATE "C" PRIMARY KEY CHECK (name <> '' AND length(name) <= 500),
    complaint text NOT NULL,
    answer text NOT NULL,
    within interval NOT NULL CHECK (within >= '0'),
    defined_at timestamptz NOT NULL DEFAULT now()
  );
  COMMENT ON TABLE clientele_data.complaint_kinds IS
    'Which events are complaints, which are answers, and how long an answer may take. clientele.define_complaints() writes it.';
  COMMENT ON COLUMN clientele_data.complaint_kinds.name IS 'The name.';
  COMMENT ON COLUMN clientele_data.complaint_kinds.complaint IS 'The selector of complaints.';
  COMMENT ON COLUMN clientele_data.complaint_kinds.answer IS 'The selector of answers.';
  COMMENT ON COLUMN clientele_data.complaint_kinds.within IS 'How long an answer may take.';
  COMMENT ON COLUMN clientele_data.complaint_kinds.defined_at IS 'When it was defined last.';
END $store$;
COMMENT ON PROCEDURE create_complaint_tables() IS
  'Creates the table of kinds of complaints; a part of create_store().';
INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('satisfaction/complaints', 'clientele_data.complaint_kinds', 'table', 'create_complaint_tables', false);

CREATE FUNCTION usual_answers() RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('event_types');
  RETURN (SELECT string_agg(DISTINCT clientele.quote_selector(NULL, t.event), '|') FROM clientele_data.event_types t
          WHERE clientele.plain_event_name(t.event) = ANY ('{resolved,answered,replied,complaintresolved,complaintanswered,complaintclosed,'
            'ticketresolved,ticketclosed,servicereply,servicecall,callback,已解决,解决,投诉解决,投诉处理,已回复,回复,客服回复,回访,客服回访}'::text[]));
END $$;
COMMENT ON FUNCTION usual_answers() IS
  'Returns the selector of events that are usually answers to complaints, such as resolved or 已解决; NULL if the store has none.
Errors: 42P01 without a store, 42501 without the right to read clientele_data.event_types.';

CREATE FUNCTION define_complaints(
    name text DEFAULT 'complaints', complaint text DEFAULT NULL, answer text DEFAULT NULL, within interval DEFAULT '24 hours') RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('complaint_kinds', 'INSERT'), clientele.require_store('complaint_kinds', 'UPDATE'),
          clientele.require_store('event_types');
  complaint := coalesce(complaint, clientele.starter_selector('complaint'));
  answer := coalesce(answer, clientele.usual_answers());
  IF name IS NULL OR within IS NULL THEN
    RAISE EXCEPTION 'name and within must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF name = '' OR length(name) > 500 THEN
    RAISE EXCEPTION 'the name of a kind of complaints must have 1 to 500 characters' USING ERRCODE = 'invalid_parameter_value';
  ELSIF complaint IS NULL OR answer IS NULL THEN
    RAISE EXCEPTION 'no event is usually %', CASE WHEN complaint IS NULL THEN 'a complaint' ELSE 'an answer' END
      USING ERRCODE = 'undefined_object', HINT = 'Give the selectors of both, as define_complaints(''support'', ''ticket_opened'', ''ticket_closed'').';
  END IF;
  -- The selectors, and the length of time.
  PERFORM clientele.event_types_matching(complaint), clientele.event_types_matching(answer),
          clientele.interval_def(complaint, answer, within => within);
  INSERT INTO clientele_data.complaint_kinds (name, complaint, answer, within)
  VALUES (define_complaints.name, define_complaints.complaint, define_complaints.answer, define_complaints.within)
  ON CONFLICT ON CONSTRAINT complaint_kinds_pkey DO UPDATE
    SET complaint = excluded.complaint, answer = excluded.answer, within = excluded.within, defined_at = now();
END $$;
COMMENT ON FUNCTION define_complaints(text, text, text, interval) IS
  'Says which events are complaints and which are answers, for the view complaints of clientele_bi.
complaint, answer: selectors; NULL takes events with usual names, those of starter_roles() and usual_answers(). within: how long an answer
may take. The same name again changes it.
Errors: 22004 for a NULL name or within, 22023 for a name that is empty or has more than 500 characters, for a selector''s syntax, a
negative length or one with months, 42704 for an unknown event, and if no event has a usual name, 42P01 without a store, 42501 without the
right to change clientele_data.complaint_kinds.';

CREATE FUNCTION forget_complaints(name text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('complaint_kinds', 'DELETE'), clientele.require_store('complaint_kinds');
  DELETE FROM clientele_data.complaint_kinds k WHERE k.name = forget_complaints.name;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'complaints "%" do not exist', coalesce(left(name, 100), 'NULL') USING ERRCODE = 'undefined_object',
      HINT = 'clientele_data.complaint_kinds lists them.';
  END IF;
END $$;
COMMENT ON FUNCTION forget_complaints(text) IS
  'Removes a kind of complaints from the view complaints of clientele_bi; events stay as they are.
Errors: 42704 for an unknown name, 42P01 without a store, 42501 without the right to change clientele_data.complaint_kinds.';

CREATE PROCEDURE create_complaint_views()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  -- It reads journeys with its owner's rights and returns totals only.
  CREATE OR REPLACE FUNCTION clientele_bi.complaint_months()
    RETURNS TABLE (complaints_of text, month date, complaints bigint, customers bigint, in_time bigint, late bigint, waiting bigint,
                   overdue bigint, median_seconds double precision, p90_seconds double precision, within_seconds double precision)
    LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
      SELECT k.name::text, date_trunc('month', a.complained_at AT TIME ZONE z.value)::date, count(*), count(DISTINCT j.customer_id),
             count(*) FILTER (WHERE a.state = 'in time'), count(*) FILTER (WHERE a.state = 'late'),
             count(*) FILTER (WHERE a.state = 'waiting'), count(*) FILTER (WHERE a.state = 'overdue'),
             percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM a.waited)::double precision),
             percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM a.waited)::double precision),
             extract(epoch FROM k.within)::double precision
      FROM clientele_data.complaint_kinds k CROSS JOIN clientele_data.journeys j
      CROSS JOIN (SELECT s.value FROM clientele_data.settings s WHERE s.name = 'time_zone') z
      CROSS JOIN LATERAL clientele.complaint_answers(j.journey, k.complaint, k.answer, k.within) a
      GROUP BY k.name, 2, k.within;
    END;
  COMMENT ON FUNCTION clientele_bi.complaint_months() IS
    'Counts the complaints of each month by their state, for the view complaints, without giving access to journeys.';

  CREATE OR REPLACE VIEW clientele_bi.complaints AS
    SELECT m.complaints_of AS kind, m.month, m.complaints, m.customers, m.in_time, m.late, m.waiting, m.overdue,
           (m.in_time + m.late)::double precision / m.complaints AS answered_share,
           m.in_time::double precision / nullif(m.complaints - m.waiting, 0) AS in_time_share,
           m.median_seconds, m.p90_seconds, m.within_seconds
    FROM clientele_bi.complaint_months() m;
  COMMENT ON VIEW clientele_bi.complaints IS
    'How many complaints there were in each month, and how long customers waited for an answer. It reads all journeys.';
  COMMENT ON COLUMN clientele_bi.complaints.kind IS 'The kind of complaints, as define_complaints() named it.';
  COMMENT ON COLUMN clientele_bi.complaints.month IS 'The first day of the month, in the time zone of the store.';
  COMMENT ON COLUMN clientele_bi.complaints.complaints IS 'Complaints of the month.';
  COMMENT ON COLUMN clientele_bi.complaints.customers IS 'Customers that complained.';
  COMMENT ON COLUMN clientele_bi.complaints.in_time IS 'Complaints that were answered in time.';
  COMMENT ON COLUMN clientele_bi.complaints.late IS 'Complaints that were answered too late.';
  COMMENT ON COLUMN clientele_bi.complaints.waiting IS 'Complaints without an answer, for which there is still time.';
  COMMENT ON COLUMN clientele_bi.complaints.overdue IS 'Complaints without an answer, for which the time is over.';
  COMMENT ON COLUMN clientele_bi.complaints.answered_share IS '(in_time + late) / complaints.';
  COMMENT ON COLUMN clientele_bi.complaints.in_time_share IS 'in_time / all that are not waiting; NULL if all are.';
  COMMENT ON COLUMN clientele_bi.complaints.median_seconds IS 'Half of the answered complaints were answered within this time; NULL without any.';
  COMMENT ON COLUMN clientele_bi.complaints.p90_seconds IS 'Nine of ten answered complaints were answered within this time; NULL without any.';
  COMMENT ON COLUMN clientele_bi.complaints.within_seconds IS 'How long an answer may take.';
END $store$;
COMMENT ON PROCEDURE create_complaint_views() IS
  'Creates the function and the view of clientele_bi on complaints; a part of create_store().';
INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('satisfaction/complaints', 'clientele_bi.complaint_months()', 'function', 'create_complaint_views', true),
  ('satisfaction/complaints', 'clientele_bi.complaints', 'view', 'create_complaint_views', true);
