// SPDX-License-Identifier: PostgreSQL
#include "sequences/next_node/next_node.hpp"

#include <algorithm>
#include <string>

#include "base/sort.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;

using Base = NextNodeRule::Base;

Base base_of(std::string_view word) {
  if (word == "head") return Base::head;
  if (word == "tail") return Base::tail;
  if (word == "first_match") return Base::first_match;
  if (word == "last_match") return Base::last_match;
  throw Error(sqlstate::invalid_parameter, "base \"" + std::string(word) + "\" is not known",
              "Use head, tail, first_match or last_match.");
}

bool has_meaning(const NextNodeRule& rule) {
  switch (rule.base) {
    case Base::head:
      return rule.forward;
    case Base::tail:
      return !rule.forward;
    default:
      return rule.conditions > 0;
  }
}

}  // namespace

NextNodeRule NextNodeRule::of(std::string_view direction, std::string_view base,
                              size_t conditions) {
  NextNodeRule rule{direction == "forward", base_of(base), conditions};
  if (!rule.forward && direction != "backward")
    throw Error(sqlstate::invalid_parameter,
                "direction \"" + std::string(direction) + "\" is not known",
                "Use forward or backward.");
  if (has_meaning(rule)) return rule;
  if (rule.base == Base::head || rule.base == Base::tail)
    throw Error(sqlstate::invalid_parameter,
                "base \"" + std::string(base) + "\" has no rows in direction \"" +
                    std::string(direction) + '"',
                "From head go forward, and from tail backward.");
  throw Error(
      sqlstate::invalid_parameter,
      "base \"" + std::string(base) + "\" needs at least one condition",
      "The base is the first or the last row that meets the base condition and condition 1.");
}

void NextNode::define(const NextNodeRule& rule) {
  if (defined_ && rule != rule_)
    throw Error(
        sqlstate::invalid_parameter,
        "direction, base and number of conditions must be the same for all rows of a group");
  defined_ = true;
  rule_ = rule;
}

void NextNode::add(Micros at, std::string_view value, bool base, const Conditions& conditions) {
  values_.insert(values_.end(), value.begin(), value.end());
  const size_t old = rows_.size();
  if (old == 0) rows_.reserve(4 * stride());
  rows_.resize(old + stride());
  uint64_t* const row = &rows_[old];
  row[0] = static_cast<uint64_t>(at);
  row[1] = values_.size();
  // Word by word, as the condition of the base comes before the others.
  conditions.bits(row + 2);
  uint64_t carried = base;
  for (uint64_t* word = row + 2; word < row + stride(); ++word) {
    const uint64_t highest = *word >> 63;
    *word = *word << 1 | carried;
    carried = highest;
  }
}

void NextNode::merge(const NextNode& other) {
  if (!other.defined_) return;
  define(other.rule_);
  const uint64_t before = values_.size();
  const size_t old = rows_.size();
  rows_.insert(rows_.end(), other.rows_.begin(), other.rows_.end());
  values_.insert(values_.end(), other.values_.begin(), other.values_.end());
  for (size_t i = old; i < rows_.size(); i += stride()) rows_[i + 1] += before;
}

std::string_view NextNode::value(size_t i) const {
  const uint64_t begin = i == 0 ? 0 : row(i - 1)[1];
  return {values_.data() + begin, static_cast<size_t>(row(i)[1] - begin)};
}

bool NextNode::before(size_t a, size_t b) const {
  const uint64_t* const one = row(a);
  const uint64_t* const two = row(b);
  if (one[0] != two[0]) return static_cast<Micros>(one[0]) < static_cast<Micros>(two[0]);
  if (const int c = value(a).compare(value(b)); c != 0) return c < 0;
  if (!std::equal(one + 2, one + stride(), two + 2))
    return conditions_before(one + 2, two + 2, words());
  return a < b;
}

std::optional<size_t> NextNode::base() const {
  const bool matches = rule_.base == Base::first_match || rule_.base == Base::last_match;
  const bool first = rule_.base == Base::head || rule_.base == Base::first_match;
  std::optional<size_t> found;
  Work work;
  for (size_t i = 0; i < size(); ++i) {
    work.done(1 + values_.size() / size());
    if (matches && !(meets(i, 0) && meets(i, 1))) continue;
    if (!found || (first ? before(i, *found) : before(*found, i))) found = i;
  }
  if (found && !meets(*found, 0)) found.reset();
  return found;
}

std::optional<std::string_view> NextNode::next() const {
  const std::optional<size_t> base = this->base();
  if (!base) return std::nullopt;
  const auto nearer = [this](size_t a, size_t b) {
    return rule_.forward ? before(a, b) : before(b, a);
  };
  if (rule_.conditions == 0) return value(*base);
  if (!meets(*base, 1)) return std::nullopt;
  // The rows that follow, of which only so many matter as there are conditions.
  std::vector<size_t> rows;
  Work work;
  for (size_t i = 0; i < size(); ++i) {
    work.done(1 + values_.size() / size());
    if (nearer(*base, i)) rows.push_back(i);
  }
  if (rows.size() < rule_.conditions) return std::nullopt;
  const auto last = rows.begin() + static_cast<ptrdiff_t>(rule_.conditions);
  uint32_t calls = 0;
  std::partial_sort(rows.begin(), last, rows.end(), polled(calls, nearer));
  for (uint64_t i = 1; i < rule_.conditions; ++i)
    if (!meets(rows[i - 1], i + 1)) return std::nullopt;
  return value(*(last - 1));
}

void NextNode::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  w.u8(defined_);
  w.u8(rule_.forward);
  w.u8(static_cast<uint8_t>(rule_.base));
  w.varint(rule_.conditions);
  w.varint(size());
  w.raw(rows_.data(), rows_.size() * sizeof(uint64_t));
  for (size_t i = 0; i < size(); ++i) {
    if (i % 65536 == 0) poll();
    w.text(value(i));
  }
}

void NextNode::read(Reader& r) {
  r.version(version, "sequence_next_node");
  const uint8_t defined = r.u8(), forward = r.u8(), base = r.u8();
  NextNodeRule rule{forward != 0, static_cast<Base>(base), r.varint()};
  const size_t n = r.count();
  if (defined > 1 || forward > 1 || base > static_cast<uint8_t>(Base::last_match) ||
      rule.conditions > ~uint32_t{0} || (defined != 0 ? !has_meaning(rule) : n > 0))
    Reader::fail("impossible rules of a sequence");
  if (defined == 0) return;
  define(rule);
  if (n > r.left() / sizeof(uint64_t) / stride())
    Reader::fail("a count exceeds the bytes that follow");
  const size_t bytes = n * stride() * sizeof(uint64_t);
  const uint8_t* const rows = r.take(bytes);
  rows_.resize(n * stride());
  if (bytes > 0) std::memcpy(rows_.data(), rows, bytes);
  for (size_t i = 0; i < n; ++i) {
    if (i % 65536 == 0) poll();
    const std::string_view value = r.text();
    values_.insert(values_.end(), value.begin(), value.end());
    rows_[i * stride() + 1] = values_.size();
  }
}

}  // namespace clientele
