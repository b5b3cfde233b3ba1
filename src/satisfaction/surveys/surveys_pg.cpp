// SPDX-License-Identifier: PostgreSQL
// The aggregate survey, its state survey_summary, what reads one, and the aggregate last_answer.
#include <bit>

#include "pg/expanded.hpp"
#include "pg/memory.hpp"
#include "satisfaction/surveys/score.hpp"

extern "C" {
#include "funcapi.h"
}

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

/// The columns that a function returns as a row, looked up once.
struct RowForm {
  explicit RowForm(std::pmr::memory_resource*) {}
  TupleDesc row = nullptr;
};

/// PostgreSQL regime.
Datum row_of(FunctionCallInfo fcinfo, RowForm& form, Datum* values, bool* nulls) {
  if (form.row == nullptr) {
    const MemoryContext before = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
    TupleDesc row = nullptr;
    if (get_func_result_type(fcinfo->flinfo->fn_oid, nullptr, &row) != TYPEFUNC_COMPOSITE)
      ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
              errmsg("the function must be called as one that returns a row"));
    form.row = BlessTupleDesc(row);
    MemoryContextSwitchTo(before);
  }
  return HeapTupleGetDatum(heap_form_tuple(form.row, values, nulls));
}

/// An answer as bytes whose order is that of answers: the later one is greater, and of those of
/// one instant the one with the lower score.
struct OrderedAnswer {
  static constexpr size_t size = 16;
  uint8_t bytes[size];

  static OrderedAnswer of(Micros at, double score) {
    const uint64_t bits = std::bit_cast<uint64_t>(score + 0.0);  // one zero
    const uint64_t ascending = bits >> 63 != 0 ? ~bits : bits | uint64_t{1} << 63;
    const uint64_t key[] = {static_cast<uint64_t>(at) ^ uint64_t{1} << 63, ~ascending};
    OrderedAnswer answer;
    for (size_t i = 0; i < size; ++i)
      answer.bytes[i] = static_cast<uint8_t>(key[i / 8] >> (8 * (7 - i % 8)));
    return answer;
  }
  static double score(ByteView bytes) {
    if (bytes.size() != size) Reader::fail("it is not the state of last_answer");
    uint64_t key = 0;
    for (size_t i = 8; i < size; ++i) key = key << 8 | bytes[i];
    const uint64_t ascending = ~key;
    return std::bit_cast<double>(ascending >> 63 != 0 ? ascending & ~(uint64_t{1} << 63)
                                                      : ~ascending);
  }
};

bool before(ByteView a, ByteView b) {
  const int order = std::memcmp(a.data(), b.data(), std::min(a.size(), b.size()));
  return order != 0 ? order < 0 : a.size() < b.size();
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_survey_summary_in) { return pg::state_in<SurveySummary>(fcinfo); }
CLIENTELE_FUNCTION(clientele_survey_summary_out) { return pg::state_out(fcinfo); }
CLIENTELE_FUNCTION(clientele_survey_summary_recv) {
  return pg::state_receive<SurveySummary>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_survey_accum) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) return pg::unchanged_state(fcinfo);
  const std::string_view scale = pg::text_view(PG_GETARG_DATUM(2));
  return guarded([&] {
    auto* const state = pg::state_to_change<SurveySummary>(fcinfo, context);
    state->value.add(PG_GETARG_FLOAT8(1), parse_scale(scale));
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_survey_combine) { return pg::combined<SurveySummary>(fcinfo); }

CLIENTELE_FUNCTION(clientele_survey_rest) {
  return pg::returned(fcinfo, guarded([&] {
                        return pg::with_state<SurveySummary>(
                            fcinfo, 0, [&](const SurveySummary& all) {
                              return pg::with_state<SurveySummary>(
                                  fcinfo, 1, [&](const SurveySummary& part) -> pg::Answer {
                                    SurveySummary rest = all;
                                    rest.remove(part);
                                    if (!rest.started()) return {Datum{}, true};
                                    return {pg::packed(rest), false};
                                  });
                            });
                      }));
}

CLIENTELE_FUNCTION(clientele_survey_result) {
  struct Shown {
    Scale scale;
    uint64_t answers, favourable, neutral, unfavourable;
    double mean;
    Estimate score;
    RowForm* kept;
  };
  const Shown s = guarded([&] {
    return pg::with_state<SurveySummary>(fcinfo, 0, [&](const SurveySummary& summary) {
      return Shown{summary.scale(),       summary.answers(),         summary.favourable(),
                   summary.neutral(),     summary.unfavourable(),    summary.mean(),
                   survey_score(summary), &pg::kept<RowForm>(fcinfo)};
    });
  });
  Datum values[] = {CStringGetTextDatum(range_of(s.scale).name),
                    Int64GetDatum(static_cast<int64>(s.answers)),
                    Int64GetDatum(static_cast<int64>(s.favourable)),
                    Int64GetDatum(static_cast<int64>(s.neutral)),
                    Int64GetDatum(static_cast<int64>(s.unfavourable)),
                    Float8GetDatum(s.mean),
                    Float8GetDatum(s.score.value),
                    Float8GetDatum(s.score.low),
                    Float8GetDatum(s.score.high)};
  bool nulls[std::size(values)] = {};
  return row_of(fcinfo, *s.kept, values, nulls);
}

CLIENTELE_FUNCTION(clientele_survey_difference) {
  RowForm* kept = nullptr;
  const SurveyDifference d = guarded([&] {
    kept = &pg::kept<RowForm>(fcinfo);
    return pg::with_state<SurveySummary>(fcinfo, 0, [&](const SurveySummary& first) {
      return pg::with_state<SurveySummary>(
          fcinfo, 1, [&](const SurveySummary& second) { return survey_difference(first, second); });
    });
  });
  Datum values[] = {Float8GetDatum(d.estimate.value), Float8GetDatum(d.estimate.low),
                    Float8GetDatum(d.estimate.high), Float8GetDatum(d.p_value)};
  bool nulls[std::size(values)] = {};
  return row_of(fcinfo, *kept, values, nulls);
}

CLIENTELE_FUNCTION(clientele_last_answer_accum) {
  pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) return pg::unchanged_state(fcinfo);
  const ByteView had = PG_ARGISNULL(0) ? ByteView() : pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    const OrderedAnswer answer =
        OrderedAnswer::of(pg::finite_time(PG_GETARG_TIMESTAMPTZ(2)), PG_GETARG_FLOAT8(1));
    return before(had, answer.bytes) ? pg::make_varlena(answer.bytes) : PG_GETARG_DATUM(0);
  });
}

CLIENTELE_FUNCTION(clientele_last_answer_combine) {
  pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(1)) return pg::unchanged_state(fcinfo);
  if (PG_ARGISNULL(0)) return PG_GETARG_DATUM(1);
  const bool replaced = before(pg::detoast(PG_GETARG_DATUM(0)), pg::detoast(PG_GETARG_DATUM(1)));
  return PG_GETARG_DATUM(replaced ? 1 : 0);
}

CLIENTELE_FUNCTION(clientele_last_answer_final) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] { return Float8GetDatum(OrderedAnswer::score(bytes)); });
}
