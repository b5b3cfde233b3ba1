// SPDX-License-Identifier: PostgreSQL
#include "funnel/rows/raw.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/error.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;

[[noreturn]] void differs() {
  throw Error(sqlstate::invalid_parameter,
              "window_funnel's window, mode and number of steps must be the same for every row");
}

bool needs_all_rows(const StepModes& modes) {
  FunnelQuestion question;
  static_cast<StepModes&>(question) = modes;
  return question.needs_all_events();
}

}  // namespace

void RawFunnel::define_first(uint64_t within, size_t steps, std::string_view mode) {
  if (steps == 0)
    throw Error(
        sqlstate::invalid_parameter, "window_funnel needs at least one condition",
        "Each step is a condition: window_funnel('1 day', at, event = 'search', event = 'buy').");
  RawRule rule;
  if (!mode.empty()) static_cast<StepModes&>(rule) = parse_modes(mode);
  rule.steps = static_cast<int32_t>(steps);
  rule.within = within;
  if (rule_.steps != 0 && rule_ != rule) differs();
  rule_ = rule;
  all_rows_ = needs_all_rows(rule);
  mode_.assign(mode.begin(), mode.end());
  rows_.reserve(8 * (1 + rule.words()));
}

void RawFunnel::add_wide(Micros at, const uint8_t* flags) {
  const size_t place = rows_.size();
  rows_.resize(place + 1 + rule_.words(), 0);
  rows_[place] = static_cast<uint64_t>(at);
  uint64_t* const mask = &rows_[place + 1];
  for (size_t s = 0; s < static_cast<size_t>(rule_.steps); ++s)
    mask[s / 64] |= static_cast<uint64_t>(flags[s] != 0) << (s % 64);
}

void RawFunnel::merge(const RawFunnel& other) {
  if (other.rule_.steps == 0) return;
  if (rule_.steps != 0 && rule_ != other.rule_) differs();
  rule_ = other.rule_;
  all_rows_ = other.all_rows_;
  rows_.insert(rows_.end(), other.rows_.begin(), other.rows_.end());
}

void RawFunnel::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  w.u8(static_cast<uint8_t>(rule_.order));
  w.u8(static_cast<uint8_t>(rule_.strictly_increasing | rule_.strict_order << 1 |
                            rule_.allow_reentry << 2 | rule_.strict_deduplication << 3 |
                            rule_.shared << 4));
  w.varint(rule_.within);
  w.varint(static_cast<uint64_t>(rule_.steps));
  w.varint(rows_.size());
  w.raw(rows_.data(), rows_.size() * sizeof(uint64_t));
}

void RawFunnel::read(Reader& r) {
  r.version(version, "window_funnel");
  const uint8_t order = r.u8(), flags = r.u8();
  rule_.within = r.varint();
  const uint64_t steps = r.varint();
  if (order > static_cast<uint8_t>(StepOrder::any) || flags > 31 || (flags & 6) == 4 ||
      steps > std::numeric_limits<int32_t>::max())
    Reader::fail("impossible rules of a funnel");
  rule_.order = static_cast<StepOrder>(order);
  rule_.strictly_increasing = flags & 1;
  rule_.strict_order = flags & 2;
  rule_.allow_reentry = flags & 4;
  rule_.strict_deduplication = flags & 8;
  rule_.shared = flags & 16;
  if (rule_.order == StepOrder::any && (flags & 26) != 0)
    Reader::fail("impossible rules of a funnel");
  rule_.steps = static_cast<int32_t>(steps);
  all_rows_ = needs_all_rows(rule_);
  const size_t n = r.count();
  if (n % (1 + rule_.words()) != 0 || (steps == 0 && n > 0))
    Reader::fail("a row of a funnel is cut");
  const uint8_t* const rows = r.take(n * sizeof(uint64_t));
  if (n == 0) return;
  rows_.resize(n);
  std::memcpy(rows_.data(), rows, n * sizeof(uint64_t));
  if (rule_.steps % 64 == 0) return;
  for (size_t last = rule_.words(); last < n; last += 1 + rule_.words())
    if (rows_[last] >> (rule_.steps % 64) != 0) Reader::fail("a row meets a condition too many");
}

}  // namespace clientele
