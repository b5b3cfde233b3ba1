// SPDX-License-Identifier: PostgreSQL
#include "attribution/heuristics/rules.hpp"

#include <algorithm>
#include <cmath>

#include "base/counted.hpp"
#include "base/poll.hpp"

namespace clientele {
namespace {

constexpr auto bit(CreditModel model) { return uint32_t{1} << static_cast<int>(model); }
constexpr uint32_t rules = bit(CreditModel::first) | bit(CreditModel::last) |
                           bit(CreditModel::last_non_direct) | bit(CreditModel::linear) |
                           bit(CreditModel::position) | bit(CreditModel::position_decay) |
                           bit(CreditModel::time_decay) | bit(CreditModel::shapley);

/// 1 / n, rounded down.
Share nth(uint64_t n) {
  static const std::array<uint64_t, 1024> small = [] {
    std::array<uint64_t, 1024> s{};
    for (uint64_t i = 2; i < s.size(); ++i) s[i] = static_cast<uint64_t>(whole_share / i);
    return s;
  }();
  return n == 1 ? whole_share : n < small.size() ? Share{small[n]} : whole_share / n;
}

Share share_of(double part, double all) {
  return part >= all ? whole_share : static_cast<Share>(std::ldexp(part / all, 64));
}

/// What turns a sum of 2^(63 - touches after) over some touches into its share of that over all n:
/// 2^63 / (1 - 2^-n).
uint64_t halves_factor(size_t n) {
  static const std::array<uint64_t, 64> factor = [] {
    std::array<uint64_t, 64> f{};
    for (size_t i = 2; i < f.size(); ++i)
      f[i] = static_cast<uint64_t>((Share{1} << 127) / (whole_share - (Share{1} << (64 - i))));
    return f;
  }();
  return n < factor.size() ? factor[n] : uint64_t{1} << 63;
}

void write_sum(Writer& w, const FixedSum& sum) {
  const __int128 whole = sum.whole();
  w.raw(&whole, sizeof whole);
  w.varint(sum.fraction());
}

FixedSum read_sum(Reader& r) {
  __int128 whole;
  std::memcpy(&whole, r.take(sizeof whole), sizeof whole);
  const uint64_t fraction = r.varint();
  return FixedSum::of(whole, fraction);
}

}  // namespace

RuleCredits::RuleCredits(std::pmr::memory_resource* memory, const AttributionDefinition& definition,
                         std::span<const CreditModel> models)
    : present_(std::ranges::find(models, CreditModel::time_decay) != models.end()
                   ? definition.half_life
                   : 0),
      credits_([&]<size_t... i>(std::index_sequence<i...>) {
        return std::array{((void)i, std::pmr::vector<Credit>(memory))...};
      }(std::make_index_sequence<credit_models>())) {
  for (const CreditModel model : models) asked_ |= bit(model) & rules;
  counts_ = asked_ & (bit(CreditModel::linear) | bit(CreditModel::position) |
                      bit(CreditModel::time_decay) | bit(CreditModel::shapley));
  const auto [first, middle, last] = definition.weights;
  const double all = first + middle + last;
  first_of_two_ = first + last > 0 ? share_of(first, first + last) : whole_share / 2;
  first_ = share_of(first, all);
  middle_ = middle == 0 ? 0 : whole_share - std::min(whole_share, first_ + share_of(last, all));
}

bool RuleCredits::is_rule(CreditModel model) { return rules & bit(model); }

template <class ShareOf>
void RuleCredits::give_all(CreditModel model, uint32_t last, const CreditWindow& to,
                           ShareOf share) {
  Share left = whole_share;
  for (const uint32_t channel : present_.channels()) {
    if (channel == last) continue;
    const Share its = std::min<Share>(share(channel), left);
    left -= its;
    give(model, channel, its, to);
  }
  give(model, last, left, to);
}

void RuleCredits::give_position(std::span<const uint32_t> path, const CreditWindow& to) {
  const size_t n = path.size();
  const uint32_t first = path.front(), last = path.back();
  if (n == 1) return give(CreditModel::position, last, whole_share, to);
  if (n == 2) {
    give(CreditModel::position, first, first_of_two_, to);
    return give(CreditModel::position, last, whole_share - first_of_two_, to);
  }
  // What the division leaves goes to a middle touch: a channel whose weight is 0 gets exactly 0.
  const Share each = middle_ / (n - 2), rest = middle_ - each * (n - 2);
  for (const uint32_t channel : present_.channels()) {
    const uint64_t ends = (channel == first) + (channel == last);
    Share share = (present_.count(channel) - ends) * each;
    if (channel == first) share += first_;
    if (channel == path[n - 2]) share += rest;
    if (channel == last) share += whole_share - first_ - middle_;
    give(CreditModel::position, channel, share, to);
  }
}

void RuleCredits::give_position_decay(std::span<const uint32_t> path, const CreditWindow& to) {
  const size_t n = std::min<size_t>(path.size(), 64);
  const std::span<const uint32_t> end = path.last(n);
  for (size_t after = 0; after < n; ++after)
    halves_[end[n - 1 - after]] += uint64_t{1} << (63 - after);
  const uint64_t factor = halves_factor(path.size());
  const uint32_t last = path.back();
  halves_[last] = 0;
  Share left = whole_share;
  for (const uint32_t channel : end) {
    const uint64_t halves = halves_[channel];
    if (halves == 0) continue;
    halves_[channel] = 0;
    const Share its = Share{halves} * factor >> 63;
    left -= its;
    give(CreditModel::position_decay, channel, its, to);
  }
  give(CreditModel::position_decay, last, left, to);
}

void RuleCredits::give_time_decay(uint32_t last, const CreditWindow& to) {
  if (present_.channels().size() == 1) return give(CreditModel::time_decay, last, whole_share, to);
  double all = 0;
  for (const uint32_t channel : present_.channels()) all += present_.weight(channel);
  const double scale = 0x1p62 / all;
  give_all(CreditModel::time_decay, last, to, [&](uint32_t channel) {
    return Share{static_cast<uint64_t>(present_.weight(channel) * scale)} << 2;
  });
}

void RuleCredits::one(std::span<const uint32_t> path, const CreditWindow& to) {
  const uint32_t last = path.back();
  if (asks(CreditModel::first)) give(CreditModel::first, path.front(), whole_share, to);
  if (asks(CreditModel::last)) give(CreditModel::last, last, whole_share, to);
  if (asks(CreditModel::last_non_direct)) {
    const size_t i = last_not_direct_[to.end - 1];
    const bool inside = i >= to.begin && i < to.end;
    give(CreditModel::last_non_direct, inside ? path[i - to.begin] : last, whole_share, to);
  }
  if (asks(CreditModel::linear)) {
    const Share part = nth(path.size());
    give_all(CreditModel::linear, last, to,
             [&](uint32_t channel) { return present_.count(channel) * part; });
  }
  if (asks(CreditModel::position)) give_position(path, to);
  if (asks(CreditModel::position_decay)) give_position_decay(path, to);
  if (asks(CreditModel::time_decay)) give_time_decay(last, to);
  if (asks(CreditModel::shapley)) {
    const Share part = nth(present_.channels().size());
    give_all(CreditModel::shapley, last, to, [&](uint32_t) { return part; });
  }
}

void RuleCredits::add(std::span<const uint32_t> labels, std::span<const Micros> at,
                      std::span<const CreditWindow> windows, std::span<const uint8_t> direct) {
  if (asked_ == 0 || windows.empty()) return;
  for (int m = 0; m < credit_models; ++m)
    if (asked_ >> m & 1 && credits_[m].size() < direct.size()) credits_[m].resize(direct.size());
  if (asks(CreditModel::position_decay)) halves_.resize(direct.size());
  if (asks(CreditModel::last_non_direct)) {
    last_not_direct_.resize(labels.size());
    size_t before = labels.size();
    for (size_t i = 0; i < labels.size(); ++i)
      last_not_direct_[i] = before = labels[i] >= direct.size() || direct[labels[i]] ? before : i;
  }
  if (counts_) present_.start(labels, at, direct.size());
  Work work;
  for (const CreditWindow& w : windows) {
    if (w.begin == w.end) continue;
    if (counts_) {
      present_.move(w.begin, w.end);
      work.done(present_.channels().size());
    }
    work.done(8);
    one(labels.subspan(w.begin, w.end - w.begin), w);
  }
}

void RuleCredits::merge(const RuleCredits& other, std::span<const uint32_t> number,
                        size_t channels) {
  for (int m = 0; m < credit_models; ++m) {
    if (other.credits_[m].empty()) continue;
    if (credits_[m].size() < channels) credits_[m].resize(channels);
    for (size_t c = 0; c < other.credits_[m].size(); ++c) {
      credits_[m][number[c]].conversions.add(other.credits_[m][c].conversions);
      credits_[m][number[c]].value.add(other.credits_[m][c].value);
    }
  }
}

void RuleCredits::write(Writer& w, std::span<const uint32_t> order) const {
  for (int m = 0; m < credit_models; ++m) {
    if (!(asked_ >> m & 1)) continue;
    for (const uint32_t c : order) {
      const Credit none;
      const Credit& credit = c < credits_[m].size() ? credits_[m][c] : none;
      write_sum(w, credit.conversions);
      write_sum(w, credit.value);
    }
  }
}

void RuleCredits::read(Reader& r, size_t channels) {
  for (int m = 0; m < credit_models; ++m) {
    if (!(asked_ >> m & 1)) continue;
    credits_[m].resize(channels);
    for (Credit& credit : credits_[m]) {
      credit.conversions = read_sum(r);
      credit.value = read_sum(r);
      if (credit.conversions.whole() < 0 ||
          credit.conversions.whole() > static_cast<__int128>(max_counted))
        Reader::fail("impossible credits of a channel");
    }
  }
}

}  // namespace clientele
