// SPDX-License-Identifier: PostgreSQL
// What the tests of the churn model share.
#pragma once
#include <random>
#include <string>
#include <vector>

#include "churn/features/features.hpp"
#include "churn/model/fit.hpp"
#include "unit/code_of.hpp"

namespace clientele::testing {

inline std::vector<uint8_t> bytes_of(const ChurnDefinition& d) {
  d.check();
  Bytes out;
  d.write(out);
  return {out.begin(), out.end()};
}

/// The usual features by a time zone's clock, as stored.
inline std::vector<uint8_t> features_of(const char* time_zone) {
  FeaturesDefinition d;
  d.time_zone = time_zone;
  Bytes out;
  d.write(out);
  return {out.begin(), out.end()};
}

inline ChurnCell number(double v) { return {ChurnCell::Kind::number, v, {}}; }
inline ChurnCell text(std::string_view v) { return {ChurnCell::Kind::text, 0, v}; }
inline ChurnCell missing() { return {}; }

inline ChurnDefinition without_penalty() {
  ChurnDefinition d;
  d.penalty = 0;
  return d;
}

struct Customer {
  std::vector<ChurnCell> cells;
  bool churned;
};

inline ChurnRows rows_of(const std::vector<Customer>& customers, const ChurnDefinition& d = {}) {
  ChurnRows rows(std::pmr::get_default_resource());
  rows.define(bytes_of(d), false);
  for (const Customer& c : customers) rows.add(c.cells, c.churned);
  return rows;
}

inline ChurnModel fitted(const std::vector<Customer>& customers, const ChurnDefinition& d = {}) {
  return fit_churn(rows_of(customers, d)).value();
}

inline std::vector<uint8_t> bytes_of(const ChurnModel& m) {
  Bytes out;
  m.write(out);
  return {out.begin(), out.end()};
}

inline std::vector<uint8_t> bytes_of(const ChurnRows& rows) {
  Bytes out;
  rows.write(out);
  return {out.begin(), out.end()};
}

/// `columns` numbers, a feature of few values and now and then a missing one.
inline std::vector<Customer> random_customers(std::mt19937& random, size_t n, size_t columns) {
  std::normal_distribution<double> normal;
  std::vector<Customer> all;
  for (size_t i = 0; i < n; ++i) {
    Customer c;
    double f = -.5;
    for (size_t k = 0; k < columns; ++k) {
      const double v = k % 2 == 0 ? normal(random) * std::pow(10., static_cast<int>(k))
                                  : static_cast<double>(random() % 4);
      c.cells.push_back(k > 0 && random() % 9 == 0 ? missing() : number(v));
      f += .7 * normal(random) + (k == 0 ? v : 0);
    }
    c.churned = f > 0;
    all.push_back(c);
  }
  return all;
}

}  // namespace clientele::testing
