// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue.hpp"
#include "random.hpp"

/// The life of one simulated customer. Buying follows the buy-till-you-die process that the models
/// of churn and value assume: from the first purchase on, purchases arrive at a constant rate
/// lambda ~ Gamma until an exponential lifetime with rate mu ~ Gamma is over; the value of an order
/// is Gamma around the customer's own level, whose inverse is Gamma too.
namespace demo {

enum class Channel : uint8_t { web, app, store, service, email };
inline constexpr std::array<std::string_view, 5> channel_names{"web", "app", "store", "service",
                                                               "email"};

enum class Action : uint8_t {
  view_page,
  search,
  view_item,
  cart,
  checkout,
  purchase,  // the order of the chains below
  visit,
  consult,
  return_item,
  contact,
  complaint,
  resolved,
  sent,
  opened,
  clicked
};
inline constexpr std::array<std::string_view, 15> action_names{
    "view_page",      "search",           "view_item",        "cart",    "checkout",  "purchase",
    "visit",          "consult",          "return",           "contact", "complaint", "resolved",
    "promotion_sent", "promotion_opened", "promotion_clicked"};

inline constexpr int64_t ms_per_day = 86'400'000;

struct ShopEvent {
  int64_t at;  // milliseconds since the start of the simulation
  Channel channel;
  Action action;
  bool has_amount = false;
  int32_t item = -1;
  int64_t cents = 0;
};

struct Shopper {
  std::string name;
  std::string_view city;
  double arrived_day = 0;
  bool buyer = false;
  double lambda = 0;      // purchases a week
  double mu = 0;          // dropouts a week
  double mean_spend = 0;  // of an order
  double left_day = 0;    // when the lifetime is over
  size_t taste = 0;
  Channel favourite = Channel::web;
  int purchases = 0;
  int next_purchases = 0;  // in the 90 days after the end, which are not shown
  double next_spend = 0;
};

class Life {
 public:
  Life(uint64_t seed, uint64_t customer, int days) : random_(seed, customer), days_(days) {}

  Shopper shopper;
  std::vector<ShopEvent> events;  // in time order once lived

  /// What is not shown, as it comes after the end: orders, and what follows from earlier ones.
  struct Order {
    double day;
    int64_t cents;
  };
  std::vector<Order> next_orders;
  std::vector<ShopEvent> next_events;

  void live() {
    be_born();
    double first = days_;  // day of the first purchase
    if (shopper.buyer) first = shopper.arrived_day + random_.exponential(1 / 4.0);
    const double observed = std::min<double>(days_, shopper.left_day);
    browse(shopper.arrived_day, observed);
    if (shopper.buyer) buy(first);
    receive_promotions();
    sort(events);
    const auto end = std::partition_point(
        events.begin(), events.end(), [this](const auto& e) { return e.at < days_ * ms_per_day; });
    next_events.assign(end, events.end());
    events.erase(end, events.end());
  }

 protected:
  static void sort(std::vector<ShopEvent>& events) {
    std::stable_sort(events.begin(), events.end(),
                     [](const ShopEvent& a, const ShopEvent& b) { return a.at < b.at; });
  }

  static constexpr size_t chain_end = 6;
  using Chain = std::array<std::array<double, 7>, 6>;  // page search view cart checkout buy end
  static constexpr Chain just_looking{{{0, 35, 35, 0, 0, 0, 30},
                                       {5, 15, 60, 0, 0, 0, 20},
                                       {5, 15, 38, 12, 0, 0, 30},
                                       {0, 10, 38, 0, 17, 0, 35},
                                       {0, 0, 20, 10, 0, 0, 70},
                                       {0, 0, 0, 0, 0, 0, 1}}};
  static constexpr Chain set_on_buying{{{0, 50, 50, 0, 0, 0, 0},
                                        {5, 15, 80, 0, 0, 0, 0},
                                        {5, 15, 35, 45, 0, 0, 0},
                                        {0, 5, 25, 0, 70, 0, 0},
                                        {0, 0, 0, 5, 0, 95, 0},
                                        {0, 0, 0, 0, 0, 0, 1}}};

