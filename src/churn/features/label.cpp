// SPDX-License-Identifier: PostgreSQL
#include "churn/features/label.hpp"

#include "base/poll.hpp"

namespace clientele {

std::optional<bool> churned(const Journey& journey, std::span<const uint8_t> counts, Micros from,
                            Micros until) {
  bool was_there = false;
  Micros at[Journey::block];
  uint16_t code[Journey::block];
  for (Journey::Scan scan(journey); const size_t n = scan.next();) {
    if (scan.begin() % (64 * Journey::block) == 0) poll();
    scan.times(at);
    scan.codes(code);
    for (size_t i = 0; i < n; ++i) {
      if (at[i] >= until) return was_there ? std::optional(true) : std::nullopt;
      if (counts[code[i]] == 0) continue;
      if (at[i] < from)
        was_there = true;
      else
        return was_there ? std::optional(false) : std::nullopt;
    }
  }
  return was_there ? std::optional(true) : std::nullopt;
}

}  // namespace clientele
