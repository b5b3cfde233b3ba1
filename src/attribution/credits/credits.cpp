// SPDX-License-Identifier: PostgreSQL
#include "attribution/credits/credits.hpp"

#include <algorithm>
#include <array>

#include "attribution/markov/removal.hpp"
#include "base/sort.hpp"
#include "journey/journey.hpp"

namespace clientele {
namespace {

struct ChannelCredit {
  double conversions = 0, value = 0;
  std::optional<double> removal_effect, value_removal_effect;
};

double units(long double value) { return static_cast<double>(value / value_scale); }

std::vector<ChannelCredit> by_rule(const AttributionSummary& s, CreditModel model) {
  std::vector<ChannelCredit> credits(s.channels());
  const std::span<const Credit> counted = s.rules().of(model);
  for (size_t c = 0; c < counted.size(); ++c) {
    credits[c].conversions = static_cast<double>(counted[c].conversions.value());
    credits[c].value = units(counted[c].value.value());
  }
  return credits;
}

std::vector<ChannelCredit> by_markov(const AttributionSummary& s, CreditModel model,
                                     std::span<const uint32_t> rank) {
  const std::vector<RemovalEffect> effects = removal_effects(s.moves(model), rank);
  std::vector<uint32_t> order(rank.size());
  for (uint32_t c = 0; c < rank.size(); ++c) order[rank[c]] = c;
  double all = 0, all_values = 0;
  for (const uint32_t c : order) {
    all += effects[c].conversions;
    all_values += effects[c].value;
  }
  const auto conversions = static_cast<double>(s.conversions() - s.untouched());
  const __int128 value = s.value() - s.untouched_value();
  const bool by_value = value > 0 && all_values > 0;
  std::vector<ChannelCredit> credits(s.channels());
  for (size_t c = 0; c < credits.size(); ++c) {
    const auto [effect, worth] = effects[c];
    credits[c].removal_effect = effect;
    credits[c].value_removal_effect = worth;
    if (all == 0) continue;
    credits[c].conversions = conversions * effect / all;
    credits[c].value = units(value) * (by_value ? worth / all_values : effect / all);
  }
  return credits;
}

std::vector<ChannelCredit> by_coalitions(const AttributionSummary& s,
                                         std::span<const uint32_t> rank) {
  if (s.channels() > CoalitionWorth::max_players)
    throw Error(sqlstate::limit_exceeded,
                "shapley_rate needs at most " + std::to_string(CoalitionWorth::max_players) +
                    " channels, not " + std::to_string(s.channels()),
                "Group channels by groups, or use shapley, which takes any number of them.");
  const auto values = s.coalitions().rate_values(rank);
  std::vector<ChannelCredit> credits(s.channels());
  for (size_t c = 0; c < credits.size(); ++c) {
    credits[c].conversions = values[c][0];
    credits[c].value = units(values[c][1]);
  }
  return credits;
}

}  // namespace

std::vector<CreditRow> attribution_credits(const AttributionSummary& s) {
  const std::vector<uint32_t> rank = s.rank();
  std::vector<uint32_t> order(rank.size());
  for (uint32_t c = 0; c < rank.size(); ++c) order[rank[c]] = c;
  const auto all = static_cast<double>(s.conversions());
  std::vector<CreditRow> rows;
  for (const CreditModel model : s.models()) {
    const bool chain = model >= CreditModel::markov_1 && model <= CreditModel::markov_3;
    const std::vector<ChannelCredit> credits = RuleCredits::is_rule(model) ? by_rule(s, model)
                                               : chain ? by_markov(s, model, rank)
                                                       : by_coalitions(s, rank);
    const auto share = [&](double conversions) {
      return all > 0 ? std::optional(conversions / all) : std::nullopt;
    };
    for (const uint32_t c : order)
      rows.push_back({model, s.name(c), credits[c].conversions, credits[c].value,
                      share(credits[c].conversions), credits[c].removal_effect,
                      credits[c].value_removal_effect});
    if (s.untouched() == 0) continue;
    const auto untouched = static_cast<double>(s.untouched());
    const std::optional<double> effect = chain ? std::optional(0.0) : std::nullopt;
    rows.push_back({model, std::nullopt, untouched, units(s.untouched_value()), share(untouched),
                    effect, effect});
  }
  return rows;
}

std::vector<PathStore::Path> attribution_paths(const AttributionSummary& s) {
  if (s.paths().given_up())
    throw Error(sqlstate::limit_exceeded,
                "there are more than " + std::to_string(PathStore::max_paths) +
                    " different paths, " + std::to_string(PathStore::max_touches) +
                    " touches in them, or " + std::to_string(PathStore::max_long_touches) +
                    " in those of more than " + std::to_string(PathStore::few) + " touches",
                "Ask with fewer touches, a shorter lookback, after_previous or groups.");
  const std::vector<uint32_t> rank = s.rank();
  const PathStore& store = s.paths();
  std::vector<PathStore::Path> paths(store.paths().begin(), store.paths().end());
  if (s.untouched() > 0) paths.push_back({0, 0, 0, {s.untouched(), 0, s.untouched_value()}});
  sort_polled(paths.begin(), paths.end(), [&](const auto& a, const auto& b) {
    if (a.counts.conversions != b.counts.conversions)
      return a.counts.conversions > b.counts.conversions;
    if (a.counts.nulls != b.counts.nulls) return a.counts.nulls > b.counts.nulls;
    return std::ranges::lexicographical_compare(
        store.touches(a), store.touches(b),
        [&](uint16_t x, uint16_t y) { return rank[x] < rank[y]; });
  });
  return paths;
}

}  // namespace clientele
