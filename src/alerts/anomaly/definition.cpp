// SPDX-License-Identifier: PostgreSQL
#include "alerts/anomaly/definition.hpp"

#include <bit>
#include <cmath>
#include <functional>
#include <limits>

#include "base/error.hpp"

namespace clientele {
namespace {

constexpr uint8_t format_version = 1;
constexpr const char* measure_names[] = {"count", "ratio", "number"};
constexpr const char* direction_names[] = {"both", "up", "down"};

[[noreturn]] void invalid(const std::string& message, const char* hint = "") {
  throw Error(sqlstate::invalid_parameter, message, hint);
}

template <class T, size_t n>
T parse(const char* const (&names)[n], std::string_view word, const char* what, const char* hint) {
  for (size_t i = 0; i < n; ++i)
    if (word == names[i]) return static_cast<T>(i);
  invalid(std::string(what) + " \"" + std::string(word.substr(0, 100)) + "\" is not known", hint);
}

void check_window(const char* name, int64_t value, int64_t least, int64_t most) {
  if (value < least)
    invalid(std::string(name) + " must be at least " + std::to_string(least) + ", not " +
            std::to_string(value));
  if (value > most)
    throw Error(sqlstate::limit_exceeded, std::string(name) + " must be at most " +
                                              std::to_string(most) + ", not " +
                                              std::to_string(value));
}

void check_amount(const char* name, double value) {
  if (!(value >= 0 && value <= 1e100))
    invalid(std::string(name) + " must be a number from 0 to 1e100");
}

}  // namespace

AnomalyMeasure parse_anomaly_measure(std::string_view word) {
  return parse<AnomalyMeasure>(measure_names, word, "measure", "It is count, ratio or number.");
}
AnomalyDirection parse_anomaly_direction(std::string_view word) {
  return parse<AnomalyDirection>(direction_names, word, "direction", "It is both, up or down.");
}
const char* anomaly_measure_name(AnomalyMeasure measure) {
  return measure_names[static_cast<size_t>(measure)];
}
const char* anomaly_direction_name(AnomalyDirection direction) {
  return direction_names[static_cast<size_t>(direction)];
}

void AnomalyDefinition::check() const {
  size_limit.check(time_zone.size());
  if (grain == 0) invalid("grain must be above 0");
  if (season > 0) {
    if (season % grain != 0)
      invalid("season must be a multiple of grain",
              "A season of a week has 168 grains of an hour, or 7 of a day.");
    if (places() > max_places)
      throw Error(sqlstate::limit_exceeded, "season must have at most " +
                                                std::to_string(max_places) + " grains, not " +
                                                std::to_string(places()));
  }
  if (memory != 0) check_window("memory", memory, 1, max_window);
  check_window("min_points", least, 1, max_window);
  check_window("spread", spread, 1, max_window);
  check_window("record", record, 0, max_window);
  check_window("calibrate", calibrate, 0, max_window);
  if (kept() < static_cast<size_t>(least) || spread < least)
    invalid("min_points must not be above memory or spread");
  if (scales.empty()) invalid("scales must not be empty");
  if (scales.size() > max_scales)
    throw Error(sqlstate::limit_exceeded,
                "at most " + std::to_string(max_scales) + " scales are possible");
  int32_t before = 0;
  for (const int32_t k : scales) {
    check_window("a scale", k, 1, max_scale);
    if (k <= before) invalid("scales must ascend");
    before = k;
  }
  double lower = 0;
  for (const double level : levels) {
    if (!(level > 0 && level <= 1e100)) invalid("levels must be numbers above 0");
    if (level < lower) invalid("levels must ascend");
    lower = level;
  }
  check_amount("min_volume", min_volume);
  check_amount("min_change", min_change);
  check_amount("least_spread", least_spread);
  if (least_spread > 0 && measure != AnomalyMeasure::number)
    invalid("least_spread is for numbers only",
            "That counts and ratios scatter by chance is taken into account anyway.");
}

uint64_t AnomalyDefinition::place(Micros local) const {
  if (season == 0) return 0;
  const auto length = static_cast<int64_t>(season);
  const int64_t rest = local % length;
  return static_cast<uint64_t>(rest < 0 ? rest + length : rest) / grain;
}

void AnomalyDefinition::write(Bytes& out) const {
  Writer w(out);
  const auto number = [&](double value) {
    const auto bits = std::bit_cast<uint64_t>(value);
    w.raw(&bits, sizeof bits);
  };
  w.u8(format_version);
  w.u8(static_cast<uint8_t>(measure));
  w.u8(static_cast<uint8_t>(direction));
  w.varint(grain);
  w.varint(season);
  for (const int32_t n : {memory, least, spread, record, calibrate})
    w.varint(static_cast<uint32_t>(n));
  w.varint(scales.size());
  for (const int32_t k : scales) w.varint(static_cast<uint32_t>(k));
  for (const double level : levels) number(level);
  for (const double n : {min_volume, min_change, least_spread}) number(n);
  w.text(time_zone);
}

AnomalyDefinition AnomalyDefinition::read(std::span<const uint8_t> bytes) {
  size_limit.check(bytes.size());
  Reader r(bytes);
  r.version(format_version, "anomaly_def");
  AnomalyDefinition d;
  const uint8_t measure = r.u8(), direction = r.u8();
  if (measure >= std::size(measure_names) || direction >= std::size(direction_names))
    Reader::fail("a flag of an anomaly_def is out of range");
  d.measure = static_cast<AnomalyMeasure>(measure);
  d.direction = static_cast<AnomalyDirection>(direction);
  const auto integer = [&](uint64_t most) {
    const uint64_t value = r.varint();
    if (value > most) Reader::fail("a number is out of range");
    return value;
  };
  const auto small = [&] { return static_cast<int32_t>(integer(INT32_MAX)); };
  const auto number = [&] {
    uint64_t bits;
    std::memcpy(&bits, r.take(sizeof bits), sizeof bits);
    return std::bit_cast<double>(bits);
  };
  d.grain = integer(INT64_MAX);
  d.season = integer(INT64_MAX);
  for (int32_t* n : {&d.memory, &d.least, &d.spread, &d.record, &d.calibrate}) *n = small();
  d.scales.resize(std::min(r.count(), max_scales + 1));
  for (int32_t& k : d.scales) k = small();
  for (double& level : d.levels) level = number();
  for (double* n : {&d.min_volume, &d.min_change, &d.least_spread}) {
    *n = number();
    if (std::signbit(*n)) Reader::fail("a number is out of range");
  }
  d.time_zone = r.text();
  if (!writes(d, bytes)) Reader::fail("it is not an anomaly_def");
  d.check();
  return d;
}

}  // namespace clientele
