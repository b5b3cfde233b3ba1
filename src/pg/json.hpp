// SPDX-License-Identifier: PostgreSQL
// The text form of definitions and models: one JSON object, read by PostgreSQL's jsonb.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/calendar.hpp"
#include "base/size_limit.hpp"
#include "pg/boundary.hpp"

namespace clientele::pg {

/// Reads one JSON object. C++ regime. A missing key and null are the same: no value. Errors name
/// `type` and the key: 22P02 for what is not a JSON object, 22023 for a wrong value.
class JsonObject {
 public:
  static constexpr SizeLimit size_limit{"JSON text", size_t{1} << 26};

  JsonObject(std::string_view text, const char* type);

  /// 22023 naming the first key that is not one of these.
  void allow_only(std::initializer_list<const char*> keys) const {
    allow_only(std::vector<std::string_view>(keys.begin(), keys.end()));
  }
  void allow_only(const std::vector<std::string_view>& keys) const;

  std::optional<std::string> text(const char* key) const;
  std::optional<bool> boolean(const char* key) const;
  std::optional<int64_t> integer(const char* key) const;
  /// A finite number.
  std::optional<double> number(const char* key) const;
  /// An object within this one; as long as this one. `type`: what errors call it, if it is of a
  /// type of its own.
  std::optional<JsonObject> object(const char* key, const char* type = nullptr) const;
  /// An array of objects; as long as this one.
  std::optional<std::vector<JsonObject>> objects(const char* key) const;
  /// An array of finite numbers, none of them null.
  std::optional<std::vector<double>> numbers(const char* key) const;
  /// A fixed length of time such as "00:30:00" or "7 days", in microseconds.
  std::optional<uint64_t> length(const char* key) const;
  /// An instant such as "2026-03-31T00:00:00Z".
  std::optional<Micros> time(const char* key) const;
  /// An array of whole numbers, none of them null.
  std::optional<std::vector<int64_t>> integers(const char* key) const;
  /// An array of strings, none of them null.
  std::optional<std::vector<std::string>> texts(const char* key) const;
  /// An array of lengths of time or nulls.
  std::optional<std::vector<std::optional<uint64_t>>> lengths(const char* key) const;

 private:
  double number_of(const char* key, const JsonbValue& value) const;
  int64_t integer_of(const char* key, const JsonbValue& value) const;
  bool find(const char* key, JsonbValue& value) const;
  /// The elements of an array, as jsonb values in the current memory context.
  std::optional<std::vector<JsonbValue>> elements(const char* key) const;
  uint64_t length_of(const char* key, const JsonbValue& value) const;
  [[noreturn]] void wrong(const char* key, const char* expected) const;
  JsonObject(JsonbContainer* root, const char* type) : root_(root), type_(type) {}

  JsonbContainer* root_;
  const char* type_;
};

/// The text[] of a literal such as {search,cart} or {"search","cart"}, where a type reads JSON
/// objects too; none if the text may be such an object. C++ regime.
std::optional<Datum> array_literal(std::string_view text);

/// Writes one JSON object, key by key in the order of the calls.
class JsonWriter {
 public:
  void text(const char* key, std::string_view value) { name(key), quoted(value); }
  void boolean(const char* key, bool value) { name(key), out_ += value ? "true" : "false"; }
  void integer(const char* key, int64_t value) { name(key), out_ += std::to_string(value); }
  /// As numbers() writes them.
  void number(std::string_view key, double value) { name(key), out_ += shortest(value); }
  /// What another writer finished.
  void object(const char* key, std::string_view json) { name(key), out_ += json; }
  void objects(const char* key, const std::vector<std::string>& json);
  /// The shortest digits that read back as the same doubles; null for what is not finite.
  void numbers(const char* key, const std::vector<double>& values);
  void length(const char* key, uint64_t micros);
  void time(const char* key, Micros at);
  void integers(const char* key, std::span<const int32_t> values);
  void texts(const char* key, const std::vector<std::string>& values);
  void lengths(const char* key, const std::vector<std::optional<uint64_t>>& values);
  std::string finish() { return out_.empty() ? "{}" : std::move(out_) + "}"; }

 private:
  void name(std::string_view key) {
    out_ += out_.empty() ? "{" : ", ";
    quoted(key);
    out_ += ": ";
  }
  void quoted(std::string_view value);
  static std::string shortest(double value);

  std::string out_;
};

}  // namespace clientele::pg
