// SPDX-License-Identifier: PostgreSQL
#include "attribution/heuristics/present.hpp"

#include <algorithm>
#include <cmath>

#include "base/poll.hpp"

namespace clientele {

void PresentChannels::start(std::span<const uint32_t> labels, std::span<const Micros> at,
                            size_t channels) {
  clear();
  labels_ = labels;
  at_ = at;
  begin_ = end_ = split_ = epoch_ = 0;
  if (of_.size() < channels) of_.resize(channels);
  if (half_life_ > 0 && sum_from_.size() < labels.size()) {
    weight_.resize(labels.size());
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

void PresentChannels::weigh(size_t i) {
  const double age = static_cast<double>(elapsed(at_[epoch_], at_[i])) / half_life_;
  if (age > longest_epoch) epoch_ = i;
  weight_[i] = epoch_ == i ? 1 : std::exp2(age);
}

void PresentChannels::split(size_t begin, size_t end) {
  for (const uint32_t c : present_) {
    of_[c].first = none;
    of_[c].later = 0;
  }
  for (size_t i = end; i-- > begin;) {
    Channel& c = of_[labels_[i]];
    sum_from_[i] = (i < epoch_ ? 0 : weight_[i]) + (c.first == none ? 0 : sum_from_[c.first]);
    next_[i] = c.first;
    c.first = i;
    if (i % 65536 == 0) poll();
  }
  split_ = end;
}

void PresentChannels::move(size_t begin, size_t end) {
  if (begin >= end_) {
    clear();
    begin_ = end_ = epoch_ = begin;
  }
  const bool again = half_life_ > 0 && begin > split_;
  for (; begin_ < begin; ++begin_) {
    if (!again && half_life_ > 0) of_[labels_[begin_]].first = next_[begin_];
    leave(begin_);
  }
  for (; end_ < end; ++end_) {
    enter(end_);
    if (half_life_ == 0) continue;
    weigh(end_);
    if (again) continue;
    Channel& c = of_[labels_[end_]];
    c.later = weight_[end_] + (c.later_since == epoch_ ? c.later : 0);
    c.later_since = epoch_;
  }
  if (again) split(begin, end);
}

double PresentChannels::weight(uint32_t channel) const {
  const Channel& c = of_[channel];
  const double later = c.later_since == epoch_ ? c.later : 0;
  return later + (c.first == none || split_ <= epoch_ ? 0 : sum_from_[c.first]);
}

}  // namespace clientele
