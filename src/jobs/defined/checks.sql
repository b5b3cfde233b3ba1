-- SPDX-License-Identifier: PostgreSQL
-- What a job may be. Triggers of clientele_data.jobs check it, so that what is written by hand is checked, too.

CREATE FUNCTION check_command(command text) RETURNS void
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_check_command';
COMMENT ON FUNCTION check_command(text) IS
  'Checks that the command of a job is exactly one SQL statement; a part of add_job(). Nothing is looked up or executed.
Errors: 42601 if not, with the place of the error; 54000 for more than 1 MB.';

CREATE FUNCTION nearest_names(wanted text, known text[]) RETURNS text
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_nearest_names';
COMMENT ON FUNCTION nearest_names(text, text[]) IS
  'Says which of some names are nearest to one, as hints do. Empty if there are none.';

CREATE FUNCTION first_since(starting timestamptz, now timestamptz) RETURNS timestamptz
  LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  -- With starting => now() it is due at once. One in the future is not a time up to which something has been done.
  SELECT CASE WHEN starting BETWEEN transaction_timestamp() AND now THEN starting - interval '1 microsecond' ELSE now END
$$;
COMMENT ON FUNCTION first_since(timestamptz, timestamptz) IS
  'Returns the time up to which no due time of a job counts that is added or changed now; a part of add_job().';

CREATE FUNCTION job_cycle(job_id bigint, name text, after_ids bigint[]) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  seen bigint[] := after_ids;
  -- The place in seen of the job that follows the one at this place; 0 is the job itself.
  follower integer[] := array_fill(0, ARRAY[cardinality(after_ids)]);
  place integer := 1;
  found bigint;
  cycle text;
BEGIN
  PERFORM clientele.require_store('job_names');
  WHILE place <= cardinality(seen) LOOP
    IF seen[place] = job_id THEN
      cycle := format('"%s"', name);
      WHILE follower[place] > 0 LOOP
        place := follower[place];
        cycle := format('"%s" after %s', (SELECT n.name FROM clientele_data.job_names n WHERE n.job_id = seen[place]), cycle);
      END LOOP;
      RETURN format('"%s" after %s', name, cycle);
    END IF;
    FOR found IN
      SELECT DISTINCT a.id FROM clientele_data.job_names n CROSS JOIN unnest(n.after_ids) a (id)
      WHERE n.job_id = seen[place] AND NOT a.id = ANY (seen)
    LOOP
      seen := seen || found;
      follower := follower || place;
    END LOOP;
    place := place + 1;
  END LOOP;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION job_cycle(bigint, text, bigint[]) IS
  'Returns the cycle that a job would be in if it followed these jobs, or NULL if there would be none; a part of alter_job().';

CREATE FUNCTION check_job_options(name text, jitter interval, missed text, max_run_time interval, max_retries integer,
                                  retry_delay interval, retry_cap interval, notify text) RETURNS void
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET intervalstyle = 'postgres' AS $$
DECLARE
  longest CONSTANT interval := interval '100 years';
  missing CONSTANT text := CASE
    WHEN name IS NULL THEN 'name' WHEN jitter IS NULL THEN 'jitter' WHEN missed IS NULL THEN 'missed'
    WHEN max_run_time IS NULL THEN 'max_run_time' WHEN max_retries IS NULL THEN 'max_retries' WHEN retry_delay IS NULL THEN 'retry_delay'
    WHEN retry_cap IS NULL THEN 'retry_cap' END;
  problem text;
BEGIN
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION '% must not be NULL', missing USING ERRCODE = 'null_value_not_allowed';
  ELSIF octet_length(name) > 500 THEN
    RAISE EXCEPTION 'the name of a job must not be longer than 500 bytes: it has %', octet_length(name) USING
      ERRCODE = 'program_limit_exceeded';
  END IF;
  problem := CASE
    WHEN name = '' THEN 'the name of a job must not be empty'
    WHEN jitter NOT BETWEEN '0' AND '1 day' THEN format('jitter must be from 0 to 1 day, not %s', jitter)
    WHEN missed NOT IN ('once', 'skip') THEN format('missed must be once or skip, not "%s"', left(missed, 100))
    WHEN max_run_time <= '0' OR max_run_time > longest THEN format('max_run_time must be above 0, up to 100 years, not %s', max_run_time)
    WHEN max_retries NOT BETWEEN 0 AND 1000 THEN format('max_retries must be from 0 to 1000, not %s', max_retries)
    WHEN retry_delay NOT BETWEEN '0' AND longest THEN format('retry_delay must be from 0 to 100 years, not %s', retry_delay)
    WHEN retry_cap NOT BETWEEN '0' AND longest THEN format('retry_cap must be from 0 to 100 years, not %s', retry_cap)
    WHEN notify = '' OR octet_length(notify) > 63 THEN
      format('notify must be the name of a channel, which has 1 to 63 bytes: "%s" has %s', left(notify, 100), octet_length(notify)) END;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION '%', problem USING ERRCODE = 'invalid_parameter_value';
  END IF;
