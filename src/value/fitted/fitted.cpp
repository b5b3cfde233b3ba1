// SPDX-License-Identifier: PostgreSQL
#include "value/fitted/fitted.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "base/error.hpp"
#include "value/fitted/optimise.hpp"

namespace clientele {
namespace {

using Names = std::string_view;
constexpr Names beta_geometric[] = {"r", "alpha", "a", "b"};
constexpr Names pareto[] = {"r", "alpha", "s", "beta"};
constexpr Names beta_binomial[] = {"alpha", "beta", "gamma", "delta"};
constexpr Names gamma_gamma[] = {"p", "q", "v"};
constexpr Names shifted[] = {"alpha", "beta"};

constexpr ModelKindInfo kinds[model_kinds] = {
    {"BG/NBD", "btyd_model", beta_geometric},    {"MBG/NBD", "btyd_model", beta_geometric},
    {"Pareto/NBD", "btyd_model", pareto},        {"BG/BB", "btyd_model", beta_binomial},
    {"Gamma-Gamma", "spend_model", gamma_gamma}, {"sBG", "contract_model", shifted},
};

constexpr uint8_t version = 1;
// Far from any estimate, and near enough to 1 for every formula to hold.
constexpr double min_parameter = 1e-30, max_parameter = 1e30;
constexpr double max_effect = 100;
constexpr uint64_t max_counted = 1'000'000'000'000'000;

/// Letters and digits in lower case.
std::string bare(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') result += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) result += c;
  }
  return result;
}

/// Zero has no sign here, as in JSON.
void write_numbers(Writer& w, std::span<const double> values) {
  for (const double v : values) {
    const double unsigned_zero = v + 0.0;
    w.raw(&unsigned_zero, sizeof unsigned_zero);
  }
}

double read_number(Reader& r) {
  double value;
  std::memcpy(&value, r.take(sizeof value), sizeof value);
  return value;
}

std::vector<double> read_numbers(Reader& r, size_t n) {
  std::vector<double> values(n);
  for (double& v : values) v = read_number(r);
  return values;
}

double finite(Reader& r) {
  const double value = read_number(r);
  if (!std::isfinite(value)) Reader::fail("a number is not finite");
  return value;
}

/// NaN in one spelling only.
double finite_or_unknown(Reader& r) {
  const double value = read_number(r);
  if (std::isinf(value) ||
      (std::isnan(value) && std::bit_cast<uint64_t>(value) != std::bit_cast<uint64_t>(unknown)))
    Reader::fail("a number is not finite");
  return value;
}

bool read_boolean(Reader& r) {
  const uint8_t value = r.u8();
  if (value > 1) Reader::fail("a truth value is neither 0 nor 1");
  return value == 1;
}

}  // namespace

const ModelKindInfo& info(ModelKind kind) { return kinds[static_cast<size_t>(kind)]; }

ModelKind model_kind_named(std::string_view name, std::string_view type) {
  std::string known;
  for (size_t i = 0; i < model_kinds; ++i) {
    if (kinds[i].type != type) continue;
    if (bare(kinds[i].name) == bare(name)) return static_cast<ModelKind>(i);
    known += (known.empty() ? "" : ", ") + std::string(kinds[i].name);
  }
  throw Error(sqlstate::invalid_parameter,
              "unknown model \"" + std::string(name) + "\" of type " + std::string(type),
              "Known models: " + known + ".");
}

std::string_view remark_name(Remark remark) {
  static constexpr std::string_view names[remarks] = {"", "no drop-out", "no repeat purchases",
                                                      "all spend the same", "all leave alike"};
  return names[static_cast<size_t>(remark)];
}

void Fitted::check() const {
  const ModelKindInfo& kind_info = info(kind);
  if (parameters.size() != kind_info.names.size())
    throw Error(sqlstate::invalid_parameter,
                std::string(kind_info.name) + " has " + std::to_string(kind_info.names.size()) +
                    " parameters, not " + std::to_string(parameters.size()));
  for (size_t i = 0; i < parameters.size(); ++i)
    if (!(parameters[i] >= min_parameter && parameters[i] <= max_parameter))
      throw Error(sqlstate::invalid_parameter, "parameter " + std::string(kind_info.names[i]) +
                                                   " of " + std::string(kind_info.name) +
                                                   " must be between 1e-30 and 1e30");
  if (purchase_effects.size() != dropout_effects.size() || purchase_effects.size() > max_covariates)
    throw Error(sqlstate::invalid_parameter,
                "a model needs the same number of effects on purchases and on drop-out, at most " +
                    std::to_string(max_covariates));
  if (!purchase_effects.empty() && kind > ModelKind::pareto_nbd)
    throw Error(sqlstate::invalid_parameter, std::string(kind_info.name) + " takes no covariates");
  for (const auto* effects : {&purchase_effects, &dropout_effects})
    for (const double e : *effects)
      if (!(std::abs(e) <= max_effect))
        throw Error(sqlstate::invalid_parameter,
                    "the effect of a covariate must be between -100 and 100",
                    "Give covariates in larger units.");
}

