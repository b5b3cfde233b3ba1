// SPDX-License-Identifier: PostgreSQL
// The aggregate campaign_outcome, its state effect_summary, and what evaluates one.
#include <array>
#include <cmath>

#include "actions/effect/effect.hpp"
#include "base/significance.hpp"
#include "pg/expanded.hpp"
#include "pg/memory.hpp"

namespace clientele {
namespace {

using pg::guarded;

constexpr int treated = 1, converted = 2, value = 3, before = 4;

template <class Add>
Datum accum(FunctionCallInfo fcinfo, int last, Add add) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  for (int i = treated; i <= last; ++i)
    if (PG_ARGISNULL(i)) return pg::unchanged_state(fcinfo);
  return guarded([&] {
    auto* const state = pg::state_to_change<EffectSums>(fcinfo, context);
    add(state->value, PG_GETARG_BOOL(treated), PG_GETARG_BOOL(converted));
    return state->datum();
  });
}

using Number = std::optional<double>;

/// Argument `n`, none if it is NULL.
Number number(FunctionCallInfo fcinfo, int n) {
  return PG_ARGISNULL(n) ? Number() : Number(PG_GETARG_FLOAT8(n));
}

[[noreturn]] void wrong(const char* why, const char* hint = "") {
  throw Error(sqlstate::invalid_parameter, why, hint);
}

void check_share(double share) {
  if (!(share > 0 && share < 1))
    wrong("share must be between 0 and 1",
          "It is the part of the customers that the control group was to have, such as 0.1.");
}

void check_smallest(const Number& smallest, const char* name) {
  if (smallest && !(*smallest > 0 && std::isfinite(*smallest)))
    throw Error(sqlstate::invalid_parameter, std::string(name) + " must be above 0",
                "It is the smallest difference that would matter.");
}

struct Asked {
  Number share, smallest_rate, smallest_value, cost;
  bool final;

  void check() const {
    if (share) check_share(*share);
    check_smallest(smallest_rate, "smallest_rate");
    check_smallest(smallest_value, "smallest_value");
    if (cost && !(*cost >= 0 && std::isfinite(*cost))) wrong("cost must not be negative");
  }
};

/// A row of values that may be NULL.
class Row {
 public:
  void add(Datum value) { put(value, false); }
  void add(const Number& v) { put(Float8GetDatum(v.value_or(0)), !v); }
  void add(const std::optional<bool>& v) { put(BoolGetDatum(v.value_or(false)), !v); }
  void finish(const pg::RowSink& rows) {
    pg::call_pg([&] { rows.put(values_, nulls_); });
  }

 private:
  void put(Datum value, bool null) {
    values_[n_] = value;
    nulls_[n_++] = null;
  }
  static constexpr int columns = 28;
  Datum values_[columns];
  bool nulls_[columns];
  int n_ = 0;
};

class Results {
 public:
  Results(const pg::RowSink& rows, const EffectSums& sums, const Asked& asked)
      : rows_(rows), sums_(sums), asked_(asked) {
    if (asked.share)
      sample_ratio_p_ =
          sample_ratio(sums.treated().customers, sums.control().customers, *asked.share);
    if (sample_ratio_p_) trusted_ = *sample_ratio_p_ >= 0.001;
  }

  void put_all() const {
    put("conversion", rate_effect(sums_), asked_.smallest_rate.value_or(0.01), true,
        static_cast<double>(sums_.treated().converted),
        static_cast<double>(sums_.control().converted), {}, {});
    if (!sums_.has_value()) return;
    const double tau =
        asked_.smallest_value.value_or(std::abs(overall_value(sums_).value_or(0)) / 10);
    put("value", value_effect(sums_), tau, false, sums_.treated().value.value(),
        sums_.control().value.value(), {}, {});
    if (!sums_.has_before()) return;
    const AdjustedEffect adjusted = adjusted_effect(sums_);
    put("adjusted value", adjusted, tau, false, {}, {}, adjusted.theta, adjusted.reduction);
  }

 private:
  void put(const char* measure, const Effect& e, double tau, bool rate, Number treated_sum,
           Number control_sum, Number theta, Number reduction) const {
    std::optional<AlwaysValid> always;
    if (e.difference && e.standard_error)
      always = always_valid(*e.difference, *e.standard_error * *e.standard_error, tau);
    Number low = e.low, high = e.high, p = e.p_value;
    if (!asked_.final) {
      low = high = p = Number();
      if (always) {
        low = always->difference.low;
        high = always->difference.high;
        p = always->p_value;
      }
    }
    const auto customers = static_cast<double>(sums_.treated().customers);
    const auto times = [&](const Number& v) { return v ? Number(*v * customers) : Number(); };
    const Number extra = times(e.difference);
    std::optional<bool> significant;
    if (p) significant = *p <= 0.05 && trusted_.value_or(true);
    Number roi;
    if (!rate && asked_.cost && *asked_.cost > 0 && extra)
      roi = (*extra - *asked_.cost) / *asked_.cost;
    Row row;
    row.add(pg::make_text(measure));
    row.add(Int64GetDatum(static_cast<int64>(sums_.treated().customers)));
    row.add(Int64GetDatum(static_cast<int64>(sums_.control().customers)));
    row.add(treated_sum);
    row.add(control_sum);
    row.add(e.treated_mean);
    row.add(e.control_mean);
    row.add(e.difference);
    row.add(e.difference && *e.control_mean > 0 ? Number(*e.difference / *e.control_mean)
                                                : Number());
    row.add(e.standard_error);
    row.add(e.df);
    row.add(e.low);
    row.add(e.high);
    row.add(e.p_value);
    row.add(theta);
    row.add(reduction);
    row.add(always ? Number(always->p_value) : Number());
    row.add(always ? Number(always->difference.low) : Number());
    row.add(always ? Number(always->difference.high) : Number());
    row.add(extra);
    row.add(times(low));
    row.add(times(high));
    row.add(asked_.cost);
    row.add(roi);
    row.add(sample_ratio_p_);
    row.add(trusted_);
    row.add(std::optional(asked_.final));
    row.add(significant);
    row.finish(rows_);
  }

