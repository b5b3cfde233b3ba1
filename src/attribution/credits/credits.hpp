// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "attribution/credits/summary.hpp"

namespace clientele {

/// What a model gives to a channel; to none, the conversions without a touch.
struct CreditRow {
  CreditModel model;
  std::optional<std::string_view> channel;
  double conversions, value;
  std::optional<double> share;  // of all conversions
  std::optional<double> removal_effect, value_removal_effect;
};

/// By the models in the order in which they were asked for, then by name, none last.
/// Errors: 54000 for shapley_rate with more than 20 channels.
std::vector<CreditRow> attribution_credits(const AttributionSummary& summary);

/// The paths: most conversions first, then most nulls, then by the names of their channels.
/// Error 54000 if there were too many of them to be kept.
std::vector<PathStore::Path> attribution_paths(const AttributionSummary& summary);

}  // namespace clientele
