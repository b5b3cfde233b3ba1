// SPDX-License-Identifier: PostgreSQL
#include <charconv>

#include "base/decimal.hpp"
#include "pg/expanded.hpp"
#include "tags/audience/audience_pg.hpp"
#include "tags/scores/gathered_scores.hpp"

using namespace clientele;
using tags::Audience;
using tags::Cut;
using tags::GatheredScores;
using tags::Millionths;
using tags::Score;
using tags::Scores;

namespace {

// Rounded to six decimals, halves away from zero. C++ regime.
Millionths score_of(Datum numeric) {
  const auto text = [](Datum n) {
    return pg::call_pg([&] { return DatumGetCString(DirectFunctionCall1(numeric_out, n)); });
  };
  const char* const given = text(numeric);
  Millionths score = 0;
  std::string_view rest = given;
  if (parse_amount(rest, score) == nullptr) return score;
  const Datum rounded =
      pg::call_pg([&] { return DirectFunctionCall2(numeric_round, numeric, Int32GetDatum(6)); });
  rest = text(rounded);
  if (parse_amount(rest, score) != nullptr)
    throw Error(sqlstate::out_of_range,
                "a score must be a number below 10^12: " + std::string(given).substr(0, 40));
  return score;
}

// Where a bound divides scores. PostgreSQL regime.
Cut cut_of(Datum bound, bool at_most) {
  const Numeric n = DatumGetNumeric(bound);
  if (numeric_is_nan(n))
    ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                    errmsg("a bound of scores must not be NaN")));
  const auto whole = [](int64_t v) { return NumericGetDatum(int64_to_numeric(v)); };
  constexpr int64_t limit = 1'000'000'000'000;
  if (DatumGetBool(DirectFunctionCall2(numeric_ge, bound, whole(limit)))) return {tags::scores_end};
  if (DatumGetBool(DirectFunctionCall2(numeric_le, bound, whole(-limit))))
    return {-tags::scores_end};
  const Datum scaled = DirectFunctionCall2(numeric_mul, bound, whole(1'000'000));
  // The first millionth that is not less, or that is greater.
  const Datum cut = DirectFunctionCall1(at_most ? numeric_floor : numeric_ceil, scaled);
  return {DatumGetInt64(DirectFunctionCall1(numeric_int8, cut)) + at_most};
}

Datum from_text(std::string_view text) {
  return pg::guarded([&] { return tags::packed(Scores::from_text(text)); });
}

template <class Use>
Datum of_scores(FunctionCallInfo fcinfo, Use use) {
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return pg::guarded([&] { return use(Scores::read(bytes)); });
}

// Those below a bound, or the others.
Datum beside(FunctionCallInfo fcinfo, bool at_most, bool below) {
  const Cut cut = cut_of(PG_GETARG_DATUM(1), at_most);
  return of_scores(fcinfo, [&](const Scores& s) {
    return tags::packed(below ? s.below(cut) : s.all() - s.below(cut));
  });
}

}  // namespace

// The type

CLIENTELE_FUNCTION(clientele_tag_scores_in) { return from_text(PG_GETARG_CSTRING(0)); }
CLIENTELE_FUNCTION(clientele_tag_scores_from_text) {
  return from_text(pg::text_view(PG_GETARG_DATUM(0)));
}
CLIENTELE_FUNCTION(clientele_tag_scores_out) {
  return of_scores(fcinfo,
                   [](const Scores& s) { return pg::make_cstring(s.text(MaxAllocSize - 65536)); });
}
CLIENTELE_FUNCTION(clientele_tag_scores_recv) {
  return pg::received(fcinfo, [](pg::ByteView bytes) {
    Scores s = Scores::read(bytes);
    s.settle();
    return tags::packed(s);
  });
}

// Customers by their scores

CLIENTELE_FUNCTION(clientele_scored) {
  return of_scores(fcinfo, [](const Scores& s) { return tags::packed(s.all()); });
}
CLIENTELE_FUNCTION(clientele_score_count) {
  const Datum head = PointerGetDatum(
      PG_DETOAST_DATUM_SLICE(PG_GETARG_DATUM(0), 0, static_cast<int32>(Scores::head_bytes)));
  const pg::ByteView bytes = pg::detoast(head);
  return pg::guarded(
      [&] { return Int64GetDatum(static_cast<int64_t>(Scores::size_in_head(bytes))); });
}
CLIENTELE_FUNCTION(clientele_scores_below) { return beside(fcinfo, false, true); }
CLIENTELE_FUNCTION(clientele_scores_at_most) { return beside(fcinfo, true, true); }
CLIENTELE_FUNCTION(clientele_scores_above) { return beside(fcinfo, true, false); }
CLIENTELE_FUNCTION(clientele_scores_at_least) { return beside(fcinfo, false, false); }
CLIENTELE_FUNCTION(clientele_scores_between) {
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  const Cut low = PG_ARGISNULL(1) ? Cut{-tags::scores_end} : cut_of(PG_GETARG_DATUM(1), false);
  const Cut high = PG_ARGISNULL(2) ? Cut{tags::scores_end} : cut_of(PG_GETARG_DATUM(2), true);
  return of_scores(fcinfo,
                   [&](const Scores& s) { return tags::packed(s.below(high) - s.below(low)); });
}

CLIENTELE_FUNCTION(clientele_score_of) {
  const int64_t id = PG_GETARG_INT64(1);
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const auto answer = pg::guarded([&] {
    const std::optional<Millionths> score =
        id < 0 ? std::nullopt : Scores::read(bytes).of_customer(static_cast<uint64_t>(id));
    return pg::Answer{pg::call_pg([&] { return pg::numeric_of(score.value_or(0)); }), !score};
  });
  return pg::returned(fcinfo, answer);
}

