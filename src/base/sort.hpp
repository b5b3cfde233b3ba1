// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>

#include "base/poll.hpp"

namespace clientele {

/// Wraps a comparison so that every 65,536th call is a chance to cancel. `calls` counts them.
template <class Less>
auto polled(uint32_t& calls, Less less) {
  return [&calls, less](const auto& a, const auto& b) {
    if ((++calls & 0xffff) == 0) poll();
    return less(a, b);
  };
}

/// std::sort of what may be millions of values; they must be plain data, as cancelling may leave
/// them in any order.
template <class Iterator, class Less = std::less<>>
void sort_polled(Iterator first, Iterator last, Less less = {}) {
  uint32_t calls = 0;
  if (last - first < 10'000)
    std::sort(first, last, less);
  else
    std::sort(first, last, polled(calls, less));
}

}  // namespace clientele
