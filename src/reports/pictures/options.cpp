// SPDX-License-Identifier: PostgreSQL
#include "reports/pictures/options.hpp"

#include <algorithm>
#include <iterator>

#include "base/error.hpp"

namespace clientele::pictures {
namespace {

constexpr const char* known[] = {"id",     "layout",     "width",    "link",    "unit",
                                 "format", "standalone", "diagonal", "x_label", "y_label"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_id(const std::string& text) {
  const auto fits = [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !text.empty() && text.size() <= 100 && is_letter(text[0]) &&
         std::all_of(text.begin(), text.end(), fits);
}

[[noreturn]] void wrong(const std::string& option, const std::string& expected) {
  throw Error(sqlstate::invalid_parameter, "option \"" + option + "\" must be " + expected);
}

}  // namespace

void Options::read(const Row& row, const std::vector<std::string>& keys) {
  for (const std::string& key : keys)
    if (std::find(std::begin(known), std::end(known), key) == std::end(known)) {
      std::string hint = "The options are ";
      for (const char* k : known) hint += (k == known[0] ? "" : ", ") + std::string(k);
      throw Error(sqlstate::invalid_parameter, "option \"" + key + "\" does not exist", hint + ".");
    }
  id = row.text("id").value_or(id);
  if (!is_id(id)) wrong("id", "a letter, and after it letters, digits, - and _");
  link = row.text("link").value_or("");
  if (!link.empty() && !is_id(link))
    wrong("link", "a letter, and after it letters, digits, - and _");
  const std::string how = row.text("layout").value_or("wide");
  if (how != "wide" && how != "narrow" && how != "both") wrong("layout", "wide, narrow or both");
  layout = how == "wide" ? wide : how == "narrow" ? narrow : both;
  if (const auto asked = row.number("width")) {
    if (*asked < 240 || *asked > 4000) wrong("width", "from 240 to 4000");
    if (layout == both) wrong("width", "absent if both layouts are drawn");
    width = static_cast<int>(*asked);
  }
  if (const auto kind = row.text("format")) {
    if (*kind != "number" && *kind != "percent" && *kind != "seconds")
      wrong("format", "number, percent or seconds");
    format = *kind == "number"    ? Format::number
             : *kind == "percent" ? Format::share
                                  : Format::seconds;
    has_format = true;
  }
  unit = row.text("unit").value_or("");
  standalone = row.flag("standalone", false);
  diagonal = row.flag("diagonal", false);
  x_label = row.text("x_label").value_or("");
  y_label = row.text("y_label").value_or("");
}

}  // namespace clientele::pictures
