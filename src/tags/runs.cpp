// SPDX-License-Identifier: PostgreSQL
#include "tags/runs.hpp"

#include <algorithm>

namespace clientele::tags {
namespace {

constexpr uint32_t never = UINT32_MAX;

/// The places where a list goes from out to in and back.
class Edges {
 public:
  explicit Edges(RunList runs) : at_(runs.data()), end_(runs.data() + runs.size()) { begin(); }

  uint32_t next() const { return next_; }
  bool in() const { return in_; }
  void pass() {
    in_ = !in_;
    if (in_) {
      next_ = at_->last() + 1;
    } else {
      ++at_;
      begin();
    }
  }

 private:
  void begin() { next_ = at_ == end_ ? never : at_->first; }

  const Run* at_;
  const Run* end_;
  uint32_t next_;
  bool in_ = false;
};

template <SetOp op>
Swept swept(RunList a, RunList b, Run* const out) {
  Edges left(a), right(b);
  Run* to = out;
  uint32_t first = 0, values = 0;
  bool in = false;
  for (;;) {
    const uint32_t at = std::min(left.next(), right.next());
    if (at == never) break;
    if constexpr (op == SetOp::both) {
      if (!in && (left.next() == never || right.next() == never)) break;
    }
    if (left.next() == at) left.pass();
    if (right.next() == at) right.pass();
    const bool now = apply<op>(left.in(), right.in());
    if (now == in) continue;
    in = now;
    if (in) {
      first = at;
    } else {
      *to++ = {static_cast<uint16_t>(first), static_cast<uint16_t>(at - first - 1)};
      values += at - first;
    }
  }
  return {static_cast<size_t>(to - out), values};
}

}  // namespace

Swept sweep(SetOp op, RunList a, RunList b, Run* out) {
  switch (op) {
    case SetOp::both:
      return swept<SetOp::both>(a, b, out);
    case SetOp::either:
      return swept<SetOp::either>(a, b, out);
    case SetOp::without:
      return swept<SetOp::without>(a, b, out);
    default:
      return swept<SetOp::one>(a, b, out);
  }
}

uint32_t count_common(RunList a, RunList b) {
  uint32_t n = 0;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const uint32_t first = std::max(a[i].first, b[j].first);
    const uint32_t left = a[i].last(), right = b[j].last(), last = std::min(left, right);
    n += first <= last ? last - first + 1 : 0;
    i += left <= right;
    j += right <= left;
  }
  return n;
}

size_t run_from(RunList runs, uint32_t value) {
  return static_cast<size_t>(
      std::ranges::lower_bound(runs, value, {}, [](const Run& r) { return r.last(); }) -
      runs.begin());
}

}  // namespace clientele::tags
