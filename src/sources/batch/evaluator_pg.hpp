// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <span>

#include "sources/batch/as_owner_pg.hpp"

namespace clientele::sources {

/// Evaluates the expressions of a source over rows that are at hand, so that those that raise an
/// error are found. C++ regime.
class Evaluator {
 public:
  /// Rows are jsonb, or of the row type of the source. `cursor` is one more expression, or empty.
  Evaluator(const Source& source, std::string cursor, bool jsonb);
  Evaluator(const Evaluator&) = delete;
  ~Evaluator();

  /// Takes each row in turn: its values, or what is wrong, with the values of event_id and cursor
  /// if these can be evaluated. Errors that no row causes are thrown.
  using Take = std::function<void(size_t i, const RowValues& values, const std::string* wrong)>;
  void each(std::span<const Datum> rows, const Take& take) { part(rows, 0, take); }

  /// The row type of the source, InvalidOid if it is gone.
  Oid row_type() const { return row_type_; }

 private:
  struct Failure {
    ErrorData* error;
    size_t plan;
  };
  std::string sql_of(size_t which) const;
  std::span<const Column> columns_of(size_t which) const;
  size_t cursor_plan() const { return plans_.size() - 1; }
  ErrorData* run(size_t which, std::span<const Datum> rows, const RowTaker& taker);
  void part(std::span<const Datum> rows, size_t first, const Take& take);
  Failure find(Datum row);
  void take_failed(Datum row, size_t place, const Take& take);

  const Source& source_;
  std::string cursor_;
  bool jsonb_;
  Oid row_type_ = InvalidOid;
  std::vector<Column> columns_;
  /// All expressions, none of them, each of them, the cursor.
  std::vector<SPIPlanPtr> plans_;
  size_t suspect_ = 2;  // the plan that failed last
};

}  // namespace clientele::sources
