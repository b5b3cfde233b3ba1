// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "funnel/search/chain.hpp"

namespace clientele {

/// The strict funnel: nothing else may lie between consecutive events of the chain, for some order
/// of equal times. So a chain takes some events of its first instant, all events of every instant
/// between, and some of its last; from a start there is little to choose, and every start is tried.
class StrictSearch {
 public:
  explicit StrictSearch(const FunnelQuestion& question)
      : question_(question), tie_(question.classes) {}

  /// Calls offer(chain) for every chain that could be the best. `all` holds every event of the
  /// customer.
  template <class Offer>
  void run(std::span<const Hit> all, std::span<const Micros> blocked, Offer offer);

 private:
  size_t instant_end(std::span<const Hit> all, size_t begin) const {
    size_t end = begin + 1;
    while (end < all.size() && all[end].at == all[begin].at) ++end;
    return end;
  }
  void from(std::span<const Hit> all, size_t begin, size_t end, uint32_t item, int taken,
            std::span<const Micros> blocked);
  int servable(std::span<const Hit> instant, size_t index, uint32_t item, size_t all,
               std::span<const Micros> blocked);

  const FunnelQuestion& question_;
  TieMatching tie_;
  Chain chain_;
};

template <class Offer>
void StrictSearch::run(std::span<const Hit> all, std::span<const Micros> blocked, Offer offer) {
  std::vector<uint32_t> items;
  for (size_t begin = 0, end = 0; begin < all.size(); begin = end) {
    end = instant_end(all, begin);
    items.clear();
    for (size_t i = begin; i < end; ++i)
      if (!question_.classes[all[i].cls].steps.empty() &&
          (!question_.same_item || all[i].item != 0))
        items.push_back(question_.same_item ? all[i].item : 0);
    std::sort(items.begin(), items.end());
    items.erase(std::unique(items.begin(), items.end()), items.end());
    for (const uint32_t item : items) {
      chain_.clear();
      const int most = servable(all.subspan(begin, end - begin), begin, item, all.size(), blocked);
      for (int taken = most; taken >= 1; --taken) {
        from(all, begin, end, item, taken, blocked);
        offer(chain_);
      }
    }
  }
}

}  // namespace clientele
