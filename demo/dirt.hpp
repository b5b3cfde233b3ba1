// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "deliveries.hpp"
#include "known_as.hpp"
#include "random.hpp"

/// Rows as broken systems write them. Each is a copy of a good one with one fault, so that what is
/// known of the persons does not depend on the dirt.
namespace demo {

namespace web {
enum Column { cookie, login, member, ts, page, item, category, brand, count };
}
namespace app {
enum Column { device, member, logged_at, action, item, payload, count };
}
namespace orders {
enum Column {
  customer_no,
  email,
  phone,
  name,
  city,
  ordered_at,
  shop,
  status,
  sku,
  amount,
  currency,
  count
};
}
namespace service {
enum Column { phone, email, customer_no, day, clock, step_name, received_at, count };
}
namespace crm {
enum Column { kind, card, email, till, at, item, count };
}

struct WebRow : std::array<std::string, web::count> {};
struct AppRow : std::array<std::string, app::count> {};
struct OrderRow : std::array<std::string, orders::count> {};
struct ServiceRow : std::array<std::string, service::count> {};
struct CrmRow : std::array<std::string, crm::count> {};

template <size_t N>
std::string one_of(Random& random, const std::array<std::string_view, N>& of) {
  return std::string(of[random.below(N)]);
}

template <size_t N>
Planted one_of(Random& random, const std::array<Planted, N>& of) {
  return of[random.below(N)];
}

inline Planted spoil(WebRow& row, Random& random) {
  using enum Planted;
  const Planted fault = one_of(random, std::array{missing_customer, missing_time, time_too_old,
                                                  time_in_future, missing_event, unknown_event});
  switch (fault) {
    case missing_customer:
      row[web::cookie] =
          one_of(random, std::array<std::string_view, 4>{"", "undefined", "-", "null"});
      row[web::login] = row[web::member] = nothing;
      break;
    case missing_time:
      row[web::ts] = nothing;
      break;
    case time_too_old:
      row[web::ts] = "12000";
      break;
    case time_in_future:
      row[web::ts] = "4102444800000";
      break;
    case missing_event:
      row[web::page] = one_of(random, std::array<std::string_view, 2>{"", "  "});
      break;
    default:
      row[web::page] = one_of(random, std::array<std::string_view, 2>{"debug", "测试页"});
  }
  return fault;
}

inline Planted spoil(AppRow& row, Random& random) {
  using enum Planted;
  const Planted fault =
      random.chance(0.01)
          ? text_too_long
          : one_of(random, std::array{missing_customer, bad_time, time_too_old, time_in_future,
                                      missing_event, unknown_event});
  switch (fault) {
    case missing_customer:
      row[app::device] = "00000000-0000-0000-0000-000000000000";
      row[app::member] = one_of(random, std::array<std::string_view, 3>{"guest", "未知", ""});
      break;
    case bad_time:
      row[app::logged_at] =
          one_of(random, std::array<std::string_view, 3>{"2025-13-45T10:00:00Z", "昨天", "0x7f"});
      break;
    case time_too_old:
      row[app::logged_at] = "1970-01-01T00:00:12.000Z";
      break;
    case time_in_future:
      row[app::logged_at] = "2099-01-01T00:00:00.000Z";
      break;
    case missing_event:
      row[app::action] = "";
      break;
    case unknown_event:
      row[app::action] = one_of(random, std::array<std::string_view, 2>{"调试", "beta_dialog"});
      break;
    default:
      row[app::item].assign(2500, 'x');
  }
  return fault;
}

inline Planted spoil(OrderRow& row, Random& random) {
  using enum Planted;
  const Planted fault = one_of(
      random, std::array{missing_customer, bad_identity, bad_time, time_in_future, unknown_event,
                         bad_amount, amount_out_of_range, bad_currency, no_rate});
  switch (fault) {
    case missing_customer:
      row[orders::customer_no] =
          one_of(random, std::array<std::string_view, 4>{"guest", "匿名", "0", ""});
      row[orders::email] = one_of(random, std::array<std::string_view, 3>{"n/a", "", "\\N"});
      row[orders::phone] = one_of(random, std::array<std::string_view, 3>{"-", "", "\\N"});
      break;
    case bad_identity:
      row[orders::customer_no] = nothing;
      row[orders::email] =
          one_of(random, std::array<std::string_view, 3>{"no address", "a@@b", "wang@"});
      row[orders::phone] = "12345";
      break;
    case bad_time:
      row[orders::ordered_at] = one_of(
          random,
          std::array<std::string_view, 3>{"31.02.2025 10:00", "2025-02-30 10:00:00", "下周三"});
      break;
    case time_in_future:
      row[orders::ordered_at] = "2099-12-31 12:00:00";
      break;
    case unknown_event:
      row[orders::status] = one_of(random, std::array<std::string_view, 2>{"草稿", "待付款"});
      break;
    case bad_amount:
      row[orders::amount] =
          one_of(random, std::array<std::string_view, 4>{"12,3.4", "约五十", "1.2.3", "10%"});
      break;
    case amount_out_of_range:
      row[orders::amount] =
          one_of(random, std::array<std::string_view, 2>{"1e15", "9999999999999.00"});
      break;
    case bad_currency:
      row[orders::amount] = "20.00", row[orders::currency] = "Taler";
      break;
    default:  // a voucher of the Swiss shop, whose currency has no rate
      row[orders::sku] = "礼品卡-050";
      row[orders::status] = "已付款";
      row[orders::amount] = "50.00", row[orders::currency] = "CHF";
  }
  return fault;
}

inline Planted spoil(ServiceRow& row, Random& random) {
  using enum Planted;
  const Planted fault =
      random.chance(0.02) ? expression_error
                          : one_of(random, std::array{missing_customer, bad_identity, missing_time,
                                                      missing_event, unknown_event});
  row[service::email] = row[service::customer_no] = nothing;
  switch (fault) {
    case expression_error:
      row[service::clock] = "25:61:00";
      break;
    case missing_customer:
      row[service::phone] = one_of(random, std::array<std::string_view, 3>{"匿名", "unknown", ""});
      break;
    case bad_identity:
      row[service::phone] = one_of(random, std::array<std::string_view, 2>{"12345", "no phone"});
      break;
    default:
      row[service::phone] = "+8613800138000";
      if (fault == missing_time) row[service::day] = nothing;
      if (fault == missing_event) row[service::step_name] = "";
      if (fault == unknown_event) row[service::step_name] = "转接中";
  }
  return fault;
}

inline Planted spoil(CrmRow& row, Random& random) {
  using enum Planted;
  const Planted fault =
      one_of(random, std::array{missing_customer, bad_identity, time_in_future, unknown_event});
  switch (fault) {
    case missing_customer:
      row[crm::card] = one_of(random, std::array<std::string_view, 2>{"", "0"});
      row[crm::email] = one_of(random, std::array<std::string_view, 2>{"n/a", "\\N"});
      row[crm::till] = nothing;
      break;
    case bad_identity:
      row[crm::card] = row[crm::till] = nothing;
      row[crm::email] =
          one_of(random, std::array<std::string_view, 2>{"unknown@", "anna.example.com"});
      break;
    case time_in_future:
      row[crm::at] = "2099-06-01T00:00:00Z";
      break;
    default:
      row[crm::kind] = one_of(random, std::array<std::string_view, 2>{"mail.bounced", "进店测试"});
  }
  return fault;
}

}  // namespace demo
