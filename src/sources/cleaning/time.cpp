// SPDX-License-Identifier: PostgreSQL
#include "sources/cleaning/time.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "sources/cleaning/ascii.hpp"
#include "sources/cleaning/reasons.hpp"
#include "sources/cleaning/text.hpp"
#include "sources/cleaning/written_time.hpp"

namespace clientele {
namespace {

constexpr Micros epoch_1970 = -10957 * day;
constexpr int64_t days_1904 = -35064, days_1899_12_31 = -36525;  // from 2000-01-01
constexpr Micros year_1 = -730119 * day, year_10000 = 2921940 * day;

bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }

CleanedTime out(const char* why) { return {0, why}; }

/// A plain decimal number: whole part and millionths, and millionths of millionths, all of one
/// sign.
struct Plain {
  bool negative = false;
  std::string whole, fraction;
};

bool read_plain(std::u32string_view text, Plain& p) {
  if (!text.empty() && (text.front() == '-' || text.front() == U'−' || text.front() == '+')) {
    p.negative = text.front() != '+';
    text.remove_prefix(1);
  }
  size_t i = 0;
  for (; i < text.size() && is_digit(text[i]); ++i) p.whole += static_cast<char>(text[i]);
  if (p.whole.empty()) return false;
  if (i == text.size()) return true;
  if (text[i++] != '.') return false;
  for (; i < text.size() && is_digit(text[i]); ++i) p.fraction += static_cast<char>(text[i]);
  return i == text.size();
}

/// number × unit in microseconds, rounded half away from zero; false beyond what fits in 64 bits
/// with room.
bool times_unit(const Plain& p, Micros unit, Micros& result) {
  std::string whole = p.whole;
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size()));
  if (whole.size() > 18) return false;
  __int128 value = 0;
  for (const char c : whole) value = value * 10 + (c - '0');
  // Fifteen decimals of a unit of a day are far below a microsecond.
  __int128 part = 0, scale = 1;
  for (size_t i = 0; i < p.fraction.size() && i < 18; ++i) {
    part = part * 10 + (p.fraction[i] - '0');
    scale *= 10;
  }
  const __int128 total = value * unit + (2 * part * unit + scale) / (2 * scale);
  if (total > INT64_MAX / 4) return false;
  result = static_cast<Micros>(p.negative ? -total : total);
  return true;
}

CleanedTime in_range(Micros at, const TimeOptions& options) {
  if (at < year_1 || at >= year_10000) return out(reason::time_out_of_range);
  if (at < options.oldest) return out(reason::time_too_old);
  if (at > options.latest) return out(reason::time_in_future);
  return {at};
}

CleanedTime since_1970(const Plain& p, Micros unit, const TimeOptions& options) {
  Micros micros = 0;
  if (!times_unit(p, unit, micros)) return out(reason::time_out_of_range);
  return in_range(epoch_1970 + micros, options);
}

CleanedTime local_time(Micros local, const std::string& zone, const TimeOptions& options) {
  Micros at = local;
  if (options.instant != nullptr && !options.instant(options.context, zone, local, at))
    return out(reason::bad_time);
  return in_range(at, options);
}

CleanedTime excel(const Plain& p, const TimeOptions& options) {
  if (p.negative) return out(reason::bad_time);
  Micros micros = 0;
  if (!times_unit(p, day, micros)) return out(reason::time_out_of_range);
  // To the millisecond, as a double of days knows no more.
  const int64_t whole = micros / day;
  micros = (micros + millisecond / 2) / millisecond * millisecond;
  int64_t base = days_1904;
  if (options.unit == TimeUnit::excel) {
    // Excel has a 29 February 1900, as number 60.
    if (whole < 1 || whole == 60) return out(reason::bad_time);
    base = days_1899_12_31 - (whole > 60 ? 1 : 0);
  }
  if (micros >= year_10000 - base * day) return out(reason::time_out_of_range);
  return local_time(base * day + micros, {}, options);
}

CleanedTime number(const Plain& p, const TimeOptions& options) {
  switch (options.unit) {
    case TimeUnit::s:
      return since_1970(p, second, options);
    case TimeUnit::ms:
      return since_1970(p, millisecond, options);
    case TimeUnit::us:
      return since_1970(p, 1, options);
    case TimeUnit::excel:
    case TimeUnit::excel1904:
      return excel(p, options);
    case TimeUnit::epoch: {
      const size_t zeros = std::min(p.whole.find_first_not_of('0'), p.whole.size());
      const size_t digits =
          p.whole.size() - zeros;  // from 10^11 milliseconds, from 10^14 microseconds
      return since_1970(p, digits > 14 ? 1 : digits > 11 ? millisecond : second, options);
    }
    case TimeUnit::none:
      break;
  }
  if (p.negative || !p.fraction.empty()) return out(reason::bad_time);
  switch (p.whole.size()) {
    case 10:
      return since_1970(p, second, options);
    case 13:
      return since_1970(p, millisecond, options);
    case 16:
      return since_1970(p, 1, options);
    default:
      return out(reason::bad_time);
  }
}

bool is_infinite(const std::u32string& text) {
  std::u32string word = folded(text);
  if (!word.empty() && (word.front() == '-' || word.front() == '+')) word.erase(0, 1);
  return word == U"infinity" || word == U"inf";
}

