// SPDX-License-Identifier: PostgreSQL
#include "attribution/heuristics/present.hpp"

#include <algorithm>

#include "base/poll.hpp"

namespace clientele {

void PresentChannels::start(std::span<const uint32_t> labels, std::span<const Micros> at,
                            size_t channels) {
  clear();
  labels_ = labels;
  at_ = at;
  begin_ = end_ = split_ = 0;
  if (of_.size() < channels) of_.resize(channels);
  if (half_life_ > 0 && sum_from_.size() < labels.size()) {
    sum_from_.resize(labels.size());
    next_.resize(labels.size());
  }
}

void PresentChannels::clear() {
  for (const uint32_t c : present_) of_[c] = {};
  present_.clear();
}

void PresentChannels::enter(size_t i) {
  Channel& c = of_[labels_[i]];
  if (c.count++ == 0) {
    c.place = static_cast<uint32_t>(present_.size());
    present_.push_back(labels_[i]);
  }
}

void PresentChannels::leave(size_t i) {
  Channel& c = of_[labels_[i]];
  if (--c.count > 0) return;
  const uint32_t place = c.place, moved = present_.back();
  c = {};
  if (moved != labels_[i]) {
    present_[place] = moved;
    of_[moved].place = place;
  }
  present_.pop_back();
}

void PresentChannels::split(size_t begin, size_t end) {
  for (const uint32_t c : present_) {
    of_[c].first = none;
    of_[c].later = 0;
  }
  for (size_t i = end; i-- > begin;) {
    Channel& c = of_[labels_[i]];
    sum_from_[i] =
        faded(elapsed(at_[i], at_[end - 1])) + (c.first == none ? 0 : sum_from_[c.first]);
    next_[i] = c.first;
    c.first = i;
    if (i % 65536 == 0) poll();
  }
  split_ = end;
}

void PresentChannels::move(size_t begin, size_t end) {
  if (begin >= end_) {
    clear();
    begin_ = end_ = begin;
  }
  const bool again = half_life_ > 0 && begin > split_;
  for (; begin_ < begin; ++begin_) {
    if (!again && half_life_ > 0) of_[labels_[begin_]].first = next_[begin_];
    leave(begin_);
  }
  for (; end_ < end; ++end_) {
    enter(end_);
    if (again || half_life_ == 0) continue;
    Channel& c = of_[labels_[end_]];
    c.later = 1 + (c.later == 0 ? 0 : c.later * faded(elapsed(c.later_at, at_[end_])));
    c.later_at = at_[end_];
  }
  if (again) split(begin, end);
}

void PresentChannels::weigh() {
  older_ = split_ > begin_ ? faded(elapsed(at_[split_ - 1], at_[end_ - 1])) : 0;
}

double PresentChannels::weight(uint32_t channel) const {
  const Channel& c = of_[channel];
  const double later = c.later == 0 ? 0 : c.later * faded(elapsed(c.later_at, at_[end_ - 1]));
  return later + (c.first == none ? 0 : older_ * sum_from_[c.first]);
}

}  // namespace clientele
