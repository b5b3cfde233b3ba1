// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "persuasion.hpp"
#include "shop.hpp"
#include "shopper.hpp"

/// The week after the end: the purchases that the simulation had in store anyway, those that a
/// message makes or prevents, and those that are lost while the app cannot take payments.
namespace demo {

inline constexpr int days_of_week = 7;

/// The app's page of payments fails: people come as far as the checkout, and most get no further.
struct Incident {
  static constexpr int64_t hours = 6;
  int64_t from;         // milliseconds since the start of the simulation
  double share = 0.85;  // of the orders, that are lost

  /// On the fifth day, when it is evening in China.
  explicit Incident(const Shop& shop)
      : from((static_cast<int64_t>(shop.days) + 4) * ms_per_day + 9 * 3'600'000) {}
  int64_t until() const { return from + hours * 3'600'000; }
  bool holds(int64_t at) const { return at >= from && at < until(); }
};

class NextWeek : public Life {
 public:
  NextWeek(const Shop& shop, uint64_t number, const Incident& incident)
      : Life(shop.seed, number, static_cast<int>(shop.days)),
        seed_(shop.seed),
        number_(number),
        first_day_(static_cast<int>(shop.days)),
        incident_(incident) {
    live();
    persuasion = persuasion_of(seed_, number_, shopper);
  }

  Persuasion persuasion;

  /// What the week is like with or without a message; everything else is the same.
  struct World {
    std::vector<ShopEvent> events;
    int orders = 0, lost = 0;  // lost to the incident
    int64_t cents = 0;
    int64_t trouble = -1;  // when the first was lost
  };

  World live_week(std::optional<int64_t> message) {
    World world;
    std::vector<ShopEvent> year = std::move(events);
    events = next_events;
    const double start = first_day_;
    random_ = stream(1);
    const double first =
        std::max(start, shopper.arrived_day) + 7 * random_.exponential(visits_a_week_);
    browse(first, std::min(start + days_of_week, shopper.left_day));
    for (size_t i = 0; i < next_orders.size() && next_orders[i].day < start + days_of_week; ++i) {
      const size_t before = events.size();
      random_ = stream(100 + i);
      order(next_orders[i].day, next_orders[i].cents);
      if (message && is_put_off(next_orders[i].day, *message, i))
        events.resize(before);
      else
        meet_incident(world, before, i);
    }
    if (message) heed(world, *message);
    sort(events);
    std::erase_if(events, [this](const ShopEvent& e) {
      return e.at >= (first_day_ + days_of_week) * ms_per_day;
    });
    int64_t last = -1;
    for (const ShopEvent& e : events) {
      if (e.action != Action::purchase) continue;
      world.orders += e.at != last, last = e.at, world.cents += e.cents;
    }
    world.events = std::move(events);
    events = std::move(year);
    return world;
  }

 private:
  Random stream(uint64_t part) const { return {seed_ ^ 0x7DA75E7E7ULL ^ (part << 40), number_}; }

  /// A sleeping dog that was woken buys less.
  bool is_put_off(double day, int64_t message, size_t i) const {
    return persuasion.response == Response::sleeping_dog &&
           day > static_cast<double>(message) / ms_per_day && stream(1000 + i).chance(0.6);
  }

  /// An order may be lost at the till; then the checkout is tried again, and some complain.
  void meet_incident(World& world, size_t from, size_t i) {
    const auto paid = std::find_if(
        events.begin() + static_cast<std::ptrdiff_t>(from), events.end(), [this](const auto& e) {
          return e.action == Action::purchase && e.channel == Channel::app && incident_.holds(e.at);
        });
    if (paid == events.end()) return;
    random_ = stream(2000 + i);
    if (!random_.chance(incident_.share)) return;
    int64_t at = paid->at;
    events.erase(paid, events.end());
    ++world.lost;
    if (world.trouble < 0 || at < world.trouble) world.trouble = at;
    for (uint32_t again = 1 + random_.below(3); again > 0; --again, at += pause(40))
      add(at, Channel::app, Action::checkout);
    if (!random_.chance(0.3)) return;
    add(at += pause(900), Channel::service, Action::contact);
    add(at += pause(120), Channel::service, Action::complaint);
    if (random_.chance(0.8)) add(at + pause(6 * 3600), Channel::service, Action::resolved);
  }

  /// The message is read or not, and makes a customer buy who can be persuaded. The purchase is on
  /// one of the days after, sooner rather than later.
  void heed(World& world, int64_t message) {
    static constexpr std::array<double, 4> opens{0.6, 0.5, 0.1, 0.5};
    random_ = stream(3000);
    add(message, Channel::email, Action::sent);
    const bool opened = random_.chance(opens[static_cast<size_t>(persuasion.response)]);
    if (opened) {
      int64_t at = message + pause(9000);
      add(at, Channel::email, Action::opened);
      if (random_.chance(0.4)) {
        add(at += pause(20), Channel::email, Action::clicked);
        surf(at + 1000, Channel::web, just_looking);
      }
    }
    random_ = stream(3001);
    const int64_t left = first_day_ + days_of_week - 1 - message / ms_per_day;
    if (random_.chance(persuasion.lift) && left > 0) {
      double u = random_.uniform();
      u *= u;
      const double day = static_cast<double>(message / ms_per_day + 1) +
                         static_cast<double>(static_cast<int64_t>(u * static_cast<double>(left)));
      const double spend = 0.9 * random_.gamma(6.0, 6.0 / shopper.mean_spend);
      const size_t before = events.size();
      order(day, std::max<int64_t>(1, static_cast<int64_t>(spend * 100 + 0.5)));
      meet_incident(world, before, 900);
    }
    if (persuasion.response == Response::sleeping_dog && random_.chance(0.1))
      need_help(message + pause(7200), true);
  }

  uint64_t seed_, number_;
  int64_t first_day_;
  const Incident& incident_;
};

}  // namespace demo
