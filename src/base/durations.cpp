// SPDX-License-Identifier: PostgreSQL
#include "base/durations.hpp"

#include <algorithm>
#include <cmath>

namespace clientele {

int64_t Durations::middle_of(size_t bucket) {
  if (bucket < size_t{2} << mantissa_bits) return static_cast<int64_t>(bucket);
  const int shift = static_cast<int>(bucket >> mantissa_bits) - 1;
  const uint64_t low = (uint64_t{1} << mantissa_bits | (bucket & ((1U << mantissa_bits) - 1)))
                       << shift;
  return static_cast<int64_t>(low + (uint64_t{1} << shift) / 2);
}

void Durations::use_buckets() {
  for (const int64_t v : exact_) count_in_bucket(v, 1);
  exact_.clear();
  exact_.shrink_to_fit();
}

void Durations::merge(const Durations& other) {
  const uint64_t total = count_ + other.count_;
  if (total <= exact_limit) {
    exact_.insert(exact_.end(), other.exact_.begin(), other.exact_.end());
  } else {
    if (count_ <= exact_limit) use_buckets();
    for (const int64_t v : other.exact_) count_in_bucket(v, 1);
    if (buckets_.size() < other.buckets_.size()) buckets_.resize(other.buckets_.size());
    for (size_t b = 0; b < other.buckets_.size(); ++b) buckets_[b] += other.buckets_[b];
  }
  count_ = total;
}

int64_t Durations::percentile(double p) const {
  const double row = p * static_cast<double>(count_ - 1);
  const auto below = std::min(static_cast<uint64_t>(row), count_ - 1);
  const double part = row - static_cast<double>(below);
  int64_t low = 0, high = 0;
  if (count_ <= exact_limit) {
    std::vector<int64_t> values(exact_.begin(), exact_.end());
    const auto nth = values.begin() + static_cast<ptrdiff_t>(below);
    std::nth_element(values.begin(), nth, values.end());
    low = high = *nth;
    if (part > 0 && below + 1 < count_) high = *std::min_element(nth + 1, values.end());
  } else {
    uint64_t up_to = 0;
    size_t b = 0;
    while ((up_to += buckets_[b]) <= below) ++b;
    low = high = middle_of(b);
    if (part > 0 && below + 1 < count_ && up_to <= below + 1) {
      do ++b;
      while (buckets_[b] == 0);
      high = middle_of(b);
    }
  }
  return low + std::llrint(static_cast<double>(high - low) * part);
}

void Durations::write(Bytes& out) const {
  Writer w(out);
  w.varint(count_);
  if (count_ <= exact_limit) {
    std::vector<int64_t> sorted(exact_.begin(), exact_.end());
    std::sort(sorted.begin(), sorted.end());
    int64_t previous = 0;
    for (const int64_t v : sorted) {
      w.varint(static_cast<uint64_t>(v - previous));
      previous = v;
    }
    return;
  }
  const auto used = std::count_if(buckets_.begin(), buckets_.end(), [](uint64_t n) { return n; });
  w.varint(static_cast<uint64_t>(used));
  size_t next = 0;
  for (size_t b = 0; b < buckets_.size(); ++b) {
    if (buckets_[b] == 0) continue;
    w.varint(b - next);
    w.varint(buckets_[b]);
    next = b + 1;
  }
}

void Durations::read(Reader& reader) {
  exact_.clear();
  buckets_.clear();
  count_ = reader.varint();
  if (count_ > uint64_t{1} << 48) Reader::fail("impossibly many durations");
  if (count_ <= exact_limit) {
    if (count_ > reader.left()) Reader::fail("more durations than bytes");
    exact_.reserve(count_);
    uint64_t v = 0;
    for (uint64_t i = 0; i < count_; ++i) {
      if (__builtin_add_overflow(v, reader.varint(), &v) || v > INT64_MAX)
        Reader::fail("a duration is out of range");
      exact_.push_back(static_cast<int64_t>(v));
    }
    return;
  }
  uint64_t left = count_;
  size_t next = 0;
  for (size_t used = reader.count(2); used > 0; --used) {
    const uint64_t skip = reader.varint();
    const uint64_t n = reader.varint();
    if (skip >= bucket_count - next || n == 0 || n > left)
      Reader::fail("impossible buckets of durations");
    next += skip;
    buckets_.resize(next + 1);
    buckets_[next++] = n;
    left -= n;
  }
  if (left != 0) Reader::fail("buckets of durations do not add up");
}

}  // namespace clientele
