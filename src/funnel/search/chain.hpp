// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <limits>

#include "funnel/search/gaps.hpp"

namespace clientele {

inline constexpr Micros never = std::numeric_limits<Micros>::min();

/// blocked[t * all.size() + i]: the last time strictly before all[i] of an event that is trigger t,
/// or `never`. 54000 if that would be more than a gigabyte.
void find_blocked(const FunnelQuestion& question, std::span<const Hit> all,
                  std::vector<Micros>& blocked);

/// The same question for chains of the first `depth` steps only.
FunnelQuestion shortened(const FunnelQuestion& question, int depth);

/// The same with time running backwards.
FunnelQuestion turned(const FunnelQuestion& question, int depth);

/// The ordered funnel, in one pass.
///
/// The valid chains of one length form a lattice under the componentwise maximum of their times: if
/// c and d are valid, so is max(c, d), as each rule (order, window, window of a step, exclusion)
/// bounds an earlier time from below by a later one. A mode says which events may stand in the gap
/// after step i, and each gap of max(c, d) lies within that gap of c or of d. So for each length
/// there is one latest chain, it can be continued whenever any other can, and it is enough to keep
/// that one until an event breaks it. Run on turned time the same search gives the componentwise,
/// hence lexicographically, smallest chain.
///
/// It takes O(steps served) for an event at a time of its own, so it is linear. Events at one
/// instant have to be matched with steps: at worst each length of a chain with each event.
class ChainSearch {
 public:
  explicit ChainSearch(FunnelQuestion question);

  /// The depth. Stops at the last event that matters if `early`; else the latest chain of full
  /// length is available afterwards.
  int run(const FunnelPart& part, std::span<const Micros> blocked, size_t all, bool early);
  /// The times of the latest chain of full length, last step first.
  void latest(Chain& chain) const;
  const FunnelQuestion& question() const { return question_; }
  /// About how many words it keeps.
  size_t weight() const;

 private:
  struct Latest {
    Micros first;
    Micros last;
    int64_t node;
    bool valid;
  };

  template <bool Plain>
  bool can_follow(int step, Micros at) const;
  bool not_excluded(int step, int prefix, size_t index) const;
  void extend(int prefix, int step, Micros at);
  void one_event(const Hit& hit, size_t index);
  void drop_dead_nodes();
  void several_events(std::span<const Hit> hits, size_t index);
  bool find_tie_steps(std::span<const Hit> hits);
  void one_of_several(Micros at, size_t index);
  void break_chains(HarmlessGaps harmless);

  FunnelQuestion question_;
  bool plain_;                                   // no windows of steps, no exclusions
  bool gaps_;                                    // a mode says what may stand between
  std::vector<std::vector<int>> exclusions_to_;  // by the step they end at
  std::vector<Latest> latest_;                   // by length
  std::vector<Micros> anchors_;  // time of step `from` of exclusion e in latest_[length]
  struct Node {
    Micros at;
    int64_t previous;
  };
  bool keep_nodes_ = false;
  std::vector<Node> nodes_;
  std::span<const Micros> blocked_;
  size_t all_ = 0;
  int depth_ = 0;
  TieMatching tie_;
  LeftOver left_over_;
  std::vector<uint64_t> alive_;  // by length, if there are gaps: is latest_ valid
  std::vector<int> fresh_;       // the lengths of chains that end at this instant
  std::vector<int> tie_steps_, new_lengths_, new_prefix_;
  Work work_;
  size_t node_limit_;
};

}  // namespace clientele
