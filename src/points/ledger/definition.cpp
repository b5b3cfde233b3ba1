// SPDX-License-Identifier: PostgreSQL
#include "points/ledger/definition.hpp"

#include <unordered_set>

#include "journey/selector.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;

enum Flag : uint8_t { with_returns = 1, with_validity = 2, owing = 4, flags_known = 7 };

[[noreturn]] void wrong(const std::string& why) { throw Error(sqlstate::invalid_parameter, why); }

void check_length(const char* name, uint64_t micros, bool may_be_zero) {
  if (micros > PointsDefinition::longest || (micros == 0 && !may_be_zero))
    wrong(std::string(name) + " must be " + (may_be_zero ? "at least" : "longer than") +
          " zero, and at most 366000 days");
}

}  // namespace

PointsDefinition::PointsDefinition() : tiers{{"member", 0, 1'000'000}} {}

void PointsDefinition::check() const {
  size_t size = purchases.size() + (returns ? returns->size() : 0);
  for (const PointsTier& t : tiers) size += t.name.size();
  size_limit.check(size);
  if (rate < 0 || rate > rate_limit) wrong("rate must be from 0 to 1000000");
  check_length("pending", pending, true);
  if (validity) check_length("validity", *validity, false);
  check_length("look_back", look_back, false);
  check_length("keeps", keeps, false);
  if (tiers.empty() || tiers.size() > max_tiers) wrong("there must be from 1 to 1000 tiers");
  if (tiers.front().least != 0) wrong("the first tier must begin at 0 points");
  std::unordered_set<std::string_view> names;
  for (size_t i = 0; i < tiers.size(); ++i) {
    const PointsTier& t = tiers[i];
    if (t.name.empty()) wrong("a tier must have a name, not an empty text");
    if (!names.insert(t.name).second) wrong("two tiers have the name \"" + t.name + "\"");
    if (t.least > points_limit || (i > 0 && t.least <= tiers[i - 1].least))
      wrong("the points of tiers must ascend, and be at most 10^15");
    if (t.multiplier < 0 || t.multiplier > multiplier_limit)
      wrong("the multiplier of a tier must be from 0 to 1000");
  }
  parse_selector(purchases);
  if (returns) parse_selector(*returns);
}

void PointsDefinition::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  w.u8(static_cast<uint8_t>((returns ? with_returns : 0) | (validity ? with_validity : 0) |
                            (owe ? owing : 0)));
  w.signed_varint(rate);
  w.text(purchases);
  if (returns) w.text(*returns);
  w.varint(pending);
  if (validity) w.varint(*validity);
  w.varint(look_back);
  w.varint(keeps);
  w.varint(tiers.size());
  for (const PointsTier& t : tiers) {
    w.text(t.name);
    w.signed_varint(t.least);
    w.signed_varint(t.multiplier);
  }
}

PointsDefinition PointsDefinition::read(std::span<const uint8_t> bytes) {
  size_limit.check(bytes.size());
  Reader r(bytes);
  r.version(version, "points_def");
  const uint8_t flags = r.u8();
  if (flags > flags_known) Reader::fail("it is not a points_def");
  PointsDefinition d;
  d.owe = flags & owing;
  d.rate = r.signed_varint();
  d.purchases = r.text();
  if (flags & with_returns) d.returns = r.text();
  d.pending = r.varint();
  if (flags & with_validity) d.validity = r.varint();
  d.look_back = r.varint();
  d.keeps = r.varint();
  d.tiers.clear();
  for (size_t n = r.count(); n > 0; --n) {
    PointsTier t;
    t.name = r.text();
    t.least = r.signed_varint();
    t.multiplier = r.signed_varint();
    d.tiers.push_back(std::move(t));
  }
  if (!writes(d, bytes)) Reader::fail("it is not a points_def");
  d.check();
  return d;
}

}  // namespace clientele
