// SPDX-License-Identifier: PostgreSQL
#include "churn/uplift/uplift.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "churn/model/fit.hpp"

namespace clientele {
namespace {

Bytes defined(UpliftMethod method) {
  UpliftDefinition d;
  d.method = method;
  Bytes bytes;
  d.write(bytes);
  return bytes;
}

template <class T>
Bytes written(const T& value) {
  Bytes bytes;
  value.write(bytes);
  return bytes;
}

struct Customer {
  double young;
  bool treated, outcome;
};

/// The treatment turns 30 % of the young into 80 %, and nothing else.
std::vector<Customer> customers(int treated_of_ten) {
  std::vector<Customer> result;
  for (int i = 0; i < 4000; ++i) {
    const bool young = i % 4 == 0, treated = i / 4 % 10 < treated_of_ten;
    result.push_back({young ? 1.0 : 0.0, treated, i / 40 % 10 < (young && treated ? 8 : 3)});
  }
  return result;
}

void add(UpliftRows& rows, const Bytes& definition, const Customer& c) {
  rows.define(definition, false);
  ChurnCell cell;
  cell.kind = ChurnCell::Kind::number;
  cell.number = c.young;
  rows.add(std::array{cell}, c.treated, c.outcome);
}

double uplift(const UpliftModel& m, double young) {
  const std::array row = {young};
  return m.uplift(m.first.log_odds(row, nullptr), m.second ? m.second->log_odds(row, nullptr) : 0);
}

TEST(Uplift, FindsWhoIsChanged) {
  for (const UpliftMethod method : {UpliftMethod::two_models, UpliftMethod::one_class})
    for (const int treated : {5, 2, 9}) {
      UpliftRows rows(std::pmr::get_default_resource());
      const Bytes definition = defined(method);
      for (const Customer& c : customers(treated)) add(rows, definition, c);
      const UpliftModel m = *rows.model();
      EXPECT_NEAR(uplift(m, 1), 0.5, 0.02) << treated;
      EXPECT_NEAR(uplift(m, 0), 0, 0.02) << treated;
      EXPECT_EQ(m.fit->treated, 400U * static_cast<uint64_t>(treated));
      EXPECT_EQ(written(UpliftModel::read(written(m))), written(m));
    }
}

TEST(Uplift, KnowsNoOrder) {
  const std::vector<Customer> all = customers(5);
  const Bytes definition = defined(UpliftMethod::one_class);
  UpliftRows whole(std::pmr::get_default_resource()), first(std::pmr::get_default_resource()),
      second(std::pmr::get_default_resource());
  for (const Customer& c : all) add(whole, definition, c);
  for (size_t i = all.size(); i-- > 0;) add(i % 3 == 0 ? first : second, definition, all[i]);
  second.merge(first);
  EXPECT_EQ(written(whole), written(second));
  EXPECT_EQ(written(*whole.model()), written(*second.model()));
  const Bytes bytes = written(whole);
  UpliftRows again(std::pmr::get_default_resource());
  Reader r(bytes);
  again.read(r);
  EXPECT_TRUE(r.done());
  EXPECT_EQ(written(again), bytes);
  for (size_t n = 0; n < bytes.size(); ++n) {
    UpliftRows cut(std::pmr::get_default_resource());
    Reader short_reader({bytes.data(), n});
    EXPECT_THROW(cut.read(short_reader), Error) << n;
  }
}

TEST(Uplift, WeightsAreCustomers) {
  // With weights of 2, the fit is that of everyone twice.
  ChurnDefinition d;
  Bytes definition;
  d.write(definition);
  ChurnRows once(std::pmr::get_default_resource()), twice(std::pmr::get_default_resource());
  once.define(definition, false);
  twice.define(definition, false);
  for (const Customer& c : customers(5)) {
    ChurnCell cell;
    cell.kind = ChurnCell::Kind::number;
    cell.number = c.young + (c.treated ? 2 : 0);
    once.add(std::array{cell}, c.outcome);
    for (int i = 0; i < 2; ++i) twice.add(std::array{cell}, c.outcome);
  }
  RowWeights weights;
  weights.churned.assign(once.tallies().size(), 2);
  weights.stayed.assign(once.tallies().size(), 2);
  const ChurnModel a = *fit_churn(once, weights), b = *fit_churn(twice);
  EXPECT_NEAR(a.intercept, b.intercept, 1e-9);
  EXPECT_NEAR(a.features[0].value.coefficient, b.features[0].value.coefficient, 1e-9);
  EXPECT_NEAR(*a.features[0].value.standard_error, *b.features[0].value.standard_error, 1e-9);
}

TEST(Uplift, RefusesWhatHasNoAnswer) {
  UpliftDefinition d;
  EXPECT_THROW(d.set_method("three"), Error);
  d.churn.class_weight = ClassWeight::balanced;
  EXPECT_THROW(d.check(), Error);
  UpliftRows none(std::pmr::get_default_resource());
  EXPECT_FALSE(none.model());
  const Bytes definition = defined(UpliftMethod::two_models);
  for (const int kind : {0, 1, 2}) {
    UpliftRows rows(std::pmr::get_default_resource());
    for (int i = 0; i < 8; ++i)
      add(rows, definition, {1.0 * i, kind == 0 || (kind == 2 && i % 2 == 0), kind == 2 || i < 4});
    EXPECT_THROW(rows.model(), Error) << kind;
  }
  UpliftModel m;
  EXPECT_THROW(m.check(), Error);  // two models, but there is one
  m.method = UpliftMethod::one_class;
  m.check();
  m.fit = {1, 1, 2, 0};
  EXPECT_THROW(m.check(), Error);
}

}  // namespace
}  // namespace clientele
