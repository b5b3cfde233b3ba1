// SPDX-License-Identifier: PostgreSQL
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "base/random.hpp"
#include "satisfaction/text/grams.hpp"
#include "satisfaction/text/model.hpp"
#include "satisfaction/words/plain.hpp"

using namespace clientele;

namespace {

TextDefinition small_definition() {
  TextDefinition d;
  d.buckets = 512;
  d.least_customers = 1;
  return d;
}

TextRows rows_of(const std::vector<std::pair<std::string, std::string>>& texts,
                 const TextDefinition& d) {
  TextRows rows(std::pmr::get_default_resource());
  Bytes encoded;
  d.write(encoded);
  rows.define(encoded, false);
  for (const auto& [text, label] : texts) rows.add(plain_words(text), label, 0);
  return rows;
}

std::vector<std::pair<std::string, std::string>> reviews() {
  std::vector<std::pair<std::string, std::string>> texts;
  SplitMix64 random(7);
  for (int i = 0; i < 60; ++i) {
    const bool bad = random.below(2) != 0;
    std::string text = bad ? "太慢 rude" : "很快 kind";
    if (random.below(5) == 0) text += " the";
    texts.emplace_back(text, bad ? "bad" : "good");
  }
  return texts;
}

TEST(Grams, WordsHaveBorders) {
  TextDefinition d;
  d.min_n = d.max_n = 2;
  EXPECT_EQ(grams_of(U"ab 好吃ok", d),
            (std::vector<std::string>{" a", "ab", "b ", "好吃", " o", "ok", "k "}));
  d.min_n = 1;
  EXPECT_EQ(grams_of(U"a", d), (std::vector<std::string>{" a", "a", "a "}));
  EXPECT_TRUE(grams_of(U" \n", d).empty());
}

TEST(Grams, KnownHashes) {
  EXPECT_EQ(fnv1a(""), 0xcbf29ce484222325U);
  EXPECT_EQ(fnv1a("a"), 0xaf63dc4c8601ec8cU);
  EXPECT_EQ(fnv1a("foobar"), 0x85944171f73967e8U);
}

TEST(TextModel, GradientIsZeroAndLabelsAreLearnt) {
  const auto texts = reviews();
  const auto model = fit_text(rows_of(texts, small_definition()));
  ASSERT_TRUE(model && model->diagnostics->converged);
  EXPECT_LT(model->diagnostics->gradient_norm, 1e-6);
  const TextJudge judge(*model);
  for (const auto& [text, label] : texts) {
    const std::vector<double> p = judge.probabilities(plain_words(text));
    EXPECT_EQ(model->labels[judge.best(p)].name, label);
    EXPECT_NEAR(std::accumulate(p.begin(), p.end(), 0.0), 1, 1e-12);
  }
}

TEST(TextModel, OrderDoesNotMatter) {
  auto texts = reviews();
  Bytes a, b, c;
  const TextDefinition d = small_definition();
  fit_text(rows_of(texts, d))->write(a);
  std::reverse(texts.begin(), texts.end());
  fit_text(rows_of(texts, d))->write(b);
  EXPECT_EQ(a, b);
  TextRows left = rows_of({texts.begin(), texts.begin() + 20}, d);
  left.merge(rows_of({texts.begin() + 20, texts.end()}, d));
  fit_text(left)->write(c);
  EXPECT_EQ(a, c);
  Bytes again;
  TextModel::read(a).write(again);
  EXPECT_EQ(a, again);
}

TEST(TextModel, RowsReadWhatTheyWrite) {
  const TextRows rows = rows_of(reviews(), small_definition());
  Bytes bytes, again;
  rows.write(bytes);
  TextRows read(std::pmr::get_default_resource());
  Reader reader(bytes);
  read.read(reader);
  EXPECT_TRUE(reader.done());
  read.write(again);
  EXPECT_EQ(bytes, again);
}

TEST(TextModel, RareBucketsAreLeftOut) {
  TextDefinition d;
  d.least_customers = 2;
  const auto model = fit_text(rows_of({{"aa", "x"}, {"aa", "y"}, {"secret", "x"}}, d));
  const TextJudge judge(*model);
  EXPECT_TRUE(judge.reasons(U"secret", 0, 100).empty());
  EXPECT_GT(model->diagnostics->dropped, 0U);
}

TEST(TextModel, ReasonsAddUp) {
  const auto model = fit_text(rows_of(reviews(), small_definition()));
  const TextJudge judge(*model);
  double score[2];
  for (size_t k : {0, 1}) {
    score[k] = model->labels[k].intercept;
    for (const auto& reason : judge.reasons(U"太慢 kind", k, 1000)) score[k] += reason.contribution;
  }
  const std::vector<double> p = judge.probabilities(U"太慢 kind");
  EXPECT_NEAR(std::log(p[0] / p[1]), score[0] - score[1], 1e-9);
}

TEST(TextModel, Refused) {
  EXPECT_FALSE(fit_text(TextRows(std::pmr::get_default_resource())));
  EXPECT_THROW(fit_text(rows_of({{"a", "x"}, {"b", "x"}}, small_definition())), Error);
  TextRows tiny(std::pmr::get_default_resource(), 200);
  Bytes encoded;
  small_definition().write(encoded);
  tiny.define(encoded, true);
  EXPECT_THROW(for (int i = 0; i < 100; ++i) tiny.add(U"some text", "x", i), Error);
}

}  // namespace
