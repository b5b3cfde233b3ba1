// SPDX-License-Identifier: PostgreSQL
// The result of a survey with its interval, and the difference of two results.
#pragma once
#include <cstdint>

#include "satisfaction/surveys/summary.hpp"

namespace clientele {

/// A number with its 95 % confidence interval.
struct Estimate {
  double value, low, high;
};

/// (promoters - detractors) / answers of one answer or more, with the score interval of Tango
/// (1998), "Equivalence test and confidence interval for the difference in proportions for the
/// paired-sample design", Statistics in Medicine 17.
Estimate net_share(uint64_t promoters, uint64_t detractors, uint64_t answers);

/// The result of a survey with one answer or more: points from -100 to 100 for nps, otherwise the
/// share of favourable answers with the interval of Wilson.
Estimate survey_score(const SurveySummary& summary);

struct SurveyDifference {
  Estimate estimate;  // first - second
  double p_value;
};
/// Of two summaries with one answer or more; 22023 for different scales. The interval is that of
/// Zou & Donner (2008), "Construction of confidence limits about effect measures", Statistics in
/// Medicine 27. The p-value is exact given the answers of both together, twice the smaller tail:
/// how probable a difference at least as large is if they were dealt to the two at random.
SurveyDifference survey_difference(const SurveySummary& first, const SurveySummary& second);

/// That p-value for promoters - detractors: of `everyone`, `promoters` and `detractors` are such;
/// `drawn` are in the first group, with a net number of `net`. Above 10^5 by the normal
/// distribution with a continuity correction.
double net_chance(uint64_t everyone, uint64_t promoters, uint64_t detractors, uint64_t drawn,
                  int64_t net);

}  // namespace clientele