bool is_no_date(std::u32string_view text) {
  constexpr std::u32string_view zeros = U"0000-00-00";
  if (text.substr(0, zeros.size()) != zeros) return false;
  text.remove_prefix(zeros.size());
  if (text.empty()) return true;
  if (text.front() != ' ' && text.front() != 'T') return false;
  text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of(U"0:.") == std::u32string_view::npos;
}

CleanedTime written(const std::u32string& text, const TimeOptions& options) {
  std::u32string spelled = text;
  // 14 digits are YYYYMMDDhhmmss.
  if (spelled.size() == 14 && std::all_of(spelled.begin(), spelled.end(), is_digit))
    spelled.insert(8, 1, U'T');
  const auto t = read_time(spelled, options.order);
  if (!t || t->year == 0 || !is_date(t->before_christ ? 1 - t->year : t->year, t->month, t->day))
    return out(reason::bad_time);
  if (t->before_christ || t->year > 9999) return out(reason::time_out_of_range);
  const Micros local = days_to_date(t->year, t->month, t->day) * day + t->of_day;
  if (t->has_offset) return in_range(local - t->offset, options);
  return local_time(local, t->zone, options);
}

}  // namespace

DateOrder date_order_named(std::string_view name) {
  if (name == "dmy") return DateOrder::dmy;
  if (name == "mdy") return DateOrder::mdy;
  if (name == "ymd") return DateOrder::ymd;
  throw Error(sqlstate::invalid_parameter,
              "date_order must be dmy, mdy or ymd, not \"" + std::string(name) + "\"");
}

TimeUnit time_unit_named(std::string_view name) {
  if (name == "s") return TimeUnit::s;
  if (name == "ms") return TimeUnit::ms;
  if (name == "us") return TimeUnit::us;
  if (name == "excel") return TimeUnit::excel;
  if (name == "excel1904") return TimeUnit::excel1904;
  if (name == "epoch") return TimeUnit::epoch;
  throw Error(
      sqlstate::invalid_parameter,
      "unit must be s, ms, us, excel, excel1904 or epoch, not \"" + std::string(name) + "\"");
}

CleanedTime clean_time(std::string_view value, const TimeOptions& options) {
  if (value.size() > longest_input) return out(reason::too_long);
  if (ascii::Plain written; written.read(value)) {
    const auto known = ascii::time(written.text(), options.unit);
    // A number is never a word that stands for nothing.
    if (known && !(known->local && options.stand_ins->has(written.text())))
      return known->local ? local_time(known->at, {}, options) : in_range(known->at, options);
  }
  const std::u32string text = plain_text(value);
  if (is_infinite(text)) return out(reason::time_out_of_range);
  Plain p;
  const bool plain_number = read_plain(text, p);
  if (!plain_number && (absent(text, *options.stand_ins, true) != nullptr || is_no_date(text)))
    return out(reason::missing_time);
  const bool calendar = options.unit == TimeUnit::none && (text.size() == 8 || text.size() == 14);
  if (plain_number && !(calendar && !p.negative && p.whole.size() == text.size()))
    return number(p, options);
  return written(one_blank(text), options);
}

CleanedTime clean_instant(Micros at, const TimeOptions& options) { return in_range(at, options); }

CleanedTime clean_local_time(Micros local, const TimeOptions& options) {
  if (local < year_1 || local >= year_10000) return out(reason::time_out_of_range);
  return local_time(local, {}, options);
}

CleanedTime clean_number_time(std::string_view number, const TimeOptions& options) {
  if (options.unit != TimeUnit::none) return clean_time(number, options);
  if ((number.size() == 8 || number.size() == 14) && number >= "1900" && number < "2101" &&
      number.find_first_not_of("0123456789") == std::string_view::npos) {
    const CleanedTime date = clean_time(number, options);
    if (date.reason != reason::bad_time) return date;
  }
  TimeOptions by_size = options;
  by_size.unit = TimeUnit::epoch;
  return clean_time(number, by_size);
}

CleanedTime clean_whole_time(int64_t number, const TimeOptions& options) {
  const auto within = [&](int64_t first, int64_t last) {
    return number >= first && number <= last;
  };
  if (options.unit == TimeUnit::none &&
      (within(19'000'101, 21'001'231) || within(19'000'101'000'000, 21'001'231'235'959)))
    return clean_number_time(std::to_string(number), options);
  const uint64_t size = number < 0 ? -static_cast<uint64_t>(number) : static_cast<uint64_t>(number);
  Micros unit = 0;
  switch (options.unit) {
    case TimeUnit::s:
      unit = second;
      break;
    case TimeUnit::ms:
      unit = millisecond;
      break;
    case TimeUnit::us:
      unit = 1;
      break;
    case TimeUnit::none:
    case TimeUnit::epoch:
      unit = size >= 100'000'000'000'000 ? 1 : size >= 100'000'000'000 ? millisecond : second;
      break;
    default:
      return clean_time(std::to_string(number), options);
  }
  Micros micros = 0, at = 0;
  if (__builtin_mul_overflow(number, unit, &micros) ||
      __builtin_add_overflow(micros, epoch_1970, &at))
    return out(reason::time_out_of_range);
  return in_range(at, options);
}

}  // namespace clientele
