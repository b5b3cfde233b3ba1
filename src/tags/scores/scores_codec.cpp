// SPDX-License-Identifier: PostgreSQL
#include <cstring>

#include "tags/scores/scores.hpp"

namespace clientele::tags {
namespace {

constexpr uint8_t version = 1;

template <class T>
T number(Reader& r) {
  T v;
  std::memcpy(&v, r.take(sizeof v), sizeof v);
  return v;
}

Audience read_part(Reader& r) {
  const auto size = number<uint64_t>(r);
  if (size > r.left()) Reader::fail("a count exceeds the bytes that follow");
  return Audience::read({r.take(size), static_cast<size_t>(size)});
}

}  // namespace

// Version, 8 bytes: how many customers; decimals, 8 bytes: the least; how many slices; then the
// customers that have a score and the slices as audiences, 8 bytes before each: its size.
size_t Scores::written_size() const {
  size_t n = head_bytes + 1 + 8 + 1 + 8 + all_.written_size();
  for (const Audience& slice : slices_) n += 8 + slice.written_size();
  return n;
}

void Scores::write_to(uint8_t* bytes) const {
  const auto put = [&bytes](auto v) {
    std::memcpy(bytes, &v, sizeof v);
    bytes += sizeof v;
  };
  const auto put_part = [&](const Audience& a) {
    const uint64_t n = a.written_size();
    put(n);
    a.write_to(bytes);
    bytes += n;
  };
  put(version);
  put(size());
  put(static_cast<uint8_t>(decimals_));
  put(least_);
  put(static_cast<uint8_t>(slices_.size()));
  put_part(all_);
  for (const Audience& slice : slices_) put_part(slice);
}

uint64_t Scores::size_in_head(std::span<const uint8_t> head) {
  Reader r(head);
  if (const uint8_t v = r.u8(); v != version)
    throw Error(sqlstate::corrupted,
                "tag_scores format version " + std::to_string(v) + " is not known to this release");
  const auto n = number<uint64_t>(r);
  if (n > largest_id) Reader::fail("impossible number of customers");
  return n;
}

Scores Scores::read(std::span<const uint8_t> bytes) {
  const uint64_t size = size_in_head(bytes.first(std::min(bytes.size(), head_bytes)));
  Reader r(bytes.subspan(head_bytes));
  Scores result;
  result.decimals_ = r.u8();
  if (result.decimals_ > 6) Reader::fail("too many decimals");
  result.least_ = number<int64_t>(r);
  const int64_t end = scores_end / result.unit();
  if (result.least_ <= -end || result.least_ >= end) Reader::fail("an impossible score");
  const uint8_t slices = r.u8();
  if (slices > max_slices) Reader::fail("too many slices");
  result.all_ = read_part(r);
  if (result.all_.size() != size) Reader::fail("the number of customers is not that of the head");
  require_size(size);
  Audience with_least = result.all_, with_greatest = result.all_;
  for (uint8_t bit = 0; bit < slices; ++bit) {
    result.slices_.push_back(read_part(r));
    if (!result.all_.includes(result.slices_.back())) Reader::fail("a customer without a score");
    with_least -= result.slices_.back();
  }
  if (!r.done()) Reader::fail("bytes are left over");
  if (slices > 0 && result.slices_.back().empty()) Reader::fail("a slice is empty");
  if (result.all_.empty() ? result.decimals_ != 0 || result.least_ != 0 : with_least.empty())
    Reader::fail("no customer has the least score");
  uint64_t greatest = 0;
  for (size_t bit = slices; bit-- > 0;) {
    if (!with_greatest.overlaps(result.slices_[bit])) continue;
    with_greatest &= result.slices_[bit];
    greatest |= uint64_t{1} << bit;
  }
  if (result.least_ + static_cast<int64_t>(greatest) >= end) Reader::fail("an impossible score");
  return result;
}

}  // namespace clientele::tags
