// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "csv.hpp"
#include "names.hpp"
#include "options.hpp"
#include "time_style.hpp"

/// Finds the table in a file: what separates its fields, and where it begins below other lines.
namespace demo {

struct LayoutWishes {
  char delimiter = 0;
  std::optional<bool> header;
  uint64_t header_line = 0;
};

struct Layout {
  char delimiter = ',';
  std::string why;
  std::optional<bool>
      header;  // whether the first row of the table names its columns, if that is clear
  uint64_t first_line = 1;         // on which the table begins, with its header if it has one
  std::vector<std::string> first;  // the fields there
  size_t usual = 0;                // how many fields most rows have
};

/// The separator that a file names in its first line, as Excel wants it: sep=;
inline char named_delimiter(std::string_view head) {
  std::string_view line = head.substr(0, std::min(head.find_first_of("\r\n"), head.size()));
  if (line.size() > 1 && line.front() == '"') line.remove_prefix(1);
  if (line.size() < 5 || line.size() > 8 || lower(line[0]) != 's' || lower(line[1]) != 'e' ||
      lower(line[2]) != 'p' || line[3] != '=' || line[4] == '"')
    return 0;
  return line.substr(5).find_first_not_of("\",;\t") == line.npos ? line[4] : 0;
}

/// A file cut at one delimiter.
class Survey {
 public:
  Survey(char delimiter, std::string_view head, bool complete, size_t most = 400) {
    CsvText text(delimiter, head, complete);
    Record record;
    std::string scratch;
    uint64_t line = 1;
    while (rows_.size() < most) {
      const uint64_t before = text.lines();
      if (text.next(record, scratch) != CsvText::Found::record) break;
      record.line = line;
      line += text.lines() - before;
      if (record.fault != Fault::none || trim(record.raw).empty()) continue;
      rows_.push_back({record.line, {record.fields.begin(), record.fields.end()}});
    }
  }

  /// The row that names the most columns by known names, at least two, and holds no time and few
  /// numbers.
  void find_header() {
    for (size_t i = 0; i < rows_.size(); ++i) {
      const auto& fields = rows_[i].fields;
      if (fields.size() < 2 || fields.size() > 5000) continue;
      size_t known = 0, numbers = 0;
      bool moment = false;
      for (const std::string& field : fields) {
        if (trim(field).empty() || field.size() > 200) continue;
        known += is_known_name(field);
        const bool number = parse_number(clean(field)).has_value();
        numbers += number;
        moment |=
            number ? parse_time(clean(field)).has_value() : parse_moment(clean(field)).has_value();
      }
      if (moment || known < 2 || numbers > known || known <= known_) continue;
      known_ = known, at_ = i;
    }
  }
  void begin_at(size_t row) { at_ = row; }

  /// Where the rows have their usual number of fields; without a header the first of these.
  void measure() {
    std::map<size_t, size_t> sizes;
    for (size_t i = known_ > 0 ? at_ + 1 : 0; i < rows_.size(); ++i)
      ++sizes[rows_[i].fields.size()];
    size_t most = 0;
    for (const auto& [size, count] : sizes)
      if (size > 1 && count >= most) most = count, usual_ = size;
    if (known_ > 0 && usual_ == 0) usual_ = rows_[at_].fields.size();
    size_t agreeing = 0, all = 0;
    for (size_t i = known_ > 0 ? at_ + 1 : 0; i < rows_.size(); ++i)
      ++all, agreeing += rows_[i].fields.size() == usual_;
    agreement_ = all > 0      ? static_cast<double>(agreeing) / static_cast<double>(all)
                 : known_ > 0 ? 1
                              : 0;
    if (known_ > 0) return;
    for (at_ = 0; at_ < rows_.size(); ++at_)
      if (rows_[at_].fields.size() == usual_ && filled(at_) * 2 > usual_) return;
    at_ = 0;
  }

  double score() const {
    if (usual_ < 2) return 0;
    return agreement_ + 0.3 * static_cast<double>(std::min<size_t>(known_, 6)) +
           0.001 * static_cast<double>(std::min<size_t>(usual_, 100));
  }
  bool empty() const { return rows_.empty(); }
  size_t known() const { return known_; }
  size_t usual() const { return usual_; }
  size_t at() const { return at_; }
  uint64_t line(size_t i) const { return rows_[i].line; }
  size_t size() const { return rows_.size(); }
  const std::vector<std::string>& fields(size_t i) const { return rows_[i].fields; }

 private:
  struct Row {
    uint64_t line;
    std::vector<std::string> fields;
  };

  size_t filled(size_t i) const {
    size_t n = 0;
    for (const std::string& field : rows_[i].fields) n += !trim(field).empty();
    return n;
  }

  std::vector<Row> rows_;
  size_t known_ = 0, at_ = 0, usual_ = 0;
  double agreement_ = 0;
};

/// The delimiter under which the rows agree best on their number of fields and have names that are
/// known, and the row in which the table begins.
inline std::optional<Layout> find_layout(std::string_view head, bool complete,
                                         const LayoutWishes& wishes) {
  Layout layout;
  std::string_view rest = head;
  uint64_t above = 0;
  const char named = named_delimiter(head);
  if (named != 0) {
    const size_t end = std::min(head.find_first_of("\r\n"), head.size());
    rest.remove_prefix(std::min(end + (head.substr(end, 2) == "\r\n" ? 2 : 1), head.size()));
    above = 1;
  }
  std::string tried = wishes.delimiter != 0 ? std::string(1, wishes.delimiter)
                      : named != 0          ? std::string(1, named)
                                            : std::string(",;\t|");
  layout.why = wishes.delimiter != 0 ? "asked for"
               : named != 0          ? "named in the first line"
                                     : "as its rows agree best so";
  std::optional<Survey> best;
  for (const char delimiter : tried) {
    Survey survey(delimiter, rest, complete);
    if (wishes.header != false && wishes.header_line == 0) survey.find_header();
    survey.measure();
    if (best && survey.score() <= best->score()) continue;
    best.emplace(std::move(survey));
    layout.delimiter = delimiter;
  }
  if (best->empty()) return {};
  size_t at = best->at();
  if (wishes.header_line != 0) {
    for (at = 0; at < best->size() && best->line(at) + above != wishes.header_line;) ++at;
    if (at == best->size())
      throw UsageError("no row begins in line " + std::to_string(wishes.header_line) +
                       ", which --header-line names");
    layout.header = true;
  } else if (wishes.header) {
    layout.header = wishes.header;
    if (*wishes.header == false) at = 0;
  } else if (best->known() > 0) {
    layout.header = true;
  }
  layout.first_line = best->line(at) + above;
  layout.first = best->fields(at);
  layout.usual = best->usual();
  return layout;
}

}  // namespace demo
