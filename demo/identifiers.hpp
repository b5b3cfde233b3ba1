// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "columns.hpp"

/// Of several files of one shop each knows customers by what it has: which columns are identifiers,
/// and of which kind.
namespace demo {

enum class Identifier { customer, open_id, email, phone, device, cookie };
inline constexpr size_t identifier_count = 6;
inline constexpr std::array<std::string_view, identifier_count> identifier_names{
    "customer", "open_id", "email", "phone", "device", "cookie"};
using Identifiers = std::array<std::optional<size_t>, identifier_count>;

/// What a column identifies by its name or its values; nothing if it is a name, or something else.
inline std::optional<Identifier> identifier_of(const ColumnFacts& column) {
  using enum Identifier;
  const std::string name = normal_name(column.name);
  if (column.filled == 0 || column.holds_spelt_times() || column.is_money()) return {};
  if (contains_any(name, "|model|type|category|brand|os|region|country|campaign|subject|"))
    return {};
  if (contains_any(name, "|mail|邮箱|郵箱|信箱|メール|메일|")) return email;
  if (contains_any(name, "|openid|unionid|")) return open_id;
  if (contains_any(name, "|cookie|visitor|pseudoid|anonymousid|")) return cookie;
  if (contains_any(name, "|device|idfa|imei|androidid|设备|設備|")) return device;
  if (name.starts_with("tel") ||
      contains_any(name, "|phone|mobile|handynummer|手机|手機|电话|電話|전화|"))
    return phone;
  if (column.mostly(column.mails)) return email;
  if (contains_any(name, "|name|nom|nombre|naam|姓名|收货人|收件人|昵称|お客様名|이름|")) return {};
  if (name_rank(Role::customer, column.name) > exact_name) return customer;
  return {};
}

/// The column of the customer and all others that are not taken; of each kind the first. A name
/// identifies only where nothing else does.
inline Identifiers find_identifiers(const std::vector<ColumnFacts>& columns,
                                    const std::array<Choice, role_count>& choices) {
  Identifiers found;
  const auto note = [&](size_t i) {
    if (const auto kind = identifier_of(columns[i]))
      if (auto& place = found[static_cast<size_t>(*kind)]; !place) place = i;
  };
  const auto& chosen = choices[static_cast<size_t>(Role::customer)].column;
  if (chosen) note(*chosen);
  for (size_t i = 0; i < columns.size(); ++i) {
    const auto is_taken = [i](const Choice& choice) { return choice.column == i; };
    if (!std::any_of(choices.begin(), choices.end(), is_taken)) note(i);
  }
  if (chosen &&
      std::none_of(found.begin(), found.end(), [](const auto& i) { return i.has_value(); }))
    found[static_cast<size_t>(Identifier::customer)] = chosen;
  return found;
}

}  // namespace demo
