// SPDX-License-Identifier: PostgreSQL
#include "churn/model/model.hpp"

#include <algorithm>
#include <cmath>

#include "churn/features/features.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;
// No sum of a thousand products overflows with these limits.
constexpr double largest_coefficient = 1e200, largest_slope = 1e4;

[[noreturn]] void wrong(const std::string& why, const char* hint = "") {
  throw Error(sqlstate::invalid_parameter, why, hint);
}

[[noreturn]] void no_model() { Reader::fail("it is not a churn_model"); }

void check_number(double& v, double min, double max, const char* what) {
  if (!(v >= min && v <= max)) wrong(std::string(what) + " in a churn_model is out of range");
  v += 0.0;  // one zero
}

void check_term(ChurnTerm& term) {
  check_number(term.mean, -largest_churn_value, largest_churn_value, "mean");
  check_number(term.sd, 0, 2 * largest_churn_value, "sd");
  check_number(term.coefficient, -largest_coefficient, largest_coefficient, "coefficient");
  if (term.standard_error)
    check_number(*term.standard_error, 0, largest_coefficient, "standard_error");
  if (term.redundant && (term.coefficient != 0 || term.standard_error))
    wrong("a redundant feature of a churn_model has coefficient 0 and no standard_error");
}

void write_number(Writer& w, double v) { w.raw(&v, sizeof v); }

double read_number(Reader& r) {
  double v = 0;
  std::memcpy(&v, r.take(sizeof v), sizeof v);
  return v;
}

uint8_t read_flags(Reader& r, uint8_t max) {
  const uint8_t flags = r.u8();
  if (flags > max) no_model();
  return flags;
}

void write_term(Writer& w, const ChurnTerm& term) {
  w.u8(term.redundant | term.standard_error.has_value() << 1);
  write_number(w, term.mean);
  write_number(w, term.sd);
  write_number(w, term.coefficient);
  if (term.standard_error) write_number(w, *term.standard_error);
}

ChurnTerm read_term(Reader& r) {
  const uint8_t flags = read_flags(r, 3);
  ChurnTerm term;
  term.redundant = flags & 1;
  term.mean = read_number(r);
  term.sd = read_number(r);
  term.coefficient = read_number(r);
  if (flags & 2) term.standard_error = read_number(r);
  return term;
}

void write_feature(Writer& w, const ChurnFeature& f) {
  w.text(f.name);
  w.u8(f.category | f.reference.has_value() << 1 | f.missing.has_value() << 2);
  if (f.category) {
    if (f.reference) w.text(*f.reference);
    w.varint(f.levels.size());
    for (const ChurnLevel& level : f.levels) {
      w.text(level.name);
      write_term(w, level.term);
    }
  } else {
    write_term(w, f.value);
  }
  if (f.missing) write_term(w, *f.missing);
}

ChurnFeature read_feature(Reader& r) {
  ChurnFeature f;
  f.name = r.text();
  const uint8_t flags = read_flags(r, 7);
  f.category = flags & 1;
  if (f.category) {
    if (flags & 2) f.reference = r.text();
    for (size_t n = r.count(); n > 0; --n) {
      std::string name(r.text());
      f.levels.push_back({std::move(name), read_term(r)});
    }
  } else {
    f.value = read_term(r);
  }
  if (flags & 4) f.missing = read_term(r);
  return f;
}

void write_diagnostics(Writer& w, const ChurnDiagnostics& d) {
  w.varint(d.rows);
  w.varint(d.churned);
  w.varint(d.columns);
  write_number(w, d.log_likelihood);
  write_number(w, d.null_log_likelihood);
  write_number(w, d.gradient_norm);
  w.varint(d.iterations);
  w.u8(d.converged | d.out_of_fold.has_value() << 1);
  if (!d.out_of_fold) return;
  write_number(w, d.out_of_fold->auc);
  write_number(w, d.out_of_fold->log_loss);
}

