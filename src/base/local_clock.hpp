// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <vector>

#include "base/calendar.hpp"

namespace clientele {

/// Wall-clock times of a time zone. Remembers the spans between changes of the clocks.
class LocalClock {
 public:
  /// The offset of a clock from UTC from some instant on, and until when.
  struct Offset {
    Micros offset;
    Micros end;
  };
  using Look = Offset (*)(const void* zone, Micros at);

  LocalClock(Look look, const void* zone) : look_(look), zone_(zone) {}

  Micros local(Micros at) {
    if (at < now_.begin || at >= now_.end) find(at);
    return at + now_.offset;
  }
  /// The next change of the clock after the time that local() took last, and an instant not after
  /// that time since when it has not changed.
  Micros steady_until() const { return now_.end; }
  Micros steady_from() const { return now_.begin; }

 private:
  struct Span {
    Micros begin, end, offset;
  };
  void find(Micros at);

  Look look_;
  const void* zone_;
  Span now_{0, 0, 0};
  std::vector<Span> spans_;  // ascending, apart
};

}  // namespace clientele
