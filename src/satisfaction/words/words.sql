-- SPDX-License-Identifier: PostgreSQL

\packed feedback_lexicon
COMMENT ON TYPE feedback_lexicon IS
  'A list of words by which feedback_classes() finds what a text is about.
The aggregate feedback_lexicon makes it from rows. Its text form is JSON, such as {"words": [{"class": "price", "word": "cheap",
"polarity": 1}]}, with a weight of 1 and a polarity of 0 where they are absent.
At most 1 MB, 64 characters in a word, and 200 bytes in the name of a class (54000).';

\from_text feedback_lexicon

\comparable feedback_lexicon hold the same words

CREATE FUNCTION feedback_lexicon_accum(feedback_lexicon, text, text, float8, float8) RETURNS feedback_lexicon
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_feedback_lexicon_accum';
COMMENT ON FUNCTION feedback_lexicon_accum(feedback_lexicon, text, text, float8, float8) IS 'Adds a word for the aggregate feedback_lexicon().';
CREATE FUNCTION feedback_lexicon_combine(feedback_lexicon, feedback_lexicon) RETURNS feedback_lexicon
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_feedback_lexicon_combine';
COMMENT ON FUNCTION feedback_lexicon_combine(feedback_lexicon, feedback_lexicon) IS 'Joins two lists of words.';
CREATE FUNCTION feedback_lexicon_final(feedback_lexicon) RETURNS feedback_lexicon
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'clientele_feedback_lexicon_final';
COMMENT ON FUNCTION feedback_lexicon_final(feedback_lexicon) IS 'Checks a list of words, and sorts it.';
CREATE AGGREGATE feedback_lexicon(class text, word text, weight float8, polarity float8) (
  SFUNC = feedback_lexicon_accum, STYPE = feedback_lexicon, SSPACE = 65536, FINALFUNC = feedback_lexicon_final,
  COMBINEFUNC = feedback_lexicon_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE feedback_lexicon(text, text, float8, float8) IS
  'Makes a list of words for feedback_classes(), as in SELECT feedback_lexicon(class, word, weight, polarity) FROM starter_feedback_words().
class: what a text is about that has the word; * stands for the classes that its clause names; (negator), (intensifier), (break) and
(ignored) say what the word does to others. word: in any letters; * at its end stands for any ending. weight: how strongly the word speaks
for the class, above 0 and at most 100; of an intensifier the factor; NULL is 1. polarity: from -1 (a complaint) to 1 (praise); NULL is 0.
Rows without class or word are ignored. Errors: 22023 for a word that is empty, has a * elsewhere or an unknown role, is twice in a class
with different numbers, or has a role and a class; for a weight or a polarity out of range; 54000 for words and lists that are too long.';

CREATE FUNCTION feedback_classes(
    text, feedback_lexicon, OUT class text, OUT weight float8, OUT polarity float8, OUT words text[]) RETURNS SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 3 AS 'MODULE_PATHNAME', 'clientele_feedback_classes';
COMMENT ON FUNCTION feedback_classes(text, feedback_lexicon) IS
  'Returns what a text is about and how its writer feels about it, by a list of words: a row for each class, the heaviest first.
The text is compared in NFKC and small letters. From left to right the longest word of the list is taken: Chinese words anywhere, words in
letters only as whole words, with * also their other endings. weight is the sum of the weights of the words of the class; classes below 1
are left out. polarity is the mean of the polarities of its words that have one, by weight; 0 if none has. A negator turns the polarity of
the next word that has one round, if its end is among the three Chinese characters or other words before it; two cancel. An intensifier
there multiplies it, so it can exceed 1. Both act within a clause, which ends with a punctuation mark or a word of (break). Words of class *
count for the classes that their clause names without judging them itself: in "the staff was not good", good is about the staff. words: the
words found, as they stand, each once, at most 20. Errors: 54000 for a text of more than 1 MB.';
CREATE FUNCTION feedback_classes(
    text, OUT class text, OUT weight float8, OUT polarity float8, OUT words text[]) RETURNS SETOF record
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100 ROWS 3 AS 'MODULE_PATHNAME', 'clientele_feedback_classes_stored';
COMMENT ON FUNCTION feedback_classes(text) IS
  'Returns what a text is about and how its writer feels about it, by the words of the store, which are in clientele_data.feedback_words.
Otherwise as feedback_classes(text, feedback_lexicon). Errors: also 42P01 without a store, 42501 without the right to read the words.';
