// SPDX-License-Identifier: PostgreSQL
// The state of the aggregate tag_scores.
#pragma once
#include "base/bytes.hpp"
#include "tags/scores/scores.hpp"

namespace clientele::tags {

/// Scores that are being gathered in any order. The written form is that of the scores.
class GatheredScores {
 public:
  explicit GatheredScores(std::pmr::memory_resource* memory) : scores_(memory) {}

  void add(const Score& score) {
    scores_.push_back(score);
    // Repetitions must not pile up.
    if (scores_.size() >= 65536 && scores_.size() >= 2 * sorted_) settle();
  }
  void merge(const GatheredScores& other) {
    other.settle();
    settle();
    scores_.insert(scores_.end(), other.scores_.begin(), other.scores_.end());
    settle();
  }
  Scores all() const {
    settle();
    return Scores::of(scores_);
  }

  void write(Bytes& out) const {
    const Scores made = all();
    out.resize(made.written_size());
    made.write_to(out.data());
  }
  void read(Reader& r) {
    const size_t n = r.left();
    const std::vector<Score> read = Scores::read({r.take(n), n}).scores();
    scores_.assign(read.begin(), read.end());
    sorted_ = scores_.size();
  }

 private:
  void settle() const {
    if (sorted_ == scores_.size()) return;
    settle_scores(scores_, sorted_);
    sorted_ = scores_.size();
  }

  // Settling changes how they are kept, but not the scores.
  mutable std::pmr::vector<Score> scores_;
  mutable size_t sorted_ = 0;  // how many are in order, without repetitions
};

}  // namespace clientele::tags
