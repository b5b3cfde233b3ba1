// SPDX-License-Identifier: PostgreSQL
// From the counts to the links that are shown: names for the most common events, one for the rest.
#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "base/sort.hpp"
#include "paths/links/summary.hpp"

namespace clientele {

class LinkList {
 public:
  explicit LinkList(const PathSummary& summary)
      : s_(summary), definition_(summary.basis_.definition()) {
    if (definition_.top) choose();
    for (const auto& c : s_.cells_) {
      if (c.target == PathSummary::standing) continue;
      passages_[place(c.step, shown(c.step, c.source))] += c.paths;
    }
  }

  PathLinks list() {
    PathLinks result;
    struct Sum {
      uint64_t paths = 0;
      Durations* times = nullptr;
    };
    std::map<std::tuple<uint32_t, uint32_t, uint32_t>, Sum> sums;
    for (size_t i = 0; i < s_.cells_.size(); ++i) {
      if (i % 1024 == 0) poll();
      const auto& c = s_.cells_[i];
      if (c.target == PathSummary::standing) continue;
      if (c.target == PathSummary::end && !definition_.ends) continue;
      const uint32_t source = shown(c.step, c.source);
      const uint32_t target = c.target == PathSummary::end
                                  ? c.target
                                  : shown(c.step + (definition_.by_step ? 1 : 0), c.target);
      const Durations* const times =
          definition_.times && target != PathSummary::end ? &s_.times_[i] : nullptr;
      if (source == others || target == others) {
        Sum& sum = sums[{c.step, source, target}];
        sum.paths += c.paths;
        if (times == nullptr) continue;
        if (sum.times == nullptr) sum.times = &result.added.emplace_back();
        sum.times->merge(*times);
      } else if (c.customers >= static_cast<uint64_t>(definition_.min_weight)) {
        result.links.push_back(named(c.step, source, target));
        result.links.back().customers = c.customers;
        result.links.back().paths = c.paths;
        result.links.back().times = times;
      }
    }
    for (const auto& [key, sum] : sums) {
      const auto [step, source, target] = key;
      result.links.push_back(named(step, source, target));
      result.links.back().paths = sum.paths;
      result.links.back().times = sum.times;
    }
    sort_polled(result.links.begin(), result.links.end(), before);
    return result;
  }

 private:
  static constexpr uint32_t others = PathSummary::none;
  using Place = uint64_t;  // a label at a step
  static Place place(uint32_t step, uint32_t label) { return uint64_t{step} << 32 | label; }

  /// Of each step the events that keep their names.
  void choose() {
    std::vector<const PathSummary::Cell*> all;
    for (const auto& c : s_.cells_)
      if (c.target == PathSummary::standing) all.push_back(&c);
    sort_polled(all.begin(), all.end(), [&](const auto* a, const auto* b) {
      if (a->step != b->step) return a->step < b->step;
      if (a->customers != b->customers) return a->customers > b->customers;
      if (a->paths != b->paths) return a->paths > b->paths;
      return s_.label(a->source) < s_.label(b->source);
    });
    int64_t in_step = 0;
    for (size_t i = 0; i < all.size(); ++i) {
      if (i == 0 || all[i]->step != all[i - 1]->step) in_step = 0;
      // An event that is called as the others are is one of them.
      if (s_.label(all[i]->source) == definition_.rest) continue;
      if (++in_step <= *definition_.top) kept_.insert(place(all[i]->step, all[i]->source));
    }
  }

  uint32_t shown(uint32_t step, uint32_t label) const {
    return !definition_.top || kept_.contains(place(step, label)) ? label : others;
  }

  PathLink named(uint32_t step, uint32_t source, uint32_t target) const {
    const auto name = [&](uint32_t label) {
      return label == others ? std::string_view(definition_.rest) : s_.label(label);
    };
    PathLink link;
    link.step = step;
    link.source = name(source);
    if (target != PathSummary::end) link.target = name(target);
    if (s_.ends_counted_) link.passages = passages_.at(place(step, source));
    return link;
  }

  static bool before(const PathLink& a, const PathLink& b) {
    if (a.step != b.step) return a.step < b.step;
    if (a.customers.has_value() != b.customers.has_value()) return a.customers.has_value();
    if (a.customers != b.customers) return a.customers > b.customers;
    if (a.paths != b.paths) return a.paths > b.paths;
    if (a.source != b.source) return a.source < b.source;
    if (a.target.has_value() != b.target.has_value()) return a.target.has_value();
    return a.target < b.target;
  }

  const PathSummary& s_;
  const PathDefinition& definition_;
  std::unordered_set<Place> kept_;
  std::unordered_map<Place, uint64_t> passages_;
};

PathLinks PathSummary::links() const { return LinkList(*this).list(); }

}  // namespace clientele
