// SPDX-License-Identifier: PostgreSQL
#include "funnel/search/feed.hpp"

#include <algorithm>
#include <map>

#include "base/poll.hpp"
#include "base/sort.hpp"

namespace clientele {

TypeClasses JourneyFeed::classify(FunnelQuestion& question,
                                  std::span<const std::vector<int32_t>> step_types,
                                  std::span<const std::vector<int32_t>> trigger_types) {
  Work work;
  std::map<int32_t, EventClass> meaning;
  for (size_t s = 0; s < step_types.size(); ++s)
    for (const int32_t type : step_types[s]) {
      work.done(1);
      meaning[type].steps.push_back(static_cast<int>(s) + 1);
    }
  for (size_t t = 0; t < trigger_types.size(); ++t)
    for (const int32_t type : trigger_types[t]) {
      work.done(1);
      meaning[type].exclusions.push_back(static_cast<int>(t));
    }
  question.triggers = static_cast<int>(trigger_types.size());
  using Parts = std::pair<std::vector<int>, std::vector<int>>;
  std::map<Parts, uint32_t> numbers;
  for (size_t c = 0; c < question.classes.size(); ++c)
    numbers.try_emplace({question.classes[c].steps, question.classes[c].exclusions},
                        static_cast<uint32_t>(c));
  TypeClasses classes;
  for (auto& [type, cls] : meaning) {
    work.done(16 + cls.steps.size() + cls.exclusions.size());
    const auto [at, fresh] = numbers.try_emplace({cls.steps, cls.exclusions},
                                                 static_cast<uint32_t>(question.classes.size()));
    if (fresh) question.classes.push_back(std::move(cls));
    classes.set(type, at->second);
  }
  question.split_shared();
  return classes;
}

std::span<const Hit> JourneyFeed::hits(const Journey& journey, const FunnelQuestion& question,
                                       const TypeClasses& classes) {
  class_of_code_.assign(journey.empty() ? 0 : journey.code_limit(), 0);
  bool any = false;
  for (size_t c = 0; c < journey.types().size(); ++c) {
    class_of_code_[c] = classes.of(journey.types()[c]);
    any |= class_of_code_[c] != 0;
  }
  if (!any) return {};
  if (hits_.size() < journey.size() + 1) hits_.resize(journey.size() + Journey::block);
  if (question.same_item) return with_parts(read_with_items(journey, question, classes), question);
  const bool all = question.needs_all_events();
  Micros at[Journey::block];
  uint16_t code[Journey::block];
  // Written always, kept if it counts: a branch per event would cost more than the write.
  Hit* const out = hits_.data();
  size_t n = 0;
  for (Journey::Scan scan(journey); const size_t count = scan.next();) {
    scan.times(at);
    scan.codes(code);
    for (size_t i = 0; i < count; ++i) {
      const uint32_t cls = class_of_code_[code[i]];
      out[n] = {at[i], cls, 0};
      n += (cls != 0) | all;
    }
    if (scan.begin() % (64 * Journey::block) == 0) poll();
  }
  return with_parts({out, n}, question);
}

std::span<const Hit> JourneyFeed::with_parts(std::span<const Hit> hits,
                                             const FunnelQuestion& question) {
  if (question.parts.empty()) return hits;
  parts_.clear();
  Work work;
  for (const Hit& h : hits) {
    if (h.cls >= question.parts.size() || question.parts[h.cls].empty()) {
      parts_.push_back(h);
      continue;
    }
    for (const uint32_t part : question.parts[h.cls]) parts_.push_back({h.at, part, h.item});
    work.done(question.parts[h.cls].size());
  }
  return parts_;
}

Timeline JourneyFeed::timeline(const Journey& journey, const FunnelSolver& solver,
                               const TypeClasses& classes) {
  step_of_code_.assign(journey.empty() ? 0 : journey.code_limit(), solver.step_of(0));
  bool any = false;
  for (size_t c = 0; c < journey.types().size(); ++c) {
    const uint32_t cls = classes.of(journey.types()[c]);
    step_of_code_[c] = solver.step_of(cls);
    any |= cls != 0;
  }
  if (!any) return {};
  if (at_.size() < journey.size()) {
    at_.resize(journey.size() + Journey::block);
    step_.resize(journey.size() + Journey::block);
  }
  uint16_t code[Journey::block];
  const uint16_t* const step_of_code = step_of_code_.data();
  for (Journey::Scan scan(journey); const size_t count = scan.next();) {
    scan.times(at_.data() + scan.begin());
    scan.codes(code);
    uint16_t* const step = step_.data() + scan.begin();
    for (size_t i = 0; i < count; ++i) step[i] = step_of_code[code[i]];
    if (scan.begin() % (64 * Journey::block) == 0) poll();
  }
  return {{at_.data(), journey.size()}, step_.data()};
}

std::span<const Hit> JourneyFeed::read_with_items(const Journey& journey,
                                                  const FunnelQuestion& question,
                                                  const TypeClasses& classes) {
  journey.decode(events_);
  items_.clear();
  for (const Extra& x : events_.extras)
    if (x.has_item) items_.push_back(x.item);
  sort_polled(items_.begin(), items_.end());
  items_.erase(std::unique(items_.begin(), items_.end()), items_.end());
  size_t n = 0;
  for (const Event& e : events_.events) {
    const uint32_t cls = classes.of(e.type);
    if (cls == 0 && !question.needs_all_events()) continue;
    const Extra x = events_.extra(e);
    const auto number =
        x.has_item ? std::lower_bound(items_.begin(), items_.end(), x.item) - items_.begin() + 1
                   : 0;
    hits_[n++] = {e.at, cls, static_cast<uint32_t>(number)};
  }
  return {hits_.data(), n};
}

}  // namespace clientele
