// SPDX-License-Identifier: PostgreSQL
// What customers did who were reached by a campaign, and those who were held back.
#pragma once
#include <array>
#include <cstdint>
#include <memory_resource>
#include <optional>

#include "base/bytes.hpp"
#include "base/difference.hpp"
#include "base/exact_sum.hpp"

namespace clientele {

/// Which numbers each customer has.
enum class EffectKind : uint8_t { conversion = 1, value = 2, value_and_before = 3 };

/// The treated or the control group.
struct Arm {
  explicit Arm(std::pmr::memory_resource* m)
      : value(m), value_square(m), before(m), before_square(m), product(m) {}

  uint64_t customers = 0, converted = 0;
  ExactSum value, value_square, before, before_square, product;
};

/// The state of the aggregate campaign_outcome. It has the same size for any number of customers.
class EffectSums {
 public:
  explicit EffectSums(std::pmr::memory_resource* memory) : arms_{Arm(memory), Arm(memory)} {}

  void add(bool treated, bool converted);
  /// 22023 for a number that is not finite or larger than 1e100.
  void add(bool treated, bool converted, double value);
  void add(bool treated, bool converted, double value, double before);
  /// 22023 if the customers do not have the same numbers.
  void merge(const EffectSums& other);

  const Arm& treated() const { return arms_[1]; }
  const Arm& control() const { return arms_[0]; }
  bool has_value() const { return kind_ && *kind_ != EffectKind::conversion; }
  bool has_before() const { return kind_ == EffectKind::value_and_before; }

  /// Depends on the multiset of customers only. Versioned.
  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  Arm& count(EffectKind kind, bool treated, bool converted);

  std::optional<EffectKind> kind_;
  std::array<Arm, 2> arms_;
};

/// An outcome of both groups. What is undefined is none.
struct Effect {
  std::optional<double> treated_mean, control_mean;
  std::optional<double> difference;
  std::optional<double> standard_error, df, p_value;
  std::optional<double> low, high;
};

/// The shares that converted: Newcombe's interval; p is twice the smaller tail of Fisher's exact
/// test.
Effect rate_effect(const EffectSums&);
/// The mean values, by Welch's test.
Effect value_effect(const EffectSums&);
/// The mean values less what the value before explains (CUPED): Deng, Xu, Kohavi & Walker (2013),
/// "Improving the sensitivity of online controlled experiments by utilizing pre-experiment data".
struct AdjustedEffect : Effect {
  std::optional<double> theta;      // of the deviations within the groups
  std::optional<double> reduction;  // of the variance, a share
};
AdjustedEffect adjusted_effect(const EffectSums&);

/// The mean of all values, of both groups together. None without customers.
std::optional<double> overall_value(const EffectSums&);

}  // namespace clientele
