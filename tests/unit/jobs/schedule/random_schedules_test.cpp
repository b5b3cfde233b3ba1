// SPDX-License-Identifier: PostgreSQL
// Random schedules in random zones, minute by minute.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "unit/jobs/schedule/zone.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::instant;
using testing::iso;
using testing::look_at;
using testing::Random;
using testing::Zone;

/// Some changes of a quarter of an hour to a whole day, days apart.
Zone random_zone(Random& random, Micros from, Micros until) {
  Zone zone{static_cast<Micros>(random.below(97)) * 15 * minute - 12 * hour, {}};
  for (Micros at = from; random.below(6) > 0;) {
    at += static_cast<Micros>(3 * 1440 + random.below(9 * 1440)) * minute;
    if (at >= until) break;
    const Micros before = zone.changes.empty() ? zone.first : zone.changes.back().offset;
    Micros step = static_cast<Micros>(1 + random.below(random.one_in(3) ? 96 : 8)) * 15 * minute;
    if (before + step > 14 * hour || (random.one_in(2) && before - step > -14 * hour)) step = -step;
    zone.changes.push_back({at, before + step});
  }
  return zone;
}

std::string random_field(Random& random, unsigned low, unsigned high) {
  const auto value = [&] { return low + static_cast<unsigned>(random.below(high - low + 1)); };
  switch (random.below(6)) {
    case 0:
    case 1:
      return "*";
    case 2:
      return std::to_string(value());
    case 3:
      return "*/" + std::to_string(1 + random.below((high - low) / 2 + 1));
    case 4: {
      unsigned a = value(), b = value();
      if (a > b) std::swap(a, b);
      return std::to_string(a) + "-" + std::to_string(b);
    }
    default:
      return std::to_string(value()) + "," + std::to_string(value()) + "," +
             std::to_string(value());
  }
}

bool field_allows(std::string_view field, unsigned value, unsigned low, unsigned high) {
  // Of what random_field() writes.
  const auto number = [](std::string_view text) {
    return static_cast<unsigned>(std::stoul(std::string(text)));
  };
  if (field == "*") return true;
  if (field.starts_with("*/")) return (value - low) % number(field.substr(2)) == 0 && value <= high;
  if (const size_t dash = field.find('-'); dash != std::string_view::npos)
    return number(field.substr(0, dash)) <= value && value <= number(field.substr(dash + 1));
  while (true) {
    const size_t comma = field.find(',');
    if (number(field.substr(0, comma)) == value) return true;
    if (comma == std::string_view::npos) return false;
    field.remove_prefix(comma + 1);
  }
}

struct Expression {
  std::string minute, hour, day, month, week;
  std::string text() const { return minute + " " + hour + " " + day + " " + month + " " + week; }
  static bool whole(std::string_view field, unsigned low, unsigned high) {
    for (unsigned v = low; v <= high; ++v)
      if (!field_allows(field, v, low, high)) return false;
    return true;
  }
  bool every_hour() const { return whole(hour, 0, 23); }
  bool allows(Micros local) const {
    if (local % clientele::minute != 0) return false;
    int64_t days = local / clientele::day;
    if (local % clientele::day < 0) --days;
    const auto minutes = static_cast<unsigned>((local - days * clientele::day) / clientele::minute);
    const Date date = date_after(days);
    const auto weekday = static_cast<unsigned>(((days + 6) % 7 + 7) % 7);
    if (!field_allows(minute, minutes % 60, 0, 59) || !field_allows(hour, minutes / 60, 0, 23) ||
        !field_allows(month, date.month, 1, 12))
      return false;
    const bool by_day = field_allows(day, date.day, 1, 31);
    const bool by_week = field_allows(week, weekday, 0, 6);
    if (whole(day, 1, 31) || whole(week, 0, 6)) return by_day && by_week;
    return by_day || by_week;
  }
};

/// What the clocks do, a minute at a time: `due` gets each instant, with the local times that have
/// come by it for the first time.
template <class Due>
void walk(const Zone& zone, Micros from, Micros until, Due due) {
  Micros reached = from + look_at(&zone, from).offset - minute;
  for (Micros at = from; at <= until; at += minute) {
    const Micros local = at + look_at(&zone, at).offset;
    due(at, local, reached);
    reached = std::max(reached, local);
  }
}

