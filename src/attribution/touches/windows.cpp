// SPDX-License-Identifier: PostgreSQL
#include "attribution/touches/windows.hpp"

#include <algorithm>

#include "base/poll.hpp"
#include "journey/ordered.hpp"

namespace clientele {

// Splits the events before `until` into touches and conversions. Others are ignored.
void WindowFinder::read(const Journey& journey, const TouchCodes& codes) {
  const size_t size = journey.size();
  // One place more than there are events, as each event is written before it is known to count.
  if (at_.size() <= size) {
    at_.resize(size + 1);
    converted_at_.resize(size + 1);
    code_.resize(size + 1);
    label_.resize(size + 1);
    position_.resize(size + 1);
  }
  role_.assign(journey.code_limit(), TouchRole::none);
  std::ranges::copy(codes.role, role_.begin());
  const Micros until = rules_.until.value_or(INT64_MAX);
  const TouchRole* const role = role_.data();
  Micros* const touch_at = at_.data();
  uint16_t* const touch_code = code_.data();
  Micros* const converted_at = converted_at_.data();
  uint32_t* const position = position_.data();
  size_t touches = 0, converted = 0;
  Micros at[Journey::block];
  uint16_t code[Journey::block];
  for (Journey::Scan scan(journey); size_t n = scan.next();) {
    scan.times(at);
    scan.codes(code);
    const bool over = at[n - 1] >= until;
    if (over) n = static_cast<size_t>(std::lower_bound(at, at + n, until) - at);
    const auto begin = static_cast<uint32_t>(scan.begin());
    for (size_t i = 0; i < n; ++i) {
      const TouchRole r = role[code[i]];
      touch_at[touches] = at[i];
      touch_code[touches] = code[i];
      touches += r == TouchRole::touch;
      converted_at[converted] = at[i];
      position[converted] = begin + static_cast<uint32_t>(i);
      converted += r == TouchRole::conversion;
    }
    if (over) break;
    if (begin % (64 * Journey::block) == 0) poll();
  }
  touches_ = touches;
  converted_ = converted;
  order_ties<uint16_t>({touch_at, touches}, {touch_code, touches}, codes.rank);
  const uint32_t* const label = codes.label.data();
  uint32_t* const touch_label = label_.data();
  for (size_t i = 0; i < touches; ++i) touch_label[i] = label[touch_code[i]];
}

void WindowFinder::read_values(const Journey& journey) {
  value_.assign(converted_, 0);
  size_t next = 0;
  journey.each_amount(position_[converted_ - 1] + 1, [&](size_t i, int64_t amount) {
    while (next < converted_ && position_[next] < i) ++next;
    if (next < converted_ && position_[next] == i) value_[next] = amount;
  });
}

void WindowFinder::rest(size_t begin, size_t end) {
  if (!rules_.nulls) return;
  if (rules_.since)
    begin = static_cast<size_t>(std::lower_bound(at_.begin() + static_cast<ptrdiff_t>(begin),
                                                 at_.begin() + static_cast<ptrdiff_t>(end),
                                                 *rules_.since) -
                                at_.begin());
  if (converted_ == 0) {
    null_at_ = at().subspan(begin, end - begin);
    null_labels_ = labels().subspan(begin, end - begin);
    return;
  }
  const auto from = static_cast<ptrdiff_t>(begin), to = static_cast<ptrdiff_t>(end);
  rest_at_.insert(rest_at_.end(), at_.begin() + from, at_.begin() + to);
  rest_label_.insert(rest_label_.end(), label_.begin() + from, label_.begin() + to);
}

void WindowFinder::place() {
  const uint64_t lookback = rules_.lookback.value_or(~uint64_t{0});
  size_t begin = 0, end = 0, used = 0;
  for (size_t c = 0; c < converted_;) {
    const Micros at = converted_at_[c];
    const size_t before = end;  // touches after the conversion at an earlier instant
    if (rules_.after_previous && c > 0) begin = before;
    CreditWindow window{0, 0, 0, 0};
    for (; c < converted_ && converted_at_[c] == at; ++c) {
      ++window.conversions;
      window.value += value_.empty() ? 0 : value_[c];
    }
    while (end < touches_ && at_[end] <= at) ++end;
    while (begin < end && elapsed(at_[begin], at) > lookback) ++begin;
    if (begin > used) rest(used, begin);
    used = std::max(used, end);
    window.value *= value_scale / amount_scale;
    window.begin = begin;
    window.end = end;
    if (!rules_.since || at >= *rules_.since) windows_.push_back(window);
    if (c % 65536 == 0) poll();
  }
  rest(used, touches_);
}

void WindowFinder::cut() {
  const uint64_t lookback = rules_.lookback.value_or(~uint64_t{0});
  for (size_t end = null_at_.size(); end > 0;) {
    const Micros last = null_at_[end - 1];
    size_t begin = 0;
    if (elapsed(null_at_[0], last) > lookback) {
      begin = end - 1;
      while (begin > 0 && elapsed(null_at_[begin - 1], last) <= lookback) --begin;
    }
    null_windows_.push_back({begin, end});
    end = begin;
  }
}

void WindowFinder::find(const Journey& journey, const TouchCodes& codes) {
  windows_.clear();
  null_windows_.clear();
  rest_at_.clear();
  rest_label_.clear();
  value_.clear();
  null_at_ = {};
  null_labels_ = {};
  read(journey, codes);
  if (converted_ > 0 && journey.has_amounts()) read_values(journey);
  place();
  if (converted_ > 0) {
    null_at_ = rest_at_;
    null_labels_ = rest_label_;
  }
  cut();
}

}  // namespace clientele
