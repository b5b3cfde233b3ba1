// SPDX-License-Identifier: PostgreSQL
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "unit/churn/churn_checks.hpp"

namespace clientele {
namespace {

using namespace testing;

double share(const std::vector<Customer>& customers,
             const std::function<bool(const Customer&)>& of) {
  return static_cast<double>(std::ranges::count_if(customers, of)) /
         static_cast<double>(customers.size());
}

TEST(ChurnFit, CategoriesAreComparedWithTheFirst) {
  // A saturated model: the log-odds of each category, whatever the order in which they come.
  std::vector<Customer> customers;
  const auto some = [&](std::string_view plan, int churned, int stayed) {
    for (int i = 0; i < churned + stayed; ++i) customers.push_back({{text(plan)}, i < churned});
  };
  some("月付", 30, 20);
  some("basic", 10, 30);
  some("年付", 5, 45);
  const ChurnModel m = fitted(customers, without_penalty());
  const ChurnFeature& plan = m.features[0];
  ASSERT_TRUE(plan.category);
  EXPECT_EQ(plan.reference, "basic");
  ASSERT_EQ(plan.levels.size(), 2);
  EXPECT_EQ(plan.levels[0].name, "年付");
  EXPECT_NEAR(m.intercept, std::log(1 / 3.), 1e-10);
  EXPECT_NEAR(*m.intercept_error, std::sqrt(1 / 10. + 1 / 30.), 1e-10);
  EXPECT_NEAR(plan.levels[0].term.coefficient, std::log(3 / 9.), 1e-10);
  EXPECT_NEAR(plan.levels[1].term.coefficient, std::log(4.5), 1e-10);
  EXPECT_NEAR(*plan.levels[1].term.standard_error, std::sqrt(1 / 10. + 1 / 30. + 1 / 20. + 1 / 30.),
              1e-10);
  EXPECT_NEAR(plan.levels[0].term.mean, 50 / 140., 1e-12);
  EXPECT_NEAR(m.intercept + plan.effect(text("月付")), std::log(1.5), 1e-10);
  EXPECT_EQ(plan.effect(text("basic")), 0);
  EXPECT_EQ(plan.effect(text("unheard of")), 0);
  EXPECT_NEAR(plan.effect(missing()), plan.average(), 1e-12);
  EXPECT_EQ(code_of([&] { plan.effect(number(1)); }), "22023");
}

TEST(ChurnFit, AMissingValueHasTheMeanAndACoefficientOfItsOwn) {
  std::mt19937 random(1);
  std::vector<Customer> customers;
  double sum = 0, squares = 0, known = 0, churned = 0, unknown = 0;
  for (int i = 0; i < 400; ++i) {
    const double v = static_cast<double>(random() % 50);
    const bool gone = random() % 60 < v + 5, is_known = random() % 4 > 0;
    customers.push_back({{is_known ? number(v) : missing()}, gone});
    if (is_known)
      sum += v, squares += v * v, known += 1;
    else
      churned += gone, unknown += 1;
  }
  const ChurnModel m = fitted(customers, without_penalty());
  const ChurnFeature& f = m.features[0];
  EXPECT_EQ(f.name, "f1");
  EXPECT_NEAR(f.value.mean, sum / known, 1e-12);
  EXPECT_NEAR(f.value.sd, std::sqrt(squares / known - sum / known * sum / known), 1e-10);
  ASSERT_TRUE(f.missing);
  EXPECT_NEAR(f.missing->mean, unknown / 400, 1e-12);
  // Those without a value have a rate of their own, which the fit must meet.
  const double fit = probability_of(m.intercept + f.effect(missing()));
  EXPECT_NEAR(fit, churned / unknown, 1e-10);
  // The others alone give the same coefficient.
  std::erase_if(customers,
                [](const Customer& c) { return c.cells[0].kind == ChurnCell::Kind::missing; });
  const ChurnModel rest = fitted(customers, without_penalty());
  EXPECT_FALSE(rest.features[0].missing);
  EXPECT_NEAR(rest.features[0].value.coefficient, f.value.coefficient, 1e-10);
  EXPECT_NEAR(rest.intercept, m.intercept, 1e-10);
  EXPECT_NEAR(rest.features[0].effect(missing()), rest.features[0].average(), 1e-12);
}

TEST(ChurnFit, TheUnitOfAFeatureDoesNotMatter) {
  std::mt19937 random(2);
  for (const double penalty : {0., 1.}) {
    ChurnDefinition d;
    d.penalty = penalty;
    std::vector<Customer> customers = random_customers(random, 300, 2);
    const ChurnModel m = fitted(customers, d);
    for (Customer& c : customers) c.cells[0].number = c.cells[0].number * 1e-40 + 3e-40;
    const ChurnModel scaled = fitted(customers, d);
    EXPECT_NEAR(scaled.features[0].value.coefficient * 1e-40, m.features[0].value.coefficient,
                1e-8);
    EXPECT_NEAR(scaled.intercept, m.intercept - 3 * m.features[0].value.coefficient, 1e-7);
    EXPECT_NEAR(*scaled.features[0].value.standard_error * 1e-40,
                *m.features[0].value.standard_error, 1e-8);
  }
}

TEST(ChurnFit, ConstantAndRepeatedFeaturesAreRedundant) {
  std::mt19937 random(3);
  std::vector<Customer> customers = random_customers(random, 200, 1);
  const ChurnModel plain = fitted(customers, without_penalty());
  for (Customer& c : customers)
    c.cells = {number(7e15), c.cells[0], number(3 - 2 * c.cells[0].number), text("only"),
               missing()};
  const ChurnModel m = fitted(customers, without_penalty());
  EXPECT_TRUE(m.features[0].value.redundant);
  EXPECT_EQ(m.features[0].value.mean, 7e15);
  EXPECT_FALSE(m.features[1].value.redundant);
  EXPECT_TRUE(m.features[2].value.redundant);
  EXPECT_EQ(m.features[2].value.coefficient, 0);
  EXPECT_FALSE(m.features[2].value.standard_error);
  EXPECT_EQ(m.features[3].reference, "only");
  EXPECT_TRUE(m.features[3].levels.empty());
  EXPECT_TRUE(m.features[4].value.redundant);
  EXPECT_TRUE(m.features[4].missing->redundant);
  EXPECT_NEAR(m.features[1].value.coefficient, plain.features[0].value.coefficient, 1e-10);
  EXPECT_NEAR(m.intercept, plain.intercept, 1e-10);
}

TEST(ChurnFit, NeedsBothClassesAndRows) {
  EXPECT_FALSE(fit_churn(rows_of({})));
  EXPECT_EQ(code_of([] { fitted({{{number(1)}, true}, {{number(2)}, true}}); }), "22023");
  EXPECT_EQ(code_of([] { fitted({{{number(1)}, false}}); }), "22023");
  // Without features: the rate.
  const ChurnModel m = fitted({{{}, true}, {{}, false}, {{}, false}, {{}, false}});
  EXPECT_NEAR(m.intercept, std::log(1 / 3.), 1e-12);
  const std::vector<Customer> apart = {
      {{number(1)}, true}, {{number(2)}, true}, {{number(3)}, false}};
  EXPECT_EQ(code_of([&] { fitted(apart, without_penalty()); }), "22023");
  EXPECT_LT(fitted(apart).features[0].value.coefficient, 0);
  ChurnDefinition d;
  d.calibrate = true;
  EXPECT_EQ(code_of([&] { fitted(apart, d); }), "22023");
}

TEST(ChurnFit, AWeightIsSoManyCustomers) {
  std::mt19937 random(4);
  const std::vector<Customer> customers = random_customers(random, 150, 3);
  ChurnDefinition d;
  d.set_class_weight(3);
  d.calibrate = false;
  const ChurnModel weighted = fitted(customers, d);
  // Standardised by the customers as they are, so the comparison is without a penalty.
  d.penalty = 0;
  const ChurnModel by_weight = fitted(customers, d);
  std::vector<Customer> repeated;
  for (const Customer& c : customers)
    for (int i = 0; i < (c.churned ? 3 : 1); ++i) repeated.push_back(c);
  const ChurnModel by_count = fitted(repeated, without_penalty());
  EXPECT_NEAR(by_weight.diagnostics->log_likelihood, by_count.diagnostics->log_likelihood, 1e-8);
  EXPECT_NEAR(by_weight.features[0].value.coefficient, by_count.features[0].value.coefficient,
              1e-9);
  EXPECT_NEAR(*by_weight.features[0].value.standard_error,
              *by_count.features[0].value.standard_error, 1e-9);
  EXPECT_NE(weighted.intercept, by_weight.intercept);
  EXPECT_EQ(weighted.diagnostics->rows, 150);
  // Balanced: half the weight churned, so half the probability.
  d.set_class_weight("balanced");
  const ChurnModel balanced = fitted(customers, d);
  double sum_churned = 0, sum_stayed = 0, n_churned = 0;
  for (const Customer& c : customers) {
    double f = balanced.intercept;
    for (size_t i = 0; i < 3; ++i) f += balanced.features[i].effect(c.cells[i]);
    (c.churned ? sum_churned : sum_stayed) += probability_of(f);
    n_churned += c.churned;
  }
  EXPECT_NEAR(sum_churned / n_churned + sum_stayed / (150 - n_churned), 1, 1e-9);
}

TEST(ChurnFit, CalibrationUndoesClassWeights) {
  std::mt19937 random(6);
  std::normal_distribution<double> normal;
  std::vector<Customer> customers;
  for (int i = 0; i < 5000; ++i) {
    const double v = normal(random);
    customers.push_back({{number(v)}, v + 2 * normal(random) > 3});
  }
  const double rate = share(customers, [](const Customer& c) { return c.churned; });
  const auto expected = [&](const ChurnModel& m) {
    double sum = 0;
    for (const Customer& c : customers)
      sum += probability_of(m.calibrated(m.log_odds(std::vector{c.cells[0].number}, nullptr)));
    return sum / 5000;
  };
  ChurnDefinition d;
  EXPECT_NEAR(expected(fitted(customers, d)), rate, 1e-9);
  EXPECT_FALSE(fitted(customers, d).calibration);
  d.calibrate = true;
  ChurnModel m = fitted(customers, d);
  ASSERT_TRUE(m.calibration);
  EXPECT_NEAR(m.calibration->slope, 1, .05);
  EXPECT_NEAR(expected(m), rate, .002);
  d = {};
  d.set_class_weight("balanced");
  m = fitted(customers, d);
  ASSERT_TRUE(m.calibration);
  EXPECT_NEAR(expected(m), rate, .002);
  EXPECT_GT(m.diagnostics->out_of_fold->auc, .6);
  EXPECT_LT(m.diagnostics->out_of_fold->log_loss,
            -rate * std::log(rate) - (1 - rate) * std::log(1 - rate));
  m.calibration.reset();
  EXPECT_GT(expected(m), 2 * rate);
}

TEST(ChurnFit, TheOrderOfCustomersDoesNotMatter) {
  std::mt19937 random(8);
  for (const char* weight : {"none", "balanced"}) {
    ChurnDefinition d;
    d.set_class_weight(weight);
    std::vector<Customer> customers = random_customers(random, 500, 5);
    const auto want = bytes_of(fitted(customers, d));
    for (int i = 0; i < 3; ++i) {
      std::ranges::shuffle(customers, random);
      ChurnRows one = rows_of({customers.begin(), customers.begin() + 100 * (i + 1)}, d);
      one.merge(rows_of({customers.begin() + 100 * (i + 1), customers.end()}, d));
      EXPECT_EQ(bytes_of(fit_churn(one).value()), want);
    }
  }
}

TEST(ChurnFit, ManyColumnsAreTooMany) {
  ChurnRows rows(std::pmr::get_default_resource());
  rows.define(bytes_of(ChurnDefinition{}), true);
  std::vector<std::string> names, levels;
  for (int i = 0; i < 6; ++i) names.push_back("x" + std::to_string(i));
  for (int i = 0; i < 200; ++i) levels.push_back(std::to_string(i));
  for (int i = 0; i < 200; ++i) {
    const std::vector<std::string_view> of(names.begin(), names.end());
    rows.add(of, std::vector<ChurnCell>(6, text(levels[static_cast<size_t>(i)])), i % 2 == 0);
  }
  EXPECT_EQ(code_of([&] { fit_churn(rows); }), "54000");
}

void expect_no_other_bytes(const ChurnModel& m) {
  std::mt19937 random(11);
  const auto good = bytes_of(m);
  EXPECT_EQ(bytes_of(ChurnModel::read(good)), good);
  for (size_t n = 0; n < good.size(); ++n)
    EXPECT_EQ(code_of([&] { ChurnModel::read({good.data(), n}); }), "XX001");
  for (int i = 0; i < 20000; ++i) {
    auto bad = good;
    bad[random() % bad.size()] = static_cast<uint8_t>(random());
    const std::string code = code_of([&] { EXPECT_EQ(bytes_of(ChurnModel::read(bad)), bad); });
    EXPECT_TRUE(code == "none" || code == "XX001" || code == "22023" || code == "54000") << code;
  }
}

TEST(ChurnModel, RoundTripsAndReadsNoOtherBytes) {
  std::mt19937 random(9);
  std::vector<Customer> customers = random_customers(random, 100, 3);
  for (size_t i = 0; i < customers.size(); ++i)
    customers[i].cells.push_back(text(i % 3 == 0 ? "a" : "b"));
  ChurnDefinition d;
  d.set_class_weight("balanced");
  expect_no_other_bytes(fitted(customers, d));
}

TEST(ChurnModel, OfJourneysKnowsTheirFeatures) {
  std::mt19937 random(12);
  ChurnDefinition d;
  d.features_def = features_of("Asia/Shanghai");
  std::vector<Customer> customers = random_customers(random, 200, churn_feature_count);
  const ChurnModel m = fitted(customers, d);
  expect_no_other_bytes(m);
  ASSERT_EQ(m.features.size(), static_cast<size_t>(churn_feature_count));
  EXPECT_EQ(m.features[7].name, "recency_ratio");
  EXPECT_EQ(m.features_def, d.features_def);
  EXPECT_TRUE(m.definition->features_def.empty());
  // Except for what it remembers it is the model of the same numbers by name.
  ChurnDefinition named;
  for (const FeatureInfo& info : churn_feature_info) named.names.emplace_back(info.name);
  ChurnModel same = fitted(customers, named);
  EXPECT_NE(bytes_of(same), bytes_of(m));
  same.features_def = m.features_def;
  EXPECT_EQ(bytes_of(same), bytes_of(m));
  // Features may be fewer and in any order, but must be those of a journey, and numbers.
  ChurnModel some = m;
  std::swap(some.features[0], some.features[7]);
  some.features.resize(2);
  some.check();
  EXPECT_EQ(some.places(), (std::vector<size_t>{7, 1}));
  some.features[1].name = "months";
  EXPECT_EQ(code_of([&] { some.check(); }), "22023");
  some.features[1] = m.features[1];
  some.features[1].category = true;
  EXPECT_EQ(code_of([&] { some.check(); }), "22023");
  some = m;
  some.features_def.clear();
  EXPECT_EQ(code_of([&] { some.places(); }), "22023");
  some.features_def = {1, 2, 3};
  EXPECT_EQ(code_of([&] { some.check(); }), "XX001");
}

TEST(ChurnModel, ReasonsAddUpToTheDifference) {
  std::mt19937 random(10);
  std::vector<Customer> customers = random_customers(random, 300, 3);
  for (Customer& c : customers)
    c.cells.push_back(random() % 8 == 0 ? missing() : text(random() % 3 == 0 ? "a" : "b"));
  ChurnDefinition d;
  d.calibrate = true;
  const ChurnModel m = fitted(customers, d);
  double average = m.intercept;
  for (const ChurnFeature& f : m.features) average += f.average();
  for (const Customer& c : customers) {
    double f = m.intercept;
    for (size_t i = 0; i < 4; ++i) f += m.features[i].effect(c.cells[i]);
    const auto reasons = churn_reasons(m, c.cells, 99);
    ASSERT_EQ(reasons.size(), 4);
    double sum = 0;
    for (size_t i = 0; i < 4; ++i) {
      sum += reasons[i].contribution;
      if (i > 0) {
        EXPECT_GE(std::abs(reasons[i - 1].contribution), std::abs(reasons[i].contribution));
      }
    }
    EXPECT_NEAR(sum, m.calibrated(f) - m.calibrated(average), 1e-10);
    EXPECT_EQ(churn_reasons(m, c.cells, 2).size(), 2);
  }
}

TEST(ChurnModel, HostileNumbersGiveNoNaN) {
  ChurnModel m;
  for (int i = 0; i < 1000; ++i) {
    ChurnFeature f;
    f.name = std::to_string(i);
    f.value.coefficient = i % 2 == 0 ? 1e200 : -1e200;
    f.value.mean = 1e100;
    m.features.push_back(f);
  }
  m.calibration = {1e4, -1e4};
  m.check();
  std::vector<double> row(1000, 1e100);
  for (int i = 0; i < 1000; i += 2) row[static_cast<size_t>(i)] = -1e100;
  EXPECT_EQ(probability_of(m.calibrated(m.log_odds(row, nullptr))), 0);
  for (const double v : {no_value, HUGE_VAL, 1e101}) {
    row[3] = v;
    EXPECT_EQ(code_of([&] { m.log_odds(row, nullptr); }), "22023");
  }
  m.features[0].value.coefficient = 1e201;
  EXPECT_EQ(code_of([&] { m.check(); }), "22023");
}

}  // namespace
}  // namespace clientele
