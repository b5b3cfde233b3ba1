// SPDX-License-Identifier: PostgreSQL
// Funnels over a handful of events against all chains there are. The input's bytes are the question
// and the events; another search than the one under test, written from the meaning alone.
#include <algorithm>
#include <optional>

#include "funnel/steps/definition.hpp"
#include "fuzz.hpp"

using namespace clientele;
using fuzz::must;

namespace {

fuzz::Tally tally("of at least two steps", "with a chain of two");

class Choices {
 public:
  Choices(const uint8_t* data, size_t size) : at_(data), end_(data + size) {}
  unsigned below(unsigned n) { return at_ == end_ ? 0 : *at_++ % n; }
  bool flag() { return below(2) != 0; }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
};

constexpr Micros day_length = 10;
Micros day_end(const void*, Micros at) {
  return (at >= 0 ? at / day_length : -((-at + day_length - 1) / day_length)) * day_length +
         day_length;
}

/// All chains, one event after another.
class AllChains {
 public:
  AllChains(const FunnelQuestion& question, std::span<const Hit> hits) : q_(question), hits_(hits) {
    grow();
  }
  const Chain& best() const { return best_; }

 private:
  bool serves(size_t i, int step) const {
    const auto& steps = q_.classes[hits_[i].cls].steps;
    return std::find(steps.begin(), steps.end(), step) != steps.end();
  }
  bool taken(size_t i) const { return std::find(chain_.begin(), chain_.end(), i) != chain_.end(); }
  Micros at(size_t position) const { return hits_[chain_[position]].at; }

  void grow() {
    judge();
    const int step = static_cast<int>(chain_.size()) + 1;
    if (step > q_.steps) return;
    for (size_t i = 0; i < hits_.size(); ++i) {
      if (taken(i)) continue;
      if (q_.order == StepOrder::any) {
        if (!chain_.empty() && i < chain_.back()) continue;  // a set, in the order of the events
      } else if (!serves(i, step) || (!chain_.empty() && hits_[i].at < hits_[chain_.back()].at)) {
        continue;
      }
      chain_.push_back(i);
      grow();
      chain_.pop_back();
    }
  }

  /// Can the events of the chain serve that many different steps?
  bool matches(size_t position, unsigned used) const {
    if (position == chain_.size()) return true;
    for (int s = 1; s <= q_.steps; ++s)
      if ((used >> s & 1) == 0 && serves(chain_[position], s) &&
          matches(position + 1, used | 1u << s))
        return true;
    return false;
  }

  bool excluded() const {
    for (size_t e = 0; e < q_.exclusions.size(); ++e) {
      const auto [from, to, trigger] = q_.exclusions[e];
      if (static_cast<size_t>(to) > chain_.size()) continue;
      for (const Hit& h : hits_) {
        const auto& triggers = q_.classes[h.cls].exclusions;
        if (std::find(triggers.begin(), triggers.end(), trigger) != triggers.end() &&
            at(from - 1) < h.at && h.at < at(to - 1))
          return true;
      }
    }
    return false;
  }

  /// Can an event that was not taken stand somewhere, among the taken ones of its time?
  bool harmless(size_t i, const Chain& times) const {
    const Micros at = hits_[i].at;
    const auto first = std::lower_bound(times.begin(), times.end(), at) - times.begin();
    const auto last = std::upper_bound(times.begin(), times.end(), at) - times.begin();
    const auto size = static_cast<int>(times.size());
    for (auto p = static_cast<int>(first); p <= static_cast<int>(last); ++p) {
      if (p == 0 || p == size) return true;
      bool met = false, known = false, repeated = false;
      for (const int step : q_.classes[hits_[i].cls].steps) {
        met = true;
        known |= step <= p + 1;
        repeated |= step > 1 && step < size && step <= p + 1;
      }
      if (q_.order != StepOrder::strict && (!q_.strict_order || (q_.allow_reentry ? met : known)) &&
          !(q_.strict_deduplication && repeated))
        return true;
    }
    return false;
  }

