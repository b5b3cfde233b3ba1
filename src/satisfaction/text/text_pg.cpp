// SPDX-License-Identifier: PostgreSQL
// The type text_def, the aggregate text_fit, and the answers of a text_model.
#include <algorithm>
#include <cmath>

#include "journey/dictionary_pg.hpp"
#include "models/stored_model_pg.hpp"
#include "pg/expanded.hpp"
#include "pg/progress.hpp"
#include "satisfaction/text/model_pg.hpp"
#include "satisfaction/words/plain.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

// The aggregate, with and without a customer.
Datum accumulated(FunctionCallInfo fcinfo, bool customers) {
  constexpr int text = 1, label = 2, customer = 3;
  const int definition = customers ? 4 : 3;
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(text) || PG_ARGISNULL(label) || PG_ARGISNULL(definition) ||
      (customers && PG_ARGISNULL(customer)))
    return pg::unchanged_state(fcinfo);
  const std::string_view written = pg::text_view(PG_GETARG_DATUM(text));
  const std::string_view name = pg::text_view(PG_GETARG_DATUM(label));
  const int64_t whose = customers ? PG_GETARG_INT64(customer) : 0;
  const ByteView encoded = pg::detoast(PG_GETARG_DATUM(definition));
  return guarded([&] {
    auto* const state = pg::state_to_change<TextRows>(fcinfo, context);
    state->value.define(encoded, customers);
    state->value.add(plain_words(written), name, whose);
    return state->datum();
  });
}

/// Kept from row to row: the model last used.
class KeptJudge {
 public:
  explicit KeptJudge(std::pmr::memory_resource* memory) : named_(memory) {}

  /// `datum` is a text_model, or, if `named`, a text: JSON, or the name of a stored model. C++
  /// regime.
  const TextJudge& of(Datum datum, bool named) {
    if (named) {
      const ByteView text = pg::call_pg([&] { return pg::detoast(datum); });
      return named_.get(text, [&] {
        return TextJudge(text_model_from_json(pg::model_text(pg::as_text(text), "text_model")));
      });
    }
    const auto* const raw = reinterpret_cast<const uint8_t*>(DatumGetPointer(datum));
    // The name of a value on disk stands for the value, and saves fetching it; a pointer into
    // memory does not.
    const bool flat = VARATT_IS_EXTERNAL(raw) && !VARATT_IS_EXTERNAL_ONDISK(raw);
    ByteView bytes(raw, VARSIZE_ANY(raw));
    if (flat) bytes = pg::call_pg([&] { return pg::detoast(datum); });
    return packed_.get(bytes, [&] {
      return TextJudge(TextModel::read(pg::call_pg([&] { return pg::detoast(datum); })));
    });
  }

 private:
  pg::Remembered<TextJudge> packed_;
  Resolved<TextJudge> named_;
};

Datum class_of(FunctionCallInfo fcinfo, bool named) {
  const std::string_view text = pg::text_view(PG_GETARG_DATUM(0));
  return guarded([&] {
    const TextJudge& judge = pg::kept<KeptJudge>(fcinfo).of(PG_GETARG_DATUM(1), named);
    const size_t best = judge.best(judge.probabilities(plain_words(text)));
    return pg::make_text(judge.model().labels[best].name);
  });
}

Datum probability_of_label(FunctionCallInfo fcinfo, bool named) {
  const std::string_view text = pg::text_view(PG_GETARG_DATUM(0));
  const std::string_view label = pg::text_view(PG_GETARG_DATUM(2));
  return guarded([&] {
    const TextJudge& judge = pg::kept<KeptJudge>(fcinfo).of(PG_GETARG_DATUM(1), named);
    const std::vector<TextLabel>& labels = judge.model().labels;
    const auto known = std::ranges::find(labels, label, &TextLabel::name);
    if (known == labels.end()) return Float8GetDatum(0);
    const auto place = static_cast<size_t>(known - labels.begin());
    return Float8GetDatum(judge.probabilities(plain_words(text))[place]);
  });
}

Datum put_probabilities(FunctionCallInfo fcinfo, bool named) {
  const pg::RowSink rows(fcinfo);
  const std::string_view text = pg::text_view(PG_GETARG_DATUM(0));
  return guarded([&] {
    const TextJudge& judge = pg::kept<KeptJudge>(fcinfo).of(PG_GETARG_DATUM(1), named);
    const std::vector<double> p = judge.probabilities(plain_words(text));
    std::vector<size_t> order(p.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order, [&](size_t a, size_t b) {
      return std::round(p[a] * 1e12) > std::round(p[b] * 1e12);
    });
    for (const size_t i : order) {
      Datum values[] = {pg::make_text(judge.model().labels[i].name), Float8GetDatum(p[i])};
      bool nulls[] = {false, false};
      pg::call_pg([&] { rows.put(values, nulls); });
    }
    return Datum{};
  });
}

Datum put_reasons(FunctionCallInfo fcinfo, bool named) {
  const pg::RowSink rows(fcinfo);
  if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(3)) return Datum{};
  const bool any = PG_ARGISNULL(2);
  const std::string_view text = pg::text_view(PG_GETARG_DATUM(0));
  const std::string_view label = any ? std::string_view() : pg::text_view(PG_GETARG_DATUM(2));
  const int32 most = PG_GETARG_INT32(3);
  if (most < 0)
    ereport(ERROR,
            (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("max_reasons must not be negative")));
  return guarded([&] {
    const TextJudge& judge = pg::kept<KeptJudge>(fcinfo).of(PG_GETARG_DATUM(1), named);
    const std::u32string plain = plain_words(text);
    const size_t k = any ? judge.best(judge.probabilities(plain)) : judge.label_named(label);
    for (const TextJudge::Reason& reason : judge.reasons(plain, k, static_cast<size_t>(most))) {
      Datum values[] = {pg::make_text(judge.model().labels[k].name), pg::make_text(reason.gram),
                        Float8GetDatum(reason.contribution)};
      bool nulls[] = {false, false, false};
      pg::call_pg([&] { rows.put(values, nulls); });
    }
    return Datum{};
  });
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_text_fit_accum) { return accumulated(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_text_fit_accum_customer) { return accumulated(fcinfo, true); }
CLIENTELE_FUNCTION(clientele_text_fit_combine) { return pg::combined<TextRows>(fcinfo); }
CLIENTELE_FUNCTION(clientele_text_fit_final) {
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  return guarded([&] {
    return pg::with_state<TextRows>(fcinfo, 0, [&](const TextRows& rows) {
      const pg::Progress progress("text_fit");
      const std::optional<TextModel> model = fit_text(rows);
      fcinfo->isnull = !model;
      return model ? pg::packed(*model) : Datum{};
    });
  });
}
CLIENTELE_FUNCTION(clientele_text_rows_in) { return pg::state_in<TextRows>(fcinfo); }
CLIENTELE_FUNCTION(clientele_text_rows_recv) { return pg::state_receive<TextRows>(fcinfo); }
CLIENTELE_FUNCTION(clientele_text_rows_out) { return pg::state_out(fcinfo); }

CLIENTELE_FUNCTION(clientele_text_class) { return class_of(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_text_class_named) { return class_of(fcinfo, true); }
CLIENTELE_FUNCTION(clientele_text_prob) { return probability_of_label(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_text_prob_named) { return probability_of_label(fcinfo, true); }
CLIENTELE_FUNCTION(clientele_text_probs) { return put_probabilities(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_text_probs_named) { return put_probabilities(fcinfo, true); }
CLIENTELE_FUNCTION(clientele_text_reasons) { return put_reasons(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_text_reasons_named) { return put_reasons(fcinfo, true); }
