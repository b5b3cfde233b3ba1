// SPDX-License-Identifier: PostgreSQL
#include "sequences/matching/matching.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <string>

#include "base/error.hpp"

namespace clientele {
namespace {

/// For each row and element, or condition, a bit is kept: at most 1 GB of bits.
constexpr size_t most_bits = size_t{1} << 33;

void limit(size_t rows, size_t parts, const char* of_what) {
  if (rows == 0 || parts <= most_bits / rows) return;
  throw Error(sqlstate::limit_exceeded, std::to_string(rows) +
                                            " rows are too many for a pattern of " +
                                            std::to_string(parts) + ' ' + of_what);
}

bool is_set(const uint64_t* bits, size_t place) { return bits[place / 64] >> (place % 64) & 1; }
void set(uint64_t* bits, size_t place) { bits[place / 64] |= uint64_t{1} << (place % 64); }

bool any(const uint64_t* bits, size_t words) {
  return std::any_of(bits, bits + words, [](uint64_t w) { return w != 0; });
}

/// Calls use(place) for each place that is set, from the last to the first.
template <class Use>
void each_backwards(const uint64_t* bits, size_t words, Use use) {
  for (size_t w = words; w-- > 0;)
    for (uint64_t left = bits[w]; left != 0;) {
      const auto bit = static_cast<size_t>(std::bit_width(left) - 1);
      left ^= uint64_t{1} << bit;
      use(w * 64 + bit);
    }
}
template <class Use>
void each_forwards(const uint64_t* bits, size_t words, Use use) {
  for (size_t w = 0; w < words; ++w)
    for (uint64_t left = bits[w]; left != 0; left &= left - 1)
      use(w * 64 + static_cast<size_t>(std::countr_zero(left)));
}

}  // namespace

void SequenceSearch::start(const SequencePattern& pattern, size_t rows) {
  pattern_ = &pattern;
  words_ = (rows + 63) / 64;
  at_.clear();
  at_.reserve(rows);
  const size_t kinds = pattern.kinds().size();
  limit(rows, kinds, "conditions");
  met_.hold(kinds * words_);
  for (size_t k = 0; k < kinds; ++k) {
    std::fill_n(met_.data() + k * words_, words_, 0);
    work_.done(words_);
  }
}

void SequenceSearch::add(Micros at, const uint64_t* conditions) {
  const size_t place = at_.size();
  at_.push_back(at);
  const Word bit = Word{1} << (place % 64);
  Word* met = met_.data() + place / 64;
  *met |= bit;
  const std::span<const uint32_t> kinds = pattern_->kinds();
  for (size_t k = 1; k < kinds.size(); ++k) {
    met += words_;
    const uint32_t condition = kinds[k] - 1;
    if (conditions[condition / 64] >> (condition % 64) & 1) *met |= bit;
  }
  work_.done(kinds.size());
}

bool SequenceSearch::matches() { return solve(pattern_->elements().size(), false); }

uint64_t SequenceSearch::count() {
  const size_t length = pattern_->elements().size();
  if (!solve(length, true)) return 0;
  uint64_t matches = 0;
  for (size_t from = 0; (from = walk(length, from, [](size_t, size_t) {})) != none; ++from)
    ++matches;
  return matches;
}

std::span<const Micros> SequenceSearch::events() {
  events_.clear();
  const std::span<const SequencePattern::Element> elements = pattern_->elements();
  size_t length = elements.size();
  while (length > 0 && pattern_->any_row(elements[length - 1])) --length;
  if (length > 0 && !solve(length, true)) {
    length = longest_beginning();
    if (length > 0) solve(length, true);
  }
  if (length == 0) return events_;
  walk(length, 0, [&](size_t element, size_t place) {
    if (!pattern_->any_row(elements[element])) events_.push_back(at_[place]);
  });
  return events_;
}

bool SequenceSearch::solve(size_t length, bool all) {
  // Each element takes a row of its own.
  if (length > at_.size()) return false;
  all_ = all;
  if (all) limit(at_.size(), length, "elements");
  possible_.hold((all ? length : 2) * words_);
  std::copy_n(met(length - 1), words_, possible(length - 1));
  work_.done(words_);
  if (!any(possible(length - 1), words_)) return false;
  for (size_t i = length - 1; i-- > 0;)
    if (!(pattern_->elements()[i + 1].directly ? directly_before(i) : before_at_times(i)))
      return false;
  return true;
}

bool SequenceSearch::directly_before(size_t element) {
  const Word* const kind = met(element);
  const Word* const next = possible(element + 1);
  Word* const here = possible(element);
  Word found = 0;
  for (size_t w = 0; w < words_; ++w) {
    const Word carried = w + 1 < words_ ? next[w + 1] << 63 : 0;
    here[w] = kind[w] & (next[w] >> 1 | carried);
    found |= here[w];
  }
  work_.done(words_);
  return found != 0;
}

bool SequenceSearch::before_at_times(size_t element) {
  const Word* const kind = met(element);
  const Word* const next = possible(element + 1);
  Word* const here = possible(element);
  std::fill_n(here, words_, 0);
  for (const SequencePattern::Time& time : pattern_->times(pattern_->elements()[element + 1])) {
    if (time.least == 0 && time.most == ~uint64_t{0}) {  // all rows before the last one of `next`
      size_t w = words_ - 1;
      while (next[w] == 0) --w;
      std::copy_n(kind, w, here);
      here[w] = kind[w] & ((Word{1} << (std::bit_width(next[w]) - 1)) - 1);
      work_.done(words_);
      continue;
    }
    size_t begin = at_.size();    // of the rows that are late enough
    size_t nearest = at_.size();  // the first one of them at which the next element can stand
    each_backwards(kind, words_, [&](size_t place) {
      const size_t before = begin;
      while (begin > place + 1 && elapsed(at_[place], at_[begin - 1]) >= time.least)
        if (is_set(next, --begin)) nearest = begin;
      if (nearest < at_.size() && elapsed(at_[place], at_[nearest]) <= time.most) set(here, place);
      work_.done(1 + before - begin);
    });
    work_.done(words_);
  }
  return any(here, words_);
}

template <class Take>
size_t SequenceSearch::walk(size_t length, size_t from, Take take) {
  size_t place = next_set(possible(0), from);
  if (place == none) return none;
  take(0, place);
  for (size_t i = 1; i < length; ++i) {
    place = following(i, place);
    take(i, place);
  }
  work_.done(place - from + length);
  return place;
}

size_t SequenceSearch::following(size_t element, size_t place) {
  const SequencePattern::Element& e = pattern_->elements()[element];
  if (e.directly) return place + 1;
  size_t begin = place + 1;
  for (const SequencePattern::Time& time : pattern_->times(e)) {
    while (begin < at_.size() && elapsed(at_[place], at_[begin]) < time.least) ++begin;
    const size_t found = next_set(possible(element), begin);
    if (found != none && elapsed(at_[place], at_[found]) <= time.most) return found;
  }
  throw std::logic_error("a sequence ends where it can go on");
}

size_t SequenceSearch::next_set(const Word* bits, size_t from) const {
  size_t w = from / 64;
  if (w >= words_) return none;
  Word left = bits[w] & ~Word{0} << (from % 64);
  while (left == 0) {
    if (++w == words_) return none;
    left = bits[w];
  }
  return w * 64 + static_cast<size_t>(std::countr_zero(left));
}

size_t SequenceSearch::longest_beginning() {
  if (at_.empty()) return 0;
  all_ = false;
  possible_.hold(2 * words_);
  size_t longest = 0;
  const std::span<const SequencePattern::Element> elements = pattern_->elements();
  for (size_t i = 0; i < elements.size(); ++i) {
    const Word* const kind = met(i);
    Word* const here = possible(i);
    if (i == 0) {
      std::copy_n(kind, words_, here);
    } else if (const Word* const before = possible(i - 1); elements[i].directly) {
      for (size_t w = words_; w-- > 0;)
        here[w] = kind[w] & (before[w] << 1 | (w > 0 ? before[w - 1] >> 63 : 0));
    } else {
      after_at_times(i, before, here);
    }
    work_.done(words_);
    if (!any(here, words_)) break;
    if (!pattern_->any_row(elements[i])) longest = i + 1;
  }
  return longest;
}

void SequenceSearch::after_at_times(size_t element, const Word* before, Word* here) {
  const Word* const kind = met(element);
  std::fill_n(here, words_, 0);
  for (const SequencePattern::Time& time : pattern_->times(pattern_->elements()[element])) {
    size_t end = 0;         // of the rows that are early enough
    size_t nearest = none;  // the last one of them at which the element before can stand
    each_forwards(kind, words_, [&](size_t place) {
      const size_t old = end;
      for (; end < place && elapsed(at_[end], at_[place]) >= time.least; ++end)
        if (is_set(before, end)) nearest = end;
      if (nearest != none && elapsed(at_[nearest], at_[place]) <= time.most) set(here, place);
      work_.done(1 + end - old);
    });
  }
}

}  // namespace clientele
