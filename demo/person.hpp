// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dirt.hpp"

/// A person as the five systems see it: which identifiers stand in which rows.
namespace demo {

/// What two people under one roof share. Each is known by the first of them who used it.
struct Household {
  std::string tablet, line, computer;
  std::map<std::pair<Kind, std::string>, uint64_t> owners;
};

inline Household household_of(uint64_t seed, uint64_t first, bool chinese) {
  Random random(seed ^ 0x5EEDF00DU, first);
  Household home;
  if (!random.chance(0.3)) return home;
  const bool tablet = random.chance(0.5), line = random.chance(0.5), computer = random.chance(0.5);
  const std::string id = uuid_of(random);
  if (tablet) home.tablet = id;
  if (line && chinese) home.line = shared_line(first);
  if (computer) home.computer = "ck." + hex_of(random.bits(), 16);
  return home;
}

/// Which systems know a person, and what in them connects the identifiers of that person.
struct Traces {
  bool elsewhere = false;  // known outside the web, so that logging in is possible
  bool orders = false, promotions = false, web = false;

  explicit Traces(const Life& life) { see(life.events); }
  void see(const std::vector<ShopEvent>& events) {
    for (const ShopEvent& e : events) {
      const bool order = e.action == Action::purchase || e.action == Action::return_item;
      orders |= order;
      promotions |= e.channel == Channel::email;
      if (e.channel == Channel::web && !order)
        web = true;
      else
        elsewhere = true;
    }
  }
  /// Whether some row has the customer number and the address, other than on the web.
  bool address_is_known() const { return orders || promotions; }
};

class Person {
 public:
  Person(uint64_t seed, uint64_t number, const Life& life, Household& home)
      : Person(seed, number, life, home, Traces(life)) {}
  Person(uint64_t seed, uint64_t number, const Life& life, Household& home, const Traces& known)
      : random_(seed ^ 0x1DE17F1E5U, number),
        number_(number),
        life_(life),
        home_(home),
        traces(known),
        key(customer_key(number)),
        mail(mail_address(life.shopper.name, number, false)),
        work_mail(mail_address(life.shopper.name, number, true)),
        phone(mobile_number(life.shopper.city, number)) {
    has_work_mail = random_.chance(0.12);
    for (std::string& cookie : cookies_) cookie = "ck." + hex_of(random_.bits(), 16);
    for (std::string& device : devices_) device = uuid_of(random_);
    recipient = unknown_mobile(number);
    use(Kind::customer, key);
  }

  /// A browser forgets its cookie now and then; some people have one at work, too.
  std::string cookie_at(int64_t day) {
    if (!traces.elsewhere) return cookies_[0];
    if (!home_.computer.empty() && random_.chance(0.4)) return home_.computer;
    const auto slot = static_cast<size_t>(day / 150) % 4;
    return cookies_[slot * 2 + random_.chance(0.2)];
  }
  std::string device_at(int64_t day) {
    if (!home_.tablet.empty() && random_.chance(0.4)) return home_.tablet;
    const auto slot = static_cast<size_t>(day / 220) % 4;
    return devices_[slot * 2 + random_.chance(0.15)];
  }
  bool is_shared(const std::string& id) const { return id == home_.tablet || id == home_.computer; }
  const std::string& line() const { return home_.line; }

  /// Notes that an identifier stands in a row that can be used. A stranger's belongs to no
  /// customer.
  void use(Kind kind, const std::string& id, bool strangers = false) {
    if (id == home_.tablet || id == home_.line || id == home_.computer)
      home_.owners.emplace(std::pair{kind, id}, number_);
    else
      used.emplace(std::pair{kind, id}, strangers);
  }

  const Life& life() const { return life_; }
  uint32_t number() const { return static_cast<uint32_t>(number_); }
  Random& random() { return random_; }

  /// From here on the rows draw from another stream, as those of a later time do.
  void draw_from(const Random& random) { random_ = random; }

 private:
  Random random_;
  uint64_t number_;
  const Life& life_;
  Household& home_;
  std::array<std::string, 8> cookies_, devices_;

 public:
  const Traces traces;
  const std::string key, mail, work_mail, phone;
  std::string recipient;
  bool has_work_mail = false;
  std::map<std::pair<Kind, std::string>, bool> used;
};

}  // namespace demo