ChurnDiagnostics read_diagnostics(Reader& r) {
  ChurnDiagnostics d;
  d.rows = r.varint();
  d.churned = r.varint();
  d.columns = r.varint();
  d.log_likelihood = read_number(r);
  d.null_log_likelihood = read_number(r);
  d.gradient_norm = read_number(r);
  d.iterations = r.varint();
  const uint8_t flags = read_flags(r, 3);
  d.converged = flags & 1;
  if (flags & 2) d.out_of_fold = {read_number(r), read_number(r)};
  return d;
}

void check_diagnostics(ChurnDiagnostics& d) {
  constexpr double max = 1e300;
  constexpr uint64_t max_counted = 1'000'000'000'000'000;
  if (d.rows > max_counted || d.churned > d.rows || d.columns > max_counted ||
      d.iterations > max_counted)
    wrong("rows, churned, columns or iterations in a churn_model are out of range");
  check_number(d.log_likelihood, -max, 0, "log_likelihood");
  check_number(d.null_log_likelihood, -max, 0, "null_log_likelihood");
  check_number(d.gradient_norm, 0, max, "gradient_norm");
  if (!d.out_of_fold) return;
  check_number(d.out_of_fold->auc, 0, 1, "auc");
  check_number(d.out_of_fold->log_loss, 0, max, "log_loss");
}

}  // namespace

double probability_of(double log_odds) { return 1 / (1 + std::exp(-log_odds)); }

double ChurnFeature::effect_of_missing() const {
  if (!missing) return average();
  return (category ? 0 : value.coefficient * value.mean) + missing->coefficient;
}

double ChurnFeature::average() const {
  double sum = missing ? missing->coefficient * missing->mean : 0;
  if (!category) return sum + value.coefficient * value.mean;
  for (const ChurnLevel& level : levels) sum += level.term.coefficient * level.term.mean;
  return sum;
}

double ChurnFeature::effect(const ChurnCell& cell) const {
  if (cell.kind == ChurnCell::Kind::missing) return effect_of_missing();
  if (cell.kind == ChurnCell::Kind::number) {
    if (category) mixed_kinds(name, true, "in the model");
    return effect_of_number(checked_value(name, cell.number));
  }
  if (!category) mixed_kinds(name, false, "in the model");
  const auto level = std::ranges::lower_bound(levels, cell.text, {}, &ChurnLevel::name);
  return level != levels.end() && level->name == cell.text ? level->term.coefficient : 0;
}

double ChurnModel::log_odds(std::span<const double> row, const bool* missing) const {
  if (row.size() != features.size())
    wrong("the churn_model has " + std::to_string(features.size()) + " features, but the row has " +
          std::to_string(row.size()));
  double sum = intercept;
  for (size_t i = 0; i < row.size(); ++i) {
    const ChurnFeature& f = features[i];
    if (f.category) mixed_kinds(f.name, true, "in the model");
    const double v = row[i];
    sum += missing != nullptr && missing[i]     ? f.effect_of_missing()
           : std::abs(v) <= largest_churn_value ? f.effect_of_number(v)
                                                : f.effect_of_number(checked_value(f.name, v));
  }
  return sum;
}

void ChurnModel::check() {
  check_number(intercept, -1e303, 1e303, "intercept");
  if (intercept_error) check_number(*intercept_error, 0, 1e303, "intercept_standard_error");
  if (features.size() > max_churn_columns)
    throw Error(sqlstate::limit_exceeded, "a churn_model has at most 1000 features");
  std::vector<std::string_view> names;
  for (ChurnFeature& f : features) {
    names.push_back(f.name);
    if (f.missing) check_term(*f.missing);
    if (!f.category) {
      check_term(f.value);
      continue;
    }
    std::ranges::sort(f.levels, {}, &ChurnLevel::name);
    if (f.levels.size() >= max_churn_levels)
      throw Error(sqlstate::limit_exceeded, "feature \"" + f.name + "\" has more than 200 levels");
    for (size_t i = 0; i < f.levels.size(); ++i) {
      check_term(f.levels[i].term);
      if ((i > 0 && f.levels[i].name == f.levels[i - 1].name) || f.levels[i].name == f.reference)
        wrong("level \"" + f.levels[i].name + "\" of feature \"" + f.name + "\" is repeated");
    }
  }
  check_different_names(names, "a churn_model");
  if (calibration) {
    check_number(calibration->slope, 0, largest_slope, "slope");
    check_number(calibration->intercept, -largest_slope, largest_slope, "intercept");
  }
  if (definition) {
    definition->names.clear();
    definition->features_def.clear();
    definition->check();
  }
  if (diagnostics) check_diagnostics(*diagnostics);
  if (features_def.empty()) return;
  FeaturesDefinition::read(features_def);
  places();
}

