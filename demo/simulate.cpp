// SPDX-License-Identifier: PostgreSQL
// Simulates an omnichannel shop: the events that it could know of, and the truth that it could not.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "options.hpp"
#include "systems.hpp"

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
    "  surveys.tsv                   how likely customers would recommend the shop, and why\n"
    "  rows.tsv identifiers.tsv      whose each row and identifier is, and what is wrong\n"
    "  answers.tsv                   what the answers to the survey are about\n"
    "The same seed and sizes give the same bytes everywhere.\n";

struct Settings {
  Shop shop;
  std::string events = "-";
  std::string truth, sources;
  bool quiet = false;
};

Settings read_arguments(int argc, char** argv) {
  Settings s;
  Arguments arguments(argc, argv);
  for (auto name = arguments.next(); !name.empty(); name = arguments.next()) {
    if (s.shop.take(name, arguments)) continue;
    if (name == "--events")
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

void simulate(const Settings& s) {
  const bool apart = !s.sources.empty();
  const int64_t end = static_cast<int64_t>(s.shop.days) * ms_per_day;
  Output events(apart ? "/dev/null" : s.events,
                "customer,at,channel,event,item,amount,properties\n");
  Output truth(s.truth.empty() ? "/dev/null" : s.truth,
               "customer,name,city,arrived_on,buyer,purchases_a_week,dropouts_a_week,mean_spend,"
               "alive,left_on,taste,channel,purchases,next_90_days_purchases,next_90_days_spend\n");
  std::optional<Systems> systems;
  if (apart) {
    systems.emplace(s.shop, s.sources, end);
    Systems::write_rates(s.shop, s.sources);
  }
  const std::vector<Item> items = make_quoted_items();
  Clock clock(s.shop.start);
  const bool terminal = ::isatty(2) != 0;
  uint64_t total = 0, percent = 0;
  for (uint64_t number = 1; number <= s.shop.customers; ++number) {
    Life life(s.shop.seed, number, static_cast<int>(s.shop.days));
    life.live();
    const std::string key = customer_key(number);
    if (apart) {
      systems->add(number, life);
      const Interviewer interviewer(s.shop.seed, number, life.shopper,
                                    speaks_chinese(life.shopper.city));
      systems->add_answers(number, interviewer.ask(life.events, 0, end));
    } else
      write_events(events.text, key, life, clock, items);
    write_truth(truth.text, key, life.shopper, clock, static_cast<double>(s.shop.days));
    events.flush_if_full(), truth.flush_if_full();
    total += life.events.size();
    const uint64_t now = number * 100 / s.shop.customers;
    if (!s.quiet && now != percent && (terminal || now % 25 == 0)) {
      percent = now;
      std::fprintf(stderr, "%s  %3d %%  %s customers, %s events%s", terminal ? "\r" : "",
                   static_cast<int>(percent), with_commas(number).c_str(),
                   with_commas(total).c_str(), !terminal || number == s.shop.customers ? "\n" : "");
    }
  }
  events.flush(), truth.flush();
  if (apart) systems->finish();
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
