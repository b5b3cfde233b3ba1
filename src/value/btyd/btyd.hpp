// SPDX-License-Identifier: PostgreSQL
// Buy till you die: customers buy, each at its own rate, until they silently leave. This is what
// the four models of the family have in common; each model has its own file.
#pragma once
#include <span>

#include "base/eigen.hpp"
#include "value/purchases/history.hpp"

namespace clientele {

/// Equal histories of many customers.
struct HistoryGroup {
  History history;
  double customers = 0;
};

/// Groups in columns, sorted by x, then age, then t_x.
struct HistorySlice {
  std::span<const double> x, t_x, age, customers;
};

/// Each model has this number of parameters, not counting covariates. info(kind) has their names.
inline constexpr size_t btyd_parameters = 4;

/// One of the models. Parameters are positive and on their natural scale, in the order of their
/// names. Everything is computed in logarithms: no result is NaN for checked input.
class BtydFamily {
 public:
  virtual ~BtydFamily() = default;

  /// ln f(x, t_x, age) and, unless nullptr, its gradient with respect to the LOGARITHMS of the
  /// parameters. Factors that depend on the data only, such as x!, are left out.
  virtual double log_density(const double* parameters, const History&, double* gradient) const = 0;
  /// The sum over groups, and of their gradients.
  virtual double log_likelihood(const double* parameters, const HistorySlice&,
                                double* gradient) const;
  /// Minus the second derivatives of that, 4 x 4; false if the model has no formula for them.
  virtual bool curvature(const double*, const HistorySlice&, double* /*second*/) const {
    return false;
  }
  /// The limit in which no customer ever leaves. It and its gradient have the first two parameters
  /// only.
  virtual double log_likelihood_lasting(const double* parameters, const HistorySlice&,
                                        double* gradient) const = 0;
  /// Covariates z change two parameters: that of purchases is divided by exp(effects . z), that of
  /// drop-out is multiplied by exp(sign * effects . z), so that a positive effect means more
  /// purchases, or more drop-out. -1: the model takes no covariates.
  virtual int purchase_parameter() const { return -1; }
  virtual int dropout_parameter() const { return -1; }
  virtual double dropout_sign() const { return 0; }

  /// P(alive at `age` | history), in [0, 1].
  virtual double alive(const double* parameters, const History&) const = 0;
  /// E[purchases in (age, age + horizon] | history]; horizon >= 0 and finite.
  virtual double expected(const double* parameters, const History&, double horizon) const = 0;
  /// P(no purchase in (age, age + horizon] | history).
  virtual double silent(const double* parameters, const History&, double horizon) const = 0;
  /// P(no purchase ever after | history): the limit of silent().
  virtual double silent_for_ever(const double* parameters, const History&) const = 0;
  /// The same for a new customer, from the first purchase on: E[X(t)] and P(X(t) = n).
  virtual double expected_new(const double* parameters, double t) const = 0;
  virtual double count_probability(const double* parameters, double t, int n) const = 0;
};

const BtydFamily& bg_nbd();      // Fader, Hardie & Lee 2005
const BtydFamily& mbg_nbd();     // Batislam, Denizel & Filiztekin 2007
const BtydFamily& pareto_nbd();  // Schmittlein, Morrison & Colombo 1987
const BtydFamily& bg_bb();       // Fader, Hardie & Shang 2010

}  // namespace clientele
