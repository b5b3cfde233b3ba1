// SPDX-License-Identifier: PostgreSQL
// The benchmark's events as COPY (FORMAT binary) of (customer_id bigint, at timestamptz,
// event_type_id integer), in the order of their times, as a tracker would deliver them.
//   generate EVENTS [SEED] > events.bin
// EVENTS / 100 customers: most have some dozens of events, a few ten thousands. They come in
// sessions of clicks seconds to a minute apart, sessions come hours to weeks apart within 180 days.
// Times are whole milliseconds, and no two events of one customer have the same.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "../../demo/random.hpp"

namespace {

using demo::Random;

struct Event {
  int64_t at;  // milliseconds since the first day
  uint32_t customer;
  uint32_t type;
};

constexpr int64_t second = 1000, day = 86400 * second, span = 180 * day;
constexpr int64_t first_day = 9497 * day;  // 2026-01-01, counted from 2000-01-01 as PostgreSQL does

// The rows of event_types in this order; bench.py enters them.
enum Type : uint32_t {
  web_search = 1,
  web_view,
  web_cart,
  web_purchase,
  app_search,
  app_view,
  app_cart,
  app_purchase,
  store_visit,
  store_purchase,
  service_question,
  email_open,
  last_type = email_open
};

using Weights = std::array<double, last_type>;
// What a session starts with, and what follows what within it.
constexpr Weights entry = {30, 14, 0, 0, 24, 12, 0, 0, 4, 0, 3, 13};
constexpr std::array<Weights, last_type> follows = {{
    {34, 56, 2, 0, 1, 1, 0, 0, 0, 0, 1, 1},     // web search
    {26, 50, 14, 1, 1, 2, 0, 0, 0, 0, 2, 2},    // web view_item
    {16, 34, 14, 26, 0, 1, 1, 2, 0, 0, 4, 2},   // web add_to_cart
    {24, 40, 4, 4, 0, 2, 0, 0, 0, 0, 18, 8},    // web purchase
    {1, 1, 0, 0, 30, 62, 2, 0, 1, 0, 1, 1},     // app search
    {1, 2, 0, 0, 24, 52, 15, 1, 1, 0, 2, 2},    // app view_item
    {0, 1, 1, 2, 15, 36, 14, 26, 1, 0, 3, 1},   // app add_to_cart
    {0, 2, 0, 0, 22, 44, 4, 4, 2, 0, 16, 6},    // app purchase
    {2, 4, 0, 0, 10, 18, 2, 1, 14, 40, 6, 3},   // store visit
    {3, 5, 0, 0, 8, 10, 1, 1, 20, 22, 20, 10},  // store purchase
    {18, 24, 3, 2, 14, 20, 3, 2, 2, 0, 10, 2},  // service question
    {30, 34, 2, 1, 12, 14, 1, 1, 0, 0, 2, 3},   // e-mail open
}};

/// How many events each customer has: log-normal, median 40, together exactly `events`.
std::vector<uint32_t> sizes(uint64_t events, uint64_t customers, uint64_t seed) {
  Random random(seed, 0);
  std::vector<double> weight(customers);
  double sum = 0;
  for (double& w : weight) sum += w = demo::exponential_of(1.3537 * random.normal());
  std::vector<uint32_t> n(customers);
  uint64_t left = events;
  for (size_t c = 0; c < customers; ++c) {
    n[c] = static_cast<uint32_t>(1 + weight[c] / sum * static_cast<double>(events - customers));
    left -= n[c];
  }
  for (size_t c = 0; left > 0; c = (c + 1) % customers, --left) ++n[c];
  return n;
}

void journey_of(uint32_t customer, uint32_t events, uint64_t seed, std::vector<Event>& out) {
  Random random(seed, customer);
  const double session_length = 4 + 8 * random.uniform();
  const double pause = 8 + 24 * random.uniform();  // mean seconds between two clicks
  std::vector<int64_t> starts(1 + static_cast<size_t>(events / session_length));
  for (int64_t& s : starts) s = static_cast<int64_t>(random.uniform() * (span - day));
  std::sort(starts.begin(), starts.end());
  int64_t at = -1;
  for (size_t s = 0; s < starts.size(); ++s) {
    const uint64_t begin = events * s / starts.size(), end = events * (s + 1) / starts.size();
    if (begin == end) continue;
    // Lengths of sessions vary, the number of events is given: some starts are skipped.
    if (s + 1 < starts.size() && random.chance(0.3)) starts[s + 1] = starts[s];
    at = std::max(at + 1, starts[s]);
    size_t type = random.pick(entry);
    for (uint64_t i = begin; i < end; ++i) {
      if (i > begin) {
        at += 500 + static_cast<int64_t>(random.exponential(1 / pause) * second);
        type = random.pick(follows[type]);
      }
      out.push_back({at, customer, static_cast<uint32_t>(type + 1)});
    }
  }
}

/// Sorts by time: customers' runs first go to their days, then each day is sorted.
std::vector<Event> in_time_order(const std::vector<Event>& events) {
  std::vector<size_t> place(span / day + 2);
  const auto day_of = [&](const Event& e) {
    return std::min(static_cast<size_t>(e.at / day), place.size() - 2);
  };
  for (const Event& e : events) ++place[day_of(e) + 1];
  for (size_t d = 1; d < place.size(); ++d) place[d] += place[d - 1];
  std::vector<size_t> next(place);
  std::vector<Event> sorted(events.size());
  for (const Event& e : events) sorted[next[day_of(e)]++] = e;
  for (size_t d = 0; d + 1 < place.size(); ++d)
    std::sort(sorted.begin() + static_cast<long>(place[d]),
              sorted.begin() + static_cast<long>(place[d + 1]), [](const Event& a, const Event& b) {
                return a.at != b.at ? a.at < b.at : a.customer < b.customer;
              });
  return sorted;
}

class BinaryCopy {
 public:
  BinaryCopy() {
    static constexpr char signature[] = "PGCOPY\n\377\r\n";
    buffer_.assign(signature, sizeof signature);
    buffer_.append(8, '\0');  // no flags, no header extension
  }
  void row(const Event& e) {
    integer<uint16_t>(3);
    integer<uint32_t>(8), integer<uint64_t>(e.customer);
    integer<uint32_t>(8), integer<uint64_t>(static_cast<uint64_t>(first_day + e.at) * 1000);
    integer<uint32_t>(4), integer<uint32_t>(e.type);
    if (buffer_.size() > size_t{1} << 20) flush();
  }
  void finish() {
    integer<uint16_t>(0xffff);
    flush();
    if (std::fflush(stdout) != 0) throw std::runtime_error("cannot write");
  }

