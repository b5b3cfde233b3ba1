// SPDX-License-Identifier: PostgreSQL
// Schedules of jobs in random zones. The parser ends or throws 22023; due times ascend, are as many
// as are counted, and are soon enough.
#include "jobs/schedule/schedule.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "fuzz.hpp"
#include "unit/jobs/schedule/zone.hpp"

using namespace clientele;
using fuzz::must;

namespace {

fuzz::Tally tally("schedules of an interval", "cron expressions");

constexpr std::string_view pieces[] = {
    "*",   ",",       "-",         "/",  " ",  "\t",     "L",        "sun", "fri", "feb", "*/5",
    "0-7", "fri-sun", "0 0 L * *", "31", "29", "@daily", "* * * * ", "W",   "#",   "?"};

/// Bytes of the input as numbers, zero when there are no more.
class Numbers {
 public:
  explicit Numbers(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  uint64_t take(size_t n) {
    uint64_t value = 0;
    for (; n > 0; --n) {
      value = value << 8 | (bytes_.empty() ? 0 : bytes_[0]);
      if (!bytes_.empty()) bytes_ = bytes_.subspan(1);
    }
    return value;
  }

 private:
  std::span<const uint8_t> bytes_;
};

testing::Zone zone_of(Numbers& numbers, Micros around) {
  const auto offset = [&] {
    return (static_cast<Micros>(numbers.take(1) % 113) - 56) * 15 * minute;
  };
  testing::Zone zone{offset(), {}};
  Micros at = std::max(around, first_instant + 40 * day) - 20 * day;
  for (uint64_t n = numbers.take(1) % 8; n > 0; --n) {
    at += 4 * day + static_cast<Micros>(numbers.take(2)) * minute;
    const Micros before = zone.changes.empty() ? zone.first : zone.changes.back().offset;
    zone.changes.push_back({at, std::clamp(offset(), before - day, before + day)});
  }
  return zone;
}

void check(const Schedule& schedule, Micros after, Micros longest) {
  after = std::clamp(after, first_instant - 1, end_of_time - 1);
  const Micros begin = after;
  for (int64_t n = 1; n <= 5; ++n) {
    const Micros at = schedule.next(after);
    if (at == never) {
      must(longest == never || end_of_time - after <= longest, "there is a due time");
      must(schedule.passed(begin, INT64_MAX).count == n - 1, "none is counted that never comes");
      return;
    }
    must(at > after && at >= first_instant && at < end_of_time, "due times ascend");
    must(longest == never || at - after <= longest, "the next one comes in time");
    const auto passed = schedule.passed(begin, at), before = schedule.passed(begin, at - 1);
    must(passed.count == n && passed.last == at, "it is counted, and is the last");
    must(before.count == n - 1 && before.last == after, "nothing comes between");
    after = at;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ++tally.runs;
  constexpr size_t head = 48;
  const std::span<const uint8_t> all(data, size);
  Numbers numbers(all.first(std::min(size, head)));
  const auto after = static_cast<Micros>(numbers.take(8)) >> (numbers.take(1) % 12);
  const testing::Zone zone = zone_of(numbers, std::clamp(after, first_instant, end_of_time - 1));
  try {
    const auto months = static_cast<int32_t>(numbers.take(4) >> (numbers.take(1) % 32));
    const auto days = static_cast<int32_t>(numbers.take(4) >> (numbers.take(1) % 32));
    const auto micros = static_cast<Micros>(numbers.take(8) >> (numbers.take(1) % 64));
    const Micros starting = after - static_cast<Micros>(numbers.take(3)) * minute;
    const Schedule every = Schedule::every(months, days, micros, starting, testing::look_at, &zone);
    ++tally.opened;
    check(every, after, never);
  } catch (const Error& e) {
    must(std::strcmp(e.code(), "22023") == 0 || std::strcmp(e.code(), "22008") == 0, "its code");
  }
  const std::string_view text = fuzz::text_of(all.subspan(std::min(size, head)));
  try {
    const Schedule cron = Schedule::cron(text, testing::look_at, &zone);
    ++tally.accepted;
    // 29 February is eight years apart around 1900; a year more if a zone skips it.
    check(cron, after, 13 * 366 * day);
  } catch (const Error& e) {
    must(std::strcmp(e.code(), "22023") == 0, "what is not a schedule is 22023");
    must(std::strlen(e.what()) < 300 && e.hint().size() < 300, "long texts are shown in part");
    if (find_invalid_utf8(text) == std::string_view::npos)
      must(find_invalid_utf8(e.what()) == std::string_view::npos, "no character is cut");
  }
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  return fuzz::mutate_text(data, size, most, seed, pieces);
}
