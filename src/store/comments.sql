-- SPDX-License-Identifier: PostgreSQL
-- The language of a store: comments on what BI tools see, and the default of starter sets. The procedures that create views comment on
-- them in English. Beside them comments_zh.sql has the same texts in Chinese, and comment_store() puts these in their place.

CREATE TABLE comment_translations (
  language text NOT NULL,
  comment text NOT NULL,
  translation text NOT NULL,
  PRIMARY KEY (language, comment)
);
COMMENT ON TABLE comment_translations IS 'The comments on views and functions of clientele_bi in other languages than English.';
COMMENT ON COLUMN comment_translations.language IS 'The language, as zh.';
COMMENT ON COLUMN comment_translations.comment IS 'The comment in English. … stands for what differs from store to store, as names of tags.';
COMMENT ON COLUMN comment_translations.translation IS 'The comment in that language, with … where the same goes.';
GRANT SELECT ON comment_translations TO PUBLIC;
-- An update of the extension fills it again.
DELETE FROM clientele.comment_translations;

CREATE FUNCTION check_language(language text) RETURNS void
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF language IS NULL THEN
    RAISE EXCEPTION 'the language must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  IF language <> 'en' AND NOT EXISTS (SELECT FROM clientele.comment_translations t WHERE t.language = check_language.language) THEN
    RAISE EXCEPTION 'language "%" does not exist', left(language, 100) USING
      ERRCODE = 'invalid_parameter_value',
      HINT = (SELECT format('The languages are %s.', string_agg(l.language, ', ' ORDER BY l.language COLLATE "C"))
              FROM (SELECT 'en' UNION SELECT t.language FROM clientele.comment_translations t) l (language));
  END IF;
END $$;
COMMENT ON FUNCTION check_language(text) IS
  'Checks that a store can have a language: en or zh.
Errors: 22023 if not, 22004 for NULL.';

CREATE FUNCTION store_language() RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('settings');
  RETURN coalesce((SELECT s.value FROM clientele_data.settings s WHERE s.name = 'language'), 'en');
END $$;
COMMENT ON FUNCTION store_language() IS
  'Returns the language of the store: en or zh.
It is that of the comments in clientele_bi, and of the starter sets if they are defined without a language.
Errors: 42P01 without a store, 42501 without the right to read clientele_data.settings.';

CREATE FUNCTION translated_comment(language text, comment text) RETURNS text
  LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(
    (SELECT t.translation FROM clientele.comment_translations t WHERE t.language = $1 AND t.comment = $2),
    (SELECT replace(t.translation, '…', substr($2, length(p.head) + 1, length($2) - length(p.head) - length(p.tail)))
     FROM clientele.comment_translations t
     CROSS JOIN LATERAL (SELECT split_part(t.comment, '…', 1) AS head, split_part(t.comment, '…', 2) AS tail) p
     WHERE t.language = $1 AND strpos(t.comment, '…') > 0 AND length($2) > length(p.head) + length(p.tail)
       AND starts_with($2, p.head) AND right($2, length(p.tail)) = p.tail
     ORDER BY length(t.comment) DESC LIMIT 1))
$$;
COMMENT ON FUNCTION translated_comment(text, text) IS
  'Returns an English comment in another language, NULL if it has no translation; a part of comment_store().';

-- A comment that the owner has written has no translation, and stays.
CREATE PROCEDURE comment_store(language text)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  statement text;
BEGIN
  FOR statement IN
    WITH members AS (
      SELECT m.place, m.kind, clientele.store_member(m.name, m.kind) AS present,
             CASE m.kind WHEN 'view' THEN to_regclass(m.name)::oid END AS relation,
             CASE m.kind WHEN 'function' THEN to_regprocedure(m.name)::oid END AS function
      FROM clientele.store_members m WHERE split_part(m.name, '.', 1) = 'clientele_bi' AND m.kind IN ('view', 'function')
    ), comments AS (
      SELECT 0 AS place, 0 AS part, 'SCHEMA clientele_bi' AS object,
             obj_description(to_regnamespace('clientele_bi'), 'pg_namespace') AS comment
      UNION ALL
      SELECT m.place, d.objsubid, CASE WHEN d.objsubid = 0 THEN 'VIEW ' || m.present
                                       ELSE format('COLUMN %s.%I', m.present, a.attname) END, d.description
      FROM members m JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = m.relation
      LEFT JOIN pg_attribute a ON a.attrelid = m.relation AND a.attnum = d.objsubid
      UNION ALL
      SELECT m.place, 0, 'FUNCTION ' || m.present, obj_description(m.function, 'pg_proc') FROM members m WHERE m.function IS NOT NULL
    )
    SELECT format('COMMENT ON %s IS %L', c.object, clientele.translated_comment(comment_store.language, c.comment))
    FROM comments c WHERE clientele.translated_comment(comment_store.language, c.comment) IS NOT NULL ORDER BY c.place, c.part
  LOOP
    EXECUTE statement;
  END LOOP;
END $$;
COMMENT ON PROCEDURE comment_store(text) IS
  'Replaces English comments in clientele_bi by their translations; a part of create_store(), upgrade_store() and set_store_language().
Comments that you have written stay as they are.';

CREATE PROCEDURE set_store_language(language text)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning SET quote_all_identifiers = off AS $$
DECLARE
  creator name;
BEGIN
  PERFORM clientele.require_store('settings', 'INSERT'), clientele.require_store('settings', 'UPDATE'),
          clientele.check_language(language), clientele.require_own_schema('clientele_bi');
  IF clientele.store_language() NOT IN ('en', language) THEN
    FOR creator IN
      SELECT m.created_by FROM clientele.store_members m
      WHERE split_part(m.name, '.', 1) = 'clientele_bi' AND clientele.store_member(m.name, m.kind) IS NOT NULL
      GROUP BY m.created_by ORDER BY min(m.place)
    LOOP
      CALL clientele.create_members(creator);
    END LOOP;
    COMMENT ON SCHEMA clientele_bi IS 'Views of the clientele store for BI tools: plain column types, no journeys.';
  END IF;
  INSERT INTO clientele_data.settings (name, value) VALUES ('language', language)
  ON CONFLICT (name) DO UPDATE SET value = excluded.value;
  CALL clientele.comment_store(language);
END $$;
COMMENT ON PROCEDURE set_store_language(text) IS
  'Changes the language of the store: that of the comments on the views in clientele_bi, on their columns and on the functions there.
language: en or zh. Comments that you have written stay when the language was en, and are lost otherwise, as the views are created again in
English first. Starter sets that are defined later have this language unless another is given. Names of tags, questions and segments that
exist stay. Errors: 22023 for another language, 22004 for NULL, 42P01 without a store, 42501 for roles other than the owner of the store.';
