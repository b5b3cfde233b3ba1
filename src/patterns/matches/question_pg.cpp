// SPDX-License-Identifier: PostgreSQL
#include "patterns/matches/question_pg.hpp"

#include "patterns/pattern/definition.hpp"

namespace clientele {

PatternQuestion::PatternQuestion(std::span<const uint8_t> definition)
    : matcher_(PatternDefinition::read(definition).program()) {
  EventClasses& classes = matcher_.classes();
  std::vector<std::vector<int32_t>> picked;
  for (const std::string& selector : classes.selectors())
    picked.push_back(resolve_selector(selector));
  classes.classify(picked);
}

const FoundMatches& PatternQuestion::find(const Journey& journey, Wanted wanted) {
  const std::span<const int32_t> types = journey.types();
  class_of_code_.resize(types.size());
  for (size_t c = 0; c < types.size(); ++c)
    class_of_code_[c] = matcher_.classes().class_of_type(types[c]);
  if (!matcher_.possible(class_of_code_)) return matcher_.find({}, wanted);
  ordered_.read_unordered(journey);
  if (ordered_.tied()) {
    if (!kinds_) kinds_.emplace();
    ranks_.resize(types.size());
    for (size_t c = 0; c < types.size(); ++c) ranks_[c] = kinds_->of(types[c]).rank;
    ordered_.order(ranks_);
  }
  const size_t n = ordered_.size();
  if (cls_.size() < n) cls_.resize(n + Journey::block);
  for (size_t i = 0; i < n; ++i) cls_[i] = class_of_code_[ordered_.code[i]];
  return matcher_.find({ordered_.at, {cls_.data(), n}}, wanted);
}

}  // namespace clientele
