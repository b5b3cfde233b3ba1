// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "columns.hpp"
#include "identifiers.hpp"
#include "layout.hpp"
#include "settings.hpp"
#include "source.hpp"

namespace demo {

inline constexpr size_t sample_size = 20'000;

struct DecimalChoice {
  bool comma = false;
  std::string why;
  bool sure = true;
};

/// What has been found out about a file before all its rows are read.
struct Plan {
  Layout layout;
  bool header = false;
  size_t width = 0, least = 0;  // fields of a row; those beyond are blank, and a few may be missing
  std::vector<ColumnFacts> columns;
  std::array<Choice, role_count> choices;
  Identifiers identifiers;
  TimeStyle time;
  OrderChoice order;
  std::string figures_why;
  std::array<DecimalChoice, role_count> decimals;
  size_t sampled = 0;

  const ColumnFacts* column(Role role) const {
    const auto& chosen = choices[static_cast<size_t>(role)].column;
    return chosen ? &columns[*chosen] : nullptr;
  }
  const DecimalChoice& decimal(Role role) const { return decimals[static_cast<size_t>(role)]; }
};

/// Calls `see` with each readable row of the table in the head of a file.
template <typename See>
void each_row(const Layout& layout, std::string_view head, bool complete, size_t most, See see) {
  CsvText text(layout.delimiter, head, complete);
  Record record;
  std::string scratch;
  uint64_t line = 1;
  for (size_t n = 0; n < most;) {
    const uint64_t before = text.lines();
    if (text.next(record, scratch) != CsvText::Found::record) return;
    record.line = line, line += text.lines() - before;
    if (record.line < layout.first_line || record.fault != Fault::none || trim(record.raw).empty())
      continue;
    ++n;
    see(record);
  }
}

/// 1.234 and 1,234 are a thousand or a bit more than one: other numbers of the column
/// decide, or of the file, or other habits of people with a decimal comma.
inline DecimalChoice choose_decimal(const DecimalVotes& own, const DecimalVotes& all,
                                    char delimiter, bool dotted_dates) {
  if (own.comma + own.point > 0)
    return {own.comma > own.point, "", own.comma == 0 || own.point == 0};
  if (own.one_comma + own.one_point == 0) return {all.comma > all.point, "", true};
  if (all.comma + all.point > 0) return {all.comma > all.point, "as in the other columns", true};
  if (own.one_comma > 0 && own.one_point > 0) return {false, "", false};
  if (dotted_dates) return {true, "as usual beside dates with dots", false};
  if (own.one_point > 0 && delimiter == ';') return {true, "as usual between semicolons", false};
  return {false, "nothing says otherwise", false};
}

class Planner {
 public:
  Planner(std::string_view head, bool complete, const Settings& s)
      : head_(head), complete_(complete), s_(s) {}

  Plan make() {
    if (trim(head_).empty()) throw std::runtime_error(s_.name + " is empty");
    auto layout = find_layout(head_, complete_, s_.layout);
    if (!layout) throw std::runtime_error("no row of " + s_.name + " can be read");
    plan_.layout = std::move(*layout);
    look();
    plan_.choices = ColumnChooser(plan_.columns, plan_.header, s_.wishes).choose();
    if (s_.identifiers) plan_.identifiers = find_identifiers(plan_.columns, plan_.choices);
    settle_times();
    settle_decimals();
    return std::move(plan_);
  }

