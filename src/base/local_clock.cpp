// SPDX-License-Identifier: PostgreSQL
#include "base/local_clock.hpp"

#include <algorithm>

namespace clientele {

void LocalClock::find(Micros at) {
  static constexpr size_t most = 4096;
  const auto place = std::ranges::upper_bound(spans_, at, {}, &Span::end);
  if (place != spans_.end() && place->begin <= at) {
    now_ = *place;
    return;
  }
  const Offset offset = look_(zone_, at);
  now_ = {at, std::max(offset.end, at + 1), offset.offset};
  if (place != spans_.end() && place->end == now_.end) {
    *place = now_;  // the same span, known from an earlier instant on
  } else if (spans_.size() < most) {
    spans_.insert(place, now_);
  }
}

}  // namespace clientele
