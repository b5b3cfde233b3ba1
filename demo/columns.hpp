// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "facts.hpp"
#include "names.hpp"
#include "options.hpp"

/// Finds out which column of a file is which.
namespace demo {

struct Choice {
  std::optional<size_t> column;
  std::string why;
};

/// What the user asked for: for each role a column's name or number, or none at all.
struct Wishes {
  std::array<std::optional<std::string>, role_count> column;
  std::array<bool, role_count> none{};
};

inline std::string names_of(const std::vector<ColumnFacts>& columns) {
  std::string names;
  for (const ColumnFacts& c : columns) {
    if (names.size() > 2000) return names + ", …";
    names += (names.empty() ? "" : ", ") + shown(c.name);
  }
  return names;
}

class ColumnChooser {
 public:
  ColumnChooser(const std::vector<ColumnFacts>& columns, bool header, const Wishes& wishes)
      : columns_(columns), header_(header), wishes_(wishes), taken_(columns.size()) {}

  std::array<Choice, role_count> choose() {
    for (size_t r = 0; r < role_count; ++r)
      if (wishes_.column[r])
        take(static_cast<Role>(r), find_column(*wishes_.column[r]), "asked for");
    using enum Role;
    by_name(time);
    if (open(time)) by_name(time, false, true);
    if (open(time)) guess_time();
    if (open(time)) by_name(time, true);
    if (has(time)) find_clock();
    by_name(customer);
    for (const Role role : {event, amount, price, quantity}) by_name(role);
    if (!has(price)) by_name(amount, true);
    for (const Role role : {item, channel}) by_name(role);
    if (open(customer)) guess_customer();
    if (!header_) guess_the_rest();
    settle_amount();
    return choices_;
  }

 private:
  /// Either one column says how much, or a price does, times a quantity if there is one.
  void settle_amount() {
    using enum Role;
    if (asked(amount) && (asked(price) || asked(quantity)))
      throw UsageError("--amount is the whole amount; give either that, or --price and --quantity");
    if (asked(price) || asked(quantity)) drop(amount);
    if (has(amount)) drop(price), drop(quantity);
    if (has(price) && !has(quantity) && open(amount)) {
      const Choice alone = of(price);
      drop(price);
      take(amount, *alone.column, alone.why);
    }
    if (!has(price) && !asked(quantity)) drop(quantity);
  }

  static size_t index(Role role) { return static_cast<size_t>(role); }
  Choice& of(Role role) { return choices_[index(role)]; }
  bool has(Role role) { return of(role).column.has_value(); }
  bool open(Role role) { return !has(role) && !wishes_.none[index(role)]; }
  bool asked(Role role) const { return wishes_.column[index(role)].has_value(); }
  void take(Role role, size_t column, std::string why) {
    of(role) = {column, std::move(why)};
    taken_[column] = true;
  }
  void drop(Role role) {
    if (has(role)) taken_[*of(role).column] = false;
    of(role) = {};
  }

  size_t find_column(const std::string& wish) const {
    for (const bool exact : {true, false}) {
      std::optional<size_t> found;
      for (size_t i = 0; i < columns_.size(); ++i) {
        const std::string& name = columns_[i].name;
        if (exact ? name != wish
                  : normal_name(name).empty() || normal_name(name) != normal_name(wish))
          continue;
        if (found)
          throw UsageError("the columns " + std::to_string(*found + 1) + " and " +
                           std::to_string(i + 1) + " are both named " + shown(name) +
                           "; say which by its number");
        found = i;
      }
      if (found) return *found;
    }
    size_t number = 0;
    const auto [end, error] = std::from_chars(wish.data(), wish.data() + wish.size(), number);
    if (error == std::errc{} && end == wish.data() + wish.size() && number >= 1 &&
        number <= columns_.size())
      return number - 1;
    throw UsageError("there is no column " + wish +
                     " in the file; its columns: " + names_of(columns_));
  }

  /// Whether the content of a column suits a role that its name suggests.
  bool suits(Role role, const ColumnFacts& c, int rank, bool days) const {
    switch (role) {
      case Role::time:
        return days ? c.holds_times() : c.holds_only_times();
      case Role::amount:
      case Role::quantity:
      case Role::price:
        return c.filled > 0 ? c.numbers * 2 >= c.filled && !c.holds_spelt_times()
                            : rank > exact_name && header_;
      case Role::event:
        return c.filled > 0 && c.distinct() <= 5000 && !c.holds_spelt_times() && !c.is_money();
      case Role::channel:
        return c.filled > 0 && c.distinct() <= 200 && !c.is_money();
      case Role::customer:
        if (c.filled == 0 || c.holds_spelt_times() || c.holds_clocks()) return false;
        if (c.is_money()) return false;
        return rank >= exact_name || c.repeats();
      default:
        return c.filled > 0 && !c.holds_spelt_times();
    }
  }

