// SPDX-License-Identifier: PostgreSQL
// Arguments and results: between Datum and the core's types.
#pragma once
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/calendar.hpp"
#include "pg/boundary.hpp"

namespace clientele::pg {

using ByteView = std::span<const uint8_t>;

/// The bytes of a varlena argument, fetched and decompressed if need be. PostgreSQL regime.
inline ByteView detoast(Datum value) {
  const varlena* v = PG_DETOAST_DATUM_PACKED(value);
  return {reinterpret_cast<const uint8_t*>(VARDATA_ANY(v)),
          static_cast<size_t>(VARSIZE_ANY_EXHDR(v))};
}

inline ByteView as_bytes(std::string_view s) {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::string_view text_view(Datum value) { return as_text(detoast(value)); }

/// A varlena with these bytes in the current memory context. C++ regime; 54000 above 1 GB.
Datum make_varlena(ByteView bytes);
/// A varlena of this size, whose bytes are still to be written. C++ regime, as make_varlena.
varlena* new_varlena(size_t bytes);
inline Datum make_text(std::string_view s) { return make_varlena(as_bytes(s)); }

/// The time zone of this name, as SET TimeZone takes it; 22023 if there is none. C++ regime.
pg_tz* time_zone_named(const std::string& name);

/// 22023 for what is not the name of a time zone, 22P03 for one in other letters: packed, a zone
/// has one name, so that equal values have equal bytes. C++ regime.
void require_zone_name(const std::string& name);

/// A fixed length of time that may be negative: 22023 for months, with `hint`, and for what
/// overflows; `name` is the argument's. C++ regime.
int64_t interval_micros(const Interval& interval, const char* name, const char* hint);

/// A fixed length of time. Errors: 22023 for months, negative lengths and what overflows; `name` is
/// the argument's. C++ regime.
uint64_t fixed_length(const Interval& interval, const char* name);

/// Finite, or 22008.
Micros finite_time(TimestampTz at);

/// Argument `n` as an option that is an instant; NULL is none. PostgreSQL regime. 22008 for
/// infinity, as no option means no limit; `name` is the argument's.
std::optional<Micros> optional_time(FunctionCallInfo fcinfo, int n, const char* name);

/// An interval of this length, in the current memory context. PostgreSQL regime.
Datum make_interval(int64_t micros);
/// Likewise of a sum of lengths: in hours as far as an interval can be, else in days of 24 hours;
/// 22008 beyond these. PostgreSQL regime.
Datum make_long_interval(unsigned __int128 micros);

/// A numeric amount in millionths; 22003 for what has no exact one, with `hint`. C++ regime.
int64_t amount_of(Datum numeric, const char* hint);
/// PostgreSQL regime.
Datum numeric_of(int64_t millionths);
/// A sum of amounts may exceed what one amount may be. PostgreSQL regime.
Datum numeric_of_sum(__int128 millionths);

/// The non-NULL elements of a text array. C++ regime; 22004 for a NULL element.
std::vector<std::string> text_elements(Datum array, const char* name);

/// text[] / timestamptz[] in the current memory context. C++ regime.
Datum make_text_array(std::span<const std::string_view> values);
Datum make_time_array(std::span<const Micros> values);

/// A result that may be NULL, on its way out of C++ code.
struct Answer {
  Datum datum;
  bool null;
};
inline Datum returned(FunctionCallInfo fcinfo, const Answer& answer) {
  fcinfo->isnull = answer.null;
  return answer.datum;
}

/// The row type that this function returns, described once and kept in `row` as long as the
/// function is. PostgreSQL regime.
TupleDesc result_row(FunctionCallInfo fcinfo, TupleDesc& row);

/// Rows of a set-returning function; `scalar` if it returns a set of plain values. Made in the
/// PostgreSQL regime, put from either.
class RowSink {
 public:
  explicit RowSink(FunctionCallInfo fcinfo, bool scalar = false) {
    InitMaterializedSRF(fcinfo, scalar ? MAT_SRF_USE_EXPECTED_DESC : 0);
    info_ = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  }
  void put(Datum* values, bool* nulls) const {
    tuplestore_putvalues(info_->setResult, info_->setDesc, values, nulls);
  }

 private:
  ReturnSetInfo* info_;
};

}  // namespace clientele::pg
