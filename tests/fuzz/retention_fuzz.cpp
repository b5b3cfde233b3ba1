// SPDX-License-Identifier: PostgreSQL
// Questions and summaries of retention as bytes from outside, and the answers to random questions
// about random journeys. What is read writes itself the same way, and answers are a summary.
#include "fuzz.hpp"
#include "retention/table/summary.hpp"

using namespace clientele;
using fuzz::bytes_of;
using fuzz::must;

namespace {

fuzz::Tally tally("past the version", "read");

RetentionSummary empty() { return RetentionSummary(std::pmr::get_default_resource()); }

void read_summary(std::span<const uint8_t> bytes) {
  RetentionSummary summary = empty();
  Reader reader(bytes);
  summary.read(reader);
  ++tally.accepted;
  const Bytes again = bytes_of(summary);
  RetentionSummary back = empty();
  Reader more(again);
  back.read(more);
  must(more.done() && bytes_of(back) == again, "a summary is itself again");
  back.merge(summary);
  const Bytes both = bytes_of(back);
  RetentionSummary last = empty();
  Reader end(both);
  last.read(end);
  must(bytes_of(last) == both, "joined summaries are a summary");
}

uint64_t by_number(void*, int32_t type) { return static_cast<uint64_t>(type); }

/// A clock that is set back once, over midnight.
LocalClock::Offset set_back(const void*, Micros at) {
  constexpr Micros change = 20 * day + 30 * minute;
  return at < change ? LocalClock::Offset{0, change} : LocalClock::Offset{-hour, INT64_MAX};
}

/// A question, then a journey.
void answer(std::span<const uint8_t> bytes) {
  Reader reader(bytes);
  const RetentionDefinition d = RetentionDefinition::read(reader.counted());
  ++tally.accepted;
  must(bytes_of(RetentionDefinition::read(bytes_of(d))) == bytes_of(d), "a question is itself");
  if (!d.settled()) return;
  const Journey journey({reader.position(), reader.left()});
  TypeClasses roles;
  for (const int32_t type : journey.types()) roles.set(type, static_cast<uint32_t>(type) % 4);
  RetentionCalendar calendar(d, set_back, nullptr);
  RetentionSolver solver(d, calendar, {by_number, nullptr});
  RetentionSummary summary = empty();
  summary.start(bytes_of(d));
  for (solver.read(journey, roles); solver.next();) summary.add(solver.cohort(), solver.returned());
  read_summary(bytes_of(summary));
}

RetentionDefinition random_question(testing::Random& random) {
  RetentionDefinition d;
  if (random.one_in(2)) d.return_at = "*";
  d.period = static_cast<PeriodUnit>(random.below(6));
  if (d.period <= PeriodUnit::week) d.windows = static_cast<RetentionWindows>(random.below(2));
  d.cohort_by = static_cast<CohortBy>(random.below(2));
  d.mode = static_cast<RetentionMode>(random.below(3));
  if (random.one_in(2))
    d.up_to = static_cast<int32_t>(random.below(12));
  else
    d.set_up_to({}, std::vector<int32_t>{0, 2, 3 + static_cast<int32_t>(random.below(50))});
  d.min_count = 1 + static_cast<int32_t>(random.below(3));
  d.until = static_cast<Micros>(random.below(20000)) * day;
  d.amounts = random.one_in(2);
  d.time_zone = "UTC";
  return d;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ++tally.runs;
  if (size == 0) return 0;
  const std::span<const uint8_t> bytes(data + 1, size - 1);
  tally.opened += size > 2;
  try {
    data[0] % 2 == 0 ? read_summary(bytes) : answer(bytes);
  } catch (const Error&) {
  }
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  testing::Random random(seed);
  if (size != 0 && !random.one_in(4)) return LLVMFuzzerMutate(data, size, most);
  const RetentionDefinition d = random_question(random);
  Bytes value;
  Writer w(value);
  if (random.one_in(2)) {
    RetentionSummary summary = empty();
    summary.start(bytes_of(d));
    for (auto n = random.below(6); n > 0; --n) {
      const uint64_t returns = static_cast<uint64_t>(d.min_count) + random.below(5);
      const std::vector<Returned> one = {{random.below(d.stretches()), returns, {}}};
      summary.add(static_cast<Micros>(random.below(20)) * day - 20 * day, one);
    }
    w.u8(0);
    summary.write(value);
  } else {
    EventList list;
    for (auto n = random.below(30); n > 0; --n) {
      Extra x;
      x.has_amount = random.one_in(2);
      x.amount = static_cast<int64_t>(random.below(1000));
      list.add(static_cast<Micros>(random.below(4000)) * hour,
               static_cast<int32_t>(random.below(6)), x);
    }
    const Bytes journey = testing::packed(list);
    w.u8(1);
    w.counted(bytes_of(d));
    w.raw(journey.data(), journey.size());
  }
  if (!random.one_in(4))
    value[random.below(value.size())] ^= static_cast<uint8_t>(1 << random.below(8));
  return fuzz::replace(data, size, most, value);
}
