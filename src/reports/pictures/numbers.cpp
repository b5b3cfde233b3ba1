// SPDX-License-Identifier: PostgreSQL
#include "reports/pictures/numbers.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "reports/pictures/letters.hpp"

namespace clientele::pictures {
namespace {

/// With this many decimals at most, without zeros at the end unless they are kept, and without a
/// sign before 0.
std::string plain(double value, int decimals, bool keep = false) {
  char digits[400];
  const auto end =
      std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed, decimals).ptr;
  std::string text(digits, end);
  if (!keep && text.find('.') != std::string::npos) {
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

/// Three digits that matter; all digits of a whole number.
int decimals_of(double value) {
  const double size = std::abs(value);
  if (size >= 999.5 || value == std::floor(value)) return 0;
  if (size >= 99.95) return 1;
  if (size >= 9.995) return 1;
  if (size >= 0.9995) return 2;
  if (size < 1e-9) return 12;
  return std::min(12, 2 - static_cast<int>(std::floor(std::log10(size))));
}

std::string with_separators(std::string text) {
  const size_t first = text.front() == '-' ? 1 : 0;
  size_t at = std::min(text.find('.'), text.size());
  while (at > first + 3) text.insert(at -= 3, 1, ',');
  return text;
}

std::string scientific(double value) {
  char digits[40];
  return {
      digits,
      std::to_chars(digits, digits + sizeof digits, value, std::chars_format::scientific, 2).ptr};
}

struct Unit {
  double size;
  const char* english;
  const char* chinese;
};

}  // namespace

std::string grouped(double value) {
  if (std::abs(value) >= 1e15) return scientific(value);
  return with_separators(plain(value, decimals_of(value)));
}

std::string compact(double value, Language language) {
  const double size = std::abs(value);
  if (size >= 1e15) return scientific(value);
  static constexpr Unit english[] = {
      {1e12, "T", ""}, {1e9, "B", ""}, {1e6, "M", ""}, {1e4, "k", ""}};
  static constexpr Unit chinese[] = {{1e12, "", "万亿"}, {1e8, "", "亿"}, {1e4, "", "万"}};
  if (language == Language::chinese) {
    for (const Unit& u : chinese)
      if (size >= u.size) return plain(value / u.size, size >= 100 * u.size ? 0 : 1) + u.chinese;
  } else {
    for (const Unit& u : english)
      if (size >= u.size) {
        const double unit = u.size == 1e4 ? 1e3 : u.size;
        return plain(value / unit, size >= 100 * unit ? 0 : 1) + u.english;
      }
  }
  return grouped(value);
}

std::string percent(double share) {
  const double value = share * 100, size = std::abs(value);
  if (size >= 1e15) return scientific(value) + "%";
  if (size >= 999.5) return with_separators(plain(value, 0)) + "%";
  if (size > 0 && size < 0.095) return plain(value, size < 0.00095 ? 5 : 3) + "%";
  // With the decimal also where it is 0, as one column has several of them.
  const bool round = value == 0 || size >= 99.95;
  return plain(value, 1, !round) + "%";
}

std::string duration(double seconds, Language language) {
  static constexpr Unit units[] = {
      {86400, " days", " 天"}, {3600, " h", " 小时"}, {60, " min", " 分钟"}};
  const double size = std::abs(seconds);
  const auto written = [&](double value, const char* english, const char* chinese) {
    return with_separators(plain(value, std::abs(value) >= 9.95 ? 0 : 1)) +
           (language == Language::chinese ? chinese : english);
  };
  if (size >= 1e15) return scientific(seconds) + " s";
  if (size >= 86400 && std::lround(size / 8640) == 10 && language == Language::english)
    return seconds < 0 ? "-1 day" : "1 day";
  // Two hours and two days are still written in the smaller unit's decimals.
  for (const Unit& u : units)
    if (size >= u.size) return written(seconds / u.size, u.english, u.chinese);
  return written(seconds, " s", " 秒");
}

std::string Format::full(double value) const {
  if (kind == share) return percent(value);
  if (kind == seconds) return duration(value, language);
  return grouped(value) + (unit.empty() ? "" : " " + unit);
}

std::string Format::brief(double value) const {
  if (kind == share)
    return std::abs(value) < 1e4 ? plain(value * 100, std::abs(value) >= 0.095 ? 1 : 3) + "%"
                                 : percent(value);
  if (kind == seconds) return duration(value, language);
  return compact(value, language);
}

std::string Format::cell(double value, double room) const {
  const std::string text = kind == number ? grouped(value) : full(value);
  if (text_width(text) <= room) return text;
  const std::string less = kind == share ? plain(value * 100, 0) : brief(value);
  return text_width(less) <= room ? less : "";
}

std::string Format::tight(double value, double room) const {
  const std::string text = full(value);
  return text_width(text) <= room ? text : brief(value);
}

std::vector<double> ticks(double lo, double hi, int count) {
  // What is too close together for doubles, or for a power of ten, is one value.
  const double size = std::max(std::abs(lo), std::abs(hi));
  if (!(hi - lo > size * 1e-9) || hi - lo < 1e-280) {
    if (size < 1e-280) return {0, 1};
    return lo > 0 ? std::vector<double>{0, lo} : std::vector<double>{lo, 0};
  }
  const double rough = (hi - lo) / std::max(count, 1);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  const double unit = rough / power;
  const double step = power * (unit <= 1     ? 1
                               : unit <= 2   ? 2
                               : unit <= 2.5 ? 2.5
                               : unit <= 5   ? 5
                                             : 10);
  const double first = std::floor(lo / step), last = std::ceil(hi / step);
  std::vector<double> out;
  for (double i = first; i <= last && out.size() < 100; ++i) out.push_back(i * step);
  return out;
}

}  // namespace clientele::pictures