std::vector<size_t> ChurnModel::places() const {
  if (features_def.empty())
    wrong("the churn_model was not fitted on journeys",
          "Fit one by churn_fit(journey, churned, at, churn_def()), or give the features of the "
          "model.");
  std::vector<size_t> result;
  for (const ChurnFeature& f : features) {
    const auto known = std::ranges::find(churn_feature_info, f.name, &FeatureInfo::name);
    if (f.category || known == churn_feature_info.end())
      wrong("feature \"" + f.name + "\" of a churn_model cannot be computed from a journey",
            "churn_feature_names() lists the features that can; they are numbers.");
    result.push_back(static_cast<size_t>(known - churn_feature_info.begin()));
  }
  return result;
}

void ChurnModel::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  w.u8(intercept_error.has_value() | calibration.has_value() << 1 | definition.has_value() << 2 |
       diagnostics.has_value() << 3);
  write_number(w, intercept);
  if (intercept_error) write_number(w, *intercept_error);
  w.varint(features.size());
  for (const ChurnFeature& f : features) write_feature(w, f);
  if (calibration) {
    write_number(w, calibration->slope);
    write_number(w, calibration->intercept);
  }
  if (definition) {
    Bytes encoded(out.get_allocator());
    definition->write(encoded);
    w.counted(encoded);
  }
  if (diagnostics) write_diagnostics(w, *diagnostics);
  w.counted(features_def);
}

ChurnModel ChurnModel::read(std::span<const uint8_t> bytes) {
  size_limit.check(bytes.size());
  Reader r(bytes);
  if (const uint8_t v = r.u8(); v != version)
    throw Error(sqlstate::corrupted, "churn_model format version " + std::to_string(v) +
                                         " is not known to this release");
  const uint8_t flags = read_flags(r, 15);
  ChurnModel m;
  m.intercept = read_number(r);
  if (flags & 1) m.intercept_error = read_number(r);
  const size_t n = r.count(2);
  if (n > max_churn_columns) no_model();
  for (size_t i = 0; i < n; ++i) m.features.push_back(read_feature(r));
  if (flags & 2) m.calibration = {read_number(r), read_number(r)};
  if (flags & 4) m.definition = ChurnDefinition::read(r.counted());
  if (flags & 8) m.diagnostics = read_diagnostics(r);
  const std::span<const uint8_t> drawn = r.counted();
  m.features_def.assign(drawn.begin(), drawn.end());
  m.check();
  if (!writes(m, bytes)) no_model();
  return m;
}

std::vector<ChurnReason> churn_reasons(const ChurnModel& model, std::span<const ChurnCell> cells,
                                       size_t max_reasons) {
  std::vector<ChurnReason> reasons;
  const double slope = model.calibration ? model.calibration->slope : 1;
  for (size_t i = 0; i < model.features.size(); ++i) {
    const ChurnFeature& f = model.features[i];
    reasons.push_back({i, slope * (f.effect(cells[i]) - f.average()) + 0.0});
  }
  std::ranges::stable_sort(reasons, [](const ChurnReason& a, const ChurnReason& b) {
    return std::abs(a.contribution) > std::abs(b.contribution);
  });
  if (reasons.size() > max_reasons) reasons.resize(max_reasons);
  return reasons;
}

}  // namespace clientele
