// SPDX-License-Identifier: PostgreSQL
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "unit/jobs/decision/simulated.hpp"

namespace clientele::jobs {
namespace {

using namespace testing;

const Zone zone = berlin(2010, 2045);

std::vector<Schedule> from_cron(std::initializer_list<std::string_view> expressions) {
  std::vector<Schedule> schedules;
  for (const std::string_view expression : expressions)
    schedules.push_back(Schedule::cron(expression, look_at, &zone));
  return schedules;
}
Schedule every(int32_t months, int32_t days, Micros micros) {
  return Schedule::every(months, days, micros, instant("2015-01-31T01:30:00Z"), look_at, &zone);
}

std::vector<Schedule> frequent() {
  std::vector<Schedule> schedules = from_cron(
      {"* * * * *", "*/5 * * * *", "30 2 * * *", "0 1-4 * * *", "15 * * * *", "0,30 */2 * * *"});
  for (const Micros span : {10 * second, 45 * second, 7 * minute, hour})
    schedules.push_back(every(0, 0, span));
  return schedules;
}
std::vector<Schedule> rare() {
  std::vector<Schedule> schedules = from_cron({"30 2 * * *", "0 0 1 * *", "0 3 29 2 *", "@weekly",
                                               "0 1-4 * * sun", "7 */6 * * *", "@yearly"});
  for (const Schedule& schedule : {every(1, 0, 0), every(0, 1, 0), every(0, 0, 11 * hour)})
    schedules.push_back(schedule);
  return schedules;
}

uint64_t seed_of(uint64_t n) {
  const char* set = std::getenv("CLIENTELE_SEED");
  return (set != nullptr ? std::strtoull(set, nullptr, 10) : 20260310) * 1000 + n;
}

World::Counts operator+(World::Counts a, const World::Counts& b) {
  a.decisions += b.decisions, a.started += b.started, a.missed += b.missed;
  a.joined += b.joined;
  a.skipped += b.skipped, a.retries += b.retries, a.followed += b.followed;
  a.jumps += b.jumps, a.noted += b.noted, a.crashes += b.crashes;
  return a;
}

/// Worlds of different trouble. Each kind of row must have been written.
World::Counts live(uint64_t first_seed, uint64_t worlds, Micros span,
                   std::vector<Schedule> (*schedules)()) {
  World::Counts all{};
  for (uint64_t n = 0; n < worlds; ++n) {
    const uint64_t seed = seed_of(first_seed + n);
    const Trouble trouble{.clocks = n % 2 != 0,
                          .pauses = n / 2 % 2 != 0,
                          .crashes = n / 4 % 2 != 0,
                          .slow = n / 8 % 2 != 0};
    World world(seed, 2 + seed % 7, trouble, schedules());
    const std::string wrong = world.live(span);
    EXPECT_EQ(wrong, "") << "seed " << seed;
    if (!wrong.empty()) break;
    all = all + world.counts;
  }
  std::cout << all.decisions << " decisions, " << all.started << " runs, " << all.missed
            << " due times missed, " << all.joined << " less than a minute late, " << all.skipped
            << " skipped, " << all.retries << " retries, " << all.followed << " after others, "
            << all.jumps << " times clocks were set, of which " << all.noted << " rows; "
            << all.crashes << " crashes\n";
  for (const int64_t count : {all.started, all.missed, all.skipped, all.retries, all.followed,
                              all.jumps, all.noted, all.crashes})
    EXPECT_GT(count, 0);
  return all;
}

TEST(SimulatedYears, ManyRuns) { EXPECT_GT(live(0, 64, 4 * day, frequent).joined, 0); }
TEST(SimulatedYears, FewRuns) { live(500, 16, 200 * day, rare); }

}  // namespace
}  // namespace clientele::jobs
