// SPDX-License-Identifier: PostgreSQL
#include "funnel/search/chain.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/poll.hpp"

namespace clientele {
namespace {

constexpr size_t max_blocked = size_t{1} << 27;

}  // namespace

void find_blocked(const FunnelQuestion& question, std::span<const Hit> all,
                  std::vector<Micros>& blocked) {
  const size_t n = all.size(), triggers = static_cast<size_t>(question.triggers);
  blocked.clear();
  if (n > 0 && triggers > max_blocked / n)
    throw Error(sqlstate::limit_exceeded,
                "a funnel with " + std::to_string(triggers) + " exclusions is too large for " +
                    std::to_string(n) + " events of a customer",
                "Name several event types in one exclusion, as in a|b.");
  std::vector<std::vector<uint32_t>> classes_of(triggers);
  for (size_t c = 0; c < question.classes.size(); ++c)
    for (const int t : question.classes[c].exclusions)
      classes_of[t].push_back(static_cast<uint32_t>(c));
  std::vector<char> is_trigger(question.classes.size());
  blocked.reserve(triggers * n);
  for (const std::vector<uint32_t>& classes : classes_of) {
    for (const uint32_t c : classes) is_trigger[c] = true;
    Micros last = never, before = never;  // `before` is strictly before the current instant
    for (size_t i = 0; i < n; ++i) {
      if (i % 65536 == 0) poll();
      if (i > 0 && all[i].at != all[i - 1].at) before = last;
      blocked.push_back(before);
      if (is_trigger[all[i].cls]) last = all[i].at;
    }
    for (const uint32_t c : classes) is_trigger[c] = false;
  }
}

FunnelQuestion turned(const FunnelQuestion& question, int depth) {
  FunnelQuestion t;
  t.steps = depth;
  t.within = question.within;
  t.strictly_increasing = question.strictly_increasing;
  t.triggers = question.triggers;
  if (!question.step_windows.empty() && depth > 1)
    t.step_windows.assign(question.step_windows.rend() - (depth - 1), question.step_windows.rend());
  for (const auto& [from, to, trigger] : question.exclusions)
    if (to <= depth) t.exclusions.push_back({depth + 1 - to, depth + 1 - from, trigger});
  t.classes.clear();
  for (const EventClass& c : question.classes) {
    EventClass& r = t.classes.emplace_back();
    for (auto s = c.steps.rbegin(); s != c.steps.rend(); ++s)
      if (*s <= depth) r.steps.push_back(depth + 1 - *s);
    r.exclusions = c.exclusions;
  }
  return t;
}

ChainSearch::ChainSearch(FunnelQuestion question)
    : question_(std::move(question)),
      plain_(question_.step_windows.empty() && question_.exclusions.empty()),
      overlapping_(std::any_of(question_.classes.begin(), question_.classes.end(),
                               [](const EventClass& c) { return c.steps.size() > 1; })),
      exclusions_to_(question_.steps + 1),
      latest_(question_.steps + 1),
      anchors_((question_.steps + 1) * question_.exclusions.size()),
      tie_(question_.classes),
      new_prefix_(question_.steps + 1, -1),
      node_limit_(
          std::max<size_t>(size_t{1} << 20, size_t{4} * question_.steps * question_.steps)) {
  for (size_t e = 0; e < question_.exclusions.size(); ++e)
    exclusions_to_[question_.exclusions[e].to].push_back(static_cast<int>(e));
}

// May an event at `at` be step `step` of a chain whose steps before it are the latest ones?
template <bool Plain>
inline bool ChainSearch::can_follow(int step, Micros at) const {
  if (step == 1) return true;
  const Latest& before = latest_[step - 1];
  if (!before.valid || elapsed(before.first, at) > question_.within) return false;
  return Plain || question_.step_windows.empty() ||
         elapsed(before.last, at) <= question_.step_windows[step - 2];
}

// Exclusions that end at `step`, for a chain whose first `prefix` steps are the latest ones and
// whose others all happen at the instant of event `index`.
bool ChainSearch::not_excluded(int step, int prefix, size_t index) const {
  for (const int e : exclusions_to_[step])
    if (question_.exclusions[e].from <= prefix &&
        anchors_[prefix * question_.exclusions.size() + e] <
            blocked_[question_.exclusions[e].trigger * all_ + index])
      return false;
  return true;
}

inline void ChainSearch::extend(int prefix, int step, Micros at) {
  Latest& now = latest_[step];
  const Latest& before = latest_[prefix];
  work_.done(1 + question_.exclusions.size());
  now.first = prefix == 0 ? at : before.first;
  now.last = at;
  now.valid = true;
  for (size_t e = 0; e < question_.exclusions.size(); ++e) {
    const size_t n = question_.exclusions.size();
    const int from = question_.exclusions[e].from;
    if (from <= step) anchors_[step * n + e] = from <= prefix ? anchors_[prefix * n + e] : at;
  }
  if (keep_nodes_) {
    int64_t node = prefix == 0 ? -1 : before.node;
    for (int s = prefix; s < step; ++s) {
      nodes_.push_back({at, node});
      node = static_cast<int64_t>(nodes_.size()) - 1;
    }
    now.node = node;
  }
  depth_ = std::max(depth_, step);
}

inline void ChainSearch::one_event(const Hit& hit, size_t index) {
  const std::vector<int>& steps = question_.classes[hit.cls].steps;
  // From the last step down: an event must not follow itself.
  for (auto s = steps.rbegin(); s != steps.rend(); ++s) {
    if (plain_ ? can_follow<true>(*s, hit.at)
               : can_follow<false>(*s, hit.at) && not_excluded(*s, *s - 1, index))
      extend(*s - 1, *s, hit.at);
  }
}

// Several events at one instant: a chain may take several of them, in any order, each once. From
// every prefix that ended before, steps are added while distinct events can serve them; for each
// length the shortest prefix leaves the latest chain.
void ChainSearch::several_events(std::span<const Hit> hits, size_t index) {
  const Micros at = hits.front().at;
  tie_.clear();
  for (const Hit& h : hits) tie_.add_event(h.cls);
  tie_steps_.clear();
  tie_.each_step([&](int s) { tie_steps_.push_back(s); });
  std::sort(tie_steps_.begin(), tie_steps_.end());
  tie_steps_.erase(std::unique(tie_steps_.begin(), tie_steps_.end()), tie_steps_.end());
  if (question_.strictly_increasing) {
    for (auto s = tie_steps_.rbegin(); s != tie_steps_.rend(); ++s)
      if (can_follow<false>(*s, at) && not_excluded(*s, *s - 1, index)) extend(*s - 1, *s, at);
    return;
  }
  new_lengths_.clear();
  for (const int first : tie_steps_) {
    if (!can_follow<false>(first, at)) continue;
    poll();
    tie_.unassign();
    const int prefix = first - 1;
    for (int step = first; step <= question_.steps; ++step) {
      const bool served = overlapping_
                              ? tie_.serve(step)
                              : std::binary_search(tie_steps_.begin(), tie_steps_.end(), step);
      if (!served || !not_excluded(step, prefix, index)) break;
      if (new_prefix_[step] < 0) {
        new_prefix_[step] = prefix;
        new_lengths_.push_back(step);
      }
    }
  }
  std::sort(new_lengths_.begin(), new_lengths_.end(), std::greater<>());
  for (const int length : new_lengths_) {
    extend(new_prefix_[length], length, at);
    new_prefix_[length] = -1;
  }
}

// Chains that were overtaken leave their nodes behind: with an event that serves all of many steps,
// a node each. What the latest chains consist of is little beside it.
void ChainSearch::drop_dead_nodes() {
  std::vector<Node> kept;
  std::vector<Micros> times;
  for (Latest& l : latest_) {
    if (!l.valid) continue;
    times.clear();
    for (int64_t node = l.node; node >= 0; node = nodes_[node].previous)
      times.push_back(nodes_[node].at);
    l.node = -1;
    for (auto at = times.rbegin(); at != times.rend(); ++at) {
      kept.push_back({*at, l.node});
      l.node = static_cast<int64_t>(kept.size()) - 1;
    }
    poll();
  }
  nodes_ = std::move(kept);
}

int ChainSearch::run(const FunnelPart& part, std::span<const Micros> blocked, size_t all,
                     bool early) {
  const std::span<const Hit> hits = part.hits;
  for (Latest& l : latest_) l.valid = false;
  std::fill(new_prefix_.begin(), new_prefix_.end(), -1);  // a cancelled search may have left some
  depth_ = 0;
  keep_nodes_ = !early;
  nodes_.clear();
  blocked_ = blocked;
  all_ = all;
  const size_t n = hits.size();
  for (size_t i = 0, next = 0; i < n; i = next) {
    work_.done(1 + question_.classes[hits[i].cls].steps.size());
    if (nodes_.size() > node_limit_) drop_dead_nodes();
    next = i + 1;
    const size_t index = part.index.empty() ? i : part.index[i];
    if (next == n || hits[next].at != hits[i].at) {
      one_event(hits[i], index);
    } else {
      while (next < n && hits[next].at == hits[i].at) ++next;
      several_events(hits.subspan(i, next - i), index);
    }
    if (early && depth_ == question_.steps) break;
  }
  return depth_;
}

size_t ChainSearch::weight() const {
  size_t words = anchors_.size() + 8 * static_cast<size_t>(question_.steps);
  for (const EventClass& c : question_.classes) words += 8 + c.steps.size() + c.exclusions.size();
  return words;
}

void ChainSearch::latest(Chain& chain) const {
  chain.clear();
  for (int64_t node = latest_[question_.steps].node; node >= 0; node = nodes_[node].previous)
    chain.push_back(nodes_[node].at);
}

}  // namespace clientele