CLIENTELE_FUNCTION(clientele_scores) {
  const pg::RowSink sink(fcinfo);
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const MemoryContext rows =
      AllocSetContextCreate(CurrentMemoryContext, "clientele scores", ALLOCSET_DEFAULT_SIZES);
  return pg::guarded([&] {
    const Scores all = Scores::read(bytes);
    std::vector<Score> some(1024);
    for (uint64_t from = 0;; from = some.back().customer + 1) {
      pg::poll_interrupts();
      some.resize(all.scores(from, some));
      if (some.empty()) break;
      pg::call_pg([&] {
        const MemoryContext before = MemoryContextSwitchTo(rows);
        for (const Score& s : some) {
          Datum values[] = {Int64GetDatum(static_cast<int64_t>(s.customer)),
                            pg::numeric_of(s.score)};
          bool nulls[] = {false, false};
          sink.put(values, nulls);
        }
        MemoryContextSwitchTo(before);
        MemoryContextReset(rows);
      });
    }
    return Datum{};
  });
}

CLIENTELE_FUNCTION(clientele_scores_among) {
  const pg::RowSink sink(fcinfo);
  const Datum ids = PG_GETARG_DATUM(1);
  return of_scores(fcinfo, [&](const Scores& all) {
    size_t n = 0;
    for (const uint64_t id : tags::ids_in_array(ids)) {
      if (n++ % 1024 == 0) poll();
      const std::optional<Millionths> score = all.of_customer(id);
      if (!score) continue;
      pg::call_pg([&] {
        Datum values[] = {Int64GetDatum(static_cast<int64_t>(id)), pg::numeric_of(*score)};
        bool nulls[] = {false, false};
        sink.put(values, nulls);
        pfree(DatumGetPointer(values[1]));
      });
    }
    return Datum{};
  });
}

CLIENTELE_FUNCTION(clientele_score_summary) {
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  TupleDesc row;
  if (get_call_result_type(fcinfo, nullptr, &row) != TYPEFUNC_COMPOSITE)
    elog(ERROR, "score_summary must return a row");
  row = BlessTupleDesc(row);
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const bool all_customers = PG_ARGISNULL(1);
  const pg::ByteView among = all_customers ? pg::ByteView() : pg::detoast(PG_GETARG_DATUM(1));
  const auto summary = pg::guarded([&] {
    const Scores s = Scores::read(bytes);
    const auto found = s.summary(all_customers ? s.all() : Audience::read(among));
    return found.value_or(tags::ScoreSummary{});
  });
  Datum values[6];
  bool nulls[6] = {false, true, true, true, true, true};
  values[0] = Int64GetDatum(static_cast<int64_t>(summary.customers));
  if (summary.customers > 0) {
    values[1] = pg::numeric_of_sum(summary.sum);
    const Numeric customers = int64_to_numeric(static_cast<int64_t>(summary.customers));
    values[2] = DirectFunctionCall2(numeric_div, values[1], NumericGetDatum(customers));
    values[3] = pg::numeric_of(summary.least);
    // Half of the sum of the two in the middle; the sum fits, as each is below 10^18.
    const Datum sum = pg::numeric_of(summary.lower_median + summary.upper_median);
    const Datum half = NumericGetDatum(int64_div_fast_to_numeric(5, 1));
    values[4] =
        DirectFunctionCall1(numeric_trim_scale, DirectFunctionCall2(numeric_mul, sum, half));
    values[5] = pg::numeric_of(summary.greatest);
    for (bool& null : nulls) null = false;
  }
  return HeapTupleGetDatum(heap_form_tuple(row, values, nulls));
}

// Keeping, dropping, joining

CLIENTELE_FUNCTION(clientele_tag_scores_and) {
  const pg::ByteView kept = pg::detoast(PG_GETARG_DATUM(1));
  return of_scores(fcinfo, [&](Scores s) { return tags::packed(s &= Audience::read(kept)); });
}
CLIENTELE_FUNCTION(clientele_tag_scores_without) {
  const pg::ByteView dropped = pg::detoast(PG_GETARG_DATUM(1));
  return of_scores(fcinfo, [&](Scores s) { return tags::packed(s -= Audience::read(dropped)); });
}
CLIENTELE_FUNCTION(clientele_tag_scores_or) {
  const pg::ByteView other = pg::detoast(PG_GETARG_DATUM(1));
  return of_scores(fcinfo, [&](Scores s) { return tags::packed(s |= Scores::read(other)); });
}

// The aggregate

CLIENTELE_FUNCTION(clientele_tag_scores_accum) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) return pg::unchanged_state(fcinfo);
  const int64_t id = PG_GETARG_INT64(1);
  const Datum score = PG_GETARG_DATUM(2);
  return pg::guarded([&] {
    auto* const state = pg::state_to_change<GatheredScores>(fcinfo, context);
    state->value.add({tags::customer_id(id), score_of(score)});
    return state->datum();
  });
}
CLIENTELE_FUNCTION(clientele_tag_scores_combine) { return pg::combined<GatheredScores>(fcinfo); }
CLIENTELE_FUNCTION(clientele_tag_scores_final) {
  pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  return pg::guarded([&] {
    return pg::with_state<GatheredScores>(
        fcinfo, 0, [](const GatheredScores& state) { return tags::packed(state.all()); });
  });
}