  const pg::RowSink& rows_;
  const EffectSums& sums_;
  const Asked& asked_;
  Number sample_ratio_p_;
  std::optional<bool> trusted_;
};

struct Kept {
  explicit Kept(std::pmr::memory_resource*) {}
  TupleDesc row = nullptr;
};

/// PostgreSQL regime.
template <size_t n>
Datum one_row(FunctionCallInfo fcinfo, const std::array<Number, n>& numbers) {
  Kept* const kept = guarded([&] { return &pg::kept<Kept>(fcinfo); });
  if (kept->row == nullptr) {
    TupleDesc found;
    if (get_call_result_type(fcinfo, nullptr, &found) != TYPEFUNC_COMPOSITE)
      elog(ERROR, "the function returns a row");
    const MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
    kept->row = BlessTupleDesc(CreateTupleDescCopy(found));
    MemoryContextSwitchTo(old);
  }
  Datum values[n];
  bool nulls[n];
  for (size_t i = 0; i < n; ++i) {
    values[i] = Float8GetDatum(numbers[i].value_or(0));
    nulls[i] = !numbers[i];
  }
  return HeapTupleGetDatum(heap_form_tuple(kept->row, values, nulls));
}

/// Argument `n` as a number of customers; 22023 below 0. C++ regime.
uint64_t customers(int64 n, const char* name) {
  if (n < 0 || n > static_cast<int64>(int64_t{1} << 48))
    throw Error(sqlstate::invalid_parameter,
                std::string(name) + " must be from 0 to 2^48, not " + std::to_string(n));
  return static_cast<uint64_t>(n);
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_effect_summary_in) { return pg::state_in<EffectSums>(fcinfo); }
CLIENTELE_FUNCTION(clientele_effect_summary_out) { return pg::state_out(fcinfo); }
CLIENTELE_FUNCTION(clientele_effect_summary_recv) { return pg::state_receive<EffectSums>(fcinfo); }

CLIENTELE_FUNCTION(clientele_campaign_outcome_accum) {
  return accum(fcinfo, converted, [](EffectSums& s, bool t, bool c) { s.add(t, c); });
}
CLIENTELE_FUNCTION(clientele_campaign_outcome_accum_value) {
  return accum(fcinfo, value,
               [&](EffectSums& s, bool t, bool c) { s.add(t, c, PG_GETARG_FLOAT8(value)); });
}
CLIENTELE_FUNCTION(clientele_campaign_outcome_accum_before) {
  return accum(fcinfo, before, [&](EffectSums& s, bool t, bool c) {
    s.add(t, c, PG_GETARG_FLOAT8(value), PG_GETARG_FLOAT8(before));
  });
}
CLIENTELE_FUNCTION(clientele_campaign_outcome_combine) { return pg::combined<EffectSums>(fcinfo); }

CLIENTELE_FUNCTION(clientele_effect_result) {
  const pg::RowSink rows(fcinfo);
  if (PG_ARGISNULL(0)) return Datum{};
  const Asked asked{number(fcinfo, 1), number(fcinfo, 2), number(fcinfo, 3), number(fcinfo, 4),
                    PG_ARGISNULL(5) || PG_GETARG_BOOL(5)};
  return guarded([&] {
    asked.check();
    return pg::with_state<EffectSums>(fcinfo, 0, [&](const EffectSums& sums) {
      Results(rows, sums, asked).put_all();
      return Datum{};
    });
  });
}

CLIENTELE_FUNCTION(clientele_rate_difference) {
  const auto found = guarded([&]() -> std::array<Number, 4> {
    const uint64_t a = customers(PG_GETARG_INT64(0), "treated_converted");
    const uint64_t m = customers(PG_GETARG_INT64(1), "treated");
    const uint64_t b = customers(PG_GETARG_INT64(2), "control_converted");
    const uint64_t n = customers(PG_GETARG_INT64(3), "control");
    if (a > m || b > n) wrong("no more customers can have converted than there are in a group");
    if (m == 0 || n == 0) return {};
    const Difference d = newcombe(a, m, b, n);
    return {d.value, d.low, d.high, chance_of(m + n, a + b, m, a)};
  });
  return one_row(fcinfo, found);
}

CLIENTELE_FUNCTION(clientele_always_valid) {
  const auto found = guarded([&]() -> std::array<Number, 3> {
    const double difference = PG_GETARG_FLOAT8(0), variance = PG_GETARG_FLOAT8(1),
                 smallest = PG_GETARG_FLOAT8(2);
    for (const double v : {difference, variance, smallest})
      if (!(std::abs(v) <= 1e100))
        wrong("difference, variance and smallest must be finite numbers of at most 1e100 in size");
    const auto a = always_valid(difference, variance, smallest);
    if (!a) return {};
    return {a->p_value, a->difference.low, a->difference.high};
  });
  return one_row(fcinfo, found);
}

CLIENTELE_FUNCTION(clientele_sample_ratio) {
  return pg::returned(fcinfo, guarded([&]() -> pg::Answer {
                        check_share(PG_GETARG_FLOAT8(2));
                        const Number p = sample_ratio(customers(PG_GETARG_INT64(0), "treated"),
                                                      customers(PG_GETARG_INT64(1), "control"),
                                                      PG_GETARG_FLOAT8(2));
                        return {Float8GetDatum(p.value_or(0)), !p};
                      }));
}
