// SPDX-License-Identifier: PostgreSQL
#include "base/exact_sum.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace clientele {
namespace {

constexpr int64_t radix = int64_t{1} << 32;
// A limb takes less than 2^34 from one addition.
constexpr uint32_t most_pending = uint32_t{1} << 28;

/// |v| = mantissa x 2^exponent
struct Parts {
  uint64_t mantissa;
  int exponent;
};

Parts parts(double v) {
  const auto bits = std::bit_cast<uint64_t>(v);
  const auto field = static_cast<int>(bits >> 52 & 0x7ff);
  const uint64_t fraction = bits & ((uint64_t{1} << 52) - 1);
  if (field == 0) return {fraction, -1074};
  return {fraction | uint64_t{1} << 52, field - 1075};
}

}  // namespace

int64_t& ExactSum::limb(int place) {
  if (limbs_.empty()) first_ = place;
  if (place < first_) {
    limbs_.insert(limbs_.begin(), static_cast<size_t>(first_ - place), 0);
    first_ = place;
  }
  const auto at = static_cast<size_t>(place - first_);
  if (at >= limbs_.size()) limbs_.resize(at + 1);
  return limbs_[at];
}

void ExactSum::add_product(double a, double b) {
  const auto [m, e] = parts(a);
  const auto [n, f] = parts(b);
  auto product = static_cast<unsigned __int128>(m) * n;
  if (product == 0) return;
  if (++pending_ == most_pending) settle();
  // A number has an exponent of at least -1074, so a product is a whole number of units.
  const int bit = e + f - unit;
  const int shift = bit % 32;
  const int64_t sign = std::signbit(a) != std::signbit(b) ? -1 : 1;
  for (int place = bit / 32; product != 0; ++place, product >>= 32) {
    const uint64_t part = static_cast<uint64_t>(static_cast<uint32_t>(product)) << shift;
    limb(place + 1) += sign * static_cast<int64_t>(part >> 32);
    limb(place) += sign * static_cast<int64_t>(part & 0xffffffff);
  }
}

void ExactSum::merge(const ExactSum& other) {
  if (other.limbs_.empty()) return;
  settle();
  other.settle();
  pending_ += 2;
  limb(other.first_ + static_cast<int>(other.limbs_.size()) - 1);
  for (size_t i = 0; i < other.limbs_.size(); ++i)
    limb(other.first_ + static_cast<int>(i)) += other.limbs_[i];
}

/// Leaves limbs of one sign, each below 2^32 in size, the outer ones not 0.
void ExactSum::settle() const {
  const auto carry_over = [&] {
    int64_t carry = 0;
    for (int64_t& l : limbs_) {
      l += carry;
      carry = l >> 32;
      l -= carry * radix;
    }
    return carry;
  };
  int64_t carry = carry_over();
  const bool negative = carry < 0;
  if (carry != 0) limbs_.push_back(carry);
  if (negative) {
    for (int64_t& l : limbs_) l = -l;
    while ((carry = carry_over()) != 0) limbs_.push_back(carry);
  }
  for (; carry >= radix; carry >>= 32) {
    limbs_.back() = carry & (radix - 1);
    limbs_.push_back(carry >> 32);
  }
  while (!limbs_.empty() && limbs_.back() == 0) limbs_.pop_back();
  size_t zeros = 0;
  while (zeros < limbs_.size() && limbs_[zeros] == 0) ++zeros;
  limbs_.erase(limbs_.begin(), limbs_.begin() + static_cast<ptrdiff_t>(zeros));
  first_ = limbs_.empty() ? 0 : first_ + static_cast<int>(zeros);
  if (negative)
    for (int64_t& l : limbs_) l = -l;
  pending_ = 0;
}

ExactSum::Digits ExactSum::digits() const {
  settle();
  Digits d;
  d.negative = !limbs_.empty() && limbs_.back() < 0;
  d.first = first_;
  for (const int64_t l : limbs_) d.limbs.push_back(static_cast<uint32_t>(std::abs(l)));
  return d;
}

double ExactSum::value() const {
  const Digits d = digits();
  const size_t n = d.limbs.size();
  if (n == 0) return 0;
  // The first 64 bits, the last of which is also set if any after it is: enough to round once.
  const int top = std::countl_zero(d.limbs[n - 1]);
  unsigned __int128 bits = 0;
  for (size_t i = 1; i <= 3; ++i) bits = bits << 32 | (i <= n ? d.limbs[n - i] : 0);
  const auto head = static_cast<uint64_t>(bits >> (32 - top));
  bool more = (bits & ((uint64_t{1} << (32 - top)) - 1)) != 0;
  for (size_t i = 0; i + 3 < n && !more; ++i) more = d.limbs[i] != 0;
  // Through 53 bits by hand, as ldexp would round once more for what is denormal.
  const int exponent = 32 * (d.first + static_cast<int>(n)) - top - 64 + unit;
  const int dropped = std::max(11, -1074 - exponent);
  if (dropped > 64) return 0;
  uint64_t kept = dropped == 64 ? 0 : head >> dropped;
  const uint64_t rest = dropped == 64 ? head : head & ((uint64_t{1} << dropped) - 1);
  const uint64_t half = uint64_t{1} << (dropped - 1);
  if (rest > half || (rest == half && (more || (kept & 1) != 0))) ++kept;
  const double size = std::ldexp(static_cast<double>(kept), exponent + dropped);
  return d.negative ? -size + 0.0 : size;
}

void ExactSum::write(Writer& w) const {
  const Digits d = digits();
  w.varint(d.limbs.size());
  if (d.limbs.empty()) return;
  w.u8(d.negative);
  w.varint(static_cast<uint64_t>(d.first));
  w.raw(d.limbs.data(), d.limbs.size() * sizeof(uint32_t));
}

void ExactSum::read(Reader& r) {
  const uint64_t n = r.varint();
  if (n == 0) return;
  const uint8_t negative = r.u8();
  const uint64_t first = r.varint();
  if (n > most_limbs || first > most_limbs || first + n > most_limbs || negative > 1)
    Reader::fail("impossible sum");
  std::vector<uint32_t> limbs(n);
  std::memcpy(limbs.data(), r.take(n * sizeof(uint32_t)), n * sizeof(uint32_t));
  if (limbs.front() == 0 || limbs.back() == 0) Reader::fail("impossible sum");
  first_ = static_cast<int>(first);
  for (const uint32_t l : limbs)
    limbs_.push_back(negative == 1 ? -static_cast<int64_t>(l) : static_cast<int64_t>(l));
}

}  // namespace clientele
