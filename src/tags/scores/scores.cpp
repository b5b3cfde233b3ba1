// SPDX-License-Identifier: PostgreSQL
#include "tags/scores/scores.hpp"

#include <algorithm>
#include <bit>

#include "base/decimal.hpp"
#include "tags/audience/sort_ids.hpp"

namespace clientele::tags {
namespace {

constexpr Millionths powers[] = {1, 10, 100, 1000, 10'000, 100'000, 1'000'000};
constexpr size_t window = 4096, batch = 16384;

int64_t floor_divide(int64_t a, int64_t b) { return a / b - (a % b < 0); }

// `out` has room for both; for the same customer, those of `a` come first.
void merge_by_customer(std::span<const Score> a, std::span<const Score> b, std::span<Score> out) {
  size_t i = 0, j = 0;
  each_polled(out, [&](Score& to) {
    const bool left = j == b.size() || (i < a.size() && a[i].customer <= b[j].customer);
    to = left ? a[i++] : b[j++];
  });
}

// The first number for which `holds`, which then holds for all above it.
template <class Holds>
Cut first_where(Holds holds) {
  Millionths low = -scores_end, high = scores_end;
  while (low < high) {
    const Millionths middle = low + (high - low) / 2;
    if (holds(amount_as_double(middle)))
      high = middle;
    else
      low = middle + 1;
  }
  return {low};
}

}  // namespace

Cut Cut::less(double bound) {
  return first_where([bound](double number) { return number >= bound; });
}
Cut Cut::at_most(double bound) {
  return first_where([bound](double number) { return number > bound; });
}

void Scores::require_size(uint64_t customers) {
  if (customers > max_customers)
    throw Error(sqlstate::limit_exceeded,
                "a tag_scores can have the scores of at most 67108864 customers",
                "Divide the customers among several values.");
}

Millionths Scores::unit() const { return powers[6 - decimals_]; }

Scores Scores::of(std::span<const Score> ascending, int decimals, int64_t least) {
  Scores result;
  result.decimals_ = decimals;
  result.least_ = least;
  const Millionths unit = result.unit();
  std::vector<uint64_t> ids;
  std::array<std::vector<uint64_t>, max_slices> of_bit;
  for (size_t from = 0; from < ascending.size(); from += batch) {
    poll();
    ids.clear();
    for (std::vector<uint64_t>& some : of_bit) some.clear();
    for (const Score& s : ascending.subspan(from, std::min(batch, ascending.size() - from))) {
      ids.push_back(s.customer);
      for (auto left = static_cast<uint64_t>(s.score / unit - least); left != 0; left &= left - 1)
        of_bit[std::countr_zero(left)].push_back(s.customer);
    }
    result.all_.add(ids);
    for (size_t bit = 0; bit < of_bit.size(); ++bit) {
      if (of_bit[bit].empty()) continue;
      if (result.slices_.size() <= bit) result.slices_.resize(bit + 1);
      result.slices_[bit].add(of_bit[bit]);
    }
  }
  return result;
}

Scores Scores::of(std::span<const Score> ascending) {
  if (ascending.empty()) return {};
  require_size(ascending.size());
  int decimals = 0;
  Millionths least = ascending[0].score;
  each_polled(ascending, [&](const Score& s) {
    while (s.score % powers[6 - decimals] != 0) ++decimals;
    least = std::min(least, s.score);
  });
  return of(ascending, decimals, least / powers[6 - decimals]);
}

// O'Neil and Quass (1997), algorithm 4.2: from the highest bit on, the customers still equal to the
// bound, and those already below it.
Audience Scores::below(Cut cut) const {
  // In units, rounded up; k units are below the cut if k is below that.
  const int64_t bound = -floor_divide(-cut.at, unit());
  if (bound <= least_) return {};
  const uint64_t offset = static_cast<uint64_t>(bound) - static_cast<uint64_t>(least_);
  if (offset >> slices_.size() != 0) return all_;
  Audience equal = all_, less;
  for (size_t bit = slices_.size(); bit-- > 0;) {
    if ((offset >> bit & 1) != 0) {
      less |= equal - slices_[bit];
      equal &= slices_[bit];
    } else {
      equal -= slices_[bit];
    }
  }
  return less;
}

std::optional<Millionths> Scores::of_customer(uint64_t id) const {
  if (!all_.contains(id)) return {};
  uint64_t offset = 0;
  for (size_t bit = 0; bit < slices_.size(); ++bit)
    offset |= uint64_t{slices_[bit].contains(id)} << bit;
  return (least_ + static_cast<int64_t>(offset)) * unit();
}

std::optional<ScoreSummary> Scores::summary(const Audience& among) const {
  const Audience some = all_ & among;
  const uint64_t n = some.size();
  if (n == 0) return {};
  ScoreSummary result{};
  result.customers = n;
  const auto number = [&](uint64_t offset) {
    return (least_ + static_cast<int64_t>(offset)) * unit();
  };
  __int128 sum = static_cast<__int128>(least_) * static_cast<__int128>(n);
  for (size_t bit = 0; bit < slices_.size(); ++bit)
    sum += static_cast<__int128>(Audience::and_size(some, slices_[bit])) << bit;
  result.sum = sum * unit();
  // The score at a place of all scores in order.
  const auto at = [&](uint64_t place) {
    Audience left = some;
    uint64_t offset = 0;
    for (size_t bit = slices_.size(); bit-- > 0;) {
      const uint64_t without = Audience::without_size(left, slices_[bit]);
      if (place < without) {
        left -= slices_[bit];
      } else {
        place -= without;
        left &= slices_[bit];
        offset |= uint64_t{1} << bit;
      }
    }
    return number(offset);
  };
  result.least = at(0);
  result.greatest = at(n - 1);
  result.lower_median = at((n - 1) / 2);
  result.upper_median = n % 2 == 0 ? at(n / 2) : result.lower_median;
  return result;
}

size_t Scores::scores(uint64_t from, std::span<Score> out) const {
  std::vector<uint64_t> ids(out.size()), with(out.size());
  const size_t n = all_.ids(from, ids);
  if (n == 0) return 0;
  std::vector<uint64_t> offsets(n);
  for (size_t bit = 0; bit < slices_.size(); ++bit) {
    // No more than all of these have the bit.
    const size_t most = slices_[bit].ids(ids[0], std::span(with).first(n));
    for (size_t i = 0, k = 0; k < most && i < n; ++i) {
      const bool set = ids[i] == with[k];
      offsets[i] |= uint64_t{set} << bit;
      k += set;
    }
  }
  for (size_t i = 0; i < n; ++i)
    out[i] = {ids[i], (least_ + static_cast<int64_t>(offsets[i])) * unit()};
  return n;
}

std::vector<Score> Scores::scores() const {
  const size_t all = size();
  require_size(all);
  std::vector<Score> result;
  result.reserve(all);
  for (size_t at = 0; at < all;) {
    poll();
    const size_t n = std::min(window, all - at);
    result.resize(at + n);
    at += scores(at == 0 ? 0 : result[at - 1].customer + 1, std::span(result).subspan(at, n));
  }
  return result;
}

// Whether they are in their only form.
bool Scores::settled() const {
  if (all_.empty()) return slices_.empty() && decimals_ == 0 && least_ == 0;
  if (!slices_.empty() && slices_.back().empty()) return false;
  Audience with_least = all_;
  for (const Audience& slice : slices_) with_least -= slice;
  if (with_least.empty()) return false;
  if (decimals_ == 0) return true;
  std::vector<Score> some(window);
  for (uint64_t from = 0;;) {
    poll();
    some.resize(scores(from, some));
    if (some.empty()) return false;
    for (const Score& s : some)
      if (s.score % (10 * unit()) != 0) return true;
    from = some.back().customer + 1;
  }
}

void Scores::settle() {
  if (!settled()) *this = of(scores());
}

Scores& Scores::operator&=(const Audience& kept) { return *this -= all_ - kept; }

Scores& Scores::operator-=(const Audience& dropped) {
  all_ -= dropped;
  for (Audience& slice : slices_) slice -= dropped;
  settle();
  return *this;
}

Scores& Scores::operator|=(const Scores& other) {
  if (other.empty()) return *this;
  all_ -= other.all_;
  for (Audience& slice : slices_) slice -= other.all_;
  std::vector<Score> more = other.scores();
  require_size(size() + more.size());
  bool fits = !all_.empty();
  each_polled(more, [&](const Score& s) {
    fits = fits && s.score % unit() == 0 && s.score / unit() >= least_;
  });
  if (fits) {
    const Scores same = of(more, decimals_, least_);
    all_ |= same.all_;
    slices_.resize(std::max(slices_.size(), same.slices_.size()));
    for (size_t bit = 0; bit < same.slices_.size(); ++bit) slices_[bit] |= same.slices_[bit];
    settle();
    return *this;
  }
  const std::vector<Score> old = scores();
  std::vector<Score> both(old.size() + more.size());
  merge_by_customer(old, more, both);
  return *this = of(both);
}

void settle_scores(std::pmr::vector<Score>& scores, size_t sorted) {
  sort_by_id(scores, sorted, [](const Score& s) { return s.customer; });
  if (sorted != 0) {
    std::pmr::vector<Score> both(scores.size(), scores.get_allocator());
    const std::span<const Score> all(scores);
    merge_by_customer(all.first(sorted), all.subspan(sorted), both);
    scores.swap(both);
  }
  for (size_t i = 1; i < scores.size(); ++i) {
    if (i % 65536 == 0) poll();
    if (scores[i].customer != scores[i - 1].customer || scores[i].score == scores[i - 1].score)
      continue;
    std::string two;
    append_amount(two, std::min(scores[i - 1].score, scores[i].score));
    two += " and ";
    append_amount(two, std::max(scores[i - 1].score, scores[i].score));
    throw Error(
        "21000",
        "customer " + std::to_string(scores[i].customer) + " has more than one score: " + two,
        "Take one score of each customer, as by max() with GROUP BY.");
  }
  drop_repeated(scores, [](const Score& a, const Score& b) { return a.customer == b.customer; });
  Scores::require_size(scores.size());
}

}  // namespace clientele::tags
