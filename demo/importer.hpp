// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <unistd.h>

#include <cstdio>
#include <map>
#include <string>
#include <string_view>

#include "base/calendar.hpp"
#include "base/decimal.hpp"
#include "csv.hpp"
#include "plan.hpp"

namespace demo {

/// The longest values that the store takes, as load_events() has them.
inline constexpr size_t longest_key = 2000, longest_word = 500;

/// Writes the rows for COPY, and counts what cannot be used.
class Importer {
 public:
  Importer(const Plan& plan, const Settings& s) : plan_(plan), s_(s) {
    for (size_t r = 0; r < role_count; ++r) at_[r] = plan.choices[r].column.value_or(no_column);
    // The first kind is the customer, which has its own place.
    if (s.identifiers) at_[0] = plan.identifiers[0].value_or(no_column);
  }

  void run(Source& source) {
    CsvReader reader(source, plan_.layout.delimiter);
    Record record;
    const uint64_t first = plan_.layout.first_line + (plan_.header ? 1 : 0);
    while (reader.next(record)) {
      // Without a header no line is skipped except the one that names the separator.
      if (record.line < first && (plan_.header || record.raw.starts_with("sep="))) continue;
      if (record.raw.empty() && record.fault == Fault::none) {
        ++blank_;
        continue;
      }
      ++rows_;
      write(record);
      if (out_.size() > (1 << 20)) {
        flush();
        if (terminal_) std::fprintf(stderr, "\r  %s rows", with_commas(rows_).c_str());
      }
    }
    flush();
  }

  void report() const {
    std::fprintf(stderr, "%s  %s rows read", terminal_ ? "\r" : "", with_commas(rows_).c_str());
    if (blank_ > 0) std::fprintf(stderr, ", %s blank lines ignored", with_commas(blank_).c_str());
    if (unzoned_ > 0)
      std::fprintf(stderr, s_.time.zone == 0
                               ? "; times without a zone are taken as UTC (else say --utc-offset)"
                               : "; times without a zone are taken as --utc-offset says");
    std::fputc('\n', stderr);
    if (rounded_ > 0)
      std::fprintf(stderr, "  %s amounts rounded to six decimals\n", with_commas(rounded_).c_str());
    if (no_amount_ > 0)
      std::fprintf(stderr, "  without an amount: %s\n", with_commas(no_amount_).c_str());
    for (const auto& [reason, rejects] : rejected_) {
      std::fprintf(stderr, "  unusable: %s %s, first in line %s",
                   with_commas(rejects.count).c_str(), reason.c_str(),
                   std::to_string(rejects.line).c_str());
      if (!rejects.example.empty()) std::fprintf(stderr, ": %s", rejects.example.c_str());
      std::fputc('\n', stderr);
      if (const char* hint = hint_for(reason)) std::fprintf(stderr, "  hint: %s\n", hint);
    }
  }

 private:
  static constexpr size_t no_column = ~size_t{0};

  struct Rejects {
    uint64_t count = 0, line = 0;
    std::string example;
  };

  static const char* hint_for(const std::string& reason) {
    if (reason == "invalid_text")
      return "if the file is not in UTF-8, name its encoding: --encoding WINDOWS-1252, GB18030 …";
    if (reason == "bad_time")
      return "--time names another column, --date-order and --time-as how it is written";
    if (reason == "bad_amount")
      return "--amount names another column, --decimal-comma and --decimal-point how it is written";
    if (reason == "wrong_field_count")
      return "--delimiter names the separator, --header-line the line with the names of the "
             "columns";
    return nullptr;
  }

  static const char* fault_reason(Fault fault) {
    switch (fault) {
      case Fault::nul_byte:
        return "nul_byte";
      case Fault::invalid_text:
        return "invalid_text";
      case Fault::text_after_quote:
        return "text_after_quote";
      case Fault::unterminated_quote:
        return "unterminated_quote";
      case Fault::too_long:
        return "row_too_long";
      case Fault::none:
        break;
    }
    return nullptr;
  }

  std::string_view field(Role role) const { return fields_[static_cast<size_t>(role)]; }
  bool has(Role role) const { return at_[static_cast<size_t>(role)] != no_column; }

  /// A row may have blank fields after the last column.
  bool right_width(const Record& record) const {
    for (size_t i = plan_.width; i < record.fields.size(); ++i)
      if (!trim(record.fields[i]).empty()) return false;
    return record.fields.size() >= plan_.least;
  }

  void write(const Record& record) {
    const char* reason = fault_reason(record.fault);
    if (reason == nullptr && !right_width(record)) reason = "wrong_field_count";
    time_.clear(), amount_.clear();
    bool back = false;
    example_ = {};
    if (reason == nullptr) {
      for (size_t r = 0; r < role_count; ++r)
        fields_[r] =
            at_[r] < record.fields.size() ? clean(record.fields[at_[r]]) : std::string_view{};
      reason = read_time();
    }
    if (reason == nullptr) reason = read_amount(back);
    if (reason == nullptr) reason = check_lengths();
    (out_ += std::to_string(rows_)) += '\t';
    (out_ += std::to_string(record.line)) += '\t';
    if (reason != nullptr) {
      Rejects& rejects = rejected_[reason];
      if (rejects.count++ == 0) rejects.line = record.line, rejects.example = shown(example_);
      for (size_t n = 6 + (s_.identifiers ? identifier_count - 1 : 0); n > 0; --n) out_ += "\\N\t";
      (out_ += reason) += '\t';
      put_content(record.raw);
      out_ += '\n';
      return;
    }
    const std::string_view customer = field(Role::customer);
    // WeChat and Alipay write / for no customer.
    put(customer == "/" ? std::string_view{} : customer);
    put(time_);
    put(has(Role::event) ? field(Role::event)
        : s_.event_name  ? std::string_view(*s_.event_name)
                         : std::string_view(back ? "return" : "purchase"));
    put(has(Role::channel) ? field(Role::channel) : std::string_view(s_.channel_name));
    put(field(Role::item));
    put(amount_);
    if (s_.identifiers)
      for (size_t k = 1; k < identifier_count; ++k) {
        const auto at = plan_.identifiers[k];
        put(at && *at < record.fields.size() ? clean(record.fields[*at]) : std::string_view{});
      }
    out_ += "\\N\t\\N\n";
  }

