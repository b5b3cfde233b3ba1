// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>

namespace clientele::tags {

/// How probable it is that an audience drawn at random has this number of customers with a tag, or
/// a number even further from the expected one: twice the smaller tail of the hypergeometric
/// distribution, 1 at most (Fisher 1935; doubling as Agresti, Categorical Data Analysis, 2002,
/// section 3.5.3). Of `everyone`, `tagged` have the tag; `audience` were drawn, `both` of them have
/// it. Exact except for rounding; for standard deviations above 10^6 it uses the normal
/// distribution with a continuity correction. Errors: 22023 for numbers that contradict each other.
double chance_of(uint64_t everyone, uint64_t tagged, uint64_t audience, uint64_t both);

}  // namespace clientele::tags
