// SPDX-License-Identifier: PostgreSQL
// The aggregates attribution and attribution_merge, their state attribution_summary, and what shows
// it as rows.
#include "attribution/credits/credits.hpp"
#include "attribution/credits/wide_amount.hpp"
#include "attribution/touches/question_pg.hpp"
#include "base/poll.hpp"
#include "pg/expanded.hpp"

namespace clientele {
namespace {

/// The text of the elements of a path. PostgreSQL regime.
struct Elements {
  Datum* value = nullptr;
  bool* null = nullptr;
  int count = 0;
};
Elements elements_of(ArrayType* array) {
  if (ARR_NDIM(array) > 1)
    ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                    errmsg("path must be a one-dimensional array")));
  Elements e;
  deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &e.value, &e.null, &e.count);
  return e;
}

std::vector<std::string_view> texts_of(const Elements& elements) {
  std::vector<std::string_view> texts(static_cast<size_t>(elements.count));
  for (int i = 0; i < elements.count; ++i) {
    if (elements.null[i])
      throw Error(sqlstate::null_not_allowed,
                  "path must not contain NULL (element " + std::to_string(i + 1) + ")");
    texts[static_cast<size_t>(i)] = pg::text_view(elements.value[i]);
  }
  return texts;
}

Datum exact_numeric(__int128 value) {
  const std::string text = wide_amount_text(value);
  return pg::call_pg([&] {
    return DirectFunctionCall3(numeric_in, CStringGetDatum(text.c_str()), ObjectIdGetDatum(0),
                               Int32GetDatum(-1));
  });
}

Datum optional_float(const std::optional<double>& value) {
  return Float8GetDatum(value.value_or(0));
}

}  // namespace
}  // namespace clientele

using namespace clientele;
using clientele::pg::ByteView;
using clientele::pg::guarded;

CLIENTELE_FUNCTION(clientele_attribution_summary_in) {
  return pg::state_in<AttributionSummary>(fcinfo);
}
CLIENTELE_FUNCTION(clientele_attribution_summary_recv) {
  return pg::state_receive<AttributionSummary>(fcinfo);
}
CLIENTELE_FUNCTION(clientele_attribution_summary_out) { return pg::state_out(fcinfo); }
CLIENTELE_FUNCTION(clientele_attribution_combine) {
  return pg::combined<AttributionSummary>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_attribution_accum) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) return pg::unchanged_state(fcinfo);
  const ByteView journey = pg::detoast(PG_GETARG_DATUM(1));
  const ByteView definition = pg::detoast(PG_GETARG_DATUM(2));
  return guarded([&] {
    AttributionQuestion& question = *pg::kept<AttributionCache>(fcinfo).get(
        definition, [&] { return std::make_unique<AttributionQuestion>(definition); });
    auto* const state = pg::state_to_change<AttributionSummary>(fcinfo, context);
    state->value.start(definition, true);
    state->value.add(question.find(Journey(journey)), question.vocabulary());
    return state->datum();
  });
}

// A NULL path is one without touches, as array_agg() gives for no rows. NULL counts are 0.
CLIENTELE_FUNCTION(clientele_attribution_accum_path) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  const bool nothing = PG_ARGISNULL(1) && PG_ARGISNULL(2) && PG_ARGISNULL(4);
  if (nothing || PG_ARGISNULL(5)) return pg::unchanged_state(fcinfo);
  Elements path;
  if (!PG_ARGISNULL(1)) path = elements_of(PG_GETARG_ARRAYTYPE_P(1));
  const auto count = [&](int n) { return PG_ARGISNULL(n) ? 0 : PG_GETARG_INT64(n); };
  const int64_t conversions = count(2), nulls = count(4);
  const char* const value =
      PG_ARGISNULL(3) ? "0" : DatumGetCString(DirectFunctionCall1(numeric_out, PG_GETARG_DATUM(3)));
  const ByteView definition = pg::detoast(PG_GETARG_DATUM(5));
  return guarded([&] {
    auto* const state = pg::state_to_change<AttributionSummary>(fcinfo, context);
    state->value.start(definition, false);
    state->value.add(texts_of(path), conversions, nulls, parse_wide_amount(value));
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_attribution_credits) {
  const pg::RowSink rows(fcinfo);
  return guarded([&] {
    return pg::with_state<AttributionSummary>(fcinfo, 0, [&](const AttributionSummary& summary) {
      for (const CreditRow& row : attribution_credits(summary)) {
        poll();
        const Datum model = pg::make_text(model_name(row.model));
        const Datum channel = row.channel ? pg::make_text(*row.channel) : Datum{};
        pg::call_pg([&] {
          Datum values[] = {model,
                            channel,
                            Float8GetDatum(row.conversions),
                            Float8GetDatum(row.value),
                            optional_float(row.share),
                            optional_float(row.removal_effect),
                            optional_float(row.value_removal_effect)};
          bool nulls[] = {false,
                          !row.channel,
                          false,
                          false,
                          !row.share,
                          !row.removal_effect,
                          !row.value_removal_effect};
          rows.put(values, nulls);
        });
      }
      return Datum{};
    });
  });
}

CLIENTELE_FUNCTION(clientele_attribution_paths) {
  const pg::RowSink rows(fcinfo);
  return guarded([&] {
    return pg::with_state<AttributionSummary>(fcinfo, 0, [&](const AttributionSummary& summary) {
      std::vector<std::string_view> names;
      const MemoryContext row_memory = pg::call_pg([] {
        return AllocSetContextCreate(CurrentMemoryContext, "clientele path", ALLOCSET_SMALL_SIZES);
      });
      for (const PathStore::Path& path : attribution_paths(summary)) {
        poll();
        names.clear();
        for (const uint16_t channel : summary.paths().touches(path))
          names.push_back(summary.name(channel));
        const MemoryContext before = MemoryContextSwitchTo(row_memory);
        const Datum array = pg::make_text_array(names);
        const Datum value = exact_numeric(path.counts.value);
        pg::call_pg([&] {
          Datum values[] = {array, Int64GetDatum(static_cast<int64_t>(path.counts.conversions)),
                            value, Int64GetDatum(static_cast<int64_t>(path.counts.nulls))};
          bool nulls[] = {false, false, false, false};
          rows.put(values, nulls);
        });
        MemoryContextSwitchTo(before);
        MemoryContextReset(row_memory);
      }
      return Datum{};
    });
  });
}
