// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace clientele {

/// How probable it is that an audience drawn at random has this number of customers with a tag, or
/// a number even further from the expected one: twice the smaller tail of the hypergeometric
/// distribution, 1 at most (Fisher 1935; doubling as Agresti, Categorical Data Analysis, 2002,
/// section 3.5.3). Of `everyone`, `tagged` have the tag; `audience` were drawn, `both` of them have
/// it. Exact except for rounding; for standard deviations above 10^6 it uses the normal
/// distribution with a continuity correction. Errors: 22023 for numbers that contradict each other.
double chance_of(uint64_t everyone, uint64_t tagged, uint64_t audience, uint64_t both);

/// How probable it is that the audience has this number or a larger one: the upper tail alone. Of
/// the same numbers, with the same errors and the same approximation for large ones.
double upper_tail_of(uint64_t everyone, uint64_t tagged, uint64_t audience, uint64_t both);

/// What keeps many tests at once from finding something by chance.
enum class Correction : uint8_t {
  none,
  bh,   // the expected share of false findings (Benjamini & Hochberg 1995)
  holm  // the probability of any false finding, whatever the dependence (Holm 1979)
};
/// Error 22023 for another word.
Correction parse_correction(std::string_view word);

/// The adjusted p-values of all tests together, in their order, as R's p.adjust has them. Each is
/// to be compared with the level that was wanted for all.
std::vector<double> adjusted(std::span<const double> p, Correction correction);

}  // namespace clientele
