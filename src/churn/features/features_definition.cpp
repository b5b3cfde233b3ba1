// SPDX-License-Identifier: PostgreSQL
#include "churn/features/features_definition.hpp"

#include <algorithm>

#include "journey/selector.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;

}  // namespace

void FeaturesDefinition::check() const {
  size_t bytes = 0;
  for (const auto& s : selector) bytes += s ? s->size() : 0;
  size_limit.check(bytes);
  if (period <= 0)
    throw Error(sqlstate::invalid_parameter, "period must be longer than zero",
                "Such as '30 days' or '1 week'.");
  if (session_gap < 0) throw Error(sqlstate::invalid_parameter, "session_gap must not be negative");
  if (time_zone.empty() || time_zone.find('\0') != std::string::npos)
    throw Error(sqlstate::invalid_parameter, "a churn_features_def needs a time_zone",
                "Such as UTC or Asia/Shanghai.");
  for (const auto& s : selector)
    if (s) parse_selector(*s);
}

void FeaturesDefinition::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  uint8_t given = 0;
  for (int r = 0; r < feature_roles; ++r)
    given |= static_cast<uint8_t>(selector[r].has_value() << r);
  w.u8(given);
  w.varint(static_cast<uint64_t>(period));
  w.varint(static_cast<uint64_t>(session_gap));
  for (const auto& s : selector)
    if (s) w.text(*s);
  w.text(time_zone);
}

FeaturesDefinition FeaturesDefinition::read(std::span<const uint8_t> bytes) {
  size_limit.check(bytes.size());
  Reader r(bytes);
  if (const uint8_t v = r.u8(); v != version)
    throw Error(sqlstate::corrupted, "churn_features_def format version " + std::to_string(v) +
                                         " is not known to this release");
  const uint8_t given = r.u8();
  FeaturesDefinition d;
  d.period = static_cast<int64_t>(r.varint());
  d.session_gap = static_cast<int64_t>(r.varint());
  for (int role = 0; role < feature_roles; ++role)
    if (given >> role & 1) d.selector[role] = r.text();
  d.time_zone = r.text();
  if (!writes(d, bytes)) Reader::fail("it is not a churn_features_def");
  d.check();
  return d;
}

}  // namespace clientele
