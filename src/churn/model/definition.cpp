// SPDX-License-Identifier: PostgreSQL
#include "churn/model/definition.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "churn/features/features.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;
// With a smaller penalty, a fit that only the penalty keeps finite would end at the limits of
// double precision.
constexpr double min_penalty = 1e-9, max_penalty = 1e12;
constexpr double min_weight = 1e-6, max_weight = 1e6;

[[noreturn]] void wrong(const std::string& why, const char* hint = "") {
  throw Error(sqlstate::invalid_parameter, why, hint);
}

}  // namespace

void check_different_names(std::span<const std::string_view> names, const char* where) {
  std::vector<std::string_view> sorted(names.begin(), names.end());
  std::ranges::sort(sorted);
  const auto twice = std::ranges::adjacent_find(sorted);
  if (twice != sorted.end())
    wrong("feature \"" + std::string(*twice) + "\" is named twice in " + where);
}

void ChurnDefinition::set_class_weight(std::string_view text) {
  double weight = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), weight);
  if (text == "none")
    set_class_weight(1);
  else if (text == "balanced")
    class_weight = ClassWeight::balanced, churned_weight = 1;
  else if (error == std::errc() && end == text.data() + text.size())
    set_class_weight(weight);
  else
    wrong("class_weight must be none, balanced or a number, not \"" + std::string(text) + "\"",
          "A number is the weight of a customer who churned; a customer who stayed has 1.");
}

void ChurnDefinition::set_class_weight(double churned) {
  if (!(churned >= min_weight && churned <= max_weight))
    wrong("class_weight must be from 0.000001 to 1000000",
          "It is the weight of a customer who churned; a customer who stayed has 1.");
  class_weight = churned == 1 ? ClassWeight::none : ClassWeight::number;
  churned_weight = churned;
}

size_t ChurnDefinition::columns() const {
  return features_def.empty() ? names.size() : churn_feature_info.size();
}

std::string ChurnDefinition::name_of(size_t i) const {
  if (!features_def.empty()) return churn_feature_info.at(i).name;
  return i < names.size() ? names[i] : "f" + std::to_string(i + 1);
}

void ChurnDefinition::check() const {
  if (penalty != 0 && !(penalty >= min_penalty && penalty <= max_penalty))
    wrong("penalty must be 0, or from 1e-9 to 1e12",
          "1 is scikit-learn's C = 1 on standardised columns; a larger one shrinks more.");
  if (names.size() > max_churn_columns)
    throw Error(sqlstate::limit_exceeded, "names has " + std::to_string(names.size()) +
                                              " elements, but at most 1000 are allowed");
  const std::vector<std::string_view> views(names.begin(), names.end());
  check_different_names(views, "names");
  if (features_def.empty()) return;
  if (!names.empty())
    wrong("features of a journey have names of their own",
          "Leave names out of the churn_def; they are for features in an array.");
  FeaturesDefinition::read(features_def);
}

void ChurnDefinition::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  w.raw(&penalty, sizeof penalty);
  w.u8(static_cast<uint8_t>(class_weight));
  if (class_weight == ClassWeight::number) w.raw(&churned_weight, sizeof churned_weight);
  w.u8(calibrate ? 1 + *calibrate : 0);
  w.varint(names.size());
  for (const std::string& name : names) w.text(name);
  w.counted(features_def);
}

ChurnDefinition ChurnDefinition::read(std::span<const uint8_t> bytes) {
  size_limit.check(bytes.size());
  Reader r(bytes);
  if (const uint8_t v = r.u8(); v != version)
    throw Error(sqlstate::corrupted,
                "churn_def format version " + std::to_string(v) + " is not known to this release");
  ChurnDefinition d;
  std::memcpy(&d.penalty, r.take(sizeof d.penalty), sizeof d.penalty);
  const uint8_t weight = r.u8();
  if (weight > static_cast<uint8_t>(ClassWeight::number)) Reader::fail("it is not a churn_def");
  d.class_weight = static_cast<ClassWeight>(weight);
  if (d.class_weight == ClassWeight::number) {
    double churned = 0;
    std::memcpy(&churned, r.take(sizeof churned), sizeof churned);
    d.set_class_weight(churned);
  }
  const uint8_t calibrate = r.u8();
  if (calibrate > 2) Reader::fail("it is not a churn_def");
  if (calibrate > 0) d.calibrate = calibrate == 2;
  for (size_t n = r.count(); n > 0; --n) d.names.emplace_back(r.text());
  const std::span<const uint8_t> drawn = r.counted();
  d.features_def.assign(drawn.begin(), drawn.end());
  if (!writes(d, bytes) || std::signbit(d.penalty)) Reader::fail("it is not a churn_def");
  d.check();
  return d;
}

}  // namespace clientele
