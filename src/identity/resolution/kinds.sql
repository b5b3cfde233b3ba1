-- SPDX-License-Identifier: PostgreSQL
-- What happens when clientele_data.identity_kinds is changed.

CREATE FUNCTION check_identity_kind() RETURNS trigger
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  old_kind CONSTANT text := CASE WHEN TG_OP <> 'INSERT' THEN OLD.kind END;
  new_kind CONSTANT text := CASE WHEN TG_OP <> 'DELETE' THEN NEW.kind END;
  changed text;
BEGIN
  -- A kind that is not listed has the normal form `key`.
  changed := CASE
    WHEN TG_OP = 'INSERT' THEN CASE WHEN NEW.normal <> 'key' THEN new_kind END
    WHEN TG_OP = 'DELETE' THEN CASE WHEN OLD.normal <> 'key' THEN old_kind END
    WHEN old_kind <> new_kind THEN CASE WHEN OLD.normal <> 'key' THEN old_kind ELSE new_kind END
    WHEN OLD.normal <> NEW.normal THEN old_kind END;
  IF changed IS NOT NULL THEN
    PERFORM clientele.require_store('identities');
    PERFORM clientele.lock_dictionaries();
    IF EXISTS (SELECT FROM clientele_data.identities i WHERE i.kind = changed) THEN
      RAISE EXCEPTION 'the normal form of identities of kind "%" cannot change while there are any', left(changed, 100) USING
        ERRCODE = 'object_not_in_prerequisite_state',
        HINT = 'Give such identifiers another kind in the mappings of the sources.';
    END IF;
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
COMMENT ON FUNCTION check_identity_kind() IS
  'Refuses another normal form for kinds of which there are identifiers (55000); a trigger function.';

CREATE FUNCTION resolve_changed_kinds() RETURNS trigger
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  changed text[];
BEGIN
  IF TG_OP = 'INSERT' THEN
    changed := ARRAY(SELECT n.kind FROM new_kinds n WHERE (n.rank, n.one_per_customer, n.max_links) <> (9, false, 1));
  ELSIF TG_OP = 'DELETE' THEN
    changed := ARRAY(SELECT o.kind FROM old_kinds o WHERE (o.rank, o.one_per_customer, o.max_links) <> (9, false, 1));
  ELSE
    changed := ARRAY(
      SELECT coalesce(o.kind, n.kind) FROM old_kinds o FULL JOIN new_kinds n ON n.kind = o.kind
      WHERE (coalesce(o.rank, 9), coalesce(o.one_per_customer, false), coalesce(o.max_links, 1))
         <> (coalesce(n.rank, 9), coalesce(n.one_per_customer, false), coalesce(n.max_links, 1)));
  END IF;
  PERFORM clientele.require_store('identities');
  IF EXISTS (SELECT FROM unnest(changed) c (kind) WHERE EXISTS (SELECT FROM clientele_data.identities i WHERE i.kind = c.kind)) THEN
    PERFORM clientele.resolve_all_identities('kinds');
  END IF;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION resolve_changed_kinds() IS
  'Computes all customers again after a change of rank, one_per_customer or max_links of a kind; a trigger function.';