  /// A name that clearly means an amount or a time is not skipped because its values cannot be
  /// read: with `anyway` some that can be read are enough, and none is an error. With `days` times
  /// may be days since 1900.
  void by_name(Role role, bool anyway = false, bool days = false) {
    if (!open(role)) return;
    int best = 0;
    size_t column = 0;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const int rank = name_rank(role, columns_[i].name);
      if (taken_[i] || rank <= best ||
          (anyway ? rank < exact_name : !suits(role, columns_[i], rank, days)))
        continue;
      best = rank, column = i;
    }
    if (best == 0) return;
    const ColumnFacts& c = columns_[column];
    if (anyway && (role == Role::time ? c.readable_times() : c.numbers) == 0) {
      const std::string name(role_names[index(role)]);
      const std::string& example = role == Role::time ? c.no_time : c.no_number;
      if (c.filled == 0) return;
      throw UsageError("the column " + shown(c.name) + " should be the " + name +
                       " by its name, but a value such as " + shown(example) +
                       " cannot be read as one; name another column with --" + name +
                       (role == Role::time ? "" : ", or say that there is none with --no-" + name));
    }
    take(role, column, best > part_name ? "by its name" : "by what its name contains");
  }

  void guess_time() {
    for (const bool other_kind : {false, true})
      for (const bool figures : {false, true})
        for (size_t i = 0; i < columns_.size(); ++i) {
          const ColumnFacts& c = columns_[i];
          if (taken_[i] || !(figures ? c.holds_only_times() : c.holds_spelt_times())) continue;
          if (is_other_kind(Role::time, c.name) != other_kind) continue;
          return take(Role::time, i, "the first column that holds times");
        }
  }

  /// Where the times are days, the time of day may stand in a column of its own.
  void find_clock() {
    if (!open(Role::clock)) return;
    const ColumnFacts& days = columns_[*of(Role::time).column];
    if (days.times.dated * 10 < days.readable_times() * 9) return;
    int best = -1;
    size_t column = 0;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const ColumnFacts& c = columns_[i];
      if (taken_[i]) continue;
      const int rank = name_rank(Role::clock, c.name);
      const bool suits =
          c.holds_clocks() || (rank >= exact_name && c.mostly(c.times.clock_figures));
      if (suits && rank > best) best = rank, column = i;
    }
    if (best >= 0) take(Role::clock, column, "times of day beside days");
  }

  /// How much the values of a column look like those that identify a person.
  int identity_score(const ColumnFacts& c) const {
    if (c.distinct() < 2 || !c.repeats() || c.holds_spelt_times() || c.holds_clocks()) return 0;
    if (c.is_money() || (c.distinct() * 10 > c.filled * 9 && c.filled > 20)) return 0;
    if (c.mostly(c.mails) || c.mostly(c.phones) || c.mostly(c.uuids)) return 5;
    if (header_) return 0;  // it has a name, and that says something else
    if (c.distinct() <= 20 && c.filled > 400) return 0;
    if (c.mostly(c.mixed)) return 4;
    return c.mostly(c.figures) ? 3 : c.mostly(c.numbers) ? 2 : 1;
  }

  /// Without a name: the first column of addresses, telephone numbers or the like; where no column
  /// has a name, of numbers that come back.
  void guess_customer() {
    int best = 0;
    size_t column = 0;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (taken_[i] || (header_ && is_other_name(columns_[i].name))) continue;
      if (const int score = identity_score(columns_[i]); score > best) best = score, column = i;
    }
    if (best > 0)
      take(Role::customer, column, "values by which customers may be known, and that come back");
  }

  static bool is_other_name(std::string_view name) {
    for (size_t r = 1; r < role_count; ++r)
      if (name_rank(static_cast<Role>(r), name) > 0) return true;
    const std::string normal = normal_name(name);
    for (const std::string_view part :
         {"order", "invoice", "transaction", "event", "订单", "單號", "单号", "流水"})
      if (normal.find(part) != normal.npos) return true;
    return false;
  }

  /// Without a header: few different words are events, numbers with fractions amounts, and words
  /// that come back items.
  void guess_the_rest() {
    for (size_t i = 0; i < columns_.size(); ++i) {
      const ColumnFacts& c = columns_[i];
      if (taken_[i] || c.filled == 0 || c.holds_only_times() || c.holds_clocks()) continue;
      const bool number = c.mostly(c.numbers),
                 few = c.distinct() <= 50 || c.distinct() * 20 < c.filled;
      if (number && c.is_money()) {
        if (open(Role::amount)) take(Role::amount, i, "numbers with fractions");
      } else if (!number && few && open(Role::event)) {
        take(Role::event, i, "few different words");
      } else if (!number && open(Role::item)) {
        take(Role::item, i, "words that come back");
      }
    }
  }

  const std::vector<ColumnFacts>& columns_;
  bool header_;
  const Wishes& wishes_;
  std::vector<bool> taken_;
  std::array<Choice, role_count> choices_;
};

/// Whether the first record names the columns: two of its names are known, or it has only words and
/// one is known or numbers or times stand below. Where it holds a time it does not.
inline bool is_header(const std::vector<std::string>& first,
                      const std::vector<ColumnFacts>& below) {
  size_t known = 0;
  bool number = false, other_below = false;
  for (size_t i = 0; i < first.size(); ++i) {
    const bool is_number = parse_number(first[i]).has_value();
    if (parse_moment(first[i]) || (is_number && parse_time(first[i]))) return false;
    number |= is_number;
    known += is_known_name(first[i]);
    if (i < below.size())
      other_below |= below[i].holds_times() || below[i].mostly(below[i].numbers);
  }
  return known >= 2 || (!number && (known > 0 || other_below));
}

}  // namespace demo
