// SPDX-License-Identifier: PostgreSQL
#include "reports/pictures/words.hpp"

#include "base/error.hpp"

namespace clientele::pictures {

std::string say(Language language, std::string_view english, std::string_view chinese,
                std::initializer_list<std::string> values) {
  const std::string_view form = language == Language::chinese ? chinese : english;
  std::string out;
  for (size_t i = 0; i < form.size(); ++i) {
    const bool place = form[i] == '{' && i + 2 < form.size() && form[i + 2] == '}';
    if (place) {
      const std::string& value = values.begin()[form[i + 1] - '1'];
      out += value;
      i += 2;
      // 1 customer
      constexpr std::string_view many = " customers", one = " customer";
      if (value == "1" && form.substr(i + 1).starts_with(many)) {
        out += one;
        i += many.size();
      }
    } else {
      out += form[i];
    }
  }
  return out;
}

Language language_named(std::string_view name) {
  if (name == "en") return Language::english;
  if (name == "zh") return Language::chinese;
  throw Error(sqlstate::invalid_parameter, "language \"" + std::string(name) + "\" is not known",
              "The languages are en and zh.");
}

std::string weekday_name(int weekday, Language language, bool brief) {
  static constexpr const char* english[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                            "Friday", "Saturday", "Sunday"};
  static constexpr const char* chinese[] = {"周一", "周二", "周三", "周四", "周五", "周六", "周日"};
  if (language == Language::chinese) return chinese[weekday - 1];
  const std::string name = english[weekday - 1];
  return brief ? name.substr(0, 3) : name;
}

}  // namespace clientele::pictures
