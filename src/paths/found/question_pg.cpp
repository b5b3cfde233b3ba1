// SPDX-License-Identifier: PostgreSQL
#include "paths/found/question_pg.hpp"

#include <algorithm>
#include <numeric>

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

PathQuestion::PathQuestion(std::span<const uint8_t> definition)
    : definition_(PathDefinition::read(definition)), finder_(definition_) {
  if (definition_.start_at) starts_ = resolve_selector(*definition_.start_at);
  if (definition_.end_at) ends_ = resolve_selector(*definition_.end_at);
  const std::vector<EventName> names = dictionary_in_order();
  std::vector<uint32_t> by_type(names.size());
  std::iota(by_type.begin(), by_type.end(), 0);
  std::sort(by_type.begin(), by_type.end(),
            [&](uint32_t a, uint32_t b) { return names[a].id < names[b].id; });
  types_.reserve(names.size());
  kinds_of_types_.reserve(names.size());
  for (const uint32_t place : by_type) {
    const EventName& name = names[place];
    types_.push_back(name.id);
    kinds_of_types_.push_back({(2 * uint64_t{place} + 1) << room, label_number(name.label),
                               std::binary_search(starts_.begin(), starts_.end(), name.id),
                               std::binary_search(ends_.begin(), ends_.end(), name.id)});
  }
  for (const EventName& name : names)
    if (name.no_channel) names_without_channel_.push_back(name.label);
}

uint32_t PathQuestion::label_number(std::string_view label) {
  const auto [at, added] = label_numbers_.try_emplace(
      std::string(label), static_cast<uint32_t>(vocabulary_.labels.size()));
  if (added) vocabulary_.labels.emplace_back(label);
  return at->second;
}

// A type without a name stands as event #3 without a channel and without properties.
EventKind PathQuestion::unknown_kind(int32_t type) {
  const std::string label = "#" + std::to_string(type);
  const auto place = static_cast<uint64_t>(
      std::lower_bound(names_without_channel_.begin(), names_without_channel_.end(), label) -
      names_without_channel_.begin());
  return {(2 * place << room) + text_order(type), label_number(label),
          std::binary_search(starts_.begin(), starts_.end(), type),
          std::binary_search(ends_.begin(), ends_.end(), type)};
}

const EventKind& PathQuestion::kind_of(int32_t type) {
  // Ids are mostly dense.
  const auto guess = static_cast<size_t>(int64_t{type} - (types_.empty() ? 0 : types_.front()));
  if (guess < types_.size() && types_[guess] == type) return kinds_of_types_[guess];
  const auto found = std::lower_bound(types_.begin(), types_.end(), type);
  if (found != types_.end() && *found == type) return kinds_of_types_[found - types_.begin()];
  const auto unknown = unknown_.find(type);
  if (unknown != unknown_.end()) return unknown->second;
  return unknown_.emplace(type, unknown_kind(type)).first->second;
}

const PathEvents& PathQuestion::events_of(const Journey& journey) {
  const std::span<const int32_t> types = journey.types();
  kinds_.resize(types.size());
  for (size_t k = 0; k < types.size(); ++k) kinds_[k] = kind_of(types[k]);
  const size_t size = journey.size();
  events_.resize(size);
  uint16_t code[Journey::block];
  for (Journey::Scan scan(journey); const size_t n = scan.next();) {
    scan.times(events_.at.data() + scan.begin());
    scan.codes(code);
    uint32_t* const kind = events_.kind.data() + scan.begin();
    uint16_t highest = 0;
    for (size_t i = 0; i < n; ++i) {
      kind[i] = code[i];
      highest = std::max(highest, code[i]);
    }
    if (highest >= types.size()) Reader::fail("an event code is out of range");
    if (scan.begin() % (64 * Journey::block) == 0) poll();
  }
  events_.order_ties(kinds_);
  return events_;
}

PathQuestion& KeptQuestions::get(std::span<const uint8_t> definition) {
  if (key_.renew()) entries_.clear();
  const auto found = std::ranges::find_if(
      entries_, [&](const Entry& e) { return same_bytes(e.definition, definition); });
  if (found != entries_.end()) {
    std::rotate(entries_.begin(), found, found + 1);
  } else {
    auto question = std::make_unique<PathQuestion>(definition);
    if (entries_.size() == max_entries) entries_.pop_back();
    entries_.insert(entries_.begin(),
                    {{definition.begin(), definition.end()}, std::move(question)});
  }
  return *entries_.front().question;
}

}  // namespace clientele
