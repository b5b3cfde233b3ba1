// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <cstddef>
#include <optional>

namespace clientele {

/// Sums over customers. Each customer has in both periods a number and what it is measured on, its
/// base: the events and 1, say, or purchases and visits. The number of a segment divided by its
/// base is its rate.
struct ChangeSums {
  /// The variables: number and base of the period before, number and base of the one after.
  enum Variable : size_t { number_before, base_before, number_after, base_after };
  static constexpr size_t variables = 4;
  /// The sums of each variable, then of the products of two: 00 01 02 03 11 12 13 22 23 33.
  static constexpr size_t fields = variables + variables * (variables + 1) / 2;

  std::array<double, fields> sums{};

  double operator[](Variable v) const { return sums[v]; }
  /// The sum of products of two variables.
  double product(size_t a, size_t b) const;
};

enum class ChangeKind {
  rate,  // the number divided by the base: a mean of the segments' rates, by their shares of it
  total  // the number itself
};

/// What one segment contributes to the change of the whole.
struct ChangeEffects {
  double mix = 0;           // of its share of the base, or its base, having changed
  double rate = 0;          // of its own rate having changed
  double contribution = 0;  // both
  std::optional<double> z;  // nothing if it cannot be tested
};

/// Effects of all segments add up to the change of the whole. A rate R = sum of w_s r_s, with w_s
/// the segment's share of the base, changes by
///   (w1 - w0) ((r0 + r1) / 2 - (R0 + R1) / 2)  +  (r1 - r0) (w0 + w1) / 2
/// for each segment, and a total = sum of b_s r_s by
///   (b1 - b0) (r0 + r1) / 2  +  (r1 - r0) (b0 + b1) / 2.
/// A segment without a base in one of the periods has no rate there, so all is mix.
///
/// z is how many standard deviations the segment is from having changed as the whole did: of
/// w (r - R), the part of the whole's rate that is due to the segment's rate being another, or of
/// the segment's share of the total. Its variance is that of a sum over customers by the delta
/// method, with what both periods have in common.
///
/// `before` has the customers that are in the segment in the period before, `after` those of the
/// period after, `both` those of both. Nothing if a period has no base, for a rate.
std::optional<ChangeEffects> change_effects(ChangeKind kind, const ChangeSums& everyone,
                                            const ChangeSums& before, const ChangeSums& after,
                                            const ChangeSums& both);

/// The same for the whole as one segment; z is of its change.
std::optional<ChangeEffects> change_of_all(ChangeKind kind, const ChangeSums& everyone);

/// How probable a z is that is at least as far from 0.
double two_sided_p(double z);

}  // namespace clientele
