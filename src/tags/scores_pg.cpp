// SPDX-License-Identifier: PostgreSQL
// The type tag_scores, its functions and its aggregate.
#include <cmath>
#include <string>

#include "base/decimal.hpp"
#include "pg/expanded.hpp"
#include "tags/audience_pg.hpp"
#include "tags/gathered_scores.hpp"

using namespace clientele;
using tags::Audience;
using tags::GatheredScores;
using tags::Score;
using tags::Scores;

namespace {

Datum from_text(std::string_view text) {
  return pg::guarded([&] { return pg::packed(Scores::from_text(text)); });
}

/// A number of a customer in millionths, rounded. C++ regime.
int64_t millionths_of(Datum numeric) {
  return pg::amount_of(
      pg::call_pg([&] { return DirectFunctionCall2(numeric_round, numeric, Int32GetDatum(6)); }));
}

/// A sum of millionths, which may be too large for 64 bits. PostgreSQL regime.
Datum numeric_of_sum(__int128 millionths) {
  char digits[48];  // from the back
  char* p = digits + sizeof digits - 1;
  *p = '\0';
  auto left = static_cast<unsigned __int128>(millionths < 0 ? -millionths : millionths);
  for (int written = 0; left != 0 || written <= 6; ++written, left /= 10) {
    if (written == 6) *--p = '.';
    *--p = static_cast<char>('0' + static_cast<int>(left % 10));
  }
  if (millionths < 0) *--p = '-';
  const Datum exact = DirectFunctionCall3(numeric_in, CStringGetDatum(p),
                                          ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
  return DirectFunctionCall1(numeric_trim_scale, exact);
}

/// A bound, which must be a number.
double bound(double value, const char* name) {
  if (std::isnan(value))
    throw Error(sqlstate::invalid_parameter, std::string(name) + " must be a number, not NaN");
  return value;
}

template <class Choose>
Datum chosen(FunctionCallInfo fcinfo, Choose choose) {
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return pg::guarded([&] { return pg::packed(choose(Scores::read(bytes))); });
}

}  // namespace

CLIENTELE_FUNCTION(clientele_tag_scores_in) { return from_text(PG_GETARG_CSTRING(0)); }
CLIENTELE_FUNCTION(clientele_tag_scores_from_text) {
  return from_text(pg::text_view(PG_GETARG_DATUM(0)));
}
CLIENTELE_FUNCTION(clientele_tag_scores_out) {
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return pg::guarded(
      [&] { return pg::make_cstring(Scores::read(bytes).text(MaxAllocSize - 128)); });
}
CLIENTELE_FUNCTION(clientele_tag_scores_recv) {
  return pg::received(fcinfo,
                      [](pg::ByteView bytes) { return pg::packed(Scores::read(bytes, true)); });
}

CLIENTELE_FUNCTION(clientele_tag_scores_customers) {
  return chosen(fcinfo, [](const Scores& s) { return s.customers(); });
}
CLIENTELE_FUNCTION(clientele_scores_above) {
  const double low = PG_GETARG_FLOAT8(1);
  return chosen(fcinfo, [&](const Scores& s) {
    return s.from([low = bound(low, "bound")](double v) { return v > low; });
  });
}
CLIENTELE_FUNCTION(clientele_scores_below) {
  const double high = PG_GETARG_FLOAT8(1);
  return chosen(fcinfo, [&](const Scores& s) {
    return s.up_to([high = bound(high, "bound")](double v) { return v < high; });
  });
}
CLIENTELE_FUNCTION(clientele_scores_between) {
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  const double low = PG_ARGISNULL(1) ? -INFINITY : PG_GETARG_FLOAT8(1);
  const double high = PG_ARGISNULL(2) ? INFINITY : PG_GETARG_FLOAT8(2);
  return chosen(fcinfo, [&](const Scores& s) {
    bound(low, "low"), bound(high, "high");
    Audience found = s.from([&](double v) { return v >= low; });
    return found &= s.up_to([&](double v) { return v <= high; });
  });
}

CLIENTELE_FUNCTION(clientele_score_of) {
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const int64_t customer = PG_GETARG_INT64(1);
  struct Found {
    int64_t millionths;
    bool there;
  };
  const Found found = pg::guarded([&] {
    const auto score = customer < 0
                           ? std::nullopt
                           : Scores::read(bytes).of_customer(static_cast<uint64_t>(customer));
    return Found{score.value_or(0), score.has_value()};
  });
  if (!found.there) PG_RETURN_NULL();
  return pg::numeric_of(found.millionths);
}

CLIENTELE_FUNCTION(clientele_scores) {
  const pg::RowSink rows(fcinfo);
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const MemoryContext row =
      AllocSetContextCreate(CurrentMemoryContext, "clientele scores", ALLOCSET_SMALL_SIZES);
  pg::guarded([&] {
    Scores::read(bytes).each([&](const Score& s) {
      pg::call_pg([&] {
        const MemoryContext outer = MemoryContextSwitchTo(row);
        Datum values[] = {Int64GetDatum(static_cast<int64_t>(s.customer)),
                          pg::numeric_of(s.millionths)};
        bool nulls[] = {false, false};
        rows.put(values, nulls);
        MemoryContextSwitchTo(outer);
        MemoryContextReset(row);
      });
    });
    return 0;
  });
  return Datum{0};
}

CLIENTELE_FUNCTION(clientele_score_summary) {
  TupleDesc desc;
  if (get_call_result_type(fcinfo, nullptr, &desc) != TYPEFUNC_COMPOSITE)
    elog(ERROR, "score_summary returns a row");
  BlessTupleDesc(desc);
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const bool all = PG_ARGISNULL(1);
  const pg::ByteView among = all ? pg::ByteView() : pg::detoast(PG_GETARG_DATUM(1));
  const tags::ScoreSummary s = pg::guarded([&] {
    const Scores scores = Scores::read(bytes);
    if (all) return scores.summary(nullptr);
    const Audience who = Audience::read(among);
    return scores.summary(&who);
  });
  Datum values[6] = {Int64GetDatum(static_cast<int64_t>(s.customers))};
  bool nulls[6] = {false, true, true, true, true, true};
  if (s.customers > 0) {
    values[1] = numeric_of_sum(s.sum);
    values[2] =
        DirectFunctionCall2(numeric_div, values[1],
                            NumericGetDatum(int64_to_numeric(static_cast<int64_t>(s.customers))));
    values[3] = pg::numeric_of(s.minimum);
    values[4] = pg::numeric_of(s.median);
    values[5] = pg::numeric_of(s.maximum);
    for (bool& null : nulls) null = false;
  }
  return HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
}

CLIENTELE_FUNCTION(clientele_tag_scores_without) {
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(0)),
                     gone = pg::detoast(PG_GETARG_DATUM(1));
  return pg::guarded([&] {
    Scores scores = Scores::read(bytes);
    return pg::packed(scores -= Audience::read(gone));
  });
}
CLIENTELE_FUNCTION(clientele_tag_scores_joined) {
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(0)),
                     newer = pg::detoast(PG_GETARG_DATUM(1));
  return pg::guarded([&] {
    Scores scores = Scores::read(bytes);
    return pg::packed(scores |= Scores::read(newer));
  });
}

CLIENTELE_FUNCTION(clientele_tag_scores_accum) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) {
    if (PG_ARGISNULL(0)) PG_RETURN_NULL();
    return PG_GETARG_DATUM(0);
  }
  const int64_t customer = PG_GETARG_INT64(1);
  const Datum score = PG_GETARG_DATUM(2);
  return pg::guarded([&] {
    auto* const state = pg::state_to_change<GatheredScores>(fcinfo, context);
    state->value.add({tags::customer_id(customer), millionths_of(score)});
    return state->datum();
  });
}
CLIENTELE_FUNCTION(clientele_tag_scores_combine) { return pg::combined<GatheredScores>(fcinfo); }
CLIENTELE_FUNCTION(clientele_tag_scores_final) {
  pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  return pg::guarded([&] {
    return pg::with_state<GatheredScores>(
        fcinfo, 0, [](const GatheredScores& state) { return pg::packed(state.all()); });
  });
}
