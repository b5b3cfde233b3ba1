// SPDX-License-Identifier: PostgreSQL
// The type feedback_lexicon, the aggregate that makes one, and what texts say by it.
#include "satisfaction/words/words.hpp"

#include "journey/dictionary_pg.hpp"
#include "pg/expanded.hpp"
#include "pg/json.hpp"
#include "pg/packed.hpp"
#include "pg/query.hpp"
#include "satisfaction/words/plain.hpp"
#include "store/store_pg.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;
using pg::JsonObject;
using pg::JsonWriter;

constexpr pg::Query stored_lexicon = {"SELECT clientele.stored_feedback_lexicon()",
                                      "the words of feedback"};

Datum from_json(std::string_view text) {
  return guarded([&] {
    const JsonObject json(text, "feedback_lexicon");
    json.allow_only({"words"});
    const auto words = json.objects("words");
    if (!words)
      throw Error(sqlstate::invalid_parameter, "a feedback_lexicon needs \"words\"",
                  "Such as {\"words\": [{\"class\": \"price\", \"word\": \"cheap\", \"polarity\": "
                  "1}]}.");
    FeedbackLexicon lexicon;
    for (const JsonObject& one : *words) {
      one.allow_only({"class", "word", "weight", "polarity"});
      const auto class_name = one.text("class"), word = one.text("word");
      if (!class_name || !word)
        throw Error(sqlstate::invalid_parameter,
                    "each of the \"words\" in a feedback_lexicon needs a \"class\" and a \"word\"");
      lexicon.add(*class_name, *word, one.number("weight").value_or(1),
                  one.number("polarity").value_or(0));
    }
    return pg::packed(lexicon);
  });
}

std::string text_of(const FeedbackLexicon& lexicon) {
  std::vector<std::string> words;
  for (const FeedbackWord& w : lexicon.words()) {
    JsonWriter json;
    json.text("class", w.class_name);
    json.text("word", w.word);
    if (w.weight != 1) json.number("weight", w.weight);
    if (w.polarity != 0) json.number("polarity", w.polarity);
    words.push_back(json.finish());
  }
  JsonWriter json;
  json.objects("words", words);
  return json.finish();
}

/// Kept from row to row: the list last used.
class KeptMatcher {
 public:
  explicit KeptMatcher(std::pmr::memory_resource* memory) : stored_(memory) {}

  const FeedbackMatcher& given(ByteView bytes) {
    return given_.get(bytes, [&] { return FeedbackMatcher(FeedbackLexicon::read(bytes)); });
  }
  const FeedbackMatcher& stored() {
    return stored_.get(ByteView(), [&] {
      std::vector<uint8_t> bytes;
      pg::each_row(
          stored_lexicon, pg::no_parameters, [](const pg::QueryRow& row) { return row.bytes(1); },
          [&](ByteView found) { bytes.assign(found.begin(), found.end()); });
      return FeedbackMatcher(bytes.empty() ? FeedbackLexicon() : FeedbackLexicon::read(bytes));
    });
  }

 private:
  pg::Remembered<FeedbackMatcher> given_;
  Resolved<FeedbackMatcher> stored_;
};

/// C++ regime.
void put_classes(const pg::RowSink& rows, const FeedbackMatcher& matcher, std::string_view text) {
  for (const FeedbackClass& c : matcher.classes(plain_words(text))) {
    const std::vector<std::string_view> words(c.words.begin(), c.words.end());
    Datum values[] = {pg::make_text(c.class_name), Float8GetDatum(c.weight),
                      Float8GetDatum(c.polarity), pg::make_text_array(words)};
    bool nulls[] = {false, false, false, false};
    pg::call_pg([&] { rows.put(values, nulls); });
  }
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_feedback_lexicon_in) { return from_json(PG_GETARG_CSTRING(0)); }
CLIENTELE_FUNCTION(clientele_feedback_lexicon_from_text) {
  return from_json(pg::text_view(PG_GETARG_DATUM(0)));
}
CLIENTELE_FUNCTION(clientele_feedback_lexicon_out) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] { return pg::make_cstring(text_of(FeedbackLexicon::read(bytes))); });
}
CLIENTELE_FUNCTION(clientele_feedback_lexicon_recv) {
  return pg::received(fcinfo,
                      [](ByteView bytes) { return pg::packed(FeedbackLexicon::read(bytes)); });
}

CLIENTELE_FUNCTION(clientele_feedback_lexicon_accum) {
  constexpr int class_name = 1, word = 2, weight = 3, polarity = 4;
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(class_name) || PG_ARGISNULL(word)) return pg::unchanged_state(fcinfo);
  const std::string_view class_text = pg::text_view(PG_GETARG_DATUM(class_name));
  const std::string_view word_text = pg::text_view(PG_GETARG_DATUM(word));
  return guarded([&] {
    auto* const state = pg::state_to_change<FeedbackLexicon>(fcinfo, context);
    state->value.add(class_text, word_text, PG_ARGISNULL(weight) ? 1 : PG_GETARG_FLOAT8(weight),
                     PG_ARGISNULL(polarity) ? 0 : PG_GETARG_FLOAT8(polarity));
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_feedback_lexicon_combine) {
  return pg::combined<FeedbackLexicon>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_feedback_lexicon_final) {
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  return guarded([&] {
    return pg::with_state<FeedbackLexicon>(
        fcinfo, 0, [&](const FeedbackLexicon& lexicon) { return pg::packed(lexicon); });
  });
}

CLIENTELE_FUNCTION(clientele_feedback_classes) {
  const pg::RowSink rows(fcinfo);
  const std::string_view text = pg::text_view(PG_GETARG_DATUM(0));
  const ByteView lexicon = pg::detoast(PG_GETARG_DATUM(1));
  return guarded([&] {
    put_classes(rows, pg::kept<KeptMatcher>(fcinfo).given(lexicon), text);
    return Datum{};
  });
}

CLIENTELE_FUNCTION(clientele_feedback_classes_stored) {
  const pg::RowSink rows(fcinfo);
  const std::string_view text = pg::text_view(PG_GETARG_DATUM(0));
  return guarded([&] {
    put_classes(rows, pg::kept<KeptMatcher>(fcinfo).stored(), text);
    return Datum{};
  });
}
