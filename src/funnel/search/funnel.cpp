// SPDX-License-Identifier: PostgreSQL
#include "funnel/search/funnel.hpp"

#include <algorithm>

#include "base/poll.hpp"
#include "base/sort.hpp"
#include "funnel/search/any.hpp"
#include "funnel/search/chain.hpp"
#include "funnel/search/plain.hpp"
#include "funnel/search/strict.hpp"

namespace clientele {
namespace {

constexpr size_t max_backward_weight = size_t{1} << 22;

}  // namespace

uint32_t FunnelQuestion::class_of(const EventClass& wanted) {
  const auto found = std::find(classes.begin(), classes.end(), wanted);
  if (found == classes.end()) {
    classes.push_back(wanted);
    return static_cast<uint32_t>(classes.size()) - 1;
  }
  return static_cast<uint32_t>(found - classes.begin());
}

FunnelSolver::FunnelSolver(const FunnelQuestion& question)
    : question_(question), backward_(question.steps + 1) {
  switch (question.order) {
    case StepOrder::ordered:
      if (PlainSearch::can_answer(question))
        plain_ = std::make_unique<PlainSearch>(question);
      else
        forward_ = std::make_unique<ChainSearch>(question);
      break;
    case StepOrder::strict:
      strict_ = std::make_unique<StrictSearch>(question);
      break;
    case StepOrder::any:
      any_ = std::make_unique<AnySearch>(question);
      break;
  }
}

FunnelSolver::~FunnelSolver() = default;

int FunnelSolver::depth(std::span<const Hit> hits, DayEnd day_end) {
  want_times_ = false;
  search(hits, day_end);
  return best_depth_;
}

const Chain& FunnelSolver::times(std::span<const Hit> hits, DayEnd day_end) {
  want_times_ = true;
  search(hits, day_end);
  return best_;
}

uint16_t FunnelSolver::step_of(uint32_t cls) const { return plain_->step_of(cls); }

int FunnelSolver::depth(const Timeline& timeline) {
  return plain_->depth(timeline.at, timeline.step);
}

const Chain& FunnelSolver::times(const Timeline& timeline) {
  plain_->chain(timeline.at, timeline.step, depth(timeline), best_);
  return best_;
}

void FunnelSolver::search(std::span<const Hit> hits, DayEnd day_end) {
  best_depth_ = 0;
  best_.clear();
  if (!question_.natural_day) return search_day(hits);
  for (size_t begin = 0, end = 0; begin < hits.size(); begin = end) {
    const Micros midnight = day_end(hits[begin].at);
    end = begin + 1;
    while (end < hits.size() && hits[end].at < midnight) ++end;
    search_day(hits.subspan(begin, end - begin));
    poll();
  }
}

// Strict looks at whole instants and sorts out the items itself; the other orders look at the
// events of one item at a time.
void FunnelSolver::search_day(std::span<const Hit> all) {
  if (!question_.exclusions.empty()) find_blocked(question_, all, blocked_);
  if (strict_) {
    strict_->run(all, blocked_, [this](const Chain& c) { offer(static_cast<int>(c.size()), c); });
    return;
  }
  if (!question_.same_item) return search_part(all, {all, {}});
  std::vector<std::pair<uint32_t, uint32_t>> by_item;
  for (size_t i = 0; i < all.size(); ++i)
    if (all[i].item != 0 && !question_.classes[all[i].cls].steps.empty())
      by_item.emplace_back(all[i].item, static_cast<uint32_t>(i));
  sort_polled(by_item.begin(), by_item.end());
  for (size_t i = 0; i < by_item.size();) {
    part_hits_.clear();
    part_index_.clear();
    const uint32_t item = by_item[i].first;
    for (; i < by_item.size() && by_item[i].first == item; ++i) {
      part_index_.push_back(by_item[i].second);
      part_hits_.push_back(all[by_item[i].second]);
    }
    search_part(all, {part_hits_, part_index_});
  }
}

void FunnelSolver::search_part(std::span<const Hit> all, const FunnelPart& part) {
  if (plain_) {
    plain_at_.clear();
    plain_step_.clear();
    for (const Hit& h : part.hits) {
      plain_at_.push_back(h.at);
      plain_step_.push_back(plain_->step_of(h.cls));
    }
    const int depth = plain_->depth(plain_at_, plain_step_.data());
    if (want_times_ && depth >= best_depth_)
      plain_->chain(plain_at_, plain_step_.data(), depth, chain_);
    offer(depth, chain_);
  } else if (any_) {
    const Chain& chain = any_->run(part.hits);
    offer(static_cast<int>(chain.size()), chain);
  } else {
    search_ordered(all, part);
  }
}

void FunnelSolver::search_ordered(std::span<const Hit> all, const FunnelPart& part) {
  const int depth = forward_->run(part, blocked_, all.size(), true);
  if (depth < best_depth_ || depth == 0) return;
  if (!want_times_) {
    best_depth_ = depth;
    return;
  }
  const auto turn = [](std::span<const Hit> from, std::vector<Hit>& to) {
    to.clear();
    for (auto h = from.rbegin(); h != from.rend(); ++h) to.push_back({-h->at, h->cls, h->item});
  };
  if (!backward_[depth]) {
    if (backward_weight_ > max_backward_weight) {
      for (auto& search : backward_) search.reset();
      backward_weight_ = 0;
    }
    backward_[depth] = std::make_unique<ChainSearch>(turned(question_, depth));
    backward_weight_ += backward_[depth]->weight();
  }
  const FunnelQuestion& question = backward_[depth]->question();
  turn(part.hits, turned_part_);
  turned_index_.clear();
  if (!question.exclusions.empty()) {
    turn(all, turned_all_);
    find_blocked(question, turned_all_, turned_blocked_);
    for (auto i = part.index.rbegin(); i != part.index.rend(); ++i)
      turned_index_.push_back(static_cast<uint32_t>(all.size()) - 1 - *i);
  }
  backward_[depth]->run({turned_part_, turned_index_}, turned_blocked_, all.size(), false);
  backward_[depth]->latest(chain_);
  for (Micros& at : chain_) at = -at;
  offer(depth, chain_);
}

void FunnelSolver::offer(int depth, const Chain& chain) {
  if (depth < best_depth_ || depth == 0) return;
  if (depth == best_depth_ && (!want_times_ || !(chain < best_))) return;
  best_depth_ = depth;
  if (want_times_) best_ = chain;
}

}  // namespace clientele
