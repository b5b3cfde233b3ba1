// SPDX-License-Identifier: PostgreSQL
#include "churn/classification/classification.hpp"

#include <array>

#include "base/error.hpp"
#include "base/sort.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;
constexpr uint64_t max_counted = uint64_t{1} << 48;
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

/// The most digits at which these two are one; negative if they never are.
int digits_in_common(uint64_t a, uint64_t b) {
  if ((a <= half) != (b <= half)) return -1;
  const uint64_t difference = a <= half ? a ^ b : complement(a) ^ complement(b);
  return Classification::all_digits - std::bit_width(difference);
}

void append(std::pmr::vector<PredictionRun>& out, const PredictionRun& run) {
  if (!out.empty() && out.back().key == run.key) {
    out.back().positives += run.positives;
    out.back().negatives += run.negatives;
  } else {
    out.push_back(run);
  }
}

/// Two ascending lists as one, with keys of so many digits.
template <class Left, class Right, class Out>
void merge_runs(const Left& left, const Right& right, int digits, Out& out) {
  size_t l = 0, r = 0, steps = 0;
  while (l < left.size() || r < right.size()) {
    if (++steps % 65536 == 0) poll();
    const bool from_left = r == right.size() || (l < left.size() && left[l].key <= right[r].key);
    PredictionRun run = from_left ? left[l++] : right[r++];
    run.key = rounded(run.key, digits);
    append(out, run);
  }
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
  const auto key = std::bit_cast<uint64_t>(probability + 0.0);  // one zero
  fresh_.push_back(key << 1 | static_cast<uint64_t>(outcome));
  if (fresh_.size() >= 65536 && fresh_.size() >= runs_.size() / 2) settle();
}

double Classification::threshold(double value) const {
  check_probability(value, "a threshold");
  return std::bit_cast<double>(rounded(std::bit_cast<uint64_t>(value + 0.0), digits()));
}

/// Makes `all`, which has keys of so many digits, the runs; with fewer digits if need be.
void Classification::take(std::pmr::vector<PredictionRun>& all, int digits) const {
  if (all.size() > limit_) {
    std::array<size_t, all_digits> merging{};  // neighbours that become one, by digits
    for (size_t i = 1; i < all.size(); ++i) {
      if (i % 65536 == 0) poll();
      if (const int d = digits_in_common(all[i - 1].key, all[i].key); d >= 0) ++merging[d];
    }
    size_t left = all.size();
    while (left > limit_ && digits > 0) left -= merging[--digits];
    size_t kept = 0;
    for (size_t i = 0; i < all.size(); ++i) {
      PredictionRun run = all[i];
      run.key = rounded(run.key, digits);
      if (kept > 0 && all[kept - 1].key == run.key) {
        all[kept - 1].positives += run.positives;
        all[kept - 1].negatives += run.negatives;
      } else {
        all[kept++] = run;
      }
    }
    all.resize(kept);
    all.shrink_to_fit();
  }
  runs_.swap(all);
  digits_ = digits;
}

void Classification::settle() const {
  if (fresh_.empty()) return;
  sort_polled(fresh_.begin(), fresh_.end());
  std::pmr::vector<PredictionRun> counted(fresh_.get_allocator()), all(fresh_.get_allocator());
  for (size_t i = 0; i < fresh_.size(); ++i) {
    if (i % 65536 == 0) poll();
    const uint64_t outcome = fresh_[i] & 1;
    append(counted, {rounded(fresh_[i] >> 1, digits_), outcome, 1 - outcome});
  }
  if (!runs_.empty()) {
    merge_runs(runs_, counted, digits_, all);
    counted.swap(all);
  }
  take(counted, digits_);
  fresh_.clear();
  fresh_.shrink_to_fit();
}

void Classification::merge(const Classification& other) {
  const std::span<const PredictionRun> right = other.runs();
  if (right.empty()) return;
  settle();
  const int digits = std::min(digits_, other.digits_);
  std::pmr::vector<PredictionRun> all(runs_.get_allocator());
  merge_runs(runs_, right, digits, all);
  take(all, digits);
}

void Classification::write(Bytes& out) const {
  settle();
  Writer w(out);
  w.u8(version);
  w.u8(static_cast<uint8_t>(digits_));
  w.varint(runs_.size());
  uint64_t before = 0;
  for (size_t i = 0; i < runs_.size(); ++i) {
    if (i % 65536 == 0) poll();
    w.varint(runs_[i].key - before);
    w.varint(runs_[i].positives);
    w.varint(runs_[i].negatives);
    before = runs_[i].key;
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
    runs_.push_back({key, positives, negatives});
  }
  if (digits < all_digits && total <= limit_) Reader::fail("probabilities are rounded in vain");
  digits_ = digits;
}

}  // namespace clientele
