// SPDX-License-Identifier: PostgreSQL
// Simulates an omnichannel shop: the events that it could know of, and the truth that it could not.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>

#include "channels.hpp"
#include "options.hpp"
#include "output.hpp"
#include "shopper.hpp"

namespace demo {
namespace {

constexpr const char* usage =
    "simulate [--customers N] [--days N] [--seed N] [--start YYYY-MM-DD]\n"
    "         [--events FILE] [--truth FILE] [--sources DIRECTORY] [--quiet]\n\n"
    "Writes the events of a simulated shop as CSV to FILE or standard output, and what the\n"
    "shop cannot know (who is still a customer, how much each will buy) to the truth file.\n"
    "With --sources the events are instead the rows of five systems, as they arrive: with\n"
    "faults, second deliveries and what each system knows of a person. Files for COPY:\n"
    "  web app orders service crm    .tsv, and .late.tsv for what arrives after the end\n"
    "  rates.tsv                     exchange rates\n"
    "  rows.tsv identifiers.tsv      whose each row and identifier is, and what is wrong\n"
    "The same seed and sizes give the same bytes everywhere.\n";

struct Settings {
  uint64_t customers = 20'000;
  uint64_t days = 365;
  uint64_t seed = 1;
  std::chrono::sys_days start{std::chrono::year{2025} / 1 / 1};
  std::string events = "-";
  std::string truth, sources;
  bool quiet = false;
};

std::chrono::sys_days parse_date(const std::string& text) {
  int y = 0;
  unsigned m = 0, d = 0;
  char rest;
  if (std::sscanf(text.c_str(), "%4d-%2u-%2u%c", &y, &m, &d, &rest) == 3) {
    const std::chrono::year_month_day date{std::chrono::year{y}, std::chrono::month{m},
                                           std::chrono::day{d}};
    if (date.ok() && y >= 1900 && y <= 2500) return date;
  }
  throw UsageError("--start is a date such as 2025-01-01, not " + text);
}

Settings read_arguments(int argc, char** argv) {
  Settings s;
  Arguments arguments(argc, argv);
  for (auto name = arguments.next(); !name.empty(); name = arguments.next()) {
    if (name == "--customers")
      s.customers = arguments.number(1, 1'000'000'000);
    else if (name == "--days")
      s.days = arguments.number(1, 20'000);
    else if (name == "--seed")
      s.seed = arguments.number(0, ~uint64_t{0});
    else if (name == "--start")
      s.start = parse_date(arguments.value());
    else if (name == "--events")
      s.events = arguments.value();
    else if (name == "--truth")
      s.truth = arguments.value();
    else if (name == "--sources")
      s.sources = arguments.value();
    else if (name == "--quiet")
      s.quiet = true;
    else if (name == "--help")
      std::fputs(usage, stdout), std::exit(0);
    else
      arguments.unknown();
  }
  return s;
}

std::vector<Item> make_quoted_items() {
  std::vector<Item> items = make_items();
  for (Item& item : items) {
    std::string quoted = "\"";
    for (const char c : item.properties) quoted.append(c == '"' ? 2 : 1, c);
    item.properties = quoted + "\"";
  }
  return items;
}

void write_events(std::string& out, const std::string& key, const Life& life, Clock& clock,
                  const std::vector<Item>& items) {
  for (const ShopEvent& e : life.events) {
    out += key;
    out += ',';
    clock.append(out, e.at);
    out += ',';
    out += channel_names[static_cast<size_t>(e.channel)];
    out += ',';
    out += action_names[static_cast<size_t>(e.action)];
    out += ',';
    if (e.item >= 0) out += items[static_cast<size_t>(e.item)].key;
    out += ',';
    if (e.has_amount) append_money(out, e.cents);
    out += ',';
    if (e.action == Action::view_item) out += items[static_cast<size_t>(e.item)].properties;
    out += '\n';
  }
}

void write_truth(std::string& out, const std::string& key, const Shopper& shopper, Clock& clock,
                 double days) {
  const bool alive = shopper.left_day >= days;
  out += key + ',' + shopper.name + ',';
  (out += shopper.city) += ',';
  clock.append_date(out, static_cast<int64_t>(shopper.arrived_day));
  out += shopper.buyer ? ",true," : ",false,";
  if (shopper.buyer) append_fixed(out, shopper.lambda, 6);
  out += ',';
  append_fixed(out, shopper.mu, 6);
  out += ',';
  if (shopper.buyer) append_fixed(out, shopper.mean_spend, 2);
  out += alive ? ",true,," : ",false,";
  if (!alive) clock.append_date(out, static_cast<int64_t>(shopper.left_day)), out += ',';
  out += categories[shopper.taste].name;
  out += ',';
  out += channel_names[static_cast<size_t>(shopper.favourite)];
  out += ',' + std::to_string(shopper.purchases) + ',' + std::to_string(shopper.next_purchases);
  out += ',';
  append_fixed(out, shopper.next_spend, 2);
  out += '\n';
}

/// The events as the rows of five systems, and whose each identifier is.
class Sources {
 public:
  explicit Sources(const Settings& s)
      : seed_(s.seed),
        items_(make_items()),
        deliveries_(s.sources, static_cast<int64_t>(s.days) * ms_per_day),
        channels_(deliveries_, s.start, items_),
        identifiers_(s.sources + "/identifiers.tsv", "") {
    Output rates(s.sources + "/rates.tsv", "");
    Clock clock(s.start);
    const auto since = [&](const char* currency, int64_t day, const char* rate) {
      (rates.text += currency) += '\t';
      clock.append_date(rates.text, day);
      ((rates.text += '\t') += rate) += '\n';
    };
    since("CNY", -1, "0.125"), since("HKD", -1, "0.125");
    since("EUR", -1, "1"), since("EUR", second_half, "1.25");
    rates.flush();
  }

  /// Two that follow each other may share a household.
  void add(uint64_t number, const Life& life) {
    if (number % 2 == 1) {
      end_household();
      home_ = household_of(seed_, number, chinese(life.shopper.city));
    }
    Person person(seed_, number, life, home_);
    channels_.deliver(person);
    for (const auto& [id, strangers] : person.used)
      if (!strangers || strangers_.insert(id).second) write(id, strangers ? 0 : number);
    if (number % block == 0) deliveries_.flush_block();
  }

  void finish() {
    end_household();
    deliveries_.flush_block();
    deliveries_.finish();
    identifiers_.flush();
  }

 private:
  static constexpr uint64_t block = 50'000;

  static bool chinese(std::string_view name) {
    for (const City& city : cities)
      if (city.name == name) return city.chinese;
    return false;
  }

  void end_household() {
    for (const auto& [id, owner] : home_.owners) write(id, owner);
    home_ = {};
  }

  void write(const std::pair<Kind, std::string>& id, uint64_t person) {
    std::string& out = identifiers_.text;
    ((out += kind_names[static_cast<size_t>(id.first)]) += '\t') += id.second;
    (out += '\t') += person == 0 ? std::string(nothing) : std::to_string(person);
    out += '\n';
    identifiers_.flush_if_full();
  }

  uint64_t seed_;
  std::vector<Item> items_;
  Deliveries deliveries_;
  Channels channels_;
  Output identifiers_;
  Household home_;
  std::set<std::pair<Kind, std::string>> strangers_;  // identifiers that belong to no customer
};

void simulate(const Settings& s) {
  const bool apart = !s.sources.empty();
  Output events(apart ? "/dev/null" : s.events,
                "customer,at,channel,event,item,amount,properties\n");
  Output truth(s.truth.empty() ? "/dev/null" : s.truth,
               "customer,name,city,arrived_on,buyer,purchases_a_week,dropouts_a_week,mean_spend,"
               "alive,left_on,taste,channel,purchases,next_90_days_purchases,next_90_days_spend\n");
  std::optional<Sources> sources;
  if (apart) sources.emplace(s);
  const std::vector<Item> items = make_quoted_items();
  Clock clock(s.start);
  const bool terminal = ::isatty(2) != 0;
  uint64_t total = 0, percent = 0;
  for (uint64_t number = 1; number <= s.customers; ++number) {
    Life life(s.seed, number, static_cast<int>(s.days));
    life.live();
    const std::string key = customer_key(number);
    if (apart)
      sources->add(number, life);
    else
      write_events(events.text, key, life, clock, items);
    write_truth(truth.text, key, life.shopper, clock, static_cast<double>(s.days));
    events.flush_if_full(), truth.flush_if_full();
    total += life.events.size();
    const uint64_t now = number * 100 / s.customers;
    if (!s.quiet && now != percent && (terminal || now % 25 == 0)) {
      percent = now;
      std::fprintf(stderr, "%s  %3d %%  %s customers, %s events%s", terminal ? "\r" : "",
                   static_cast<int>(percent), with_commas(number).c_str(),
                   with_commas(total).c_str(), !terminal || number == s.customers ? "\n" : "");
    }
  }
  events.flush(), truth.flush();
  if (apart) sources->finish();
}

}  // namespace
}  // namespace demo

int main(int argc, char** argv) {
  try {
    demo::simulate(demo::read_arguments(argc, argv));
    return 0;
  } catch (const demo::UsageError& e) {
    std::fprintf(stderr, "simulate: %s\n\n%s", e.what(), demo::usage);
    return 2;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "simulate: %s\n", e.what());
    return 1;
  }
}
