// SPDX-License-Identifier: PostgreSQL
// The aggregate classification, its state classification_summary, and the functions that evaluate
// one.
#include "base/wilson.hpp"
#include "churn/classification/classification.hpp"
#include "pg/expanded.hpp"
#include "pg/memory.hpp"

namespace clientele {
namespace {

using pg::Answer;
using pg::guarded;

/// A function that returns a number, or NULL.
template <class Measure>
Datum number(FunctionCallInfo fcinfo, Measure measure) {
  return pg::returned(fcinfo, guarded([&] {
                        return pg::with_state<Classification>(
                            fcinfo, 0, [&](const Classification& c) -> Answer {
                              const std::optional<double> value = measure(c);
                              return {Float8GetDatum(value.value_or(0)), !value};
                            });
                      }));
}

void check_parts(int32_t parts, const char* name) {
  if (parts < 1 || parts > 10000)
    throw Error(sqlstate::invalid_parameter,
                std::string(name) + " must be 1 to 10000, not " + std::to_string(parts));
}

struct Kept {
  explicit Kept(std::pmr::memory_resource*) {}
  TupleDesc row = nullptr;
};

struct AtThreshold {
  Confusion counts;
  Kept* kept;
};

double ratio(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_classification_summary_in) {
  return pg::state_in<Classification>(fcinfo);
}
CLIENTELE_FUNCTION(clientele_classification_summary_out) { return pg::state_out(fcinfo); }
CLIENTELE_FUNCTION(clientele_classification_summary_recv) {
  return pg::state_receive<Classification>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_classification_accum) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) return pg::unchanged_state(fcinfo);
  return guarded([&] {
    auto* const state = pg::state_to_change<Classification>(fcinfo, context);
    state->value.add(PG_GETARG_FLOAT8(1), PG_GETARG_BOOL(2));
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_classification_combine) {
  return pg::combined<Classification>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_classification_auc) {
  return number(fcinfo, [](const Classification& c) { return area_under_curve(c.runs()); });
}
CLIENTELE_FUNCTION(clientele_classification_log_loss) {
  return number(fcinfo, [](const Classification& c) { return log_loss(c.runs()); });
}
CLIENTELE_FUNCTION(clientele_classification_brier) {
  return number(fcinfo, [](const Classification& c) { return brier_score(c.runs()); });
}
CLIENTELE_FUNCTION(clientele_classification_average_precision) {
  return number(fcinfo, [](const Classification& c) { return average_precision(c.runs()); });
}
CLIENTELE_FUNCTION(clientele_classification_accuracy) {
  return number(fcinfo, [&](const Classification& c) {
    const Confusion n = confusion(c.runs(), c.threshold(PG_GETARG_FLOAT8(1)));
    const uint64_t right = n.true_positives + n.true_negatives;
    return ratio(right, right + n.false_positives + n.false_negatives);
  });
}

CLIENTELE_FUNCTION(clientele_classification_at) {
  const double threshold = PG_GETARG_FLOAT8(1);
  const AtThreshold found = guarded([&] {
    return pg::with_state<Classification>(fcinfo, 0, [&](const Classification& c) -> AtThreshold {
      return {confusion(c.runs(), c.threshold(threshold)), &pg::kept<Kept>(fcinfo)};
    });
  });
  const auto [tp, fp, tn, fn] = found.counts;
  Datum values[] = {Float8GetDatum(threshold),
                    Int64GetDatum(static_cast<int64>(tp)),
                    Int64GetDatum(static_cast<int64>(fp)),
                    Int64GetDatum(static_cast<int64>(tn)),
                    Int64GetDatum(static_cast<int64>(fn)),
                    Float8GetDatum(ratio(tp + tn, tp + fp + tn + fn)),
                    Float8GetDatum(ratio(tp, tp + fp)),
                    Float8GetDatum(ratio(tp, tp + fn)),
                    Float8GetDatum(ratio(2 * tp, 2 * tp + fp + fn)),
                    Float8GetDatum(ratio(tn, tn + fp))};
  bool nulls[] = {
      false,       false, false, false, false, false, tp + fp == 0, tp + fn == 0, tp + fp + fn == 0,
      tn + fp == 0};
  return HeapTupleGetDatum(heap_form_tuple(pg::result_row(fcinfo, found.kept->row), values, nulls));
}

CLIENTELE_FUNCTION(clientele_classification_calibration) {
  const pg::RowSink rows(fcinfo);
  return guarded([&] {
    check_parts(PG_GETARG_INT32(1), "bins");
    return pg::with_state<Classification>(fcinfo, 0, [&](const Classification& c) {
      for (const auto& b : calibration(c.runs(), PG_GETARG_INT32(1), PG_GETARG_BOOL(2))) {
        const Proportion rate = wilson(b.positives, b.customers);
        pg::call_pg([&] {
          Datum values[] = {Int32GetDatum(b.bin),
                            Int64GetDatum(static_cast<int64>(b.customers)),
                            Float8GetDatum(b.mean_probability),
                            Float8GetDatum(rate.value),
                            Float8GetDatum(rate.low),
                            Float8GetDatum(rate.high)};
          bool nulls[6] = {};
          rows.put(values, nulls);
        });
      }
      return Datum{};
    });
  });
}

CLIENTELE_FUNCTION(clientele_classification_lift) {
  const pg::RowSink rows(fcinfo);
  return guarded([&] {
    check_parts(PG_GETARG_INT32(1), "buckets");
    return pg::with_state<Classification>(fcinfo, 0, [&](const Classification& c) {
      const Confusion all = confusion(c.runs(), 0);
      const double rate = ratio(all.true_positives, all.true_positives + all.false_positives);
      const bool none = all.true_positives == 0;
      for (const LiftBucket& b : lift(c.runs(), PG_GETARG_INT32(1))) {
        const double here = b.positives / static_cast<double>(b.customers);
        const double share = none ? 0 : b.cumulative / static_cast<double>(all.true_positives);
        pg::call_pg([&] {
          Datum values[] = {Int32GetDatum(b.bucket),
                            Int64GetDatum(static_cast<int64>(b.customers)),
                            Float8GetDatum(b.positives),
                            Float8GetDatum(here),
                            Float8GetDatum(none ? 0 : here / rate),
                            Float8GetDatum(share)};
          bool nulls[] = {false, false, false, false, none, none};
          rows.put(values, nulls);
        });
      }
      return Datum{};
    });
  });
}
