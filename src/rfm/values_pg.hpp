// SPDX-License-Identifier: PostgreSQL
// Between Datum and the values of RFM.
#pragma once
#include <memory_resource>

#include "pg/memory.hpp"
#include "pg/remembered.hpp"
#include "rfm/rfm.hpp"

namespace clientele {

/// A value of recency, as plain data.
struct RecencyArgument {
  Recency kind;
  Interval interval;
  Datum datum;

  /// PostgreSQL regime.
  RecencyArgument(Recency kind, Datum value) : kind(kind), interval(), datum(value) {
    if (kind == Recency::interval) interval = *DatumGetIntervalP(value);
  }
  /// C++ regime.
  RfmKey key() const {
    if (kind == Recency::time) return key_of_time(DatumGetTimestampTz(datum));
    if (kind == Recency::number) return key_of_days(DatumGetFloat8(datum));
    return key_of_interval(interval);
  }
  /// 22023 for months and below zero; `name` is the argument's.
  static RfmKey key_of_interval(const Interval& interval, const char* name = "recency");
};

/// The composite type rfm: scores of 0 stand for NULL.
struct RfmScores {
  uint8_t score[rfm_dimensions];
  int32_t buckets;
};

/// Kept from row to row: how a result is formed, and the cuts last read.
struct RfmRow {
  explicit RfmRow(std::pmr::memory_resource*) {}
  TupleDesc form = nullptr;

  /// C++ regime.
  const RfmCuts& cuts_of(pg::ByteView bytes) {
    return cuts_.get(bytes, [&] { return RfmCuts::read(bytes); });
  }

 private:
  pg::Remembered<RfmCuts> cuts_;
};

/// PostgreSQL regime; `row` as pg::kept gives it for this function, whose result is a rfm.
Datum make_rfm(FunctionCallInfo fcinfo, RfmRow& row, const RfmScores& scores);

}  // namespace clientele
