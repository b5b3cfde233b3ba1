// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "text.hpp"

/// The words in dates and times: months in a dozen languages, halves of the day, zones.
namespace demo {

inline constexpr auto month_names = std::to_array<std::string_view>({
    "january february march april may june july august september october november december",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "jänner feber maerz april mai juno juli august sept. oktober november dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "enero febrero marzo abril mayo junio julio agosto setiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "januari februari mars april maj juni juli augusti september oktober november december",
    "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad "
    "grudzień",
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada "
    "grudnia",
    "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
});

/// Which month a word is, or begins with three letters or more; 0 if it is none, or of two.
inline int64_t month_of(std::string_view word) {
  std::string small;
  for (size_t i = 0; i < word.size(); ++i) small += lower(word[i]);
  if (small.ends_with('.')) small.pop_back();
  const size_t least = is_ascii(small) ? 3 : 4;
  if (small.size() < least || small.size() > 24) return 0;
  int64_t found = 0;
  for (const std::string_view names : month_names) {
    int64_t month = 1;
    for (size_t at = 0; at < names.size(); ++month) {
      const size_t end = std::min(names.find(' ', at), names.size());
      if (names.substr(at, end - at).starts_with(small)) {
        if (found != 0 && found != month) return 0;
        found = month;
      }
      at = end + 1;
    }
  }
  return found;
}

/// Whether a word is a day of the week, which is ignored, as the date determines it.
inline bool is_weekday(std::string_view word) {
  static constexpr std::string_view names =
      " mon tue wed thu fri sat sun mo di mi do fr sa so lun mar mer jeu ven sam dim mié jue vie "
      "sáb "
      "dom seg ter qua qui sex sab gio monday tuesday wednesday thursday friday saturday sunday "
      "tues "
      "thur thurs montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag lundi "
      "mardi "
      "mercredi jeudi vendredi samedi dimanche lunes martes miércoles jueves viernes sábado "
      "domingo "
      "星期一 星期二 星期三 星期四 星期五 星期六 星期日 星期天 周一 周二 周三 周四 周五 周六 周日 "
      "週一 週二 週三 週四 週五 週六 週日 月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日 ";
  std::string small = " ";
  for (size_t i = 0; i < word.size() && i < 24; ++i) small += lower(word[i]);
  if (small.ends_with('.')) small.pop_back();
  small += ' ';
  return small.size() > 3 && names.find(small) != names.npos;
}

enum class Half { none, morning, afternoon, noon };

struct HalfName {
  std::string_view name;
  Half half;
};

inline constexpr auto half_names = std::to_array<HalfName>({
    {"p. m.", Half::afternoon},
    {"p.m.", Half::afternoon},
    {"pm", Half::afternoon},
    {"a. m.", Half::morning},
    {"a.m.", Half::morning},
    {"am", Half::morning},
    {"下午", Half::afternoon},
    {"晚上", Half::afternoon},
    {"傍晚", Half::afternoon},
    {"午後", Half::afternoon},
    {"오후", Half::afternoon},
    {"上午", Half::morning},
    {"早上", Half::morning},
    {"凌晨", Half::morning},
    {"午前", Half::morning},
    {"오전", Half::morning},
    {"中午", Half::noon},
});

/// Takes the half of the day from the front.
inline Half take_half(std::string_view& t) {
  for (const auto& [name, half] : half_names) {
    if (t.size() < name.size()) continue;
    bool same = true;
    for (size_t i = 0; i < name.size() && same; ++i) same = lower(t[i]) == name[i];
    if (!same) continue;
    t.remove_prefix(name.size());
    return half;
  }
  return Half::none;
}

struct ZoneName {
  std::string_view name;
  int minutes;
};

/// Zones whose short names mean one thing; CST, IST and BST do not.
inline std::optional<int> zone_minutes(std::string_view name) {
  static constexpr auto zones = std::to_array<ZoneName>({
      {"UTC", 0},    {"GMT", 0},    {"Z", 0},      {"z", 0},      {"EST", -300}, {"EDT", -240},
      {"CDT", -300}, {"MST", -420}, {"MDT", -360}, {"PST", -480}, {"PDT", -420}, {"WET", 0},
      {"WEST", 60},  {"CET", 60},   {"MEZ", 60},   {"CEST", 120}, {"MESZ", 120}, {"EET", 120},
      {"EEST", 180}, {"MSK", 180},  {"HKT", 480},  {"SGT", 480},  {"JST", 540},  {"KST", 540},
      {"AEST", 600}, {"AEDT", 660},
  });
  for (const ZoneName& zone : zones)
    if (zone.name == name) return zone.minutes;
  return {};
}

}  // namespace demo
