// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "tags/scores.hpp"

namespace clientele::tags {

/// Scores that are being gathered, in any order. The written form is that of the scores.
class GatheredScores {
 public:
  explicit GatheredScores(std::pmr::memory_resource* memory) : fresh_(memory) {}

  void add(Score score) { fresh_.push_back(score); }
  void merge(const Scores& other) {
    other.each([&](const Score& s) { fresh_.push_back(s); });
  }
  void merge(const GatheredScores& other) {
    fresh_.insert(fresh_.end(), other.fresh_.begin(), other.fresh_.end());
  }
  /// 21000 for two numbers of one customer.
  Scores all() const {
    sort_scores(fresh_);
    return Scores::of(fresh_);
  }

  void write(Bytes& out) const { all().write(out); }
  void read(Reader& r) {
    const size_t size = r.left();
    merge(Scores::read({r.take(size), size}));
  }

 private:
  mutable std::pmr::vector<Score> fresh_;  // sorting changes how the set is held, not the set
};

}  // namespace clientele::tags
