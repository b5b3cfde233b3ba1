// SPDX-License-Identifier: PostgreSQL
#include "sources/batch/arrays_pg.hpp"

#include "base/error.hpp"

extern "C" {
#include "utils/datum.h"
}

namespace clientele::sources {
namespace {

using pg::call_pg;

template <class T>
std::span<const T> elements(Datum datum, size_t count, Oid type) {
  const ArrayType* const array = call_pg([&] { return DatumGetArrayTypeP(datum); });
  const auto n = static_cast<size_t>(ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)));
  if (n != count || ARR_HASNULL(array) || ARR_ELEMTYPE(array) != type)
    throw Error(sqlstate::corrupted, "a part of a batch has " + std::to_string(n) +
                                         " numbers where " + std::to_string(count) + " are due");
  return {reinterpret_cast<const T*>(ARR_DATA_PTR(array)), n};
}

}  // namespace

Oid ArrayMaker::array_type() const {
  return call_pg([&] { return get_array_type(type_); });
}

Datum ArrayMaker::make() {
  if (bytes_ + values_.size() * 8 > MaxAllocSize - 1024)
    throw Error(sqlstate::limit_exceeded, "a batch has more than 1 GB of texts of one sort",
                "Give a smaller batch_rows.");
  return call_pg([&] {
    int16 length = 0;
    bool by_value = false;
    char alignment = 0;
    get_typlenbyvalalign(type_, &length, &by_value, &alignment);
    int size = static_cast<int>(values_.size()), lowest = 1;
    return PointerGetDatum(construct_md_array(
        values_.data(), any_null_ ? reinterpret_cast<bool*>(nulls_.data()) : nullptr,
        size == 0 ? 0 : 1, &size, &lowest, type_, length, by_value, alignment));
  });
}

Datum make_numbers(std::span<const int64_t> values) {
  return call_pg([&] {
    const size_t bytes = ARR_OVERHEAD_NONULLS(1) + values.size() * sizeof(int64);
    if (values.empty()) return PointerGetDatum(construct_empty_array(INT8OID));
    auto* const array = static_cast<ArrayType*>(MemoryContextAlloc(CurrentMemoryContext, bytes));
    SET_VARSIZE(array, bytes);
    array->ndim = 1;
    array->dataoffset = 0;
    array->elemtype = INT8OID;
    *ARR_DIMS(array) = static_cast<int>(values.size());
    *ARR_LBOUND(array) = 1;
    std::memcpy(ARR_DATA_PTR(array), values.data(), values.size() * sizeof(int64));
    return PointerGetDatum(array);
  });
}

std::optional<Datum> Statement::run() const {
  struct Result {
    Datum value;
    bool null;
  };
  const Result result = call_pg([&]() -> Result {
    const MemoryContext outside = CurrentMemoryContext;
    SPI_connect();
    const int code = SPI_execute_with_args(sql_, count_, const_cast<Oid*>(types_),
                                           const_cast<Datum*>(values_), nulls_, false, 0);
    if (code < 0) elog(ERROR, "a part of a batch failed: %s", SPI_result_code_string(code));
    Result r{0, true};
    if (SPI_processed > 0 && SPI_tuptable != nullptr) {
      r.value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &r.null);
      if (!r.null) {
        int16 length = 0;
        bool by_value = false;
        get_typlenbyval(SPI_gettypeid(SPI_tuptable->tupdesc, 1), &length, &by_value);
        const MemoryContext inside = MemoryContextSwitchTo(outside);
        r.value = datumCopy(r.value, by_value, length);
        MemoryContextSwitchTo(inside);
      }
    }
    SPI_finish();
    return r;
  });
  if (result.null) return std::nullopt;
  return result.value;
}

std::span<const int64_t> numbers_of(Datum array, size_t count) {
  return elements<int64_t>(array, count, INT8OID);
}

std::span<const int32_t> integers_of(Datum array, size_t count) {
  return elements<int32_t>(array, count, INT4OID);
}

}  // namespace clientele::sources
