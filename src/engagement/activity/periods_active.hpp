// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <memory_resource>
#include <span>

#include "base/bytes.hpp"

namespace clientele {

/// How many customers were active in calendar periods, by the periods' numbers. Periods without
/// customers take no room, however far apart the others are.
class ActivePeriods {
 public:
  struct Count {
    uint64_t active = 0;
    uint64_t fresh = 0;      // of these: for the first time
    uint64_t returning = 0;  // of these: also in the period before
    int64_t change = 0;      // of the customers in the trailing window, against the period before
    bool empty() const { return active == 0 && change == 0; }
  };

  explicit ActivePeriods(std::pmr::memory_resource* memory) : pages_(memory) {}

  /// A customer who was active in these periods, which ascend. A window ends with each of
  /// `window` periods; what changes after period `last` is not kept.
  void add(std::span<const int64_t> periods, int64_t window, int64_t last);
  void merge(const ActivePeriods& other);

  /// Calls take(number, count) for each period that has a count, ascending.
  template <class Take>
  void each(Take take) const {
    for (const auto& [number, page] : pages_)
      for (size_t i = 0; i < page.size(); ++i)
        if (!page[i].empty()) take(number * static_cast<int64_t>(page_size) + i, page[i]);
  }

  void write(Writer& w) const;
  /// Of an empty one, over this number of customers.
  void read(Reader& r, uint64_t customers);

 private:
  static constexpr size_t page_size = 64;
  using Page = std::array<Count, page_size>;

  Count& at(int64_t period) {
    const int64_t number = period >> 6;
    Known& known = known_[static_cast<size_t>(number) % known_.size()];
    if (known.page == nullptr || known.number != number) known = {number, &page(number)};
    return (*known.page)[static_cast<size_t>(period) % page_size];
  }

  /// 54000 for too many of them.
  Page& page(int64_t number);

  struct Known {
    int64_t number = 0;
    Page* page = nullptr;
  };
  std::pmr::map<int64_t, Page> pages_;
  std::array<Known, 16> known_{};
};

}  // namespace clientele
