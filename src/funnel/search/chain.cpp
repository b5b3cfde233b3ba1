// SPDX-License-Identifier: PostgreSQL
#include "funnel/search/chain.hpp"

#include <algorithm>
#include <bit>

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

FunnelQuestion shortened(const FunnelQuestion& question, int depth) {
  FunnelQuestion s = question;
  s.steps = depth;
  if (!s.step_windows.empty()) s.step_windows.resize(std::max(depth - 1, 0));
  std::erase_if(s.exclusions, [&](const Exclusion& e) { return e.to > depth; });
  if (question.has_gaps()) s.gaps = harmless_gaps(question, depth);
  for (EventClass& c : s.classes) std::erase_if(c.steps, [&](int step) { return step > depth; });
  return s;
}

FunnelQuestion turned(const FunnelQuestion& question, int depth) {
  FunnelQuestion t = shortened(question, depth);
  std::reverse(t.step_windows.begin(), t.step_windows.end());
  for (Exclusion& e : t.exclusions) e = {depth + 1 - e.to, depth + 1 - e.from, e.trigger};
  for (EventClass& c : t.classes) {
    std::reverse(c.steps.begin(), c.steps.end());
    for (int& step : c.steps) step = depth + 1 - step;
  }
  for (HarmlessGaps& g : t.gaps) g = {depth - std::min(g.to, depth), depth - g.from};
  return t;
}

ChainSearch::ChainSearch(FunnelQuestion question)
    : question_(std::move(question)),
      plain_(question_.step_windows.empty() && question_.exclusions.empty()),
      gaps_(!question_.gaps.empty()),
      exclusions_to_(question_.steps + 1),
      latest_(question_.steps + 1),
      anchors_((question_.steps + 1) * question_.exclusions.size()),
      tie_(question_.classes),
      left_over_(question_),
      alive_(gaps_ ? question_.steps / 64 + 1 : 0),
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
  if (gaps_) fresh_.push_back(step);
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

// Ends the chains of the lengths after which an event of this instant does harm, except those that
// the instant has made.
void ChainSearch::break_chains(HarmlessGaps harmless) {
  const auto below = [](int length) {  // the bits of a word for lengths below that one
    return length <= 0 ? 0 : length >= 64 ? ~uint64_t{0} : (uint64_t{1} << length) - 1;
  };
  const int from = std::min(harmless.from, question_.steps + 1);
  const int to = std::min(harmless.to, question_.steps);
  for (size_t w = 0; w < alive_.size(); ++w) {
    const int first = static_cast<int>(w * 64);
    const uint64_t kept = below(to + 1 - first) & ~below(from - first);
    for (uint64_t broken = alive_[w] & ~kept; broken != 0; broken &= broken - 1)
      latest_[first + std::countr_zero(broken)].valid = false;
    alive_[w] &= kept;
  }
  for (const int length : fresh_) {
    latest_[length].valid = true;
    alive_[length / 64] |= uint64_t{1} << (length % 64);
  }
  fresh_.clear();
}

inline void ChainSearch::one_event(const Hit& hit, size_t index) {
  const std::vector<int>& steps = question_.classes[hit.cls].steps;
  // From the last step down: an event must not follow itself.
  for (auto s = steps.rbegin(); s != steps.rend(); ++s) {
    if (plain_ ? can_follow<true>(*s, hit.at)
               : can_follow<false>(*s, hit.at) && not_excluded(*s, *s - 1, index))
      extend(*s - 1, *s, hit.at);
  }
  if (gaps_) break_chains(question_.gaps[hit.cls]);
}

// The steps that events of an instant can serve. Could one event serve several?
bool ChainSearch::find_tie_steps(std::span<const Hit> hits) {
  tie_steps_.clear();
  bool overlapping = false;
  for (const Hit& h : hits) {
    const std::vector<int>& steps = question_.classes[h.cls].steps;
    tie_steps_.insert(tie_steps_.end(), steps.begin(), steps.end());
    overlapping |= steps.size() > 1;
    work_.done(1 + steps.size());
  }
  return overlapping;
}

// Several events at one instant of which a chain may take one.
void ChainSearch::one_of_several(Micros at, size_t index) {
  for (auto s = tie_steps_.rbegin(); s != tie_steps_.rend(); ++s) {
    if (!can_follow<false>(*s, at) || !not_excluded(*s, *s - 1, index)) continue;
    depth_ = std::max(depth_, *s);
    if (!gaps_ || left_over_.harmless(*s - 1, *s)) extend(*s - 1, *s, at);
  }
}

// Several events at one instant: a chain may take several of them, in any order, each once. From
// every prefix that ended before, steps are added while distinct events can serve them; for each
// length the shortest prefix leaves the latest chain. What is left over may break it, but not a
// chain that ends here.
void ChainSearch::several_events(std::span<const Hit> hits, size_t index) {
  const Micros at = hits.front().at;
  const bool overlapping = find_tie_steps(hits);
  if (gaps_) left_over_.set(hits);
  if (overlapping && !question_.strictly_increasing) {
    tie_.clear();
    for (const Hit& h : hits) tie_.add_event(h.cls);
  }
  std::sort(tie_steps_.begin(), tie_steps_.end());
  tie_steps_.erase(std::unique(tie_steps_.begin(), tie_steps_.end()), tie_steps_.end());
  if (question_.strictly_increasing) {
    one_of_several(at, index);
    if (gaps_) break_chains(left_over_.all());
    return;
  }
  new_lengths_.clear();
  for (const int first : tie_steps_) {
    if (!can_follow<false>(first, at)) continue;
    poll();
    if (overlapping) tie_.unassign();
    const int prefix = first - 1;
    for (int step = first; step <= question_.steps; ++step) {
      const bool served = overlapping
                              ? tie_.serve(step)
                              : std::binary_search(tie_steps_.begin(), tie_steps_.end(), step);
      if (!served || !not_excluded(step, prefix, index)) break;
      depth_ = std::max(depth_, step);
      if (new_prefix_[step] < 0 && (!gaps_ || left_over_.harmless(prefix, step))) {
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
  if (gaps_) break_chains(left_over_.all());
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
  std::fill(alive_.begin(), alive_.end(), 0);
  fresh_.clear();
  left_over_.clear();
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
