// SPDX-License-Identifier: PostgreSQL
// Reads somebody's CSV file, finds out what its columns mean, and writes rows for COPY.
#include <unistd.h>

#include <cstdio>
#include <map>
#include <string>

#include "base/calendar.hpp"
#include "base/decimal.hpp"
#include "columns.hpp"
#include "csv.hpp"

namespace demo {
namespace {

constexpr const char* usage =
    "import [options] < FILE.csv > ROWS\n\n"
    "  --customer COL, --time COL, --event COL, --channel COL, --item COL, --amount COL,\n"
    "  --quantity COL, --price COL   the column of that name or number, instead of a guess\n"
    "  --no-event, --no-item …       there is no such column\n"
    "  --event-name NAME     what each row of a file without an event column is\n"
    "                        (otherwise purchase, or return where it counts below zero)\n"
    "  --channel-name NAME   the channel of each row of a file without a channel column\n"
    "  --delimiter C         , ; | or tab\n"
    "  --header, --no-header whether the first row names the columns\n"
    "  --day-first, --month-first    how to read 1/2/2026\n"
    "  --decimal-comma, --decimal-point\n"
    "  --encoding NAME       GB18030, LATIN1 … instead of UTF-8\n"
    "  --name NAME           what to call the file when speaking of it\n";

constexpr size_t sample_size = 20'000;

/// The longest values that the store takes, as load_events() has them.
constexpr size_t longest_key = 2000, longest_word = 500;

struct Settings {
  Wishes wishes;
  std::optional<std::string> event_name;
  std::string channel_name, name = "the file", encoding;
  char delimiter = 0;
  std::optional<bool> header, decimal_comma;
  DayOrder day_order = DayOrder::unknown;
};

char read_delimiter(const std::string& text) {
  if (text == "tab" || text == "\\t" || text == "\t") return '\t';
  if (text.size() == 1 && text != "\"" && text != "\n" && text != "\r") return text[0];
  throw UsageError("--delimiter is one character or the word tab, not " + text);
}

bool read_role(Arguments& arguments, std::string_view name, Wishes& wishes) {
  for (size_t r = 0; r < role_count; ++r) {
    if (name == "--" + std::string(role_names[r])) {
      wishes.column[r] = arguments.value();
      return true;
    }
    if (name == "--no-" + std::string(role_names[r])) return wishes.none[r] = true;
  }
  return false;
}

Settings read_arguments(int argc, char** argv) {
  Settings s;
  Arguments arguments(argc, argv);
  for (auto name = arguments.next(); !name.empty(); name = arguments.next()) {
    if (read_role(arguments, name, s.wishes)) continue;
    if (name == "--event-name")
      s.event_name = arguments.value();
    else if (name == "--channel-name")
      s.channel_name = arguments.value();
    else if (name == "--name")
      s.name = arguments.value();
    else if (name == "--encoding")
      s.encoding = arguments.value();
    else if (name == "--delimiter")
      s.delimiter = read_delimiter(arguments.value());
    else if (name == "--header")
      s.header = true;
    else if (name == "--no-header")
      s.header = false;
    else if (name == "--day-first")
      s.day_order = DayOrder::day_first;
    else if (name == "--month-first")
      s.day_order = DayOrder::month_first;
    else if (name == "--decimal-comma")
      s.decimal_comma = true;
    else if (name == "--decimal-point")
      s.decimal_comma = false;
    else if (name == "--help")
      std::fputs(usage, stdout), std::exit(0);
    else
      arguments.unknown();
  }
  return s;
}

/// What has been found out about a file before its rows are read in earnest.
struct Plan {
  char delimiter = ',';
  bool header = false;
  size_t width = 0;  // fields of a row
  std::vector<ColumnFacts> columns;
  std::array<Choice, role_count> choices;
  DayOrder day_order = DayOrder::unknown;
  std::string day_order_why;
  bool decimal_comma = false;
  size_t sampled = 0;

