// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <memory>

#include "base/periods.hpp"
#include "funnel/steps/definition.hpp"
#include "funnel/search/feed.hpp"
#include "journey/dictionary_pg.hpp"
#include "pg/values.hpp"

namespace clientele {

/// A funnel ready for journeys: its selectors resolved under the current snapshot. C++ regime.
class CompiledFunnel {
 public:
  explicit CompiledFunnel(std::span<const uint8_t> definition);

  int depth(const Journey& journey);
  const Chain& times(const Journey& journey);
  int steps() const { return question_.steps; }
  /// The last instant that a chain from `first` on may have.
  Micros may_end(Micros first);

 private:
  DayEnd day_end();

  TypeClasses classes_;  // filled while question_ is made
  FunnelQuestion question_;
  std::string time_zone_;  // empty: the session's, whatever it is then
  const pg_tz* zone_ = nullptr;
  std::optional<Periods> days_;  // in zone_
  FunnelSolver solver_;
  JourneyFeed feed_;
};

using FunnelCache = Resolved<std::unique_ptr<CompiledFunnel>>;

inline CompiledFunnel& compiled(FunnelCache& cache, std::span<const uint8_t> definition) {
  return *cache.get(definition, [&] { return std::make_unique<CompiledFunnel>(definition); });
}

/// The definition that the SQL short forms (steps, within) mean; `within` may be NULL. C++ regime.
FunnelDefinition definition_of(Datum steps, const Interval* within);

}  // namespace clientele
