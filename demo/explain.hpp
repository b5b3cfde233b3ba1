// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>

#include "plan.hpp"

/// Shows what has been found out about a file, and the options that change it.
namespace demo {

class Explanation {
 public:
  Explanation(const Plan& plan, const Settings& s, const Source& source)
      : plan_(plan), s_(s), source_(source) {}

  void print() const {
    std::fprintf(stderr, "%s: %s\n", s_.name.c_str(), layout().c_str());
    for (const Role role : {Role::customer, Role::time, Role::clock, Role::event, Role::channel,
                            Role::item, Role::amount})
      print(role);
    std::string known;
    for (size_t k = 0; k < identifier_count; ++k)
      if (const auto& i = plan_.identifiers[k])
        known += (known.empty() ? "" : ", ") + std::string(identifier_names[k]) + " " +
                 shown(plan_.columns[*i].name);
    if (!known.empty()) line("known by", known, "");
    std::string unused;
    for (size_t i = 0; i < plan_.width; ++i) {
      const auto is_it = [i](const Choice& choice) { return choice.column == i; };
      if (std::any_of(plan_.choices.begin(), plan_.choices.end(), is_it)) continue;
      if (std::count(plan_.identifiers.begin(), plan_.identifiers.end(), std::optional(i)) > 0)
        continue;
      if (unused.size() < 500)
        (unused += unused.empty() ? "" : ", ") += shown(plan_.columns[i].name);
      else if (!unused.ends_with("…"))
        unused += ", …";
    }
    if (!unused.empty()) line("not used", unused, "");
  }

 private:
  std::string layout() const {
    const char delimiter = plan_.layout.delimiter;
    std::string text = std::to_string(plan_.width) + " columns between " +
                       (delimiter == ','    ? std::string("commas")
                        : delimiter == ';'  ? "semicolons"
                        : delimiter == '\t' ? "tabs"
                        : delimiter == '|'  ? "bars"
                                            : std::string("'") + delimiter + "'");
    const std::string at = std::to_string(plan_.layout.first_line);
    if (!plan_.header)
      text += ", without names";
    else if (plan_.layout.first_line == 1)
      text += ", named in the first row";
    else
      text += ", named in line " + at + ", what is above ignored";
    text += ", " + source_.encoding();
    return text + (source_.guessed() ? " by the look of it (else say --encoding)" : "");
  }

  static void line(std::string_view role, const std::string& column, const std::string& why) {
    std::fprintf(stderr, "  %-9s %s%s%s%s\n", std::string(role).c_str(), column.c_str(),
                 why.empty() ? "" : "  (", why.c_str(), why.empty() ? "" : ")");
  }

  void print(Role role) const {
    const size_t r = static_cast<size_t>(role);
    const ColumnFacts* column = plan_.column(role);
    const std::string why = plan_.choices[r].why + namesakes(column);
    if (role == Role::amount && plan_.column(Role::price) != nullptr) return print_product();
    if (column == nullptr) return print_absent(role);
    const std::string name = shown(column->name);
    if (role == Role::time)
      line("time", name, why + "; " + times());
    else if (role == Role::amount)
      line("amount", name, why + decimals(role));
    else
      line(role_names[r], name, why);
  }

  std::string namesakes(const ColumnFacts* column) const {
    const auto same = [column](const ColumnFacts& c) { return c.name == column->name; };
    if (column == nullptr || std::count_if(plan_.columns.begin(), plan_.columns.end(), same) < 2)
      return "";
    return ", column " + std::to_string(column - plan_.columns.data() + 1) +
           " as there are others of that name: else say its number";
  }

  void print_absent(Role role) const {
    if (role == Role::clock) return;
    if (role == Role::event) {
      line("event", "–",
           s_.event_name
               ? "no such column; each row is a " + *s_.event_name
               : "no such column; each row is a purchase, or a return if it counts below zero");
    } else {
      line(role_names[static_cast<size_t>(role)], "–",
           role == Role::channel && !s_.channel_name.empty()
               ? "each row is of channel " + s_.channel_name
               : "no such column");
    }
  }

  void print_product() const {
    const ColumnFacts* quantity = plan_.column(Role::quantity);
    std::string why = plan_.choices[static_cast<size_t>(Role::price)].why + decimals(Role::price);
    if (quantity != nullptr) {
      const std::string of_quantity = decimals(Role::quantity);
      if (!of_quantity.empty() && of_quantity != decimals(Role::price))
        why += "; the quantity has a" + of_quantity.substr(1);
    }
    line("amount",
         (quantity ? shown(quantity->name) + " × " : "") + shown(plan_.column(Role::price)->name),
         why);
  }

  std::string times() const {
    const TimeFacts& facts = plan_.column(Role::time)->times;
    std::string text;
    const auto add = [&text](const std::string& more) {
      (text += text.empty() ? "" : "; ") += more;
    };
    if (plan_.order.order != DayOrder::unknown) {
      add(std::string(order_names[static_cast<size_t>(plan_.order.order)]) + ", " +
          plan_.order.why);
      if (!plan_.order.sure) text += ": else say --date-order";
    } else if (facts.spelt > 0) {
      const size_t form = static_cast<size_t>(
          std::max_element(facts.forms.begin(), facts.forms.end()) - facts.forms.begin());
      add(form_names[form]);
    }
    const size_t figures = std::max({facts.calendar, facts.epoch, facts.serial});
    if (figures > 0 || !plan_.figures_why.empty()) {
      const Figures form = plan_.time.figures;
      add(form == Figures::calendar ? "figures are dates and hours as in a calendar"
          : form == Figures::epoch  ? "figures are times since 1970"
          : form == Figures::excel  ? "figures are days since 1900, as in Excel"
                                    : "figures are days since 1904, as in Excel for the Mac");
      text += plan_.figures_why.empty() ? ": else say --time-as" : ", " + plan_.figures_why;
    }
    return text;
  }

  std::string decimals(Role role) const {
    const ColumnFacts& c = *plan_.column(role);
    const DecimalChoice& choice = plan_.decimal(role);
    std::string text;
    const size_t signs =
        c.decimals.comma + c.decimals.point + c.decimals.one_comma + c.decimals.one_point;
    if (choice.comma || signs > 0) {
      text = std::string("; decimal ") + (choice.comma ? "comma" : "point");
      if (!choice.why.empty()) text += ", " + choice.why;
      if (!choice.sure)
        text += std::string(": else say --decimal-") + (choice.comma ? "point" : "comma");
    }
    if (c.currencies.size() > 1) {
      text += "; in several currencies, added up as they are:";
      for (const std::string& currency : c.currencies) text += " " + currency;
    }
    if (c.sided > 0) text += "; DR counts below zero, CR above";
    return text;
  }

  const Plan& plan_;
  const Settings& s_;
  const Source& source_;
};

}  // namespace demo
