// SPDX-License-Identifier: PostgreSQL
#include "paths/found/question_pg.hpp"

#include <algorithm>

namespace clientele {
namespace {

PathDefinition not_cut(PathDefinition definition) {
  definition.reverse = false;
  definition.max_length.reset();
  return definition;
}

}  // namespace

PathQuestion::PathQuestion(std::span<const uint8_t> definition)
    : definition_(PathDefinition::read(definition)),
      finder_(definition_),
      whole_finder_(not_cut(definition_)),
      names_(parse_groups(definition_.groups)) {
  if (definition_.start_at) starts_ = resolve_selector(*definition_.start_at);
  if (definition_.end_at) ends_ = resolve_selector(*definition_.end_at);
  if (definition_.keep) kept_ = resolve_selector(*definition_.keep);
}

PathEvents<uint16_t> PathQuestion::events_of(const Journey& journey) {
  const std::span<const int32_t> types = journey.types();
  kinds_.resize(types.size());
  ranks_.resize(types.size());
  const auto picks = [](const std::vector<int32_t>& picked, int32_t type) {
    return std::binary_search(picked.begin(), picked.end(), type);
  };
  for (size_t k = 0; k < types.size(); ++k) {
    const EventKind& name = names_.of(types[k]);
    ranks_[k] = name.rank;
    kinds_[k] = {name.label, !definition_.keep || picks(kept_, types[k]), picks(starts_, types[k]),
                 picks(ends_, types[k])};
  }
  ordered_.read(journey, ranks_);
  return {ordered_.at, ordered_.code};
}

}  // namespace clientele
