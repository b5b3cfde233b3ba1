// SPDX-License-Identifier: PostgreSQL
#include "attribution/touches/definition.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.hpp"
#include "journey/groups.hpp"
#include "journey/selector.hpp"

namespace clientele {
namespace {

constexpr uint8_t format_version = 1;
constexpr const char* names[credit_models] = {
    "first",      "last",     "last_non_direct", "linear",   "position", "position_decay",
    "time_decay", "markov_1", "markov_2",        "markov_3", "shapley",  "shapley_rate"};

enum Flag : uint8_t {
  by_events = 1,
  with_lookback = 2,
  after_last = 4,
  collapsing = 8,
  without_nulls = 16,
  with_since = 32,
  with_until = 64
};

[[noreturn]] void invalid(const std::string& message, const std::string& hint = {}) {
  throw Error(sqlstate::invalid_parameter, message, hint);
}

bool blank(std::string_view selector) {
  return selector.find_first_not_of(" \t\n\v\f\r") == std::string_view::npos;
}

}  // namespace

const char* model_name(CreditModel model) { return names[static_cast<int>(model)]; }

CreditModel parse_model(std::string_view word) {
  for (int i = 0; i < credit_models; ++i)
    if (word == names[i]) return static_cast<CreditModel>(i);
  std::string all;
  for (const char* name : names) all += (all.empty() ? "" : ", ") + std::string(name);
  invalid("unknown attribution model \"" + std::string(word) + "\"", "It is one of " + all + ".");
}

void AttributionDefinition::check() const {
  size_t bytes = conversion.size() + touches.size() + models.size();
  for (const auto* texts : {&groups, &direct})
    for (const std::string& s : *texts) bytes += s.size();
  size_limit.check(bytes);
  if (blank(conversion))
    invalid("an attribution_def needs a selector of conversions",
            "Name the event that counts, such as 'purchase'.");
  parse_selector(conversion);
  if (blank(touches)) invalid("touches must not be empty", "Use '*' for all events.");
  parse_selector(touches);
  parse_groups(groups);
  if (half_life == 0) invalid("half_life must be greater than zero");
  double sum = 0;
  for (const double w : weights) {
    if (!(w >= 0) || !std::isfinite(w)) invalid("weights must not be negative");
    sum += w;
  }
  if (sum == 0) invalid("weights must not all be zero");
  if (!std::isfinite(sum)) invalid("weights are too large");
  for (size_t i = 0; i < models.size(); ++i) {
    if (std::find(models.begin(), models.begin() + static_cast<ptrdiff_t>(i), models[i]) !=
        models.begin() + static_cast<ptrdiff_t>(i))
      invalid("model " + std::string(model_name(models[i])) + " is named twice");
    if (models[i] == CreditModel::last_non_direct && direct.empty())
      invalid("model last_non_direct needs direct",
              "Name the channels that count as direct, such as direct => '{(none)}'.");
  }
}

std::vector<CreditModel> AttributionDefinition::asked(bool timed) const {
  if (!models.empty()) return models;
  std::vector<CreditModel> usual = {CreditModel::first, CreditModel::last};
  if (!direct.empty()) usual.push_back(CreditModel::last_non_direct);
  usual.insert(usual.end(), {CreditModel::linear, CreditModel::position});
  if (timed) usual.push_back(CreditModel::time_decay);
  usual.push_back(CreditModel::markov_1);
  return usual;
}

void AttributionDefinition::write(Bytes& out) const {
  Writer w(out);
  w.u8(format_version);
  w.u8(static_cast<uint8_t>((by_event ? by_events : 0) | (lookback ? with_lookback : 0) |
                            (after_previous ? after_last : 0) | (collapse ? collapsing : 0) |
                            (nulls ? 0 : without_nulls) | (since ? with_since : 0) |
                            (until ? with_until : 0)));
  w.text(conversion);
  w.text(touches);
  for (const auto* texts : {&groups, &direct}) {
    w.varint(texts->size());
    for (const std::string& s : *texts) w.text(s);
  }
  if (lookback) w.varint(*lookback);
  w.varint(half_life);
  for (const double weight : weights) w.raw(&weight, sizeof weight);
  if (since) w.signed_varint(*since);
  if (until) w.signed_varint(*until);
  w.varint(models.size());
  for (const CreditModel m : models) w.u8(static_cast<uint8_t>(m));
}

AttributionDefinition AttributionDefinition::read(std::span<const uint8_t> bytes) {
  size_limit.check(bytes.size());
  Reader r(bytes);
  r.version(format_version, "attribution_def");
  const uint8_t flags = r.u8();
  if (flags > 127) Reader::fail("a flag of an attribution_def is out of range");
  AttributionDefinition d;
  d.by_event = flags & by_events;
  d.after_previous = flags & after_last;
  d.collapse = flags & collapsing;
  d.nulls = !(flags & without_nulls);
  d.conversion = r.text();
  d.touches = r.text();
  for (auto* texts : {&d.groups, &d.direct})
    for (size_t n = r.count(); n > 0; --n) texts->emplace_back(r.text());
  const auto length = [&] {
    const uint64_t value = r.varint();
    if (value > INT64_MAX) Reader::fail("a length of time is out of range");
    return value;
  };
  d.lookback.reset();
  if (flags & with_lookback) d.lookback = length();
  d.half_life = length();
  for (double& weight : d.weights) {
    std::memcpy(&weight, r.take(sizeof weight), sizeof weight);
    if (std::signbit(weight)) Reader::fail("a weight is out of range");
  }
  const auto time = [&] {
    const Micros at = r.signed_varint();
    if (at < first_instant || at >= end_of_time) Reader::fail("a time is out of range");
    return at;
  };
  if (flags & with_since) d.since = time();
  if (flags & with_until) d.until = time();
  for (size_t n = r.count(); n > 0; --n) {
    const uint8_t model = r.u8();
    if (model >= credit_models) Reader::fail("a model is out of range");
    d.models.push_back(static_cast<CreditModel>(model));
  }
  if (!writes(d, bytes)) Reader::fail("it is not an attribution_def");
  d.check();
  return d;
}

}  // namespace clientele