void Fitted::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  w.u8(static_cast<uint8_t>(kind));
  write_numbers(w, parameters);
  w.varint(purchase_effects.size());
  write_numbers(w, purchase_effects);
  write_numbers(w, dropout_effects);
  w.u8(found.has_value());
  if (!found) return;
  const Diagnostics& d = *found;
  write_numbers(w, d.errors);
  w.varint(d.customers);
  w.varint(d.groups);
  const double numbers[] = {d.log_likelihood, d.gradient_norm, d.simpler, d.correlation, d.grid};
  write_numbers(w, numbers);
  w.varint(d.iterations);
  w.u8(d.converged);
  w.varint(d.at_bound);
  w.u8(static_cast<uint8_t>(d.remark));
}

Fitted Fitted::read(std::span<const uint8_t> bytes) {
  Reader r(bytes);
  if (r.u8() != version) Reader::fail("unknown version of a model");
  Fitted fitted;
  const uint8_t kind = r.u8();
  if (kind >= model_kinds) Reader::fail("unknown kind of model");
  fitted.kind = static_cast<ModelKind>(kind);
  fitted.parameters = read_numbers(r, info(fitted.kind).names.size());
  const uint64_t covariates = r.varint();
  if (covariates > max_covariates) Reader::fail("too many covariates");
  fitted.purchase_effects = read_numbers(r, covariates);
  fitted.dropout_effects = read_numbers(r, covariates);
  if (read_boolean(r)) {
    Diagnostics d;
    for (size_t i = 0; i < fitted.parameters.size() + 2 * covariates; ++i)
      d.errors.push_back(finite_or_unknown(r));
    for (size_t i = fitted.parameters.size(); i < d.errors.size(); ++i)
      if (d.errors[i] < 0) Reader::fail("the standard error of an effect is negative");
    d.customers = r.varint();
    d.groups = r.varint();
    if (d.customers > max_counted || d.groups > max_counted) Reader::fail("impossible counts");
    d.log_likelihood = finite(r);
    d.gradient_norm = finite(r);
    d.simpler = finite_or_unknown(r);
    d.correlation = finite_or_unknown(r);
    d.grid = finite(r);
    if (d.grid < 0) Reader::fail("the grid is negative");
    const uint64_t iterations = r.varint();
    if (iterations > UINT32_MAX) Reader::fail("too many iterations");
    d.iterations = static_cast<uint32_t>(iterations);
    d.converged = read_boolean(r);
    d.at_bound = r.varint();
    if (d.at_bound >> fitted.parameters.size() != 0) Reader::fail("no such parameter");
    const uint8_t remark = r.u8();
    if (remark >= remarks) Reader::fail("unknown remark");
    d.remark = static_cast<Remark>(remark);
    fitted.found = std::move(d);
  }
  if (!r.done()) Reader::fail("bytes are left over");
  try {
    fitted.check();
  } catch (const Error& e) {
    Reader::fail(e.what());
  }
  if (!writes(fitted, bytes)) Reader::fail("it is not a model");
  return fitted;
}

Fitted fitted_from(ModelKind kind, const Optimum& optimum, size_t covariates) {
  Fitted fitted;
  fitted.kind = kind;
  Diagnostics d;
  const auto parameters = static_cast<size_t>(optimum.at.size()) - 2 * covariates;
  for (size_t i = 0; i < parameters + 2 * covariates; ++i) {
    const auto at = static_cast<Eigen::Index>(i);
    const double value = optimum.at(at), variance = optimum.variance(at);
    double error = variance >= 0 ? std::sqrt(variance) : unknown;
    if (i < parameters) {
      fitted.parameters.push_back(std::exp(value));
      error *= fitted.parameters.back();
      if (optimum.at_bound[i]) d.at_bound |= uint64_t{1} << i;
    } else {
      (i < parameters + covariates ? fitted.purchase_effects : fitted.dropout_effects)
          .push_back(value);
    }
    d.errors.push_back(std::isfinite(error) ? error : unknown);
  }
  d.log_likelihood = optimum.value;
  d.gradient_norm = optimum.gradient_norm;
  d.iterations = static_cast<uint32_t>(optimum.iterations);
  d.converged = optimum.converged;
  fitted.found = std::move(d);
  return fitted;
}

}  // namespace clientele
