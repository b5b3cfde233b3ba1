// SPDX-License-Identifier: PostgreSQL
#include "funnel/steps/summary.hpp"

#include <algorithm>

namespace clientele {

namespace {
constexpr uint8_t format_version = 1;
}

void FunnelSummary::start(std::span<const uint8_t> definition, int steps) {
  definition_.assign(definition.begin(), definition.end());
  reached_.assign(steps, 0);
  waits_.resize(steps - 1);
}

void FunnelSummary::add(std::span<const Micros> chain) {
  ++customers_;
  for (size_t i = 0; i < chain.size(); ++i) {
    ++reached_[i];
    // Such a wait does not fit into an interval, though it does into a bucket.
    if (i > 0)
      waits_[i - 1].add(
          static_cast<int64_t>(std::min<uint64_t>(elapsed(chain[i - 1], chain[i]), INT64_MAX)));
  }
}

void FunnelSummary::merge(const FunnelSummary& other) {
  if (!other.started()) return;
  if (!started()) start(other.definition_, other.steps());
  if (!std::equal(definition_.begin(), definition_.end(), other.definition_.begin(),
                  other.definition_.end()))
    throw Error(sqlstate::invalid_parameter, "summaries of different funnels cannot be joined",
                "Group by the funnel's definition.");
  customers_ += other.customers_;
  for (size_t i = 0; i < reached_.size(); ++i) reached_[i] += other.reached_[i];
  for (size_t i = 0; i < waits_.size(); ++i) waits_[i].merge(other.waits_[i]);
}

void FunnelSummary::write(Bytes& out) const {
  Writer w(out);
  w.u8(format_version);
  w.varint(definition_.size());
  w.raw(definition_.data(), definition_.size());
  w.varint(customers_);
  w.varint(reached_.size());
  for (const uint64_t n : reached_) w.varint(n);
  for (const Durations& d : waits_) d.write(out);
}

void FunnelSummary::read(Reader& reader) {
  reader.version(format_version, "funnel_summary");
  const size_t size = reader.count();
  const uint8_t* definition = reader.take(size);
  const FunnelDefinition parsed = FunnelDefinition::read({definition, size});
  parsed.check();
  const uint64_t customers = reader.varint();
  const size_t steps = reader.count();
  if (steps != parsed.steps.size()) Reader::fail("a funnel's steps and counts differ in number");
  start({definition, size}, static_cast<int>(steps));
  customers_ = customers;
  uint64_t most = customers;
  for (uint64_t& n : reached_) {
    n = reader.varint();
    if (n > most) Reader::fail("a funnel grows from step to step");
    most = n;
  }
  for (size_t i = 0; i < waits_.size(); ++i) {
    waits_[i].read(reader);
    if (waits_[i].count() != reached_[i + 1])
      Reader::fail("a funnel's times do not match its counts");
  }
}

}  // namespace clientele