END $$;
COMMENT ON FUNCTION check_job_options(text, interval, text, interval, integer, interval, interval, text) IS
  'Checks the name and the options of a job; a part of add_job(). Errors: 22004 for NULL, 54000 for a name above 500 bytes, 22023 otherwise.';

CREATE FUNCTION check_job_times(schedule text, every interval, after_ids bigint[], time_zone text, starting timestamptz, jitter interval)
  RETURNS void
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET intervalstyle = 'postgres' AS $$
DECLARE
  shortest interval;
BEGIN
  IF num_nonnulls(schedule, every, after_ids) <> 1 THEN
    RAISE EXCEPTION 'exactly one of schedule, every and after must be given, not %', num_nonnulls(schedule, every, after_ids) USING
      ERRCODE = 'invalid_parameter_value',
      HINT = 'schedule is a cron expression, every an interval, and after a list of the jobs that this one follows.';
  ELSIF NOT isfinite(starting) THEN
    RAISE EXCEPTION 'starting must be finite, not %', starting USING ERRCODE = 'invalid_parameter_value';
  ELSIF schedule IS NOT NULL THEN
    PERFORM clientele.check_schedule(schedule, time_zone);
    shortest := (SELECT min(d.after) FROM (SELECT r.at - lag(r.at) OVER (ORDER BY r.at) AS after
                                           FROM clientele.next_runs(schedule, time_zone, NULL, 50) r (at)) d);
  ELSIF every IS NOT NULL THEN
    PERFORM clientele.next_every(every, starting, time_zone, NULL, 1);
    shortest := every;
  END IF;
  IF jitter >= shortest AND jitter > '0' THEN
    RAISE EXCEPTION 'jitter must be less than the time from one run to the next, %, not %', shortest, jitter USING
      ERRCODE = 'invalid_parameter_value';
  END IF;
END $$;
COMMENT ON FUNCTION check_job_times(text, interval, bigint[], text, timestamptz, interval) IS
  'Checks when a job is to run; a part of add_job(). Errors: 22023 and those of check_schedule() and next_every().';

CREATE FUNCTION check_job() RETURNS trigger
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  fresh CONSTANT boolean := TG_OP = 'INSERT';
  role_id oid;
  cycle text;
