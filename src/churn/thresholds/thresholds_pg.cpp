// SPDX-License-Identifier: PostgreSQL
// warning_thresholds() and warning_quality(), which look at a classification_summary.
#include "churn/thresholds/thresholds.hpp"

#include <cmath>

#include "base/wilson.hpp"
#include "pg/expanded.hpp"
#include "pg/memory.hpp"

namespace clientele {
namespace {

using pg::guarded;

struct Level {
  const char* name;
  std::optional<double> threshold;
};

/// A share with its interval; none where nothing is counted.
struct Share {
  Share(uint64_t part, uint64_t whole)
      : known(whole > 0), of(known ? wilson(part, whole) : Proportion{}) {}
  bool known;
  Proportion of;
};

/// A row of a result, column by column.
struct Row {
  Datum values[24] = {};
  bool nulls[24] = {};
  int columns = 0;

  void add(Datum value, bool null = false) {
    values[columns] = value;
    nulls[columns++] = null;
  }
  void add_count(uint64_t count, bool null = false) {
    add(Int64GetDatum(static_cast<int64>(count)), null);
  }
  void add_number(std::optional<double> number) {
    add(number ? Float8GetDatum(*number) : Datum{}, !number.has_value());
  }
  void add_with_interval(const Share& share) {
    add(Float8GetDatum(share.of.value), !share.known);
    add(Float8GetDatum(share.of.low), !share.known);
    add(Float8GetDatum(share.of.high), !share.known);
  }
};

std::optional<double> number_argument(FunctionCallInfo fcinfo, int i) {
  if (PG_ARGISNULL(i)) return std::nullopt;
  return PG_GETARG_FLOAT8(i);
}

/// The runs from the threshold on, which is rounded as they are.
Confusion confusion_at(const Classification& c, double threshold) {
  return confusion(c.runs(), c.threshold(threshold));
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_warning_thresholds) {
  const pg::RowSink sink(fcinfo);
  for (int i = 0; i < 4; ++i)
    if (PG_ARGISNULL(i)) {
      if (i == 0) return Datum{};
      ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                      errmsg("least_precision, least_recall and least_warned must not be NULL")));
    }
  return guarded([&] {
    const int64 least = PG_GETARG_INT64(3);
    if (least < 0)
      throw Error(sqlstate::invalid_parameter,
                  "least_warned must not be negative: " + std::to_string(least));
    const WarningGoals goals{PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2),
                             static_cast<uint64_t>(least)};
    goals.check();
    const std::optional<double> by_costs = number_argument(fcinfo, 4);
    if (by_costs && !(*by_costs >= 0))
      throw Error(sqlstate::invalid_parameter,
                  "warning must not be negative or NaN: " + std::to_string(*by_costs));
    return pg::with_state<Classification>(fcinfo, 0, [&](const Classification& c) {
      const WarningThresholds t = warning_thresholds(c.runs(), goals, by_costs);
      for (const Level& level : {Level{"critical", t.critical}, Level{"warning", t.warning},
                                 Level{"attention", t.attention}}) {
        const Confusion n = level.threshold ? confusion_at(c, *level.threshold) : Confusion{};
        const uint64_t hits = n.true_positives, warned = hits + n.false_positives;
        const uint64_t positives = outcomes(c.runs()).positives;
        const Share precision(hits, warned), recall(hits, level.threshold ? positives : 0);
        Row row;
        row.add(pg::make_text(level.name));
        row.add_number(level.threshold);
        row.add_count(warned, !level.threshold);
        row.add_count(hits, !level.threshold);
        row.add_with_interval(precision);
        row.add(Float8GetDatum(recall.of.value), !recall.known);
        pg::call_pg([&] { sink.put(row.values, row.nulls); });
      }
      return Datum{};
    });
  });
}

CLIENTELE_FUNCTION(clientele_warning_quality) {
  const pg::RowSink sink(fcinfo);
  if (PG_ARGISNULL(0)) return Datum{};
  return guarded([&] {
    return pg::with_state<Classification>(fcinfo, 0, [&](const Classification& c) {
      const Outcomes all = outcomes(c.runs());
      const std::optional<double> critical = number_argument(fcinfo, 1);
      const bool met = claim_met(
          c.runs(), critical ? std::optional<double>(c.threshold(*critical)) : std::nullopt);
      for (const Level& level :
           {Level{"critical", critical}, Level{"warning", number_argument(fcinfo, 2)},
            Level{"attention", number_argument(fcinfo, 3)}, Level{"half", 0.5}}) {
        if (!level.threshold) continue;
        const Confusion n = confusion_at(c, *level.threshold);
        const uint64_t hits = n.true_positives, warned = hits + n.false_positives;
        Row row;
        row.add(pg::make_text(level.name));
        row.add_number(level.threshold);
        row.add_count(all.rows());
        row.add_count(all.positives);
        row.add_with_interval(Share(all.positives, all.rows()));
        row.add(Float8GetDatum(Share(std::max(all.positives, all.negatives), all.rows()).of.value));
        row.add_count(warned);
        row.add_count(hits);
        row.add_with_interval(Share(hits + n.true_negatives, all.rows()));
        row.add_with_interval(Share(hits, warned));
        row.add_with_interval(Share(hits, all.positives));
        row.add(BoolGetDatum(met));
        pg::call_pg([&] { sink.put(row.values, row.nulls); });
      }
      return Datum{};
    });
  });
}