  const ColumnFacts* column(Role role) const {
    const auto& chosen = choices[static_cast<size_t>(role)].column;
    return chosen ? &columns[*chosen] : nullptr;
  }
};

/// Reads the other records of the head too, if need be, to learn whether days come before months.
/// If no value tells, the order under which the file spans less time is the likelier one.
void settle_day_order(Plan& plan, const Settings& s, std::string_view head, bool complete) {
  const ColumnFacts& time = *plan.column(Role::time);
  const size_t column = *plan.choices[static_cast<size_t>(Role::time)].column;
  plan.day_order = s.day_order;
  if (plan.day_order != DayOrder::unknown) plan.day_order_why = "asked for";
  if (plan.day_order != DayOrder::unknown ||
      time.ambiguous + time.day_first + time.month_first == 0)
    return;
  size_t day_first = time.day_first, month_first = time.month_first;
  int64_t low[2] = {INT64_MAX, INT64_MAX}, high[2] = {INT64_MIN, INT64_MIN};
  CsvText text(plan.delimiter, head, complete);
  Record record;
  std::string scratch;
  while (day_first + month_first == 0 && text.next(record, scratch) == CsvText::Found::record) {
    if (record.fields.size() <= column) continue;
    const auto moment = parse_moment(record.fields[column]);
    if (!moment) continue;
    day_first += moment->form == Form::day_first && !moment->ambiguous;
    month_first += moment->form == Form::month_first;
    for (const int i : {0, 1}) {
      const auto at =
          parse_moment(record.fields[column], i == 0 ? DayOrder::day_first : DayOrder::month_first);
      if (!at) continue;
      low[i] = std::min(low[i], at->unix_micros), high[i] = std::max(high[i], at->unix_micros);
    }
  }
  if (day_first + month_first > 0) {
    plan.day_order = day_first >= month_first ? DayOrder::day_first : DayOrder::month_first;
    plan.day_order_why = "as days above 12 show";
  } else {
    const bool month = low[1] != INT64_MAX && high[1] - low[1] < high[0] - low[0];
    plan.day_order = month ? DayOrder::month_first : DayOrder::day_first;
    plan.day_order_why = "no day above 12 tells, but so the times lie closer together";
  }
}

Plan make_plan(const Source& source, const Settings& s) {
  Plan plan;
  const std::string_view head = source.window();
  if (trim(head).empty()) throw std::runtime_error(s.name + " is empty");
  plan.delimiter = s.delimiter != 0 ? s.delimiter : guess_delimiter(head, source.at_end());

  CsvText text(plan.delimiter, head, source.at_end());
  Record record;
  std::string scratch;
  std::vector<std::string> first;
  std::vector<std::vector<std::string>> rows;
  std::map<size_t, size_t> widths;
  while (rows.size() < sample_size && text.next(record, scratch) == CsvText::Found::record) {
    if (record.raw.empty() || record.fault != Fault::none) continue;
    if (first.empty()) {
      first.assign(record.fields.begin(), record.fields.end());
      continue;
    }
    rows.emplace_back(record.fields.begin(), record.fields.end());
    ++widths[record.fields.size()];
  }
  if (first.empty()) throw std::runtime_error("no row of " + s.name + " can be read");
  plan.width = first.size();
  plan.columns.resize(plan.width);
  for (const auto& row : rows)
    for (size_t i = 0; row.size() == plan.width && i < plan.width; ++i) plan.columns[i].see(row[i]);
  plan.header = s.header.value_or(is_header(first, plan.columns));
  if (!plan.header) {
    ++widths[first.size()];
    plan.width = std::max_element(widths.begin(), widths.end(), [](const auto& a, const auto& b) {
                   return a.second < b.second;
                 })->first;
    rows.push_back(first);
    plan.columns.assign(plan.width, {});
    for (const auto& row : rows)
      for (size_t i = 0; row.size() == plan.width && i < plan.width; ++i)
        plan.columns[i].see(row[i]);
  }
  for (size_t i = 0; i < plan.width; ++i)
    plan.columns[i].name = plan.header ? std::string(trim(first[i])) : std::to_string(i + 1);
  plan.sampled = rows.size();

  plan.choices = ColumnChooser(plan.columns, plan.header, s.wishes).choose();
  if (plan.column(Role::time) != nullptr) settle_day_order(plan, s, head, source.at_end());
  int votes = 0;
  for (const Role role : {Role::amount, Role::quantity, Role::price})
    if (const ColumnFacts* c = plan.column(role)) votes += c->comma_votes;
  plan.decimal_comma = s.decimal_comma.value_or(votes > 0);
  return plan;
}

void require_customer_and_time(const Plan& plan, const Settings& s) {
  for (const Role role : {Role::customer, Role::time}) {
    if (plan.column(role) != nullptr) continue;
    std::string names;
    for (const ColumnFacts& c : plan.columns) names += (names.empty() ? "" : ", ") + c.name;
    const std::string name(role_names[static_cast<size_t>(role)]);
    throw UsageError("no column of " + s.name + " looks like the " + name + "; name it with --" +
                     name + ", one of: " + names);
  }
}

std::string describe_times(const Plan& plan) {
  const ColumnFacts& time = *plan.column(Role::time);
  const size_t form = static_cast<size_t>(std::max_element(time.forms.begin(), time.forms.end()) -
                                          time.forms.begin());
  if (plan.day_order == DayOrder::unknown) return form_names[form];
  return (plan.day_order == DayOrder::day_first ? "day before month, " : "month before day, ") +
         plan.day_order_why;
}

void explain(const Plan& plan, const Settings& s, const Source& source) {
  const char* delimiter = plan.delimiter == ','    ? "commas"
                          : plan.delimiter == ';'  ? "semicolons"
                          : plan.delimiter == '\t' ? "tabs"
                                                   : "bars or the like";
  std::fprintf(stderr, "%s: %zu columns between %s, %s, %s%s\n", s.name.c_str(), plan.width,
               delimiter, plan.header ? "named in the first row" : "without names",
               source.encoding().c_str(), source.guessed() ? " by the look of it" : "");
  const auto line = [](std::string_view role, const std::string& column, const std::string& why) {
    std::fprintf(stderr, "  %-9s %s%s%s%s\n", std::string(role).c_str(), column.c_str(),
                 why.empty() ? "" : "  (", why.c_str(), why.empty() ? "" : ")");
  };
  const ColumnFacts* price = plan.column(Role::price);
  for (const Role role :
       {Role::customer, Role::time, Role::event, Role::channel, Role::item, Role::amount}) {
    const size_t r = static_cast<size_t>(role);
    const ColumnFacts* column = plan.column(role);
    const std::string& why = plan.choices[r].why;
    if (role == Role::time && column != nullptr) {
      line("time", column->name, why + "; " + describe_times(plan));
    } else if (role == Role::amount && price != nullptr) {
      const ColumnFacts* quantity = plan.column(Role::quantity);
      line("amount", (quantity ? quantity->name + " × " : "") + price->name,
           plan.choices[static_cast<size_t>(Role::price)].why);
    } else if (column != nullptr) {
      line(role_names[r], column->name, why);
    } else if (role == Role::event) {
      line("event", "–",
           s.event_name ? "no such column; each row is a " + *s.event_name
                        : "no such column; each row is a purchase, or a return if it counts below "
                          "zero");
    } else {
      line(role_names[r], "–",
           role == Role::channel && !s.channel_name.empty()
               ? "each row is of channel " + s.channel_name
               : "no such column");
    }
  }
  if (plan.decimal_comma) std::fprintf(stderr, "  numbers have a decimal comma\n");
}

/// Writes the rows, and counts what cannot be used.
class Importer {
 public:
  Importer(const Plan& plan, const Settings& s) : plan_(plan), s_(s) {
    for (size_t r = 0; r < role_count; ++r) at_[r] = plan.choices[r].column.value_or(no_column);
  }

