// SPDX-License-Identifier: PostgreSQL
#include "churn/uplift/quality.hpp"

#include <algorithm>
#include <cmath>

#include "base/poll.hpp"
#include "base/random.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;
constexpr double largest = 1e100;
constexpr uint64_t most_sampled = uint64_t{1} << 26;

using Group = UpliftQuality::Group;
using Groups = std::span<const Group>;
/// How often each group counts; empty: as often as it has customers.
using Counts = std::span<const uint32_t>;

double as_double(uint64_t n) { return static_cast<double>(n); }

double checked(double v, const char* name) {
  if (std::abs(v) <= largest) return v + 0.0;  // one zero
  throw Error(sqlstate::invalid_parameter, std::string(name) + " must be a finite number" +
                                               (std::isnan(v)   ? ", not NaN"
                                                : std::isinf(v) ? ", not infinity"
                                                                : " of at most 1e100 in size"));
}

/// As Neumaier (1974) sums.
struct Sum {
  double sum = 0, lost = 0;
  void add(double v) {
    const double t = sum + v;
    lost += std::abs(sum) >= std::abs(v) ? (sum - t) + v : (v - t) + sum;
    sum = t;
  }
  double value() const { return sum + lost; }
};

/// Of the groups so far.
struct Running {
  uint64_t n[2] = {0, 0};
  Sum total[2];

  void add(const Group& group, uint64_t times) {
    n[group.row.treated] += times;
    if (group.row.outcome != 0) total[group.row.treated].add(as_double(times) * group.row.outcome);
  }
  uint64_t all() const { return n[0] + n[1]; }
  double mean(int g) const { return n[g] == 0 ? 0 : total[g].value() / as_double(n[g]); }
  double uplift() const { return (mean(1) - mean(0)) * as_double(all()); }
  double qini() const {
    return total[1].value() -
           (n[0] == 0 ? 0 : total[0].value() * as_double(n[1]) / as_double(n[0]));
  }
};

/// Calls use(running) after the groups of each different score, from the highest on.
template <class Use>
Running each_score(Groups groups, Counts counts, Use use) {
  Running running;
  for (size_t i = groups.size(); i > 0;) {
    const double score = groups[i - 1].row.score;
    const uint64_t before = running.all();
    for (; i > 0 && groups[i - 1].row.score == score; --i) {
      if (i % 65536 == 0) poll();
      running.add(groups[i - 1], counts.empty() ? groups[i - 1].customers : counts[i - 1]);
    }
    if (running.all() > before) use(running);
  }
  return running;
}

UpliftAreas areas(Groups groups, Counts counts) {
  Sum uplift, qini;
  uint64_t x = 0;
  double u = 0, q = 0;
  const Running all = each_score(groups, counts, [&](const Running& r) {
    const double width = as_double(r.all() - x), here_u = r.uplift(), here_q = r.qini();
    uplift.add(width * (u + here_u) / 2);
    qini.add(width * (q + here_q) / 2);
    x = r.all();
    u = here_u;
    q = here_q;
  });
  UpliftAreas a{};
  const double n = as_double(all.all());
  a.effect = all.mean(1) - all.mean(0);
  a.uplift_area = uplift.value();
  a.qini_area = qini.value();
  a.auuc = a.uplift_area / n / n;
  a.auuc_gain = a.auuc - a.effect / 2;
  a.qini = (a.qini_area / n - q / 2) / as_double(all.n[1]);
  return a;
}

uint64_t place_of(double share, uint64_t customers) {
  const double place = std::ceil(share * as_double(customers) - 1e-9);
  return std::clamp<uint64_t>(place < 1 ? 1 : static_cast<uint64_t>(place), 1, customers);
}

UpliftTop top(Groups groups, Counts counts, uint64_t customers, double share) {
  const uint64_t place = place_of(share, customers);
  std::optional<Running> found;
  each_score(groups, counts, [&](const Running& r) {
    if (!found && r.all() >= place) found = r;
  });
  UpliftTop t;
  if (!found) return t;
  t.customers = {found->n[1], found->n[0]};
  if (found->n[0] > 0 && found->n[1] > 0) t.uplift = found->mean(1) - found->mean(0);
  return t;
}

