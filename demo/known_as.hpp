// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "catalogue.hpp"
#include "random.hpp"

/// By what the systems of the shop know a person, and how people and systems spell it.
namespace demo {

enum class Kind : uint8_t { customer, email, phone, device, cookie };
inline constexpr std::array<std::string_view, 5> kind_names{"customer", "email", "phone", "device",
                                                            "cookie"};

/// What stands for a value that is not there.
inline constexpr std::string_view nothing = "\\N";

inline std::string digits_of(uint64_t number, size_t width) {
  std::string digits = std::to_string(number);
  if (digits.size() > width) digits.erase(0, digits.size() - width);
  return digits.insert(0, width - digits.size(), '0');
}

inline std::string hex_of(uint64_t bits, size_t digits) {
  std::string text;
  for (size_t i = 0; i < digits; ++i, bits >>= 4) text += "0123456789abcdef"[bits & 15];
  return text;
}

inline std::string uuid_of(Random& random) {
  const uint64_t a = random.bits(), b = random.bits();
  return hex_of(a, 8) + '-' + hex_of(a >> 32, 4) + "-4" + hex_of(a >> 48, 3) + "-a" + hex_of(b, 3) +
         '-' + hex_of(b >> 12, 12);
}

/// The letters of a name that an address may have.
inline std::string address_name(std::string_view name) {
  static constexpr std::array<std::string_view, 16> families{
      "wang", "li",   "zhang", "liu", "chen",   "yang", "huang", "zhao",
      "wu",   "zhou", "xu",    "sun", "ouyang", "lin",  "he",    "guo"};
  static constexpr std::array<std::string_view, 20> given{
      "wei",  "fang",   "na",     "min",     "jing",    "li",       "qiang",
      "lei",  "yang",   "yan",    "xiuying", "zhiming", "xiaohong", "jie",
      "ting", "siyuan", "yutong", "haoran",  "zihan",   "jianguo"};
  static constexpr std::array<std::string_view, 16> western{
      "mueller", "smith", "garcia", "obrien", "rossi",    "dubois",  "novak", "silva",
      "aberg",   "jones", "keller", "nguyen", "kowalski", "johnson", "weiss", "almeida"};
  static constexpr std::array<std::string_view, 20> first{
      "anna", "chloe",  "lukas", "maria", "john",   "zoe",  "andre", "sofia", "emma",  "noah",
      "lena", "carlos", "ines",  "peter", "bjoern", "olga", "mia",   "paul",  "grace", "hugo"};
  for (size_t f = 0; f < families.size(); ++f)
    for (size_t g = 0; g < given.size(); ++g)
      if (name.starts_with(chinese_families[f]) &&
          name.substr(chinese_families[f].size()) == chinese_given[g])
        return std::string(families[f]) + std::string(given[g]);
  for (size_t g = 0; g < first.size(); ++g)
    for (size_t f = 0; f < western.size(); ++f)
      if (name.starts_with(western_given[g]) && name.ends_with(western_families[f]))
        return std::string(first[g]) + '.' + std::string(western[f]);
  return "someone";
}

inline std::string mail_address(std::string_view name, uint64_t number, bool second) {
  static constexpr std::array<std::string_view, 4> hosts{"example.com", "mail.example.net",
                                                         "example.org", "post.example.com"};
  return address_name(name) + (second ? ".work" : "") + std::to_string(number) + '@' +
         std::string(hosts[(number + second) % hosts.size()]);
}

/// Mobile numbers of that place, in E.164.
inline std::string mobile_number(std::string_view city, uint64_t number) {
  struct Plan {
    std::string_view city, prefix;
    size_t digits;
  };
  static constexpr std::array<Plan, 7> plans{{{"香港", "+85296", 6},
                                              {"Singapore", "+6591", 6},
                                              {"Berlin", "+49151", 8},
                                              {"Zürich", "+4179", 7},
                                              {"London", "+447400", 6},
                                              {"São Paulo", "+55119", 8},
                                              {"New York", "+12122", 6}}};
  for (const Plan& plan : plans) {
    if (plan.city != city) continue;
    std::string digits = digits_of(number, plan.digits);
    if (plan.city == "São Paulo") digits[0] = '8';
    return std::string(plan.prefix) + digits;
  }
  return "+8613" + digits_of(number % 10, 1) + digits_of(number, 8);
}

/// A telephone that a family shares, and one of a person who is not a customer.
inline std::string shared_line(uint64_t number) { return "+86215" + digits_of(number, 7); }
inline std::string unknown_mobile(uint64_t number) { return "+86159" + digits_of(number, 8); }

/// Keys are typed with blanks, or in letters of full width.
inline std::string spelt_key(Random& random, const std::string& key) {
  const uint32_t how = random.below(40);
  if (how == 0) return ' ' + key + "  ";
  if (how > 2) return key;
  std::string wide;
  for (const char c : key) {
    const auto code = static_cast<char32_t>(c) + 0xFEE0;
    wide += static_cast<char>(0xE0 | (code >> 12));
    wide += static_cast<char>(0x80 | ((code >> 6) & 63));
    wide += static_cast<char>(0x80 | (code & 63));
  }
  return wide;
}

inline std::string spelt_mail(Random& random, const std::string& mail, const std::string& name) {
  std::string text = mail;
  switch (random.below(20)) {
    case 0:
      return "  " + mail + ' ';
    case 1:
      for (char& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
      return text;
    case 2:
      if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
      return text;
    case 3:
      return name + " <" + mail + '>';
    case 4:
      return "mailto:" + mail;
    case 5:
      return text.replace(mail.find('@'), 1, "＠");
    default:
      return text;
  }
}

/// Numbers of China in national form, too; that of others only with their country.
inline std::string spelt_phone(Random& random, const std::string& phone) {
  const bool mobile = phone.starts_with("+861"), line = phone.starts_with("+8621");
  const uint32_t how = random.below(8);
  if (line) return how < 5 ? "021-" + phone.substr(5) : phone;
  if (!mobile) return how < 4 ? phone : phone.substr(0, 3) + ' ' + phone.substr(3);
  const std::string n = phone.substr(3);
  const std::string blank = n.substr(0, 3) + ' ' + n.substr(3, 4) + ' ' + n.substr(7);
  const std::string dash = n.substr(0, 3) + '-' + n.substr(3, 4) + '-' + n.substr(7);
  switch (how) {
    case 0:
      return blank;
    case 1:
      return dash;
    case 2:
      return "+86 " + blank;
    case 3:
      return "0086" + n;
    case 4:
      return "（+86）" + n;
    default:
      return how == 5 ? phone : n;
  }
}

}  // namespace demo
