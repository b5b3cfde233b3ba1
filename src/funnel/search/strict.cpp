// SPDX-License-Identifier: PostgreSQL
#include "funnel/search/strict.hpp"

#include "base/poll.hpp"

namespace clientele {

// How many of the chain's next steps events of this instant can serve.
int StrictSearch::servable(std::span<const Hit> instant, size_t index, uint32_t item, size_t all,
                           std::span<const Micros> blocked) {
  const Micros at = instant.front().at;
  const int before = static_cast<int>(chain_.size());
  if (before > 0 && (elapsed(chain_.front(), at) > question_.within ||
                     (!question_.step_windows.empty() && before < question_.steps &&
                      elapsed(chain_.back(), at) > question_.step_windows[before - 1])))
    return 0;
  tie_.clear();
  for (size_t i = 0; i < instant.size(); ++i) {
    if (i % 4096 == 0) poll();
    const Hit& h = instant[i];
    if (!question_.same_item || h.item == item) tie_.add_event(h.cls);
  }
  const int most = question_.strictly_increasing ? 1 : question_.steps;
  int served = 0;
  for (int step = before + 1; step <= question_.steps && served < most; ++step, ++served) {
    if (!tie_.serve(step)) break;
    if (step % 64 == 0) poll();
    bool excluded = false;
    for (size_t e = 0; e < question_.exclusions.size(); ++e) {
      const auto [first, last, trigger] = question_.exclusions[e];
      if (last == step && first <= before && chain_[first - 1] < blocked[trigger * all + index])
        excluded = true;
    }
    if (excluded) break;
  }
  return served;
}

void StrictSearch::from(std::span<const Hit> all, size_t begin, size_t end, uint32_t item,
                        int taken, std::span<const Micros> blocked) {
  chain_.assign(taken, all[begin].at);
  while (end < all.size() && static_cast<int>(chain_.size()) < question_.steps) {
    poll();
    begin = end;
    end = instant_end(all, begin);
    const size_t events = end - begin;
    const int served = servable(all.subspan(begin, events), begin, item, all.size(), blocked);
    chain_.insert(chain_.end(), served, all[begin].at);
    if (static_cast<size_t>(served) < events) break;  // what is left over would stand between
  }
}

}  // namespace clientele
