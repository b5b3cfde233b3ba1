// SPDX-License-Identifier: PostgreSQL
#include "sequences/matching/raw.hpp"

#include <algorithm>

#include "base/sort.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;

}  // namespace

void RawSequence::differs() {
  throw Error(sqlstate::invalid_parameter,
              "pattern and number of conditions must be the same for all rows of a group");
}

void RawSequence::define(std::string_view pattern, size_t conditions) {
  if (conditions == 0)
    throw Error(sqlstate::invalid_parameter, "a sequence needs at least one condition",
                "(?1) in the pattern is a row that meets the first condition: "
                "sequence_match('(?1)(?2)', at, event = 'search', event = 'buy').");
  pattern_.assign(pattern.begin(), pattern.end());
  conditions_ = conditions;
}

void RawSequence::add(Micros at, const Conditions& conditions) {
  const size_t old = rows_.size();
  if (words() == 1) {
    uint64_t bits;
    conditions.bits(&bits);
    if (bits == 0) return;
    if (old == rows_.capacity()) rows_.reserve(old == 0 ? 8 : 2 * old);
    rows_.push_back(static_cast<uint64_t>(at));
    rows_.push_back(bits);
    return;
  }
  rows_.resize(old + stride());
  rows_[old] = static_cast<uint64_t>(at);
  conditions.bits(&rows_[old + 1]);
  const auto first = rows_.begin() + static_cast<ptrdiff_t>(old + 1);
  if (std::all_of(first, rows_.end(), [](uint64_t w) { return w == 0; })) rows_.resize(old);
}

void RawSequence::merge(const RawSequence& other) {
  if (other.conditions_ == 0) return;
  if (conditions_ == 0)
    define(other.pattern(), other.conditions_);
  else
    check(other.pattern(), other.conditions_);
  rows_.insert(rows_.end(), other.rows_.begin(), other.rows_.end());
}

void RawSequence::Sorted::load(const RawSequence& rows, const SequencePattern& pattern,
                               SequenceSearch& search) {
  const size_t stride = rows.stride(), words = rows.words();
  const size_t n = rows.rows_.size() / stride;
  const auto before = [words](const Place& a, const Place& b) {
    return a.at != b.at ? a.at < b.at : conditions_before(a.conditions, b.conditions, words);
  };
  places_.clear();
  places_.reserve(n);
  bool sorted = true;
  Work work;
  for (const uint64_t* row = rows.rows_.data(); places_.size() < n; row += stride) {
    places_.push_back({static_cast<Micros>(row[0]), row + 1});
    if (places_.size() > 1 && before(places_.back(), places_[places_.size() - 2])) sorted = false;
    work.done(stride);
  }
  if (!sorted) sort_polled(places_.begin(), places_.end(), before);
  search.start(pattern, n);
  for (const Place& place : places_) search.add(place.at, place.conditions);
}

void RawSequence::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  w.text(pattern());
  w.varint(conditions_);
  w.varint(conditions_ == 0 ? 0 : rows_.size() / stride());
  w.raw(rows_.data(), rows_.size() * sizeof(uint64_t));
}

void RawSequence::read(Reader& r) {
  r.version(version, "sequence_match");
  const std::string_view pattern = r.text();
  const uint64_t conditions = r.varint();
  const size_t n = r.count();
  if (conditions == 0) {
    if (n > 0 || !pattern.empty()) Reader::fail("rows of no sequence");
    return;
  }
  if (conditions > ~uint32_t{0}) Reader::fail("too many conditions");
  define(pattern, static_cast<size_t>(conditions));
  if (n > r.left() / sizeof(uint64_t) / stride())
    Reader::fail("a count exceeds the bytes that follow");
  const size_t bytes = n * stride() * sizeof(uint64_t);
  const uint8_t* const rows = r.take(bytes);
  rows_.resize(n * stride());
  if (bytes > 0) std::memcpy(rows_.data(), rows, bytes);
}

}  // namespace clientele
