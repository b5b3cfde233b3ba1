// SPDX-License-Identifier: PostgreSQL
#include "retention/table/definition.hpp"

#include <span>

#include "journey/selector.hpp"

namespace clientele {
namespace {

constexpr uint8_t format_version = 1;
constexpr size_t max_stretches = 10'000;

constexpr const char* windows_names[] = {"calendar", "elapsed"};
constexpr const char* cohort_names[] = {"first", "every"};
constexpr const char* mode_names[] = {"on", "on_or_after", "on_or_before"};

[[noreturn]] void invalid(const std::string& message, const char* hint = "") {
  throw Error(sqlstate::invalid_parameter, message, hint);
}

template <class Word, size_t n>
Word parsed(std::string_view word, const char* const (&names)[n], const char* option,
            const char* hint) {
  for (size_t i = 0; i < n; ++i)
    if (word == names[i]) return static_cast<Word>(i);
  invalid(std::string(option) + " \"" + std::string(word) + "\" is not known", hint);
}

void write_time(Writer& w, const std::optional<Micros>& at) {
  w.u8(at.has_value());
  if (at) w.signed_varint(*at);
}

std::optional<Micros> read_time(Reader& r) {
  if (r.u8() == 0) return std::nullopt;
  const Micros at = r.signed_varint();
  if (at < first_instant || at >= end_of_time) Reader::fail("a time is out of range");
  return at;
}

}  // namespace

RetentionWindows parse_windows(std::string_view word) {
  return parsed<RetentionWindows>(word, windows_names, "windows", "It is calendar or elapsed.");
}
CohortBy parse_cohort_by(std::string_view word) {
  return parsed<CohortBy>(word, cohort_names, "cohort_by", "It is first or every.");
}
RetentionMode parse_retention_mode(std::string_view word) {
  return parsed<RetentionMode>(word, mode_names, "mode", "It is on, on_or_after or on_or_before.");
}
const char* windows_name(RetentionWindows w) { return windows_names[static_cast<size_t>(w)]; }
const char* cohort_by_name(CohortBy by) { return cohort_names[static_cast<size_t>(by)]; }
const char* mode_name(RetentionMode m) { return mode_names[static_cast<size_t>(m)]; }

void RetentionDefinition::set_up_to(std::optional<int64_t> last,
                                    std::optional<std::vector<int32_t>> bounds) {
  if (last && bounds)
    invalid("up_to and brackets exclude each other",
            "Give up_to for single periods, or brackets to put several into one.");
  if (last && (*last < 0 || *last > INT32_MAX)) invalid("up_to must not be negative");
  if (bounds && bounds->size() < 2)
    invalid("brackets need at least two bounds",
            "The bounds {0,1,3,7} are the periods 0, 1 to 2, and 3 to 6.");
  up_to = bounds ? 0 : static_cast<int32_t>(last.value_or(usual_up_to));
  brackets = bounds.value_or(std::vector<int32_t>{});
}

void RetentionDefinition::check() const {
  size_limit.check(start_at.size() + (return_at ? return_at->size() : 0));
  if (stretches() > max_stretches)
    throw Error(sqlstate::limit_exceeded,
                "retention is asked for " + std::to_string(stretches()) + " stretches of time, " +
                    std::to_string(max_stretches) + " is the limit",
                "Put several periods into one by brackets.");
  parse_selector(start_at);
  if (return_at) parse_selector(*return_at);
  for (size_t i = 0; i < brackets.size(); ++i) {
    if (brackets[i] < 0) invalid("brackets must not be negative");
    if (i > 0 && brackets[i] <= brackets[i - 1])
      invalid("brackets must ascend, but " + std::to_string(brackets[i]) + " follows " +
              std::to_string(brackets[i - 1]));
  }
  if (windows == RetentionWindows::elapsed && period > PeriodUnit::week)
    invalid(std::string("elapsed windows need periods of a fixed length, which a ") +
                period_name(period) + " is not",
            "Use hour, day or week, or windows => 'calendar'.");
  if (min_count < 1) invalid("min_count must be at least 1");
  if (time_zone.find('\0') != std::string::npos) invalid("a time zone has no such name");
}

void RetentionDefinition::write(Bytes& out) const {
  Writer w(out);
  w.u8(format_version);
  w.text(start_at);
  w.u8(return_at.has_value());
  if (return_at) w.text(*return_at);
  w.u8(static_cast<uint8_t>(period));
  w.u8(static_cast<uint8_t>(windows));
  w.u8(static_cast<uint8_t>(cohort_by));
  w.u8(static_cast<uint8_t>(mode));
  w.varint(static_cast<uint64_t>(up_to));
  w.varint(brackets.size());
  for (size_t i = 0; i < brackets.size(); ++i)  // ascending
    w.varint(static_cast<uint64_t>(brackets[i]) - (i > 0 ? brackets[i - 1] : 0));
  w.varint(static_cast<uint64_t>(min_count));
  write_time(w, since);
  write_time(w, until);
  w.u8(amounts);
  w.text(time_zone);
}

RetentionDefinition RetentionDefinition::read(std::span<const uint8_t> bytes) {
  size_limit.check(bytes.size());
  Reader r(bytes);
  r.version(format_version, "retention_def");
  RetentionDefinition d;
  d.start_at = r.text();
  if (r.u8() != 0) d.return_at = r.text();
  const uint8_t period = r.u8(), windows = r.u8(), cohort_by = r.u8(), mode = r.u8();
  if (period > 5 || windows > 1 || cohort_by > 1 || mode > 2)
    Reader::fail("an option of a retention_def is out of range");
  d.period = static_cast<PeriodUnit>(period);
  d.windows = static_cast<RetentionWindows>(windows);
  d.cohort_by = static_cast<CohortBy>(cohort_by);
  d.mode = static_cast<RetentionMode>(mode);
  const auto number = [&](uint64_t more_than = 0) {
    const uint64_t n = r.varint();
    if (n > INT32_MAX || n + more_than > INT32_MAX)
      Reader::fail("a number of a retention_def is out of range");
    return static_cast<int32_t>(n + more_than);
  };
  d.up_to = number();
  const size_t bounds = r.count();
  for (size_t i = 0; i < bounds; ++i)
    d.brackets.push_back(number(i > 0 ? static_cast<uint64_t>(d.brackets[i - 1]) : 0));
  if (bounds == 1 || (bounds > 0 && d.up_to != 0)) Reader::fail("impossible brackets");
  d.min_count = number();
  d.since = read_time(r);
  d.until = read_time(r);
  d.amounts = r.u8() != 0;
  d.time_zone = r.text();
  if (!writes(d, bytes)) Reader::fail("it is not a retention_def");
  d.check();
  return d;
}

}  // namespace clientele
