// SPDX-License-Identifier: PostgreSQL
#include "engagement/activity/summary.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "journey/journey.hpp"

namespace clientele {
namespace {

constexpr uint8_t format_version = 1;

uint64_t total(std::span<const CountedRow<uint32_t>> groups) {
  uint64_t n = 0;
  for (const CountedRow<uint32_t>& group : groups) n += group.customers;
  return n;
}

}  // namespace

void ActivitySummary::add_customer(uint32_t events, uint32_t different,
                                   std::span<const int64_t> periods, int64_t window, int64_t last) {
  if (frequency_.add(events)) frequency_.groups();
  if (stickiness_.add(different)) stickiness_.groups();
  periods_.add(periods, window, last);
}

void ActivitySummary::merge(const ActivitySummary& other) {
  if (!other.started()) return;
  if (!started()) start(other.definition_);
  if (!same_bytes(definition_, other.definition_))
    throw Error(sqlstate::invalid_parameter, "summaries of different activity cannot be joined",
                "Group by the activity_def; where it has no until or time_zone, those of the time "
                "of the question count.");
  customers_ += other.customers_;
  for (size_t h = 0; h < week_hours; ++h) {
    hours_[h].events += other.hours_[h].events;
    hours_[h].customers += other.hours_[h].customers;
  }
  frequency_.merge(other.frequency_);
  stickiness_.merge(other.stickiness_);
  periods_.merge(other.periods_);
}

void ActivitySummary::write(Bytes& out) const {
  Writer w(out);
  w.u8(format_version);
  w.counted(definition_);
  w.varint(customers_);
  for (const Hour& h : hours_) {
    w.varint(h.events);
    w.varint(h.customers);
  }
  frequency_.write(w);
  stickiness_.write(w);
  periods_.write(w);
}

void ActivitySummary::read(Reader& r) {
  r.version(format_version, "activity_summary");
  const std::span<const uint8_t> definition = r.counted();
  if (!ActivityDefinition::read(definition).resolved())
    Reader::fail("an activity_summary has no time or time zone");
  start(definition);
  customers_ = r.varint();
  if (customers_ > max_counted) Reader::fail("impossibly many customers");
  uint64_t events = 0;
  for (Hour& h : hours_) {
    h.events = r.varint();
    h.customers = r.varint();
    if (h.customers > customers_ || h.customers > h.events || (h.events > 0) != (h.customers > 0) ||
        h.events > max_counted || (events += h.events) > max_counted)
      Reader::fail("impossible counts of events");
  }
  const auto check = [](uint32_t n) {
    if (n > max_journey_events) Reader::fail("impossibly many events of a customer");
  };
  frequency_.read(r, check);
  stickiness_.read(r, check);
  if (total(frequency_.groups()) != customers_ || total(stickiness_.groups()) != customers_)
    Reader::fail("customers do not add up");
  periods_.read(r, customers_);
}

}  // namespace clientele
