// SPDX-License-Identifier: PostgreSQL
// A fitted model as one value: what btyd_model, spend_model and contract_model hold.
#pragma once
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace clientele {

struct Optimum;

/// Stored; never renumber.
enum class ModelKind : uint8_t { bg_nbd, mbg_nbd, pareto_nbd, bg_bb, gamma_gamma, sbg };
inline constexpr size_t model_kinds = 6;

struct ModelKindInfo {
  std::string_view name;                    // BG/NBD
  std::string_view type;                    // btyd_model
  std::span<const std::string_view> names;  // of the parameters, in their order
};
const ModelKindInfo& info(ModelKind kind);

/// Ignores case and punctuation: BG/NBD, bgnbd and bg-nbd are one name. 22023 for a name that is
/// not a model of `type`.
ModelKind model_kind_named(std::string_view name, std::string_view type);

/// A special property of an estimate. Stored; never renumber.
enum class Remark : uint8_t { none, no_dropout, no_repeats, same_spend, alike };
inline constexpr size_t remarks = 5;
/// The text that the JSON form shows.
std::string_view remark_name(Remark remark);

inline constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// How an estimate was found, and how good it is.
struct Diagnostics {
  std::vector<double> errors;  // standard errors of parameters, then effects; NaN: unknown
  uint64_t customers = 0;
  uint64_t groups = 0;  // of customers with equal data
  double log_likelihood = 0;
  double simpler = unknown;      // the log-likelihood if no customer ever left
  double correlation = unknown;  // of the number of purchases and the mean spend
  double grid = 0;               // times were rounded down to multiples of it; 0: they were not
  double gradient_norm = 0;      // largest component, by logarithms of parameters
  uint32_t iterations = 0;
  bool converged = false;
  uint64_t at_bound = 0;  // bit i: parameter i
  Remark remark = Remark::none;
};

/// The largest number of covariates of a model.
inline constexpr size_t max_covariates = 30;

struct Fitted {
  ModelKind kind = ModelKind::bg_nbd;
  std::vector<double> parameters;  // positive
  /// Of each covariate, on the logarithm of the rate of purchases and of the drop-out.
  std::vector<double> purchase_effects, dropout_effects;
  std::optional<Diagnostics> found;  // none if the parameters were written by hand

  /// 22023 for parameters that the kind of model cannot have.
  void check() const;
  /// The stored form; equal models have equal bytes. Versioned.
  void write(Bytes& out) const;
  /// Error XX001 for bytes that write() does not produce.
  static Fitted read(std::span<const uint8_t> bytes);
};

/// Natural parameters and their standard errors (delta method) from an optimum in logarithms; the
/// last 2 * covariates components of the optimum are effects, which are not logarithms.
Fitted fitted_from(ModelKind kind, const Optimum& optimum, size_t covariates = 0);

}  // namespace clientele
