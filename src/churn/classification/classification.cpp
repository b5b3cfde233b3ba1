// SPDX-License-Identifier: PostgreSQL
#include "churn/classification/classification.hpp"

#include <array>

#include "base/error.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;
constexpr uint64_t half = std::bit_cast<uint64_t>(0.5);
constexpr uint64_t one = std::bit_cast<uint64_t>(1.0);

/// Exact, as 1 - p is for p >= 1/2.
uint64_t complement(uint64_t key) {
  return std::bit_cast<uint64_t>(1.0 - std::bit_cast<double>(key));
}

uint64_t rounded(uint64_t key, int digits) {
  const uint64_t kept = ~uint64_t{0} << (Classification::all_digits - digits);
  return key <= half ? key & kept : complement(complement(key) & kept);
}

/// The largest number of digits at which these two become equal; negative if they never do.
int digits_in_common(uint64_t a, uint64_t b) {
  if ((a <= half) != (b <= half)) return -1;
  const uint64_t difference = a <= half ? a ^ b : complement(a) ^ complement(b);
  return Classification::all_digits - std::bit_width(difference);
}

void check_probability(double value, const char* name) {
  if (!(value >= 0 && value <= 1))
    throw Error(sqlstate::invalid_parameter, std::string(name) + " must be between 0 and 1",
                "Divide a percentage by 100; a score on the log-odds scale becomes a probability "
                "by 1 / (1 + exp(-score)).");
}

}  // namespace

void Classification::add(double probability, bool outcome) {
  check_probability(probability, "a predicted probability");
  const uint64_t key = rounded(std::bit_cast<uint64_t>(probability + 0.0), digits_);  // one zero
  if (runs_.add(key << 1 | static_cast<uint64_t>(outcome))) fit_in();
}

double Classification::threshold(double value) const {
  check_probability(value, "a threshold");
  return std::bit_cast<double>(rounded(std::bit_cast<uint64_t>(value + 0.0), digits()));
}

void Classification::round_to(int digits) const {
  digits_ = digits;
  runs_.coarsen([&](PredictionRun& run) { run.key = rounded(run.key, digits); });
}

/// Drops digits of the keys until there are at most as many runs as the limit.
void Classification::fit_in() const {
  const std::span<const PredictionRun> all = runs_.groups();
  if (all.size() <= limit_) return;
  std::array<size_t, all_digits> merging{};  // neighbours that become one, by digits
  for (size_t i = 1; i < all.size(); ++i) {
    if (i % 65536 == 0) poll();
    if (const int d = digits_in_common(all[i - 1].key, all[i].key); d >= 0) ++merging[d];
  }
  size_t left = all.size();
  int digits = digits_;
  while (left > limit_ && digits > 0) left -= merging[--digits];
  round_to(digits);
}

void Classification::merge(const Classification& other) {
  other.fit_in();
  fit_in();
  if (other.digits_ < digits_) round_to(other.digits_);
  runs_.merge(other.runs_, [&](PredictionRun& run) { run.key = rounded(run.key, digits_); });
  fit_in();
}

void Classification::write(Bytes& out) const {
  const std::span<const PredictionRun> all = runs();
  Writer w(out);
  w.u8(version);
  w.u8(static_cast<uint8_t>(digits_));
  w.varint(all.size());
  uint64_t before = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    if (i % 65536 == 0) poll();
    w.varint(all[i].key - before);
    w.varint(all[i].positives);
    w.varint(all[i].negatives);
    before = all[i].key;
  }
}

void Classification::read(Reader& r) {
  if (const uint8_t v = r.u8(); v != version)
    throw Error(sqlstate::corrupted, "classification_summary format version " + std::to_string(v) +
                                         " is not known to this release");
  const int digits = r.u8();
  const size_t n = r.count(3);
  if (digits > all_digits || n == 0 || n > limit_) Reader::fail("it is not a classification");
  // Another digit would leave more than the limit.
  if (digits < all_digits && n <= limit_ / 2) Reader::fail("probabilities are rounded in vain");
  uint64_t total = 0, key = 0;
  for (size_t i = 0; i < n; ++i) {
    if (i % 65536 == 0) poll();
    const uint64_t step = r.varint();
    if ((i > 0 && step == 0) || step > one - key) Reader::fail("probabilities are not in order");
    key += step;
    const uint64_t positives = r.varint(), negatives = r.varint();
    if (positives > max_counted || negatives > max_counted || positives + negatives == 0 ||
        (total += positives + negatives) > max_counted)
      Reader::fail("impossible counts of outcomes");
    if (rounded(key, digits) != key) Reader::fail("a probability has too many digits");
    runs_.append({key, positives, negatives});
  }
  if (digits < all_digits && total <= limit_) Reader::fail("probabilities are rounded in vain");
  digits_ = digits;
}

}  // namespace clientele