  void run(Source& source) {
    CsvReader reader(source, plan_.delimiter);
    Record record;
    bool header = plan_.header;
    while (reader.next(record)) {
      if (record.raw.empty() && record.fault == Fault::none) {
        ++blank_;
        continue;
      }
      if (header && record.fault == Fault::none) {
        header = false;
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
    if (blank_ > 0)
      std::fprintf(stderr, ", %s blank lines passed over", with_commas(blank_).c_str());
    if (unzoned_ > 0) std::fprintf(stderr, "; times without a zone are taken as UTC");
    std::fputc('\n', stderr);
    if (rounded_ > 0)
      std::fprintf(stderr, "  %s amounts rounded to six decimals\n", with_commas(rounded_).c_str());
    for (const auto& [reason, count] : rejected_)
      std::fprintf(stderr, "  unusable: %s %s\n", with_commas(count).c_str(), reason.c_str());
    if (const auto bad = rejected_.find("invalid_text"); bad != rejected_.end())
      std::fprintf(stderr,
                   "  hint: if the file is not in UTF-8, name its encoding: --encoding LATIN1\n");
  }

 private:
  static constexpr size_t no_column = ~size_t{0};

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

  std::string_view field(const Record& record, Role role) const {
    const size_t column = at_[static_cast<size_t>(role)];
    return column == no_column ? std::string_view{} : trim(record.fields[column]);
  }
  bool has(Role role) const { return at_[static_cast<size_t>(role)] != no_column; }

  void write(const Record& record) {
    const char* reason = fault_reason(record.fault);
    if (reason == nullptr && record.fields.size() != plan_.width) reason = "wrong_field_count";
    time_.clear(), amount_.clear();
    bool back = false;
    if (reason == nullptr) reason = read_time(record);
    if (reason == nullptr) reason = read_amount(record, back);
    if (reason == nullptr) reason = check_lengths(record);
    (out_ += std::to_string(rows_)) += '\t';
    (out_ += std::to_string(record.line)) += '\t';
    if (reason != nullptr) {
      ++rejected_[reason];
      out_ += "\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t";
      (out_ += reason) += '\t';
      put_content(record.raw);
      out_ += '\n';
      return;
    }
    put(field(record, Role::customer));
    put(time_);
    put(has(Role::event) ? field(record, Role::event)
        : s_.event_name  ? std::string_view(*s_.event_name)
                         : std::string_view(back ? "return" : "purchase"));
    put(has(Role::channel) ? field(record, Role::channel) : std::string_view(s_.channel_name));
    put(field(record, Role::item));
    put(amount_);
    out_ += "\\N\t\\N\n";
  }

  const char* read_time(const Record& record) {
    const std::string_view text = field(record, Role::time);
    if (text.empty()) return nullptr;  // load_events() has a reason for that
    const auto moment = parse_moment(text, plan_.day_order);
    if (!moment) return "bad_time";
    if (!moment->zoned) ++unzoned_;
    constexpr int64_t from_1970_to_2000 = 946'684'800'000'000;
    clientele::append_iso(time_, moment->unix_micros - from_1970_to_2000);
    return nullptr;
  }

  const char* read_amount(const Record& record, bool& back) {
    std::optional<Decimal> value, quantity;
    for (const Role role : {Role::amount, Role::price, Role::quantity}) {
      const std::string_view text = field(record, role);
      if (text.empty()) continue;
      const auto number = parse_number(text, plan_.decimal_comma);
      if (!number) return "bad_amount";
      (role == Role::quantity ? quantity : value) = number;
    }
    if (has(Role::quantity)) {
      // What counts below zero comes back, even at a price of 0.
      if (quantity && quantity->digits < 0) back = true;
      if (value && quantity) value = multiply(*value, *quantity);
      if (!quantity) value.reset();
    }
    if (!value) return nullptr;
    if (value->digits < 0) back = true;
    bool rounded = false;
    const auto millionths = to_millionths(*value, rounded);
    if (!millionths) return "amount_out_of_range";
    if (rounded) ++rounded_;
    clientele::append_amount(amount_, *millionths);
    return nullptr;
  }

  const char* check_lengths(const Record& record) const {
    for (const Role role : {Role::customer, Role::item})
      if (field(record, role).size() > longest_key) return "text_too_long";
    for (const Role role : {Role::event, Role::channel})
      if (field(record, role).size() > longest_word) return "text_too_long";
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
    for (const char c : text) switch (c) {
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
          out_ += c;
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
  std::string out_, time_, amount_;
  const bool terminal_ = ::isatty(2) != 0;
  std::map<std::string, uint64_t> rejected_;
  uint64_t rows_ = 0, blank_ = 0, unzoned_ = 0, rounded_ = 0;
};

void import(int argc, char** argv) {
  const Settings s = read_arguments(argc, argv);
  Source source(0, s.encoding);
  const Plan plan = make_plan(source, s);
  const bool only_header = plan.header && plan.sampled == 0 && source.at_end();
  if (!only_header) require_customer_and_time(plan, s);
  if (!only_header) explain(plan, s, source);
  Importer importer(plan, s);
  importer.run(source);
  importer.report();
}

}  // namespace
}  // namespace demo

int main(int argc, char** argv) {
  try {
    demo::import(argc, argv);
    return 0;
  } catch (const demo::UsageError& e) {
    std::fprintf(stderr, "import: %s\n", e.what());
    return 2;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "import: %s\n", e.what());
    return 1;
  }
}
