// SPDX-License-Identifier: PostgreSQL
#include "patterns/matches/chain.hpp"

#include <algorithm>
#include <bit>

namespace clientele {

std::optional<EventChain> EventChain::of(const PatternProgram& program) {
  using Kind = PatternNode::Kind;
  constexpr GapLimits adjacent{true, 0, no_most_time};
  EventChain chain;
  chain.groups.resize(program.groups.size());
  std::vector<uint32_t> opened(program.groups.size());
  GapLimits gap = adjacent;
  for (uint32_t step = program.entry;; step = program.nodes[step].next) {
    const PatternNode& node = program.nodes[step];
    switch (node.kind) {
      case Kind::take:
        if (chain.links.size() == max_length || chain.at_end) return std::nullopt;
        if (!chain.links.empty()) {
          chain.links.back().gap = gap;
          chain.waits |= !gap.direct && gap.least > 0;
        }
        chain.links.push_back({node.number, adjacent});
        gap = adjacent;
        break;
      case Kind::gap:
        gap = program.gaps[node.number];
        break;
      case Kind::begin:
        if (!chain.links.empty()) return std::nullopt;
        chain.at_begin = true;
        break;
      case Kind::end:
        if (chain.links.empty()) return std::nullopt;
        chain.at_end = true;
        break;
      case Kind::open:
        opened[node.number] = static_cast<uint32_t>(chain.links.size());
        break;
      case Kind::close:
        if (const uint32_t from = opened[node.number]; from < chain.links.size())
          chain.groups[node.number] = {from, static_cast<uint32_t>(chain.links.size()) - from};
        break;
      case Kind::split:
        return std::nullopt;
      case Kind::accept:
        return chain;
    }
  }
}

ChainSearch::ChainSearch(EventChain chain, const PatternProgram& program,
                         const EventClasses& classes)
    : chain_(std::move(chain)),
      classes_(classes),
      groups_(chain_.groups),
      within_(program.within) {}

/// The event that the chain takes after this one, which is that of a link.
ChainSearch::Head ChainSearch::next_of(size_t link, uint32_t event, const ClassedEvents& events) {
  const GapLimits& gap = chain_.links[link].gap;
  Head next = heads_[link + 1];
  if (!gap.direct && gap.least > 0) {
    // Of the events that are far enough away the nearest one: it ends the earliest.
    const std::vector<Head>& all = all_[link + 1];
    size_t& far = far_[link + 1];
    while (far < all.size() && elapsed(events.at[event], events.at[all[far].event]) >= gap.least)
      ++far;
    next = far > 0 ? all[far - 1] : Head{};
  }
  if (next.event == none) return {};
  if (gap.direct && next.event != event + 1) return {};
  const uint64_t wait = elapsed(events.at[event], events.at[next.event]);
  return wait >= gap.least && wait <= gap.most ? next : Head{};
}

template <bool with_places>
bool ChainSearch::pass(const ClassedEvents& events, bool any) {
  const size_t length = chain_.links.size();
  for (size_t k = 0; k < length; ++k) {
    heads_[k] = {};
    all_[k].clear();
    far_[k] = 0;
  }
  starts_.clear();
  start_places_.clear();
  const auto n = static_cast<uint32_t>(events.size());
  for (uint32_t event = n; event-- > 0;) {
    if (event % 65536 == 0) poll();
    uint64_t links = links_of_class_[events.cls[event]];
    // In ascending order, so that no event is two of a chain.
    for (; links != 0; links &= links - 1) {
      const auto link = static_cast<size_t>(std::countr_zero(links));
      Head head{event, event};
      if (link + 1 < length) {
        head.end = next_of(link, event, events).end;
        if (head.end == none) continue;
        if constexpr (with_places) places_[link] = places_[link + 1];
      } else if (chain_.at_end && event + 1 < n) {
        continue;
      }
      if constexpr (with_places) places_[link][link] = event;
      if (link > 0) {
        heads_[link] = head;
        if (chain_.waits) all_[link].push_back(head);
        continue;
      }
      if (chain_.at_begin && event > 0) continue;
      if (elapsed(events.at[event], events.at[head.end]) > within_) continue;
      if (any) return true;
      starts_.push_back({event, head.end});
      if constexpr (with_places) start_places_.push_back(places_[0]);
    }
  }
  return !starts_.empty();
}

void ChainSearch::find(const ClassedEvents& events, Wanted wanted, FoundMatches& found) {
  for (size_t c = links_of_class_.size(); c < classes_.size(); ++c) {
    const std::span<const uint64_t> mask = classes_.mask(static_cast<uint32_t>(c));
    uint64_t links = 0;
    for (size_t k = 0; k < chain_.links.size(); ++k) {
      const uint32_t set = chain_.links[k].set;
      links |= (mask[set / 64] >> (set % 64) & 1) << k;
    }
    links_of_class_.push_back(links);
  }
  const bool groups = wanted == Wanted::groups && !groups_.empty();
  const bool some = groups ? pass<true>(events, false) : pass<false>(events, wanted == Wanted::any);
  if (!some) return;
  if (wanted == Wanted::any) {
    found.matches.push_back({});
    return;
  }
  uint32_t free = 0;
  const auto length = static_cast<uint32_t>(chain_.links.size());
  for (size_t s = starts_.size(); s-- > 0;) {
    work_.done(1 + groups_.size());
    const Start& start = starts_[s];
    if (start.first < free) continue;
    free = start.last + 1;
    found.matches.push_back({start.first, start.last, length});
    if (!groups) continue;
    const Places& places = start_places_[s];
    for (const EventChain::Group& g : groups_)
      found.groups.push_back(
          g.count > 0 ? TakenEvents{places[g.first], places[g.first + g.count - 1], g.count}
                      : TakenEvents{});
  }
}

}  // namespace clientele
