// SPDX-License-Identifier: PostgreSQL
// The window function anomaly(): a monitor for each partition, which is fed row by row.
#include "alerts/anomaly/monitor.hpp"
#include "base/error.hpp"
#include "pg/calls.hpp"
#include "pg/clock.hpp"
#include "pg/memory.hpp"
#include "pg/remembered.hpp"
#include "pg/values.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

/// A monitor with the clock of its definition.
class Series {
 public:
  Series(std::pmr::memory_resource* memory, ByteView bytes)
      : Series(memory, bytes, AnomalyDefinition::read(bytes)) {}

  void require_definition(ByteView bytes) const {
    if (!same_bytes(bytes, bytes_))
      throw Error(sqlstate::invalid_parameter,
                  "the anomaly_def must be the same for all rows of a partition");
  }
  void pass(Micros at) {
    if (started_ && at < last_)
      throw Error(sqlstate::invalid_parameter, "anomaly() needs its rows in time order",
                  "Give the window an order: OVER (PARTITION BY series ORDER BY at).");
    started_ = true;
    last_ = at;
  }
  bool judge(double value, double volume, AnomalyPoint& point) {
    const uint64_t place = monitor_.definition().place(clock_.local(last_));
    return monitor_.judge(place, value, volume, point);
  }
  bool of_ratios() const { return monitor_.definition().measure == AnomalyMeasure::ratio; }

 private:
  Series(std::pmr::memory_resource* memory, ByteView bytes, const AnomalyDefinition& d)
      : bytes_(bytes.begin(), bytes.end(), memory),
        monitor_(memory, d),
        clock_(pg::clock_in(pg::zone_of(d.season == 0 ? "UTC" : d.time_zone))) {}

  std::pmr::vector<uint8_t> bytes_;
  AnomalyMonitor monitor_;
  LocalClock clock_;
  bool started_ = false;
  Micros last_ = 0;
};

/// What a partition has; zero at first.
struct Partition {
  Series* series;
};

/// What a query has.
struct Kept {
  explicit Kept(std::pmr::memory_resource*) {}
  TupleDesc row = nullptr;
};

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_anomaly) {
  const WindowObject window = pg::window_of(fcinfo);
  auto* const partition =
      static_cast<Partition*>(WinGetPartitionLocalMemory(window, sizeof(Partition)));
  bool no_time = false, no_value = false, no_volume = false, no_definition = false;
  const Datum at = WinGetFuncArgCurrent(window, 0, &no_time);
  const Datum value = WinGetFuncArgCurrent(window, 1, &no_value);
  const Datum volume = WinGetFuncArgCurrent(window, 2, &no_volume);
  const Datum definition = WinGetFuncArgCurrent(window, 3, &no_definition);
  if (no_time || no_definition) PG_RETURN_NULL();
  // Without an expression that may change, the definition is that of the first row.
  const bool look = partition->series == nullptr || !get_fn_expr_arg_stable(fcinfo->flinfo, 3);
  const ByteView bytes = look ? pg::detoast(definition) : ByteView();
  AnomalyPoint point{};
  Kept* kept = nullptr;
  const bool judged = guarded([&] {
    kept = &pg::kept<Kept>(fcinfo);
    if (partition->series == nullptr)
      partition->series = pg::make_in<Series>(GetMemoryChunkContext(partition), bytes);
    else if (look)
      partition->series->require_definition(bytes);
    Series& series = *partition->series;
    series.pass(pg::finite_time(DatumGetTimestampTz(at)));
    if (no_value) return false;
    const double of = no_volume ? 0 : DatumGetFloat8(volume);
    if (series.of_ratios() && of == 0) return false;
    return series.judge(DatumGetFloat8(value), of, point);
  });
  if (!judged) PG_RETURN_NULL();
  const TupleDesc row = pg::result_row(fcinfo, kept->row);
  Datum values[] = {Float8GetDatum(point.expected), Float8GetDatum(point.low),
                    Float8GetDatum(point.high),     Float8GetDatum(point.z),
                    Int32GetDatum(point.level),     Int32GetDatum(point.scale)};
  bool nulls[6] = {};
  return HeapTupleGetDatum(heap_form_tuple(row, values, nulls));
}
