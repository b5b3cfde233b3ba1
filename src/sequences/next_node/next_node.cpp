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

/// A row where it stands in rows_.
class NextNode::Row {
 public:
  Row(const uint64_t* begin, size_t words) : begin_(begin), words_(words) {}
  static size_t size(size_t words, size_t value) { return 2 + words + (value + 7) / 8; }

  const uint64_t* begin() const { return begin_; }
  size_t size() const { return size(words_, begin_[1]); }
  Micros at() const { return static_cast<Micros>(begin_[0]); }
  const uint64_t* conditions() const { return begin_ + 2; }
  std::string_view value() const {
    return {reinterpret_cast<const char*>(begin_ + 2 + words_), static_cast<size_t>(begin_[1])};
  }
  bool meets(uint64_t condition) const {  // 0: that of the base
    return conditions()[condition / 64] >> (condition % 64) & 1;
  }

 private:
  const uint64_t* begin_;
  size_t words_;
};

void NextNode::add(Micros at, std::string_view value, bool base, const Conditions& conditions) {
  const size_t old = rows_.size(), size = Row::size(words(), value.size());
  if (rows_.capacity() - old < size)
    rows_.reserve(std::max(old + size, old == 0 ? 3 * size : 2 * old));
  rows_.resize(old + size);
  uint64_t* const row = &rows_[old];
  row[0] = static_cast<uint64_t>(at);
  row[1] = value.size();
  conditions.bits(row + 2);
  uint64_t carried = base;  // the condition of the base comes before the others
  for (uint64_t* word = row + 2; word < row + 2 + words(); ++word) {
    const uint64_t highest = *word >> 63;
    *word = *word << 1 | carried;
    carried = highest;
  }
  if (!value.empty()) std::memcpy(row + 2 + words(), value.data(), value.size());
}

void NextNode::merge(const NextNode& other) {
  if (!other.defined_) return;
  define(other.rule_);
  rows_.insert(rows_.end(), other.rows_.begin(), other.rows_.end());
}

std::vector<NextNode::Row> NextNode::rows() const {
  std::vector<Row> rows;
  const uint64_t* const end = rows_.data() + rows_.size();
  Work work;
  for (const uint64_t* at = rows_.data(); at < end; at += rows.back().size()) {
    rows.emplace_back(at, words());
    work.done(1);
  }
  return rows;
}

/// The order of rows; those that are equal in all stand as they came.
bool NextNode::before(const Row& a, const Row& b) const {
  if (a.at() != b.at()) return a.at() < b.at();
  if (const int c = a.value().compare(b.value()); c != 0) return c < 0;
  if (!std::equal(a.conditions(), a.conditions() + words(), b.conditions()))
    return conditions_before(a.conditions(), b.conditions(), words());
  return a.begin() < b.begin();
}

std::optional<std::string_view> NextNode::next() const {
  const bool match = rule_.base == Base::first_match || rule_.base == Base::last_match;
  const bool first = rule_.base == Base::head || rule_.base == Base::first_match;
  std::vector<Row> rows = this->rows();
  const Row* base = nullptr;
  Work work;
  for (const Row& row : rows) {
    work.done(row.size());
    if (match && !(row.meets(0) && row.meets(1))) continue;
    if (base == nullptr || (first ? before(row, *base) : before(*base, row))) base = &row;
  }
  if (base == nullptr || !base->meets(0)) return std::nullopt;
  if (rule_.conditions == 0) return base->value();
  if (!base->meets(1)) return std::nullopt;

  // Of the rows that follow only so many matter as there are conditions.
  const auto nearer = [this](const Row& a, const Row& b) {
    return rule_.forward ? before(a, b) : before(b, a);
  };
  const auto follow = std::partition(rows.begin(), rows.end(), [&, from = *base](const Row& row) {
    work.done(row.size());
    return !nearer(from, row);
  });
  if (static_cast<size_t>(rows.end() - follow) < rule_.conditions) return std::nullopt;
  const auto last = follow + static_cast<ptrdiff_t>(rule_.conditions);
  uint32_t calls = 0;
  std::partial_sort(follow, last, rows.end(), polled(calls, nearer));
  for (uint64_t i = 2; i <= rule_.conditions; ++i)
    if (!follow[static_cast<ptrdiff_t>(i - 2)].meets(i)) return std::nullopt;
  return (last - 1)->value();
}

void NextNode::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  w.u8(defined_);
  w.u8(rule_.forward);
  w.u8(static_cast<uint8_t>(rule_.base));
  w.varint(rule_.conditions);
  w.varint(rows_.size());
  w.raw(rows_.data(), rows_.size() * sizeof(uint64_t));
}

void NextNode::read(Reader& r) {
  r.version(version, "sequence_next_node");
  const uint8_t defined = r.u8(), forward = r.u8(), base = r.u8();
  const NextNodeRule rule{forward != 0, static_cast<Base>(base), r.varint()};
  const size_t n = r.count();
  if (defined > 1 || forward > 1 || base > static_cast<uint8_t>(Base::last_match) ||
      rule.conditions > ~uint32_t{0} || (defined != 0 ? !has_meaning(rule) : n > 0))
    Reader::fail("impossible rules of a sequence");
  if (defined == 0) return;
  define(rule);
  if (n > r.left() / sizeof(uint64_t)) Reader::fail("a count exceeds the bytes that follow");
  const uint8_t* const bytes = r.take(n * sizeof(uint64_t));
  rows_.resize(n);
  if (n > 0) std::memcpy(rows_.data(), bytes, n * sizeof(uint64_t));
  Work work;
  for (size_t at = 0; at < n;) {
    const size_t left = n - at;
    if (left < Row::size(words(), 0) || rows_[at + 1] / 8 > left ||
        Row::size(words(), rows_[at + 1]) > left)
      Reader::fail("a value is truncated");
    const Row row(&rows_[at], words());
    check_encoding(row.value());
    at += row.size();
    work.done(row.size());
  }
}

}  // namespace clientele
