// SPDX-License-Identifier: PostgreSQL
// Simulates an omnichannel shop: the events that it could know of, and the truth that it could not.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "options.hpp"
#include "shopper.hpp"

namespace demo {
namespace {

constexpr const char* usage =
    "simulate [--customers N] [--days N] [--seed N] [--start YYYY-MM-DD]\n"
    "         [--events FILE] [--truth FILE] [--quiet]\n\n"
    "Writes the events of a simulated shop as CSV to FILE or standard output, and what the\n"
    "shop cannot know (who is still a customer, how much each will buy) to the truth file.\n"
    "The same seed and sizes give the same bytes everywhere.\n";

struct Settings {
  uint64_t customers = 20'000;
  uint64_t days = 365;
  uint64_t seed = 1;
  std::chrono::sys_days start{std::chrono::year{2025} / 1 / 1};
  std::string events = "-";
  std::string truth;
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
    else if (name == "--quiet")
      s.quiet = true;
    else if (name == "--help")
      std::fputs(usage, stdout), std::exit(0);
    else
      arguments.unknown();
  }
  return s;
}

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Closer>;

/// A CSV file written through one big buffer.
class Output {
 public:
  Output(const std::string& path, const char* header)
      : file_(path == "-" ? ::fdopen(::dup(1), "w") : std::fopen(path.c_str(), "w")) {
    if (!file_) throw std::runtime_error("cannot write " + path);
    text += header;
  }
  void flush_if_full() {
    if (text.size() > (1 << 20)) flush();
  }
  void flush() {
    if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size() ||
        std::fflush(file_.get()) != 0)
      throw std::runtime_error("cannot write: the disk is full or the reader has gone");
    text.clear();
  }

  std::string text;

 private:
  File file_;
};

/// Writes instants; nearby ones share their date.
class Clock {
 public:
  explicit Clock(std::chrono::sys_days start) : start_(start) {}

  void append(std::string& out, int64_t ms) {
    int64_t day = ms / ms_per_day, rest = ms % ms_per_day;
    if (rest < 0) rest += ms_per_day, --day;
    append_date(out, day);
    const auto seconds = static_cast<unsigned>(rest / 1000);
    char time[] = "T00:00:00.000Z";
    two(time + 1, seconds / 3600), two(time + 4, seconds / 60 % 60), two(time + 7, seconds % 60);
    const auto fraction = static_cast<unsigned>(rest % 1000);
    time[10] = static_cast<char>('0' + fraction / 100), two(time + 11, fraction % 100);
    out.append(time, 14);
  }

  void append_date(std::string& out, int64_t day) {
    if (day != day_) {
      const std::chrono::year_month_day date{start_ + std::chrono::days{day}};
      char text[16];
      std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
      date_ = text, day_ = day;
    }
    out += date_;
  }

 private:
  static void two(char* at, unsigned n) {
    at[0] = static_cast<char>('0' + n / 10), at[1] = static_cast<char>('0' + n % 10);
  }
  std::chrono::sys_days start_;
  int64_t day_ = INT64_MIN;
  std::string date_;
};

void append_fixed(std::string& out, double value, int digits) {
  char text[64];
  out.append(text, std::snprintf(text, sizeof text, "%.*f", digits, value));
}

void append_money(std::string& out, int64_t cents) {
  if (cents < 0) out += '-', cents = -cents;
  out += std::to_string(cents / 100);
  out += '.';
  out += static_cast<char>('0' + cents / 10 % 10);
  out += static_cast<char>('0' + cents % 10);
}

/// c00000042: padded, so that they sort.
std::string customer_key(uint64_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < 8) digits.insert(0, 8 - digits.size(), '0');
  return "c" + digits;
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
  Output events(s.events, "customer,at,channel,event,item,amount,properties\n");
  Output truth(s.truth.empty() ? "/dev/null" : s.truth,
               "customer,name,city,arrived_on,buyer,purchases_a_week,dropouts_a_week,mean_spend,"
               "alive,left_on,taste,channel,purchases,next_90_days_purchases,next_90_days_spend\n");
  const std::vector<Item> items = make_quoted_items();
  Clock clock(s.start);
  const bool terminal = ::isatty(2) != 0;
  uint64_t total = 0, percent = 0;
  for (uint64_t number = 1; number <= s.customers; ++number) {
    Life life(s.seed, number, static_cast<int>(s.days));
    life.live();
    const std::string key = customer_key(number);
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