  void judge() {
    if (chain_.empty()) return;
    Chain times;
    for (size_t k = 0; k < chain_.size(); ++k) times.push_back(at(k));
    if (elapsed(times.front(), times.back()) > q_.within) return;
    if (q_.natural_day && times.back() >= day_end(nullptr, times.front())) return;
    for (size_t k = 1; k < times.size(); ++k) {
      if (q_.strictly_increasing && times[k - 1] == times[k]) return;
      if (!q_.step_windows.empty() && elapsed(times[k - 1], times[k]) > q_.step_windows[k - 1])
        return;
    }
    if (q_.same_item)
      for (const size_t i : chain_)
        if (hits_[i].item == 0 || hits_[i].item != hits_[chain_[0]].item) return;
    if (q_.order == StepOrder::any ? !matches(0, 0) : excluded()) return;
    if (q_.has_gaps())
      for (size_t i = 0; i < hits_.size(); ++i)
        if (!taken(i) && !harmless(i, times)) return;
    if (times.size() > best_.size() || (times.size() == best_.size() && times < best_))
      best_ = times;
  }

  const FunnelQuestion& q_;
  std::span<const Hit> hits_;
  std::vector<size_t> chain_;
  Chain best_;
};

FunnelQuestion read_question(Choices& c) {
  FunnelQuestion q;
  q.order = static_cast<StepOrder>(c.below(3));
  q.steps = 1 + static_cast<int>(c.below(4));
  const unsigned within = c.below(24);
  q.within = within > 20 ? no_limit : within;
  q.same_item = c.below(4) == 1;
  q.strictly_increasing = c.below(4) == 1;
  q.natural_day = c.below(4) == 1;
  if (q.order != StepOrder::any && !q.same_item && c.flag()) {
    const unsigned modes = c.below(8);
    q.strict_order = modes & 1;
    q.allow_reentry = (modes & 3) == 3;
    q.strict_deduplication = modes & 4;
  }
  if (q.order != StepOrder::any) {
    if (c.below(3) == 1)
      for (int s = 1; s < q.steps; ++s) {
        const unsigned w = c.below(12);
        q.step_windows.push_back(w > 9 ? no_limit : w);
      }
    if (q.steps > 1)
      for (unsigned n = c.below(3); n > 0; --n) {
        const int from = 1 + static_cast<int>(c.below(q.steps - 1));
        q.exclusions.push_back(
            {from, from + 1 + static_cast<int>(c.below(q.steps - from)), q.triggers++});
      }
  }
  // Classes: mostly one step each, as funnels are; some overlap, some only exclude.
  for (unsigned n = 1 + c.below(5); n > 0; --n) {
    EventClass cls;
    if (c.below(3) == 0) {
      for (int s = 1; s <= q.steps; ++s)
        if (c.flag()) cls.steps.push_back(s);
    } else {
      cls.steps.push_back(1 + static_cast<int>(c.below(q.steps)));
    }
    for (size_t e = 0; e < q.exclusions.size(); ++e)
      if (c.below(3) == 1) cls.exclusions.push_back(static_cast<int>(e));
    q.class_of(cls);
  }
  return q;
}

std::vector<Hit> read_hits(Choices& c, const FunnelQuestion& q) {
  std::vector<Hit> hits;
  Micros at = static_cast<Micros>(c.below(21)) - 20;
  for (unsigned n = c.below(8); n > 0; --n) {
    at += c.flag() ? c.below(6) : 0;
    const Hit hit = {at, c.below(static_cast<unsigned>(q.classes.size())), c.below(3)};
    if (hit.cls != 0 || q.needs_all_events()) hits.push_back(hit);
  }
  return hits;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ++tally.runs;
  Choices choices(data, size);
  const FunnelQuestion question = read_question(choices);
  tally.opened += question.steps > 1;
  FunnelSolver solver(question);
  const DayEnd ends = {day_end, nullptr};
  // Two customers with one solver: nothing may be left over from the first.
  for (int customer = 0; customer < 2; ++customer) {
    const std::vector<Hit> hits = read_hits(choices, question);
    const Chain want = AllChains(question, hits).best();
    must(solver.depth(hits, ends) == static_cast<int>(want.size()), "the depth");
    must(solver.times(hits, ends) == want, "the times");
    tally.accepted += want.size() > 1;
  }
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  testing::Random random(seed);
  if (size != 0 && random.one_in(2)) return LLVMFuzzerMutate(data, size, most);
  if (size == 0 || random.one_in(2)) {
    size = std::min<size_t>(most, 20 + random.below(50));
    for (size_t i = 0; i < size; ++i) data[i] = static_cast<uint8_t>(random());
  }
  for (auto left = 1 + random.below(3); left > 0; --left)
    data[random.below(size)] = static_cast<uint8_t>(random.below(24));
  return size;
}
