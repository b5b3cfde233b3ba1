// SPDX-License-Identifier: PostgreSQL
#include "tags/bitmap/combine.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace clientele::tags {
namespace {

// Two lists with more values are united as bits, as merging takes longer.
constexpr size_t long_union = 2048;

size_t keep_by(ValueList values, const Container& others, bool held, uint16_t* out) {
  switch (others.form()) {
    case Form::list:
      return keep(values, others.list(), held, out);
    case Form::bits:
      return keep(others.words(), values, held, out);
    default:
      return keep(values, others.runs(), held, out);
  }
}

/// A container's runs, if those of its form are few enough.
class AsRuns {
 public:
  AsRuns(const Container& c, size_t most) {
    if (c.form() == Form::runs) {
      runs_ = c.runs();
      fits_ = runs_.size() <= most;
    } else if (c.form() == Form::list && c.count() <= most) {
      runs_ = {made_, list_runs(c.list(), made_)};
      fits_ = true;
    }
  }
  AsRuns(const AsRuns&) = delete;
  bool fit() const { return fits_; }
  RunList runs() const { return runs_; }

 private:
  Run made_[max_runs];
  RunList runs_;
  bool fits_ = false;
};

// If both are runs or lists, and the result has few enough runs.
bool combined_by_runs(SetOp op, Container& left, const Container& right) {
  const AsRuns a(left, max_runs);
  if (!a.fit()) return false;
  const AsRuns b(right, max_runs);
  if (!b.fit()) return false;
  Run out[2 * max_runs];
  const Swept swept = sweep(op, a.runs(), b.runs(), out);
  if (swept.runs > max_runs) return false;
  left.assign({out, swept.runs}, swept.values);
  return true;
}

void combine_bits(SetOp op, Container& left, const Container& right) {
  uint64_t* const words = left.to_bits();
  switch (right.form()) {
    case Form::bits:
      return left.set_count(combine(op, words, right.words()));
    case Form::list:
      return left.set_count(combine(op, words, left.count(), right.list()));
    default:
      break;
  }
  if (op == SetOp::both) {
    uint32_t from = 0;
    for (const Run& r : right.runs()) {
      if (from < r.first) change_range(SetOp::without, words, from, r.first - 1u);
      from = r.last() + 1;
    }
    if (from < 65536) change_range(SetOp::without, words, from, 65535);
  } else {
    for (const Run& r : right.runs()) change_range(op, words, r.first, r.last());
  }
  left.set_count(count_set(words));
}

bool is(const Container& c, Form form) { return c.form() == form; }

}  // namespace

void combine(SetOp op, Container& left, const Container& right) {
  const bool keeps = op == SetOp::both || op == SetOp::without;
  if (right.full() && op != SetOp::one) {
    if (op == SetOp::without) return left.clear();
    if (op == SetOp::either) left = Container(right);
    return;
  }
  if (left.full() && op != SetOp::one && op != SetOp::without) {
    if (op == SetOp::both) left = Container(right);
    return;
  }
  if (is(left, Form::list) && keeps)
    return left.shorten(keep_by(left.list(), right, op == SetOp::both, left.list_to_change()));
  if (is(right, Form::list) && op == SetOp::both) {
    uint16_t kept[longest_list];
    const size_t n = keep_by(right.list(), left, true, kept);
    return left.assign({kept, n});
  }
  if (is(left, Form::list) && is(right, Form::list)) {
    if (left.count() + right.count() <= long_union) {
      uint16_t all[long_union];
      const size_t n = op == SetOp::either ? unite(left.list(), right.list(), all)
                                           : differ(left.list(), right.list(), all);
      return left.assign({all, n});
    }
  } else if (!is(left, Form::bits) && !is(right, Form::bits)) {
    if (combined_by_runs(op, left, right)) return;
  }
  if (op != SetOp::without && !is(left, Form::bits) && is(right, Form::bits)) {
    Container other(right);
    std::swap(left, other);
    return combine_bits(op, left, other);
  }
  combine_bits(op, left, right);
}

bool operator==(const Container& a, const Container& b) {
  if (a.key() != b.key() || a.count() != b.count()) return false;
  if (a.form() != b.form()) return count_common(a, b) == a.count();
  switch (a.form()) {
    case Form::list:
      return std::memcmp(a.list().data(), b.list().data(), a.list().size_bytes()) == 0;
    case Form::bits:
      return std::memcmp(a.words(), b.words(), 8 * words_of_bits) == 0;
    default:
      return a.runs().size() == b.runs().size() &&
             std::memcmp(a.runs().data(), b.runs().data(), a.runs().size_bytes()) == 0;
  }
}

// Most often the first values decide.
bool includes(const Container& a, const Container& b) {
  if (b.count() > a.count()) return false;
  uint32_t some[16];
  const size_t n = b.values(0, some, std::size(some));
  for (size_t i = 0; i < n; ++i)
    if (!a.contains(static_cast<uint16_t>(some[i]))) return false;
  return count_common(a, b) == b.count();
}

bool overlaps(const Container& a, const Container& b) {
  if (b.count() < a.count() && is(b, Form::list)) return overlaps(b, a);
  uint32_t some[16];
  const size_t n = a.values(0, some, std::size(some));
  for (size_t i = 0; i < n; ++i)
    if (b.contains(static_cast<uint16_t>(some[i]))) return true;
  return count_common(a, b) != 0;
}

uint32_t count_common(const Container& a, const Container& b) {
  if (b.full()) return a.count();
  if (a.full()) return b.count();
  if (is(b, Form::list) || (is(b, Form::runs) && is(a, Form::bits)))
    if (!is(a, Form::list)) return count_common(b, a);
  if (is(a, Form::list)) {
    const size_t n = is(b, Form::list)   ? count_common(a.list(), b.list())
                     : is(b, Form::bits) ? count_common(b.words(), a.list())
                                         : count_common(a.list(), b.runs());
    return static_cast<uint32_t>(n);
  }
  if (is(a, Form::bits)) return count_common(a.words(), b.words());
  return is(b, Form::bits) ? count_common(b.words(), a.runs()) : count_common(a.runs(), b.runs());
}

uint32_t count_common(const Container& a, const Container& b, const Container& c) {
  if (is(a, Form::bits) && is(b, Form::bits) && is(c, Form::bits))
    return count_common(a.words(), b.words(), c.words());
  // Lists first, then runs.
  std::array<const Container*, 3> all = {&a, &b, &c};
  const auto rank = [](const Container* x) {
    return is(*x, Form::list) ? 0 : is(*x, Form::runs) ? 1 : 2;
  };
  std::ranges::sort(all, {}, rank);
  if (is(*all[0], Form::list)) {
    uint16_t common[longest_list];
    size_t n = keep_by(all[0]->list(), *all[1], true, common);
    n = keep_by({common, n}, *all[2], true, common);
    return static_cast<uint32_t>(n);
  }
  Container both(*all[2]);
  combine(SetOp::both, both, *all[1]);
  return count_common(*all[0], both);
}

}  // namespace clientele::tags
