// SPDX-License-Identifier: PostgreSQL
#include "churn/features/label.hpp"

namespace clientele {

std::optional<bool> churned(const Journey& journey, const PickedCodes& picked, Micros from,
                            Micros until) {
  bool before = false, after = false;
  each_picked(journey, picked, [&](Micros at) {
    if (at >= until) return false;
    (at < from ? before : after) = true;
    return !after;
  });
  return before ? std::optional(!after) : std::nullopt;
}

}  // namespace clientele
