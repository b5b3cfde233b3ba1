// SPDX-License-Identifier: PostgreSQL
// How well scores find the customers that a treatment changes, judged by those treated by chance.
#pragma once
#include <optional>
#include <vector>

#include "base/counted.hpp"
#include "base/difference.hpp"

namespace clientele {

/// A customer: the score by which customers are ranked, and what happened.
struct UpliftRow {
  double score, outcome;
  uint64_t treated;
  friend bool operator<(const UpliftRow& a, const UpliftRow& b) {
    if (a.score != b.score) return a.score < b.score;
    return a.treated != b.treated ? a.treated < b.treated : a.outcome < b.outcome;
  }
};

/// The value uplift_quality, which is also the state of the aggregate uplift_curve.
class UpliftQuality {
 public:
  static constexpr size_t usual_limit = 10'000'000;

  explicit UpliftQuality(std::pmr::memory_resource* memory, size_t limit = usual_limit)
      : rows_(memory), limit_(limit) {}

  /// 22023 for NaN, infinity and absolute values above 1e100; 54000 for more than `limit` different
  /// rows.
  void add(double score, bool treated, double outcome);
  void merge(const UpliftQuality& other);

  using Group = CountedRow<UpliftRow>;
  std::span<const Group> groups() const {
    check_limit();
    return rows_.groups();
  }

  /// Depends on the multiset of rows only. Versioned.
  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  void check_limit() const;

  Counted<UpliftRow> rows_;
  size_t limit_;
};

struct UpliftCounts {
  uint64_t treated = 0, control = 0;
  uint64_t all() const { return treated + control; }
};
UpliftCounts uplift_counts(const UpliftQuality&);

/// A point of the curves, for each different score from the highest on.
struct UpliftPoint {
  uint64_t customers;
  double uplift;  // (mean of the treated - mean of the others) x customers, of those so far
  double qini;    // sum of the treated - that of the others x treated / others
};
/// Both groups must have customers.
std::vector<UpliftPoint> uplift_points(const UpliftQuality&);

/// Radcliffe (2007), "Using control groups to target on predicted lift", for the Qini curve; the
/// areas as in scikit-uplift.
struct UpliftAreas {
  double effect;  // difference of the means of all
  double uplift_area, qini_area;
  double auuc;       // uplift_area / customers^2
  double auuc_gain;  // auuc - effect / 2
  double qini;       // (qini_area / customers - last point / 2) / treated
};
UpliftAreas uplift_areas(const UpliftQuality&);

struct UpliftInterval {
  double low, high;
};
/// 95 % intervals from `samples` samples of as many customers of each group, drawn with
/// replacement: the quantiles of the samples. It depends on the rows and the seed only. 54000 for
/// more than 2^26 customers.
std::vector<UpliftInterval> uplift_area_intervals(const UpliftQuality&, int samples, uint64_t seed);

/// The uplift among the customers with at least the score of the one at place ceil(share x all).
struct UpliftTop {
  UpliftCounts customers;
  std::optional<double> uplift;
};
UpliftTop uplift_top(const UpliftQuality&, double share);
/// As uplift_area_intervals; none if most samples have no uplift.
std::optional<UpliftInterval> uplift_top_interval(const UpliftQuality&, double share, int samples,
                                                  uint64_t seed);

/// Buckets with about as many customers each, from the highest scores on. Equal scores stay
/// together, in the bucket that holds the middle one of them; empty buckets are left out.
struct UpliftBucket {
  int bucket;  // from 1
  UpliftCounts customers;
  double mean_score;
  std::optional<double> treated_mean, control_mean, uplift;
  std::optional<UpliftInterval> interval;  // Newcombe's for outcomes of 0 and 1, else Welch's
};
std::vector<UpliftBucket> uplift_buckets(const UpliftQuality&, int buckets);

}  // namespace clientele