void compare(const Schedule& schedule, const Zone& zone, const std::vector<Micros>& due,
             Micros from, Micros until, Random& random, const std::string& what) {
  size_t n = 0;
  for (Micros at = from;; ++n) {
    at = schedule.next(at);
    if (at > until) break;
    ASSERT_LT(n, due.size()) << what << ": " << iso(at);
    ASSERT_EQ(iso(at), iso(due[n])) << what;
  }
  ASSERT_EQ(n, due.size()) << what;
  for (int i = 0; i < 20; ++i) {
    const auto any = [&] {
      if (!due.empty() && random.one_in(3)) return due[random.below(due.size())];
      if (!zone.changes.empty() && random.one_in(2))
        return zone.changes[random.below(zone.changes.size())].at +
               static_cast<Micros>(random.below(240)) * minute;
      return from + static_cast<Micros>(random.below(elapsed(from, until)));
    };
    Micros a = std::min(any(), until), b = std::min(any(), until);
    if (a > b) std::swap(a, b);
    const auto first = std::ranges::upper_bound(due, a), last = std::ranges::upper_bound(due, b);
    const auto passed = schedule.passed(a, b);
    ASSERT_EQ(passed.count, last - first) << what << ": " << iso(a) << " to " << iso(b);
    ASSERT_EQ(iso(passed.last), iso(first == last ? a : *(last - 1))) << what;
    ASSERT_EQ(iso(std::min(schedule.next(b), until + 1)),
              iso(last == due.end() ? until + 1 : *last))
        << what;
  }
}

/// Calls `check` with random zones, the first and the last instant to look at, and a text that
/// names the seed.
template <class Check>
void in_random_zones(Micros length, Check check) {
  const uint64_t seed = std::random_device{}();
  Random random(seed);
  for (int round = 0; round < 150 && !::testing::Test::HasFatalFailure(); ++round) {
    const Micros from =
        instant("2023-12-20T00:00:00Z") + static_cast<Micros>(random.below(900)) * day;
    check(random, random_zone(random, from, from + length), from, from + length,
          "seed " + std::to_string(seed) + ", ");
  }
}

TEST(RandomSchedules, OfCronAreWhatTheClocksShow) {
  in_random_zones(40 * day, [](Random& random, const Zone& zone, Micros from, Micros until,
                               const std::string& seed) {
    const Expression e{random_field(random, 0, 59), random_field(random, 0, 23),
                       random.one_in(2) ? "*" : random_field(random, 1, 28),
                       random.one_in(2) ? "*" : random_field(random, 1, 12),
                       random.one_in(2) ? "*" : random_field(random, 0, 6)};
    std::vector<Micros> due;
    walk(zone, from, until, [&](Micros at, Micros local, Micros reached) {
      if (at == from) return;
      bool now = e.every_hour() && e.allows(local);
      if (!e.every_hour())
        for (Micros wall = reached + minute; wall <= local && !now; wall += minute)
          now = e.allows(wall);
      if (now) due.push_back(at);
    });
    compare(Schedule::cron(e.text(), look_at, &zone), zone, due, from, until, random,
            seed + e.text());
  });
}

TEST(RandomSchedules, OfEveryAreWhatTheClocksShow) {
  in_random_zones(90 * day, [](Random& random, const Zone& zone, Micros from, Micros until,
                               const std::string& seed) {
    const auto months = static_cast<int>(random.below(3) * random.below(2));
    const int days = months > 0 && random.one_in(2) ? 0 : 1 + static_cast<int>(random.below(5));
    const Micros micros = random.one_in(2) ? 0 : static_cast<Micros>(random.below(3000)) * minute;
    Micros starting = from + static_cast<Micros>(random.below(9 * 1440)) * minute;
    // Often a local time that a change of the clocks begins or ends with.
    if (!zone.changes.empty() && random.one_in(2)) {
      const auto& change = zone.changes[random.below(zone.changes.size())];
      const Micros ends = change.at + look_at(&zone, change.at - (random.one_in(2) ? 1 : 0)).offset;
      starting += ends % day - (starting + look_at(&zone, starting).offset) % day;
      starting = std::max(starting, from);
    }
    // The date of the start, month by month.
    const Micros local = starting + look_at(&zone, starting).offset;
    const int64_t start_day = local / day;
    std::vector<Micros> walls;
    for (int64_t k = 0; walls.empty() || walls.back() <= until + day; ++k) {
      Date date = date_after(start_day);
      for (int64_t m = 0; m < months * k; ++m)
        if (++date.month > 12) date.month = 1, ++date.year;
      while (!is_date(date.year, date.month, date.day)) --date.day;
      walls.push_back((days_to_date(date.year, date.month, date.day) + days * k) * day +
                      local % day + micros * k);
    }
    std::vector<Micros> due;
    size_t k = 0;
    walk(zone, from, until, [&](Micros at, Micros shown, Micros) {
      bool now = false;
      for (; at >= starting && k < walls.size() && walls[k] <= shown; ++k) now = true;
      if (now && at > from) due.push_back(at);
    });
    compare(Schedule::every(months, days, micros, starting, look_at, &zone), zone, due, from, until,
            random,
            seed + std::to_string(months) + " months " + std::to_string(days) + " days " +
                std::to_string(micros / minute) + " minutes");
  });
}

}  // namespace
}  // namespace clientele
