// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <map>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "satisfaction/text/definition.hpp"
#include "satisfaction/text/grams.hpp"

namespace clientele {

inline constexpr size_t most_labels = 200;
inline constexpr size_t longest_label = 200;  // bytes

/// Texts with their labels, as counts of buckets: the state of the aggregate text_fit.
class TextRows {
 public:
  static constexpr size_t usual_limit = 1'000'000'000;  // bytes
  explicit TextRows(std::pmr::memory_resource* memory, size_t limit = usual_limit)
      : limit_(limit), encoded_(memory), data_(memory), rows_(memory) {}

  struct Row {
    uint32_t label;
    uint32_t size;  // of its counts, encoded
    size_t begin;
    int64_t customer;
  };

  /// The definition, which must be the same for all rows (22023); `encoded` is a stored
  /// TextDefinition. `customers`: rows name their customer.
  void define(std::span<const uint8_t> encoded, bool customers);
  const TextDefinition& definition() const { return definition_; }
  bool has_customers() const { return customers_; }

  /// Errors: 22023 for an empty label, 54000 for more labels than most_labels or a long one, and
  /// above the limit of bytes.
  void add(std::u32string_view plain, std::string_view label, int64_t customer);
  void merge(const TextRows& other);

  /// In an order that depends on the multiset only: labels bytewise, rows by customer, label and
  /// counts.
  std::span<const Row> rows() const { return settle(), rows_; }
  const std::vector<std::string>& labels() const { return settle(), labels_; }
  /// Calls use(bucket, count), ascending.
  template <class Use>
  void each_count(const Row& row, Use use) const {
    Reader r({data_.data() + row.begin, row.size});
    uint32_t bucket = 0;
    while (!r.done()) {
      bucket += static_cast<uint32_t>(r.varint());
      use(bucket, static_cast<int32_t>(r.signed_varint()));
    }
  }

  /// Depends on the multiset only. Versioned.
  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  uint32_t label_of(std::string_view label);
  void check_limit() const;
  void settle() const;

  size_t limit_;
  std::pmr::vector<uint8_t> encoded_;  // empty before the first row
  TextDefinition definition_;
  bool customers_ = false;
  std::pmr::vector<uint8_t> data_;
  mutable std::vector<std::string> labels_;
  mutable std::pmr::vector<Row> rows_;
  mutable bool settled_ = true;
};

}  // namespace clientele