/// Samples of both groups; calls use(counts) for each.
template <class Use>
void sampled(Groups groups, int samples, uint64_t seed, Use use) {
  // The group of each customer.
  std::vector<uint32_t> members[2];
  uint64_t all = 0;
  for (const Group& g : groups) all += g.customers;
  if (all > most_sampled)
    throw Error(
        sqlstate::limit_exceeded,
        "intervals by samples are for at most 67108864 customers, not " + std::to_string(all),
        "Set samples to 0, or judge a part of the customers.");
  for (size_t i = 0; i < groups.size(); ++i) {
    if (i % 65536 == 0) poll();
    std::vector<uint32_t>& to = members[groups[i].row.treated];
    to.insert(to.end(), groups[i].customers, static_cast<uint32_t>(i));
  }
  std::vector<uint32_t> counts(groups.size());
  for (int s = 0; s < samples; ++s) {
    std::ranges::fill(counts, 0);
    for (uint64_t arm = 0; arm < 2; ++arm) {
      SplitMix64 random(split_mix(seed ^ split_mix(2 * static_cast<uint64_t>(s) + arm)));
      const size_t n = members[arm].size();
      for (size_t i = 0; i < n; ++i) {
        if (i % 65536 == 0) poll();
        ++counts[members[arm][random.below(n)]];
      }
    }
    use(Counts(counts));
  }
}

/// The quantile as R's type 7 and NumPy's default have it.
double quantile(std::vector<double>& values, double q) {
  const double at = q * as_double(values.size() - 1);
  const auto below = static_cast<size_t>(at);
  if (below + 1 >= values.size()) return values.back();
  return values[below] + (at - std::floor(at)) * (values[below + 1] - values[below]);
}

UpliftInterval interval(std::vector<double>& values) {
  std::ranges::sort(values);
  return {quantile(values, 0.025), quantile(values, 0.975)};
}

bool binary(Groups groups) {
  return std::ranges::all_of(
      groups, [](const Group& g) { return g.row.outcome == 0 || g.row.outcome == 1; });
}

/// The variance of the mean, 0 for a single customer.
double variance(Groups groups, uint64_t arm, uint64_t n, double mean) {
  if (n < 2) return 0;
  Sum sum;
  for (const Group& g : groups) {
    if (g.row.treated != arm) continue;
    const double d = g.row.outcome - mean;
    sum.add(as_double(g.customers) * d * d);
  }
  return sum.value() / as_double(n - 1) / as_double(n);
}

std::optional<UpliftInterval> difference_interval(Groups groups, const Running& r, bool shares) {
  const uint64_t m = r.n[1], n = r.n[0];
  if (m == 0 || n == 0) return {};
  if (shares) {
    const auto count = [&](int g) { return static_cast<uint64_t>(r.total[g].value()); };
    const Difference d = newcombe(count(1), m, count(0), n);
    return UpliftInterval{d.low, d.high};
  }
  if (m < 2 || n < 2) return {};
  const double a = r.mean(1), b = r.mean(0);
  const WelchTest w = welch(a - b, variance(groups, 1, m, a), m, variance(groups, 0, n, b), n);
  return UpliftInterval{w.difference.low, w.difference.high};
}

}  // namespace

void UpliftQuality::add(double score, bool treated, double outcome) {
  if (rows_.add({checked(score, "the score"), checked(outcome, "the outcome"), treated}))
    check_limit();
}

void UpliftQuality::check_limit() const {
  if (rows_.groups().size() > limit_)
    throw Error(sqlstate::limit_exceeded,
                "uplift_curve takes at most " + std::to_string(limit_) + " different rows",
                "Round the scores, or take a sample of the customers.");
}

void UpliftQuality::merge(const UpliftQuality& other) {
  rows_.merge(other.rows_);
  check_limit();
}

void UpliftQuality::write(Bytes& out) const {
  check_limit();
  Writer w(out);
  w.u8(version);
  rows_.write(w);
}

void UpliftQuality::read(Reader& r) {
  r.version(version, "uplift_quality");
  rows_.read(r, [](const UpliftRow& row) {
    const auto good = [](double v) {
      return std::abs(v) <= largest && !(v == 0 && std::signbit(v));
    };
    if (!good(row.score) || !good(row.outcome) || row.treated > 1)
      Reader::fail("impossible values");
  });
  if (rows_.groups().empty()) Reader::fail("there are no customers");
  if (rows_.groups().size() > limit_) Reader::fail("too many different rows");
}

