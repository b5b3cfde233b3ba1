// SPDX-License-Identifier: PostgreSQL
#include "churn/features/label.hpp"

#include "journey/measures.hpp"

namespace clientele {

std::optional<bool> churned(const Journey& journey, std::span<const uint8_t> counts, Micros from,
                            Micros until) {
  bool was_there = false, came_back = false;
  each_event(journey, [&](Micros at, uint16_t code) {
    if (at >= until) return false;
    if (counts[code] == 0) return true;
    (at < from ? was_there : came_back) = true;
    return !came_back;
  });
  return was_there ? std::optional(!came_back) : std::nullopt;
}

}  // namespace clientele