BEGIN
  IF NOT fresh AND NOT clientele.may_manage_job(OLD.owner, OLD.owner_oid, OLD.owner_cluster) THEN
    RAISE EXCEPTION 'permission denied for job "%"', OLD.name USING ERRCODE = 'insufficient_privilege',
      DETAIL = format('It belongs to role %I.', OLD.owner);
  END IF;
  PERFORM clientele.check_job_options(NEW.name, NEW.jitter, NEW.missed, NEW.max_run_time, NEW.max_retries, NEW.retry_delay, NEW.retry_cap,
                                      NEW.notify);
  IF fresh OR NEW.command IS DISTINCT FROM OLD.command THEN
    IF NEW.command IS NULL THEN
      RAISE EXCEPTION 'command must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM clientele.check_command(NEW.command);
  END IF;
  IF fresh THEN
    NEW.time_zone := coalesce(NEW.time_zone, clientele.job_time_zone());
    NEW.starting := coalesce(NEW.starting, NEW.since);
  END IF;
  IF fresh OR (NEW.schedule, NEW.every, NEW.after_ids, NEW.time_zone, NEW.starting, NEW.jitter)
              IS DISTINCT FROM (OLD.schedule, OLD.every, OLD.after_ids, OLD.time_zone, OLD.starting, OLD.jitter) THEN
    PERFORM clientele.check_job_times(NEW.schedule, NEW.every, NEW.after_ids, NEW.time_zone, NEW.starting, NEW.jitter);
    cycle := CASE WHEN NEW.after_ids IS NOT NULL THEN clientele.job_cycle(NEW.job_id, NEW.name, NEW.after_ids) END;
    IF cycle IS NOT NULL THEN
      RAISE EXCEPTION 'jobs would follow each other in a cycle' USING ERRCODE = 'invalid_recursion',
        DETAIL = format('It is %s.', cycle), HINT = 'One of them must run at times of its own, by schedule or every.';
    END IF;
  END IF;
  IF NOT fresh AND (NEW.owner, NEW.owner_oid, NEW.owner_cluster, NEW.command)
                   IS NOT DISTINCT FROM (OLD.owner, OLD.owner_oid, OLD.owner_cluster, OLD.command) THEN
    RETURN NEW;
  END IF;
  -- Who says what runs must have the rights with which it runs. A role that was renamed is still the same, and one of the same name is not.
  NEW.owner := coalesce(NEW.owner, current_user);
  IF NOT fresh AND (NEW.owner, NEW.owner_oid, NEW.owner_cluster) IS NOT DISTINCT FROM (OLD.owner, OLD.owner_oid, OLD.owner_cluster) THEN
    NEW.owner := (SELECT r.rolname FROM pg_roles r WHERE r.oid = clientele.source_owner(OLD.owner, OLD.owner_oid, OLD.owner_cluster));
    IF NEW.owner IS NULL THEN
      RAISE EXCEPTION 'role "%", which owns job "%", does not exist any more', OLD.owner, OLD.name USING ERRCODE = 'undefined_object',
        HINT = 'clientele.alter_job(name, owner => …) gives the job to another role.';
    END IF;
  END IF;
  role_id := (SELECT r.oid FROM pg_roles r WHERE r.rolname = NEW.owner);
  IF role_id IS NULL THEN
    RAISE EXCEPTION 'role "%" does not exist', NEW.owner USING ERRCODE = 'undefined_object',
      HINT = 'clientele.alter_job(name, owner => …) gives the job to another role.';
  ELSIF NOT clientele.may_act_as(role_id) THEN
    RAISE EXCEPTION 'permission denied for job "%"', NEW.name USING ERRCODE = 'insufficient_privilege',
      DETAIL = format('Its command would run with the rights of role %I, which role %I does not have.', NEW.owner, current_user);
  ELSIF NOT clientele.may_become(clientele.jobs_owner(), role_id) THEN
    RAISE EXCEPTION 'role %, which owns the store, may not run jobs as role %', quote_ident(pg_get_userbyid(clientele.jobs_owner())),
      quote_ident(NEW.owner) USING ERRCODE = 'insufficient_privilege',
      HINT = format('GRANT %I TO %I; or SET ROLE to a role that it may act as, and add the job as that.', NEW.owner,
                    pg_get_userbyid(clientele.jobs_owner()));
  END IF;
  NEW.owner_oid := role_id;
  NEW.owner_cluster := clientele.cluster_id();
  RETURN NEW;
END $$;
COMMENT ON FUNCTION check_job() IS
  'Keeps the owner in clientele_data.jobs true, and refuses jobs that cannot run and changes by roles that may not act as the owner; a trigger
function.';

CREATE FUNCTION keep_followed_jobs() RETURNS trigger
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  followed record;
BEGIN
  PERFORM clientele.require_store('job_names');
  SELECT d.name, string_agg(format('"%s"', n.name), ', ' ORDER BY n.name) AS followers INTO followed
  FROM dropped d JOIN clientele_data.job_names n ON n.after_ids @> ARRAY[d.job_id] GROUP BY d.job_id, d.name ORDER BY d.name LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'job "%" is followed by other jobs', followed.name USING ERRCODE = 'dependent_objects_still_exist',
      DETAIL = format('These run after it: %s.', followed.followers),
      HINT = 'Drop them first, or give them other times: clientele.alter_job(name, every => …). clientele_bi.job_status names their owners.';
  END IF;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION keep_followed_jobs() IS
  'Refuses to drop jobs that others follow; a trigger function. Error: 2BP01.';