  const char* read_time() {
    const std::string_view text = field(Role::time);
    if (text.empty()) return nullptr;  // load_events() has a reason for that
    auto moment = parse_time(text, plan_.time);
    if (!moment) return example_ = text, "bad_time";
    if (const std::string_view clock = field(Role::clock); !clock.empty()) {
      const auto of_day = read_clock(clock);
      if (!of_day) return example_ = clock, "bad_time";
      if (!moment->clock || moment->unix_micros % a_day == 0) moment->unix_micros += *of_day;
    }
    if (!moment->zoned) ++unzoned_;
    constexpr int64_t from_1970_to_2000 = 946'684'800'000'000;
    if (moment->unix_micros < first_moment || moment->unix_micros >= end_of_moments)
      return example_ = text, "bad_time";
    clientele::append_iso(time_, moment->unix_micros - from_1970_to_2000);
    return nullptr;
  }

  static std::optional<int64_t> read_clock(std::string_view text) {
    return only_figures(text) ? parse_clock_figures(text) : parse_clock(text);
  }

  const char* read_amount(bool& back) {
    std::optional<Decimal> value, quantity;
    for (const Role role : {Role::amount, Role::price, Role::quantity}) {
      const std::string_view text = field(role);
      if (text.empty() || text == "/") continue;
      const auto number = parse_number(text, plan_.decimal(role).comma);
      if (!number) return example_ = text, "bad_amount";
      (role == Role::quantity ? quantity : value) = number;
    }
    if (has(Role::quantity)) {
      // A negative quantity is a return, even at a price of 0.
      if (quantity && quantity->digits < 0) back = true;
      if (value && quantity) value = multiply(*value, *quantity);
      if (!quantity) value.reset();
    }
    if (!value) {
      no_amount_ += has(Role::amount) || has(Role::price);
      return nullptr;
    }
    if (value->digits < 0) back = true;
    bool rounded = false;
    const auto millionths = to_millionths(*value, rounded);
    if (!millionths) return "amount_out_of_range";
    if (rounded) ++rounded_;
    clientele::append_amount(amount_, *millionths);
    return nullptr;
  }

  const char* check_lengths() const {
    for (const Role role : {Role::customer, Role::item})
      if (field(role).size() > longest_key) return "text_too_long";
    for (const Role role : {Role::event, Role::channel})
      if (field(role).size() > longest_word) return "text_too_long";
    return nullptr;
  }

  /// One value in COPY's text format; an empty one is NULL.
  void put(std::string_view text) {
    if (text.empty()) {
      out_ += "\\N\t";
      return;
    }
    escape(text);
    out_ += '\t';
  }

  void escape(std::string_view text) {
    for (size_t at = 0;;) {
      size_t end = at;
      while (end < text.size() && text[end] != '\\' && (text[end] < '\t' || text[end] > '\r'))
        ++end;
      out_.append(text, at, end - at);
      if (end == text.size()) return;
      switch (text[end]) {
        case '\\':
          out_ += "\\\\";
          break;
        case '\t':
          out_ += "\\t";
          break;
        case '\n':
          out_ += "\\n";
          break;
        case '\r':
          out_ += "\\r";
          break;
        default:
          out_ += text[end];
      }
      at = end + 1;
    }
  }

  /// The start of a row that could not be used, as text that any database takes.
  void put_content(std::string_view raw) {
    std::string clean;
    for (size_t i = 0; i < raw.size() && clean.size() < 1000;) {
      const size_t n = raw[i] == 0 ? 0 : utf8_length(raw.substr(i, 4));
      if (n == 0)
        clean += "\xEF\xBF\xBD", ++i;
      else
        clean += raw.substr(i, n), i += n;
    }
    escape(clean);
  }

  void flush() {
    if (std::fwrite(out_.data(), 1, out_.size(), stdout) != out_.size() || std::fflush(stdout) != 0)
      throw std::runtime_error("cannot write the rows: the reader has gone or the disk is full");
    out_.clear();
  }

  const Plan& plan_;
  const Settings& s_;
  std::array<size_t, role_count> at_{};
  std::array<std::string_view, role_count> fields_{};
  std::string out_, time_, amount_;
  std::string_view example_;
  const bool terminal_ = ::isatty(2) != 0;
  std::map<std::string, Rejects> rejected_;
  uint64_t rows_ = 0, blank_ = 0, unzoned_ = 0, rounded_ = 0, no_amount_ = 0;
};

}  // namespace demo
