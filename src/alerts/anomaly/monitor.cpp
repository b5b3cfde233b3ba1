// SPDX-License-Identifier: PostgreSQL
// Anscombe (1948) has the scales on which counts and ratios scatter evenly.
#include "alerts/anomaly/monitor.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "base/error.hpp"

namespace clientele {
namespace {

constexpr double grades = 1.4826;  // of the median absolute deviation to a standard deviation
constexpr double farthest = 1000;  // where z is cut
constexpr size_t least_recent = 4;

/// A sum whose rounding errors are added up beside it: Neumaier (1974).
class ExactSum {
 public:
  void add(double x) {
    const double next = sum_ + x;
    lost_ += std::abs(sum_) >= std::abs(x) ? (sum_ - next) + x : (x - next) + sum_;
    sum_ = next;
  }
  double value() const { return sum_ + lost_; }

 private:
  double sum_ = 0, lost_ = 0;
};

double transformed(AnomalyMeasure measure, double value, double volume) {
  switch (measure) {
    case AnomalyMeasure::count:
      return 2 * std::sqrt(std::max(0.0, value) + 0.375);
    case AnomalyMeasure::ratio:
      return std::asin(std::sqrt((value + 0.375) / (volume + 0.75)));
    case AnomalyMeasure::number:
      break;
  }
  return value;
}

double back(AnomalyMeasure measure, double y) {
  switch (measure) {
    case AnomalyMeasure::count: {
      const double root = std::max(0.0, y) / 2;
      return std::max(0.0, root * root - 0.375);
    }
    case AnomalyMeasure::ratio: {
      const double sine = std::sin(std::clamp(y, 0.0, std::numbers::pi / 2));
      return sine * sine;
    }
    case AnomalyMeasure::number:
      break;
  }
  return y;
}

/// Numbers that agree to 12 decimals are equal.
double rounded(double z) { return std::nearbyint(std::abs(z) * 1e12); }

void check_number(double x, const char* name) {
  if (!(std::abs(x) <= 1e100))
    throw Error(sqlstate::invalid_parameter,
                std::string("the ") + name + " of a point must be a number from -1e100 to 1e100");
}

}  // namespace

AnomalyMonitor::AnomalyMonitor(std::pmr::memory_resource* memory,
                               const AnomalyDefinition& definition)
    : definition_(definition),
      memory_(memory),
      index_(definition.places(), 0, memory),
      places_(memory),
      residuals_(definition.places(), memory),
      errors_(static_cast<size_t>(definition.scales.back()), 0, memory),
      scales_(memory),
      record_(static_cast<size_t>(std::max(definition.record, 1)), memory) {
  for (const int32_t k : definition.scales) scales_.emplace_back(k, definition, memory);
}

SlidingMedian& AnomalyMonitor::at_place(uint64_t place) {
  uint32_t& index = index_[place];
  if (index == 0) {
    places_.emplace_back(definition_.kept(), memory_);
    index = static_cast<uint32_t>(places_.size());
  }
  return places_[index - 1];
}

double AnomalyMonitor::mean_of_last(int32_t k) const {
  ExactSum sum;
  const size_t size = errors_.size();
  for (size_t i = errors_added_ - static_cast<size_t>(k); i < errors_added_; ++i)
    sum.add(errors_[i % size]);
  return sum.value() / k;
}

double AnomalyMonitor::least_spread() const {
  if (definition_.least_spread == 0 || past_ < 2) return 0;
  return definition_.least_spread * std::sqrt(past_square_ / (past_ - 1));
}

bool AnomalyMonitor::judge_error(double usual, AnomalyPoint& point, double& spread) {
  const bool number = definition_.measure == AnomalyMeasure::number;
  bool found = false;
  for (Scale& scale : scales_) {
    if (errors_added_ < static_cast<size_t>(scale.k)) continue;
    const double mean = mean_of_last(scale.k);
    double least = number ? 1e-9 * (1 + std::abs(usual)) : 1 / std::sqrt(scale.k);
    if (number) least = std::max(least, least_spread());
    const bool known = scale.spread.count() >= static_cast<size_t>(definition_.least);
    const double s = known ? std::max(grades * scale.spread.median(), least) : least;
    scale.spread.add(std::abs(mean));
    if (number && !known) continue;
    double z = std::clamp(mean / s, -farthest, farthest);
    if (definition_.calibrate > 0) {
      const double before = scale.farthest.maximum();
      scale.farthest.add(std::abs(z));
      z = before > 0 ? std::clamp(z / before, -farthest, farthest) : 0;
    }
    if (!found || rounded(z) > rounded(point.z)) {
      point.z = z;
      point.scale = scale.k;
    }
    if (scale.k == 1) spread = s;
    found = true;
  }
  return found;
}

int AnomalyMonitor::level_of(double value, double volume, const AnomalyPoint& point) const {
  const AnomalyDefinition& d = definition_;
  const double seen = d.measure == AnomalyMeasure::ratio ? value / volume : value;
  const double much = d.measure == AnomalyMeasure::count   ? std::max(value, point.expected)
                      : d.measure == AnomalyMeasure::ratio ? volume
                                                           : INFINITY;
  if (much < d.min_volume ||
      std::abs(seen - point.expected) < d.min_change * std::abs(point.expected) ||
      (d.direction == AnomalyDirection::up && point.z < 0) ||
      (d.direction == AnomalyDirection::down && point.z > 0))
    return 0;
  return static_cast<int>(
      std::ranges::count_if(d.levels, [&](double l) { return std::abs(point.z) >= l; }));
}

bool AnomalyMonitor::judge(uint64_t place, double value, double volume, AnomalyPoint& point) {
  const AnomalyDefinition& d = definition_;
  check_number(value, "value");
  if (d.measure == AnomalyMeasure::ratio) {
    check_number(volume, "volume");
    if (value < 0 || value > volume)
      throw Error(sqlstate::invalid_parameter, "the value of a ratio must be from 0 to its volume");
  }
  const double y = transformed(d.measure, value, volume);
  SlidingMedian& past = at_place(place);
  const bool known = past.count() >= static_cast<size_t>(d.least);
  const double median = known ? past.median() : 0;
  past.add(y);
  bool judged = false;
  if (known) {
    const double weight = d.measure == AnomalyMeasure::ratio ? std::sqrt(4 * volume + 2) : 1.0;
    const double shift =
        d.season > 0 && residuals_.count() >= least_recent ? residuals_.median() : 0.0;
    if (d.season > 0) residuals_.add(y - median);
    errors_[errors_added_++ % errors_.size()] = (y - median - shift) * weight;
    double spread = 1;
    judged = judge_error(median, point, spread);
    if (judged) {
      const double width = 3 * spread / weight, usual = median + shift;
      point.expected = back(d.measure, usual);
      point.low = back(d.measure, usual - width);
      point.high = back(d.measure, usual + width);
      point.level = level_of(value, volume, point);
      if (d.record > 0) {
        if (std::abs(point.z) <= record_.maximum()) point.level = 0;
        record_.add(std::abs(point.z));
      }
    }
  }
  if (d.least_spread > 0) {
    const double before = y - past_mean_;
    past_mean_ += before / ++past_;
    past_square_ += before * (y - past_mean_);
  }
  return judged;
}

}  // namespace clientele
