// SPDX-License-Identifier: PostgreSQL
#include "journey/kinds_pg.hpp"

#include <algorithm>
#include <numeric>

#include "journey/dictionary_pg.hpp"

namespace clientele {
namespace {

/// Ranks leave room for types that the dictionary does not know between any two that it does.
constexpr int room = 35;

/// Orders numbers as their decimal digits are ordered as text: 1 < 10 < 2. Below 2^35.
uint64_t text_order(int32_t number) {
  const std::string digits = std::to_string(number);
  uint64_t order = 0;
  for (size_t i = 0; i < 10; ++i)
    order = order * 11 + (i < digits.size() ? static_cast<uint64_t>(digits[i] - '0' + 1) : 0);
  return order;
}

}  // namespace

EventKinds::EventKinds(std::span<const NamedSelector> groups) {
  for (const NamedSelector& group : groups) {
    const uint32_t label = label_number(group.name);
    for (const int32_t type : resolve_selector(group.selector)) grouped_.try_emplace(type, label);
  }
  const std::vector<EventName> names = dictionary_in_order();
  std::vector<uint32_t> by_type(names.size());
  std::iota(by_type.begin(), by_type.end(), 0);
  std::sort(by_type.begin(), by_type.end(),
            [&](uint32_t a, uint32_t b) { return names[a].id < names[b].id; });
  types_.reserve(names.size());
  kinds_of_types_.reserve(names.size());
  for (const uint32_t place : by_type) {
    const EventName& name = names[place];
    const auto group = grouped_.find(name.id);
    types_.push_back(name.id);
    kinds_of_types_.push_back({(2 * uint64_t{place} + 1) << room,
                               group != grouped_.end() ? group->second : label_number(name.label)});
  }
  for (const EventName& name : names)
    if (name.no_channel) names_without_channel_.push_back(name.label);
}

uint32_t EventKinds::label_number(std::string_view label) {
  const auto [at, added] = label_numbers_.try_emplace(
      std::string(label), static_cast<uint32_t>(vocabulary_.labels.size()));
  if (added) vocabulary_.labels.emplace_back(label);
  return at->second;
}

// A type without a name stands as event #3 without a channel and without properties.
EventKind EventKinds::unknown_kind(int32_t type) {
  const std::string label = "#" + std::to_string(type);
  const auto place = static_cast<uint64_t>(
      std::lower_bound(names_without_channel_.begin(), names_without_channel_.end(), label) -
      names_without_channel_.begin());
  const auto group = grouped_.find(type);
  return {(2 * place << room) + text_order(type),
          group != grouped_.end() ? group->second : label_number(label)};
}

const EventKind& EventKinds::of(int32_t type) {
  // Ids are mostly dense.
  const auto guess = static_cast<size_t>(int64_t{type} - (types_.empty() ? 0 : types_.front()));
  if (guess < types_.size() && types_[guess] == type) return kinds_of_types_[guess];
  const auto found = std::lower_bound(types_.begin(), types_.end(), type);
  if (found != types_.end() && *found == type) return kinds_of_types_[found - types_.begin()];
  const auto unknown = unknown_.find(type);
  if (unknown != unknown_.end()) return unknown->second;
  return unknown_.emplace(type, unknown_kind(type)).first->second;
}

}  // namespace clientele
