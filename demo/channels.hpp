// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "person.hpp"

/// What a person did, as rows of the five systems. Every event is in exactly one good row; beside
/// them are rows with a fault, and second deliveries.
namespace demo {

/// The day from which on a euro costs more, in Shanghai.
inline constexpr int64_t second_half = 181;

class Channels {
 public:
  Channels(Deliveries& out, std::chrono::sys_days start, const std::vector<Item>& items)
      : out_(out), clock_(start), items_(items) {}

  void deliver(Person& person) {
    person_ = &person;
    on_web(), in_app(), at_the_till(), at_the_desk(), in_crm();
  }

 private:
  static constexpr int64_t session_gap = 30 * 60'000, shanghai = 8 * 3'600'000;
  static bool is_order(const ShopEvent& e) {
    return e.action == Action::purchase || e.action == Action::return_item;
  }
  Random& random() { return person_->random(); }
  const Life& life() const { return person_->life(); }

  /// Some rows are a few weeks late.
  int64_t arrival(int64_t at, uint32_t usual) {
    if (random().chance(0.002)) return at + ms_per_day + 1000LL * random().below(35 * 86'400);
    return at + random().below(usual);
  }

  /// Adds a row, now and then a second time, and beside it one with a fault.
  template <typename Row>
  void add(System system, int64_t at, int64_t arrival, const Row& row, bool dropped, double dirt,
           double twice) {
    RowTruth truth{person_->number(), Planted::none, false, dropped};
    const size_t first = out_.add(system, arrival, row, truth);
    if (random().chance(twice) && arrival < out_.end()) {
      truth.duplicate = true;
      const int64_t again = arrival + 1 + random().below(random().chance(0.5) ? 5000 : 86'400'000);
      Row copy = row;
      if constexpr (std::is_same_v<Row, ServiceRow>) copy[service::received_at] = instant(again);
      out_.add(system, again, copy, truth, first);
    }
    if (random().chance(dirt)) {
      Row copy = row;
      const Planted planted = spoil(copy, random());
      const int64_t when = this->arrival(at, 60'000);
      if constexpr (std::is_same_v<Row, ServiceRow>) copy[service::received_at] = instant(when);
      out_.add(system, when, copy, {person_->number(), planted, false, false});
    }
  }

  std::string instant(int64_t ms) {
    std::string text;
    clock_.append(text, ms);
    return text;
  }
  std::string item_of(const ShopEvent& e) const {
    return e.item >= 0 ? items_[static_cast<size_t>(e.item)].key : std::string(nothing);
  }

  // ------------------------------------------------------------------------------- web

  struct View {
    const ShopEvent* event;
    std::string cookie;
    bool logged_in = false, with_number = false;
  };

  /// A person with an account logs in at some time with each browser; before that a cookie is all
  /// that is known. A computer of the family asks each time.
  std::vector<View> plan_views() {
    std::vector<View> views;
    std::map<std::string, std::pair<size_t, bool>> last;  // of each cookie: last view, any log-in
    int64_t before = INT64_MIN / 2;
    bool logged_in = false;
    std::string cookie;
    for (const ShopEvent& e : life().events) {
      if (e.channel != Channel::web || is_order(e)) continue;
      if (e.at - before > session_gap) {
        cookie = person_->cookie_at(e.at / ms_per_day);
        logged_in = person_->is_shared(cookie);
      }
      before = e.at;
      const bool can = person_->traces.elsewhere;
      if (can && !logged_in) logged_in = e.action == Action::checkout || random().chance(0.12);
      views.push_back({&e, cookie, logged_in, false});
      auto& [place, any] = last[cookie];
      place = views.size() - 1, any |= logged_in;
    }
    if (!person_->traces.elsewhere) return views;
    for (const auto& [_, seen] : last)
      if (!seen.second) views[seen.first].logged_in = true;
    bool needed = !person_->traces.address_is_known();
    for (View& view : views)
      if (view.logged_in) {
        view.with_number = needed || random().chance(0.02);
        needed = false;
      }
    return views;
  }

  void on_web() {
    static constexpr std::array<std::string_view, 5> pages{"home", "search", "item", "cart",
                                                           "checkout"};
    std::map<std::string, size_t> log_ins;
    for (const View& view : plan_views()) {
      const ShopEvent& e = *view.event;
      WebRow row;
      row.fill(std::string(nothing));
      row[web::cookie] = view.cookie;
      person_->use(Kind::cookie, view.cookie);
      bool dropped = false;
      if (view.logged_in) {
        const bool first = log_ins[view.cookie]++ == 0;
        dropped = !first && !view.with_number && !person_->is_shared(view.cookie) &&
                  random().chance(0.015);
        row[web::login] =
            dropped ? person_->key + "@" : spelt_mail(random(), person_->mail, life().shopper.name);
        if (!dropped) person_->use(Kind::email, person_->mail);
      }
      if (view.with_number) {
        row[web::member] = spelt_key(random(), person_->key);
        person_->use(Kind::customer, person_->key);
      }
      row[web::ts] = std::to_string(clock_.unix_ms(e.at));
      row[web::page] = pages[static_cast<size_t>(e.action)];
      row[web::item] = item_of(e);
      if (e.action == Action::view_item) {
        row[web::category] = items_[static_cast<size_t>(e.item)].category_name;
        row[web::brand] = items_[static_cast<size_t>(e.item)].brand;
      }
      add(System::web, e.at, arrival(e.at, 3000), row, dropped, 0.006, 0.006);
    }
  }

  // ------------------------------------------------------------------------------- app

  void in_app() {
    static constexpr std::array<std::string_view, 5> actions{"浏览页面", "搜索", "浏览商品",
                                                             "加入购物车", "结算"};
    struct Use {
      const ShopEvent* event;
      std::string device;
      bool logged_in;
      int64_t delay;
    };
    std::vector<Use> uses;
    std::map<std::string, std::pair<size_t, bool>> last;
    int64_t before = INT64_MIN / 2, delay = 0;
    bool logged_in = false;
    std::string device;
    for (const ShopEvent& e : life().events) {
      if (e.channel != Channel::app || is_order(e)) continue;
      if (e.at - before > session_gap) {
        device = person_->device_at(e.at / ms_per_day);
        logged_in = person_->is_shared(device) || random().chance(0.8);
        delay = random().chance(0.02) ? 1000LL * random().below(3 * 86'400) : 0;  // offline
      }
      before = e.at;
      if (!logged_in) logged_in = e.action == Action::checkout || random().chance(0.2);
      uses.push_back({&e, device, logged_in, delay});
      auto& [place, any] = last[device];
      place = uses.size() - 1, any |= logged_in;
    }
    for (const auto& [_, seen] : last)
      if (!seen.second) uses[seen.first].logged_in = true;
    for (const Use& use : uses) {
      const ShopEvent& e = *use.event;
      AppRow row;
      row.fill(std::string(nothing));
      row[app::device] = use.device;
      person_->use(Kind::device, use.device);
      if (use.logged_in) {
        row[app::member] = spelt_key(random(), person_->key);
        person_->use(Kind::customer, person_->key);
      } else if (random().chance(0.3)) {
        row[app::member] = one_of(random(), std::array<std::string_view, 3>{"", "guest", "0"});
      }
      row[app::logged_at] = instant(e.at);
      row[app::action] = actions[static_cast<size_t>(e.action)];
      row[app::item] = item_of(e);
      if (e.action == Action::view_item)
        row[app::payload] = items_[static_cast<size_t>(e.item)].properties;
      add(System::app, e.at, arrival(e.at + use.delay, 5000), row, false, 0.006, 0.006);
    }
  }

  // ------------------------------------------------------------------------------- orders

  struct Price {
    std::string_view currency;  // empty for the shop's own, US dollars
    int64_t cents;
  };

  /// What it costs in the currency of that place: such that the rate makes the very amount of it.
  Price price_of(int64_t cents, int64_t at) {
    const std::string_view city = life().shopper.city;
    const bool later = Clock::day_of(at + shanghai) >= second_half;
    if (city == "香港") return {"HKD", cents * 8};
    if (city == "Berlin" || city == "Zürich") {
      if (!later) return {"EUR", cents};
      if (cents % 5 == 0) return {"EUR", cents / 5 * 4};
      return {"", cents};
    }
    static constexpr std::array<std::string_view, 5> china{"上海", "北京", "成都", "广州", "杭州"};
    return std::find(china.begin(), china.end(), city) != china.end() && random().chance(0.7)
               ? Price{"CNY", cents * 8}
               : Price{"", cents};
  }

  std::string written_amount(const Price& price) {
    std::string text;
    append_money(text, price.cents);
    const uint32_t how = random().below(10);
    if (how < 3)
      for (size_t i = text.size() - 3; i > 3; i -= 3) text.insert(i - 3, ",");
    if (how == 3 || how == 0) {
      if (price.currency == "CNY") return "¥" + text;
      if (price.currency == "EUR") return "€" + text;
      return "$" + text;
    }
    return text;
  }

  /// Local time of Shanghai, as three versions of the system write it.
  std::string written_time(int64_t at) {
    const int64_t local = at + shanghai;
    std::string day, time;
    clock_.append_date(day, Clock::day_of(local));
    Clock::append_time(time, local);
    switch (random().below(8)) {
      case 0:
        return day.substr(0, 4) + "年" + std::to_string(std::stoi(day.substr(5, 2))) + "月" +
               std::to_string(std::stoi(day.substr(8, 2))) + "日 " + time;
      case 1:
        return day.replace(4, 1, "/").replace(7, 1, "/") + ' ' + time;
      default:
        return day + ' ' + time;
    }
  }

  void at_the_till() {
    size_t n = 0;
    bool gift = false;
    for (const ShopEvent& e : life().events) {
      if (!is_order(e)) continue;
      const bool first = n++ == 0;
      bool dropped = false;
      OrderRow row;
      row.fill(std::string(nothing));
      const bool numbered = first || !random().chance(0.12);
      row[orders::customer_no] =
          numbered ? spelt_key(random(), person_->key)
                   : one_of(random(), std::array<std::string_view, 3>{"", "guest", "匿名"});
      if (numbered) person_->use(Kind::customer, person_->key);
      if (first || !numbered || !random().chance(0.15)) {
        const bool work = !first && numbered && person_->has_work_mail && random().chance(0.5);
        const std::string& mail = work ? person_->work_mail : person_->mail;
        row[orders::email] = spelt_mail(random(), mail, life().shopper.name);
        person_->use(Kind::email, mail);
      } else if (random().chance(0.5)) {
        row[orders::email] = one_of(random(), std::array<std::string_view, 3>{"", "n/a", "none"});
      }
      if (first || !numbered || !random().chance(0.2)) {
        const bool choose = !first && numbered;
        std::string phone = person_->phone;
        if (choose && !person_->line().empty() && random().chance(0.5)) phone = person_->line();
        const bool present = choose && !gift && random().chance(0.003);
        if (present) gift = true, phone = person_->recipient;
        dropped = choose && !present && random().chance(0.02);
        row[orders::phone] = dropped ? "12345" : spelt_phone(random(), phone);
        if (!dropped) person_->use(Kind::phone, phone, present);
      }
      row[orders::name] = life().shopper.name;
      row[orders::city] = life().shopper.city;
      row[orders::ordered_at] = written_time(e.at);
      row[orders::shop] = e.channel == Channel::web   ? "网店"
                          : e.channel == Channel::app ? "应用"
                                                      : "门店";
      row[orders::status] = e.action == Action::purchase ? "已付款" : "已退货";
      row[orders::sku] = item_of(e);
      const Price price = price_of(e.cents < 0 ? -e.cents : e.cents, e.at);
      row[orders::amount] = written_amount(price);
      if (!price.currency.empty())
        row[orders::currency] =
            price.currency == "CNY" && random().chance(0.2) ? "人民币" : price.currency;
      else if (random().chance(0.5))
        row[orders::currency] = "USD";
      add(System::orders, e.at, arrival(e.at, 600'000), row, dropped, 0.02, 0.01);
    }
  }

  // ------------------------------------------------------------------------------- service

  void at_the_desk() {
    for (const ShopEvent& e : life().events) {
      if (e.channel != Channel::service) continue;
      ServiceRow row;
      row.fill(std::string(nothing));
      const bool phones = person_->traces.orders && random().chance(0.6);
      if (phones) {
        row[service::phone] = spelt_phone(random(), person_->phone);
        person_->use(Kind::phone, person_->phone);
      } else {
        row[service::email] = spelt_mail(random(), person_->mail, life().shopper.name);
        person_->use(Kind::email, person_->mail);
      }
      if (!person_->traces.address_is_known() && !person_->traces.web) {
        row[service::customer_no] = person_->key;
        person_->use(Kind::customer, person_->key);
      }
      const int64_t local = e.at + shanghai;
      row[service::day].clear(), row[service::clock].clear();
      clock_.append_date(row[service::day], Clock::day_of(local));
      Clock::append_time(row[service::clock], local);
      row[service::step_name] = e.action == Action::contact     ? "咨询"
                                : e.action == Action::complaint ? "投诉"
                                                                : "已解决";
      const int64_t when = arrival(e.at, 4 * 3'600'000);
      row[service::received_at] = instant(when);
      add(System::service, e.at, when, row, false, 0.03, 0.01);
    }
  }

  // ------------------------------------------------------------------------------- CRM

  void in_crm() {
    bool first = true;
    for (const ShopEvent& e : life().events) {
      const bool store = e.channel == Channel::store && !is_order(e);
      if (!store && e.channel != Channel::email) continue;
      CrmRow row;
      row.fill(std::string(nothing));
      bool dropped = false;
      row[crm::card] = spelt_key(random(), person_->key);
      person_->use(Kind::customer, person_->key);
      if (store) {
        row[crm::till] = "till-" + std::to_string(1 + random().below(3));
        person_->use(Kind::device, row[crm::till], true);
      } else {
        dropped = !first && random().chance(0.005);
        first = false;
        row[crm::email] = dropped ? person_->key + "@mail"
                                  : spelt_mail(random(), person_->mail, life().shopper.name);
        if (!dropped) person_->use(Kind::email, person_->mail);
      }
      row[crm::kind] = e.action == Action::visit     ? "visit"
                       : e.action == Action::consult ? "consult"
                       : e.action == Action::sent    ? "mail.sent"
                       : e.action == Action::opened  ? "mail.opened"
                                                     : "mail.clicked";
      row[crm::at] = instant(e.at);
      row[crm::item] = item_of(e);
      add(System::crm, e.at, arrival(e.at, store ? 12 * 3'600'000 : 3'600'000), row, dropped, 0.004,
          0.004);
    }
  }

  Deliveries& out_;
  Clock clock_;
  const std::vector<Item>& items_;
  Person* person_ = nullptr;
};

}  // namespace demo
