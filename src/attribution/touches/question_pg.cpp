// SPDX-License-Identifier: PostgreSQL
#include "attribution/touches/question_pg.hpp"

#include <algorithm>

#include "journey/groups.hpp"

namespace clientele {
namespace {

constexpr size_t max_dense = 65536;

WindowRules rules_of(const AttributionDefinition& d) {
  WindowRules rules;
  rules.lookback = d.lookback;
  rules.after_previous = d.after_previous;
  rules.nulls = d.nulls;
  rules.since = d.since;
  rules.until = d.until.value_or(GetCurrentTransactionStartTimestamp());
  return rules;
}

std::vector<NamedSelector> event_groups(const AttributionDefinition& d) {
  return d.by_event ? parse_groups(d.groups) : std::vector<NamedSelector>{};
}

}  // namespace

AttributionQuestion::AttributionQuestion(std::span<const uint8_t> definition)
    : definition_(AttributionDefinition::read(definition)),
      kinds_(event_groups(definition_)),
      conversions_(resolve_selector(definition_.conversion)),
      touches_(resolve_selector(definition_.touches)),
      finder_(rules_of(definition_)) {
  if (definition_.by_event) return;
  for (const NamedSelector& group : parse_groups(definition_.groups)) {
    const uint32_t label = kinds_.label_number(group.name);
    for (const int32_t type : resolve_selector(group.selector)) grouped_.try_emplace(type, label);
  }
  channels_ = dictionary_names(NamePart::channel);
}

// A channel without a name, and one of a type that the dictionary does not know, is (none).
uint32_t AttributionQuestion::channel_of(int32_t type) {
  if (const auto group = grouped_.find(type); group != grouped_.end()) return group->second;
  const int32_t name = channels_.find(type);
  const bool named = name != TypeNames::none && !channels_.names[static_cast<size_t>(name)].empty();
  return kinds_.label_number(named ? std::string_view(channels_.names[static_cast<size_t>(name)])
                                   : "(none)");
}

const AttributionQuestion::Meaning& AttributionQuestion::of(int32_t type) {
  const auto place = static_cast<uint32_t>(type);
  if (place < filled_.size() && filled_[place]) return dense_[place];
  if (const auto found = known_.find(type); found != known_.end()) return found->second;
  const auto picks = [&](const std::vector<int32_t>& types) {
    return std::binary_search(types.begin(), types.end(), type);
  };
  const EventKind kind = kinds_.of(type);
  Meaning meaning{TouchRole::none, kind.rank, kind.label};
  if (picks(conversions_))
    meaning.role = TouchRole::conversion;
  else if (picks(touches_))
    meaning.role = TouchRole::touch;
  if (meaning.role == TouchRole::touch && !definition_.by_event) meaning.label = channel_of(type);
  if (place < max_dense) {
    if (filled_.size() <= place) {
      filled_.resize(place + 1);
      dense_.resize(place + 1);
    }
    filled_[place] = 1;
    return dense_[place] = meaning;
  }
  return known_.emplace(type, meaning).first->second;
}

const WindowFinder& AttributionQuestion::find(const Journey& journey) {
  const std::span<const int32_t> types = journey.types();
  codes_.role.resize(types.size());
  codes_.rank.resize(types.size());
  codes_.label.resize(types.size());
  for (size_t k = 0; k < types.size(); ++k) {
    const Meaning& meaning = of(types[k]);
    codes_.role[k] = meaning.role;
    codes_.rank[k] = meaning.rank;
    codes_.label[k] = meaning.label;
  }
  finder_.find(journey, codes_);
  return finder_;
}

}  // namespace clientele
