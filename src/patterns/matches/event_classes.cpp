// SPDX-License-Identifier: PostgreSQL
#include "patterns/matches/event_classes.hpp"

#include "base/error.hpp"
#include "base/sort.hpp"

namespace clientele {
namespace {

constexpr size_t max_picked = 10'000'000;
constexpr size_t max_mask_words = size_t{1} << 25;

}  // namespace

EventClasses::EventClasses(std::span<const EventSet> sets)
    : words_(std::max<size_t>(1, (sets.size() + 63) / 64)), mask_(words_) {
  std::unordered_map<std::string, size_t> numbers;
  masks_.resize(words_);
  for (uint32_t s = 0; s < sets.size(); ++s) {
    if (sets[s].negated) masks_[s / 64] |= uint64_t{1} << (s % 64);
    for (const std::string& selector : sets[s].selectors) {
      const auto [at, fresh] = numbers.try_emplace(selector, selectors_.size());
      if (fresh) {
        selectors_.push_back(selector);
        sets_of_.emplace_back();
      }
      sets_of_[at->second].emplace_back(s, sets[s].negated);
    }
  }
  numbers_.emplace(std::string(reinterpret_cast<const char*>(masks_.data()), words_ * 8), 0);
}

uint32_t EventClasses::class_of(std::span<const uint32_t> picking) {
  if (picking.empty()) return 0;
  mask_.assign(masks_.begin(), masks_.begin() + static_cast<ptrdiff_t>(words_));
  for (const uint32_t selector : picking)
    for (const auto& [set, negated] : sets_of_[selector]) {
      const uint64_t bit = uint64_t{1} << (set % 64);
      if (negated)
        mask_[set / 64] &= ~bit;
      else
        mask_[set / 64] |= bit;
    }
  std::string bytes(reinterpret_cast<const char*>(mask_.data()), words_ * 8);
  const auto [at, fresh] =
      numbers_.try_emplace(std::move(bytes), static_cast<uint32_t>(masks_.size() / words_));
  if (fresh) {
    if (masks_.size() > max_mask_words)
      throw Error(sqlstate::limit_exceeded,
                  "the selectors of a pattern pick too many different sets of event types");
    masks_.insert(masks_.end(), mask_.begin(), mask_.end());
  }
  return at->second;
}

void EventClasses::classify(std::span<const std::vector<int32_t>> picked) {
  Work work;
  size_t count = 0;
  for (const auto& types : picked) count += types.size();
  if (count > max_picked)
    throw Error(sqlstate::limit_exceeded, "the selectors of a pattern pick more than " +
                                              std::to_string(max_picked) + " event types together");
  std::vector<std::pair<int32_t, uint32_t>> pairs;  // type, selector
  pairs.reserve(count);
  for (uint32_t s = 0; s < picked.size(); ++s) {
    for (const int32_t type : picked[s]) pairs.emplace_back(type, s);
    work.done(picked[s].size());
  }
  sort_polled(pairs.begin(), pairs.end());
  std::vector<uint32_t> picking;
  for (size_t i = 0; i < pairs.size();) {
    const int32_t type = pairs[i].first;
    picking.clear();
    for (; i < pairs.size() && pairs[i].first == type; ++i) {
      picking.push_back(pairs[i].second);
      work.done(1 + sets_of_[pairs[i].second].size());
    }
    types_.set(type, class_of(picking));
    work.done(words_ + 16);
  }
}

}  // namespace clientele