UpliftCounts uplift_counts(const UpliftQuality& quality) {
  UpliftCounts c;
  for (const Group& g : quality.groups())
    (g.row.treated == 1 ? c.treated : c.control) += g.customers;
  return c;
}

std::vector<UpliftPoint> uplift_points(const UpliftQuality& quality) {
  std::vector<UpliftPoint> points;
  each_score(quality.groups(), {}, [&](const Running& r) {
    points.push_back({r.all(), r.uplift(), r.qini()});
  });
  return points;
}

UpliftAreas uplift_areas(const UpliftQuality& quality) { return areas(quality.groups(), {}); }

std::vector<UpliftInterval> uplift_area_intervals(const UpliftQuality& quality, int samples,
                                                  uint64_t seed) {
  std::vector<std::vector<double>> found(6);
  sampled(quality.groups(), samples, seed, [&](Counts counts) {
    const UpliftAreas a = areas(quality.groups(), counts);
    const double values[] = {a.effect, a.uplift_area, a.qini_area, a.auuc, a.auuc_gain, a.qini};
    for (size_t i = 0; i < found.size(); ++i) found[i].push_back(values[i]);
  });
  std::vector<UpliftInterval> result;
  for (std::vector<double>& values : found) result.push_back(interval(values));
  return result;
}

UpliftTop uplift_top(const UpliftQuality& quality, double share) {
  return top(quality.groups(), {}, uplift_counts(quality).all(), share);
}

std::optional<UpliftInterval> uplift_top_interval(const UpliftQuality& quality, double share,
                                                  int samples, uint64_t seed) {
  const uint64_t all = uplift_counts(quality).all();
  std::vector<double> values;
  sampled(quality.groups(), samples, seed, [&](Counts counts) {
    if (const auto uplift = top(quality.groups(), counts, all, share).uplift)
      values.push_back(*uplift);
  });
  if (2 * values.size() <= static_cast<size_t>(samples)) return {};
  return interval(values);
}

std::vector<UpliftBucket> uplift_buckets(const UpliftQuality& quality, int buckets) {
  const Groups groups = quality.groups();
  const uint64_t all = uplift_counts(quality).all();
  const bool shares = binary(groups);
  std::vector<UpliftBucket> result;
  uint64_t above = 0;
  // From the highest score on; `end` is behind the groups of the bucket.
  const auto score_group = [&](size_t end, uint64_t& count) {
    size_t first = end;
    count = 0;
    while (first > 0 && groups[first - 1].row.score == groups[end - 1].row.score)
      count += groups[--first].customers;
    return first;
  };
  const auto bucket_of = [&](uint64_t before, uint64_t count) {
    const auto middle = static_cast<unsigned __int128>(2 * before + count);
    return static_cast<int>(middle * static_cast<uint64_t>(buckets) / (2 * all));
  };
  for (size_t end = groups.size(); end > 0;) {
    poll();
    uint64_t count = 0;
    size_t first = score_group(end, count);
    const int bucket = bucket_of(above, count);
    above += count;
    while (first > 0) {
      const size_t next = score_group(first, count);
      if (bucket_of(above, count) != bucket) break;
      above += count;
      first = next;
    }
    const Groups inside = groups.subspan(first, end - first);
    Running r;
    Sum scores;
    for (const Group& g : inside) {
      r.add(g, g.customers);
      scores.add(as_double(g.customers) * g.row.score);
    }
    UpliftBucket b{bucket + 1, {r.n[1], r.n[0]}, 0, {}, {}, {}, {}};
    b.mean_score = std::clamp(scores.value() / as_double(r.all()), inside.front().row.score,
                              inside.back().row.score);
    if (r.n[1] > 0) b.treated_mean = r.mean(1);
    if (r.n[0] > 0) b.control_mean = r.mean(0);
    if (r.n[1] > 0 && r.n[0] > 0) b.uplift = r.mean(1) - r.mean(0);
    b.interval = difference_interval(inside, r, shares);
    result.push_back(b);
    end = first;
  }
  return result;
}

}  // namespace clientele
