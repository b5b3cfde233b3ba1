// SPDX-License-Identifier: PostgreSQL
// Arrays as parameters and results of statements that write. C++ regime, unless said otherwise.
#pragma once
#include <optional>
#include <span>

#include "pg/values.hpp"

namespace clientele::sources {

/// An array in the current memory context, element by element.
class ArrayMaker {
 public:
  explicit ArrayMaker(Oid type) : type_(type) {}
  void add(Datum value) {
    values_.push_back(value);
    nulls_.push_back(false);
  }
  void add_null() {
    values_.push_back(0);
    nulls_.push_back(true);
    any_null_ = true;
  }
  void add_text(std::string_view text) {
    bytes_ += text.size();
    add(pg::make_text(text));
  }
  size_t size() const { return values_.size(); }
  /// 54000 above 1 GB.
  Datum make();
  Oid array_type() const;

 private:
  Oid type_;
  std::vector<Datum> values_;
  std::vector<char> nulls_;
  size_t bytes_ = 0;
  bool any_null_ = false;
};

Datum make_numbers(std::span<const int64_t> values);

/// The parameters of one statement, $1 first, and its only row.
class Statement {
 public:
  explicit Statement(const char* sql) : sql_(sql) {}
  Statement& add(Oid type, Datum value) {
    types_[count_] = type;
    values_[count_] = value;
    nulls_[count_++] = ' ';
    return *this;
  }
  Statement& add_null(Oid type) {
    add(type, 0);
    nulls_[count_ - 1] = 'n';
    return *this;
  }
  Statement& number(int64_t value) { return add(INT8OID, Int64GetDatum(value)); }
  Statement& text(std::string_view value) { return add(TEXTOID, pg::make_text(value)); }
  Statement& array(ArrayMaker& array) { return add(array.array_type(), array.make()); }

  /// Runs it, and copies the first column of its first row; nothing if that is NULL or there is no
  /// row.
  std::optional<Datum> run() const;

 private:
  static constexpr int limit = 16;
  const char* sql_;
  int count_ = 0;
  Oid types_[limit];
  Datum values_[limit];
  char nulls_[limit];
};

/// The elements of an array without NULLs; XX001 if they are not `count`.
std::span<const int64_t> numbers_of(Datum array, size_t count);
std::span<const int32_t> integers_of(Datum array, size_t count);

}  // namespace clientele::sources