 private:
  /// Sees what the columns hold, and with that whether the first row names them.
  void look() {
    Layout& layout = plan_.layout;
    const std::vector<std::string>& first = layout.first;
    size_t named = first.size();
    while (named > 1 && trim(first[named - 1]).empty()) --named;
    std::map<size_t, size_t> sizes;
    size_t beyond = 0, rows = 0;
    plan_.columns.resize(std::max(named, layout.usual));
    each_row(layout, head_, complete_, sample_size + 1, [&](const Record& record) {
      if (record.line == layout.first_line) return;
      ++rows, ++sizes[record.fields.size()];
      for (size_t i = named; i < record.fields.size(); ++i)
        if (!trim(record.fields[i]).empty()) {
          ++beyond;
          break;
        }
      for (size_t i = 0; i < record.fields.size() && i < plan_.columns.size(); ++i)
        plan_.columns[i].see(record.fields[i]);
    });
    plan_.header = layout.header ? *layout.header : is_header(first, plan_.columns);
    const auto most =
        std::max_element(sizes.begin(), sizes.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    plan_.sampled = rows;
    if (plan_.header) {
      if (beyond * 2 > rows)
        throw UsageError(
            "most rows of " + s_.name + " have more fields than line " +
            std::to_string(layout.first_line) + " names columns (" + std::to_string(named) +
            "); say which line does with --header-line, that none does with --no-header, or "
            "the separator with --delimiter");
      plan_.width = named;
    } else {
      ++sizes[first.size()], ++plan_.sampled;
      plan_.width = rows > 0 ? most->first : first.size();
      for (size_t i = 0; i < first.size() && i < plan_.columns.size(); ++i)
        plan_.columns[i].see(first[i]);
    }
    plan_.columns.resize(plan_.width);
    plan_.least = plan_.width;
    if (rows > 0 && most->first < plan_.width && most->second * 2 > rows) plan_.least = most->first;
    for (size_t i = 0; i < plan_.width; ++i) {
      std::string& name = plan_.columns[i].name;
      if (plan_.header) name = clean(first[i]);
      if (name.empty()) name = std::to_string(i + 1);
    }
  }

  /// If the sample leaves something open, the other rows of the head are read, too.
  void settle_times() {
    plan_.time = s_.time;
    const auto& column = plan_.choices[static_cast<size_t>(Role::time)].column;
    if (!column) return;
    TimeFacts facts = plan_.columns[*column].times;
    if (facts.open > 0 && !choose_order(facts).sure && plan_.sampled >= sample_size) {
      facts = {};
      each_row(plan_.layout, head_, complete_, SIZE_MAX, [&](const Record& record) {
        if (*column < record.fields.size()) facts.see(clean(record.fields[*column]));
      });
    }
    plan_.order = choose_order(facts);
    if (plan_.time.order != DayOrder::unknown) plan_.order = {plan_.time.order, "asked for", true};
    plan_.time.order = plan_.order.order;
    const size_t figures = std::max({facts.calendar, facts.epoch, facts.serial});
    if (plan_.time.figures != Figures::unknown)
      plan_.figures_why = "asked for";
    else if (figures > 0)
      plan_.time.figures = facts.calendar == figures ? Figures::calendar
                           : facts.epoch == figures  ? Figures::epoch
                                                     : Figures::excel;
  }

  void settle_decimals() {
    DecimalVotes all;
    for (const ColumnFacts& c : plan_.columns)
      if (c.mostly(c.numbers) && !c.holds_spelt_times()) all.add(c.decimals);
    bool dotted = false;
    for (const ColumnFacts& c : plan_.columns) dotted |= c.times.dotted * 2 > c.filled;
    for (const Role role : {Role::amount, Role::quantity, Role::price}) {
      DecimalChoice& choice = plan_.decimals[static_cast<size_t>(role)];
      const ColumnFacts* c = plan_.column(role);
      if (s_.decimal_comma)
        choice = {*s_.decimal_comma, "asked for", true};
      else if (c != nullptr)
        choice = choose_decimal(c->decimals, all, plan_.layout.delimiter, dotted);
    }
  }

  std::string_view head_;
  bool complete_;
  const Settings& s_;
  Plan plan_;
};

inline void require_customer_and_time(const Plan& plan, const Settings& s) {
  if (plan.width == 1)
    throw UsageError("the rows of " + s.name +
                     " have one field each, whatever separates them; name the "
                     "separator with --delimiter");
  for (const Role role : {Role::customer, Role::time}) {
    const bool known = std::any_of(plan.identifiers.begin(), plan.identifiers.end(),
                                   [](const auto& column) { return column.has_value(); });
    if (plan.column(role) != nullptr || (role == Role::customer && known)) continue;
    const std::string name(role_names[static_cast<size_t>(role)]);
    throw UsageError("no column of " + s.name + " looks like the " + name + "; name it with --" +
                     name + ", one of: " + names_of(plan.columns));
  }
}

}  // namespace demo
