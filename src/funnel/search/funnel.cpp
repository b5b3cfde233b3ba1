// SPDX-License-Identifier: PostgreSQL
#include "funnel/search/funnel.hpp"

#include <algorithm>
#include <utility>

#include "base/poll.hpp"
#include "base/sort.hpp"
#include "funnel/search/any.hpp"
#include "funnel/search/chain.hpp"
#include "funnel/search/plain.hpp"

namespace clientele {
namespace {

constexpr size_t max_made_weight = size_t{1} << 22;

FunnelQuestion growing(const FunnelQuestion& question) {
  FunnelQuestion g = question;
  if (question.has_gaps()) g.gaps = harmless_gaps(question, 0);
  return g;
}

}  // namespace

uint32_t FunnelQuestion::class_of(const EventClass& wanted) {
  const auto found = std::find(classes.begin(), classes.end(), wanted);
  if (found == classes.end()) {
    classes.push_back(wanted);
    return static_cast<uint32_t>(classes.size()) - 1;
  }
  return static_cast<uint32_t>(found - classes.begin());
}

void FunnelQuestion::split_shared() {
  if (!shared) return;
  const size_t whole = classes.size();
  for (size_t c = 0; c < whole; ++c) {
    if (classes[c].steps.size() < 2) continue;
    parts.resize(whole);
    EventClass part{{}, std::move(classes[c].exclusions)};
    for (const int step : std::exchange(classes[c].steps, {})) {
      part.steps.assign(1, step);
      const uint32_t number = class_of(part);
      parts[c].push_back(number);
    }
  }
}

FunnelSolver::FunnelSolver(const FunnelQuestion& question) : question_(question) {
  if (question.order == StepOrder::any)
    any_ = std::make_unique<AnySearch>(question);
  else if (PlainSearch::can_answer(question))
    plain_ = std::make_unique<PlainSearch>(question);
  else
    forward_ = std::make_unique<ChainSearch>(growing(question));
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

// All events of one item at a time.
void FunnelSolver::search_day(std::span<const Hit> all) {
  if (!question_.exclusions.empty()) find_blocked(question_, all, blocked_);
  if (!question_.same_item) return search_part(all, {all, {}});
  std::vector<std::pair<uint32_t, uint32_t>> by_item;
  for (size_t i = 0; i < all.size(); ++i)
    if (all[i].item != 0 && !question_.classes[all[i].cls].steps.empty())
      by_item.emplace_back(all[i].item, static_cast<uint32_t>(i));
  sort_polled(by_item.begin(), by_item.end());
  if (question_.needs_all_events()) {
    instant_.assign(all.size() + 1, static_cast<uint32_t>(all.size()));
    for (size_t i = 0; i < all.size(); ++i)
      instant_[i] =
          i > 0 && all[i].at == all[i - 1].at ? instant_[i - 1] : static_cast<uint32_t>(i);
  }
  const std::span<const std::pair<uint32_t, uint32_t>> items(by_item);
  for (size_t i = 0, end = 0; i < items.size(); i = end) {
    while (end < items.size() && items[end].first == items[i].first) ++end;
    search_item(all, items.subspan(i, end - i));
  }
}

// Where nothing else may stand between two steps, an event of the class without meaning stands for
// all others of an instant, and for all of those between two instants.
void FunnelSolver::search_item(std::span<const Hit> all,
                               std::span<const std::pair<uint32_t, uint32_t>> of_item) {
  part_hits_.clear();
  part_index_.clear();
  const auto add = [&](uint32_t index, uint32_t cls) {
    part_index_.push_back(index);
    part_hits_.push_back({all[index].at, cls, 0});
  };
  uint32_t before = 0;
  for (size_t i = 0, end = 0; i < of_item.size(); i = end) {
    const uint32_t begin = question_.needs_all_events() ? instant_[of_item[i].second] : 0;
    while (end < of_item.size() &&
           (end == i || (question_.needs_all_events() && instant_[of_item[end].second] == begin)))
      ++end;
    if (question_.needs_all_events()) {
      uint32_t after = of_item[end - 1].second;
      while (instant_[after] == begin) ++after;
      if (i > 0 && before < begin) add(before, 0);
      if (end - i < after - begin) add(begin, 0);
      before = after;
    }
    for (size_t k = i; k < end; ++k) add(of_item[k].second, all[of_item[k].second].cls);
  }
  search_part(all, {part_hits_, part_index_});
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

ChainSearch& FunnelSolver::made(std::vector<std::unique_ptr<ChainSearch>>& searches, int depth,
                                FunnelQuestion (*make)(const FunnelQuestion&, int)) {
  searches.resize(question_.steps + 1);
  std::unique_ptr<ChainSearch>& search = searches[depth];
  if (!search) {
    if (made_weight_ > max_made_weight) {
      exact_.clear();
      backward_.clear();
      made_weight_ = 0;
      return made(searches, depth, make);
    }
    search = std::make_unique<ChainSearch>(make(question_, depth));
    made_weight_ += search->weight();
  }
  return *search;
}

void FunnelSolver::search_ordered(std::span<const Hit> all, const FunnelPart& part) {
  int depth = forward_->run(part, blocked_, all.size(), true);
  // strict_deduplication lets repeats of the last step stand before it. They could end the chain as
  // well, except at the instant of the step before where times must increase; and there they could
  // stand before that step if strict_order did not forbid it.
  if (question_.strict_deduplication && question_.strict_order && !question_.allow_reentry &&
      question_.strictly_increasing && depth > 0 && depth < question_.steps &&
      depth + 1 >= best_depth_ &&
      made(exact_, depth + 1, shortened).run(part, blocked_, all.size(), true) > depth)
    ++depth;
  if (depth < best_depth_ || depth == 0) return;
  if (want_times_)
    smallest_chain(all, part, depth);
  else
    best_depth_ = depth;
}

void FunnelSolver::smallest_chain(std::span<const Hit> all, const FunnelPart& part, int depth) {
  const auto turn = [](std::span<const Hit> from, std::vector<Hit>& to) {
    to.clear();
    for (auto h = from.rbegin(); h != from.rend(); ++h) to.push_back({-h->at, h->cls, h->item});
  };
  ChainSearch& backward = made(backward_, depth, turned);
  const FunnelQuestion& question = backward.question();
  turn(part.hits, turned_part_);
  turned_index_.clear();
  if (!question.exclusions.empty()) {
    turn(all, turned_all_);
    find_blocked(question, turned_all_, turned_blocked_);
    for (auto i = part.index.rbegin(); i != part.index.rend(); ++i)
      turned_index_.push_back(static_cast<uint32_t>(all.size()) - 1 - *i);
  }
  backward.run({turned_part_, turned_index_}, turned_blocked_, all.size(), false);
  backward.latest(chain_);
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
