// SPDX-License-Identifier: PostgreSQL
// The aggregate uplift_curve, its state uplift_quality, and what evaluates one.
#include <cmath>

#include "churn/uplift/quality.hpp"
#include "pg/expanded.hpp"
#include "pg/memory.hpp"

namespace clientele {
namespace {

using pg::guarded;
using Number = std::optional<double>;

constexpr int score = 1, treated = 2, outcome = 3;

template <class Outcome>
Datum accum(FunctionCallInfo fcinfo, Outcome value) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  for (const int i : {score, treated, outcome})
    if (PG_ARGISNULL(i)) return pg::unchanged_state(fcinfo);
  return guarded([&] {
    auto* const state = pg::state_to_change<UpliftQuality>(fcinfo, context);
    state->value.add(PG_GETARG_FLOAT8(score), PG_GETARG_BOOL(treated), value());
    return state->datum();
  });
}

int checked(int32 n, int least, int most, const char* name) {
  if (n < least || n > most)
    throw Error(sqlstate::invalid_parameter,
                std::string(name) + " must be " + std::to_string(least) + " to " +
                    std::to_string(most) + ", not " + std::to_string(n));
  return n;
}

int samples_of(FunctionCallInfo fcinfo, int n) {
  return checked(PG_GETARG_INT32(n), 0, 10000, "samples");
}

template <size_t n>
struct Row {
  Datum values[n];
  bool nulls[n];
  size_t used = 0;

  void datum(Datum value) { values[used] = value, nulls[used++] = false; }
  void count(uint64_t value) { datum(Int64GetDatum(static_cast<int64>(value))); }
  void number(const Number& value) {
    values[used] = Float8GetDatum(value.value_or(0));
    nulls[used++] = !value;
  }
  void interval(const std::optional<UpliftInterval>& i) {
    number(i ? Number(i->low) : Number());
    number(i ? Number(i->high) : Number());
  }
  void put(const pg::RowSink& rows) {
    pg::call_pg([&] { rows.put(values, nulls); });
  }
};

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_uplift_quality_in) { return pg::state_in<UpliftQuality>(fcinfo); }
CLIENTELE_FUNCTION(clientele_uplift_quality_out) { return pg::state_out(fcinfo); }
CLIENTELE_FUNCTION(clientele_uplift_quality_recv) {
  return pg::state_receive<UpliftQuality>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_uplift_curve_accum) {
  return accum(fcinfo, [&] { return PG_GETARG_FLOAT8(outcome); });
}
CLIENTELE_FUNCTION(clientele_uplift_curve_accum_boolean) {
  return accum(fcinfo, [&] { return PG_GETARG_BOOL(outcome) ? 1.0 : 0.0; });
}
CLIENTELE_FUNCTION(clientele_uplift_curve_combine) { return pg::combined<UpliftQuality>(fcinfo); }

CLIENTELE_FUNCTION(clientele_uplift_measures) {
  const pg::RowSink rows(fcinfo);
  const auto seed = static_cast<uint64_t>(PG_GETARG_INT64(2));
  return guarded([&] {
    const int samples = samples_of(fcinfo, 1);
    return pg::with_state<UpliftQuality>(fcinfo, 0, [&](const UpliftQuality& quality) {
      static constexpr const char* names[] = {"effect", "uplift_area", "qini_area",
                                              "auuc",   "auuc_gain",   "qini"};
      const UpliftCounts counts = uplift_counts(quality);
      const bool known = counts.treated > 0 && counts.control > 0;
      const UpliftAreas a = known ? uplift_areas(quality) : UpliftAreas{};
      const double values[] = {a.effect, a.uplift_area, a.qini_area, a.auuc, a.auuc_gain, a.qini};
      std::vector<UpliftInterval> intervals;
      if (known && samples > 0) intervals = uplift_area_intervals(quality, samples, seed);
      for (size_t i = 0; i < std::size(names); ++i) {
        Row<7> row;
        row.datum(pg::make_text(names[i]));
        row.number(known ? Number(values[i]) : Number());
        row.interval(intervals.empty() ? std::optional<UpliftInterval>()
                                       : std::optional(intervals[i]));
        row.count(counts.all());
        row.count(counts.treated);
        row.count(counts.control);
        row.put(rows);
      }
      return Datum{};
    });
  });
}

CLIENTELE_FUNCTION(clientele_uplift_points) {
  const pg::RowSink rows(fcinfo);
  return guarded([&] {
    return pg::with_state<UpliftQuality>(fcinfo, 0, [&](const UpliftQuality& quality) {
      const UpliftCounts counts = uplift_counts(quality);
      if (counts.treated == 0 || counts.control == 0) return Datum{};
      for (const UpliftPoint& p : uplift_points(quality)) {
        Row<3> row;
        row.count(p.customers);
        row.number(p.uplift);
        row.number(p.qini);
        row.put(rows);
      }
      return Datum{};
    });
  });
}

CLIENTELE_FUNCTION(clientele_uplift_top) {
  const pg::RowSink rows(fcinfo);
  const double share = PG_GETARG_FLOAT8(1);
  const auto seed = static_cast<uint64_t>(PG_GETARG_INT64(3));
  return guarded([&] {
    if (!(share > 0 && share <= 1))
      throw Error(sqlstate::invalid_parameter, "share must be above 0 and at most 1",
                  "It is a part of the customers, such as 0.3.");
    const int samples = samples_of(fcinfo, 2);
    return pg::with_state<UpliftQuality>(fcinfo, 0, [&](const UpliftQuality& quality) {
      const UpliftTop top = uplift_top(quality, share);
      std::optional<UpliftInterval> interval;
      if (top.uplift && samples > 0) interval = uplift_top_interval(quality, share, samples, seed);
      Row<6> row;
      row.count(top.customers.all());
      row.count(top.customers.treated);
      row.count(top.customers.control);
      row.number(top.uplift);
      row.interval(interval);
      row.put(rows);
      return Datum{};
    });
  });
}

CLIENTELE_FUNCTION(clientele_uplift_buckets) {
  const pg::RowSink rows(fcinfo);
  return guarded([&] {
    const int buckets = checked(PG_GETARG_INT32(1), 1, 10000, "buckets");
    return pg::with_state<UpliftQuality>(fcinfo, 0, [&](const UpliftQuality& quality) {
      for (const UpliftBucket& b : uplift_buckets(quality, buckets)) {
        Row<10> row;
        row.datum(Int32GetDatum(b.bucket));
        row.count(b.customers.all());
        row.count(b.customers.treated);
        row.count(b.customers.control);
        row.number(b.mean_score);
        row.number(b.treated_mean);
        row.number(b.control_mean);
        row.number(b.uplift);
        row.interval(b.interval);
        row.put(rows);
      }
      return Datum{};
    });
  });
}
