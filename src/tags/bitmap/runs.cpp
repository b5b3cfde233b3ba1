// SPDX-License-Identifier: PostgreSQL
#include "tags/bitmap/runs.hpp"

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
  /// Skips the runs that end before `edge` and do not touch it, after use(run) for each.
  template <class Use>
  void pass_runs_before(uint32_t edge, Use use) {
    const Run* at = at_;
    while (at != end_ && at->last() + 1 < edge) use(*at++);
    at_ = at;
    begin();
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
  const auto put = [&](const Run& r) {
    *to++ = r;
    values += r.size();
  };
  const auto put_left = [&](const Run& r) {
    if constexpr (apply<op>(true, false)) put(r);
  };
  const auto put_right = [&](const Run& r) {
    if constexpr (apply<op>(false, true)) put(r);
  };
  const auto put_inner = [&](const Run& r) {
    if constexpr (op == SetOp::both) put(r);
  };
  for (;;) {
    // Whole runs first, as most are apart from the other list; then the edges where the lists meet.
    if (!left.in() && !right.in()) {
      left.pass_runs_before(right.next(), put_left);
      right.pass_runs_before(left.next(), put_right);
    } else if (!left.in() && op != SetOp::one) {
      left.pass_runs_before(right.next(), put_inner);
    } else if (!right.in() && (op == SetOp::both || op == SetOp::either)) {
      right.pass_runs_before(left.next(), put_inner);
    }
    const uint32_t at = std::min(left.next(), right.next());
    if (at == never) break;
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
  auto l = a.begin(), r = b.begin();
  while (l != a.end() && r != b.end()) {
    if (l->last() < r->first) {
      ++l;
    } else if (r->last() < l->first) {
      ++r;
    } else {
      const uint32_t first = std::max(l->first, r->first);
      if (l->last() < r->last())
        n += (l++)->last() - first + 1;
      else
        n += (r++)->last() - first + 1;
    }
  }
  return n;
}

size_t run_from(RunList runs, uint32_t value) {
  return static_cast<size_t>(
      std::ranges::lower_bound(runs, value, {}, [](const Run& r) { return r.last(); }) -
      runs.begin());
}

}  // namespace clientele::tags