  void be_born() {
    const City& city = cities[random_.pick(city_weights)];
    shopper.city = city.name;
    offset_ = city.utc_offset;
    if (city.chinese) {
      shopper.name = any(chinese_families);
      shopper.name += any(chinese_given);
    } else {
      shopper.name = any(western_given);
      (shopper.name += ' ') += any(western_families);
    }
    shopper.arrived_day = random_.uniform() * days_ * 0.95;
    shopper.buyer = random_.chance(0.65);
    shopper.lambda = shopper.buyer ? random_.gamma(0.9, 5.0) : 0;
    shopper.mu = random_.gamma(0.8, 14.0);
    shopper.mean_spend = 6 / random_.gamma(4.0, 60.0);
    // A visitor who never buys leaves sooner, as if at four times the rate.
    shopper.left_day =
        shopper.arrived_day + 7 * random_.exponential(shopper.mu * (shopper.buyer ? 1 : 4) + 1e-9);
    shopper.taste = random_.below(categories.size());
    shopper.favourite = static_cast<Channel>(random_.pick(std::array<double, 3>{45, 35, 20}));
    subscribed_ = random_.chance(0.7);
    visits_a_week_ = random_.gamma(1.3, 2.2) + 0.8 * shopper.lambda;
  }

  template <size_t N>
  std::string_view any(const std::array<std::string_view, N>& of) {
    return of[random_.below(N)];
  }

  /// An instant on that day, in the waking hours of that place.
  int64_t instant(double day, bool shop_hours) {
    static constexpr std::array<double, 24> awake{1, 1, 0, 0, 0, 1, 2, 4,  6,  7,  8, 8,
                                                  9, 8, 7, 7, 7, 8, 9, 11, 13, 12, 8, 3};
    static constexpr std::array<double, 24> open{0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 6, 8,
                                                 9, 8, 7, 7, 8, 9, 9, 7, 2, 0, 0, 0};
    const auto local = static_cast<int>(random_.pick(shop_hours ? open : awake));
    const int hour = (local - offset_ + 24) % 24;
    return static_cast<int64_t>(day) * ms_per_day + hour * 3'600'000LL + random_.below(3'600'000);
  }

  Channel choose_channel() {
    if (random_.chance(0.75)) return shopper.favourite;
    return static_cast<Channel>(random_.pick(std::array<double, 3>{45, 35, 20}));
  }

  int32_t choose_item() {
    const size_t category = random_.chance(0.7) ? shopper.taste : random_.below(categories.size());
    const double u = random_.uniform();  // the square makes best-sellers
    return static_cast<int32_t>(category * items_of_category +
                                static_cast<size_t>(u * u * items_of_category));
  }

  void add(int64_t at, Channel channel, Action action, int32_t item = -1) {
    events.push_back({at, channel, action, false, item});
  }

  void consult(int64_t at) { add(at, Channel::store, Action::consult, choose_item()); }

  int64_t pause(double mean_seconds) {
    return 800 + static_cast<int64_t>(random_.exponential(1 / (mean_seconds * 1000)));
  }

  /// Follows the chain from the front page or a search; returns the time of its end, which for a
  /// buyer is the time of the purchase.
  int64_t surf(int64_t at, Channel channel, const Chain& chain) {
    cart_.clear();
    size_t state = random_.pick(std::array<double, 3>{35, 40, 25});
    int32_t item = choose_item();
    for (int length = 0; state < static_cast<size_t>(Action::purchase); ++length) {
      if (state == static_cast<size_t>(Action::view_item)) item = choose_item();
      const bool about_item = state == 2 || state == 3;  // a page, a search, a till are not
      add(at, channel, static_cast<Action>(state), about_item ? item : -1);
      if (state == static_cast<size_t>(Action::cart)) cart_.push_back(item);
      at += pause(state == 2 ? 50 : 25);
      if (length < 80) {
        state = random_.pick(chain[state]);
      } else {  // enough: on to the end of this chain
        state = &chain == &just_looking ? chain_end : static_cast<size_t>(Action::purchase);
      }
    }
    if (cart_.empty()) cart_.push_back(item);  // bought at once
    return at;
  }

