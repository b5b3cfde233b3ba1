// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory_resource>
#include <vector>

namespace clientele {

/// The last `size` numbers, also in their order, so that their median is at hand.
class SlidingMedian {
 public:
  SlidingMedian(size_t size, std::pmr::memory_resource* memory)
      : size_(size), line_(memory), order_(memory) {}

  size_t count() const { return order_.size(); }

  void add(double x) {
    const auto place = std::ranges::lower_bound(order_, x);
    if (line_.size() < size_) {
      line_.push_back(x);
      order_.insert(place, x);
      return;
    }
    const double old = line_[next_];
    line_[next_] = x;
    next_ = next_ + 1 == size_ ? 0 : next_ + 1;
    const auto gone = std::ranges::lower_bound(order_, old);
    // What is between both moves by one place.
    if (gone < place) {
      std::move(gone + 1, place, gone);
      *(place - 1) = x;
    } else {
      std::move_backward(place, gone, gone + 1);
      *place = x;
    }
  }

  /// Of an even number, the mean of the middle two. There must be one.
  double median() const {
    const size_t n = order_.size();
    return n % 2 == 1 ? order_[n / 2] : (order_[n / 2 - 1] + order_[n / 2]) / 2;
  }

 private:
  size_t size_;
  size_t next_ = 0;                // the oldest
  std::pmr::vector<double> line_;  // a ring once it is full
  std::pmr::vector<double> order_;
};

/// The largest of the last `size` numbers.
class SlidingMaximum {
 public:
  SlidingMaximum(size_t size, std::pmr::memory_resource* memory) : size_(size), line_(memory) {}

  void add(double x) {
    while (!line_.empty() && line_.back().value <= x) line_.pop_back();
    line_.push_back({added_++, x});
    if (line_.front().at + size_ < added_) line_.pop_front();
  }
  /// Of no numbers: 0.
  double maximum() const { return line_.empty() ? 0 : line_.front().value; }

 private:
  struct Entry {
    size_t at;
    double value;
  };
  size_t size_;
  size_t added_ = 0;
  std::pmr::deque<Entry> line_;  // descending
};

}  // namespace clientele
