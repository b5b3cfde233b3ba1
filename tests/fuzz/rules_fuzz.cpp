// SPDX-License-Identifier: PostgreSQL
// Rules of points and of what is unusual, as bytes from outside, and what they say of events and of
// values. An input is a kind and then
//   0, 1  the bytes of rules of points, which are read as events, too
//   2     the bytes of an anomaly_def
//   3     events of 4 bytes each, by rules that are known
#include <cmath>
#include <map>

#include "alerts/anomaly/monitor.hpp"
#include "fuzz.hpp"
#include "points/ledger/ledger.hpp"

using namespace clientele;
using fuzz::bytes_of;
using fuzz::must;

namespace {

fuzz::Tally tally("past the first byte", "read");

/// Each event is its kind, what it is about, a number, and the hours since the one before.
std::vector<PointEvent> events_of(std::span<const uint8_t> bytes) {
  std::vector<PointEvent> events;
  Micros at = 0;
  for (size_t i = 0; i + 4 <= bytes.size(); i += 4) {
    PointEvent e;
    e.id = static_cast<int64_t>(events.size()) + 1;
    e.kind = static_cast<PointKind>(bytes[i] % 6);
    e.account = bytes[i] / 6 % 3;
    if (bytes[i + 1] % 3 == 0 || e.kind == PointKind::join) e.of = bytes[i + 1] / 3;
    if (bytes[i + 1] % 3 == 1) e.item = bytes[i + 1] / 48;
    const auto number = static_cast<int8_t>(bytes[i + 2]);
    e.points = e.kind == PointKind::adjust ? number : bytes[i + 2];
    if (bytes[i + 2] % 16 != 0) e.amount = int64_t{bytes[i + 2]} * 370'000;
    at += bytes[i + 3] * int64_t{3'600'000'000};
    e.posted = at;
    e.at = bytes[i] >= 128 ? at / 2 : at;
    events.push_back(e);
  }
  PointLedger::sort(events);
  return events;
}

void use(const PointsDefinition& rules, std::span<const uint8_t> bytes) {
  const std::vector<PointEvent> events = events_of(bytes);
  PointLedger ledger({&rules, 1});
  const Micros until = (events.empty() ? 0 : events.back().posted) + day;
  ledger.run(events, until);
  std::map<size_t, int64_t> left;
  for (const PointEntry& e : ledger.entries()) left[e.lot] += e.points;
  for (size_t i = 0; i < ledger.lots().size(); ++i) {
    const PointLot& lot = ledger.lots()[i];
    must(lot.left >= 0, "no lot has less than nothing");
    must(left[i] == lot.left, "the entries of a lot add up to what is left of it");
    must(lot.left == 0 || lot.expires > until, "nothing is left of what has expired");
  }
  for (const int64_t id : ledger.rejected())
    must(id >= 1 && id <= static_cast<int64_t>(events.size()), "events are rejected");
  const PointLedger::Balance b = ledger.balance();  // an error if there are several accounts
  must(b.usable >= 0 && b.pending >= 0 && b.owed >= 0, "a balance is not negative");
  must(b.due > until, "what was due is done");
}

void as_points(std::span<const uint8_t> bytes) {
  const PointsDefinition d = PointsDefinition::read(bytes);
  ++tally.accepted;
  must(std::ranges::equal(bytes_of(d), bytes), "rules are canonical");
  d.check();
  use(d, bytes);
}

void as_anomaly(std::span<const uint8_t> bytes) {
  const AnomalyDefinition d = AnomalyDefinition::read(bytes);
  ++tally.accepted;
  must(std::ranges::equal(bytes_of(d), bytes), "a definition is canonical");
  d.check();
  AnomalyMonitor monitor(std::pmr::get_default_resource(), d);
  testing::Random random(bytes.back());
  for (int i = 0; i < 40; ++i) {
    const double value = static_cast<double>(random.below(100)) / 100;
    AnomalyPoint p{};
    if (!monitor.judge(d.place(i * static_cast<Micros>(hour)), value, 100, p)) continue;
    must(p.level >= 0 && p.level <= 3, "levels are those of the definition");
    must(std::isnan(p.z) || p.low <= p.high, "the usual range is one");
  }
}

PointsDefinition known_rules(uint8_t choice) {
  PointsDefinition d;
  d.owe = choice % 2 == 0;
  if (choice % 4 < 2) d.validity = 30 * static_cast<uint64_t>(day);
  if (choice % 8 < 4) d.pending = 7 * static_cast<uint64_t>(day);
  d.look_back = 40 * static_cast<uint64_t>(day);
  d.keeps = 10 * static_cast<uint64_t>(day);
  d.tiers = {{"普通", 0, 1'000'000}, {"银卡", 50, 1'250'000}, {"金卡", 120, 2'000'000}};
  return d;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ++tally.runs;
  if (size < 2) return 0;
  ++tally.opened;
  const std::span<const uint8_t> bytes(data + 1, size - 1);
  try {
    switch (data[0] % 4) {
      case 0:
      case 1:
        as_points(bytes);
        break;
      case 2:
        as_anomaly(bytes);
        break;
      default:
        use(known_rules(bytes[0]), bytes.subspan(1));
    }
  } catch (const Error&) {
  }
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  testing::Random random(seed);
  if (size != 0 && !random.one_in(4)) return LLVMFuzzerMutate(data, size, most);
  Bytes value;
  Writer w(value);
  if (random.one_in(3)) {
    w.u8(0);
    known_rules(static_cast<uint8_t>(random.below(8))).write(value);
  } else if (random.one_in(2)) {
    w.u8(2);
    AnomalyDefinition d;
    d.measure = static_cast<AnomalyMeasure>(random.below(3));
    if (random.one_in(2)) d.season = 24 * static_cast<uint64_t>(hour);
    if (random.one_in(2)) d.scales = {1, 3, 6};
    d.calibrate = static_cast<int32_t>(random.below(9));
    d.write(value);
  } else {
    w.u8(3);
    w.u8(static_cast<uint8_t>(random.below(8)));
    for (auto n = 4 * random.below(30); n > 0; --n) w.u8(static_cast<uint8_t>(random.below(256)));
  }
  if (random.one_in(3))
    value[random.below(value.size())] ^= static_cast<uint8_t>(1 << random.below(8));
  return fuzz::replace(data, size, most, value);
}