  void browse(double from, double until) {
    for (double day = from; day < until; day += 7 * random_.exponential(visits_a_week_)) {
      const Channel channel = choose_channel();
      if (channel != Channel::store) {
        surf(instant(day, false), channel, just_looking);
      } else {
        const int64_t at = instant(day, true);
        add(at, channel, Action::visit);
        if (random_.chance(0.4)) consult(at + pause(300));
      }
      if (random_.chance(0.01)) need_help(instant(day + 1, true), false);
    }
  }

  void buy(double first) {
    const double end = std::min<double>(days_ + 90, shopper.left_day);
    // The process begins with the first purchase, which happens even if the lifetime is very short.
    if (first >= shopper.left_day) shopper.left_day = first;
    for (double day = first; day < end || day == first;
         day += 7 * random_.exponential(shopper.lambda + 1e-9)) {
      const double spend = random_.gamma(6.0, 6.0 / shopper.mean_spend);
      const auto cents = std::max<int64_t>(1, static_cast<int64_t>(spend * 100 + 0.5));
      if (day < days_) {
        ++shopper.purchases;
        order(day, cents);
      } else if (day < days_ + 90) {
        ++shopper.next_purchases;
        shopper.next_spend += static_cast<double>(cents) / 100;
        next_orders.push_back({day, cents});
      }
    }
  }

  void order(double day, int64_t cents) {
    Channel channel = choose_channel();
    int64_t at;
    if (channel == Channel::store) {
      at = instant(day, true);
      if (random_.chance(0.4)) {  // looked it up before going to the shop
        const Channel screen = random_.chance(0.5) ? Channel::app : Channel::web;
        surf(at - 1'800'000 - random_.below(7'200'000), screen, just_looking);
      }
      add(at, channel, Action::visit);
      if (random_.chance(0.5)) consult(at += pause(240));
      at += pause(400);
    } else {
      at = surf(instant(day, false), channel, set_on_buying);
    }
    if (channel == Channel::store) {
      cart_.resize(1 + random_.pick(std::array<double, 4>{60, 25, 10, 5}));
      for (int32_t& item : cart_) item = choose_item();
    }
    for (size_t line = cart_.size(); line >= 1; --line) {
      const int64_t part = line == 1 ? cents : cents / static_cast<int64_t>(line);
      cents -= part;
      const int32_t item = cart_[line - 1];
      events.push_back({at, channel, Action::purchase, true, item, part});
      if (part > 0 && random_.chance(0.05)) send_back(day + 2 + random_.below(12), item, part);
    }
  }

  void send_back(double day, int32_t item, int64_t cents) {
    const bool shop = random_.chance(0.4);
    const int64_t at = instant(day, shop);
    if (random_.chance(0.3)) need_help(at - 3'600'000 * (1 + random_.below(20)), true);
    events.push_back(
        {at, shop ? Channel::store : Channel::web, Action::return_item, true, item, -cents});
  }

  void need_help(int64_t at, bool angry) {
    add(at, Channel::service, Action::contact);
    if (angry || random_.chance(0.3)) add(at += pause(120), Channel::service, Action::complaint);
    if (random_.chance(0.8)) add(at + pause(1800), Channel::service, Action::resolved);
  }

  /// The shop writes to all subscribers, as it cannot know which of them have left. Only the others
  /// answer.
  void receive_promotions() {
    if (!subscribed_) return;
    const auto arrived = static_cast<int64_t>(shopper.arrived_day);
    for (int64_t day = (arrived / 14 + 1) * 14; day < days_; day += 14) {
      int64_t at = day * ms_per_day + 8 * 3'600'000 + random_.below(600'000);
      add(at, Channel::email, Action::sent);
      if (static_cast<double>(day) >= shopper.left_day || !random_.chance(0.3)) continue;
      add(at += pause(9000), Channel::email, Action::opened);
      if (!random_.chance(0.35)) continue;
      add(at += pause(20), Channel::email, Action::clicked);
      surf(at + 1000, Channel::web, just_looking);
    }
  }

  Random random_;
  int days_;
  int offset_ = 0;
  std::vector<int32_t> cart_;  // what the last visit put into it
  bool subscribed_ = false;
  double visits_a_week_ = 0;
};

}  // namespace demo
