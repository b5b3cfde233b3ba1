// SPDX-License-Identifier: PostgreSQL
// Rows of tables, read in C++ code.
#pragma once
#include <algorithm>
#include <string_view>
#include <type_traits>
#include <utility>

#include "pg/boundary.hpp"
#include "pg/values.hpp"

namespace clientele::pg {

/// A query that only reads. Whatever it calls is named with its schema: the caller's search_path
/// may hold another function or operator.
struct Query {
  const char* sql;
  const char* subject;  // what an error says could not be read
};

/// One that is planned once a session.
struct PlannedQuery : Query {
  SPIPlanPtr plan = nullptr;
};

/// The parameters of a query, $1 first. PostgreSQL regime.
class Parameters {
 public:
  void add(Oid type, Datum value) {
    Assert(count_ < limit);
    types_[count_] = type;
    values_[count_] = value;
    nulls_[count_++] = ' ';
  }
  void null(Oid type) {
    add(type, Datum{});
    nulls_[count_ - 1] = 'n';
  }
  void text(std::string_view s) {
    add(TEXTOID, PointerGetDatum(cstring_to_text_with_len(s.data(), static_cast<int>(s.size()))));
  }
  void integer(int32_t v) { add(INT4OID, Int32GetDatum(v)); }
  void boolean(bool v) { add(BOOLOID, BoolGetDatum(v)); }

  void run(const Query& query);
  void run(PlannedQuery& query);
  /// Of a query whose functions write.
  void run_writing(const Query& query);

 private:
  static constexpr int limit = 8;
  int count_ = 0;
  Oid types_[limit];
  Datum values_[limit];
  char nulls_[limit];
};

/// A row of the query that ran last; columns count from 1. PostgreSQL regime.
class QueryRow {
 public:
  explicit QueryRow(uint64 number)
      : tuple_(SPI_tuptable->vals[number]), form_(SPI_tuptable->tupdesc) {}

  /// A column of any type as text, nullptr if it is NULL.
  const char* text(int column) const { return SPI_getvalue(tuple_, form_, column); }
  /// The bytes of a packed value, without a pointer if it is NULL.
  ByteView bytes(int column) const {
    bool null = false;
    const Datum value = SPI_getbinval(tuple_, form_, column, &null);
    return null ? ByteView() : detoast(value);
  }
  // Of columns that are not NULL.
  int32_t integer(int column) const { return DatumGetInt32(value(column)); }
  int64_t bigint(int column) const { return DatumGetInt64(value(column)); }
  bool boolean(int column) const { return DatumGetBool(value(column)); }

 private:
  Datum value(int column) const {
    bool null = false;
    return SPI_getbinval(tuple_, form_, column, &null);
  }

  HeapTuple tuple_;
  TupleDesc form_;
};

/// Runs a query. `bind(parameters)` and `fetch(row)` are in the PostgreSQL regime; `use` takes the
/// plain data that fetch makes of each row, in the C++ regime. What they allocate in the current
/// memory context is gone after the last row. C++ regime. An exception on the way leaves SPI to the
/// end of the transaction, as every error does.
template <class AnyQuery, class Bind, class Fetch, class Use>
void each_row(AnyQuery& query, Bind bind, Fetch fetch, Use use) {
  using Plain = std::invoke_result_t<Fetch, const QueryRow&>;
  static_assert(std::is_trivially_copyable_v<Plain>);
  const auto rows = call_pg([&]() -> uint64 {
    SPI_connect();
    Parameters parameters;
    bind(parameters);
    parameters.run(query);
    return SPI_processed;
  });
  constexpr uint64 batch = 64;
  Plain plain[batch];
  for (uint64 begin = 0; begin < rows; begin += batch) {
    const uint64 count = std::min(batch, rows - begin);
    call_pg([&] {
      CHECK_FOR_INTERRUPTS();
      for (uint64 i = 0; i < count; ++i) plain[i] = fetch(QueryRow(begin + i));
    });
    for (uint64 i = 0; i < count; ++i) use(std::as_const(plain[i]));
  }
  call_pg([] { SPI_finish(); });
}

/// The same if all that is to be done with a row is done in `fetch`.
template <class AnyQuery, class Bind, class Fetch>
void each_row(AnyQuery& query, Bind bind, Fetch fetch) {
  each_row(
      query, bind, [&](const QueryRow& row) { return fetch(row), 0; }, [](int) {});
}

inline constexpr auto no_parameters = [](Parameters&) {};

}  // namespace clientele::pg
