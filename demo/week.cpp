// SPDX-License-Identifier: PostgreSQL
// Goes on with the simulated shop for a week: some customers have got a message, and on one day the
// app cannot take payments.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <unordered_map>

#include "next_week.hpp"
#include "options.hpp"
#include "systems.hpp"
#include "time_style.hpp"

namespace demo {
namespace {

constexpr const char* usage =
    "week [--customers N] [--days N] [--seed N] [--start YYYY-MM-DD]\n"
    "     [--messages FILE] [--last-id N] --sources DIRECTORY --truth DIRECTORY\n\n"
    "Goes on for seven days where `simulate` with the same numbers has ended. FILE has who got a\n"
    "message when, as CSV with the header customer,at. To the directory of the sources go the\n"
    "files that `simulate` writes there, with the rows of the week; their numbers are above N.\n"
    "To that of the truth go\n"
    "  people.csv    who can be persuaded, and what each would buy with and without a message\n"
    "  incident.csv  when the app could take no payments, and how many orders that cost\n";

struct Settings {
  Shop shop;
  std::string messages, sources, truth;
  uint64_t last_id = 0;
};

Settings read_arguments(int argc, char** argv) {
  Settings s;
  Arguments arguments(argc, argv);
  for (auto name = arguments.next(); !name.empty(); name = arguments.next()) {
    if (s.shop.take(name, arguments)) continue;
    if (name == "--messages")
      s.messages = arguments.value();
    else if (name == "--sources")
      s.sources = arguments.value();
    else if (name == "--truth")
      s.truth = arguments.value();
    else if (name == "--last-id")
      s.last_id = arguments.number(0, uint64_t{1} << 60);
    else if (name == "--help")
      std::fputs(usage, stdout), std::exit(0);
    else
      arguments.unknown();
  }
  if (s.sources.empty() || s.truth.empty())
    throw UsageError("--sources and --truth name the directories for the files");
  return s;
}

/// Who got a message, and when: milliseconds since the start of the simulation.
using Messages = std::unordered_map<std::string, int64_t>;

Messages read_messages(const Settings& s) {
  Messages messages;
  if (s.messages.empty()) return messages;
  std::ifstream file(s.messages);
  if (!file) throw std::runtime_error("cannot read " + s.messages);
  const int64_t start = std::chrono::milliseconds(s.shop.start.time_since_epoch()).count();
  const int64_t begin = static_cast<int64_t>(s.shop.days) * ms_per_day;
  std::string line;
  std::getline(file, line);
  for (uint64_t number = 2; std::getline(file, line); ++number) {
    const size_t comma = line.find(',');
    const auto at =
        comma == line.npos ? std::nullopt : parse_time(std::string_view(line).substr(comma + 1));
    const int64_t ms = at ? at->unix_micros / 1000 - start : -1;
    if (ms < begin || ms >= begin + days_of_week * ms_per_day)
      throw std::runtime_error("line " + std::to_string(number) + " of " + s.messages +
                               " has no customer with a time in the week: " + line);
    messages.emplace(line.substr(0, comma), ms);
  }
  return messages;
}

void write_person(std::string& out, const std::string& key, const NextWeek& life, Clock& clock,
                  std::optional<int64_t> message, const NextWeek::World& without,
                  const NextWeek::World& with) {
  (out += key + ',') += response_names[static_cast<size_t>(life.persuasion.response)];
  out += ',';
  append_fixed(out, life.persuasion.lift, 4);
  out += ',';
  if (message) clock.append(out, *message);
  for (const auto* world : {&without, &with}) {
    out += ',' + std::to_string(world->orders) + ',';
    append_money(out, world->cents);
  }
  out += ',' + std::to_string((message ? with : without).lost) + '\n';
}

void go_on(const Settings& s) {
  const Messages messages = read_messages(s);
  const int64_t begin = static_cast<int64_t>(s.shop.days) * ms_per_day,
                end = begin + days_of_week * ms_per_day;
  int64_t usual = end;  // the others would have got theirs with the first
  for (const auto& [_, at] : messages) usual = std::min(usual, at);
  if (messages.empty()) usual = begin + 2 * 3'600'000;
  const Incident incident(s.shop);
  Systems systems(s.shop, s.sources, INT64_MAX, s.last_id);
  Output people(s.truth + "/people.csv",
                "customer,response,lift,messaged_at,orders_without,spend_without,orders_with,"
                "spend_with,orders_lost\n");
  Clock clock(s.shop.start);
  int lost = 0, hit = 0;
  for (uint64_t number = 1; number <= s.shop.customers; ++number) {
    NextWeek life(s.shop, number, incident);
    const std::string key = customer_key(number);
    const auto found = messages.find(key);
    const std::optional<int64_t> message =
        found == messages.end() ? std::nullopt : std::optional(found->second);
    const NextWeek::World without = life.live_week(std::nullopt),
                          with = life.live_week(message.value_or(usual));
    const NextWeek::World& world = message ? with : without;
    write_person(people.text, key, life, clock, message, without, with);
    people.flush_if_full();
    lost += world.lost, hit += world.lost > 0;

    Traces known(life);
    known.see(world.events);
    std::vector<ShopEvent> all = life.events;
    all.insert(all.end(), world.events.begin(), world.events.end());
    const Interviewer interviewer(s.shop.seed, number, life.shopper,
                                  speaks_chinese(life.shopper.city));
    systems.add_answers(number, interviewer.ask(all, begin, end, world.trouble));
    life.events = world.events;
    systems.add_more(number, life, known, Random(s.shop.seed ^ 0x0DE11BEBULL, number));
  }
  people.flush();
  systems.finish();
  Output truth(s.truth + "/incident.csv", "since,until,channel,share_lost,orders_lost,customers\n");
  clock.append(truth.text, incident.from);
  truth.text += ',';
  clock.append(truth.text, incident.until());
  truth.text += ",app,";
  append_fixed(truth.text, incident.share, 2);
  truth.text += ',' + std::to_string(lost) + ',' + std::to_string(hit) + '\n';
  truth.flush();
}

}  // namespace
}  // namespace demo

int main(int argc, char** argv) {
  try {
    demo::go_on(demo::read_arguments(argc, argv));
    return 0;
  } catch (const demo::UsageError& e) {
    std::fprintf(stderr, "week: %s\n\n%s", e.what(), demo::usage);
    return 2;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "week: %s\n", e.what());
    return 1;
  }
}