 private:
  template <class T>
  void integer(T value) {
    for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8)
      buffer_.push_back(static_cast<char>(value >> shift & 0xff));
  }
  void flush() {
    if (std::fwrite(buffer_.data(), 1, buffer_.size(), stdout) != buffer_.size())
      throw std::runtime_error("cannot write");
    buffer_.clear();
  }
  std::string buffer_;
};

uint64_t number(const char* text) {
  uint64_t n = 0;
  const char* const end = text + std::strlen(text);
  if (const auto r = std::from_chars(text, end, n); r.ec != std::errc{} || r.ptr != end)
    throw std::runtime_error(std::string("not a number: ") + text);
  return n;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2 || argc > 3) throw std::runtime_error("usage: generate EVENTS [SEED]");
  const uint64_t events = number(argv[1]), seed = argc > 2 ? number(argv[2]) : 1;
  if (events < 1 || events > 1'000'000'000) throw std::runtime_error("1 to 1000000000 events");
  const uint64_t customers = std::max<uint64_t>(1, events / 100);
  const std::vector<uint32_t> n = sizes(events, customers, seed);
  std::vector<Event> all;
  all.reserve(events);
  for (uint32_t c = 0; c < customers; ++c) journey_of(c + 1, n[c], seed, all);
  all = in_time_order(all);
  BinaryCopy copy;
  for (const Event& e : all) copy.row(e);
  copy.finish();
} catch (const std::exception& e) {
  std::fprintf(stderr, "generate: %s\n", e.what());
  return 1;
}
