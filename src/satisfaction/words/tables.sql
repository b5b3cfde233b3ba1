-- SPDX-License-Identifier: PostgreSQL
-- The words of the store, which its owner edits.

CREATE PROCEDURE create_feedback_word_tables()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  IF to_regclass('clientele_data.feedback_words') IS NULL THEN
    CREATE TABLE clientele_data.feedback_words (
      class text COLLATE "C" NOT NULL,
      word text COLLATE "C" NOT NULL,
      weight double precision NOT NULL DEFAULT 1 CHECK (weight > 0 AND weight <= 100),
      polarity double precision NOT NULL DEFAULT 0 CHECK (polarity BETWEEN -1 AND 1),
      language text,
      PRIMARY KEY (class, word),
      CHECK (class <> '' AND word <> '' AND (class !~ '^[(]' OR class IN ('(negator)', '(intensifier)', '(break)', '(ignored)')))
    );
    INSERT INTO clientele_data.feedback_words (class, word, weight, polarity, language)
    SELECT s.class, s.word, s.weight, s.polarity, s.word_language FROM clientele.starter_feedback_words() s;
  END IF;
  COMMENT ON TABLE clientele_data.feedback_words IS
    'The words by which feedback_classes() finds what a text is about. They are yours to edit; a new store has those of
starter_feedback_words(), and CALL clientele.install_feedback_words() brings them back.';
  COMMENT ON COLUMN clientele_data.feedback_words.class IS
    'What a text is about that has the word; * stands for the classes that its clause names; (negator), (intensifier), (break) and (ignored)
say what the word does to others.';
  COMMENT ON COLUMN clientele_data.feedback_words.word IS 'The word or phrase; * at its end stands for any ending.';
  COMMENT ON COLUMN clientele_data.feedback_words.weight IS 'How strongly the word speaks for the class; of an intensifier the factor.';
  COMMENT ON COLUMN clientele_data.feedback_words.polarity IS 'From -1 (a complaint) to 1 (praise); 0 if the word only names the class.';
  COMMENT ON COLUMN clientele_data.feedback_words.language IS 'The language of the word, for its readers only.';
END $store$;
COMMENT ON PROCEDURE create_feedback_word_tables() IS
  'Creates the table of words of feedback; a part of create_store().';
INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('satisfaction/words', 'clientele_data.feedback_words', 'table', 'create_feedback_word_tables', true);

CREATE FUNCTION stored_feedback_lexicon() RETURNS feedback_lexicon
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('feedback_words');
  RETURN (SELECT coalesce(clientele.feedback_lexicon(w.class, w.word, w.weight, w.polarity), '{"words": []}')
          FROM clientele_data.feedback_words w);
END $$;
COMMENT ON FUNCTION stored_feedback_lexicon() IS
  'Returns the words of the store, clientele_data.feedback_words, as a list for feedback_classes(text, feedback_lexicon).
Errors: as the aggregate feedback_lexicon(); 42P01 without a store, 42501 without the right to read the words.';

CREATE PROCEDURE install_feedback_words(language text DEFAULT NULL, replace_all boolean DEFAULT false)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('feedback_words', 'INSERT'), clientele.require_store('feedback_words', 'DELETE');
  language := coalesce(language, clientele.store_language());
  PERFORM clientele.check_language(language);
  IF replace_all THEN
    DELETE FROM clientele_data.feedback_words;
  END IF;
  INSERT INTO clientele_data.feedback_words (class, word, weight, polarity, language)
  SELECT s.class, s.word, s.weight, s.polarity, s.word_language FROM clientele.starter_feedback_words(language) s
  ON CONFLICT DO NOTHING;
END $$;
COMMENT ON PROCEDURE install_feedback_words(text, boolean) IS
  'Adds the words of starter_feedback_words() to those of the store, as far as they are not there.
language: that of the names of the classes, en or zh; NULL means the language of the store. replace_all: your own words and numbers go
first, which is also how the names of the classes get another language. Errors: 22023 for another language, 42P01 without a store, 42501
without the right to change clientele_data.feedback_words.';
