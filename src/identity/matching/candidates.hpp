// SPDX-License-Identifier: PostgreSQL
// The pairs that are compared: those equal in all columns of a block key.
#pragma once
#include <cstdint>
#include <memory_resource>
#include <string>
#include <vector>

#include "base/poll.hpp"
#include "identity/matching/definition.hpp"
#include "identity/matching/records.hpp"

namespace clientele {

class Candidates {
 public:
  /// More rows than these with one value of a key are not compared by it.
  static constexpr uint32_t most_shared = 300;

  /// A value of a block key that is shared by more.
  struct LeftOut {
    size_t key;
    uint32_t row;  // one of those that have it
    uint32_t rows;
  };

  Candidates(const MatchRecords& records, const MatchDefinition& definition);

  /// Calls use(i, j) with i < j for each pair once, in an order that depends on the records only.
  /// Keeps no pairs.
  template <class Use>
  void each(Use use) const {
    Work work(1024);
    for (size_t key = 0; key < keys_; ++key) {
      const Members members = members_of(key);
      for (size_t g = 0; g + 1 < members.begins.size(); ++g)
        for (uint32_t i = members.begins[g]; i < members.begins[g + 1]; ++i)
          for (uint32_t j = i + 1; j < members.begins[g + 1]; ++j) {
            work.done(1);
            const uint32_t a = members.rows[i], b = members.rows[j];
            if (!met_before(a, b, key)) use(a, b);
          }
    }
  }

  /// By key, the most frequent values first.
  const std::pmr::vector<LeftOut>& left_out() const { return left_out_; }
  /// The values of the key in a row, with " + " between them.
  std::string value_of(const LeftOut& left_out) const;

 private:
  struct Members {
    std::pmr::vector<uint32_t> begins, rows;
  };
  void group(size_t key);
  Members members_of(size_t key) const;
  /// Whether an earlier key has the pair.
  bool met_before(uint32_t a, uint32_t b, size_t key) const {
    const uint32_t *const x = groups_.data() + a * keys_, *const y = groups_.data() + b * keys_;
    for (size_t k = 0; k < key; ++k)
      if (x[k] == y[k] && x[k] != 0) return true;
    return false;
  }

  const MatchRecords& records_;
  size_t keys_;
  std::vector<std::vector<size_t>> columns_;  // of each key, as places in the records
  // For each row and key a number that it shares with the rows that have the same value; 0 if none,
  // or too many.
  std::pmr::vector<uint32_t> groups_;
  std::pmr::vector<uint32_t> group_counts_;
  std::pmr::vector<LeftOut> left_out_;
};

}  // namespace clientele
